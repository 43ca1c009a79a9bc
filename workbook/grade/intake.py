"""Folders and archives become submissions. Takes exercise files and names what it left.

It runs nothing, and reads no text as a program.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath

from workbook.curriculum import Lesson
from workbook.grade import archives, clean
from workbook.grade.archives import ArchiveError
from workbook.grade.assign import assign
from workbook.grade.files import NOISE, Found, file_at, files_below, files_of_all
from workbook.grade.people import Named, Roster, key_of, read_name
from workbook.grade.submissions import Cohort, Learner, Submission
from workbook.home import Home

NOBODY = Roster()


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
        person = people.setdefault(f"{named.who}_{named.ident}", HandedIn(named))
        person.named = Named(named.who, named.ident, person.named.late or named.late)
        person.names.append(raw)
        # A file of its own: on a platform, its name stands behind the person's.
        person.files += [_renamed(f, raw, named.file or "exercise.py") for f in found]
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
