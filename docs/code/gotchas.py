"""Surprises, each as small as it can be. The page `gotchas.md` shows and runs them."""

from desk import counted, database, empty_database, record
from sqlalchemy import create_engine, inspect, select, text, update
from sqlalchemy.exc import IntegrityError, PendingRollbackError
from sqlalchemy.orm import Session
from sqlalchemy.orm.exc import DetachedInstanceError
from sqlalchemy.pool import NullPool, StaticPool

from case_tracker.adapters.sql.models import CaseRecord


def a_session_that_is_left_without_commit():
    with empty_database() as engine:
        with Session(engine) as session:
            session.add(record(1))
        with Session(engine) as session:
            print(session.get(CaseRecord, "CASE-001"))


def an_object_outside_its_session():
    with database(cases=1, notes=2) as engine:
        with Session(engine) as session:
            case = session.get(CaseRecord, "CASE-001")
        print(case.title)
        try:
            print(case.notes)
        except DetachedInstanceError as error:
            print(type(error).__name__)


def a_commit_that_makes_the_next_line_read():
    with database(cases=1) as engine, Session(engine) as session:
        case = session.get(CaseRecord, "CASE-001")
        session.commit()
        with counted(engine) as sent:
            title = case.title
        print(title, "took", sent.count(), "SELECT")


def a_query_that_writes():
    with database(cases=1) as engine, Session(engine) as session:
        session.get(CaseRecord, "CASE-001").title = "Very late report"
        with counted(engine) as sent:
            session.scalars(select(CaseRecord)).all()
        print([str(statement.kind) for statement in sent.statements])


def an_error_that_closes_the_door():
    with database(cases=1) as engine, Session(engine) as session:
        session.add(record(1))
        try:
            session.flush()
        except IntegrityError:
            print("the id is taken")
        try:
            session.scalars(select(CaseRecord)).all()
        except PendingRollbackError as error:
            print(type(error).__name__)
        session.rollback()
        print(len(session.scalars(select(CaseRecord)).all()))


def a_select_that_nobody_kept():
    with database(cases=3) as engine, Session(engine) as session:
        query = select(CaseRecord)
        query.where(CaseRecord.id == "CASE-001")
        print(len(session.scalars(query).all()))


def a_database_for_each_connection():
    for pool in (NullPool, StaticPool):
        engine = create_engine("sqlite://", poolclass=pool)
        with engine.begin() as connection:
            connection.exec_driver_sql("CREATE TABLE cases (id TEXT)")
        print(pool.__name__, inspect(engine).get_table_names())
        engine.dispose()


def an_update_past_the_session():
    with database(cases=1) as engine, Session(engine) as session:
        case = session.get(CaseRecord, "CASE-001")
        session.execute(text("UPDATE cases SET title = 'Lost letter'"))
        print(case.title)
        session.refresh(case)
        print(case.title)
        session.execute(update(CaseRecord).values(title="Found letter"))
        print(case.title)


def a_page_without_an_order():
    with database(cases=3) as engine, Session(engine) as session:
        backwards = select(CaseRecord.id).order_by(CaseRecord.id.desc())
        print(session.scalars(backwards.limit(2)).all())
        print("ORDER BY" in str(select(CaseRecord.id).limit(2)))


def a_change_that_is_not_seen():
    with database(cases=1) as engine, Session(engine) as session:
        case = session.get(CaseRecord, "CASE-001")
        history = inspect(case).attrs.title.history
        print(history.has_changes())
        case.title = "Very late report"
        print(inspect(case).attrs.title.history.has_changes())
        print(case in session.dirty)
