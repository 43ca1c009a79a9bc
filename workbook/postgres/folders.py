"""Private folders for a server, and who owns them. Never opens a folder that was closed."""

import os
import shutil
import tempfile
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

from workbook.postgres.errors import PostgresUnavailableError

User = dict[str, Any]  # how subprocess becomes that user; empty: nobody else than we are
UNPRIVILEGED = ("nobody", "postgres", "daemon")  # PostgreSQL refuses to run as root
MEMORY = Path("/dev/shm")  # noqa: S108 - mkdtemp makes a folder of its own in it
WORTH_MEMORY = 2**30  # free bytes that it must have
SOCKET_LIMIT = 100  # bytes of a socket's path; systems allow 103 to 107
OWN_PART = len("/workbook-pg-01234567/.s.PGSQL.5432")


def unprivileged_user() -> User:
    """Return what subprocess needs to run as somebody who is not root; nothing if we are not."""
    if os.name == "nt" or os.geteuid() != 0:
        return {}
    import pwd  # noqa: PLC0415 - Windows has none

    for name in UNPRIVILEGED:
        with suppress(KeyError):
            entry = pwd.getpwnam(name)
            return {"user": entry.pw_uid, "group": entry.pw_gid, "extra_groups": []}
    raise PostgresUnavailableError(
        f"PostgreSQL refuses to run as root, and there is no user {' or '.join(UNPRIVILEGED)}",
        remedy="run the tests as another user",
    )


def memory_first() -> list[Path]:
    """Return where a cluster may live: in memory if there is plenty, else on disk."""
    with suppress(OSError):
        if shutil.disk_usage(MEMORY).free >= WORTH_MEMORY:
            return [MEMORY, *on_disk()]
    return on_disk()


def on_disk() -> list[Path]:
    """Return where temporary files go; /tmp as well, when TMPDIR is too long or closed."""
    return [Path(tempfile.gettempdir()), *([Path("/tmp")] if os.name != "nt" else [])]  # noqa: S108 - see MEMORY


def make_folder(parents: Sequence[Path], user: User) -> Path:
    """Return a new folder that only this user may enter, in the first of `parents` that will do."""
    for parent in parents:
        short = len(os.fsencode(parent)) + OWN_PART <= SOCKET_LIMIT
        if short and os.access(parent, os.W_OK | os.X_OK) and is_open_to(user, parent):
            folder = Path(tempfile.mkdtemp(prefix="workbook-pg-", dir=parent))
            give(folder, user)
            return folder
    raise PostgresUnavailableError(
        f"no folder to put a server in: looked at {', '.join(map(str, parents))}",
        remedy="let TMPDIR name a folder with a short path that everybody may enter",
    )


def is_open_to(user: User, path: Path) -> bool:
    """Say whether this user may surely pass through to this path."""
    path = path.resolve()
    return not user or all(each.stat().st_mode & 0o001 for each in [path, *path.parents])


def give(path: Path, user: User) -> None:
    """Make that user the owner."""
    if user:
        os.chown(path, user["user"], user["group"], follow_symlinks=False)


def copy_programs(programs: Path, target: Path, user: User) -> Path:
    """Copy a server into `target`, for a user who cannot reach it; return its new folder."""
    prefix = programs.parent
    package = prefix.parent
    copied = target / package.name / prefix.name
    for name in (programs.name, "lib", "share"):
        if (prefix / name).is_dir():
            shutil.copytree(prefix / name, copied / name, symlinks=True)
    libraries = package.with_name(f"{package.name}.libs")  # where a wheel keeps its own libpq
    if libraries.is_dir():
        shutil.copytree(libraries, target / libraries.name)
    for path in target.rglob("*"):
        give(path, user)
    return copied / programs.name
