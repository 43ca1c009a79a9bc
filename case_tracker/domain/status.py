"""The workflow of a case: its states and the steps between them. Never stores anything."""

from enum import StrEnum


class CaseStatus(StrEnum):
    """Where a case stands. The values are what the database and the API show."""

    DRAFT = "DRAFT"
    SUBMITTED = "SUBMITTED"
    UNDER_REVIEW = "UNDER_REVIEW"
    APPROVED = "APPROVED"
    REJECTED = "REJECTED"
    RETURNED = "RETURNED"
    CLOSED = "CLOSED"

    @property
    def next_steps(self) -> frozenset["CaseStatus"]:
        """The states a case can go to from here; empty for CLOSED."""
        return _STEPS[self]


_STEPS: dict[CaseStatus, frozenset[CaseStatus]] = {
    CaseStatus.DRAFT: frozenset({CaseStatus.SUBMITTED}),
    CaseStatus.SUBMITTED: frozenset({CaseStatus.UNDER_REVIEW}),
    CaseStatus.UNDER_REVIEW: frozenset(
        {CaseStatus.APPROVED, CaseStatus.REJECTED, CaseStatus.RETURNED}
    ),
    CaseStatus.APPROVED: frozenset({CaseStatus.CLOSED}),
    CaseStatus.REJECTED: frozenset({CaseStatus.CLOSED}),
    CaseStatus.RETURNED: frozenset({CaseStatus.SUBMITTED}),
    CaseStatus.CLOSED: frozenset(),
}
