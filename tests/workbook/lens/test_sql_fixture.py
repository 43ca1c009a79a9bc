"""The fixture `sql`: budgets, N+1, growth, explanations, and the guard around the app's suite."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from sqlalchemy import create_engine, func, select
from sqlalchemy.orm import Session, selectinload
from sqlalchemy.pool import StaticPool

from bench.scenarios import Case, Clerk, Note, Office, fill, masked_loop, to_many_loop
from workbook.lens.scaling import constant_async

ROOT = Path(__file__).parents[3]


def message(block, *args):
    """Return the failing message of a block."""
    with pytest.raises(AssertionError) as caught:
        block(*args)
    return str(caught.value).splitlines()


def test_a_budget_fails_in_words_of_the_domain(engine, sql):
    """The first line is the whole story, the rest is where to look."""

    def page():
        with sql.exactly(2, what="10 cases"):
            to_many_loop(engine)

    lines = message(page)

    assert lines[0] == "10 cases took 11 statements; 2 are enough"
    assert lines[1].startswith("  1     SELECT … FROM cases")
    assert lines[2].startswith("  2-11  SELECT … FROM case_notes")
    assert " x10  scenarios.py:" in lines[2]


def test_exactly_fails_when_less_was_sent(engine, sql):
    """A test that expects two statements must notice when one of them is gone."""

    def block():
        with sql.exactly(2), Session(engine) as session:
            session.get(Case, 1)

    def nothing():
        with sql.exactly(1, what="an empty page"):
            pass

    assert message(block)[0] == "this took 1 statement; 2 were expected"
    assert message(nothing) == ["an empty page took 0 statements; 1 was expected"]


def test_each_budget_counts_what_it_names(engine, sql):
    """Reads are SELECTs, writes are INSERT, UPDATE and DELETE; transactions are neither."""

    def change():
        with Session(engine) as session, session.begin():
            session.get(Case, 1).title = "changed"

    with sql.exactly(2) as sent, sql.at_most(3), sql.reads(1), sql.writes(1):
        change()

    assert [str(one.kind) for one in sent.statements] == ["SELECT", "UPDATE"]

    def write():
        with sql.writes(0, what="a page"), Session(engine) as session, session.begin():
            session.add_all([Office(id=98), Office(id=99)])

    assert message(write)[0] == "a page took 1 write; none is needed"

    def read():
        with sql.reads(0), Session(engine) as session:
            session.get(Case, 1)

    assert message(read)[0] == "this took 1 SELECT; none is needed"


def test_a_failing_block_keeps_its_own_error(engine, sql):
    """The budget must not hide why the block failed."""
    with pytest.raises(ZeroDivisionError), sql.exactly(5):
        _ = 1 / 0


def test_no_n_plus_one_fails_and_allows(engine, sql):
    """What is allowed is named, so the next relationship is still found."""

    def block():
        with sql.no_n_plus_one():
            to_many_loop(engine)

    assert message(block)[0].startswith("Case.notes: 10 SELECTs for 10 of 10 Case rows")
    with sql.no_n_plus_one(allow=["Case.notes"]):
        to_many_loop(engine)


def test_examine_measures_and_returns(engine, sql):
    """An operation as a function can run again: then the repair's effect is a fact."""
    assert sql.examine(lambda: masked_loop(engine), allow=["Case.office"]) is None

    lines = message(sql.examine, lambda: to_many_loop(engine))

    assert "  measured  11 -> 2 statements" in lines


def grow(engine, options=()):
    """Return a build for `constant`: more cases, then a page of all of them."""

    def build(size):
        with Session(engine) as session, session.begin():
            number = session.scalar(select(func.max(Case.id)))
            for new in range(number + 1, number + 1 + size):
                clerk = Clerk(name="new")
                case = Case(id=new, title="new", body="", office=Office(), clerk=clerk)
                case.notes = [Note(author=clerk)]
                session.add(case)

        def page():
            with Session(engine) as session:
                for case in session.scalars(select(Case).options(*options)):
                    _ = case.notes

        return page

    return build


def test_constant_proves_that_the_count_does_not_grow(engine, sql):
    """Two sizes are enough: a loop sends more for seven rows than for two."""
    assert sql.constant(grow(engine, [selectinload(Case.notes)])) == [2, 2]

    lines = message(sql.constant, grow(engine))

    assert lines[0] == "2 rows took 22 statements, 7 rows took 29; it must not grow"
    assert "  measured  29 -> 2 statements" in lines


def test_constant_finds_what_the_detector_takes_for_chunks(engine, sql):
    """Lists of keys look like the repair of a loop; one list for each row is still a loop."""

    def build(size):
        def work():
            with Session(engine) as session:
                for number in range(1, size + 1):
                    query = select(Note.id).where(Note.id.in_([2 * number, 2 * number - 1]))
                    session.execute(query).all()

        return work

    with sql.no_n_plus_one():
        build(7)()

    assert message(sql.constant, build)[0].startswith("2 rows took 2 statements, 7 rows took 7")


def test_constant_awaits_async_operations(engine):
    """The proof is the same for an async service."""
    import asyncio

    from sqlalchemy.ext.asyncio import AsyncSession, create_async_engine

    other = create_async_engine(f"sqlite+aiosqlite:///{engine.url.database}")

    async def build(size):
        async def work():
            async with AsyncSession(other) as session:
                for number in range(size):
                    await session.get(Case, number + 1)

        return work

    async def run():
        try:
            await constant_async(build)
        finally:
            await other.dispose()

    with pytest.raises(AssertionError, match="2 rows took 2 statements, 7 rows took 7"):
        asyncio.run(run())


def test_explain_numbers_the_statements_with_rows_and_lines(engine, sql):
    """A printed log is the first thing to look at."""
    with Session(engine) as session, session.begin():
        session.get(Case, 1).title = "changed"
    here = test_explain_numbers_the_statements_with_rows_and_lines.__code__.co_firstlineno + 3

    lines = sql.explain().splitlines()

    assert [line.split()[0] for line in lines] == ["BEGIN", "1", "2", "COMMIT"]
    assert lines[1].endswith(f"test_sql_fixture.py:{here}")
    assert "  1 row  " in lines[2]


def test_explain_shows_the_plan_on_request(engine, sql):
    """Whether an index is used is a question that the database answers best."""
    with Session(engine) as session:
        session.get(Case, 1)
        session.scalars(select(Case).where(Case.title == "case 2")).all()

    told = sql.explain(plans=True)

    assert "SEARCH cases USING INTEGER PRIMARY KEY (rowid=?)" in told
    assert "SCAN cases" in told
    assert len(sql.statements) == 2, "asking for a plan is no statement of the test"


def test_a_plan_that_cannot_be_asked_for_says_why(sql):
    """A second question on the only connection would end the program's own transaction."""
    engine = create_engine("sqlite://", poolclass=StaticPool)
    fill(engine)
    with Session(engine) as session:
        session.get(Case, 1)

        told = sql.explain(plans=True)

        assert session.in_transaction()
    engine.dispose()
    assert "no plan: this database has one connection, and the program is using it" in told


BAD = """
import pytest
from bench.scenarios import fill, to_many_loop
from sqlalchemy import create_engine

@pytest.fixture
def engine(tmp_path):
    engine = create_engine(f"sqlite:///{tmp_path / 'x.db'}")
    fill(engine)
    yield engine
    engine.dispose()

def test_loops(engine):
    to_many_loop(engine)

@pytest.mark.shows_n_plus_one("that is the point")
def test_loops_on_purpose(engine):
    to_many_loop(engine)
"""


def test_the_guard_fails_a_test_of_the_app_that_loads_row_by_row(tmp_path):
    """Nobody has to remember to ask: the suite of the app is watched everywhere."""
    folder = tmp_path / "integration"
    folder.mkdir()
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    shutil.copy(ROOT / "tests" / "conftest.py", tmp_path)
    (folder / "test_loops.py").write_text(BAD, encoding="utf-8")

    run = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", str(folder)],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=False,
    )

    assert "1 failed, 1 passed" in run.stdout, run.stdout + run.stderr
    assert "Case.notes: 10 SELECTs for 10 of 10 Case rows loaded together" in run.stdout
