"""What the recorder writes down, on real SQLite files. Never mocks SQLAlchemy or the driver."""

import asyncio
import gc
import inspect as python_inspect
import json
import sys
import threading
import time
import weakref
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine, ForeignKey, create_engine, event, insert, select, text
from sqlalchemy.exc import IntegrityError, OperationalError
from sqlalchemy.ext.asyncio import AsyncSession, create_async_engine
from sqlalchemy.orm import (
    DeclarativeBase,
    Mapped,
    Session,
    mapped_column,
    relationship,
    selectinload,
)
from sqlalchemy.pool import NullPool

from workbook.lens.budget import assert_budget
from workbook.lens.entries import Statement
from workbook.lens.hooks import HOOKS
from workbook.lens.recorder import Recorder
from workbook.lens.statements import Kind


class Base(DeclarativeBase):
    """The mapping of these tests."""


class CaseRecord(Base):
    """A case."""

    __tablename__ = "cases"

    id: Mapped[int] = mapped_column(primary_key=True)
    title: Mapped[str] = mapped_column(unique=True)
    body: Mapped[str] = mapped_column(deferred=True, default="")
    notes: Mapped[list["NoteRecord"]] = relationship(
        back_populates="case", order_by="NoteRecord.id"
    )


class NoteRecord(Base):
    """A note of a case."""

    __tablename__ = "case_notes"

    id: Mapped[int] = mapped_column(primary_key=True)
    case_id: Mapped[int] = mapped_column(
        ForeignKey("cases.id", deferrable=True, initially="DEFERRED")
    )
    case: Mapped[CaseRecord] = relationship(back_populates="notes")


def use_recipe(engine: Engine, mode: str = "IMMEDIATE") -> None:
    """Put the driver into autocommit and let SQLAlchemy's "begin" send the BEGIN."""

    @event.listens_for(engine, "connect")
    def prepare(dbapi: Any, _record: object) -> None:
        dbapi.isolation_level = None
        cursor = dbapi.cursor()
        cursor.execute("PRAGMA foreign_keys=ON")
        cursor.execute("PRAGMA busy_timeout=0")
        cursor.close()

    @event.listens_for(engine, "begin")
    def begin(conn: Any) -> None:
        conn.exec_driver_sql(f"BEGIN {mode}")


@pytest.fixture
def engine(tmp_path: Path) -> Iterator[Engine]:
    engine = create_engine(f"sqlite:///{tmp_path / 'cases.db'}", poolclass=NullPool)
    use_recipe(engine)
    fill(engine)
    yield engine
    engine.dispose()


def fill(engine: Engine) -> None:
    Base.metadata.create_all(engine)
    with Session(engine) as session, session.begin():
        for number in range(1, 11):
            notes = [NoteRecord(), NoteRecord()]
            session.add(CaseRecord(id=number, title=f"case {number}", notes=notes))


def kinds(recorder: Recorder) -> list[str]:
    return [str(entry.kind) for entry in recorder.log]


def line() -> int:
    """Return the line of the caller."""
    frame = python_inspect.currentframe()
    assert frame is not None
    assert frame.f_back is not None
    return frame.f_back.f_lineno


def test_a_statement_tells_all_about_itself(engine: Engine) -> None:
    """A report that leaves out the parameters or the line sends the learner guessing."""
    with Recorder(engine) as recorder, engine.connect() as conn:
        conn.execute(text("UPDATE cases SET title = 'x' || id WHERE id > :least"), {"least": 7})
        here = line() - 1

    (sent,) = recorder.statements
    assert (sent.number, sent.kind, sent.rows, sent.parameters) == (1, Kind.UPDATE, 3, (7,))
    assert (sent.tables, sent.cause, sent.executemany, sent.error) == (
        ("cases",),
        "core",
        False,
        None,
    )
    assert sent.text == "UPDATE cases SET title = 'x' || id WHERE id > ?"
    assert sent.duration_s is not None
    assert sent.duration_s > 0
    assert sent.thread == threading.current_thread().name
    assert sent.place is not None
    assert (sent.place.path, sent.place.line) == (__file__, here)
    assert sent.place.function == "test_a_statement_tells_all_about_itself"
    assert sent.place.text.startswith("conn.execute(text(")


def test_rows_are_told_only_where_the_driver_knows_them(engine: Engine) -> None:
    """A wrong number is worse than none: sqlite3 says 0 for RETURNING until it is read."""
    with Recorder() as recorder, engine.connect() as conn:
        conn.execute(insert(NoteRecord).values(case_id=1).returning(NoteRecord.id)).all()
        conn.execute(select(CaseRecord.id)).all()
        conn.execute(text("DELETE FROM case_notes WHERE id = -1"))

    assert [sent.rows for sent in recorder.statements] == [None, None, 0]


def test_many_parameter_sets_are_one_statement(engine: Engine) -> None:
    """The driver receives one execution; counting each row would punish the bulk insert."""
    rows = [{"id": number, "case_id": 1} for number in (901, 902, 903)]
    with Recorder() as recorder, engine.begin() as conn:
        conn.execute(insert(NoteRecord), rows)
        rows.clear()

    with recorder, Session(engine) as session:
        session.add_all([NoteRecord(case_id=1), NoteRecord(case_id=2)])
        session.flush()

    sent, *flushed = recorder.statements
    assert [(one.executemany, one.parameters) for one in flushed] == [(False, (1,)), (False, (2,))]
    assert sent.executemany
    assert sent.parameters == [(901, 1), (902, 1), (903, 1)]
    assert sent.rows == 3


def test_begin_immediate_is_one_event(engine: Engine) -> None:
    """The announcement and the text of a BEGIN are the same BEGIN."""
    with Recorder() as recorder, Session(engine) as session, session.begin():
        session.execute(text("SELECT 1"))

    assert kinds(recorder) == ["BEGIN", "SELECT", "COMMIT"]
    begin = recorder.events[0]
    assert begin.detail == "IMMEDIATE"
    assert begin.place is not None
    assert begin.place.name == "test_begin_immediate_is_one_event", "not the listener that sent it"
    assert recorder.count() == 1
    assert recorder.count(Kind.BEGIN) == 1


def test_begin_listeners_of_every_age_give_one_event(tmp_path: Path) -> None:
    """Whether the app's listener runs before or after ours must not change the log."""
    engine = create_engine(f"sqlite:///{tmp_path / 'order.db'}")

    def begin(conn: Any) -> None:
        conn.exec_driver_sql("PRAGMA user_version")
        conn.exec_driver_sql("BEGIN DEFERRED")

    event.listen(Engine, "begin", begin)  # at class level, before the recorder
    try:
        for autocommit in (True, False):
            with Recorder(engine) as recorder, engine.connect() as conn:
                if autocommit:
                    conn.connection.driver_connection.isolation_level = None  # type: ignore[union-attr]  # a sqlite3 connection
                conn.execute(text("SELECT 1"))
                conn.commit()

            assert [e.detail for e in recorder.events if e.kind is Kind.BEGIN] == ["DEFERRED"]
            assert kinds(recorder)[-2:] == ["SELECT", "COMMIT"]
    finally:
        event.remove(Engine, "begin", begin)
        engine.dispose()


def test_the_driver_s_own_begin_is_implicit(tmp_path: Path) -> None:
    """Where the driver manages transactions, SQLAlchemy's announcement is what can be known."""
    engine = create_engine(f"sqlite:///{tmp_path / 'plain.db'}")
    with Recorder() as recorder, engine.connect() as conn:
        conn.execute(text("SELECT 1"))

    assert kinds(recorder) == ["BEGIN", "SELECT", "ROLLBACK"]
    assert recorder.events[0].detail == "implicit"
    engine.dispose()


def test_autocommit_has_no_transaction_events(tmp_path: Path) -> None:
    """SQLAlchemy announces BEGIN and ROLLBACK in autocommit too; nothing is sent."""
    engine = create_engine(f"sqlite:///{tmp_path / 'auto.db'}", isolation_level="AUTOCOMMIT")
    with Recorder() as recorder, engine.connect() as conn:
        conn.execute(text("SELECT 1"))
        conn.commit()
        conn.execute(text("SELECT 2"))

    assert kinds(recorder) == ["SELECT", "SELECT"]
    engine.dispose()


def test_a_rollback_needs_an_open_transaction(engine: Engine) -> None:
    """Each return to the pool resets the connection; that must not look like a lost change."""
    with Recorder() as recorder:
        with engine.connect():
            pass
        with Session(engine) as session, session.begin():
            session.execute(text("SELECT 1"))
        with Session(engine) as session:
            session.execute(text("SELECT 1"))
            session.rollback()

    assert kinds(recorder) == ["BEGIN", "SELECT", "COMMIT", "BEGIN", "SELECT", "ROLLBACK"]


def test_a_failed_commit_is_rolled_back_by_the_pool(engine: Engine) -> None:
    """A deferred foreign key fails at COMMIT; what really ends the transaction must be shown."""
    with Recorder() as recorder, pytest.raises(IntegrityError), engine.begin() as conn:
        conn.execute(insert(NoteRecord).values(id=950, case_id=999))

    assert kinds(recorder) == ["BEGIN", "INSERT", "COMMIT", "ROLLBACK"]
    commit, rollback = recorder.events[1:]
    assert commit.error == "IntegrityError: FOREIGN KEY constraint failed"
    assert rollback.detail == "returned to the pool"


def test_a_failed_begin_opens_nothing(engine: Engine) -> None:
    """A locked database refuses the BEGIN: there is nothing to roll back."""
    with engine.connect() as writer, Recorder() as recorder:
        writer.execute(text("SELECT 1"))
        recorder.clear()
        with pytest.raises(OperationalError), engine.connect() as second:
            second.execute(text("SELECT 1"))

    assert kinds(recorder) == ["BEGIN"]
    assert recorder.events[0].error == "OperationalError: database is locked"


def test_a_failed_statement_was_sent_too(engine: Engine) -> None:
    """The statement that broke a constraint is the one the learner looks for."""
    with Recorder() as recorder, Session(engine) as session:
        session.add(CaseRecord(id=77, title="case 1"))
        with pytest.raises(IntegrityError):
            session.flush()

    assert kinds(recorder) == ["BEGIN", "INSERT", "ROLLBACK"]
    assert recorder.statements[0].error == "IntegrityError: UNIQUE constraint failed: cases.title"
    assert recorder.statements[0].rows is None


def test_savepoints_have_names(engine: Engine) -> None:
    """With two savepoints open, a ROLLBACK TO without its name says nothing."""
    with Recorder() as recorder, Session(engine) as session:
        session.get(CaseRecord, 1)
        outer = session.begin_nested()
        session.add(NoteRecord(case_id=1))
        inner = session.begin_nested()
        session.execute(text("SELECT 1"))  # a savepoint is sent when something needs it
        inner.rollback()
        outer.commit()

    assert [(str(e.kind), e.name) for e in recorder.events] == [
        ("BEGIN", None),
        ("SAVEPOINT", "sa_savepoint_1"),
        ("SAVEPOINT", "sa_savepoint_2"),
        ("ROLLBACK TO", "sa_savepoint_2"),
        ("RELEASE", "sa_savepoint_1"),
        ("ROLLBACK", None),
    ]


def test_ddl_and_pragma_are_events_that_no_budget_counts(engine: Engine) -> None:
    """Creating tables in a test must not use up the budget, and must not be hidden either."""
    with Recorder() as recorder, engine.begin() as conn:
        conn.exec_driver_sql("PRAGMA user_version")
        conn.exec_driver_sql("CREATE TABLE scratch (id INTEGER)")

    assert recorder.statements == []
    assert [e.detail for e in recorder.events if e.kind is Kind.DDL] == [
        "CREATE TABLE scratch (id INTEGER)"
    ]
    assert kinds(recorder) == ["BEGIN", "OTHER", "DDL", "COMMIT"]


def causes(recorder: Recorder) -> list[tuple[str, str]]:
    return [(str(sent.kind), sent.cause) for sent in recorder.statements]


def test_causes_of_reading(engine: Engine) -> None:
    """Five SELECTs look alike; the cause says which of them the learner did not ask for."""
    with Recorder() as recorder, Session(engine) as session:
        case = session.get(CaseRecord, 1)
        assert case is not None
        assert case.body == ""
        session.refresh(case)
        session.expire(case)
        assert case.title
        session.execute(select(CaseRecord.__table__))
        session.execute(text("SELECT 1"))
        session.connection().execute(select(CaseRecord))

    assert [sent.cause for sent in recorder.statements] == [
        "query",
        "lazy load",
        "refresh",
        "expired attribute",
        "core",
        "core",
        "core",
    ]


def test_causes_of_writing(engine: Engine) -> None:
    """A flush before a query surprises; a flush at commit does not."""
    with Recorder() as recorder, Session(engine) as session:
        session.add(case := CaseRecord(id=31, title="a"))
        session.flush()
        session.add(CaseRecord(id=32, title="b"))
        session.scalars(select(CaseRecord)).all()
        session.add(CaseRecord(id=33, title="c"))
        session.refresh(case)
        session.execute(insert(CaseRecord), [{"id": 34, "title": "d", "body": ""}])
        session.add(CaseRecord(id=35, title="e"))
        session.begin_nested()
        session.add(CaseRecord(id=36, title="f"))
        session.commit()

    assert causes(recorder) == [
        ("INSERT", "flush"),
        ("INSERT", "autoflush"),
        ("SELECT", "query"),
        ("INSERT", "autoflush"),
        ("SELECT", "refresh"),
        ("INSERT", "query"),
        ("INSERT", "flush"),
        ("INSERT", "flush"),
    ]


def test_core_inside_a_flush_listener_is_core(engine: Engine) -> None:
    """An audit row written by a listener is the listener's, not the unit of work's."""

    def audit(session: Session, _context: object) -> None:
        session.connection().execute(text("SELECT 'audit'"))

    with Recorder() as recorder, Session(engine) as session:
        event.listen(session, "after_flush", audit)
        session.add(NoteRecord(case_id=1))
        session.flush()

    assert causes(recorder) == [("INSERT", "flush"), ("SELECT", "core")]
    assert recorder.inside("audit") == [recorder.statements[1]]


def test_a_lazy_load_names_its_relationship(engine: Engine) -> None:
    """`SELECT ... FROM case_notes` ten times is a puzzle; `CaseRecord.notes` is the answer."""
    with Recorder() as recorder, Session(engine) as session:
        for case in session.scalars(select(CaseRecord).where(CaseRecord.id < 3)):
            assert len(case.notes) == 2
        note = session.scalars(select(NoteRecord).where(NoteRecord.id == 20)).one()
        assert note.case.id == 10

    loads = [(sent.cause, sent.relationship) for sent in recorder.statements]
    assert loads == [
        ("query", None),
        ("lazy load", "CaseRecord.notes"),
        ("lazy load", "CaseRecord.notes"),
        ("query", None),
        ("lazy load", "NoteRecord.case"),
    ]


def test_an_eager_load_is_part_of_the_query(engine: Engine) -> None:
    """The repair of an N+1 must not look like the illness."""
    with Recorder() as recorder, Session(engine) as session:
        session.scalars(select(CaseRecord).options(selectinload(CaseRecord.notes))).all()

    loads = [(sent.cause, sent.relationship) for sent in recorder.statements]
    assert loads == [("query", None), ("query", "CaseRecord.notes")]


def load_notes(session: Session) -> list[int]:
    return [len(case.notes) for case in session.scalars(select(CaseRecord))]


def test_inside_finds_what_a_function_sent(engine: Engine) -> None:
    """Evidence reads: COMMIT was sent at line 24, inside add()."""
    with Recorder() as recorder, Session(engine) as session:
        session.execute(text("SELECT 1"))
        load_notes(session)
        session.commit()

    assert [entry.kind for entry in recorder.inside("load_notes")] == [Kind.SELECT] * 11
    assert recorder.inside("nothing") == []
    frames = recorder.statements[-1].frames
    assert [frame.name for frame in frames[-2:]] == [
        "load_notes",
        "test_inside_finds_what_a_function_sent",
    ]


def test_user_code_is_what_the_predicate_says(engine: Engine) -> None:
    """A grader counts the learner's file only, whatever calls it."""
    with (
        Recorder(user_code=lambda _path: False) as nobody,
        Recorder(user_code=lambda path: path == __file__) as here,
        Recorder(user_code=lambda path: "sqlalchemy" in path) as library,
        Session(engine) as session,
    ):
        session.add(NoteRecord(case_id=1))
        session.scalars(select(CaseRecord)).all()

    assert nobody.statements[0].place is None
    assert {frame.path for frame in here.statements[0].frames} == {__file__}
    assert library.statements[0].frames[0].path != __file__
    assert causes(nobody) == causes(here) == [("INSERT", "autoflush"), ("SELECT", "query")]


def test_a_failing_predicate_does_not_reach_the_program(engine: Engine) -> None:
    """The lens may break; the lesson it watches may not."""

    def broken(path: str) -> bool:
        raise LookupError(path)

    with Recorder(user_code=broken) as recorder, Session(engine) as session, session.begin():
        session.execute(text("SELECT 1"))

    assert kinds(recorder) == ["BEGIN", "SELECT", "COMMIT"]
    assert recorder.error is not None
    assert recorder.error.startswith("LookupError: ")
    assert "the recorder failed: LookupError" in recorder.explain()


def test_a_listener_that_changes_the_text_is_believed(engine: Engine) -> None:
    """What counts is the text as the driver received it."""

    def comment(*call: Any) -> tuple[str, Any]:
        return f"/* traced */ {call[2]}", call[3]

    event.listen(engine, "before_cursor_execute", comment, retval=True)
    with Recorder() as recorder, engine.connect() as conn:
        conn.execute(text("SELECT 1"))

    assert recorder.statements[0].text == "/* traced */ SELECT 1"


def test_only_the_given_engines_are_recorded(engine: Engine, tmp_path: Path) -> None:
    """Two databases in one program must not share a budget."""
    other = create_engine(f"sqlite:///{tmp_path / 'other.db'}")
    with Recorder(engine) as one, Recorder(engine, other) as both, Recorder() as every:
        with other.connect() as conn:
            conn.execute(text("SELECT 1"))
        with engine.execution_options(stream_results=False).connect() as conn:
            conn.execute(text("SELECT 2"))
        engine.dispose()
        with engine.connect() as conn:
            conn.execute(text("SELECT 3"))

    assert [sent.text for sent in one.statements] == ["SELECT 2", "SELECT 3"]
    assert both.count() == every.count() == 3
    other.dispose()


def test_recorders_nest(engine: Engine) -> None:
    """A test's recorder and the suite's guard are active at once; each sees its own time."""
    with engine.connect() as conn, Recorder() as outer:
        conn.execute(text("SELECT 1"))
        with Recorder() as inner:
            conn.execute(text("SELECT 2"))
        conn.execute(text("SELECT 3"))
    with engine.connect() as conn:
        conn.execute(text("SELECT 4"))

    assert [sent.text for sent in outer.statements] == ["SELECT 1", "SELECT 2", "SELECT 3"]
    assert [(sent.number, sent.text) for sent in inner.statements] == [(1, "SELECT 2")]


def test_a_recorder_is_attached_once_at_a_time(engine: Engine) -> None:
    """Attached twice it would record everything twice; used again it goes on."""
    recorder = Recorder()
    with recorder, pytest.raises(RuntimeError, match="already attached"), recorder:
        pass
    for _ in range(2):
        with recorder, engine.connect() as conn:
            conn.execute(text("SELECT 1"))

    assert [sent.number for sent in recorder.statements] == [1, 2]
    recorder.clear()
    assert recorder.log == []


def test_a_late_recorder_sees_how_the_transaction_ends(engine: Engine) -> None:
    """A recorder may start in the middle: the COMMIT it sees is real."""
    with Session(engine) as session:
        session.get(CaseRecord, 1)
        with Recorder() as recorder:
            session.commit()
        session.get(CaseRecord, 1)
    assert kinds(recorder) == ["COMMIT"]


def listening() -> list[bool]:
    return [event.contains(*listener) for listener in HOOKS.listeners]


def test_detaching_leaves_nothing_behind(engine: Engine) -> None:
    """A listener left on a class slows and surprises every later test."""
    with engine.connect() as conn:
        info = dict(conn.info)
        with Recorder() as recorder:
            conn.execute(text("SELECT 1"))
            assert all(listening())
            assert conn.info != info
        assert not any(listening())
        assert conn.info == info
        conn.execute(text("SELECT 2"))

    assert recorder.count() == 1


def test_detaching_waits_for_other_threads(engine: Engine) -> None:
    """A thread in the middle of a statement must not fail because a recorder goes."""
    inside, go = threading.Event(), threading.Event()

    def wait(*_call: object) -> None:
        inside.set()
        go.wait(10)

    def work() -> None:
        with engine.connect() as conn:
            conn.execute(text("SELECT 1"))

    event.listen(engine, "before_cursor_execute", wait)
    thread = threading.Thread(target=work)
    with Recorder() as recorder:
        thread.start()
        assert inside.wait(10)
    assert all(listening()), "not while the other thread may be walking them"
    seen = recorder.log
    go.set()
    thread.join()

    assert recorder.log == seen, "and yet it records no more"
    with Recorder():
        pass
    assert not any(listening())


def test_recorders_come_and_go_under_load(engine: Engine) -> None:
    """A program under observation never fails because of the lens."""
    shared = create_engine(engine.url, poolclass=NullPool)
    failures: list[BaseException] = []
    done = threading.Event()

    def work() -> None:
        while not done.is_set():
            try:
                with Session(shared) as session:
                    session.get(CaseRecord, 1)
            except Exception as error:  # noqa: BLE001 (whatever it is, it must not be)
                failures.append(error)

    threads = [threading.Thread(target=work) for _ in range(3)]
    before = sys.getswitchinterval()
    sys.setswitchinterval(1e-5)
    try:
        for thread in threads:
            thread.start()
        for _ in range(100):
            with Recorder() as recorder:
                time.sleep(0.001)
            assert recorder.error is None
    finally:
        done.set()
        for thread in threads:
            thread.join()
        sys.setswitchinterval(before)

    assert failures == []


def test_nothing_of_the_program_is_kept(engine: Engine) -> None:
    """A recorder that keeps objects changes the identity map, and with it what is loaded."""

    def program() -> list[weakref.ref[Any]]:
        with Session(engine) as session:
            case = session.get_one(CaseRecord, 1)
            return [weakref.ref(thing) for thing in (session, case, case.notes[0])]

    with Recorder() as recorder:
        kept = program()
        gc.collect()

        assert [ref() for ref in kept] == [None, None, None]
    assert recorder.count() == 2


def test_reading_the_log_disturbs_nothing(engine: Engine) -> None:
    """explain() in the middle of a unit of work must not flush it."""
    with Recorder() as recorder, Session(engine) as session:
        session.get(CaseRecord, 1)
        session.add(NoteRecord(case_id=1))
        before = kinds(recorder)
        recorder.explain()
        recorder.to_data()

        assert len(session.new) == 1
        assert kinds(recorder) == before


def test_threads_do_not_mix(engine: Engine) -> None:
    """A server records from many threads; each statement keeps its thread, line and values."""
    shared = create_engine(engine.url, poolclass=NullPool)
    use_recipe(shared, "DEFERRED")

    def work(worker: int) -> None:
        with Session(shared) as session:
            cases = session.scalars(select(CaseRecord).where(CaseRecord.id > worker)).all()
            for number, case in enumerate(cases[:5]):
                session.execute(
                    text("SELECT :worker, :number"), {"worker": worker, "number": number}
                )
                assert case.notes
            for number in range(5, 44):
                session.execute(
                    text("SELECT :worker, :number"), {"worker": worker, "number": number}
                )

    with Recorder() as recorder:
        threads = [threading.Thread(target=work, args=(n,), name=f"worker-{n}") for n in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

    sent = recorder.statements
    assert [one.number for one in sent] == list(range(1, 201))
    for worker in range(4):
        own = [one for one in sent if one.thread == f"worker-{worker}"]
        loads = [(worker + n + 1,) for n in range(5)]
        assert [one.parameters for one in own if one.cause == "query"] == [(worker,)]
        assert [one.parameters for one in own if one.cause == "lazy load"] == loads
        values = [(worker, number) for number in range(44)]
        assert [one.parameters for one in own if one.cause == "core"] == values
        ends = [str(event.kind) for event in recorder.events if event.thread == f"worker-{worker}"]
        assert ends == ["BEGIN", "ROLLBACK"]
    assert all(one.place and one.place.name == "work" and one.duration_s for one in sent)
    assert recorder.error is None


def test_async_engines_are_recorded(tmp_path: Path) -> None:
    """The line is the coroutine's, although SQLAlchemy works in a greenlet of its own."""
    engine = create_async_engine(f"sqlite+aiosqlite:///{tmp_path / 'async.db'}", poolclass=NullPool)
    use_recipe(engine.sync_engine)

    async def read(session: AsyncSession) -> None:
        session.add(CaseRecord(id=2, title="b"))
        await session.execute(select(CaseRecord))
        await session.run_sync(load_notes)

    async def program() -> None:
        async with engine.begin() as conn:
            await conn.run_sync(Base.metadata.create_all)
        with Recorder(engine) as recorder:
            async with AsyncSession(engine) as session, session.begin():
                await asyncio.gather(asyncio.create_task(read(session)))
        await engine.dispose()
        check(recorder)

    def check(recorder: Recorder) -> None:
        assert kinds(recorder) == ["BEGIN", "INSERT", "SELECT", "SELECT", "SELECT", "COMMIT"]
        assert [sent.cause for sent in recorder.statements] == [
            "autoflush",
            "query",
            "query",
            "lazy load",
        ]
        functions = [[frame.name for frame in sent.frames] for sent in recorder.statements]
        assert functions[0][0] == "read"
        assert functions[3][-3:-1] == ["load_notes", "read"]
        assert recorder.events[1].place is not None
        assert recorder.events[1].place.name == "program"
        assert recorder.error is None

    asyncio.run(program())


def test_explain_is_a_line_per_entry(engine: Engine) -> None:
    """What was sent is read at a glance, in order, with the lines to look at."""
    with Recorder() as recorder, Session(engine) as session:
        for case in session.scalars(select(CaseRecord).limit(1)):
            assert case.notes
        session.add(NoteRecord(case_id=1))
        session.commit()

    shown = recorder.explain(width=100).splitlines()
    assert len(shown) == len(recorder.log)
    assert max(map(len, shown)) <= 100
    words = [row.split() for row in shown]
    assert words[0][:2] == ["BEGIN", "IMMEDIATE"]
    assert words[1][:4] == ["1", "SELECT", "…", "FROM"]
    assert words[2][0] == "2"
    assert "lazy load CaseRecord.notes" in shown[2]
    assert shown[3].startswith("   3  INSERT  INTO case_notes")
    assert words[4][0] == "COMMIT"
    assert all(row[-1].startswith("test_recorder.py:") for row in words)


def test_the_log_is_plain_data(engine: Engine) -> None:
    """The site, the grader and a notebook read the same JSON."""
    with Recorder() as recorder, Session(engine) as session, session.begin():
        session.get(CaseRecord, 1)
        session.execute(text("SELECT :blob"), {"blob": b"x" * 1000})

    data = json.loads(json.dumps(recorder.to_data()))
    assert [entry["type"] for entry in data] == ["event", "statement", "statement", "event"]
    assert data[0]["detail"] == "IMMEDIATE"
    assert data[1]["tables"] == ["cases"]
    assert len(data[2]["parameters"]) == 80
    assert data[2]["frames"][0]["function"] == "test_the_log_is_plain_data"


def test_a_budget_fails_in_the_words_of_the_domain(engine: Engine) -> None:
    """The message names what was done, what it cost, what is enough, and where to look."""
    with Recorder() as recorder, Session(engine) as session:
        load_notes(session)

    with pytest.raises(AssertionError) as failure:
        assert_budget(recorder, at_most=2, what="10 cases", kind=Kind.SELECT)

    first, one, rest = str(failure.value).splitlines()
    assert first == "10 cases took 11 SELECTs; 2 are enough"
    assert one.split()[:4] == ["1", "SELECT", "…", "FROM"]
    assert rest.startswith("  2-11  SELECT … FROM case_notes WHERE")
    place = python_inspect.getsourcelines(load_notes)[1] + 1
    assert rest.endswith(f"x10  test_recorder.py:{place}")
    assert max(map(len, str(failure.value).splitlines())) <= 72


def test_a_kept_budget_is_silent(engine: Engine) -> None:
    """A budget is a maximum: less is fine, and other kinds do not count."""
    with Recorder() as recorder, Session(engine) as session:
        session.add(NoteRecord(case_id=1))
        session.commit()

    assert_budget(recorder, at_most=0, kind=Kind.SELECT)
    assert_budget(recorder, at_most=1)
    with pytest.raises(AssertionError, match="this took 1 statement; none is needed"):
        assert_budget(recorder, at_most=0)


def test_a_long_budget_message_is_folded(engine: Engine) -> None:
    """Thirty lines of SQL are not read by anybody."""
    with Recorder() as recorder, engine.connect() as conn:
        for number in range(30):
            conn.execute(text(f"SELECT {number % 15}"))

    with pytest.raises(AssertionError) as failure:
        assert_budget(recorder, at_most=1, what="one page")

    lines = str(failure.value).splitlines()
    assert lines[0] == "one page took 30 statements; 1 is enough"
    assert lines[1].split() == ["1,", "16", "SELECT", "0", "x2", lines[1].split()[-1]]
    assert lines[-1] == "  … and 8 other statements"
    assert len(lines) == 9


def test_statements_are_frozen(engine: Engine) -> None:
    """A record that a test can change proves nothing."""
    with Recorder() as recorder, engine.connect() as conn:
        conn.execute(text("SELECT 1"))

    entry = recorder.log[0]
    with pytest.raises(AttributeError):
        entry.kind = Kind.SELECT  # type: ignore[misc]  # that is the point
    assert isinstance(recorder.log[1], Statement)
