"""The five checks. The benchmark hands the same functions to every grader."""

import pytest
from sqlalchemy import create_engine
from sqlalchemy.orm import Session


def stored(exercise):
    engine = create_engine("sqlite://")
    exercise.Base.metadata.create_all(engine)
    session = Session(engine)
    for number in (3, 1, 2):
        session.add(exercise.CaseRecord(id=f"CASE-{number}", title=f"case {number}"))
    session.commit()
    return session


def close(session):
    engine = session.get_bind()
    session.close()
    engine.dispose()


@pytest.mark.task(1)
def test_add(exercise):
    session = stored(exercise)
    exercise.add(session, "CASE-4", "late report")
    session.commit()
    assert session.get(exercise.CaseRecord, "CASE-4").title == "late report"
    close(session)


@pytest.mark.task(2)
def test_title_of(exercise):
    session = stored(exercise)
    assert exercise.title_of(session, "CASE-2") == "case 2"
    assert exercise.title_of(session, "CASE-9") is None
    close(session)


@pytest.mark.task(3)
def test_titles(exercise):
    session = stored(exercise)
    assert exercise.titles(session) == ["case 1", "case 2", "case 3"]
    close(session)


@pytest.mark.task(4)
def test_rename(exercise):
    session = stored(exercise)
    exercise.rename(session, "CASE-2", "new")
    session.commit()
    assert session.get(exercise.CaseRecord, "CASE-2").title == "new"
    close(session)


@pytest.mark.task(5)
def test_count(exercise):
    session = stored(exercise)
    assert exercise.count(session) == 3
    close(session)
