"""Entries while they are being written: filled by event hooks, frozen when somebody reads.

Never computes in a hook what can wait: frames, tables and numbers are made when the log is read.
"""

import threading
from collections.abc import Mapping
from typing import Any

from workbook.lens.entries import Cause, Entry, Event, Frame, Statement
from workbook.lens.stack import Call
from workbook.lens.statements import Kind, is_statement, tables


class Draft:
    """One line of the log to be."""

    __slots__ = (
        "_entry",
        "calls",
        "cause",
        "connection",
        "detail",
        "ended",
        "error",
        "executemany",
        "kind",
        "name",
        "parameters",
        "relationship",
        "rows",
        "started",
        "text",
        "thread",
    )

    def __init__(self, kind: Kind, text: str, calls: list[Call], connection: int) -> None:
        self.kind = kind
        self.text = text
        self.calls = calls
        self.thread = threading.current_thread().name
        self.connection = connection
        self.parameters: Any = None
        self.executemany = False
        self.cause: Cause = "core"
        self.relationship: str | None = None
        self.started = self.ended = 0.0
        self.rows: int | None = None
        self.error: str | None = None
        self.name: str | None = None
        self.detail = ""
        self._entry: Entry | None = None

    def entry(self, number: int) -> Entry:
        """Return the frozen entry; the same object each time once the driver has answered."""
        if self._entry is not None:
            return self._entry
        entry = self._statement(number) if is_statement(self.kind) else self._event()
        if self.ended:
            self._entry = entry
        return entry

    def _statement(self, number: int) -> Statement:
        return Statement(
            number=number,
            kind=self.kind,
            text=self.text,
            parameters=self.parameters,
            rows=self.rows,
            executemany=self.executemany,
            duration_s=self.ended - self.started if self.ended else None,
            tables=tables(self.text),
            cause=self.cause,
            relationship=self.relationship,
            frames=self._frames(),
            thread=self.thread,
            error=self.error,
            connection=self.connection,
        )

    def _event(self) -> Event:
        return Event(
            self.kind,
            self.name,
            self.detail,
            self._frames(),
            self.thread,
            self.error,
            self.connection,
        )

    def _frames(self) -> tuple[Frame, ...]:
        return frames_of(self.calls)


def frames_of(calls: list[Call]) -> tuple[Frame, ...]:
    """Return the calls as frames that can be shown."""
    return tuple(Frame(code.co_filename, line, code.co_qualname) for code, line in calls)


def copied(parameters: Any) -> Any:
    """Return the driver's parameters in a container of our own: the program may reuse its own."""
    if isinstance(parameters, Mapping):
        return dict(parameters)
    if isinstance(parameters, list):
        return [copied(one) for one in parameters]
    return tuple(parameters) if isinstance(parameters, tuple) else parameters
