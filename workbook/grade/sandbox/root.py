"""A root folder with nothing in it but Python and its packages. Every mount in it is read-only."""

import os
from collections.abc import Sequence
from pathlib import Path

from workbook.grade.sandbox.system import (
    BIND,
    NO_DEVICES,
    NO_PROGRAMS,
    NO_SETUID,
    PRIVATE,
    READ_ONLY,
    RECURSIVE,
    REMOUNT,
    mount,
    pivot,
)

APP, SCRATCH = "/app", "/scratch"
SYSTEM = ("/lib", "/lib64", "/usr/lib", "/usr/lib64", "/etc/ld.so.cache", "/usr/share/zoneinfo")
DEVICES = ("/dev/null", "/dev/zero", "/dev/urandom", "/dev/random")
_KEPT = READ_ONLY | NO_SETUID | NO_DEVICES | NO_PROGRAMS


def enter(root: Path, readable: Sequence[str], hidden: Sequence[str]) -> None:
    """Make a new root at `root` (any empty folder) and move there.

    It shows `readable` where they were, without what is `hidden` below them; and two empty folders,
    APP and SCRATCH. Needs a mount namespace of its own.
    """
    mount("none", "/", flags=RECURSIVE | PRIVATE)
    mount("tmpfs", str(root), "tmpfs", NO_SETUID | NO_DEVICES, "size=16m,mode=755")
    for path in (*SYSTEM, *readable):
        _show(root, path, READ_ONLY | NO_SETUID | NO_DEVICES)
    for path in DEVICES:
        _show(root, path, READ_ONLY | NO_SETUID)
    for path in (APP, SCRATCH):
        (root / path[1:]).mkdir()
    for path in hidden:
        if (root / path[1:]).is_dir():
            empty(str(root / path[1:]), READ_ONLY)
    pivot(root)
    mount("none", "/", flags=REMOUNT | BIND | READ_ONLY | NO_SETUID | NO_DEVICES)


def empty(path: str, flags: int = 0, size: str = "1m", files: int = 64) -> None:
    """Put an empty folder in memory over `path`."""
    options = f"size={size},nr_inodes={files},mode=755"
    mount("tmpfs", path, "tmpfs", flags | NO_SETUID | NO_DEVICES, options)


def _show(root: Path, path: str, flags: int) -> None:
    target = root / path[1:]
    if not Path(path).exists() or os.path.lexists(target):
        return
    target.parent.mkdir(parents=True, exist_ok=True)
    if Path(path).is_symlink():
        target.symlink_to(os.readlink(path))  # noqa: PTH115 - Path.readlink() makes a Path of it
        return
    if Path(path).is_dir():
        target.mkdir()
    else:
        target.touch()
    mount(path, str(target), flags=BIND | RECURSIVE)
    # What the original forbids must stay forbidden, or the kernel refuses the change.
    kept = os.statvfs(path).f_flag & _KEPT
    mount("none", str(target), flags=REMOUNT | BIND | flags | kept)
