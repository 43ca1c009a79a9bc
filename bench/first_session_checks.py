"""Eight checks of lesson 00 without a fixture, for graders that run plain functions or cells."""

import pytest
from sqlalchemy import create_engine, func, select
from sqlalchemy.orm import Session


def stored(exercise):
    engine = create_engine("sqlite://")
    exercise.Base.metadata.create_all(engine)
    session = Session(engine)
    for number in (1, 2, 3):
        values = {"id": f"CASE-{number}", "title": f"case {number}", "status": "DRAFT"}
        session.add(exercise.CaseRecord(**values))
    session.commit()
    session.expunge_all()
    return session


def titles(exercise, session):
    rows = session.execute(select(exercise.CaseRecord.id, exercise.CaseRecord.title))
    return dict(map(tuple, rows))


@pytest.mark.task(1)
def test_add(exercise):
    session = stored(exercise)
    exercise.add_case(session, "CASE-4", "late report")
    session.commit()
    assert titles(exercise, session)["CASE-4"] == "late report"


@pytest.mark.task(2)
def test_seen_after_add(exercise):
    assert exercise.SEEN_AFTER_ADD == {"before commit": 0, "after commit": 1}


@pytest.mark.task(3)
def test_get(exercise):
    session = stored(exercise)
    assert exercise.get_case(session, "CASE-2").title == "case 2"
    assert exercise.get_case(session, "CASE-9") is None


@pytest.mark.task(4)
def test_found_before_commit(exercise):
    assert exercise.FOUND_BEFORE_COMMIT == {"the same Session": 1, "another Session": 0}


@pytest.mark.task(5)
def test_rename(exercise):
    session = stored(exercise)
    exercise.rename_case(session, "CASE-2", "new")
    session.commit()
    assert titles(exercise, session)["CASE-2"] == "new"


@pytest.mark.task(6)
def test_seen_after_rename(exercise):
    assert exercise.SEEN_AFTER_RENAME == {"before commit": 0, "after commit": 1}


@pytest.mark.task(7)
def test_delete(exercise):
    session = stored(exercise)
    exercise.delete_case(session, "CASE-2")
    session.commit()
    assert session.scalar(select(func.count()).select_from(exercise.CaseRecord)) == 2


@pytest.mark.task(8)
def test_seen_after_delete(exercise):
    assert exercise.SEEN_AFTER_DELETE == {"before commit": 1, "after commit": 0}
