"""What a recorder writes down: frames of your code, statements, events.

Never holds a Session, a connection or one of your objects: only text, numbers and driver values.
"""

import linecache
import ntpath
import re
from dataclasses import dataclass
from typing import Any, Literal

from workbook.lens.statements import Kind

Cause = Literal[
    "query",  # a SELECT or DML that your code asked the Session for, its eager loads included
    "flush",  # the Session sent its changes: flush(), commit(), begin_nested()
    "autoflush",  # the Session sent its changes because a query was about to look
    "lazy load",  # a relationship, or a deferred column, was touched and not loaded
    "refresh",  # Session.refresh()
    "expired attribute",  # an attribute was read after commit(), rollback() or expire()
    "core",  # no ORM entity takes part: Connection.execute(), text(), select(table)
]


@dataclass(frozen=True, slots=True)
class Frame:
    """One line of user code that was running."""

    path: str
    line: int
    function: str

    @property
    def name(self) -> str:
        """The last part of the function's qualified name."""
        return self.function.rpartition(".")[2]

    @property
    def text(self) -> str:
        """The source line, read when asked for; empty when there is no source."""
        return linecache.getline(self.path, self.line).strip()

    @property
    def short(self) -> str:
        """`exercise.py:24`, or the line in a notebook's cell, whose file nobody knows."""
        folder, name = ntpath.split(self.path)  # understands both kinds of slashes
        if _TYPED.match(self.path) or ntpath.basename(folder).startswith("ipykernel_"):
            return f"line {self.line} of the cell"
        return f"{name}:{self.line}"


@dataclass(frozen=True, slots=True)
class Statement:
    """One SELECT or DML execution as the driver received it."""

    number: int
    kind: Kind
    text: str
    parameters: Any
    rows: int | None
    executemany: bool
    duration_s: float | None
    tables: tuple[str, ...]
    cause: Cause
    relationship: str | None
    frames: tuple[Frame, ...]
    thread: str
    error: str | None
    connection: int = 0  # the number that the recorder gave to the SQLAlchemy Connection

    @property
    def place(self) -> Frame | None:
        """The innermost line of user code, or None when the library was alone."""
        return self.frames[0] if self.frames else None


@dataclass(frozen=True, slots=True)
class Event:
    """Something sent that no budget counts: a transaction event, DDL, PRAGMA and the like.

    `name` is the savepoint's. `detail` is the mode of a BEGIN ("implicit" when the driver sends it
    on its own), the text of DDL and OTHER, and "returned to the pool" for a ROLLBACK that nobody
    asked for.
    """

    kind: Kind
    name: str | None
    detail: str
    frames: tuple[Frame, ...]
    thread: str
    error: str | None
    connection: int = 0  # the number that the recorder gave to the SQLAlchemy Connection

    @property
    def place(self) -> Frame | None:
        """The innermost line of user code, or None when the library was alone."""
        return self.frames[0] if self.frames else None


Entry = Statement | Event

_TYPED = re.compile(r"<(?:ipython-input|stdin|console|exec)")
_LONGEST_VALUE = 80


def entry_data(entry: Entry) -> dict[str, Any]:
    """Return the entry as plain data that `json.dumps` takes; parameters as their repr, cut."""
    data: dict[str, Any] = {"type": type(entry).__name__.lower(), "kind": str(entry.kind)}
    if isinstance(entry, Statement):
        data |= _statement_data(entry)
    else:
        data |= {"name": entry.name, "detail": entry.detail}
    frames = [{"path": f.path, "line": f.line, "function": f.function} for f in entry.frames]
    return data | {"frames": frames, "thread": entry.thread, "error": entry.error}


def _statement_data(statement: Statement) -> dict[str, Any]:
    return {
        "number": statement.number,
        "text": statement.text,
        "parameters": cut(repr(statement.parameters), _LONGEST_VALUE),
        "rows": statement.rows,
        "executemany": statement.executemany,
        "duration_s": statement.duration_s,
        "tables": list(statement.tables),
        "cause": statement.cause,
        "relationship": statement.relationship,
    }


def cut(text: str, width: int) -> str:
    """Return the text, shortened to `width` characters with a last one that says so."""
    return text if len(text) <= width else text[: max(width - 1, 0)] + "…"
