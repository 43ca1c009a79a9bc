"""The tables of a database and their history. Never says how they are changed."""

from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True)
class Revision:
    """One step in the history of the tables."""

    id: str
    date: str
    title: str


class Schema(Protocol):
    """The tables of one database."""

    def current(self) -> str | None:
        """Return the revision that the tables are at; None when there are none."""
        ...

    def history(self) -> list[Revision]:
        """Return every revision that this program knows, oldest first."""
        ...

    def check(self) -> None:
        """Let the program go on when the tables are the ones it works with.

        Raises:
            SchemaOutdatedError: they are older, or there are none.
            SchemaTooNewError: they are newer.
        """
        ...

    def is_current(self) -> bool:
        """Say whether the tables are the ones this program works with."""
        ...

    def upgrade(self, revision: str = "head") -> None:
        """Take the tables to a newer revision, all the way or not at all.

        Raises:
            InvalidValueError: there is no such revision.
            ConstraintViolatedError: a row that is there breaks a new rule.
            DatabaseBusyError: somebody else works on the tables; nothing was changed.
            SchemaTooNewError: the tables belong to a newer program.
            SchemaUnknownError: there are tables that no migration made.
        """
        ...

    def downgrade(self, revision: str) -> None:
        """Take the tables back to an older revision; what it did not have is lost.

        Raises: what upgrade() raises.
        """
        ...

    def upgrade_script(self) -> str:
        """Return the SQL that an upgrade would send, for somebody else to run. Changes nothing."""
        ...

    def close(self) -> None:
        """Close the connections."""
        ...
