"""Asking a lesson's probe.py, and what it builds on: a database, seeded data. Judges nothing."""

import importlib
import random
import sqlite3
import tempfile
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from workbook.session import Room

WORDS = ("late", "lost", "open", "wrong", "second", "urgent", "closed", "old", "duplicate", "new")
_EMPTY = "workbook_empty_database"  # where a learner's metadata keeps one, to be copied


@dataclass(frozen=True)
class Scratch:
    """A database of its own: a file, an engine and a session factory of the app."""

    path: Path
    engine: Any
    session_factory: Any

    def other_connection(self, sql: str) -> list[tuple[Any, ...]]:
        """Return what a second connection sees: what is committed, and nothing else."""
        connection = sqlite3.connect(self.path)
        try:
            return connection.execute(sql).fetchall()
        finally:
            connection.close()


class _Keeper:
    """Where databases stay when the block that made them has ended; None: nowhere."""

    def __init__(self) -> None:
        self.folder: Path | None = None
        self.count = 0


_KEEPER = _Keeper()


@contextmanager
def keeping(folder: Path) -> Iterator[None]:
    """Leave the databases of this block in `folder`, as 1.db, 2.db, …: somebody will read them."""
    folder.mkdir(parents=True, exist_ok=True)
    _KEEPER.folder, _KEEPER.count = folder, 0
    try:
        yield
    finally:
        _KEEPER.folder = None


@contextmanager
def database_file(*, keep: bool = True) -> Iterator[Path]:
    """Give the block the path of a database; it is gone afterwards, unless somebody keeps it.

    `keep=False` is for a database that nobody promised anything about.
    """
    folder = _KEEPER.folder
    if folder and keep:
        _KEEPER.count += 1
        yield folder / f"{_KEEPER.count}.db"
        return
    with tempfile.TemporaryDirectory(prefix="workbook-probe-") as temporary:
        yield Path(temporary) / "cases.db"


@contextmanager
def scratch(*, keep: bool = True) -> Iterator[Scratch]:
    """Give the block an empty database with the app's tables; `keep` as for `database_file`."""
    app = importlib.import_module
    with database_file(keep=keep) as path:
        engines = app("case_tracker.adapters.sql.engine")
        # No migration: what the tables look like is for the learner's models to say.
        metadata = app("case_tracker.adapters.sql.audit").AuditEventRecord.metadata
        known = metadata.info.setdefault(_EMPTY, {})
        tables = tuple(metadata.tables.values())
        path.write_bytes(known.get(tables, b""))
        engine = engines.build_engine(f"sqlite:///{path}")
        if tables not in known:
            metadata.create_all(engine)
            with closing(sqlite3.connect(path)) as connection:
                known[tables] = connection.serialize()
        try:
            yield Scratch(path, engine, engines.build_session_factory(engine))
        finally:
            engine.dispose()


def some_cases(seed: int, count: int) -> list[Any]:
    """Return `count` cases with 0 to 3 notes each, in no order, the same for the same seed."""
    case = importlib.import_module("case_tracker.domain.case")
    status = importlib.import_module("case_tracker.domain.status")
    dice = random.Random(seed)  # noqa: S311 - test data, not a secret
    numbers = dice.sample(range(1, 10 * count + 1), count)
    return [
        case.Case(
            case.CaseId(f"CASE-{number:04}"),
            " ".join(dice.sample(WORDS, 3)),
            dice.choice(list(status.CaseStatus)),
            [case.Note(dice.choice(WORDS)) for _ in range(dice.randrange(4))],
        )
        for number in numbers
    ]


def outcome(call: Any, *arguments: Any, **options: Any) -> Any:
    """Return what a call returned, or the name of the exception it raised."""
    try:
        return call(*arguments, **options)
    except Exception as error:  # noqa: BLE001 - whatever the learner's code raises is the answer
        return f"raised {type(error).__name__}"


def plain(case: Any) -> Any:
    """Return a case as lists and texts; anything else as its repr."""
    if not hasattr(case, "notes"):
        return case if isinstance(case, str | int | type(None)) else repr(case)
    notes = [note.text for note in case.notes]
    return [case.id.value, case.title, case.status.value, notes]


def ask(room: Room, question: str, *arguments: Any) -> Any:
    """Return what a function of the lesson's probe.py answers about the learner's module.

    Raises:
        AttributeError: probe.py has no such function.
    """
    path = room.lesson.folder / "probe.py"
    code = compile(path.read_text(encoding="utf-8"), str(path), "exec")
    probe: dict[str, Any] = {"__name__": f"probe_of_{room.lesson.slug}", "__file__": str(path)}
    with room.world, room.watched():
        exec(code, probe)  # noqa: S102 - it is the lesson's own file
        if question not in probe:
            raise AttributeError(f"{path} has no function {question}")
        return probe[question](room.learners(room.lesson.files[0].name), *arguments)
