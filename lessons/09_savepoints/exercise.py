"""Many cases, each on its own: a bad one does not cost the good ones. Never commits."""

from collections.abc import Iterable

from sqlalchemy.orm import Session

from case_tracker.adapters.sql.bulk import SqlCaseImport
from case_tracker.adapters.sql.clashes import clashing_case
from case_tracker.adapters.sql.errors import translated_errors
from case_tracker.domain.audit import Actor, AuditEvent
from case_tracker.domain.case import Case
from case_tracker.domain.errors import CaseAlreadyExistsError, ConstraintViolatedError
from case_tracker.ports.repository import AuditEventRepository
from case_tracker.ports.row_import import Refusal

REFUSED = (CaseAlreadyExistsError, ConstraintViolatedError)


class SqlRowImport:
    """The way in for many cases, in the Session and with the audit trail of one unit of work."""

    def __init__(self, session: Session, audit_events: AuditEventRepository) -> None:
        self._session = session
        self._imports = SqlCaseImport(session)
        self._audit_events = audit_events

    def add_each(self, cases: Iterable[Case], actor: Actor) -> list[Refusal]:
        """Write each case that can be stored; return the others with the reason, in their order.

        A case that clashes with a stored one leaves an event there, `import_refused`. Cases and
        events are stored together by the caller's commit, or not at all. Any error that is not
        about one row leaves this function: then nobody knows which rows are good.
        """
        # TODO 9.2: leave an event at the stored case that the refused one clashes with
        refusals = []
        for case in cases:
            try:
                self._add(case)
            except REFUSED as reason:
                refusals.append(Refusal(case, reason))
        return refusals

    def _add(self, case: Case) -> None:
        """Write one case with its notes. Refused, it leaves nothing behind, and all others stay.

        Raises:
            CaseAlreadyExistsError: its id is taken.
            ReferenceTakenError: its reference is taken; it is a CaseAlreadyExistsError, too.
            ConstraintViolatedError: it breaks another rule of the database.
        """
        # TODO 9.1: a refused case must cost no other case, and leave no half of itself behind
        try:
            with translated_errors():
                self._imports.add_all([case])
        except REFUSED:
            self._session.rollback()
            raise
