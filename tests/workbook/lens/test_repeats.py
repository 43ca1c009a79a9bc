"""Which repeated statements are a loop, and what is read from their text alone."""

import asyncio
import threading

import pytest
from sqlalchemy import insert, select, text, update
from sqlalchemy.ext.asyncio import AsyncSession, create_async_engine
from sqlalchemy.orm import Session

from bench.scenarios import Case, Note, Office
from workbook.lens.fingerprints import reads_pages, shape, values
from workbook.lens.nplusone import NPlusOne


def names(watch: NPlusOne) -> list[str]:
    """Return what was found."""
    return [finding.name for finding in watch.findings]


def test_a_get_loop_names_the_one_statement_that_is_enough(engine):
    """The repair must fit the entity and its key, whatever its column is called."""
    with NPlusOne() as watch, Session(engine) as session:
        for number in (1, 2, 3):
            session.get(Case, number)

    (finding,) = watch.findings
    assert finding.headline == (
        "SELECT cases: 3 SELECTs from the same line, each time for other values; 1 is enough"
    )
    assert finding.repair.code == "select(Case).where(Case.id.in_(values))"
    assert [times for _, times in finding.lines] == [3]


def test_lazy_loads_of_rows_that_were_read_one_by_one_are_told_too(engine):
    """Reading the cases at once leaves their notes to be loaded one by one: both need a repair."""
    with NPlusOne() as watch, Session(engine) as session:
        for number in (1, 2, 3):
            _ = session.get(Case, number).notes

    assert sorted(names(watch)) == ["Case.notes", "SELECT cases"]


def test_three_lines_are_no_loop(engine):
    """Three statements that somebody wrote one below the other are read as they are written."""
    with NPlusOne() as watch, Session(engine) as session:
        session.get(Case, 1)
        session.get(Case, 2)
        session.get(Case, 3)

    assert names(watch) == []


def test_recursion_does_not_hide_a_loop(engine):
    """Each level has a longer stack, and the same lines."""

    def walk(session, number):
        if number:
            session.execute(select(Note.id).where(Note.case_id == number)).all()
            walk(session, number - 1)

    with NPlusOne() as watch, Session(engine) as session:
        walk(session, 5)

    (finding,) = watch.findings
    assert len(finding.statements) >= 4


def test_the_same_question_in_one_transaction_is_a_loop(engine):
    """Until the transaction ends the answer is the same; afterwards it is worth asking again."""
    with NPlusOne() as one, engine.connect() as connection:
        for _ in range(3):
            connection.execute(text("SELECT count(*) FROM cases"))
    with NPlusOne() as many:
        for _ in range(3):
            with engine.connect() as connection:
                connection.execute(text("SELECT count(*) FROM cases"))

    assert (names(one), names(many)) == (["SELECT cases"], [])
    assert str(one.findings[0].repair) == "ask once, before the loop"


def test_a_read_that_its_own_write_follows_is_a_unit_of_work(engine):
    """Read, decide, write: that is what a service does, once for each command."""
    with NPlusOne() as watch, Session(engine) as session:
        for number in (1, 2, 3, 4):
            case = session.get(Case, number)
            case.title = "changed"
            session.flush()

    assert names(watch) == []


def test_write_loops_are_found_when_asked_for(engine):
    """Most tests store rows one by one, so nobody wants this by default."""

    def work():
        with engine.begin() as connection:
            for number in (91, 92, 93):
                connection.execute(insert(Office).values(id=number))
            for number in (1, 2, 3):
                connection.execute(update(Case).values(title="x").where(Case.id == number))
            connection.rollback()

    with NPlusOne() as default:
        work()
    with NPlusOne(writes=True) as asked:
        work()

    assert names(default) == []
    assert sorted(names(asked)) == ["INSERT offices", "UPDATE cases"]
    assert "session.execute(insert(…), [row, row, …])" in "\n".join(map(str, asked.findings))


def test_many_rows_in_one_statement_are_no_loop(engine):
    """That is the repair."""
    with NPlusOne(writes=True) as watch, engine.begin() as connection:
        connection.execute(insert(Office), [{"id": number} for number in range(50, 60)])

    assert names(watch) == []


def test_threads_of_equal_lines_are_no_loop(engine):
    """Three workers that each read one case share their lines, and nothing else."""

    def worker(number):
        with Session(engine) as session:
            session.get(Case, number)

    with NPlusOne() as watch:
        threads = [threading.Thread(target=worker, args=(number,)) for number in (1, 2, 3)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

    assert (names(watch), len(watch.statements)) == ([], 3)


def test_tasks_that_a_task_starts_are_one_loop(engine):
    """`gather` over one get() for each id is a loop that runs at the same time."""
    other = create_async_engine(f"sqlite+aiosqlite:///{engine.url.database}")

    async def one(number):
        async with AsyncSession(other) as session:
            await session.get(Case, number)

    async def all_of_them():
        async with AsyncSession(other) as session:
            ids = (await session.scalars(select(Case.id))).all()
        await asyncio.gather(*(one(number) for number in ids[:4]))
        await other.dispose()

    with NPlusOne() as watch:
        asyncio.run(all_of_them())

    assert names(watch) == ["SELECT cases"]


PAGE = "SELECT * FROM cases WHERE status = ? AND id > ? ORDER BY id LIMIT ? OFFSET ?"


@pytest.mark.parametrize(
    ("sql", "executions", "pages"),
    [
        (PAGE, [("A", 1, 5, 0), ("A", 6, 5, 0)], True),
        (PAGE, [("A", 1, 5, 0), ("A", 1, 5, 5)], True),
        (PAGE, [("A", 1, 5, 0), ("B", 1, 5, 0)], False),
        (PAGE, [("A", 1, 1, 0), ("A", 2, 1, 0)], False),
        ("SELECT 1 FROM notes WHERE (at, id) > (?, ?) LIMIT 5", [(1, 2), (3, 4)], True),
        ("SELECT 1 FROM notes WHERE case_id IN (?, ?)", [(1, 2), (3, 4)], True),
        ("SELECT 1 FROM notes WHERE case_id IN (?)", [(1,), (3,)], False),
        ("SELECT 1 FROM notes WHERE at > ? ORDER BY at", [(1,), (3,)], False),
        ("SELECT 1 FROM notes WHERE case_id >= ? AND case_id <= ?", [(1, 2), (3, 4)], True),
        ("SELECT 1 FROM notes WHERE case_id >= ? AND at <= ?", [(1, 2), (3, 4)], False),
    ],
    ids=[
        "keyset",
        "offset",
        "filter",
        "one at a time",
        "tuple",
        "chunks",
        "list of one",
        "no end",
        "two ends",
        "two columns",
    ],
)
def test_pages_and_chunks_are_told_from_loops(sql, executions, pages):
    """What differs decides: where a page starts, or for whom it is."""
    slots = shape(sql).slots

    assert reads_pages(slots, [values(slots, run) for run in executions]) is pages


@pytest.mark.parametrize(
    ("sql", "parameters"),
    [
        ("SELECT 1 FROM t WHERE a = ? AND b = ?", ("x", 7)),
        ("SELECT 1 FROM t WHERE a = %(a_1)s::VARCHAR AND b = %(b)s", {"a_1": "x", "b": 7}),
        ("SELECT 1 FROM t WHERE a = $1::VARCHAR AND b = $2::INTEGER", ("x", 7)),
        ("SELECT 1 FROM t WHERE a = :a_1 AND b = :b", {"a_1": "x", "b": 7}),
        ("SELECT 1 FROM t WHERE a = %s AND b = %s", ("x", 7)),
        ("SELECT 1 FROM t WHERE a = 'x' AND b = 7", ()),
    ],
    ids=["qmark", "pyformat", "numeric", "named", "format", "literal"],
)
def test_values_are_found_in_every_style(sql, parameters):
    """sqlite3, psycopg and asyncpg write their places differently."""
    found = shape(sql)

    assert found.text == "SELECT 1 FROM t WHERE a = ? AND b = ?".replace("1", "?")
    assert [(slot.role, slot.column) for slot in found.slots[1:]] == [
        ("equal", "a"),
        ("equal", "b"),
    ]
    assert values(found.slots, parameters)[1:] == ("'x'", "7")


def test_what_looks_like_a_place_inside_quotes_is_none():
    """A question mark in a text is a text."""
    found = shape("""SELECT "a?" FROM t WHERE b = 'is it :x or ?' -- or ?\n AND c = ?""")

    assert [slot.column for slot in found.slots] == ["b", "c"]
    assert values(found.slots, (3,)) == ("'is it :x or ?'", "3")
