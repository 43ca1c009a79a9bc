"""One PostgreSQL below one folder: made, started, stopped. Never survives a crash: no fsync."""

import os
import secrets
import socket
import subprocess
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from workbook.postgres.errors import PostgresUnavailableError
from workbook.postgres.folders import User, give

PORT = 5432  # of the socket's name only; with TCP the port is a free one
PORTS = 3  # to try
SETTINGS = {
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
    "max_wal_size": "256MB",  # it may live in memory
    "autovacuum": "off",  # it would hold a template database at the wrong moment
    "timezone": "UTC",
}
REMEDY = "repair that installation, or let PG_BIN name the folder of another one"


@dataclass(frozen=True)
class Cluster:
    """The private server of one guardian."""

    folder: Path
    programs: Path
    user: User
    tcp: bool
    password: str = field(default_factory=lambda: secrets.token_hex(16))

    @property
    def data(self) -> Path:
        """Where initdb puts the cluster."""
        return self.folder / "data"

    def start(self) -> dict[str, object]:
        """Make the cluster and start it; return where it listens.

        Raises:
            PostgresUnavailableError: a program failed; the message has what it said.
        """
        self._run("initdb", *self._initdb_options())
        for _ in range(PORTS - 1 if self.tcp else 0):
            with suppress(PostgresUnavailableError):  # somebody was faster to take the port
                return self._listen()
        return self._listen()

    def _listen(self) -> dict[str, object]:
        port = _free_port() if self.tcp else PORT
        with (self.data / "postgresql.conf").open("a") as file:
            options = {**SETTINGS, "port": port, **self._addresses()}
            file.writelines(f"{name} = '{value}'\n" for name, value in options.items())
        self._run("pg_ctl", "start", "-w", "-D", str(self.data), "-l", str(self.data / "log"))
        host = "127.0.0.1" if self.tcp else str(self.folder)
        return {"host": host, "port": port, "password": self.password if self.tcp else None}

    def _initdb_options(self) -> list[str]:
        # Only the owner can enter the socket's folder; everybody on the machine can call a port.
        options = ["-D", str(self.data), "-U", "postgres", "-E", "UTF8", "--locale=C", "--no-sync"]
        if not self.tcp:
            return [*options, "-A", "trust"]
        secret = self.folder / "password"
        secret.write_text(self.password)
        give(secret, self.user)
        return [*options, "-A", "scram-sha-256", f"--pwfile={secret}"]

    def _addresses(self) -> dict[str, str]:
        if os.name == "nt":
            return {"listen_addresses": "127.0.0.1"}
        return {
            "listen_addresses": "127.0.0.1" if self.tcp else "",
            "unix_socket_directories": "" if self.tcp else str(self.folder),
            "dynamic_shared_memory_type": "mmap",  # in the folder, so gone with it
        }

    def stop(self) -> None:
        """Stop the server at once: there is nothing to save."""
        if (self.data / "postmaster.pid").exists():
            with suppress(PostgresUnavailableError):
                self._run("pg_ctl", "stop", "-w", "-m", "immediate", "-D", str(self.data))

    def _run(self, program: str, *options: str) -> None:
        # Into a file: the server inherits it, and reading a pipe would wait for the server's end.
        output = self.folder / f"{program}.out"
        with output.open("wb") as file:
            status = subprocess.call(  # noqa: S603 - a folder of PostgreSQL's programs was found
                [str(self.programs / program), *options],
                stdin=subprocess.DEVNULL,
                stdout=file,
                stderr=subprocess.STDOUT,
                cwd=self.folder,
                env=_environment(),
                **self.user,
            )
        if status:
            raise PostgresUnavailableError(
                f"{self.programs / program} failed with status {status}: "
                f"{_end_of(output)} {_end_of(self.data / 'log')}".strip(),
                remedy=REMEDY,
            )


def _environment() -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith("PG")}
    return {**kept, "LC_ALL": "C", "TZ": "UTC"}


def _end_of(file: Path) -> str:
    try:
        return file.read_text(errors="replace")[-1000:].strip()
    except OSError:
        return ""


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
