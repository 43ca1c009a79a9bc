"""What the OpenAPI document says about values. Never checks one: the domain does, in its words."""

from typing import Annotated, Any

from fastapi import Path, Query
from pydantic import Field
from pydantic.json_schema import SkipJsonSchema

from case_tracker.domain.case import (
    ID_PATTERN,
    MAX_ID_LENGTH,
    MAX_NOTE_LENGTH,
    MAX_REFERENCE_LENGTH,
    MAX_TITLE_LENGTH,
)

# No NUL, and at least one character that Python does not take for white space.
_NOT_BLANK = r"^[^\x00]*[^\s\x00\x1c-\x1f\x85][^\x00]*$"
_ID: dict[str, Any] = {
    "pattern": f"^{ID_PATTERN}$",
    "minLength": 1,
    "maxLength": MAX_ID_LENGTH,
    "examples": ["CASE-001"],
}


def _text(longest: int) -> dict[str, Any]:
    return {"pattern": _NOT_BLANK, "minLength": 1, "maxLength": longest}


IdOfPath = Annotated[str, Path(json_schema_extra=_ID)]
IdOfQuery = Annotated[str | SkipJsonSchema[None], Query(json_schema_extra=_ID)]
Id = Annotated[str, Field(json_schema_extra=_ID)]
Title = Annotated[str, Field(json_schema_extra=_text(MAX_TITLE_LENGTH))]
Reference = Annotated[str, Field(json_schema_extra=_text(MAX_REFERENCE_LENGTH))]
NoteText = Annotated[str, Field(json_schema_extra=_text(MAX_NOTE_LENGTH))]
