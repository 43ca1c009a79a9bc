"""The tables of a SQL database, taken from revision to revision. Never makes a table by itself."""

import io
import re
import threading
from pathlib import Path
from typing import Any

from sqlalchemy import Engine, String, column, inspect, select, table
from sqlalchemy.exc import OperationalError, ProgrammingError

from case_tracker.adapters.sql.errors import translated_errors
from case_tracker.domain.errors import (
    InvalidValueError,
    SchemaOutdatedError,
    SchemaTooNewError,
    SchemaUnknownError,
)
from case_tracker.ports.schema import Revision

_VERSION_TABLE = "alembic_version"
_CURRENT = select(column("version_num", String)).select_from(table(_VERSION_TABLE))
_VERSIONS = Path(__file__).with_name("migrations") / "versions"
_FILE_NAME = re.compile(r"(\d{4})_(\d\d)_(\d\d)_(?P<id>\d{4})_(?P<slug>\w+)\.py")
_ONE_AT_A_TIME = threading.Lock()  # Alembic keeps what it works on in a global


class SqlSchema:
    """The tables that an engine reaches."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def current(self) -> str | None:
        """Return the revision that the tables are at; None when there are none. Emits 1 SELECT."""
        with translated_errors(), self._engine.connect() as connection:
            try:
                return connection.scalar(_CURRENT)
            except (OperationalError, ProgrammingError):
                connection.rollback()
                if inspect(connection).has_table(_VERSION_TABLE):
                    raise
                return None

    @staticmethod
    def history() -> list[Revision]:
        """Return every revision that this program knows, oldest first.

        Read from the names of the files: a start of the program does not wait for Alembic.
        """
        matches = [_FILE_NAME.fullmatch(path.name) for path in _VERSIONS.glob("*.py")]
        revisions = [_revision(match) for match in matches if match]
        return sorted(revisions, key=lambda revision: revision.id)

    def check(self) -> None:
        """Let the program go on when the tables are the ones it works with. Emits 1 SELECT.

        Raises:
            SchemaOutdatedError: they are older, or there are none.
            SchemaTooNewError: they are newer.
        """
        found, newest = self._known(self.current()), self.history()[-1].id
        if found != newest:
            raise SchemaOutdatedError(found, newest)

    def is_current(self) -> bool:
        """Say whether the tables are the ones this program works with. Emits 1 SELECT."""
        return self.current() == self.history()[-1].id

    def upgrade(self, revision: str = "head") -> None:
        """Take the tables to a newer revision, all the way or not at all.

        Raises:
            CaseTrackerError: nothing was changed; see `ports.schema`.
        """
        if self._known(self.current()) is None and inspect(self._engine).has_table("cases"):
            raise SchemaUnknownError("cases")
        self._run("upgrade", revision)

    def downgrade(self, revision: str) -> None:
        """Take the tables back to an older revision; what it did not have is lost.

        Raises:
            CaseTrackerError: nothing was changed; see `ports.schema`.
        """
        self._known(self.current())
        self._run("downgrade", revision)

    def upgrade_script(self) -> str:
        """Return the SQL that an upgrade would send. Changes nothing."""
        output = io.StringIO()
        start = self._known(self.current()) or "base"
        self._run("upgrade", f"{start}:head", output, sql=True)
        return output.getvalue()

    def close(self) -> None:
        """Close the connections that wait in the pool."""
        self._engine.dispose()

    def _known(self, revision: str | None) -> str | None:
        ids = [each.id for each in self.history()]
        if revision is not None and revision not in ids:
            raise SchemaTooNewError(revision, ids[-1])
        return revision

    def _run(
        self, name: str, revision: str, output: io.StringIO | None = None, **options: Any
    ) -> None:
        from alembic import command, util  # noqa: PLC0415 - slow to import, and seldom needed
        from alembic.config import Config  # noqa: PLC0415 - the same

        config = Config(output_buffer=output, attributes={"engine": self._engine})
        config.set_main_option("script_location", str(_VERSIONS.parent).replace("%", "%%"))
        with _ONE_AT_A_TIME, translated_errors():
            try:
                getattr(command, name)(config, revision, **options)
            except util.CommandError as error:
                rule = "is one that 'case-tracker db history' shows, in the right direction"
                raise InvalidValueError("revision", revision, rule) from error


def _revision(match: "re.Match[str]") -> Revision:
    year, month, day, number, slug = match.groups()
    return Revision(number, f"{year}-{month}-{day}", slug.replace("_", " "))
