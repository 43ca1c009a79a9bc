"""The question is asked before anything can go wrong."""


def test_a_forgotten_commit_stores_nothing(new_unit, committed_ids):
    with new_unit() as unit:
        unit.cases.add(Case(CaseId("CASE-001"), "Nobody commits this"))
        assert committed_ids() == []
