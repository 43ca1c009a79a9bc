"""The routes: translate the request, call one service, translate the result. No rule lives here."""

from typing import Annotated

from fastapi import APIRouter, Depends, Query, status

from case_tracker.domain.audit import Actor
from case_tracker.domain.case import CaseId
from case_tracker.domain.status import CaseStatus
from case_tracker.entrypoints.api.schemas import (
    AddNoteRequest,
    AuditEventResponse,
    CasePageResponse,
    CaseResponse,
    OpenCaseRequest,
    TransitionRequest,
)
from case_tracker.entrypoints.wiring import units_of
from case_tracker.ports.unit_of_work import UnitsOfWork
from case_tracker.services.add_note import add_note
from case_tracker.services.open_case import open_case
from case_tracker.services.read_cases import MAX_PAGE, case_history, list_cases, show_case
from case_tracker.services.transition_case import transition_case

router = APIRouter(prefix="/cases", tags=["cases"])
Units = Annotated[UnitsOfWork, Depends(units_of)]
ANONYMOUS = Actor("anonymous")


@router.post("", status_code=status.HTTP_201_CREATED)
def post_case(units: Units, body: OpenCaseRequest) -> CaseResponse:
    """Open a case."""
    case = open_case(units, CaseId(body.id), body.title, reference=body.reference)
    return CaseResponse.of(case)


@router.get("")
def get_cases(
    units: Units,
    status: CaseStatus | None = None,
    limit: Annotated[int, Query(ge=1, le=MAX_PAGE)] = 20,
    offset: Annotated[int, Query(ge=0, le=10**9)] = 0,
) -> CasePageResponse:
    """List cases, a page at a time."""
    return CasePageResponse.of(list_cases(units, status, limit=limit, offset=offset))


@router.get("/{case_id}")
def get_case(units: Units, case_id: str) -> CaseResponse:
    """Show one case."""
    return CaseResponse.of(show_case(units, CaseId(case_id)))


@router.post("/{case_id}/notes", status_code=status.HTTP_201_CREATED)
def post_note(units: Units, case_id: str, body: AddNoteRequest) -> CaseResponse:
    """Write a note on a case."""
    return CaseResponse.of(add_note(units, CaseId(case_id), body.text))


@router.post("/{case_id}/transitions")
def post_transition(units: Units, case_id: str, body: TransitionRequest) -> CaseResponse:
    """Take one step of the workflow."""
    return CaseResponse.of(transition_case(units, CaseId(case_id), body.target_status, ANONYMOUS))


@router.get("/{case_id}/history")
def get_history(units: Units, case_id: str) -> list[AuditEventResponse]:
    """Show the audit trail of a case, oldest event first."""
    return [AuditEventResponse.of(event) for event in case_history(units, CaseId(case_id))]
