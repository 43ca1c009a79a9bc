"""What can be observed of lesson 13 from outside: who is shown, what is refused, what is left."""

import random
from datetime import UTC, datetime

from sqlalchemy import MetaData, delete, event, insert, select, update
from sqlalchemy.orm import with_loader_criteria

from case_tracker.domain.case import Case, CaseId
from workbook.lens.recorder import Recorder
from workbook.probe import outcome, scratch, some_cases

TEN = datetime(2026, 3, 2, 10, tzinfo=UTC)
STAMPS = {"created_at": TEN, "updated_at": TEN, "version": 1, "status": "DRAFT", "title": "late"}
BUDGET = 2


def get_behind_a_criterion(_exercise):
    """Answer the prediction: what get() returns for a case that the Session knows."""
    from case_tracker.adapters.sql.models import CaseRecord

    with scratch() as database, database.session_factory() as session:
        store(database, ["CASE-001"], set())
        hide = with_loader_criteria(CaseRecord, CaseRecord.deleted_at.is_(None))
        add = lambda state: setattr(state, "statement", state.statement.options(hide))  # noqa: E731 - a listener of one line
        event.listen(session, "do_orm_execute", add)
        known = session.get(CaseRecord, "CASE-001")
        session.commit()
        with database.session_factory.begin() as other:
            other.execute(update(CaseRecord).values(deleted_at=TEN))
        found = outcome(session.get, CaseRecord, "CASE-001")
        return "CASE-001" if found is known else "None" if found is None else "an error"


def observe(exercise, task, seed):
    """Return what the docstrings promise about one task, as plain data."""
    ids = [case.id.value for case in some_cases(seed, count=6 + seed % 20)]
    with scratch() as database:
        return outcome(TASKS[task], exercise, database, ids, random.Random(seed))


def store(database, ids, gone, notes=0):
    """Insert cases past the application; those in `gone` are deleted."""
    tables = copied().tables
    with database.engine.begin() as connection:
        for key in ids:
            row = STAMPS | {"id": key, "deleted_at": TEN if key in gone else None}
            connection.execute(insert(tables["cases"]), row)
            for _ in range(notes):
                note = {"case_id": key, "text": "called", "created_at": TEN}
                connection.execute(insert(tables["case_notes"]), note)


def copied():
    """Return copies of the learner's tables, without indexes."""
    from case_tracker.adapters.sql.audit import AuditEventRecord

    metadata = MetaData()
    for table in AuditEventRecord.metadata.sorted_tables:
        table.to_metadata(metadata).indexes.clear()
    return metadata


def living(exercise, database, ids, dice):
    """Every read shows the living; a deleted case is neither found nor changed."""
    from case_tracker.adapters.sql.case_store import SqlCaseStore
    from case_tracker.adapters.sql.models import CaseRecord
    from case_tracker.adapters.sql.read_models import SqlCasePages

    store(database, ids, set(dice.sample(ids, len(ids) // 3)), notes=1)
    with database.session_factory() as session:
        pages, cases = SqlCasePages(session), SqlCaseStore(session)
        seen = [outcome(lambda: [view.id for view in pages.page()]), outcome(pages.total)]
        seen += [outcome(lambda i=key: cases.get(CaseId(i)).id.value) for key in ids]
        query = select(CaseRecord.id).order_by(CaseRecord.id)
        for rows in (CaseRecord, CaseRecord.__table__):
            seen += [outcome(lambda r=rows: list(session.scalars(query.where(exercise.alive(r)))))]
        for change in (cases.save, cases.remove):
            seen += [outcome(change, Case(CaseId(key), "x")) for key in ids]
    return seen


def references(exercise, database, _ids, dice):
    """Living rows share no reference; deleted ones and rows without any are free."""
    metadata = copied()
    metadata.drop_all(database.engine)
    table = metadata.tables["cases"]
    exercise.unique_among_living(table.c.reference)
    metadata.create_all(database.engine)

    def insert_one(number):
        row = {"id": f"R-{number}", "reference": dice.choice(["A", "B", "C", None])}
        row["deleted_at"] = dice.choice([None, TEN])
        with database.engine.begin() as connection:
            return connection.execute(insert(table), STAMPS | row).rowcount

    def come_back(number):
        change = update(table).where(table.c.id == f"R-{number}").values(deleted_at=None)
        with database.engine.begin() as connection:
            return connection.execute(change).rowcount

    answers = [outcome(insert_one, number) for number in range(20)]
    return answers + [outcome(come_back, number) for number in range(20)]


def by_the_database(_exercise, database, ids, dice):
    """A DELETE past the ORM takes the notes of its cases along, and no other ones."""
    store(database, ids, set(), notes=2)
    table = copied().tables["cases"]

    def delete_some():
        with database.engine.begin() as connection:
            gone = dice.sample(ids, len(ids) // 2)
            return connection.execute(delete(table).where(table.c.id.in_(gone))).rowcount

    return [outcome(delete_some), left(database)]


def left(database):
    """Return the cases of the notes that are left."""
    return database.other_connection("SELECT case_id FROM case_notes ORDER BY id")


def by_a_session(_exercise, database, ids, dice):
    """A deleted case takes its notes along within the budget; one taken out goes alone."""
    from case_tracker.adapters.sql.models import CaseRecord

    store(database, ids, set(), notes=3)
    one, two, three = dice.sample(ids, 3)

    def change(what):
        with database.session_factory() as session:
            what(session)
            session.commit()

    with Recorder() as sent:
        done = [outcome(change, lambda session: session.delete(session.get(CaseRecord, one)))]
    done += [sent.count() <= BUDGET, left(database)]

    def delete_loaded(session):
        case = session.get(CaseRecord, two)
        len(case.notes)
        session.delete(case)

    done += [outcome(change, delete_loaded), left(database)]
    taken = outcome(change, lambda session: session.get(CaseRecord, three).notes.pop(1))
    return [*done, taken, left(database)]


TASKS = {1: living, 2: references, 3: by_the_database, 4: by_a_session}
