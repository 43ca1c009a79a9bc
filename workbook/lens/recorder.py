"""The recorder: everything an Engine sends while it is attached, and the line that caused it.

Never executes SQL, never flushes, never keeps a Session or an object, never raises into a program.

It hears public events of SQLAlchemy only, of every engine, and looks at the engine itself: so
engines made later are seen, and an engine is left as it was (`hooks` says how). Two answers are
read from the running stack, because no event tells them: whether a flush is an autoflush
(`Session._autoflush` called it), and whether one column load is a refresh, an expired attribute or
a deferred column.

Not seen: what a "connect" listener sends on the driver's own connection, and what SQLAlchemy asks
a database on its very first connection. Two-phase transactions show their statements, not their
BEGIN and COMMIT.
"""

import itertools
import shutil
import sys
import threading
import time
import traceback
from collections.abc import Callable
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self
from weakref import WeakKeyDictionary

from sqlalchemy import Connection, Engine
from sqlalchemy.orm import ORMExecuteState

from workbook.lens import report
from workbook.lens.causes import cause_of, load_of
from workbook.lens.drafts import Draft, copied, frames_of
from workbook.lens.entries import Entry, Event, Frame, Statement, entry_data
from workbook.lens.hooks import HOOKS, LIBRARY, Hook
from workbook.lens.stack import Calls, Walker, user_code_outside
from workbook.lens.statements import Kind, begin_mode, classify, is_statement, savepoint_name
from workbook.lens.transactions import Transaction, driver_in_transaction, driver_is_autocommit

if TYPE_CHECKING:
    from sqlalchemy.engine import ExceptionContext
    from sqlalchemy.ext.asyncio import AsyncEngine
    from sqlalchemy.pool import ConnectionPoolEntry, PoolResetState

_LOAD = (
    "workbook_lens_load"  # the execution option that carries a cause from the Session to the cursor
)


class Recorder:
    """Record what the given engines send (all engines when none is given) inside a `with` block.

    `only` is asked at each event whether this one counts: say, whether it belongs to one request.
    `error` is None, or says what went wrong inside the recorder itself.
    """

    def __init__(
        self,
        *engines: "Engine | AsyncEngine",
        user_code: Callable[[str], bool] | None = None,
        only: Callable[[], bool] | None = None,
    ) -> None:
        sync = [getattr(engine, "sync_engine", engine) for engine in engines]
        self._dialects = [
            engine.dialect for engine in sync
        ]  # shared with engine.execution_options()
        self._only = only
        # The library by its folder: an editable checkout is no installed package.
        self._walker = Walker(user_code or user_code_outside(LIBRARY), LIBRARY / "orm")
        self._key = f"workbook_lens_{id(self):x}"
        self._lock = threading.Lock()
        self._drafts: list[Draft] = []
        self._infos: list[dict[Any, Any]] = []
        self._numbers: WeakKeyDictionary[Connection, int] = WeakKeyDictionary()
        self._next_number = itertools.count(1)
        self._attached = False
        self.error: str | None = None
        self._guard = _Guard(self)
        self._hooks = self._named_hooks()

    def __enter__(self) -> Self:
        if self._attached:
            raise RuntimeError("this recorder is already attached; make a second one")
        self._attached = True
        HOOKS.join(self._hooks)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        HOOKS.leave(self._hooks)
        self._attached = False
        with self._lock:
            infos, self._infos = self._infos, []
        for info in infos:
            info.pop(self._key, None)

    # What was recorded.

    @property
    def log(self) -> list[Entry]:
        """Statements and events in the order in which they were sent."""
        return [entry for _, entry in self.drafted()]

    def drafted(self) -> list[tuple[Draft, Entry]]:
        """The log, each entry with the draft it was made from: what `draft_of` returned."""
        with self._lock:
            drafts = list(self._drafts)
        number, log = 0, []
        for draft in drafts:
            number += is_statement(draft.kind)
            log.append((draft, draft.entry(number)))
        return log

    @property
    def guard(self) -> "_Guard":
        """Keeps an error of a detector's own out of the program, as it does for the recorder's."""
        return self._guard

    def frames_here(self) -> tuple[Frame, ...]:
        """Return the lines of user code that are running now, innermost first."""
        return frames_of(self._walk().user)

    def draft_of(self, context: Any) -> Draft | None:
        """Return what is being written about the execution that this context belongs to."""
        return getattr(context, self._key, None)

    @property
    def statements(self) -> list[Statement]:
        """The SELECT and DML executions, numbered from 1."""
        return [entry for entry in self.log if isinstance(entry, Statement)]

    @property
    def events(self) -> list[Event]:
        """Everything else that was sent: transaction events, and DDL, PRAGMA and the like."""
        return [entry for entry in self.log if isinstance(entry, Event)]

    def count(self, kind: Kind | None = None) -> int:
        """Return how many statements were sent, or how many entries of one kind."""
        with self._lock:
            kinds = [draft.kind for draft in self._drafts]
        return kinds.count(kind) if kind is not None else sum(map(is_statement, kinds))

    def inside(self, function: str) -> list[Entry]:
        """Return what was sent while a function of this name was running, in user code."""
        return [
            entry for entry in self.log if any(frame.name == function for frame in entry.frames)
        ]

    def clear(self) -> None:
        """Forget what was recorded; the next statement is number 1."""
        with self._lock:
            self._drafts = []

    def explain(self, width: int | None = None) -> str:
        """Return the log as text, one line per entry, cut at the width of the terminal."""
        return report.explain(self.log, width or shutil.get_terminal_size().columns, self.error)

    def to_data(self) -> list[dict[str, Any]]:
        """Return the log as plain data that `json.dumps` takes."""
        return [entry_data(entry) for entry in self.log]

    def connection_number(self, conn: Connection) -> int:
        """Return the number under which the entries of this Connection are written down."""
        with self._lock:
            number = self._numbers.get(conn)
            if number is None:
                number = self._numbers[conn] = next(self._next_number)
        return number

    # What SQLAlchemy tells while it is attached.

    def _named_hooks(self) -> dict[str, Hook]:
        return {
            "before_cursor_execute": self._before_cursor,
            "after_cursor_execute": self._after_cursor,
            "handle_error": self._failed,
            "begin": self._begin,
            "commit": self._commit,
            "rollback": self._rollback,
            "reset": self._reset,
            "do_orm_execute": self._orm,
        }

    def _before_cursor(
        self,
        conn: Connection,
        _cursor: Any,
        text: str,
        parameters: Any,
        context: Any,
        many: bool,  # noqa: FBT001 (SQLAlchemy's signature)
    ) -> None:
        with self._guard:
            if self._watches(conn.dialect):
                draft = self._sent(conn, text, context)
                draft.parameters = copied(parameters)
                # SQLAlchemy also says "many" when it packs many rows into one INSERT.
                draft.executemany = many and isinstance(parameters, list)
                setattr(context, self._key, draft)
                draft.started = time.perf_counter()

    def _after_cursor(
        self,
        _conn: Connection,
        cursor: Any,
        text: str,
        _parameters: Any,
        context: Any,
        _many: bool,  # noqa: FBT001 (SQLAlchemy's signature)
    ) -> None:
        ended = time.perf_counter()
        with self._guard:
            draft = self._taken(context)
            if draft is not None:
                draft.rows = _rows(cursor, draft.kind)
                draft.text = text  # a listener after us may have added a comment to it
                draft.ended = ended

    def _failed(self, failure: "ExceptionContext") -> None:
        with self._guard:
            draft = self._taken(failure.execution_context)
            state = self._usable_state(failure.connection)
            if draft is None and state is not None and failure.execution_context is None:
                draft = state.ended  # a COMMIT has no cursor
            if draft is not None:
                draft.error = (
                    f"{type(failure.original_exception).__name__}: {failure.original_exception}"
                )
                draft.ended = time.perf_counter()
                if state is not None:
                    state.fail(draft)

    def _begin(self, conn: Connection) -> None:
        with self._guard:
            state = self._usable_state(conn)
            if state is None or state.begun is not None:
                return  # a listener before us has sent it as text
            calls = self._walk()
            if driver_is_autocommit(conn):
                state.announced = calls.user
            else:
                draft = self._draft(Kind.BEGIN, "", calls, state)
                draft.detail = "implicit"
                state.start(draft)

    def _commit(self, conn: Connection) -> None:
        self._end(conn, Kind.COMMIT)

    def _rollback(self, conn: Connection) -> None:
        self._end(conn, Kind.ROLLBACK)

    def _end(self, conn: Connection, kind: Kind) -> None:
        with self._guard:
            state = self._usable_state(conn)
            if state is not None and state.is_open(conn):
                state.end(self._draft(kind, "", self._walk(), state))

    def _reset(self, _dbapi: Any, pooled: "ConnectionPoolEntry", reset: "PoolResetState") -> None:
        with self._guard:
            state = pooled.info.get(self._key) if pooled is not None else None
            if state is None or reset.transaction_was_reset or reset.terminate_only:
                return
            if state.open and driver_in_transaction(pooled.driver_connection):
                draft = self._draft(Kind.ROLLBACK, "", self._walk(), state)
                draft.detail = "returned to the pool"
                state.end(draft)

    def _orm(self, state: ORMExecuteState) -> None:
        with self._guard:
            calls = self._walk().orm if state.is_column_load else []
            state.update_execution_options(**{_LOAD: load_of(state, calls)})

    # How it is written down.

    def _watches(self, dialect: object) -> bool:
        if self._dialects and not any(dialect is watched for watched in self._dialects):
            return False
        return self._only is None or self._only()

    def _sent(self, conn: Connection, text: str, context: Any) -> Draft:
        kind, calls, state = classify(text), self._walk(), self._state(conn)
        if kind is Kind.BEGIN and state.begun is not None:
            draft = state.begun  # announced a moment ago; this is its text
        else:
            draft = self._draft(kind, text, calls, state)
        if kind is Kind.BEGIN and state.announced:
            draft.calls = state.announced  # the line that needed it, not the listener that sent it
        if is_statement(kind):
            load = context.execution_options.get(_LOAD)
            draft.cause, draft.relationship = cause_of(load, calls.orm)
        else:
            _describe(draft, text)
        _follow(state, draft, conn)
        return draft

    def _draft(self, kind: Kind, text: str, calls: Calls, state: Transaction) -> Draft:
        draft = Draft(kind, text, calls.user, state.connection)
        with self._lock:
            self._drafts.append(draft)
        return draft

    def _walk(self) -> Calls:
        try:
            return self._walker.walk(sys._getframe(4))  # noqa: SLF001 (a walk by hand costs a tenth of inspect.stack())
        except Exception as error:  # noqa: BLE001 (a caller's predicate may fail; the statement is recorded without its place)
            self.error = self.error or told(error)
            return Calls([], [])

    def _taken(self, context: Any) -> Draft | None:
        draft: Draft | None = getattr(context, self._key, None)
        if draft is not None:
            delattr(context, self._key)
        return draft

    def _usable_state(self, conn: Connection | None) -> Transaction | None:
        # Asking a dead connection for its info would make it reconnect.
        if conn is None or conn.invalidated or conn.closed or not self._watches(conn.dialect):
            return None
        return self._state(conn)

    def _state(self, conn: Connection) -> Transaction:
        info = conn.info
        state: Transaction | None = info.get(self._key)
        if state is None:
            state = info[self._key] = Transaction()
            with self._lock:
                self._infos.append(info)
        state.connection = self.connection_number(conn)
        return state


class _Guard:
    """Keeps an error of the recorder's own out of the program it watches."""

    def __init__(self, recorder: Recorder) -> None:
        self._recorder = recorder

    def __enter__(self) -> None:
        return

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> bool:
        if not isinstance(error, Exception):
            return False  # Ctrl-C is not ours to swallow
        self._recorder.error = self._recorder.error or told(error)
        return True


def told(error: Exception) -> str:
    """Return the error as text: the exception itself would keep the program's objects alive."""
    last = traceback.extract_tb(error.__traceback__)[-1]
    return f"{type(error).__name__}: {error} ({last.filename}:{last.lineno})"


def _rows(cursor: Any, kind: Kind) -> int | None:
    rows: int = cursor.rowcount
    unread = kind is not Kind.SELECT and rows == 0 and cursor.description is not None
    return (
        None if rows < 0 or unread else rows
    )  # sqlite3 says 0 until the rows of RETURNING are read


def _describe(draft: Draft, text: str) -> None:
    if draft.kind is Kind.BEGIN:
        draft.detail = begin_mode(text)
    elif draft.kind in {Kind.SAVEPOINT, Kind.RELEASE, Kind.ROLLBACK_TO}:
        draft.name = savepoint_name(text)
    elif draft.kind in {Kind.DDL, Kind.OTHER}:
        draft.detail = text


def _follow(state: Transaction, draft: Draft, conn: Connection) -> None:
    if draft.kind is Kind.BEGIN:
        state.start(draft)
    elif draft.kind in {Kind.COMMIT, Kind.ROLLBACK}:
        state.end(draft)
    elif conn.in_transaction():  # not yet so while "begin" listeners send their PRAGMAs
        state.begun = state.announced = None
