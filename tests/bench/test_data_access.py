"""The benchmark of data access, small: every peer that is installed still does the same.

Never looks at a time.
"""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from sqlalchemy import make_url

from bench import data_access, plot, rounds
from bench.results import RESULTS
from bench.stage import Sqlite

ROOT = Path(__file__).parents[2]


def run(*arguments, **environment):
    """Run a benchmark as `run.py bench` does."""
    return subprocess.run(
        [sys.executable, "-m", "bench", *arguments],
        cwd=ROOT,
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.fixture(scope="module")
def stage(tmp_path_factory):
    """SQLite files for peers, with the app's tables."""
    return Sqlite(tmp_path_factory.mktemp("stage"))


def test_our_peers_return_and_store_the_same(stage):
    """Figures of peers that do different things would compare nothing."""
    samples = rounds.measure(stage, rounds.QUICK, ["raw:Raw", "core:Core", "app:App", "orm:Orm"])

    assert {name: set(each) for name, each in samples.items()} == {
        name: set(rounds.OPERATIONS) for name in (rounds.RAW, rounds.CORE, rounds.OURS, "plain ORM")
    }


@pytest.mark.thorough
def test_every_peer_returns_and_stores_the_same(postgres_server):
    """The same, as `run.py bench` does it: all that are installed, on both databases."""
    server = make_url(postgres_server.url("any")).set(database="postgres")
    before = RESULTS.read_bytes()

    done = run(
        "data_access",
        "--quick",
        WORKBOOK_POSTGRES_URL=server.render_as_string(hide_password=False),
    )

    assert done.returncode == 0, done.stderr
    assert done.stdout.count(f"| **{rounds.OURS}** |") == 2
    assert done.stdout.count(f"| {rounds.CORE} |") == 2
    assert RESULTS.read_bytes() == before


def test_a_peer_that_lets_a_wrong_step_through_ends_the_run(stage, monkeypatch):
    """Whoever checks less is faster."""
    from bench.peers import core

    monkeypatch.setattr(core, "check", lambda *_: None)

    with pytest.raises(rounds.DifferentError, match="SQLAlchemy Core goes to SUBMITTED"):
        rounds.measure(stage, rounds.QUICK, ["raw:Raw", "core:Core"])


def test_a_peer_that_stores_other_rows_ends_the_run(stage, monkeypatch):
    """Whoever writes less is faster."""
    from bench.peers import orm

    event = {**orm.audit_row("CASE-000000", "DRAFT", rounds.CaseStatus.SUBMITTED), "actor": "bob"}
    monkeypatch.setattr(
        orm, "audit_row", lambda case_id, *_: {**event, "case_id": case_id, "id": case_id}
    )

    with pytest.raises(rounds.DifferentError, match=r"plain ORM has .*'bob'.*, not .*'bench'"):
        rounds.measure(stage, rounds.QUICK, ["raw:Raw", "orm:Orm"])


def figures(ours):
    """Return made-up seconds in which everybody else needs twice the raw driver's."""
    names = (rounds.RAW, rounds.CORE, rounds.OURS, "plain ORM")
    slow = {rounds.RAW: 1.0, rounds.CORE: 2.0, rounds.OURS: ours, "plain ORM": 2.0}
    peers = {name: dict.fromkeys(rounds.OPERATIONS, slow[name]) for name in names}
    return {"SQLite": peers, "PostgreSQL": peers}


def test_a_missed_aim_and_a_faster_peer_are_named():
    """A report that shows only what went well is an advertisement."""
    pages = {"SQLite": {"OFFSET": [(0, 1.0), (5, 2.0), (9, 3.0)]}}

    text = data_access.section(figures(9.0), pages, rounds.QUICK, "2 CPUs")

    assert "- page: 9.00x, aim 1.7x **missed**; ahead of us: SQLAlchemy Core, plain ORM" in text
    assert text.count("**missed**") == 8
    good = data_access.section(figures(1.1), pages, rounds.QUICK, "2 CPUs")
    assert good.count("met; nobody is ahead") == 8


def test_the_same_numbers_make_the_same_picture(tmp_path):
    """A picture that differs for no reason hides a change that has one."""
    ratios = {name: {"case_tracker": peers[rounds.OURS]} for name, peers in figures(3.0).items()}

    for name in ("one.svg", "two.svg"):
        plot.bars(tmp_path / name, data_access.TITLES, ratios)

    first, second = ((tmp_path / name).read_text() for name in ("one.svg", "two.svg"))
    assert first == second
    assert first.count("<rect") == 2 + 8
