"""What an N+1 detector should find, and what it should leave alone. Each on a real database.

Never asserts anything: the benchmark and the tests of the detector judge what was found.
"""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass

from sqlalchemy import Engine, ForeignKey, func, select, text
from sqlalchemy.ext.asyncio import AsyncAttrs, AsyncSession, create_async_engine
from sqlalchemy.orm import (
    DeclarativeBase,
    Mapped,
    Session,
    mapped_column,
    relationship,
    selectinload,
)


class Base(AsyncAttrs, DeclarativeBase):
    """The mapping of the scenarios."""


class Office(Base):
    """All cases share one."""

    __tablename__ = "offices"

    id: Mapped[int] = mapped_column(primary_key=True)


class Clerk(Base):
    """Each case has another one, and so has each note."""

    __tablename__ = "clerks"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str]


class Case(Base):
    """A case with a text that is loaded when it is asked for."""

    __tablename__ = "cases"

    id: Mapped[int] = mapped_column(primary_key=True)
    title: Mapped[str]
    body: Mapped[str] = mapped_column(deferred=True)
    office_id: Mapped[int] = mapped_column(ForeignKey("offices.id"))
    clerk_id: Mapped[int] = mapped_column(ForeignKey("clerks.id"))
    office: Mapped[Office] = relationship()
    clerk: Mapped[Clerk] = relationship()
    notes: Mapped[list["Note"]] = relationship(order_by="Note.id", back_populates="case")


class Note(Base):
    """A note of a case."""

    __tablename__ = "case_notes"

    id: Mapped[int] = mapped_column(primary_key=True)
    case_id: Mapped[int] = mapped_column(ForeignKey("cases.id"))
    author_id: Mapped[int] = mapped_column(ForeignKey("clerks.id"))
    case: Mapped[Case] = relationship(back_populates="notes")
    author: Mapped[Clerk] = relationship()


def fill(engine: Engine, cases: int = 10) -> None:
    """Store the cases, two notes each."""
    Base.metadata.create_all(engine)
    with Session(engine) as session, session.begin():
        office = Office()
        for number in range(1, cases + 1):
            clerks = [Clerk(name=f"clerk {number}.{which}") for which in range(3)]
            notes = [Note(author=clerk) for clerk in clerks[1:]]
            session.add(
                Case(
                    id=number, title=f"case {number}", body="…",
                    office=office, clerk=clerks[0], notes=notes,
                )
            )  # fmt: skip


def to_many_loop(engine: Engine) -> None:
    """Touch the notes of each case."""
    with Session(engine) as session:
        for case in session.scalars(select(Case)):
            len(case.notes)


def to_one_loop(engine: Engine) -> None:
    """Touch the clerk of each case."""
    with Session(engine) as session:
        for case in session.scalars(select(Case)):
            _ = case.clerk.name


def nested_loop(engine: Engine) -> None:
    """Touch the author of each note of each case."""
    with Session(engine) as session:
        for case in session.scalars(select(Case)):
            for note in case.notes:
                _ = note.author.name


def masked_loop(engine: Engine) -> None:
    """Touch the office of each case: it is the same one, so the identity map has it."""
    with Session(engine) as session:
        for case in session.scalars(select(Case)):
            _ = case.office.id


def async_loop(engine: Engine) -> None:
    """Await the notes of each case."""

    async def run() -> None:
        other = create_async_engine(f"sqlite+aiosqlite:///{engine.url.database}")
        async with AsyncSession(other) as session:
            for case in (await session.scalars(select(Case))).all():
                await case.awaitable_attrs.notes
        await other.dispose()

    asyncio.run(run())


def _get_loop(engine: Engine, count: int) -> None:
    with Session(engine) as session:
        for number in range(1, count + 1):
            session.get(Case, number)


def get_loop_of_3(engine: Engine) -> None:
    """Get three cases, one at a time."""
    _get_loop(engine, 3)


def get_loop_of_10(engine: Engine) -> None:
    """Get ten cases, one at a time."""
    _get_loop(engine, 10)


def get_loop_of_sessions(engine: Engine) -> None:
    """Get each case in a Session of its own."""
    for number in range(1, 11):
        with Session(engine) as session:
            session.get(Case, number)


def core_loop(engine: Engine) -> None:
    """Select the notes of each case without the ORM."""
    with engine.connect() as connection:
        for number in range(1, 11):
            connection.execute(select(Note.__table__).where(Note.case_id == number)).all()


def literal_loop(engine: Engine) -> None:
    """Paste each number into the text."""
    with engine.connect() as connection:
        for number in range(1, 11):
            connection.execute(text(f"SELECT * FROM case_notes WHERE case_id = {number}")).all()


def expired_loop(engine: Engine) -> None:
    """Read each case after a commit."""
    with Session(engine) as session:
        cases = session.scalars(select(Case)).all()
        session.commit()
        _ = [case.title for case in cases]


def deferred_loop(engine: Engine) -> None:
    """Read the deferred text of each case."""
    with Session(engine) as session:
        for case in session.scalars(select(Case)):
            _ = case.body


def two_single_loads(engine: Engine) -> None:
    """Open two cases that have nothing to do with each other."""
    with Session(engine) as session:
        first = session.get(Case, 1)
        len(first.notes)
    with Session(engine) as session:
        second = session.scalars(select(Case).where(Case.title == "case 7")).one()
        len(second.notes)


def pagination(engine: Engine) -> None:
    """Walk through four pages, eager loads and total included."""
    for page in range(4):
        with Session(engine) as session:
            query = select(Case).options(selectinload(Case.notes)).order_by(Case.id)
            session.scalars(query.limit(3).offset(3 * page)).all()
            session.scalar(select(func.count()).select_from(Case))


def keyset_pagination(engine: Engine) -> None:
    """Walk through the pages by the last key seen."""
    last = 0
    with Session(engine) as session:
        while page := session.scalars(
            select(Case).where(Case.id > last).order_by(Case.id).limit(3)
        ).all():
            last = page[-1].id


def list_then_open_one(engine: Engine) -> None:
    """Show a list, then one of it in full."""
    with Session(engine) as session:
        cases = session.scalars(select(Case)).all()
        len(cases[4].notes)
        _ = cases[4].clerk.name, cases[4].office.id, cases[4].body


def three_transitions(engine: Engine) -> None:
    """Change three cases, each in a unit of work of its own."""
    for number in (1, 2, 3):
        with Session(engine) as session:
            session.get(Case, number).title += "!"
            session.commit()


def three_transitions_with_notes(engine: Engine) -> None:
    """Do the same where the decision needs the notes."""
    for number in (1, 2, 3):
        with Session(engine) as session:
            case = session.get(Case, number)
            case.title += f" ({len(case.notes)})"
            session.commit()


def polling(engine: Engine) -> None:
    """Ask until the answer changes, each time in a transaction of its own."""
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        for _ in range(10):
            connection.execute(text("SELECT count(*) FROM cases")).scalar_one()


@dataclass(frozen=True)
class Scenario:
    """A piece of a program. `bad`: a detector should find something."""

    name: str
    run: Callable[[Engine], None]
    bad: bool


SCENARIOS = [
    Scenario("to-many loop", to_many_loop, bad=True),
    Scenario("to-one loop", to_one_loop, bad=True),
    Scenario("nested loop", nested_loop, bad=True),
    Scenario("to-one loop, masked by the identity map", masked_loop, bad=True),
    Scenario("to-many loop, async", async_loop, bad=True),
    Scenario("get() loop of 3", get_loop_of_3, bad=True),
    Scenario("get() loop of 10", get_loop_of_10, bad=True),
    Scenario("get() loop, a new Session each", get_loop_of_sessions, bad=True),
    Scenario("Core loop", core_loop, bad=True),
    Scenario("literal SQL loop", literal_loop, bad=True),
    Scenario("expired attributes loop", expired_loop, bad=True),
    Scenario("deferred column loop", deferred_loop, bad=True),
    Scenario("two unrelated single loads", two_single_loads, bad=False),
    Scenario("pagination, OFFSET", pagination, bad=False),
    Scenario("pagination, keyset", keyset_pagination, bad=False),
    Scenario("list, then open one", list_then_open_one, bad=False),
    Scenario("three get + update transitions", three_transitions, bad=False),
    Scenario("the same, reading the notes", three_transitions_with_notes, bad=False),
    Scenario("polling, AUTOCOMMIT", polling, bad=False),
]
