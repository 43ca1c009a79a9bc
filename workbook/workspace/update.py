"""Carrying out a plan in a workspace. Killed at any moment, the next run finishes the work."""

import errno
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.metadata import version
from pathlib import Path

from workbook.home import Home
from workbook.workspace.handout import Files, handout
from workbook.workspace.merge import Step, plan
from workbook.workspace.record import Record, hash_of, load_record

FULL = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}


class WorkspaceError(Exception):
    """A folder that cannot be made or brought up to date; the message names the remedy."""


def update(root: Path, *, restore: bool = False) -> list[Step]:
    """Bring a workspace to the lessons of this package; return what happened to each file.

    Raises:
        WorkspaceError: the workspace is newer than the package, or cannot be written at all.
    """
    record = load_record(root)
    current = version("unit-of-workbook")
    if _numbers(record.version) > _numbers(current):
        raise WorkspaceError(
            f"this workspace has the lessons of {record.version}, and {current} is installed; "
            f"run: pip install --upgrade unit-of-workbook"
        )
    files = handout()
    try:
        with _room(root) as room:
            todo = plan(root, record, files, restore=restore)
            steps = [_carry_out(root, step, files, room) for step in todo]
            record.version = current
            _remember(record, steps, files)
            record.save(root)
    except OSError as error:
        raise WorkspaceError(cannot_write(root, error)) from None
    return steps


def cannot_write(path: Path, error: OSError) -> str:
    """Return one line about a write that failed, with the remedy."""
    if error.errno in FULL:
        return f"no space left for {path}; free some, then run the same command again"
    where = str(error.filename or path)
    where = f"{where[:77]}…" if len(where) > 80 else where
    why = (error.strerror or str(error)).lower()
    return f"cannot write {where}: {why}; choose a folder of your own, or make it writable"


@contextmanager
def _room(root: Path) -> Iterator[Path]:
    """Give a folder for half-written files; nobody meets one under its real name."""
    state = Home(root).state
    state.mkdir(parents=True, exist_ok=True)
    for leftover in state.glob("tmp*"):
        shutil.rmtree(leftover, ignore_errors=True)
    with tempfile.TemporaryDirectory(prefix="tmp", dir=state, ignore_cleanup_errors=True) as room:
        yield Path(room)


def _carry_out(root: Path, step: Step, files: Files, room: Path) -> Step:
    """Do it, and return the step; one that fails says why, and the others go on."""
    path = root / step.path
    try:
        if step.fate in ("new", "updated"):
            _write(path, files[step.path], room)
        elif step.fate == "beside":
            _write(beside(path, files[step.path]), files[step.path], room)
        elif step.fate == "removed":
            path.unlink()
            _drop_empty(path.parent, root)
    except OSError as error:
        if error.errno in FULL:
            raise
        return Step(step.path, step.fate, (error.strerror or str(error)).lower())
    return step


def _write(path: Path, content: str, room: Path) -> None:
    raw = content.encode()
    if path.is_file() and b"\r\n" in path.read_bytes():
        raw = raw.replace(b"\n", b"\r\n")
    path.parent.mkdir(parents=True, exist_ok=True)
    whole = room / "file"
    whole.write_bytes(raw)
    whole.replace(path)


def beside(path: Path, content: str) -> Path:
    """Return where a newer file is laid: `exercise.py.new`, or the next free name."""
    number = 1
    while True:
        place = path.with_name(f"{path.name}.new{f'-{number}' if number > 1 else ''}")
        if not os.path.lexists(place):
            return place
        if place.is_file() and hash_of(place.read_bytes()) == hash_of(content):
            return place
        number += 1


def _drop_empty(folder: Path, root: Path) -> None:
    while folder != root and not any(folder.iterdir()):
        folder.rmdir()
        folder = folder.parent


def _remember(record: Record, steps: list[Step], files: Files) -> None:
    for step in steps:
        if step.reason:
            continue  # as before: the next update tries again
        if step.path in files:
            record.hashes[step.path] = hash_of(files[step.path])
        else:
            record.hashes.pop(step.path, None)


def _numbers(text: str) -> tuple[int, ...]:
    return tuple(int(part) for part in text.split(".") if part.isdecimal())
