"""A prompt with a database, a Unit of Work and the lens: each line shows what it sent.

Never writes a file of the learner: the database is a temporary one.
"""

import code
import contextlib
import importlib
import shutil
import sys
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from types import CodeType
from typing import Any

import click

from workbook.curriculum import Lesson
from workbook.feedback import explain, place, show
from workbook.home import shipped
from workbook.lens import report
from workbook.lens.recorder import Recorder
from workbook.probe import WORDS, Scratch
from workbook.session import Room

CASES = 10
SQL = "case_tracker.adapters.sql"
NAMES = {
    "case_tracker.domain.case": ("Case", "CaseId", "Note"),
    "case_tracker.domain.status": ("CaseStatus",),
    f"{SQL}.models": ("CaseRecord", "CaseNoteRecord"),
    f"{SQL}.audit": ("AuditEventRecord",),
    "sqlalchemy": ("select", "func", "text"),
}
_TABLES = "SELECT name FROM sqlite_schema WHERE type = 'table' ORDER BY name"
_ROWS = "SELECT {} FROM {}"
_MORE = """\
  session   its Session: session.new, session.dirty, session.commit()
  stored()  the rows that another connection sees; stored("case_notes")
  again()   leave, discarding what was not committed, and open a new one
"""


def play(lesson: Lesson, *, finished: bool = False) -> None:
    """Read lines until there are no more, run each, and show what it sent."""
    room = Room(lesson, lesson.folder)
    problem = "" if finished else _problem(room)
    if problem:
        click.echo(f"{problem}\nThe finished code plays its part.\n")
    if finished or problem:
        room = Room(lesson, shipped().solutions / lesson.slug)
    with tempfile.TemporaryDirectory(prefix="workbook-play-", ignore_cleanup_errors=True) as folder:
        path = Path(folder) / "cases.db"
        is_study = hasattr(room.learners(lesson.files[0].name), "Base")
        if not is_study:
            _seed(path)
        with room.world:
            whose = "finished code" if finished or problem else f"your file of {lesson.slug}"
            (_StudyTable if is_study else _Table)(room, path, whose).play()


def _problem(room: Room) -> str:
    """Say why the learner's files cannot be imported; nothing when they can."""
    for file in room.lesson.files:
        try:
            room.learners(file.name)
        except (Exception, SystemExit) as error:  # noqa: BLE001 - whatever a learner's file raises
            where = place(error, room.paths)
            return f"{file.name}: {explain(error, room.paths)[1]}" + (
                f", at {show(where)}" if where else ""
            )
    return ""


def _seed(path: Path) -> None:
    """Store some cases with the finished application."""
    engines, schemas = (importlib.import_module(f"{SQL}.{name}") for name in ("engine", "schema"))
    mapping = importlib.import_module(f"{SQL}.mapping")
    engine = engines.build_engine(f"sqlite:///{path}")
    schemas.SqlSchema(engine).upgrade()
    with engines.build_session_factory(engine).begin() as session:
        session.add_all(mapping.to_record(case) for case in _cases())
    engine.dispose()


def _cases() -> Iterator[Any]:
    domain = importlib.import_module("case_tracker.domain.case")
    status = importlib.import_module("case_tracker.domain.status").CaseStatus
    for number in range(1, CASES + 1):
        notes = [domain.Note(WORDS[k]) for k in range(number % 4)]
        title = f"{WORDS[number - 1]} report".capitalize()
        yield domain.Case(
            domain.CaseId(f"CASE-{number:03}"), title, list(status)[number % 3], notes
        )


class _Table:
    """What lies on the table of one game: engine, unit, session, and the names to type."""

    def __init__(self, room: Room, path: Path, whose: str) -> None:
        self.room = room
        self.whose = whose
        self.scratch = self._open(path)
        self.names: dict[str, Any] = {"stored": self.stored, "again": self.again}
        for module, names in NAMES.items():
            found = vars(importlib.import_module(module))
            self.names |= {name: found[name] for name in names if name in found}
        self.names |= _own_names(room)

    def _open(self, path: Path) -> Scratch:
        engines = importlib.import_module(f"{SQL}.engine")
        engine = engines.build_engine(f"sqlite:///{path}")
        return Scratch(path, engine, engines.build_session_factory(engine))

    def play(self) -> None:
        """Open the first unit, then run line after line."""
        try:
            self.again()
            click.echo(self.banner())
            _Console(self).interact(banner="", exitmsg="")
        except SystemExit:
            pass  # exit() is as good as Ctrl-D
        except Exception as error:  # noqa: BLE001 - the learner's Unit of Work, before any line
            click.echo(f"the Unit of Work cannot be opened: {self.told(error)}")
        finally:
            self._leave()
            self.scratch.engine.dispose()

    def again(self) -> None:
        """Leave the unit, discarding what was not committed, and open a new one."""
        self._leave()
        unit_of_work = importlib.import_module(f"{SQL}.unit_of_work").SqlAlchemyUnitOfWork
        unit = unit_of_work(self.scratch.session_factory).__enter__()
        self.names |= {"unit": unit, "session": getattr(unit, "session", None)}

    def _leave(self) -> None:
        unit = self.names.pop("unit", None)
        if unit is not None:
            with contextlib.suppress(Exception):  # a broken unit is left all the same
                unit.__exit__(None, None, None)

    def stored(self, table: str = "cases") -> None:
        """Print the rows of a table as another connection sees them: what is committed."""
        tables = [name for (name,) in self.scratch.other_connection(_TABLES)]
        if table not in tables:
            raise ValueError(f"there is no table {table!r}; there is: {', '.join(tables)}")
        columns = self.scratch.other_connection(f"PRAGMA table_info({table})")
        told = [name for _, name, *_ in columns if not name.endswith("_at")]
        rows = self.scratch.other_connection(_ROWS.format(", ".join(told), table))
        click.echo("  " + "  ".join(told))
        for row in rows:
            click.echo("  " + "  ".join("-" if value is None else str(value) for value in row))

    def waiting(self) -> str:
        """Say what the Session has not sent yet."""
        session = self.names.get("session")
        parts = []
        for name, words in (("new", "new"), ("dirty", "changed"), ("deleted", "to delete")):
            if count := len(getattr(session, name, ())):
                parts.append(f"{count} {words}")
        return f"      waits in the Session: {', '.join(parts)}" if parts else ""

    def told(self, error: BaseException) -> str:
        """Return an error as one line or a few, with the learner's line that it came from."""
        where = place(error, self.room.paths)
        return explain(error, self.room.paths)[1] + (f"\n  at {show(where)}" if where else "")

    def banner(self) -> str:
        """Return what there is to type."""
        return (
            f"The application, on {self.whose}, and a database with {CASES} cases.\n"
            "Each line shows what it sent. Nothing that you do here is kept.\n\n"
            "  unit      a Unit of Work: unit.cases, unit.audit_events, unit.commit()\n"
            f"{_MORE}"
            "  also      Case, CaseId, Note, CaseStatus, CaseRecord, select; your own names\n\n"
            'For example: case = unit.cases.get(CaseId("CASE-003")). Ctrl-D ends.\n'
        )


class _StudyTable(_Table):
    """The table of a lesson that is no part of the application: it has tables of its own."""

    def _open(self, path: Path) -> Scratch:
        from sqlalchemy import create_engine  # noqa: PLC0415 - only such a lesson needs it here
        from sqlalchemy.orm import sessionmaker  # noqa: PLC0415 - the same

        engine = create_engine(f"sqlite:///{path}")
        study = self.room.learners(self.room.lesson.files[0].name)
        study.Base.metadata.create_all(engine)
        cases = study.Base.metadata.tables["cases"]
        rows = [
            {"id": case.id.value, "title": case.title, "status": case.status.value}
            for case in _cases()
        ]
        with engine.begin() as connection:
            connection.execute(cases.insert(), rows)
        return Scratch(path, engine, sessionmaker(engine))

    def again(self) -> None:
        """Close the Session, discarding what was not committed, and open a new one."""
        self._leave()
        self.names["session"] = self.scratch.session_factory()

    def _leave(self) -> None:
        session = self.names.pop("session", None)
        if session is not None:
            session.close()

    def banner(self) -> str:
        """Return what there is to type."""
        return (
            f"A Session, on {self.whose}, and a database with {CASES} cases.\n"
            "Each line shows what it sent. Nothing that you do here is kept.\n\n"
            f"{_MORE}"
            f"  also      {', '.join(_own_names(self.room))}\n\n"
            'For example: session.get(CaseRecord, "CASE-003"). Ctrl-D ends.\n'
        )


def _own_names(room: Room) -> Mapping[str, Any]:
    """Return what the learner's files define, under its own names."""
    names: dict[str, Any] = {}
    for file in room.lesson.files:
        module = room.learners(file.name)
        names |= {
            name: value
            for name, value in vars(module).items()
            if getattr(value, "__module__", "") == module.__name__ and not name.startswith("_")
        }
    return names


class _Console(code.InteractiveConsole):
    """Python's prompt, which shows what each input sent and tells errors in a line."""

    def __init__(self, table: _Table) -> None:
        super().__init__(table.names)
        self.table = table
        self.is_typed = sys.stdin.isatty()
        if self.is_typed:
            with contextlib.suppress(ImportError):
                importlib.import_module("readline")  # arrow keys; Windows has its own

    def raw_input(self, prompt: str = "") -> str:
        """Read a line; in a pipe, show it as if it had been typed."""
        if self.is_typed:
            return input(prompt)
        line = sys.stdin.readline()
        if not line:
            raise EOFError
        click.echo(f"{prompt}{line.rstrip()}")
        return line.rstrip("\n")

    def write(self, data: str) -> None:
        """Write what the console itself has to say, to where everything else goes."""
        click.echo(data, nl=False)

    def runcode(self, code: CodeType) -> None:
        """Run one input and show what it sent."""
        with Recorder(self.table.scratch.engine, user_code=self._is_mine) as sent:
            try:
                exec(code, self.locals)  # noqa: S102 - that is a prompt
            except SystemExit:
                raise
            except KeyboardInterrupt:
                click.echo("stopped")
            except BaseException as error:  # noqa: BLE001 - a prompt survives every error
                click.echo(self.table.told(error))
        if text := report.explain(sent.log, shutil.get_terminal_size().columns):
            click.echo(text)
        if waiting := self.table.waiting():
            click.echo(waiting)

    def _is_mine(self, path: str) -> bool:
        return path in self.table.room.paths

    def showsyntaxerror(self, filename: str | None = None, **_: Any) -> None:  # noqa: ARG002 - Python's signature
        """Say in a line what cannot be read."""
        error = sys.exc_info()[1]
        if error is not None:
            click.echo(f"Python cannot read this: {getattr(error, 'msg', error)}")
