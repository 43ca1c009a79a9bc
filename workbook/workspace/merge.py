"""Which files of a workspace may be written: what came, what is there, what is new. Writes nothing.

Three hashes decide about each file. What the learner wrote is never replaced and never removed.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from workbook.workspace.handout import Files
from workbook.workspace.record import Record, hash_of

Fate = Literal[
    "same",  # nothing to do
    "new",  # was not here before
    "updated",  # as it came, and there is a newer one
    "yours",  # edited, and nothing newer came
    "beside",  # edited, and something newer came: both are kept
    "deleted",  # deleted by the learner: it stays deleted
    "removed",  # as it came, and no longer part of the lessons
    "left",  # edited, and no longer part of the lessons
]


@dataclass(frozen=True)
class Step:
    """What happens to one file. `reason` says why it could not be done; empty when it was."""

    path: str
    fate: Fate
    reason: str = ""


def plan(root: Path, record: Record, files: Files, *, restore: bool = False) -> Iterator[Step]:
    """Yield what is to be done with each file, in the order of the files.

    `restore` brings back what the learner deleted.
    """
    for path in sorted({*files, *record.hashes}):
        came = record.hashes.get(path)
        now = _hash_in(root / path)
        new = hash_of(files[path]) if path in files else None
        yield Step(path, _fate(came, now, new, restore=restore))


def _hash_in(path: Path) -> str | None:
    """Return the hash of a file; None for nothing. A folder or a link is the learner's."""
    if path.is_symlink() or path.is_dir():
        return "not a file"
    try:
        return hash_of(path.read_bytes())
    except (FileNotFoundError, NotADirectoryError):
        return None
    except OSError:
        return "cannot be read"


def _fate(came: str | None, now: str | None, new: str | None, *, restore: bool) -> Fate:
    if now == new:
        return "same"
    if new is None:
        return "removed" if now == came else "left"
    if now is None:
        return "new" if came is None or restore else "deleted"
    if came == new:
        return "yours"
    return "updated" if now == came else "beside"
