"""A PostgreSQL server and its databases. Never drops a database that it did not make."""

import json
import os
import secrets
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import URL, make_url
from sqlalchemy.exc import ArgumentError

from workbook.postgres.binaries import Binaries, find_binaries
from workbook.postgres.errors import PostgresUnavailableError

DRIVER = "postgresql+psycopg"
FILE_COPY_SINCE = 150_000


class Server:
    """A server on which databases come and go. Used by one thread."""

    def __init__(self, url: URL, prefix: str = "") -> None:
        """Connect as the user of this URL; put `prefix` before the name of each new database."""
        self._url = url.set(drivername=DRIVER)
        self._prefix = prefix
        self._made: set[str] = set()
        self._connection = _connect(self._url)

    @property
    def address(self) -> str:
        """The URL of the server itself, for WORKBOOK_POSTGRES_URL of another process."""
        return self._url.render_as_string(hide_password=False)

    @property
    def version(self) -> int:
        """The version as a number, like 150018 for 15.18."""
        return int(self._connection.info.server_version)

    def url(self, database: str) -> str:
        """Return the SQLAlchemy URL of a database that create_database() made.

        For asyncpg, replace `+psycopg` by `+asyncpg`.
        """
        url = self._url.set(database=self._prefix + database)
        return url.render_as_string(hide_password=False)

    def create_database(self, name: str, *, template: str | None = None) -> str:
        """Make a database, empty or as a copy of one that was made here; return its URL.

        Nobody may be connected to the template.
        """
        source = self._quoted(template) if template else "template0"
        by = " STRATEGY FILE_COPY" if self.version >= FILE_COPY_SINCE else ""
        self._connection.execute(f"CREATE DATABASE {self._quoted(name)} TEMPLATE {source}{by}")
        self._made.add(name)
        return self.url(name)

    def drop_database(self, name: str) -> None:
        """Drop a database that was made here; whoever is connected is thrown out."""
        self._connection.execute(f"DROP DATABASE IF EXISTS {self._quoted(name)} WITH (FORCE)")
        self._made.discard(name)

    def close(self) -> None:
        """Drop what is left of what was made here, and disconnect."""
        for name in sorted(self._made):
            self.drop_database(name)
        self._connection.close()

    def _quoted(self, name: str) -> str:
        return '"' + (self._prefix + name).replace('"', '""') + '"'


@contextmanager
def private_server(
    binaries: Binaries | None = None, *, tcp: bool = os.name == "nt"
) -> Iterator[Server]:
    """Give the block a server: that of WORKBOOK_POSTGRES_URL, or a private one.

    A private one is made from `binaries`, or from what `find_binaries` finds. It listens on a Unix
    socket in a folder of its own, or with `tcp` on a port of this machine, and is gone when the
    block ends or this process dies. On a server of yours, databases get names of their own; they
    are dropped when the block ends, but stay if this process is killed.

    Raises:
        PostgresUnavailableError: there is no server; the message says what to do.
    """
    given = os.environ.get("WORKBOOK_POSTGRES_URL") if binaries is None else None
    if given:
        with _open(_parsed(given), f"workbook_{secrets.token_hex(4)}_") as server:
            yield server
        return
    with _guarded(binaries or find_binaries(), tcp=tcp) as url, _open(url) as server:
        yield server


def _parsed(given: str) -> URL:
    try:
        return make_url(given)
    except ArgumentError:
        raise PostgresUnavailableError(
            "WORKBOOK_POSTGRES_URL is no database URL",
            remedy="write it like postgresql://user@localhost/postgres",
        ) from None


@contextmanager
def _open(url: URL, prefix: str = "") -> Iterator[Server]:
    server = Server(url, prefix)
    try:
        yield server
    finally:
        server.close()


@contextmanager
def _guarded(binaries: Binaries, *, tcp: bool) -> Iterator[URL]:
    root = Path(__file__).parents[2]
    command = [sys.executable, "-m", f"{__package__}.guardian"]
    with subprocess.Popen(  # noqa: S603 - our own module, in our own interpreter
        [*command, str(binaries.folder), "tcp" if tcp else "socket"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONPATH": str(root)},
        start_new_session=True,  # Ctrl-C is for us; we close the pipe
    ) as guardian:  # leaving closes the pipe and waits until everything is gone
        yield _url_from(guardian)


def _url_from(guardian: "subprocess.Popen[str]") -> URL:
    answer: dict[str, Any] = json.loads(guardian.stdout.readline() or "{}")  # type: ignore[union-attr] # it is a pipe
    if "host" not in answer:
        reason = answer.get("reason", "the process that holds the server ended")
        raise PostgresUnavailableError(reason, remedy=answer.get("remedy", "see its traceback"))
    if answer["password"]:
        place = {"host": answer["host"], "port": answer["port"], "password": answer["password"]}
        return URL.create(DRIVER, "postgres", database="postgres", **place)
    query = {"host": answer["host"], "port": str(answer["port"])}
    return URL.create(DRIVER, "postgres", database="postgres", query=query)


def _connect(url: URL) -> Any:
    try:
        import psycopg  # noqa: PLC0415 - only whoever wants PostgreSQL needs it
    except ImportError as error:
        remedy = "pip install 'psycopg[binary]'"
        raise PostgresUnavailableError(f"no driver: {error}", remedy=remedy) from None
    conninfo = url.set(drivername="postgresql").render_as_string(hide_password=False)
    try:
        return psycopg.connect(conninfo, autocommit=True)
    except psycopg.Error as error:
        where = url.render_as_string()
        raise PostgresUnavailableError(
            f"cannot connect to {where}: {error}", remedy="check WORKBOOK_POSTGRES_URL"
        ) from None
