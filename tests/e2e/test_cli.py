"""The command line from the outside."""

import pytest
from click.testing import CliRunner

from case_tracker.entrypoints.cli import main


@pytest.fixture
def case_tracker(database_url):
    """Runs a command on a database of its own; memory would be empty again at each command."""

    def run(*words):
        return CliRunner().invoke(main, ["--database", database_url, *words])

    return run


def test_a_case_is_opened_shown_and_listed(case_tracker):
    """What one command stores, the next one shows."""
    assert case_tracker("open", "CASE-001", "Late report").output == "CASE-001 DRAFT Late report\n"

    assert case_tracker("show", "CASE-001").output.startswith("CASE-001 DRAFT Late report")
    assert case_tracker("list").output == "CASE-001 DRAFT Late report (version 1)\n1 of 1\n"
    assert case_tracker("list", "--status", "CLOSED").output == "0 of 0\n"


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("show", "CASE-404"), "no case with id 'CASE-404'"),
        (("open", "a b", "x"), "case id has 1 to 40"),
        (("open", "CASE-001", " "), "title has 1 to 200"),
        (("list", "--limit", "0"), "limit is 1 to 100"),
    ],
)
def test_a_refusal_is_one_line_and_exit_1(case_tracker, words, message):
    """No traceback for a mistake of the person who types."""
    result = case_tracker(*words)

    assert result.exit_code == 1
    assert result.output.startswith("Error: ")
    assert message in result.output
    assert "Traceback" not in result.output


def test_a_taken_id_is_refused(case_tracker):
    """The second one with the same id learns it."""
    case_tracker("open", "CASE-001", "first")

    result = case_tracker("open", "CASE-001", "second")

    assert (result.exit_code, "exists already" in result.output) == (1, True)


@pytest.mark.parametrize("url", ["nonsense", "nodb://x", "sqlite+nodriver:///x"])
def test_a_wrong_database_url_is_named(url):
    """A typing mistake in the configuration is found in a second."""
    result = CliRunner().invoke(main, ["--database", url, "list"])

    assert result.exit_code == 1
    assert "database URL is 'memory:' or a database URL" in result.output


@pytest.mark.parametrize(
    "url",
    ["postgresql+psycopg://ann:secret@127.0.0.1:1/cases", "sqlite:////no/such/folder/cases.db"],
    ids=["postgresql", "sqlite"],
)
def test_a_database_that_cannot_be_reached_is_one_line(url):
    """A server that is down is no traceback, and a password is never printed."""
    result = CliRunner().invoke(main, ["--database", url, "list"])

    assert result.exit_code == 1
    assert result.output == (
        "Error: the database cannot be reached; nothing was changed; "
        "check --database, or whether the server runs\n"
    )


def test_a_wrong_setting_is_named(monkeypatch):
    """The message has the name that was typed."""
    monkeypatch.setenv("CASE_TRACKER_POOL_SIZE", "many")
    url = "postgresql+psycopg://ann@127.0.0.1:1/cases"

    result = CliRunner().invoke(main, ["--database", url, "list"])

    assert result.exit_code == 1
    assert result.output == "Error: CASE_TRACKER_POOL_SIZE is a number, got 'many'\n"
