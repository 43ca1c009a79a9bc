"""What can be observed of lesson 10 from outside: stored versions, and who was refused."""

import importlib
import random

from case_tracker.domain.case import Case, CaseId, Note
from workbook.lens.recorder import Recorder
from workbook.probe import WORDS, outcome, scratch, some_cases

STORED = "SELECT id, title, version FROM cases ORDER BY id"


def ana_saves_in_a_new_session(exercise):
    """Answer the prediction: version_id_col is in place, and the page is a minute old."""
    with scratch() as database:
        store(database, [Case(CaseId("CASE-017"), "Late")])
        rename(database, "CASE-017", "Ben was here")
        answer = outcome(rename, database, "CASE-017", "Ana was here")
        rows = database.other_connection(STORED)
    if answer == "raised StaleDataError":
        return "StaleDataError"
    if rows == [("CASE-017", "Ana was here", 3)]:
        return "Ana's change is stored over Ben's"
    return "Ana's UPDATE finds no row, and nothing is stored"


def rename(database, case_id, title):
    """Load the record in a new Session, change it and commit."""
    with database.session_factory.begin() as session:
        record = session.get(app("models", "CaseRecord"), case_id)
        record.title, record.version = title, record.version + 1


def observe(exercise, task, seed):
    """Return what the docstrings promise about one task, as plain data."""
    dice = random.Random(seed)
    cases = some_cases(seed, count=3 + seed % 40)
    for case in cases:
        case.version = dice.randrange(1, 9)
    with scratch() as database:
        store(database, cases)
        answers = TASKS[task](exercise, database, cases, dice)
        return [answers, database.other_connection(STORED)]


def app(module, name):
    """Return what a module of the sql adapter has under this name, as this lesson sees it."""
    return getattr(importlib.import_module(f"case_tracker.adapters.sql.{module}"), name)


def store(database, cases):
    """Store cases past the mapper, at the versions that they say."""
    rows = app("bulk", "SqlCaseImport")
    with database.session_factory.begin() as session:
        rows(session).add_all(cases)


def mapper(_exercise, database, cases, dice):
    """New records keep their version; of two Sessions that read a row, the second is refused."""
    record = app("models", "CaseRecord")
    with database.session_factory.begin() as session:
        session.add(record(id="NEW", title="new", status="DRAFT", version=dice.randrange(2, 99)))
    answers = []
    steps = dice.sample((0, 1, 1), 3)  # a change of the title alone is no new version
    for step, case in zip(steps, dice.sample(cases, 3), strict=True):
        with database.session_factory() as first, database.session_factory() as second:
            mine, other = (s.get(record, case.id.value) for s in (first, second))
            first.commit()
            second.commit()
            other.title, other.version = dice.choice(WORDS), other.version + step
            second.commit()
            mine.title = "mine"
            answers += [step, outcome(first.commit)]
    return answers


def translation(exercise, database, cases, dice):
    """A stale record and other errors, as they leave a unit of work."""
    from sqlalchemy.orm.exc import StaleDataError

    record, unit_of_work = app("models", "CaseRecord"), app("units", "SqlUnitOfWork")
    case_id = dice.choice(cases).id.value
    with unit_of_work(database.session_factory) as unit:
        mine = unit.session.get(record, case_id)
        unit.session.commit()
        rename(database, case_id, "another")
        mine.title = "mine"
        answers = [outcome(unit.commit)]
    errors = (StaleDataError("x"), ValueError("x"), KeyError("x"))
    return answers + [type(outcome(exercise.translate_stale, error)).__name__ for error in errors]


def advance(_exercise, database, cases, dice):
    """Fresh cases are saved and counted, with a note alone, too; stale ones are refused."""
    answers = []
    repository = app("repository", "SqlAlchemyCaseRepository")
    for late, case in zip(dice.sample((0, -1, 1), 3), dice.sample(cases, 3), strict=True):
        case.version += late
        before, case.title = case.version, dice.choice((case.title, "changed"))
        case.add_note(Note("one more"))
        with database.session_factory() as session:
            answers.append(outcome(repository(session).save, case))
            session.commit()
        answers.append(case.version - before)
    with database.session_factory() as session:
        noted = repository(session).get(dice.choice(cases).id)
        noted.add_note(Note("a note alone"))
        answers.append(outcome(repository(session).save, noted))
        session.commit()
    return answers


def update(exercise, database, cases, dice):
    """One UPDATE, sent for several cases and versions; how many rows each one found."""
    statement = exercise.versioned_update(app("tables", "CASES"), "title", "status")
    found = []
    for case in [*dice.sample(cases, 3), Case(CaseId("NONE"), "none")]:
        for version in (case.version, case.version, case.version + 1, case.version + 2):
            new = {"new_title": dice.choice(WORDS), "new_status": "CLOSED"}
            ids = {"row_id": case.id.value, "version_read": version}
            with database.session_factory.begin() as session:
                result = outcome(session.execute, statement, new | ids)
            found.append(getattr(result, "rowcount", result))
    return found


def write(exercise, database, cases, dice):
    """Whether each case found its row, its version afterwards, and that one statement is enough."""
    statement = exercise.versioned_update(app("tables", "CASES"), "title")
    answers = []
    chosen = [*dice.sample(cases, 3), Case(CaseId("NONE"), "none")]
    for late, case in zip([*dice.sample((0, -1, 1), 3), 0], chosen, strict=True):
        case.version += late
        with database.session_factory.begin() as session, Recorder(database.engine) as sent:
            before = database.other_connection(STORED)
            answer = outcome(exercise.write_version, session, statement, case, title="written")
            answers.append(database.other_connection(STORED) == before)
        answers.append([answer if isinstance(answer, str) else bool(answer), case.version])
        answers.append(sent.count() <= 1)
    return answers


def expected(exercise, database, cases, dice):
    """Which of several versions that a client names are let through."""
    units = app("units", "SqlUnitsOfWork")(database.engine)
    rename_case = importlib.import_module("case_tracker.services.rename_case").rename_case
    answers = []
    for case in dice.sample(cases, 3):
        for named in (case.version, case.version, None, 0, -1, 99):
            said = outcome(rename_case, units, case.id, "renamed", expected_version=named)
            answers.append(getattr(said, "version", said))
    return answers


TASKS = {1: mapper, 2: translation, 3: advance, 4: update, 5: write, 6: expected}
