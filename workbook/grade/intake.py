"""A folder for each learner becomes submissions. Takes exercise files and names what it left.

It follows no link, runs nothing, and reads no file that is not a regular one of a decent size.
"""

import os
import stat
import unicodedata
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from workbook.curriculum import Lesson
from workbook.derive import starter
from workbook.grade import clean
from workbook.grade.submissions import Cohort, Learner, Submission
from workbook.home import Home

LARGEST_FILE = 1 << 20
MOST_ENTRIES = 2000
DEEPEST = 8
NAMED = 20
_NOISE = frozenset({".DS_Store", "__MACOSX", "Thumbs.db", ".git", "__pycache__", ".venv"})


class IntakeError(Exception):
    """There is nothing to grade; the message says what was expected."""


@dataclass(frozen=True)
class Found:
    """One file of a learner. `data` is None for what was not taken; `problem` says why."""

    path: PurePosixPath
    data: bytes | None
    problem: str = ""


def read_folder(
    folder: Path, lessons: Sequence[Lesson], home: Home, roster: Sequence[Learner] = ()
) -> Cohort:
    """Return what the folders below `folder` hold: each is a learner.

    Raises:
        IntakeError: there is no such folder, or nobody in it.
    """
    if not folder.is_dir():
        raise IntakeError(f"{folder} is no folder; it should hold a folder for each learner")
    handed_in: dict[str, list[Found]] = {}
    notes = []
    for path in sorted(folder.iterdir()):
        if path.is_dir() and not path.is_symlink() and path.name not in _NOISE:
            handed_in[path.name] = list(files_below(path))
        elif path.name not in _NOISE:
            notes.append(f"not a learner's folder: {clean.line(path.name)}")
    if not handed_in and not roster:
        raise IntakeError(f"{folder} holds no folders; each learner has one")
    return cohort_of(handed_in, lessons, home, roster, notes)


def cohort_of(
    handed_in: Mapping[str, Sequence[Found]],
    lessons: Sequence[Lesson],
    home: Home,
    roster: Sequence[Learner] = (),
    notes: Sequence[str] = (),
) -> Cohort:
    """Return the cohort of what each learner handed in, by the name of the folder or archive."""
    names = _by_key(handed_in)
    learners = {learner.key: learner for learner in roster}
    for key in names:
        learners.setdefault(key, Learner(key))
    submissions: list[Submission] = []
    for key in sorted(learners):
        raw = names.get(key, [])
        if len(raw) > 1:
            shown = ", ".join(clean.line(name) for name in raw)
            problem = f"{len(raw)} learners with the same name but for case or accents: {shown}"
            submissions += [Submission(key, lesson.slug, problem=problem) for lesson in lessons]
        else:
            found = handed_in[raw[0]] if raw else ()
            submissions += assign(key, found, lessons, home)
    return Cohort(tuple(learners[key] for key in sorted(learners)), tuple(submissions), (*notes,))


def key_of(name: str) -> str:
    """Return the name under which a learner is known: visible, composed, in lower case."""
    return clean.line(unicodedata.normalize("NFC", name), 80).casefold() or "?"


def _by_key(names: Iterable[str]) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for name in names:
        found.setdefault(key_of(name), []).append(name)
    return found


def assign(
    learner: str, found: Sequence[Found], lessons: Sequence[Lesson], home: Home
) -> Iterator[Submission]:
    """Yield one submission for each lesson: the files that belong to it, or what is wrong."""
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
    for lesson, wanted in results:
        yield _submission(learner, lesson, wanted, home, notes)


def _candidates(
    found: Sequence[Found], lesson: Lesson, name: str, lessons: Sequence[Lesson]
) -> list[Found]:
    """Return the files that can be meant: in the lesson's folder, or alone when there is one."""
    own = [f for f in found if f.path.name == name and _is_in(f.path, lesson)]
    own += [f for f in found if len(f.path.parts) > 0 and f.path.name == f"{lesson.slug}.py"] * (
        name == lesson.files[0].name
    )
    if not own and len(lessons) == 1:
        own = [f for f in found if f.path.name == name and not _is_in_any(f.path)]
    return own


def _is_in(path: PurePosixPath, lesson: Lesson) -> bool:
    above = path.parent.name
    return above == lesson.slug or above in (lesson.slug[:2], str(lesson.number))


def _is_in_any(path: PurePosixPath) -> bool:
    return path.parent.name[:2].isdigit()


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


def files_below(folder: Path) -> Iterator[Found]:
    """Yield what is in a folder and below; a link, a device or a crowd is named and not read."""
    waiting = [(folder, PurePosixPath())]
    count = 0
    while waiting:
        here, inside = waiting.pop(0)
        try:
            entries = sorted(os.scandir(here), key=lambda entry: entry.name)
        except OSError as error:
            yield Found(inside, None, f"cannot be listed: {error.strerror}")
            continue
        for entry in entries:
            path = inside / entry.name
            count += 1
            if count > MOST_ENTRIES:
                yield Found(path, None, f"more than {MOST_ENTRIES} files: the rest was not read")
                return
            if entry.name in _NOISE:
                continue
            if entry.is_dir(follow_symlinks=False):
                if len(path.parts) < DEEPEST:
                    waiting.append((Path(entry.path), path))
                else:
                    yield Found(path, None, "too many folders inside each other")
            else:
                yield _read(Path(entry.path), path)


def _read(path: Path, name: PurePosixPath) -> Found:
    """Read a Python file; the name of everything else is enough."""
    try:
        handle = os.open(
            path, os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0)
        )
    except OSError as error:
        link = path.is_symlink()
        return Found(name, None, "a link, which is not followed" if link else str(error.strerror))
    with os.fdopen(handle, "rb") as file:
        found = os.fstat(file.fileno())
        if not stat.S_ISREG(found.st_mode):
            return Found(name, None, "not a regular file")
        if name.suffix != ".py":
            return Found(name, None)
        if found.st_size > LARGEST_FILE:
            return Found(name, None, f"larger than {LARGEST_FILE >> 20} MiB")
        return Found(name, file.read(LARGEST_FILE))
