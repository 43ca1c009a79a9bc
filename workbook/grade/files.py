"""The files that somebody handed in, from a folder or an archive. Follows no link, runs nothing.

It reads what can be an exercise, of a decent size; of everything else the name is enough.
"""

import os
import stat
from collections.abc import Iterator
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path, PurePosixPath
from typing import IO

from workbook.grade import archives
from workbook.grade.archives import ArchiveError, Limits

LARGEST_FILE = 1 << 20
LARGEST_ARCHIVE = 32 << 20
MOST_ENTRIES = 2000
DEEPEST = 8
OF_ONE = Limits(total=64 << 20, file=LARGEST_FILE, entries=MOST_ENTRIES)
OF_ALL = Limits(total=2 << 30, file=LARGEST_ARCHIVE, entries=500_000)
STATE = PurePosixPath(".workbook/progress.toml")
NOISE = frozenset({".DS_Store", "__MACOSX", "Thumbs.db", ".git", "__pycache__", ".venv"})


@dataclass(frozen=True)
class Found:
    """One file of a learner. `data` is None for what was not taken; `problem` says why."""

    path: PurePosixPath
    data: bytes | None
    problem: str = ""


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
            if entry.name in NOISE:
                continue
            if entry.is_dir(follow_symlinks=False):
                if len(path.parts) < DEEPEST:
                    waiting.append((Path(entry.path), path))
                else:
                    yield Found(path, None, "too many folders inside each other")
            else:
                yield from file_at(Path(entry.path), path)


def file_at(path: Path, name: PurePosixPath) -> Iterator[Found]:
    """Yield one file; of an archive, what is in it, as if it were a folder."""
    try:
        handle = os.open(
            path, os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0)
        )
    except OSError as error:
        link = path.is_symlink()
        yield Found(name, None, "a link, which is not followed" if link else str(error.strerror))
        return
    with os.fdopen(handle, "rb") as file:
        found = os.fstat(file.fileno())
        if not stat.S_ISREG(found.st_mode):
            yield Found(name, None, "not a regular file")
        elif archives.is_archive(name.name):
            if found.st_size > LARGEST_ARCHIVE:
                yield Found(name, None, f"larger than {LARGEST_ARCHIVE >> 20} MiB")
            else:
                yield from _unpacked(file, name)
        elif archives.is_other_archive(name.name):
            yield Found(name, None, "an archive of another kind: hand in a zip")
        elif not _is_wanted(name):
            yield Found(name, None)
        elif found.st_size > LARGEST_FILE:
            yield Found(name, None, f"larger than {LARGEST_FILE >> 20} MiB")
        else:
            yield Found(name, file.read(LARGEST_FILE))


def files_of_all(path: Path) -> Iterator[Found]:
    """Yield what is in one archive with everybody's work; the archives in it are unpacked, too.

    Raises:
        ArchiveError: it cannot be read to its end.
    """
    with path.open("rb") as file:
        for member in archives.members(file, path.name, _is_wanted_of_all, OF_ALL):
            name = PurePosixPath(member.name)
            if NOISE.intersection(name.parts):
                continue
            if member.data is not None and archives.is_archive(name.name):
                yield from _unpacked(BytesIO(member.data), name)
            elif member.data is not None and len(member.data) > LARGEST_FILE:
                yield Found(name, None, f"larger than {LARGEST_FILE >> 20} MiB")
            else:
                yield Found(name, member.data, member.problem)


def _unpacked(file: IO[bytes], name: PurePosixPath) -> Iterator[Found]:
    inside = name.with_name(archives.stem(name.name) or name.name)
    try:
        for member in archives.members(file, name.name, _is_wanted, OF_ONE):
            path = inside / PurePosixPath(member.name.lstrip("/"))
            if NOISE.intersection(path.parts):
                continue
            if archives.is_archive(path.name):
                yield Found(path, None, "an archive inside an archive: unpack it")
            else:
                yield Found(path, member.data, member.problem)
    except ArchiveError as error:
        yield Found(name, None, str(error))


def _is_wanted(path: PurePosixPath) -> bool:
    return path.suffix == ".py" or path.parts[-2:] == STATE.parts


def _is_wanted_of_all(path: PurePosixPath) -> bool:
    return _is_wanted(path) or archives.is_archive(path.name)
