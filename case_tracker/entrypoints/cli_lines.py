"""One line of an import file becomes a case. Never looks into the database."""

from pydantic import BaseModel, ConfigDict, ValidationError

from case_tracker.domain.case import Case, CaseId, Note
from case_tracker.domain.errors import InvalidValueError
from case_tracker.domain.status import CaseStatus


class _Line(BaseModel):
    model_config = ConfigDict(extra="forbid")

    id: str
    title: str
    status: CaseStatus = CaseStatus.DRAFT
    reference: str | None = None
    notes: list[str] = []

    def to_case(self) -> Case:
        notes = [Note(text) for text in self.notes]
        return Case(CaseId(self.id), self.title, self.status, notes, self.reference)


def case_of(text: bytes) -> Case:
    """Return the case that this JSON object describes.

    Raises:
        ValueError: it describes none; the message says why, in one line.
    """
    try:
        return _Line.model_validate_json(text).to_case()
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(map(str, first["loc"]))
        message = f"{where}: {first['msg']}" if where else first["msg"]
    except InvalidValueError as error:
        message = str(error)
    raise ValueError(message)
