"""The commit comes first; and a new unit is asked as well as the second connection."""

from __future__ import annotations

from typing import TYPE_CHECKING

from case_tracker.domain.case import Case, CaseId

if TYPE_CHECKING:
    from collections.abc import Callable

    from case_tracker.ports.unit_of_work import UnitOfWork


def test_a_forgotten_commit_stores_nothing(
    new_unit: Callable[[], UnitOfWork], committed_ids: Callable[[], list[str]]
) -> None:
    for number in ("1", "2"):
        with new_unit() as unit:
            unit.cases.add(Case(CaseId(f"STORED-{number}"), "committed"))
            unit.commit()
        with new_unit() as unit:
            unit.cases.add(Case(CaseId(f"FORGOTTEN-{number}"), "not committed"))

    with new_unit() as unit:
        seen = [case.id.value for case in unit.cases.list()]
    assert seen == ["STORED-1", "STORED-2"], f"a new unit sees {seen}"
    assert committed_ids() == seen, f"a new unit sees {seen}, a second connection does not"
