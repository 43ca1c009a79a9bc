"""The routes: translate the request, call one service, translate the result. No rule lives here."""

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query, Request, Response, status
from pydantic.json_schema import SkipJsonSchema

from case_tracker.domain.audit import Actor
from case_tracker.domain.case import Case, CaseId
from case_tracker.domain.status import CaseStatus
from case_tracker.entrypoints.api.documents import IdOfPath, IdOfQuery
from case_tracker.entrypoints.api.etag import ExpectedVersion, etag
from case_tracker.entrypoints.api.middleware import actor_of
from case_tracker.entrypoints.api.problems import documented
from case_tracker.entrypoints.api.schemas import (
    AddNoteRequest,
    AuditEventResponse,
    CasePageResponse,
    CaseResponse,
    OpenCaseRequest,
    RenameCaseRequest,
    TransitionRequest,
)
from case_tracker.entrypoints.wiring import units_of
from case_tracker.ports.unit_of_work import UnitsOfWork
from case_tracker.services.add_note import add_note
from case_tracker.services.open_case import open_case
from case_tracker.services.read_cases import (
    MAX_OFFSET,
    MAX_PAGE,
    case_history,
    list_cases,
    show_case,
)
from case_tracker.services.rename_case import rename_case
from case_tracker.services.transition_case import transition_case

router = APIRouter(prefix="/cases", tags=["cases"], responses=documented(400, 401, 422, 500, 503))
Units = Annotated[UnitsOfWork, Depends(units_of)]
By = Annotated[Actor, Depends(actor_of)]
Limit = Annotated[int, Query(ge=1, le=MAX_PAGE)]
Offset = Annotated[int, Query(ge=0, le=MAX_OFFSET)]
Status = Annotated[CaseStatus | SkipJsonSchema[None], Query()]
_TAGGED: dict[str, Any] = {
    "headers": {"ETag": {"description": "the version", "schema": {"type": "string"}}}
}
_COMMAND = documented(404, 409, 412, 428)


@router.post("", status_code=status.HTTP_201_CREATED, responses={201: _TAGGED, **documented(409)})
def post_case(units: Units, body: OpenCaseRequest, response: Response) -> CaseResponse:
    """Open a case."""
    case = open_case(units, CaseId(body.id), body.title, reference=body.reference)
    response.headers["Location"] = f"/cases/{case.id.value}"
    return tagged(response, case)


@router.get("")
def get_cases(
    units: Units,
    request: Request,
    status: Status = None,
    limit: Limit = 20,
    offset: Offset = 0,
    after: IdOfQuery = None,
) -> CasePageResponse:
    """List cases by id, a page at a time. `next` leads on, at the same cost on every page."""
    behind = None if after is None else CaseId(after)
    page = list_cases(units, status, limit=limit, offset=offset, after=behind)
    return CasePageResponse.of(page, next_page(request, page.next_after))


@router.get("/{case_id}", responses={200: _TAGGED, **documented(404)})
def get_case(units: Units, case_id: IdOfPath, response: Response) -> CaseResponse:
    """Show one case."""
    return tagged(response, show_case(units, CaseId(case_id)))


@router.patch("/{case_id}", responses={200: _TAGGED, **_COMMAND})
def patch_case(
    units: Units,
    case_id: IdOfPath,
    body: RenameCaseRequest,
    response: Response,
    expected: ExpectedVersion,
) -> CaseResponse:
    """Give a case another title."""
    case = rename_case(units, CaseId(case_id), body.title, expected_version=expected)
    return tagged(response, case)


@router.post(
    "/{case_id}/notes",
    status_code=status.HTTP_201_CREATED,
    responses={201: _TAGGED, **_COMMAND},
)
def post_note(
    units: Units,
    case_id: IdOfPath,
    body: AddNoteRequest,
    response: Response,
    expected: ExpectedVersion,
    actor: By,
) -> CaseResponse:
    """Write a note on a case."""
    case = add_note(units, CaseId(case_id), body.text, actor, expected_version=expected)
    return tagged(response, case)


@router.post("/{case_id}/transitions", responses={200: _TAGGED, **_COMMAND})
def post_transition(
    units: Units,
    case_id: IdOfPath,
    body: TransitionRequest,
    response: Response,
    expected: ExpectedVersion,
    actor: By,
) -> CaseResponse:
    """Take one step of the workflow."""
    target = body.target_status
    case = transition_case(units, CaseId(case_id), target, actor, expected_version=expected)
    return tagged(response, case)


@router.get("/{case_id}/history", responses=documented(404))
def get_history(units: Units, case_id: IdOfPath) -> list[AuditEventResponse]:
    """Show the audit trail of a case, oldest event first."""
    return [AuditEventResponse.of(event) for event in case_history(units, CaseId(case_id))]


def tagged(response: Response, case: Case) -> CaseResponse:
    """Show a case, with its version as the entity tag."""
    response.headers["ETag"] = etag(case.version)
    return CaseResponse.of(case)


def next_page(request: Request, after: CaseId | None) -> str | None:
    """Return the address of the page that begins behind this id; None when there is none."""
    if after is None:
        return None
    url = request.url.remove_query_params("offset").include_query_params(after=after.value)
    return f"{url.path}?{url.query}"
