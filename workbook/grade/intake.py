"""Folders and archives become submissions. Takes exercise files and names what it left.

It runs nothing, and reads no text as a program.
"""

import re
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path, PurePosixPath

from workbook.curriculum import Lesson
from workbook.derive import starter
from workbook.grade import archives, clean
from workbook.grade.archives import ArchiveError
from workbook.grade.files import NOISE, STATE, Found, file_at, files_below, files_of_all
from workbook.grade.people import Named, Roster, key_of, read_name
from workbook.grade.submissions import NOT_SUBMITTED, Cohort, Learner, Submission
from workbook.home import Home

NAMED = 20
NOBODY = Roster()
_NOT_HANDED_IN = frozenset({"solutions", "starters", "misconceptions", "alternatives"})
_DEFINES = re.compile(r"^[ \t]*(?:class|def|async[ ]+def)[ ]+(\w+)", re.MULTILINE)
_CONFIGURES = re.compile(r"conftest\.py|setup\.py|test_.*|__\w+__\.py")
_ENOUGH = 0.5


class IntakeError(Exception):
    """There is nothing to grade; the message says what was expected."""


@dataclass
class HandedIn:
    """What one person handed in, under one or more names that mean the same person."""

    named: Named
    names: list[str] = field(default_factory=list)
    files: list[Found] = field(default_factory=list)


def read_folder(
    source: Path, lessons: Sequence[Lesson], home: Home, roster: Roster = NOBODY
) -> Cohort:
    """Return what a folder or an archive holds: each folder, archive or file in it is a learner's.

    Raises:
        IntakeError: there is no such folder, or nobody in it.
    """
    notes: list[str] = []
    people: dict[str, HandedIn] = {}
    for raw, found in _entries(source, lessons):
        named = read_name(raw, source.name)
        if _belongs_to_nobody(raw, named, found, lessons):
            problem = "".join(f": {f.problem}" for f in found[:1] if f.problem)
            notes.append(f"not a learner's folder: {clean.line(raw)}{problem}")
            continue
        if named.file:  # a file of its own on the platform: its name stands behind the person's
            found = [_renamed(f, raw, named.file) for f in found]
        person = people.setdefault(f"{named.who}_{named.ident}", HandedIn(named))
        person.named = Named(named.who, named.ident, person.named.late or named.late)
        person.names.append(raw)
        person.files += found
    if not people and not roster.learners:
        said = f"; {notes[0]}" if notes else ""
        raise IntakeError(f"{source} holds no folders or archives; each learner has one{said}")
    return _cohort(list(people.values()), lessons, home, roster, notes)


def _entries(source: Path, lessons: Sequence[Lesson]) -> Iterator[tuple[str, list[Found]]]:
    """Yield each name at the top, with the files below it, their paths starting below it."""
    if source.is_dir():
        if _is_a_workspace(source, lessons):
            yield source.resolve().name, list(files_below(source))
            return
        for path in sorted(source.iterdir()):
            if path.name in NOISE:
                continue
            if path.is_dir() and not path.is_symlink():
                yield path.name, list(files_below(path))
            else:
                name = PurePosixPath(path.name)
                yield path.name, [_below(f) for f in file_at(path, name)]
    elif archives.is_archive(source.name):
        yield from _entries_of_archive(source, lessons)
    else:
        raise IntakeError(
            f"{source} is no folder and no archive ({', '.join(archives.KINDS)}); "
            "it should hold a folder for each learner"
        )


def _entries_of_archive(
    source: Path, lessons: Sequence[Lesson]
) -> Iterator[tuple[str, list[Found]]]:
    try:
        found = list(files_of_all(source))
    except ArchiveError as error:
        raise IntakeError(f"{source} {error}") from None
    tops = {f.path.parts[0] for f in found if f.path.parts}
    seconds = {f.path.parts[1] for f in found if len(f.path.parts) > 2}
    ours = {"lessons", ".workbook"} | {lesson.slug for lesson in lessons}
    if len(tops) == 1 and seconds and not seconds & ours:  # one folder around all of them
        found = [_below(f) for f in found if len(f.path.parts) > 1]
    groups: dict[str, list[Found]] = {}
    for one in found:
        top = one.path.parts[0] if one.path.parts else "?"
        groups.setdefault(top, []).append(_below(one))
    yield from sorted(groups.items())


def _below(found: Found) -> Found:
    """Return the same file, its path without the first folder."""
    parts = found.path.parts
    return Found(PurePosixPath(*parts[1:]), found.data, found.problem) if len(parts) > 1 else found


def _renamed(found: Found, raw: str, name: str) -> Found:
    same = found.path.parts == (raw,)
    return Found(PurePosixPath(name), found.data, found.problem) if same else found


def _is_a_workspace(folder: Path, lessons: Sequence[Lesson]) -> bool:
    return any((folder / "lessons" / lesson.slug).is_dir() for lesson in lessons)


def _belongs_to_nobody(
    raw: str, named: Named, found: Sequence[Found], lessons: Sequence[Lesson]
) -> bool:
    """Say whether an entry is a loose file that carries no person's name."""
    if len(found) != 1 or found[0].path.parts != (raw,) or named.file:
        return False  # a folder, an archive, or a name that a platform gave
    if archives.is_archive(raw):
        return False
    ours = {file.name for lesson in lessons for file in lesson.files}
    ours |= {f"{lesson.slug}.py" for lesson in lessons}
    return found[0].data is None or raw in ours


def _cohort(
    people: Sequence[HandedIn],
    lessons: Sequence[Lesson],
    home: Home,
    roster: Roster,
    notes: list[str],
) -> Cohort:
    learners = {learner.key: learner for learner in roster.learners}
    groups: dict[str, list[HandedIn]] = {}
    for person in people:
        key = roster.find(person.named) or _own_key(person.named)
        if roster.learners and key not in learners:
            notes.append(f"not on the roster: {key}")
        if key not in learners:
            name = person.named.who if person.named.ident else ""
            learners[key] = Learner(key, clean.line(name), "", person.named.ident)
        groups.setdefault(key, []).append(person)
    late = dict(roster.late)
    submissions: list[Submission] = []
    for key in sorted(learners):
        own = groups.get(key, [])
        if len(own) > 1:
            shown = ", ".join(clean.line(name) for person in own for name in person.names)
            problem = f"{len(own)} learners with the same name but for case or accents: {shown}"
            submissions += [Submission(key, lesson.slug, problem=problem) for lesson in lessons]
        else:
            files = own[0].files if own else []
            days = late.get(key) or (own[0].named.late if own else "")
            submissions += assign(key, files, lessons, home, days)
    return Cohort(tuple(learners[key] for key in sorted(learners)), tuple(submissions), (*notes,))


def _own_key(named: Named) -> str:
    name = archives.stem(named.who).removesuffix(".py") or named.who
    return key_of(f"{name}_{named.ident}" if named.ident else name)


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
