"""Worked answers, run. The page `interview.md` shows these functions and what they print."""

import uuid

from desk import counted, database, empty_database, record
from sqlalchemy import (
    Column,
    Integer,
    MetaData,
    Table,
    Text,
    bindparam,
    create_engine,
    func,
    insert,
    select,
    update,
)
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, joinedload, mapped_column, selectinload
from sqlalchemy.orm.exc import StaleDataError

from case_tracker.adapters.sql.models import CaseNoteRecord, CaseRecord


def the_order_of_a_flush():
    with empty_database() as engine, Session(engine) as session:
        case = record(1, notes=2)
        session.add(case)
        with counted(engine) as sent:
            session.flush()
            case.title = "Very late report"
            session.delete(case.notes[0])
            session.commit()
        print([f"{s.kind} {s.tables[0]}" for s in sent.statements])


def rows_that_travel():
    with database(cases=3, notes=40) as engine:
        for load in (selectinload, joinedload):
            with Session(engine) as session, counted(engine) as sent:
                query = select(CaseRecord).options(load(CaseRecord.notes))
                session.scalars(query).unique().all()
                with engine.connect() as connection:
                    rows = [
                        len(connection.exec_driver_sql(s.text, s.parameters).fetchall())
                        for s in sent.statements
                    ]
            print(load.__name__, "rows of each statement:", rows)


def expired_or_kept():
    with database(cases=1) as engine:
        for expire in (True, False):
            with Session(engine, expire_on_commit=expire) as session:
                case = session.get(CaseRecord, "CASE-001")
                session.commit()
                with counted(engine) as sent:
                    case.title  # noqa: B018 - reading it is the question
                print(f"expire_on_commit={expire}: {sent.count()} SELECT")


def a_page_with_counts():
    with database(cases=3, notes=2) as engine, Session(engine) as session:
        notes = func.count(CaseNoteRecord.id)
        query = (
            select(CaseRecord.id, CaseRecord.title, notes.label("notes"))
            .outerjoin(CaseNoteRecord)
            .where(CaseRecord.status == "DRAFT")
            .group_by(CaseRecord.id, CaseRecord.title)
            .order_by(notes.desc(), CaseRecord.id)
            .limit(2)
        )
        with counted(engine) as sent:
            print([tuple(row) for row in session.execute(query)])
        print(sent.count(), "statement")


def two_people_one_row():
    class Base(DeclarativeBase):
        pass

    class Letter(Base):
        __tablename__ = "letters"
        id: Mapped[int] = mapped_column(primary_key=True)
        title: Mapped[str]
        version: Mapped[int] = mapped_column()
        __mapper_args__ = {"version_id_col": version}  # noqa: RUF012 - as SQLAlchemy reads it

    with empty_database() as engine:
        Base.metadata.create_all(engine)
        with Session(engine) as session:
            session.add(Letter(id=1, title="Late report"))
            session.commit()
        with Session(engine, expire_on_commit=False) as ben:
            of_ben = ben.get(Letter, 1)
            ben.commit()  # Ben thinks about it, and holds no transaction
            with Session(engine) as ana:
                ana.get(Letter, 1).title = "Very late report"
                ana.commit()
            of_ben.title = "Lost report"
            try:
                ben.commit()
            except StaleDataError as error:
                print(type(error).__name__)


def lazily_and_at_once():
    with database(cases=10, notes=2) as engine:
        for options in ([], [selectinload(CaseRecord.notes)]):
            with Session(engine) as session, counted(engine) as sent:
                for case in session.scalars(select(CaseRecord).options(*options)):
                    len(case.notes)
            print(len(options), "loader options:", sent.count(), "statements")


def connections_that_are_needed():
    workers, max_connections, reserved = 10, 200, 20
    busy_at_once, overflow = 5, 5
    for name in ("primary", "replica 1", "replica 2"):
        steady, most = workers * busy_at_once, workers * (busy_at_once + overflow)
        left = max_connections - reserved - most
        print(f"{name}: {steady} open, {most} at the peak, {left} left")
    deploying = 2 * workers * (busy_at_once + overflow)
    print(f"while old and new workers run: {deploying} of {max_connections - reserved}")


def connections_by_the_load():
    requests_per_s, in_the_database_s, workers = 400, 0.030, 10
    busy = requests_per_s * in_the_database_s
    print(f"{busy:.0f} connections are busy on average, {busy / workers:.1f} in each worker")


def a_backfill_in_batches():
    metadata = MetaData()
    orders = Table("orders", metadata, Column("id", Integer, primary_key=True), Column("uid", Text))
    engine = create_engine("sqlite://")
    metadata.create_all(engine)
    with engine.begin() as connection:
        connection.execute(insert(orders), [{"id": number} for number in range(1, 20_001)])
    last, batches, size = 0, 0, 5_000
    while True:
        with engine.begin() as connection:  # one short transaction for each batch
            ids = connection.scalars(
                select(orders.c.id).where(orders.c.id > last).order_by(orders.c.id).limit(size)
            ).all()
            if not ids:
                break
            new = [{"row": number, "uid": str(uuid.uuid4())} for number in ids]
            fill = update(orders).where(orders.c.id == bindparam("row"), orders.c.uid.is_(None))
            connection.execute(fill.values(uid=bindparam("uid")), new)
            last, batches = ids[-1], batches + 1
    with engine.connect() as connection:
        missing = select(func.count()).select_from(orders).where(orders.c.uid.is_(None))
        print(batches, "batches,", connection.scalar(missing), "rows without a UUID")
    engine.dispose()


def hours_of_the_backfill():
    rows, size, seconds_of_a_batch, pause_s = 50_000_000, 5_000, 0.4, 0.2
    batches = rows // size
    hours = batches * (seconds_of_a_batch + pause_s) / 3600
    print(f"{batches:,} batches, {hours:.1f} hours, {rows * 16 / 2**20:,.0f} MiB of UUIDs")
