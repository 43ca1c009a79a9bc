"""The film against the truth, under random use of a Session: states, lists, rows, statements.

Never trusts the film's own eyes: `inspect()`, the Session's lists, the driver's trace and an
independent connection say how it is.
"""

import gc
import re
import sqlite3
import tempfile
from collections import Counter
from collections.abc import Iterable, Iterator
from contextlib import closing, contextmanager, nullcontext, suppress
from datetime import UTC, datetime
from itertools import pairwise
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from sqlalchemy import (
    Connection,
    Engine,
    create_engine,
    delete,
    event,
    inspect,
    make_url,
    select,
    text,
    update,
)
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session, selectinload

from case_tracker.adapters.sql.engine import build_engine
from case_tracker.adapters.sql.models import Base, CaseNoteRecord, CaseRecord
from workbook.lens.objects import shown
from workbook.lens.reading import SIGNATURE
from workbook.lens.steps import Rows, Slot, Step
from workbook.lens.timeline import Film, lens

NOW = datetime(2026, 1, 1, tzinfo=UTC)
DAY = f"{NOW:%Y-%m-%d}"
TABLES = ("cases", "case_notes")
LISTS = ("new", "dirty", "deleted", "identity_map")
STATES = ("transient", "pending", "persistent", "deleted", "detached")

pytestmark = pytest.mark.filterwarnings("ignore::sqlalchemy.exc.SAWarning")  # a random program

Trace = list[str]
Seen = dict[str, list[tuple[str, ...]]]
"""Rows by table."""


class Picture(NamedTuple):
    """What a step must show, in a form in which two of them can be compared."""

    objects: Counter[tuple[str, str, bool]]
    lists: tuple[Counter[str], ...]
    depth: str
    database: Seen


@contextmanager
def database(trace: Trace) -> Iterator[tuple[Engine, Connection]]:
    with tempfile.TemporaryDirectory() as folder:
        engine = build_engine(f"sqlite:///{Path(folder) / 'cases.db'}")

        @event.listens_for(engine, "connect")
        def watch(dbapi: sqlite3.Connection, _record: object) -> None:
            dbapi.execute("PRAGMA synchronous=OFF")
            dbapi.set_trace_callback(trace.append)

        Base.metadata.create_all(engine)
        trace.clear()
        others = create_engine(
            engine.url, isolation_level="AUTOCOMMIT", connect_args={"timeout": 0}
        )
        with others.connect() as other:
            yield engine, other
        others.dispose()
        engine.dispose()


class Program:
    """One run of the operations: the same seed of choices does the same work."""

    def __init__(self, session: Session, engine: Engine, other: Connection) -> None:
        self.session, self.engine, self.other = session, engine, other
        self.held: list[CaseRecord] = []
        self.keeping = False  # what nobody holds may be gone before anybody looks
        self.known: dict[int, object] = {}
        self.outcomes: list[str] = []
        self.pictures: list[Picture] = []

    def run(self, operations: list[tuple[str, int]], film: Film | None = None) -> None:
        if not operations:
            self.session.close()
            return
        self.do(*operations[0])
        if film:
            self.pictures.append(self.picture())
        self.run(operations[1:], film)  # no loop: what a line does again would be the same step

    def do(self, name: str, number: int) -> None:
        try:
            outcome = getattr(self, name)(number)
        except SQLAlchemyError as error:
            code = getattr(getattr(error, "orig", None), "sqlstate", None)
            outcome = f"{type(error).__name__} {code}"
            del error
            with suppress(SQLAlchemyError):
                self.session.rollback()
        self.outcomes.append(f"{name} {outcome}")

    def picture(self) -> Picture:
        """Look without the lens."""
        session = self.session
        new, dirty, deleted = list(session.new), list(session.dirty), list(session.deleted)
        mapped = list(session.identity_map.values())
        self.know(*new, *mapped)
        return Picture(
            Counter((named(thing), *state_of(thing)) for thing in self.known.values()),
            tuple(Counter(map(named, things)) for things in (new, dirty, deleted, mapped)),
            depth_of(session),
            self.seen_from_outside(),
        )

    def seen_from_outside(self) -> Seen:
        """Read through a connection that neither the Session nor the lens has."""
        file = make_url(self.engine.url).database
        with closing(sqlite3.connect(f"file:{file}?mode=ro", uri=True)) as other:
            return {table: seen_by(other.execute(query_of(table))) for table in TABLES}

    def seen_from_inside(self) -> Seen:
        connection = self.session.connection()
        return {table: seen_by(connection.exec_driver_sql(query_of(table))) for table in TABLES}

    def know(self, *things: object) -> None:
        if self.keeping:
            self.known |= {id(thing): thing for thing in things}

    def hold(self, number: int) -> CaseRecord | None:
        return self.held[number % len(self.held)] if self.held else None

    # Operations.

    def make(self, number: int) -> None:
        case = CaseRecord(id=f"CASE-{number}", title=f"title {number}", status="DRAFT")
        self.held.append(case)
        self.know(case)

    def add(self, number: int) -> None:
        if case := self.hold(number):
            self.session.add(case)

    def add_a_new_one(self, number: int) -> None:
        notes = [CaseNoteRecord(text=str(n), created_at=NOW) for n in range(number % 3)]
        case = CaseRecord(id=f"CASE-{number}", title="new", status="DRAFT", notes=notes)
        self.know(case, *case.notes)
        self.session.add(case)

    def add_a_loose_note(self, number: int) -> None:
        note = CaseNoteRecord(case_id=f"CASE-{number}", text="loose", created_at=NOW)
        self.know(note)
        self.session.add(note)

    def change(self, number: int) -> None:
        if case := self.hold(number):
            case.title = f"title {number + len(self.outcomes)}"

    def append(self, number: int) -> None:
        if case := self.hold(number):
            note = CaseNoteRecord(text="appended", created_at=NOW)
            self.know(note)
            case.notes.append(note)

    def pop(self, number: int) -> None:
        if (case := self.hold(number)) and case.notes:
            case.notes.pop()

    def delete(self, number: int) -> None:
        if case := self.hold(number):
            self.session.delete(case)

    def get(self, number: int) -> str:
        case = self.session.get(CaseRecord, f"CASE-{number}")
        if case is not None and number % 2 and not any(case is held for held in self.held):
            self.held.append(case)
        return case.title if case else "none"

    def query(self, number: int) -> int:
        query = select(CaseRecord).order_by(CaseRecord.id).limit(number)
        return sum(len(case.notes) for case in self.session.scalars(query))

    def query_eagerly(self, number: int) -> int:
        query = select(CaseRecord).options(selectinload(CaseRecord.notes)).limit(number)
        return len(self.session.scalars(query).all())

    def update_at_once(self, number: int) -> None:
        self.session.execute(update(CaseRecord).values(status=f"S{number}"))

    def delete_at_once(self, number: int) -> None:
        self.session.execute(delete(CaseNoteRecord).where(CaseNoteRecord.id == number))

    def past_the_orm(self, number: int) -> None:
        self.session.execute(text("UPDATE cases SET version = :n"), {"n": number})

    def flush(self, _number: int) -> None:
        self.session.flush()

    def expire(self, number: int) -> None:
        if case := self.hold(number):
            self.session.expire(case)

    def expire_all(self, _number: int) -> None:
        self.session.expire_all()

    def refresh(self, number: int) -> None:
        if case := self.hold(number):
            self.session.refresh(case)

    def expunge(self, number: int) -> None:
        if case := self.hold(number):
            self.session.expunge(case)

    def merge(self, number: int) -> None:
        if case := self.hold(number):
            self.session.merge(case)

    def let_go(self, number: int) -> None:
        if self.held:
            del self.held[number % len(self.held)]

    def begin_nested(self, _number: int) -> None:
        self.session.begin_nested()

    def end_nested(self, number: int) -> None:
        if nested := self.session.get_nested_transaction():
            (nested.commit if number % 2 else nested.rollback)()

    def commit(self, _number: int) -> None:
        self.session.commit()

    def rollback(self, _number: int) -> None:
        self.session.rollback()

    def close(self, _number: int) -> None:
        self.session.close()

    def set_something(self, _number: int) -> None:
        sqlite = self.engine.dialect.name == "sqlite"
        statement = "PRAGMA case_sensitive_like=0" if sqlite else "SET LOCAL enable_sort = on"
        self.session.execute(text(statement))

    # Somebody else is in the same tables at the same time.

    def others_add(self, number: int) -> str:
        columns = "id, title, status, version, created_at, updated_at"
        values = f"'CASE-{number}', 'theirs', 'DRAFT', 1, '{DAY}', '{DAY}'"
        return self.others(f"INSERT INTO cases ({columns}) VALUES ({values})")

    def others_change(self, number: int) -> str:
        return self.others(f"UPDATE cases SET title = 'theirs' WHERE id = 'CASE-{number}'")

    def others_read_one_table_and_write_the_other(self, _number: int) -> str:
        return self.others(
            "INSERT INTO case_notes (case_id, text, created_at) "
            f"SELECT id, 'theirs', '{DAY}' FROM cases"
        )

    def others_lock_everything(self, number: int) -> str:
        sqlite = self.engine.dialect.name == "sqlite"
        return self.others(
            "PRAGMA wal_checkpoint(TRUNCATE)"
            if sqlite
            else f"ALTER TABLE {TABLES[number % 2]} ALTER COLUMN id SET NOT NULL"
        )

    def others(self, statement: str) -> str:
        """Do it at once, or say which lock or rule forbids it."""
        try:
            result = self.other.exec_driver_sql(statement)
            return str(result.all() if result.returns_rows else result.rowcount)
        except SQLAlchemyError as error:
            code = getattr(getattr(error, "orig", None), "sqlstate", None)
            return f"{type(error).__name__} {code}"


HELPERS = {
    "run",
    "do",
    "picture",
    "seen_from_outside",
    "seen_from_inside",
    "know",
    "hold",
    "others",
}
NAMES = [name for name in vars(Program) if not name.startswith("_") and name not in HELPERS]
OPERATIONS = st.lists(st.tuples(st.sampled_from(NAMES), st.integers(0, 4)), max_size=25)


def named(thing: Any) -> str:
    state = inspect(thing)
    key = state.identity[0] if state.identity else thing.__dict__.get("id")
    return f"{type(thing).__name__} {'(no key yet)' if key is None else repr(key)}"


def state_of(thing: object) -> tuple[str, bool]:
    state = inspect(thing)
    return next(name for name in STATES if getattr(state, name)), state.expired


def depth_of(session: Session) -> str:
    if session.in_nested_transaction():
        return "savepoint"
    return "transaction" if session.in_transaction() else ""


def query_of(table: str) -> str:
    return f"SELECT * FROM {table} ORDER BY id"


def seen_by(rows: Iterable[Any]) -> list[tuple[str, ...]]:
    return [tuple(map(shown, row)) for row in rows]


def seen_in(pane: Rows) -> Seen:
    return {
        table.name: [row.values for row in table.rows if row.mark != "-"] for table in pane.tables
    }


def shown_in(step: Step) -> Picture:
    """Bring a step of the film into the form of the truth."""
    scene = step.scene
    cards = [card for card in scene.objects if card.mark != "-"]
    lists: list[tuple[Slot, ...]] = [getattr(scene.session, name) for name in LISTS]
    return Picture(
        Counter((card.name, card.state, card.expired) for card in cards),
        tuple(Counter(slot.name for slot in slots if slot.mark != "-") for slots in lists),
        scene.session.transaction,
        seen_in(scene.database),
    )


@contextmanager
def no_garbage_collection() -> Iterator[None]:
    """Keep objects in cycles as long in the picture as in the film."""
    gc.disable()
    try:
        yield
    finally:
        gc.enable()


def run(
    operations: list[tuple[str, int]], *, filmed: bool, keeping: bool = False
) -> tuple[Program, Trace, Film]:
    trace: Trace = []
    with database(trace) as (engine, other), Session(engine) as session, no_garbage_collection():
        program = Program(session, engine, other)
        film = lens(session, rows=100, tables=[CaseRecord, CaseNoteRecord])
        with film if filmed else nullcontext():
            program.keeping = keeping
            program.run(operations, film if filmed else None)
    return program, trace, film


LOOKED_BEFORE_THE_FIRST_STATEMENT = [
    ("set_something", 0),
    ("make", 1),
    ("others_add", 0),
    ("get", 0),
]
LOOKED_WHERE_OTHERS_WRITE = [
    ("others_add", 1),
    ("get", 1),
    ("make", 2),
    ("others_read_one_table_and_write_the_other", 0),
    ("change", 0),
    ("commit", 0),
]


@settings(max_examples=60, deadline=None)
@given(OPERATIONS)
@example(LOOKED_BEFORE_THE_FIRST_STATEMENT)
def test_the_program_does_the_same_with_and_without_the_film(
    operations: list[tuple[str, int]],
) -> None:
    """A lens that changes one statement or outcome teaches something that is not so."""
    watched, trace, film = run(operations, filmed=True)
    alone, trace_alone, _ = run(operations, filmed=False)

    assert film.error is None
    assert watched.outcomes == alone.outcomes
    sent = [sql for sql in trace if not sql.endswith(SIGNATURE)]
    assert without_time(sent) == without_time(trace_alone)


@settings(max_examples=60, deadline=None)
@given(OPERATIONS)
def test_what_is_true_after_each_line_is_in_the_film_in_this_order(
    operations: list[tuple[str, int]],
) -> None:
    """A film that misses a state, or shows one that never was, is worse than none."""
    program, _, film = run(operations, filmed=True, keeping=True)

    assert film.error is None
    steps = iter([shown_in(step) for step in film.steps])
    current = next(steps)
    for outcome, truth in knowable(program):
        while current != truth:
            try:
                current = next(steps)
            except StopIteration:
                pytest.fail(f"after {outcome}: {truth} is not among\n" + story(film))


def knowable(program: Program) -> Iterator[tuple[str, Picture]]:
    """Leave out what ended without a word before the next event.

    Nobody announces delete(), so close() or a rollback may come too early to see it.
    """
    told = list(zip(program.outcomes, program.pictures, strict=True))
    for (outcome, picture), (following, _) in pairwise([*told, ("close", None)]):
        lines = outcome.split()[0], following.split()[0]
        if lines not in {("delete", "close"), ("delete", "rollback")}:
            yield outcome, picture


def without_time(trace: Trace) -> Trace:
    return [re.sub(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.\d+", "<now>", sql) for sql in trace]


def story(film: Film) -> str:
    return "\n".join(f"{step.number} {step.label}: {shown_in(step)}" for step in film.steps)


@settings(max_examples=60, deadline=None)
@given(OPERATIONS)
def test_the_rows_of_the_transaction_are_those_that_the_session_would_read(
    operations: list[tuple[str, int]],
) -> None:
    """A row that is shown before it is there, or hidden when it is, explains nothing."""
    with database([]) as (engine, other), Session(engine) as session:
        program = Program(session, engine, other)
        with lens(session, rows=100, tables=[CaseRecord, CaseNoteRecord]) as film:
            for operation in operations:
                program.do(*operation)
                film.step("look")
                pane = film.steps[-1].scene.transaction
                if pane.status == "open":
                    assert seen_in(pane) == program.seen_from_inside()
                elif pane.status == "none":
                    assert not session.in_transaction() or not connections_of(session)

    assert film.error is None


def connections_of(session: Session) -> list[object]:
    transaction = session.get_transaction()
    return list(transaction.connections) if transaction else []


LEVELS = ("READ COMMITTED", "REPEATABLE READ", "SERIALIZABLE")


@contextmanager
def server(url: str, level: str, trace: Trace) -> Iterator[tuple[Engine, Connection]]:
    """Start from empty tables, and write down what the driver puts on the wire."""
    from psycopg.pq import Trace as Flags

    engine = create_engine(url, isolation_level=level)
    others = create_engine(url, isolation_level="AUTOCOMMIT")
    with others.connect() as other, tempfile.TemporaryFile() as wire:
        Base.metadata.create_all(other)
        other.exec_driver_sql("TRUNCATE cases, case_notes RESTART IDENTITY CASCADE")
        other.exec_driver_sql("SET lock_timeout = '20ms'")
        other.exec_driver_sql(f"SET default_transaction_isolation = '{level.lower()}'")

        @event.listens_for(engine, "connect")
        def watch(dbapi: Any, _record: object) -> None:
            dbapi.execute("SET lock_timeout = '20ms'")
            dbapi.commit()
            dbapi.pgconn.trace(wire.fileno())
            dbapi.pgconn.set_trace_flags(Flags.SUPPRESS_TIMESTAMPS)

        try:
            yield engine, other
        finally:
            engine.dispose()
        wire.seek(0)
        trace.extend(on_the_wire(wire.read().decode()))
    others.dispose()


def on_the_wire(told: str) -> Trace:
    """Return the texts of all queries, as libpq has traced them."""
    pattern = r'^F\t\d+\t(?:Query\t "(.*?)"|Parse\t "[^"]*" "(.*?)" \d+)'
    found = re.findall(pattern + r"(?: \d+)*$", told, re.DOTALL | re.MULTILINE)
    return [query or parsed for query, parsed in found]


def run_among_others(
    operations: list[tuple[str, int]], url: str, level: str, *, filmed: bool
) -> tuple[Program, Trace, Film]:
    trace: Trace = []
    with server(url, level, trace) as (engine, other), Session(engine) as session:
        program = Program(session, engine, other)
        film = lens(session, rows=100, tables=[CaseRecord, CaseNoteRecord])
        with no_garbage_collection(), film if filmed else nullcontext():
            program.run(operations)
    return program, trace, film


@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
@given(
    st.lists(st.tuples(st.sampled_from(NAMES), st.integers(0, 2)), max_size=25),
    st.sampled_from(LEVELS),
)
@example(LOOKED_BEFORE_THE_FIRST_STATEMENT, "REPEATABLE READ")
@example(LOOKED_WHERE_OTHERS_WRITE, "SERIALIZABLE")
def test_on_postgresql_locks_snapshots_and_errors_stay_the_same(
    postgres_url: str, operations: list[tuple[str, int]], level: str
) -> None:
    """A SELECT too many takes a snapshot too early, holds a lock or breaks a transaction."""
    watched, trace, film = run_among_others(operations, postgres_url, level, filmed=True)
    alone, trace_alone, _ = run_among_others(operations, postgres_url, level, filmed=False)

    assert film.error is None
    assert watched.outcomes == alone.outcomes
    assert [sql for sql in trace if not sql.endswith(SIGNATURE)] == trace_alone
    assert all(sql.endswith(SIGNATURE) for sql in trace if "workbook" in sql)
