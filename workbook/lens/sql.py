"""What a test asks about its SQL: budgets, N+1, growth, and a look at what was sent.

Never changes what is sent, and never asks the database by itself: a query plan is on request.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from types import TracebackType
from typing import Self, TypeVar

from workbook.lens.budget import off_budget, over_budget
from workbook.lens.entries import Statement
from workbook.lens.findings import verdict
from workbook.lens.measure import examine
from workbook.lens.nplusone import NPlusOne
from workbook.lens.plans import plan
from workbook.lens.recorder import Recorder
from workbook.lens.report import explain
from workbook.lens.scaling import SIZES, constant
from workbook.lens.sent import Mine, yours
from workbook.lens.statements import Kind

T = TypeVar("T")
_WIDTH = 100


class Sql:
    """The fixture `sql`. It records while its `with` block is open: for a test, all of the test.

    `mine` says which files to name first: in a lesson, the learner's.
    """

    def __init__(self, mine: Mine | None = None) -> None:
        self._mine = mine
        self._watch = NPlusOne(mine=mine)

    def __enter__(self) -> Self:
        self._watch.__enter__()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._watch.__exit__(kind, error, trace)

    @property
    def statements(self) -> list[Statement]:
        """Everything that was sent since the test began."""
        return self._watch.statements

    @contextmanager
    def exactly(self, count: int, what: str | None = None) -> Iterator[Recorder]:
        """Fail unless the block sends so many statements. `what`: "10 cases" took 11 statements."""
        __tracebackhide__ = True  # pytest shows the line of the test instead
        with self._recorder() as sent:
            yield sent
        _fail(off_budget(sent, exactly=count, what=what))

    @contextmanager
    def at_most(self, count: int, what: str | None = None) -> Iterator[Recorder]:
        """Fail when the block sends more statements."""
        __tracebackhide__ = True
        with self._recorder() as sent:
            yield sent
        _fail(over_budget(sent, at_most=count, what=what))

    @contextmanager
    def reads(self, count: int, what: str | None = None) -> Iterator[Recorder]:
        """Fail unless the block sends so many SELECTs; what it writes does not count."""
        __tracebackhide__ = True
        with self._recorder() as sent:
            yield sent
        _fail(off_budget(sent, exactly=count, what=what, kind=Kind.SELECT))

    @contextmanager
    def writes(self, count: int, what: str | None = None) -> Iterator[Recorder]:
        """Fail unless the block sends so many INSERTs, UPDATEs and DELETEs."""
        __tracebackhide__ = True
        with self._recorder() as sent:
            yield sent
        _fail(off_budget(_Writes(sent), exactly=count, what=what, noun="write"))

    @contextmanager
    def no_n_plus_one(
        self, *, allow: Iterable[str] = (), writes: bool = False
    ) -> Iterator[NPlusOne]:
        """Fail when a block loads row by row. `allow` names what may: `["CaseRecord.owner"]`."""
        __tracebackhide__ = True
        with NPlusOne(mine=self._mine, writes=writes) as watch:
            yield watch
        watch.check(allow=allow)

    def examine(self, operation: Callable[[], T], *, allow: Iterable[str] = ()) -> T:
        """Do as no_n_plus_one, and measure each repair: the operation runs again with it.

        It returns what the operation returns. An operation that writes is run once only.
        """
        __tracebackhide__ = True
        examined = examine(operation, mine=self._mine)
        _fail(verdict(examined.findings, allow))
        return examined.result

    def constant(
        self, build: Callable[[int], Callable[[], object]], sizes: Sequence[int] = SIZES
    ) -> list[int]:
        """Fail when the operation that build(size) returns sends more statements for more rows."""
        __tracebackhide__ = True
        return constant(build, sizes, mine=self._mine)

    def explain(self, *, plans: bool = False, width: int = _WIDTH) -> str:
        """Return what was sent since the test began: number, text, rows, line; plans on request."""
        drafted = self._watch.recorder.drafted()
        shown = [yours(entry, self._mine) for _, entry in drafted]
        lines = explain(shown, width).splitlines()
        if not plans:
            return "\n".join(lines)
        planned: list[str] = []
        for line, (draft, entry) in zip(lines, drafted, strict=False):
            planned.append(line)
            if isinstance(entry, Statement):
                engine = self._watch.engine_of(draft)
                planned += [f"{'':14}{step}" for step in plan(entry, engine)]
        return "\n".join(planned)

    def _recorder(self) -> Recorder:
        return Recorder(user_code=self._mine)


class _Writes:
    """The writes among what was recorded."""

    def __init__(self, recorder: Recorder) -> None:
        self.statements = [one for one in recorder.statements if one.kind is not Kind.SELECT]


def _fail(message: str | None) -> None:
    __tracebackhide__ = True
    if message is not None:
        raise AssertionError(message)
