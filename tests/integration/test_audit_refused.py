"""The database refuses the audit event: the case stays as it was, and the caller is told."""

import pytest
from sqlalchemy import create_engine, text

from case_tracker.bootstrap import build_units
from case_tracker.domain.audit import Actor
from case_tracker.domain.case import CaseId
from case_tracker.domain.errors import ConstraintViolatedError
from case_tracker.domain.status import CaseStatus
from case_tracker.services.delete_case import delete_case
from case_tracker.services.open_case import open_case
from case_tracker.services.read_cases import case_history, show_case
from case_tracker.services.transition_case import transition_case

LATE = CaseId("CASE-001")
ANN = Actor("ann")
FUNCTION = """
    CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
    RAISE EXCEPTION 'no events today' USING ERRCODE = 'check_violation', CONSTRAINT = 'ck_today';
    END $$"""
AT_INSERT = "CREATE TRIGGER no_events BEFORE INSERT ON audit_events "
AT_COMMIT = """
    CREATE CONSTRAINT TRIGGER no_events AFTER INSERT ON audit_events
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION refuse()"""
REFUSALS = {
    "sqlite, at the INSERT": [AT_INSERT + "BEGIN SELECT RAISE(ABORT, 'no events today'); END"],
    "postgresql, at the INSERT": [FUNCTION, AT_INSERT + "FOR EACH ROW EXECUTE FUNCTION refuse()"],
    "postgresql, at the COMMIT": [FUNCTION, AT_COMMIT],
}


@pytest.fixture(params=REFUSALS)
def units(request):
    """Units of work on one case, and on a database that takes no audit event."""
    name = "sqlite_url" if request.param.startswith("sqlite") else "postgres_url"
    url = request.getfixturevalue(name)
    engine = create_engine(url)
    with engine.begin() as connection:
        for statement in REFUSALS[request.param]:
            connection.execute(text(statement))
    engine.dispose()
    units = build_units(url)
    open_case(units, LATE, "Late report")
    yield units
    units.close()


@pytest.mark.parametrize(
    "command",
    [
        lambda units: transition_case(units, LATE, CaseStatus.SUBMITTED, ANN),
        lambda units: delete_case(units, LATE, ANN),
    ],
    ids=["transition", "delete"],
)
def test_a_refused_event_undoes_the_change_and_reaches_the_caller(units, command):
    """Nothing happens to a case that its trail does not tell."""
    with pytest.raises(ConstraintViolatedError):
        command(units)

    case = show_case(units, LATE)
    assert (case.status, case.version) == (CaseStatus.DRAFT, 1)
    assert list(case_history(units, LATE)) == []
