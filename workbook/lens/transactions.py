"""When a transaction really begins and ends on one driver connection.

Never asks the database: the driver's own attributes and SQLAlchemy's announcements are enough.

SQLAlchemy announces BEGIN, COMMIT and ROLLBACK also where the driver is in autocommit and does
nothing. The usual SQLite recipe is of that kind: a "begin" listener sends `BEGIN IMMEDIATE` as
text. So what is open is decided by the announcement where the driver manages transactions, and by
the text that was sent, or the driver's own word, where it does not.
"""

from dataclasses import dataclass

from sqlalchemy import Connection

from workbook.lens.drafts import Draft
from workbook.lens.stack import Call


@dataclass(slots=True)
class Transaction:
    """The state of one driver connection, as far as this recorder has seen it.

    `begun` is a BEGIN that nothing has followed yet: its text and its announcement meet there.
    `announced` are the calls that made SQLAlchemy announce a BEGIN that has to be sent as text.
    `ended` is the COMMIT or ROLLBACK that came last.
    `connection` is the number of the Connection that used it last.
    """

    open: bool | None = None
    begun: Draft | None = None
    announced: list[Call] | None = None
    ended: Draft | None = None
    connection: int = 0

    def start(self, draft: Draft) -> None:
        """A BEGIN was sent."""
        self.open, self.begun, self.ended, self.announced = True, draft, None, None

    def end(self, draft: Draft) -> None:
        """A COMMIT or ROLLBACK was sent."""
        self.open, self.begun, self.ended, self.announced = False, None, draft, None

    def fail(self, draft: Draft) -> None:
        """A BEGIN that failed opened nothing; a COMMIT that failed closed nothing."""
        if draft is self.begun:
            self.open, self.begun = False, None
        elif draft is self.ended:
            self.open, self.ended = True, None

    def is_open(self, conn: Connection) -> bool:
        """Tell whether there is something to commit or to roll back."""
        if not driver_is_autocommit(conn):
            return self.open is not False  # None: the recorder came later than the BEGIN
        said = driver_in_transaction(conn.connection.driver_connection)
        return self.open is True if said is None else said


def driver_is_autocommit(conn: Connection) -> bool:
    """Tell whether the driver leaves BEGIN to whoever sends it as text."""
    dbapi = conn.connection.dbapi_connection
    try:
        return dbapi is not None and bool(conn.dialect.detect_autocommit_setting(dbapi))
    except NotImplementedError:
        return False


def driver_in_transaction(driver_connection: object) -> bool | None:
    """Return what sqlite3 and aiosqlite know about themselves; None where a driver is silent."""
    said = getattr(driver_connection, "in_transaction", None)
    return said if isinstance(said, bool) else None


def is_alone(conn: Connection) -> bool:
    """Tell whether the next statement is a transaction of its own: autocommit, and no BEGIN."""
    if not driver_is_autocommit(conn):
        return False
    return not driver_in_transaction(conn.connection.driver_connection)
