"""A case that is read in order to be changed, where the database can lock one row.

Never used on SQLite: there a writing unit holds the one write lock from its start.
"""

from sqlalchemy import bindparam, select

from case_tracker.adapters.sql.case_store import SqlCaseStore
from case_tracker.adapters.sql.tables import CASES
from case_tracker.domain.case import Case, CaseId

# FOR NO KEY UPDATE: the key never changes, so whoever refers to the case need not wait.
_LOCK = select(CASES.c.version).where(CASES.c.id == bindparam("id")).with_for_update(key_share=True)


class LockingCaseStore(SqlCaseStore):
    """The cases of a writing unit: what get() returns, nobody else changes until the unit ends."""

    def get(self, case_id: CaseId) -> Case:
        """Lock the case, then return it as it is now. Emits 2 SELECTs.

        Raises:
            CaseNotFoundError: no living case has this id.
        """
        # Two statements on purpose. One that locks and reads sees, after it has waited, the new
        # row of the case beside the old rows of its notes.
        self._session.execute(_LOCK, {"id": case_id.value})
        return super().get(case_id)
