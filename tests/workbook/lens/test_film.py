"""What a film tells: its steps, their words, their four panes. Real databases, no mocks."""

import asyncio
import gc
import sqlite3
import sys
import threading
import weakref
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine, create_engine, event, select, text, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession, create_async_engine
from sqlalchemy.orm import Session

from case_tracker.adapters.sql.models import Base, CaseNoteRecord, CaseRecord
from case_tracker.adapters.sql.unit_of_work import SqlAlchemyUnitOfWork
from case_tracker.domain.case import Case, CaseId
from workbook.lens.recorder import Recorder
from workbook.lens.steps import Card, Rows, Slot, Step
from workbook.lens.timeline import Film, lens
from workbook.lens.watch import _HOOKS

HIDE = ("created_at", "updated_at")
NOW = datetime(2026, 1, 1, tzinfo=UTC)
CASE = "CaseRecord 'CASE-001'"
ROW = ("'CASE-001'", "'Broken lamp'", "'DRAFT'", "NULL", "NULL", "1")


@pytest.fixture
def session(wal_engine: Engine) -> Iterator[Session]:
    with Session(wal_engine) as session:
        yield session


def a_case(number: int = 1, title: str = "Broken lamp") -> CaseRecord:
    return CaseRecord(id=f"CASE-{number:03}", title=title, status="DRAFT")


@pytest.fixture
def stored(wal_engine: Engine) -> None:
    with Session(wal_engine) as session, session.begin():
        session.add(a_case())


def labels(film: Film) -> list[str]:
    return [step.label for step in film.steps]


def marks(things: tuple[Card, ...] | tuple[Slot, ...]) -> list[str]:
    return [f"{thing.mark}{thing.name}" for thing in things]


def rows(pane: Rows, table: str = "cases") -> list[tuple[str, tuple[str, ...]]]:
    found = pane.table(table)
    assert found is not None
    return [(row.mark, row.values) for row in found.rows]


def lines(step: Step) -> list[str]:
    return [frame.text for frame in step.frames]


def test_the_story_of_one_case(session: Session) -> None:
    """Add, flush, commit, expire, rollback: the animation that no hand has drawn."""
    with lens(session, hide=HIDE) as film:
        case = CaseRecord(id="CASE-001", title="Broken lamp", status="DRAFT")
        session.add(case)
        session.flush()
        session.commit()
        assert case.title == "Broken lamp"
        case.title = "Lamp"
        session.flush()
        session.rollback()

    assert film.error is None
    assert labels(film) == [
        "the film starts",
        "CaseRecord 'CASE-001': made, and no Session knows of it yet",
        "session.add() put CaseRecord 'CASE-001' into the Session; nothing is sent yet",
        f"flush sent INSERT INTO cases because session.add() had put {CASE} into the Session",
        "COMMIT made 1 row permanent",
        f"reading an expired attribute sent SELECT FROM cases and filled {CASE} again",
        "CaseRecord 'CASE-001' changed: title 'Broken lamp' → 'Lamp'; the Session marks it dirty",
        f"flush sent UPDATE cases because {CASE} was dirty: title 'Broken lamp' → 'Lamp'",
        "ROLLBACK took back 1 row",
    ]
    assert [step.place.text for step in film.steps if step.place][3:5] == [
        "session.flush()",
        "session.commit()",
    ]
    _, _, put, flushed, committed, _, changed, updated, rolled_back = film.steps
    assert put.scene.transaction.status == "none"
    assert marks(put.scene.session.new) == ["+CaseRecord 'CASE-001'"]
    assert [str(entry.kind) for entry in flushed.entries] == ["BEGIN", "INSERT"]
    assert marks(flushed.scene.session.new) == ["-CaseRecord 'CASE-001'"]
    assert marks(flushed.scene.session.identity_map) == ["+CaseRecord 'CASE-001'"]
    assert rows(flushed.scene.transaction) == [("+", ROW)]
    assert rows(flushed.scene.database) == []
    assert rows(committed.scene.database) == [("+", ROW)]
    assert committed.also == ("CaseRecord 'CASE-001': expired, the next read asks the database",)
    assert marks(changed.scene.session.dirty) == ["+CaseRecord 'CASE-001'"]
    assert [row[0] for row in rows(updated.scene.transaction)] == ["~"]
    assert updated.scene.transaction.tables[0].rows[0].changed == ("title",)
    assert rows(updated.scene.database) == [("", ROW)]
    assert rolled_back.scene.objects[0].expired


def test_a_unit_of_work_is_told_with_the_lines_of_yours_outside_and_inside(
    wal_engine: Engine,
) -> None:
    """A learner asks which line of the service led to this line of the repository."""
    from sqlalchemy.orm import sessionmaker

    with SqlAlchemyUnitOfWork(sessionmaker(wal_engine)) as unit, lens(unit.session) as film:
        unit.cases.add(Case(CaseId("CASE-001"), "Broken lamp"))
        unit.commit()

    added = next(step for step in film.steps if step.label.startswith("session.add()"))
    assert lines(added) == [
        "self._session.add(to_record(case))",
        'unit.cases.add(Case(CaseId("CASE-001"), "Broken lamp"))',
    ]
    assert labels(film)[-1] == "COMMIT made 1 row permanent"


def test_what_one_line_does_again_and_again_is_one_step(session: Session) -> None:
    """A picture for each of a hundred rows would hide the one that matters."""
    with lens(session) as film:
        for number in range(3):
            session.add(CaseRecord(id=f"CASE-{number}", title="", status="DRAFT"))

    (label,) = labels(film)[1:]
    assert label.startswith("session.add() put CaseRecord 'CASE-0', CaseRecord 'CASE-1' and")


def test_delete_is_found_although_nobody_announces_it(session: Session, stored: None) -> None:
    """The list of deletions is a quarter of the Session: its line must be the right one."""
    with lens(session) as film:
        case = session.get(CaseRecord, "CASE-001")
        assert case is not None
        assert case.notes == []
        session.delete(case)
        session.commit()

    marked = next(step for step in film.steps if "marked" in step.label)
    assert marked.label == (
        "session.delete() marked CaseRecord 'CASE-001'; the flush will send DELETE"
    )
    assert lines(marked) == ["session.delete(case)"]
    assert marks(marked.scene.session.deleted) == ["+CaseRecord 'CASE-001'"]


def test_a_delete_that_could_be_on_two_lines_has_no_line(session: Session, stored: None) -> None:
    """A wrong line is worse than none."""
    with lens(session) as film:
        case = session.get(CaseRecord, "CASE-001")
        assert case is not None
        assert case.notes == []
        if case.title == "another":
            session.delete(case)
        else:
            session.delete(case)
        session.flush()

    marked = next(step for step in film.steps if "marked" in step.label)
    assert marked.place is None


def test_a_savepoint_takes_back_a_part(session: Session) -> None:
    """Lesson 09 on one screen: what came before the savepoint stays."""
    with lens(session) as film:
        session.add(a_case(1))
        nested = session.begin_nested()
        session.add(a_case(2))
        session.flush()
        nested.rollback()
        session.commit()

    assert "ROLLBACK TO sa_savepoint_1 took back 1 row" in labels(film)
    assert not [label for label in labels(film)[5:] if "BEGIN" in label]
    assert labels(film)[-1] == "COMMIT made 1 row permanent"


def test_a_refused_flush_says_what_the_database_said(session: Session, stored: None) -> None:
    """The most frequent question: is my object still in the Session after the error?"""
    with lens(session) as film:
        session.add(a_case(1))
        with pytest.raises(IntegrityError):
            session.flush()
        session.rollback()

    refused = next(step for step in film.steps if "refused" in step.label)
    assert refused.label == (
        "the database refused INSERT INTO cases: UNIQUE constraint failed: cases.id"
    )
    assert "CaseRecord 'CASE-001': transient again" in refused.also


def test_what_another_session_commits_is_not_said_of_your_line(
    wal_engine: Engine, session: Session, stored: None
) -> None:
    """Two Sessions in one notebook: who changed the row?"""
    with lens(session) as film, Session(wal_engine) as other:
        case = session.get(CaseRecord, "CASE-001")
        other.execute(update(CaseRecord).values(title="Theirs"))
        other.commit()
        session.refresh(case)

    loaded, theirs = film.steps[1], film.steps[2]
    assert rows(loaded.scene.database)[0] == ("", ROW[:4] + loaded_times(loaded))
    assert theirs.label == "somebody else changed the database"
    assert lines(theirs) == ["other.commit()"]
    assert [row[0] for row in rows(theirs.scene.database)] == ["~"]
    assert [row[0] for row in rows(theirs.scene.transaction)] == [""]
    assert all("UPDATE" not in str(entry.kind) for step in film.steps for entry in step.entries)


def test_what_somebody_else_committed_is_not_taken_back(
    wal_engine: Engine, session: Session, stored: None
) -> None:
    """A transaction that only reads sees old rows, and its end changes none of them."""
    with lens(session) as film, Session(wal_engine) as other:
        session.get(CaseRecord, "CASE-001")
        other.execute(update(CaseRecord).values(title="Theirs"))
        other.commit()
        session.rollback()

    assert labels(film)[-1] == "ROLLBACK took nothing back"


def test_rows_of_two_writers_are_not_counted_as_one_s(postgres_url: str) -> None:
    """Who has changed which row cannot be seen from outside: then no number is told."""
    engine = create_engine(postgres_url)
    with Session(engine) as session, Session(engine) as other, lens(session) as film:
        session.add(a_case(1))
        session.flush()
        other.add(a_case(2))
        other.commit()
        session.commit()
    engine.dispose()

    assert labels(film)[-1] == "COMMIT made the changes of this transaction permanent"


def test_objects_come_in_the_order_of_their_keys(session: Session) -> None:
    """The identity map has another order in each run; a committed notebook must not."""
    cases = [a_case(number) for number in (3, 1, 2)]
    session.add_all(cases)
    session.commit()
    with lens(session) as film:
        session.rollback()

    names = [card.name for card in film.steps[0].scene.objects]
    assert names == [f"CaseRecord 'CASE-00{number}'" for number in (1, 2, 3)]


def loaded_times(step: Step) -> tuple[str, ...]:
    return rows(step.scene.database)[0][1][4:]


def test_a_step_by_hand_has_its_own_words(session: Session) -> None:
    """An author knows best what this moment is called."""
    with lens(session, tables=[CaseRecord]) as film:
        session.add(a_case())
        film.step("before the flush")
        session.flush()

    assert labels(film)[2] == "before the flush"
    assert marks(film.steps[2].scene.session.new) == ["CaseRecord 'CASE-001'"]
    assert rows(film.steps[0].scene.database) == []


def test_steps_can_be_read_while_the_film_is_taken(session: Session) -> None:
    """In a notebook each cell shows what has happened so far."""
    with lens(session) as film:
        session.add(a_case())
        assert labels(film)[-1].startswith("session.add() put")
        session.flush()
        assert labels(film)[-1].startswith("flush sent INSERT")


def test_an_in_memory_database_has_no_other_connection() -> None:
    """A pane that showed the same connection twice would prove a COMMIT that never was."""
    engine = create_engine("sqlite://")
    Base.metadata.create_all(engine)
    with Session(engine) as session, lens(session) as film:
        session.add(a_case())
        session.commit()
    engine.dispose()

    pane = film.steps[-1].scene.database
    assert (pane.status, pane.note) == (
        "off",
        "an in-memory database: no other connection can see it",
    )
    assert labels(film)[-1] == "COMMIT made the changes of this transaction permanent"


def test_a_file_that_is_not_in_wal_mode_is_left_alone(tmp_path: Path) -> None:
    """There a reader can make a writer in another thread fail."""
    engine = create_engine(f"sqlite:///{tmp_path / 'cases.db'}")
    Base.metadata.create_all(engine)
    with Session(engine) as session, lens(session) as film:
        session.add(a_case())
        session.commit()
    engine.dispose()

    assert film.steps[-1].scene.database.status == "off"
    assert "WAL" in film.steps[-1].scene.database.note


def test_sqlite3_begins_late_and_the_pane_says_so(tmp_path: Path) -> None:
    """The driver's own BEGIN comes with the first change: until then nothing is isolated."""
    engine = create_engine(f"sqlite:///{tmp_path / 'cases.db'}")
    Base.metadata.create_all(engine)
    with Session(engine) as session, lens(session) as film:
        session.scalars(select(CaseRecord)).all()
    engine.dispose()

    asked = film.steps[1].scene.transaction
    assert (asked.status, asked.note) == (
        "waiting",
        "sqlite3 sends BEGIN with the first INSERT, UPDATE or DELETE",
    )


def test_long_tables_are_cut_and_nothing_is_said_of_what_is_out_of_sight(
    session: Session,
) -> None:
    """A row that slides out of the window was not deleted."""
    with lens(session, rows=2, hide=HIDE) as film:
        session.add_all([a_case(2), a_case(3), a_case(4)])
        session.flush()
        session.add(a_case(1))
        session.flush()

    first, second = (step for step in film.steps if step.label.startswith("flush"))
    table = first.scene.transaction.tables[0]
    assert ([row.key for row in table.rows], table.more) == (["'CASE-002'", "'CASE-003'"], True)
    later = second.scene.transaction.tables[0].rows
    assert [(row.mark, row.key) for row in later] == [("+", "'CASE-001'"), ("", "'CASE-002'")]


def test_hidden_columns_are_in_no_pane(session: Session) -> None:
    """A committed notebook must not contain the time of day."""
    with lens(session, hide=HIDE) as film:
        session.add(a_case())
        session.commit()

    shown = film.text(200)
    assert "created_at" not in "".join(line for line in shown.splitlines() if "INSERT" not in line)


def test_the_film_keeps_nothing_alive(session: Session, stored: None) -> None:
    """The identity map is weak: a lens that holds objects changes which SELECTs are sent."""
    with lens(session) as film:
        case = session.get(CaseRecord, "CASE-001")
        assert case is not None
        gone = weakref.ref(case)
        del case
        assert gone() is None
        film.step("after del")

    loaded, after = film.steps[1:]
    assert marks(loaded.scene.session.identity_map) == ["+CaseRecord 'CASE-001'"]
    assert marks(after.scene.session.identity_map) == ["-CaseRecord 'CASE-001'"]


def test_a_film_that_is_kept_keeps_no_session(wal_engine: Engine) -> None:
    """A notebook holds all its films; it must not hold all their connections."""
    session = Session(wal_engine)
    with lens(session) as film:
        session.add(a_case())
        session.commit()
    gone = weakref.ref(session)
    del session
    gc.collect()

    assert gone() is None
    assert len(film.steps) == 4


def test_nothing_is_left_behind(session: Session, stored: None) -> None:
    """Whoever filmed once must not pay for it for the rest of the program."""
    with lens(session) as film:
        case = session.get(CaseRecord, "CASE-001")
    steps = len(film.steps)
    assert case is not None
    case.title = "unseen"
    session.commit()

    assert len(film.steps) == steps
    assert not event_listeners(session)
    assert not list(CaseRecord.title.dispatch.set)
    assert not any(event.contains(*listener) for listener in _HOOKS.listeners)


def event_listeners(session: Session) -> list[Any]:
    names = ("before_flush", "after_begin", "transient_to_pending", "do_orm_execute")
    return [listener for name in names for listener in getattr(session.dispatch, name)]


def test_a_second_film_of_the_same_session_disturbs_neither(session: Session) -> None:
    """A fixture films, and the test inside of it films, too."""
    with lens(session) as outer:
        session.add(a_case(1))
        with lens(session) as inner:
            session.flush()
        session.commit()

    assert labels(inner)[1].startswith("flush sent INSERT")
    assert labels(outer)[-1] == "COMMIT made 1 row permanent"
    assert outer.error is inner.error is None


def test_a_film_is_taken_once(session: Session) -> None:
    """Two stories in one film would be one story nobody lived."""
    film = lens(session)
    with film:
        pass

    with pytest.raises(RuntimeError, match="a film is taken once"):
        film.__enter__()


def test_an_exception_leaves_the_film_whole(session: Session) -> None:
    """The film of a failure is the one that is wanted most."""
    film = lens(session)
    with pytest.raises(ZeroDivisionError), film:
        session.add(a_case())
        _ = 1 / 0

    assert labels(film)[-1].startswith("session.add() put")


def test_objects_of_other_sessions_are_not_yours(wal_engine: Engine, session: Session) -> None:
    """A pane full of somebody else's objects answers no question."""
    with Session(wal_engine) as other, lens(session) as film:
        theirs = a_case(9)
        other.add(theirs)
        other.flush()
        session.add(a_case(1))

    assert [card.name for card in film.steps[-1].scene.objects] == ["CaseRecord 'CASE-001'"]


def test_other_threads_are_not_filmed(session: Session) -> None:
    """What a worker makes meanwhile is none of this Session's business."""
    with lens(session) as film:
        worker = threading.Thread(target=a_case, args=(7,))
        worker.start()
        worker.join()
        session.add(a_case(1))

    assert [card.name for card in film.steps[-1].scene.objects] == ["CaseRecord 'CASE-001'"]


def test_recorders_of_the_program_do_not_see_the_lens(wal_engine: Engine, session: Session) -> None:
    """A budget of two statements must stay two while somebody looks."""
    with Recorder(wal_engine) as recorder, lens(session):
        session.add(a_case())
        session.flush()
        session.commit()

    assert [str(entry.kind) for entry in recorder.log] == ["BEGIN", "INSERT", "COMMIT"]


def test_an_async_session_is_filmed_like_any_other(tmp_path: Path) -> None:
    """Lesson 26 shows the same four panes."""
    pytest.importorskip("aiosqlite")
    engine = create_async_engine(f"sqlite+aiosqlite:///{tmp_path / 'cases.db'}")

    @event.listens_for(engine.sync_engine, "connect")
    def prepare(dbapi: Any, _record: object) -> None:
        dbapi.isolation_level = None
        cursor = dbapi.cursor()
        cursor.execute("PRAGMA journal_mode=WAL")
        cursor.close()

    @event.listens_for(engine.sync_engine, "begin")
    def begin(conn: Any) -> None:
        conn.exec_driver_sql("BEGIN")

    async def story() -> Film:
        async with engine.begin() as connection:
            await connection.run_sync(Base.metadata.create_all)
        async with AsyncSession(engine) as session:
            with lens(session, hide=HIDE) as film:
                session.add(a_case())
                await session.flush()
                await session.commit()
        await engine.dispose()
        return film

    film = asyncio.run(story())

    assert film.error is None
    flushed, committed = film.steps[-2:]
    assert rows(flushed.scene.transaction) == [("+", ROW)]
    assert rows(flushed.scene.database) == []
    assert rows(committed.scene.database) == [("+", ROW)]


def test_notes_that_a_relationship_brings_are_told_so(session: Session, stored: None) -> None:
    """Nobody called add() for a note: the cascade did."""
    with lens(session, hide=HIDE) as film:
        case = session.get(CaseRecord, "CASE-001")
        assert case is not None
        case.notes.append(CaseNoteRecord(text="first", created_at=NOW))
        session.flush()

    said = {sentence for step in film.steps for sentence in step.also}
    assert (
        "a relationship put CaseNoteRecord (no key yet) into the Session; nothing is sent yet"
        in (said)
    )
    flushed = film.steps[-1]
    assert "INSERT INTO case_notes because a relationship had put CaseNoteRecord 1" in (
        flushed.label
    )


def test_an_orphan_is_deleted_because_its_parent_lost_it(session: Session, stored: None) -> None:
    """Nobody called delete() for the note: the cascade of the relationship did."""
    with lens(session, hide=HIDE) as film:
        case = session.get(CaseRecord, "CASE-001")
        assert case is not None
        case.notes.append(CaseNoteRecord(text="first", created_at=NOW))
        session.commit()
        case.notes.pop()
        session.flush()

    why = "because CaseRecord 'CASE-001' was dirty: notes -1"
    assert f"flush sent DELETE FROM case_notes {why}" in labels(film)


def test_statements_past_the_orm_are_told_so(session: Session, stored: None) -> None:
    """What a bulk UPDATE changes is not in the Session's lists."""
    with lens(session) as film:
        session.execute(text("UPDATE cases SET title = 'x'"))

    assert film.steps[-1].label == "UPDATE cases was sent at once, past the Session's lists"


def empty(engine: Engine) -> None:
    Base.metadata.create_all(engine)
    with engine.begin() as connection:
        connection.execute(text("TRUNCATE cases CASCADE"))


def test_an_aborted_transaction_is_shown_as_one(postgres_url: str) -> None:
    """After an error PostgreSQL answers nothing until ROLLBACK, not even to the lens."""
    engine = create_engine(postgres_url)
    empty(engine)
    with Session(engine) as session, lens(session, hide=HIDE) as film:
        session.add(a_case())
        session.flush()
        with pytest.raises(Exception, match="nowhere"):
            session.execute(text("SELECT * FROM nowhere"))
        film.step("after the error")
        session.rollback()
    engine.dispose()

    flushed = next(step for step in film.steps if step.label.startswith("flush"))
    ((sign, row),) = rows(flushed.scene.transaction)
    assert (sign, sorted(row)) == ("+", sorted(ROW))  # migrated: in another order
    assert rows(flushed.scene.database) == []
    aborted = next(step for step in film.steps if step.label == "after the error")
    assert aborted.scene.transaction.status == "aborted"


def test_serializable_is_read_only_when_asked_for(postgres_url: str) -> None:
    """Under SERIALIZABLE each SELECT can make a transaction fail, the lens's SELECT too."""
    engine = create_engine(postgres_url, isolation_level="SERIALIZABLE")
    empty(engine)
    seen = {}
    for asked in (False, True):
        with Session(engine) as session, lens(session, serializable=asked) as film:
            session.add(a_case())
            session.flush()
        seen[asked] = film.steps[2].scene.transaction.status
    engine.dispose()

    assert seen == {False: "off", True: "open"}


def test_rich_is_imported_only_for_colour() -> None:
    """In the browser page, and in a plain test run, nobody needs it."""
    import subprocess

    code = "import sys, workbook.lens.timeline; sys.exit('rich' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_the_other_connection_holds_nothing_between_two_looks(
    wal_engine: Engine, session: Session
) -> None:
    """A lens that keeps a reader open stops every checkpoint."""
    with lens(session):
        session.add(a_case())
        session.commit()
        with sqlite3.connect(str(wal_engine.url.database), isolation_level=None) as other:
            busy, *_ = other.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
        other.close()

    assert busy == 0


def test_an_error_of_the_lens_is_told_and_never_raised(session: Session) -> None:
    """A lesson must not fail because somebody looked."""

    def broken(_path: str) -> bool:
        raise RuntimeError("not your fault")

    with lens(session, user_code=broken) as film:
        session.add(a_case())
        session.flush()
        session.commit()

    assert "not your fault" in str(film.error)
