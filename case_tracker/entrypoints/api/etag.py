"""The version of a case, spoken as HTTP: ETag out, If-Match in. Never compares: the service does.

Source: RFC 9110, 8.8.3 "ETag" and 13.1.1 "If-Match"; RFC 6585, 3 "428 Precondition Required"
"""

import re
from typing import Annotated

from fastapi import Depends, FastAPI, Header, Request
from pydantic.json_schema import SkipJsonSchema

from case_tracker.entrypoints.api.problems import RefusedError

_TAG = re.compile(r'(?:W/)?"[\x21\x23-\x7e\x80-\xff]*"')
_VERSION = re.compile(r'"([1-9][0-9]{0,17})"')


def require_if_match(app: FastAPI, *, required: bool) -> None:
    """Decide whether a command without If-Match is refused."""
    app.state.requires_if_match = required


def etag(version: int) -> str:
    """Return the entity tag of a case at this version: `"3"`."""
    return f'"{version}"'


async def expected_version(
    request: Request,
    if_match: Annotated[
        str | SkipJsonSchema[None],
        Header(
            description="The ETag of the case as you have seen it, or * for any version.",
            json_schema_extra={"pattern": r'^(\*|"[1-9][0-9]{0,17}")$', "examples": ['"3"']},
        ),
    ] = None,
) -> int | None:
    """Return the version that the client has seen; None when any version will do.

    Raises:
        RefusedError: 428 when the header is required and missing, 400 when it is no entity tag,
            412 when it is one that no case can have.
    """
    if if_match is None:
        if request.app.state.requires_if_match:
            raise RefusedError(428, "send If-Match with the ETag that GET of the case returned")
        return None
    if if_match == "*":
        return None
    if not _TAG.fullmatch(if_match):
        raise RefusedError(400, "If-Match is one entity tag in double quotes, or *")
    version = _VERSION.fullmatch(if_match)
    if version is None:  # a weak tag never matches here, and neither does a tag of somebody else
        raise RefusedError(412, "no version of a case has this ETag; read the case again")
    return int(version[1])


def names_a_version(request: Request) -> bool:
    """Say whether the client asked for one version: if so, a conflict is a failed precondition."""
    return request.headers.get("if-match", "*") != "*"


ExpectedVersion = Annotated[int | None, Depends(expected_version)]
