"""The test for the forgotten commit. Never knows how a Unit of Work is built."""

from collections.abc import Callable

from case_tracker.domain.case import Case, CaseId
from case_tracker.ports.unit_of_work import UnitOfWork


def test_a_forgotten_commit_stores_nothing(
    new_unit: Callable[[], UnitOfWork], committed_ids: Callable[[], list[str]]
) -> None:
    """Pass for units that store a case when commit() is called, and only then.

    `new_unit()` makes a unit; all of them work on one database, which is empty at first.
    `committed_ids()` asks a second connection which cases are stored, ordered by id.

    Raises:
        AssertionError: a case without commit() was stored, however late, or commit() stored none.
    """
    with new_unit() as unit:
        unit.cases.add(Case(CaseId("CASE-001"), "Nobody commits this"))
    assert committed_ids() == []

    # What was forgotten must not come along later. And a unit that stores nothing is no use.
    with new_unit() as unit:
        unit.cases.add(Case(CaseId("CASE-002"), "Somebody commits this"))
        unit.commit()
    assert committed_ids() == ["CASE-002"]
