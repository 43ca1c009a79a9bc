"""The program refuses tables of another age, and brings them up to date itself."""

import pytest
from click.testing import CliRunner
from sqlalchemy import inspect, text

from case_tracker.adapters.sql.engine import build_engine
from case_tracker.adapters.sql.schema import SqlSchema
from case_tracker.bootstrap import build_schema, build_units
from case_tracker.domain.errors import InvalidValueError, SchemaOutdatedError, SchemaTooNewError
from case_tracker.entrypoints.api.app import create_app
from case_tracker.entrypoints.cli import main

NEWEST = SqlSchema.history()[-1].id
REMEDY = "run: case-tracker db upgrade"


@pytest.fixture
def url(tmp_path):
    """The URL of a database that is not there yet."""
    return f"sqlite:///{tmp_path / 'cases.db'}"


@pytest.fixture
def case_tracker(url):
    """Runs a command on it."""

    def run(*words):
        return CliRunner().invoke(main, ["--database", url, *words])

    return run


def test_a_new_database_is_made_by_one_command(case_tracker):
    """The message of the refusal names the command that repairs it."""
    refused = case_tracker("open", "CASE-001", "Late report")
    assert (refused.exit_code, REMEDY in refused.output) == (1, True)
    assert "Traceback" not in refused.output

    assert case_tracker("db", "upgrade").output == f"the database is at revision {NEWEST}\n"

    assert case_tracker("open", "CASE-001", "Late report").exit_code == 0


def test_refused_is_not_made(case_tracker, url):
    """A program that creates tables on the way hides that nobody upgraded."""
    case_tracker("list")

    engine = build_engine(url)
    assert inspect(engine).get_table_names() == []
    engine.dispose()


def test_an_old_database_is_refused_until_it_is_upgraded(case_tracker):
    """Cases of an older program are read after the upgrade, not before."""
    case_tracker("db", "upgrade")
    case_tracker("open", "CASE-001", "Late report")
    assert case_tracker("db", "downgrade", "0003").output == "the database is at revision 0003\n"

    refused = case_tracker("list")
    check = case_tracker("db", "check")

    assert (refused.exit_code, check.exit_code) == (1, 1)
    assert f"is at revision '0003', this program needs '{NEWEST}'; {REMEDY}" in refused.output
    assert check.output == refused.output
    case_tracker("db", "upgrade")
    assert case_tracker("list").output == "CASE-001 DRAFT Late report (version 1)\n1 of 1\n"
    assert case_tracker("db", "check").exit_code == 0


@pytest.mark.parametrize("revision", [None, "0001"])
def test_the_api_does_not_start_on_old_tables(url, revision):
    """A server that starts and answers 500 to everything looks healthy to the load balancer."""
    if revision:
        schema = SqlSchema(build_engine(url))
        schema.upgrade(revision)
        schema.close()

    with pytest.raises(SchemaOutdatedError, match=REMEDY):
        create_app(build_units(url))


def test_a_newer_database_is_refused(sqlite_url):
    """The remedy is another one: not the database has to change."""
    engine = build_engine(sqlite_url)
    with engine.begin() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    engine.dispose()

    with pytest.raises(SchemaTooNewError, match="install"):
        build_units(sqlite_url)
    refused = CliRunner().invoke(main, ["--database", sqlite_url, "db", "upgrade"])
    assert (refused.exit_code, "'9999'" in refused.output) == (1, True)


def test_history_marks_where_the_tables_are(case_tracker):
    """Before a downgrade one wants to know what there is."""
    case_tracker("db", "upgrade")
    case_tracker("db", "downgrade", "0002")

    lines = case_tracker("db", "history").output.splitlines()

    assert lines[0] == "  0001 2026-11-02 cases notes and audit events"
    assert [line[2:6] for line in lines if line.startswith("*")] == ["0002"]
    assert case_tracker("db", "current").output == "0002\n"
    case_tracker("db", "downgrade", "base")
    assert case_tracker("db", "current").output == "base\n"


def test_the_sql_of_an_upgrade_is_printed_and_not_run(case_tracker):
    """For those who may not change tables themselves."""
    printed = case_tracker("db", "upgrade", "--sql")

    assert "CREATE TABLE cases" in printed.output
    assert case_tracker("db", "current").output == "base\n"


def test_an_unknown_revision_is_one_line(case_tracker):
    """No traceback of Alembic for a typing mistake."""
    case_tracker("db", "upgrade")

    refused = case_tracker("db", "downgrade", "17")

    assert (refused.exit_code, "got '17'" in refused.output) == (1, True)
    assert len(refused.output.splitlines()) == 1


def test_memory_has_no_tables():
    """There is nothing to upgrade."""
    with pytest.raises(InvalidValueError, match="'memory:'"):
        build_schema("memory:")


def test_help_needs_no_database(case_tracker, tmp_path):
    """Who asks what a command does has not decided for a database yet."""
    for words in (["open"], ["db"], ["db", "upgrade"]):
        assert case_tracker(*words, "--help").exit_code == 0

    assert list(tmp_path.iterdir()) == []
