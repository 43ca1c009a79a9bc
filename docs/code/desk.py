"""What the examples of the pages share: an empty database, cases in it, and a counter."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory

from sqlalchemy import Engine
from sqlalchemy.orm import Session

from case_tracker.adapters.sql.engine import build_engine
from case_tracker.adapters.sql.models import CaseNoteRecord, CaseRecord
from case_tracker.adapters.sql.tables import METADATA
from workbook.lens.recorder import Recorder


@contextmanager
def empty_database() -> Iterator[Engine]:
    """Give the block an engine on a new SQLite file with the tables of case_tracker."""
    with TemporaryDirectory() as folder:
        engine = build_engine(f"sqlite:///{Path(folder) / 'cases.db'}")
        METADATA.create_all(engine)
        yield engine
        engine.dispose()


@contextmanager
def database(cases: int = 1, notes: int = 0) -> Iterator[Engine]:
    """Give the block the same with CASE-001, CASE-002 … and the notes of each."""
    with empty_database() as engine:
        with Session(engine) as session:
            session.add_all(record(number, notes) for number in range(1, cases + 1))
            session.commit()
        yield engine


def record(number: int, notes: int = 0) -> CaseRecord:
    """Return a new record, with so many notes."""
    now = datetime.now(UTC)
    written = [CaseNoteRecord(text=f"note {n}", created_at=now) for n in range(1, notes + 1)]
    return CaseRecord(id=f"CASE-{number:03}", title="Late report", status="DRAFT", notes=written)


def counted(engine: Engine) -> Recorder:
    """Return a recorder for a block; `count()` is the number of statements."""
    return Recorder(engine)
