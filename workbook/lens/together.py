"""Which rows were loaded together: an option that SQLAlchemy itself carries from load to load.

Never changes a statement's SQL and never holds a Session or an object.

An option with `propagate_to_loaders` travels with the rows of its statement: to every lazy load,
every deferred or expired column, and to the rows that those bring. So two lazy loads that carry
the same option started from one result, and two that do not are strangers, whatever they look like.
"""

import itertools
import sys
import threading
from contextvars import ContextVar
from typing import Any, NamedTuple

from sqlalchemy.orm import ORMExecuteState, UserDefinedOption

from workbook.lens.stack import Call

_SERIALS = itertools.count(1)


class Together(UserDefinedOption):
    """One result. `calls` are the lines that asked for it, once its statement has been sent."""

    __slots__ = ("calls", "serial")
    propagate_to_loaders = True

    def __init__(self) -> None:
        super().__init__()
        self.serial = next(_SERIALS)  # not id(): a freed address is used again
        self.calls: list[Call] = []

    def __reduce__(self) -> tuple[Any, ...]:
        """A pickled object takes a dumb option along: who reads it may not have this package."""
        return UserDefinedOption, ()


def together_of(state: ORMExecuteState) -> Together | None:
    """Return the result that this statement's rows belong to, if one was marked."""
    options = state.user_defined_options
    return next((option for option in options if isinstance(option, Together)), None)


def mark(state: ORMExecuteState) -> Together | None:
    """Let the rows of this statement be known again; None when it takes no option."""
    if not (state.is_select or state.is_from_statement) or not hasattr(state.statement, "options"):
        return None
    known = together_of(state)  # another watch came first
    if known is not None:
        return known
    option = Together()
    state.statement = state.statement.options(option)
    return option


class _Unit(NamedTuple):
    serial: int
    thread: int
    in_task: bool


_UNIT: ContextVar[_Unit | None] = ContextVar("workbook_lens_unit", default=None)


def unit() -> int:
    """Return a number for the piece of work that runs: equal lines of two requests are no loop.

    Tasks started by a task are part of it. A thread that was handed the context of another thread
    (an endpoint that a test client calls) starts anew.
    """
    here, found = threading.get_ident(), _UNIT.get()
    if found is None or (found.thread != here and not found.in_task):
        found = _Unit(next(_SERIALS), here, _in_task())
        _UNIT.set(found)
    return found.serial


def _in_task() -> bool:
    asyncio: Any = sys.modules.get("asyncio")  # imported by async programs only
    try:
        return asyncio is not None and asyncio.current_task() is not None
    except RuntimeError:
        return False
