"""Every refusal in one form: application/problem+json. Never shows what the client sent as a body.

Source: RFC 9457, "Problem Details for HTTP APIs"
"""

import re
from http import HTTPStatus
from typing import Any

from fastapi.responses import JSONResponse
from pydantic import BaseModel
from starlette.requests import Request

MEDIA_TYPE = "application/problem+json"
REQUEST_ID = "X-Request-ID"
_BETWEEN_WORDS = re.compile(r"(?<=[a-z])(?=[A-Z])")
_MORE_HEADERS: dict[int, dict[str, str]] = {
    401: {"WWW-Authenticate": "Bearer"},
    503: {"Retry-After": "1"},
}


class Problem(BaseModel):
    """Why a request was refused."""

    type: str
    title: str
    status: int
    detail: str
    instance: str
    request_id: str | None = None
    errors: list[dict[str, str]] | None = None


class RefusedError(Exception):
    """A request that HTTP itself forbids; the domain was not asked."""

    def __init__(self, status: int, detail: str) -> None:
        self.status = status
        self.detail = detail
        super().__init__(detail)


def problem(
    request: Request,
    status: int,
    detail: str,
    *,
    error: Exception | None = None,
    errors: list[dict[str, str]] | None = None,
) -> JSONResponse:
    """Return the answer to a refused request.

    An error of the domain gives it a type of its own, `urn:case-tracker:problem:case-not-found`.
    """
    kind, title = _named(error) if error else ("about:blank", HTTPStatus(status).phrase)
    request_id = getattr(request.state, "request_id", None)
    body = Problem(
        type=kind,
        title=title,
        status=status,
        detail=detail,
        instance=request.url.path,
        request_id=request_id,
        errors=errors,
    )
    told = {REQUEST_ID: request_id} if request_id else {}
    headers = _MORE_HEADERS.get(status, {}) | told
    return JSONResponse(body.model_dump(exclude_none=True), status, headers, MEDIA_TYPE)


def documented(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """Return what OpenAPI says about these refusals."""
    return {status: _document(status) for status in statuses}


def _document(status: int) -> dict[str, Any]:
    phrase = HTTPStatus(status).phrase
    example = Problem(
        type="about:blank",
        title=phrase,
        status=status,
        detail="what is wrong, and what to do",
        instance="/cases/CASE-001",
        request_id="4f0c2a",
    )
    content = {
        "schema": Problem.model_json_schema(),
        "example": example.model_dump(exclude_none=True),
    }
    return {"description": phrase, "content": {MEDIA_TYPE: content}}


def _named(error: Exception) -> tuple[str, str]:
    words = _BETWEEN_WORDS.sub(" ", type(error).__name__.removesuffix("Error")).lower()
    return f"urn:case-tracker:problem:{words.replace(' ', '-')}", words.capitalize()
