"""Which of the files that a learner handed in belongs to which lesson. Reads no text as a program.

A file is found in its lesson's folder, else by its name, else by the names that it defines.
"""

import re
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import PurePosixPath

from workbook.curriculum import Lesson
from workbook.derive import starter
from workbook.grade import archives, clean
from workbook.grade.files import STATE, Found
from workbook.grade.submissions import NOT_SUBMITTED, Submission
from workbook.home import Home

NAMED = 20
_NOT_HANDED_IN = frozenset({"solutions", "starters", "misconceptions", "alternatives"})
_DEFINES = re.compile(r"^[ \t]*(?:class|def|async[ ]+def)[ ]+(\w+)", re.MULTILINE)
_CONFIGURES = re.compile(r"conftest\.py|setup\.py|test_.*|__\w+__\.py")
_ENOUGH = 0.5


def assign(
    learner: str, found: Sequence[Found], lessons: Sequence[Lesson], home: Home, late: str = ""
) -> Iterator[Submission]:
    """Yield one submission for each lesson: the files that belong to it, or what is wrong."""
    hints = _hints(found)
    found = [f for f in found if f.path.parts[-2:] != STATE.parts]
    taken: set[PurePosixPath] = set()
    results = []
    for lesson in lessons:
        wanted = {
            file.name: _candidates(found, lesson, file.name, lessons) for file in lesson.files
        }
        taken |= {f.path for candidates in wanted.values() for f in candidates}
        results.append((lesson, wanted))
    left = [f for f in found if f.path not in taken]
    notes = _named(left)
    broken = "" if taken else _broken_archive(left)
    for lesson, wanted in results:
        done = _submission(learner, lesson, wanted, home, [*notes, *hints.get(lesson.number, ())])
        if broken and not done.files:
            done = replace(done, problem=done.problem or broken)
        yield replace(done, late=late if done.state != NOT_SUBMITTED else "")


def _candidates(
    found: Sequence[Found], lesson: Lesson, name: str, lessons: Sequence[Lesson]
) -> list[Found]:
    """Return the files that can be meant: in the lesson's folder, or alone when there is one."""
    own = [f for f in found if f.path.name == name and _is_in(f.path, lesson)]
    own = [f for f in own if f.path.parts[-3:-2] == ("lessons",)] or own  # a clone, a workspace
    own += [f for f in found if len(f.path.parts) > 0 and f.path.name == f"{lesson.slug}.py"] * (
        name == lesson.files[0].name
    )
    if not own:
        loose = _loose(found, name, lesson.files[0].name)
        own = [f for f in loose if len(lessons) == 1 or _lesson_of(f, lessons) is lesson]
    return own


def _loose(found: Sequence[Found], name: str, first: str) -> list[Found]:
    """Return files outside of any lesson's folder: by name, else the only program there is."""
    outside = [f for f in found if not _is_in_any(f.path)]
    named = [f for f in outside if f.path.name == name]
    programs = [f for f in found if f.path.suffix == ".py"]
    alone = len(programs) == 1 and not _CONFIGURES.fullmatch(programs[0].path.name)
    return named or (programs if alone and name == first and programs[0] in outside else [])


def _lesson_of(found: Found, lessons: Sequence[Lesson]) -> Lesson | None:
    """Return the one lesson whose holes are defined in a loose file, by the names it defines."""
    names = set(_DEFINES.findall((found.data or b"").decode("utf-8", "replace")))
    shares = [(_share(lesson, names), lesson) for lesson in lessons]
    best = max((share for share, _ in shares), default=0.0)
    fits = [lesson for share, lesson in shares if share == best >= _ENOUGH]
    return fits[0] if len(fits) == 1 else None


def _share(lesson: Lesson, names: set[str]) -> float:
    holes = [hole for task in lesson.tasks for hole in task.holes]
    first = [hole.symbol.split(".") for hole in holes if hole.file == lesson.files[0].name]
    wanted = {part for parts in first for part in parts}
    return len(wanted & names) / len(wanted) if wanted else 0.0


def _is_in(path: PurePosixPath, lesson: Lesson) -> bool:
    above = path.parent.name
    if _NOT_HANDED_IN.intersection(path.parts):
        return False
    return above == lesson.slug or above in (lesson.slug[:2], str(lesson.number))


def _is_in_any(path: PurePosixPath) -> bool:
    return path.parent.name[:2].isdigit() or bool(_NOT_HANDED_IN.intersection(path.parts))


def _submission(
    learner: str,
    lesson: Lesson,
    wanted: Mapping[str, Sequence[Found]],
    home: Home,
    notes: Sequence[str],
) -> Submission:
    files: dict[str, bytes] = {}
    said = list(notes)
    for name, candidates in wanted.items():
        problem = _problem(candidates)
        if problem:
            return Submission(learner, lesson.slug, problem=problem, notes=tuple(said))
        if candidates:
            files[name] = candidates[0].data or b""
    missing = [name for name in wanted if name not in files]
    if files and missing:
        given = starter(lesson, home)
        files |= {name: given[name].encode() for name in missing}
        said.append(f"not handed in, the starter's was taken: {', '.join(missing)}")
    return Submission(learner, lesson.slug, files, notes=tuple(said))


def _problem(candidates: Sequence[Found]) -> str:
    different = {candidate.data for candidate in candidates}
    if len(different) > 1:
        paths = ", ".join(clean.line(str(candidate.path)) for candidate in candidates)
        return f"more than one file can be meant: {paths}"
    for candidate in candidates:
        path = clean.line(str(candidate.path))
        if candidate.problem:
            return f"{path}: {candidate.problem}"
        if candidate.data is not None and (problem := _unreadable(candidate.data)):
            return f"{path}: {problem}"
    return ""


def _unreadable(data: bytes) -> str:
    if not data.strip():
        return "it is empty"
    if b"\0" in data:
        return "it is no text: there are zero bytes in it"
    try:
        data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        return f"it is not UTF-8 (byte {error.start}); save it as UTF-8"
    return ""


def _named(left: Sequence[Found]) -> list[str]:
    names = [clean.line(str(f.path)) + (f" ({f.problem})" if f.problem else "") for f in left]
    if not names:
        return []
    more = f" and {len(names) - NAMED} more" if len(names) > NAMED else ""
    return [f"ignored: {', '.join(names[:NAMED])}{more}"]


def _broken_archive(left: Sequence[Found]) -> str:
    """Return what is wrong with an archive when nothing else was handed in."""
    for one in left:
        name = one.path.name
        if one.problem and (archives.is_archive(name) or archives.is_other_archive(name)):
            return f"{clean.line(str(one.path))}: {one.problem}"
    return ""


def _hints(found: Sequence[Found]) -> Mapping[int, list[str]]:
    """Return a note by lesson on the hints that were opened, as the learner's own file says."""
    data = next((f.data for f in found if f.path.parts[-2:] == STATE.parts and f.data), b"")
    try:
        hints = tomllib.loads(data.decode("utf-8")).get("hints", {})
    except (ValueError, RecursionError):
        return {}
    opened: dict[int, list[str]] = {}
    for task, level in sorted(hints.items()) if isinstance(hints, dict) else ():
        number = task.partition(".")[0]
        if re.fullmatch(r"\d{1,2}\.\d{1,2}", task) and isinstance(level, int) and 0 < level < 10:
            opened.setdefault(int(number), []).append(f"{task} to level {level}")
    return {number: [f"hints opened: {', '.join(said)}"] for number, said in opened.items()}
