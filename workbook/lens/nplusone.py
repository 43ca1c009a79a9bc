"""The N+1 detector: statements whose number grows with the rows, and what to write instead.

Never sends a statement, never changes one that is sent, and never keeps one of your objects alive.

    with NPlusOne() as watch:
        service.list_page()
    watch.check()

It sees what the recorder sees: every engine, sync and async, every thread. `only_here=True` sees
the current context alone (one request, say, with the tasks and worker threads that it starts).
"""

import weakref
from collections.abc import Callable, Iterable
from contextvars import ContextVar, Token
from dataclasses import replace
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self

from sqlalchemy import Connection, Engine
from sqlalchemy.orm import Mapper, ORMExecuteState

from workbook.lens import lazies, repeats
from workbook.lens.drafts import Draft
from workbook.lens.entries import Statement
from workbook.lens.findings import Finding, verdict
from workbook.lens.hooks import HOOKS, Hook
from workbook.lens.loads import Load, Siblings, load_of
from workbook.lens.recorder import Recorder
from workbook.lens.repairs import Trial
from workbook.lens.sent import Group, Mine, Sent, Watched, yours
from workbook.lens.statements import Kind, is_statement
from workbook.lens.together import unit
from workbook.lens.transactions import is_alone

if TYPE_CHECKING:
    from sqlalchemy.ext.asyncio import AsyncEngine

_LOAD = "workbook_lens_load_of"  # the execution option that carries a load to the cursor
_HERE: ContextVar[tuple["NPlusOne", ...]] = ContextVar("workbook_lens_here", default=())
_ENDS = {Kind.COMMIT, Kind.ROLLBACK}


class NPlusOne:
    """Watch a `with` block for statements that grow with the data.

    `mine` says which files to name first, of all user code (`user_code`, as for the recorder).
    `writes` also counts loops of INSERT, UPDATE and DELETE. `trial` is put into the statement it
    belongs to: that is how a repair is measured.
    """

    def __init__(
        self,
        *engines: "Engine | AsyncEngine",
        user_code: Callable[[str], bool] | None = None,
        mine: Mine | None = None,
        writes: bool = False,
        only_here: bool = False,
        trial: Trial | None = None,
    ) -> None:
        only = self._is_here if only_here else None
        self.recorder = Recorder(*engines, user_code=user_code, only=only)
        self._only, self._mine, self._writes, self._trial = only, mine, writes, trial
        self._loads: dict[Draft, tuple[Load | None, int, bool]] = {}
        self._engines: dict[Draft, weakref.ref[Engine]] = {}
        self._siblings: dict[Group, Siblings] = {}
        self._results: dict[int, dict[Group, Siblings]] = {}
        self._observed: set[Siblings] = set()
        self._token: Token[tuple[NPlusOne, ...]] | None = None
        self._hooks: dict[str, Hook] = {
            "do_orm_execute": self._orm,
            "before_cursor_execute": self._before_cursor,
            "commit": self._end,
            "rollback": self._end,
            "before_flush": self._end,
        }

    def __enter__(self) -> Self:
        if self._only is not None:
            self._token = _HERE.set((*_HERE.get(), self))
        self.recorder.__enter__()
        HOOKS.join(self._hooks)  # after the recorder: its draft is there when we are told
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        HOOKS.leave(self._hooks)
        self.recorder.__exit__(kind, error, trace)
        if self._token is not None:
            _HERE.reset(self._token)
            self._token = None
        self._settle(stop=True)

    @property
    def statements(self) -> list[Statement]:
        """The statements that were sent, numbered from 1."""
        return self.recorder.statements

    def engine_of(self, draft: Draft) -> Engine | None:
        """Return the engine that sent it, while somebody else keeps that engine."""
        reference = self._engines.get(draft)
        return reference() if reference else None

    @property
    def findings(self) -> list[Finding]:
        """What was found, the most statements first. One finding for a pair of lines."""
        watched = Watched(list(self._sent()), self._siblings, self._mine)
        found = [*lazies.findings(watched), *repeats.findings(watched, writes=self._writes)]
        return sorted(_once(found), key=lambda finding: -len(finding.statements))

    def check(self, *, allow: Iterable[str] = ()) -> None:
        """Fail when something was found whose name is not allowed.

        Raises:
            AssertionError: each finding with its lines, its repair and its statements, folded.
        """
        __tracebackhide__ = True  # pytest shows the line of the test instead
        message = verdict(self.findings, allow)
        if message is not None:
            raise AssertionError(message)

    # What SQLAlchemy tells while it watches.

    def _is_here(self) -> bool:
        return self in _HERE.get()

    def _orm(self, state: ORMExecuteState) -> None:
        with self.recorder.guard:
            if self._only is not None and not self._only():
                return
            if self._trial is not None:
                self._try(state, self._trial)
            load = load_of(state)
            state.update_execution_options(**{_LOAD: load})
            if load is not None:
                self._follow(state, load)

    def _try(self, state: ORMExecuteState, trial: Trial) -> None:
        asked = state.is_select and not (state.is_relationship_load or state.is_column_load)
        if asked and self.recorder.frames_here() == trial.frames:
            trial.apply(state)

    def _follow(self, state: ORMExecuteState, load: Load) -> None:
        if self._observed and load.way != "column":
            self._settle(stop_if_filled_by=tuple(state.all_mappers))
        relationship, parent = load.relationship, None
        if load.way == "lazy":
            parent = state.lazy_loaded_from
        if relationship is None or parent is None or load.together is None:
            return
        group = (load.together.serial, load.steps)
        result = self._results.setdefault(load.together.serial, {})
        siblings = result.setdefault(group, Siblings(relationship, parent))
        self._siblings[group] = siblings
        if siblings.touch(parent, state.session):
            for (_, steps), below in result.items():
                if below is not siblings and steps[: len(load.steps)] == load.steps:
                    below.look_again(state.session)
            self._observed.update(one for one in result.values() if one.observes)

    def _before_cursor(
        self,
        conn: Connection,
        _cursor: Any,
        _text: str,
        _parameters: Any,
        context: Any,
        _many: bool,  # noqa: FBT001 (SQLAlchemy's signature)
    ) -> None:
        with self.recorder.guard:
            draft = self.recorder.draft_of(context)
            if draft is None or not is_statement(draft.kind):
                return
            load = context.execution_options.get(_LOAD) if draft.kind is Kind.SELECT else None
            self._loads[draft] = load, unit(), is_alone(conn)
            self._engines[draft] = weakref.ref(conn.engine)
            if load is not None and load.way == "asked" and load.together is not None:
                load.together.calls = load.together.calls or draft.calls

    def _end(self, *_told: Any) -> None:
        with self.recorder.guard:
            self._settle()  # a moment later it is expired, or what was assigned looks loaded

    def _settle(
        self, *, stop: bool = False, stop_if_filled_by: tuple[Mapper[Any], ...] | None = None
    ) -> None:
        for siblings in list(self._observed):
            if stop_if_filled_by is None:
                siblings.settle(stop=stop)
            elif siblings.may_be_filled_by(stop_if_filled_by):
                siblings.settle(stop=True)
            if not siblings.observes:
                self._observed.discard(siblings)

    def _sent(self) -> Iterable[Sent]:
        periods: dict[str, int] = {}
        for draft, entry in self.recorder.drafted():
            if isinstance(entry, Statement):
                load, piece, alone = self._loads.get(draft, (None, 0, False))
                period = -entry.number if alone else periods.get(entry.thread, 0)
                shown = yours(entry, self._mine)
                yield Sent(shown, entry.frames, load, piece, period)
            elif entry.kind in _ENDS:
                periods[entry.thread] = periods.get(entry.thread, 0) + 1


def _once(findings: Iterable[Finding]) -> list[Finding]:
    """Return one finding for the same thing between the same lines: the biggest of them."""
    groups: dict[Any, list[Finding]] = {}
    for finding in findings:
        groups.setdefault((finding.name, finding.loaded, finding.place), []).append(finding)
    biggest = (
        (max(group, key=lambda one: len(one.statements)), group) for group in groups.values()
    )
    return [replace(finding, results=len(group)) for finding, group in biggest]
