"""How the database finds a page: its plan, not its time."""

import pytest
from sqlalchemy import event

from case_tracker.adapters.sql.engine import build_engine
from case_tracker.adapters.sql.units import SqlUnitsOfWork
from case_tracker.domain.case import CaseId
from case_tracker.domain.status import CaseStatus


@pytest.mark.parametrize("status", [None, CaseStatus.CLOSED])
def test_a_page_behind_an_id_is_searched_for(sqlite_url, status):
    """The last of 100,000 cases costs what the first one costs: nothing is skipped or sorted."""
    engine = build_engine(sqlite_url)
    sent = []
    event.listen(engine, "before_cursor_execute", lambda *call: sent.append(call[2:4]))

    with SqlUnitsOfWork(engine).read() as unit:
        unit.pages.page(status, limit=20, after=CaseId("CASE-090000"))

    statement, parameters = next(call for call in sent if call[0].startswith("SELECT"))
    with engine.connect() as connection:
        rows = connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", parameters).all()
    engine.dispose()
    (step,) = [row[3] for row in rows]
    assert step.startswith("SEARCH cases USING INDEX")
    assert "id>?" in step
