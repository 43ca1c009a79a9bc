"""A film of one Session: what your code did, step by step, and what that changed where.

Never flushes, begins, loads, keeps an object alive or sends a statement as the program: with and
without the film the program does the same. How that is kept stands in `inside` and `outside`.

    engine = build_engine("sqlite:///cases.db")
    Base.metadata.create_all(engine)
    session = Session(engine)

    with lens(session, hide=["created_at", "updated_at"]) as film:
        case = CaseRecord(id="CASE-001", title="Broken lamp", status="DRAFT")
        session.add(case)
        session.flush()
        session.commit()
        case.title = "Lamp"
        session.rollback()
    print(film.text())

In a notebook a film that stands alone in the last line of a cell shows itself.
"""

import shutil
from collections.abc import Callable, Iterable
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self

import sqlalchemy
from sqlalchemy import inspect
from sqlalchemy.orm import DeclarativeBase, Session

from workbook.lens.camera import Camera, Panes
from workbook.lens.hooks import LIBRARY
from workbook.lens.inside import Inside
from workbook.lens.objects import Cast
from workbook.lens.outside import Outside
from workbook.lens.reading import Reader
from workbook.lens.recorder import Recorder
from workbook.lens.render import plain
from workbook.lens.render.data import film_data
from workbook.lens.render.page import Script, fragment, page
from workbook.lens.stack import Walker, user_code_outside
from workbook.lens.steps import Step
from workbook.lens.watch import Watch

if TYPE_CHECKING:
    from rich.console import Console, ConsoleOptions, RenderResult
    from sqlalchemy.ext.asyncio import AsyncSession

Shown = type[DeclarativeBase] | sqlalchemy.Table


def lens(  # noqa: PLR0913 (one is needed, the others have names)
    session: "Session | AsyncSession",
    *,
    tables: Iterable[Shown] = (),
    hide: Iterable[str] = (),
    rows: int = 20,
    serializable: bool = False,
    title: str = "",
    user_code: Callable[[str], bool] | None = None,
) -> "Film":
    """Return a film of this Session; it records inside a `with` block.

    It shows the tables of the mapped classes that the Session meets, and `tables` from the
    beginning; of each the first `rows` rows. `hide` names columns that no pane shows.
    `serializable` allows to read inside a SERIALIZABLE transaction of PostgreSQL, which can make
    it fail. `user_code` tells which files are yours.
    """
    sync = session if isinstance(session, Session) else session.sync_session
    hidden = frozenset(hide)
    reader = Reader(rows, hidden)
    shown = {one if isinstance(one, sqlalchemy.Table) else _table(one): None for one in tables}
    camera = Camera(
        sync,
        Recorder(user_code=user_code),
        Walker(user_code or user_code_outside(LIBRARY), LIBRARY / "orm"),
        Panes(Cast(sync, hidden), Inside(reader, serializable), Outside(reader), shown),
    )
    return Film(sync, camera, title)


def _table(mapped: type[Any]) -> sqlalchemy.Table:
    table: object = inspect(mapped).local_table
    if not isinstance(table, sqlalchemy.Table):
        raise TypeError(f"{mapped.__name__} is not mapped to a table")
    return table


class Film:
    """The steps of one Session, to look at while they are taken and afterwards.

    `error` is None, or says what went wrong inside the lens itself.
    """

    def __init__(self, session: Session, camera: Camera, title: str = "") -> None:
        self.title = title
        self._session: Session | None = session
        self._camera: Camera | None = camera
        self._watch: Watch | None = None
        self._steps: tuple[Step, ...] = ()
        self._error: str | None = None

    def __enter__(self) -> Self:
        if self._session is None or self._camera is None or self._watch is not None:
            raise RuntimeError("a film is taken once; make a second one")
        if self._session.bind is not None:
            self._camera.outside.use(self._session.bind.engine)
        self._camera.recorder.__enter__()
        self._watch = Watch(self._session, self._camera)
        self._watch.start()
        self._watch.by_hand("the film starts")
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._camera is None or self._watch is None:
            return
        self._watch.end()
        self._watch.stop()
        self._camera.recorder.__exit__(kind, error, trace)
        self._camera.outside.close()
        self._steps, self._error = tuple(self._camera.steps), self.error
        self._session = self._camera = self._watch = None  # a film keeps nothing alive

    def step(self, label: str) -> None:
        """Take a step now, under this label, whether anything changed or not."""
        if self._watch is not None:
            self._watch.by_hand(label)

    @property
    def steps(self) -> tuple[Step, ...]:
        """The steps so far; the first is what was there when the film started.

        Reading it while the film is taken ends the step that is going on.
        """
        if self._camera is None or self._watch is None:
            return self._steps
        self._watch.end()
        return tuple(self._camera.steps)

    @property
    def error(self) -> str | None:
        """What went wrong inside the lens, if anything did: then the film may have holes."""
        if self._camera is None or self._watch is None:
            return self._error
        return self._watch.error or self._camera.recorder.error

    # How it is shown.

    def html(self, script: Script = "inline") -> str:
        """Return the film as a part of a page.

        "inline" brings its style and script along; with "none" the page has them, from the files
        `film.css` and `film.js` of `workbook.lens.render`.
        """
        return fragment(self, script)

    def _repr_html_(self) -> str:
        return self.html()

    def _repr_pretty_(self, printer: Any, _cycle: bool) -> None:  # noqa: FBT001 (IPython's signature)
        printer.text(self.text())  # where IPython shows text: in a terminal, in a stored notebook

    def text(self, width: int | None = None) -> str:
        """Return the film as plain text, as wide as the terminal unless told."""
        return plain.text(self, width or shutil.get_terminal_size().columns)

    def __rich_console__(self, _console: "Console", options: "ConsoleOptions") -> "RenderResult":
        from workbook.lens.render.coloured import coloured  # noqa: PLC0415 (rich is for terminals)

        yield from coloured(self, options.max_width)

    def save(self, path: str | Path) -> None:
        """Write the film as a page that works from disk, with the network off."""
        Path(path).write_text(page(self), encoding="utf-8")

    def to_data(self) -> dict[str, Any]:
        """Return the film as data for JSON, as described in `render/film.schema.json`."""
        return film_data(self)
