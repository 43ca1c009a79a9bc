"""The recorder against the driver's own trace, under random use of a Session.

Never trusts SQLAlchemy's word for what was sent: sqlite3 tells it.
"""

import re
import sqlite3
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import CheckConstraint, Engine, ForeignKey, create_engine, event, select
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import (
    DeclarativeBase,
    Mapped,
    Session,
    mapped_column,
    relationship,
    selectinload,
)
from sqlalchemy.pool import NullPool

from workbook.lens.entries import Entry, Statement
from workbook.lens.recorder import Recorder
from workbook.lens.statements import Kind, begin_mode, classify, savepoint_name


class Base(DeclarativeBase):
    """The mapping of these tests."""


class CaseRecord(Base):
    """A case: its title is unique, so that a flush can fail."""

    __tablename__ = "cases"

    id: Mapped[int] = mapped_column(primary_key=True)
    title: Mapped[str] = mapped_column(unique=True)
    notes: Mapped[list["NoteRecord"]] = relationship(
        cascade="all, delete-orphan", order_by="NoteRecord.id"
    )


class NoteRecord(Base):
    """A note: its foreign key is deferred, so that a COMMIT can fail."""

    __tablename__ = "notes"
    __table_args__ = (CheckConstraint("stars < 3"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    stars: Mapped[int] = mapped_column(default=0)
    case_id: Mapped[int] = mapped_column(
        ForeignKey("cases.id", deferrable=True, initially="DEFERRED")
    )


Trace = list[str]


@contextmanager
def database(trace: Trace) -> Iterator[Engine]:
    with tempfile.TemporaryDirectory() as folder:
        engine = create_engine(f"sqlite:///{Path(folder) / 'cases.db'}", poolclass=NullPool)

        @event.listens_for(engine, "connect")
        def prepare(dbapi: sqlite3.Connection, _record: object) -> None:
            dbapi.isolation_level = None
            dbapi.execute("PRAGMA foreign_keys=ON")
            dbapi.execute("PRAGMA synchronous=OFF")
            dbapi.set_trace_callback(trace.append)

        @event.listens_for(engine, "begin")
        def begin(conn: Any) -> None:
            conn.exec_driver_sql("BEGIN IMMEDIATE")

        Base.metadata.create_all(engine)
        trace.clear()
        yield engine
        engine.dispose()


class Program:
    """One run of the operations: the same seed of choices does the same work."""

    def __init__(self, session: Session) -> None:
        self.session = session
        self.outcomes: list[str] = []

    def run(self, operations: list[tuple[str, int]]) -> None:
        with self.session:
            for name, number in operations:
                try:
                    outcome = getattr(self, name)(number)
                except SQLAlchemyError as error:
                    outcome = type(error).__name__
                    with suppress(SQLAlchemyError):
                        self.session.rollback()
                self.outcomes.append(f"{name} {outcome}")

    def add(self, number: int) -> None:
        notes = [NoteRecord(stars=stars) for stars in range(number % 3)]
        self.session.add(CaseRecord(title=f"case {number}", notes=notes))

    def add_loose_note(self, number: int) -> None:
        self.session.add(NoteRecord(stars=number, case_id=number))

    def change(self, number: int) -> None:
        if case := self.session.get(CaseRecord, number):
            case.title = f"case {number + 1}"

    def drop_note(self, number: int) -> None:
        case = self.session.get(CaseRecord, number)
        if case and case.notes:
            case.notes.pop()

    def delete(self, number: int) -> None:
        if case := self.session.get(CaseRecord, number):
            self.session.delete(case)

    def flush(self, _number: int) -> None:
        self.session.flush()

    def query(self, number: int) -> int:
        query = select(CaseRecord).order_by(CaseRecord.id).limit(number)
        return sum(len(case.notes) for case in self.session.scalars(query))

    def query_eagerly(self, number: int) -> int:
        query = (
            select(CaseRecord).options(selectinload(CaseRecord.notes)).where(CaseRecord.id > number)
        )
        return len(self.session.scalars(query).all())

    def expire(self, _number: int) -> None:
        self.session.expire_all()

    def begin_nested(self, _number: int) -> None:
        self.session.begin_nested()

    def end_nested(self, number: int) -> None:
        if nested := self.session.get_nested_transaction():
            (nested.commit if number % 2 else nested.rollback)()

    def commit(self, _number: int) -> None:
        self.session.commit()

    def rollback(self, _number: int) -> None:
        self.session.rollback()


NAMES = [name for name in vars(Program) if not name.startswith("_") and name != "run"]
OPERATIONS = st.lists(st.tuples(st.sampled_from(NAMES), st.integers(0, 4)), max_size=25)


def run(operations: list[tuple[str, int]], *, watched: bool) -> tuple[list[str], Trace, Recorder]:
    trace: Trace = []
    with database(trace) as engine:
        program, recorder = Program(Session(engine)), Recorder(engine)
        if watched:
            with recorder:
                program.run(operations)
        else:
            program.run(operations)
    return program.outcomes, trace, recorder


def received(entry: Entry) -> list[str]:
    """Return what the driver's trace must say about this entry, as patterns."""
    if isinstance(entry, Statement):
        pattern = ".*".join(re.escape(part) for part in entry.text.split("?"))
        return [pattern] * (len(entry.parameters) if entry.executemany else 1)
    if entry.kind is Kind.BEGIN:
        return [f"BEGIN {entry.detail}"]
    return [f".*{entry.name}" if entry.name else str(entry.kind)]


@settings(max_examples=150, deadline=None)
@given(OPERATIONS)
def test_the_log_is_what_the_driver_received(operations: list[tuple[str, int]]) -> None:
    """A lens that adds, hides or reorders one statement teaches something that is not so."""
    outcomes, trace, recorder = run(operations, watched=True)
    alone = run(operations, watched=False)

    assert (outcomes, trace) == alone[:2]
    assert recorder.error is None
    patterns = [(entry.kind, pattern) for entry in recorder.log for pattern in received(entry)]
    assert [kind for kind, _ in patterns] == [classify(sql) for sql in trace]
    for (_, pattern), sql in zip(patterns, trace, strict=True):
        assert re.fullmatch(pattern, sql, re.DOTALL), (pattern, sql)


@settings(max_examples=50, deadline=None)
@given(OPERATIONS)
def test_every_statement_has_a_place_and_every_begin_an_end(
    operations: list[tuple[str, int]],
) -> None:
    """A timeline pairs BEGIN with COMMIT or ROLLBACK, and points at a line."""
    _, trace, recorder = run(operations, watched=True)

    ends = [e.kind for e in recorder.events if e.kind in {Kind.BEGIN, Kind.COMMIT, Kind.ROLLBACK}]
    failed = [e.kind for e in recorder.events if e.error]
    assert ends.count(Kind.BEGIN) == len(ends) - ends.count(Kind.BEGIN) - failed.count(Kind.COMMIT)
    assert all(entry.place and entry.place.path == __file__ for entry in recorder.log)
    modes = {begin_mode(sql) for sql in trace if classify(sql) is Kind.BEGIN}
    names = {savepoint_name(sql) for sql in trace if classify(sql) is Kind.SAVEPOINT}
    assert {e.detail for e in recorder.events if e.kind is Kind.BEGIN} == modes
    assert {e.name for e in recorder.events if e.kind is Kind.SAVEPOINT} == names
