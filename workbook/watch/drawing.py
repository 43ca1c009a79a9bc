"""The screen of a state: its view or its verdict, above the footer."""

from collections.abc import Iterator

from workbook import report
from workbook.home import shown
from workbook.text import BLANK, Line, Part, line, wrapped
from workbook.watch.screen import Footer, compose
from workbook.watch.state import State
from workbook.watch.terminal import Terminal
from workbook.watch.views import Keys

_USUAL = (
    ("l", "list"),
    ("c", "check all"),
    ("d", "diff"),
    ("x", "reset"),
    ("e", "edit"),
    ("?", "help"),
    ("q", "quit"),
)
_AT_WORK = (("h", "hint"), ("s", "statements"), *_USUAL)
_AFTER_SUCCESS = (
    ("n", "next"),
    ("s", "your SQL and ours"),
    ("w", "why"),
    ("p", "3 points"),
    ("h", "unneeded hints"),
    *_USUAL,
)


def draw(state: State, terminal: Terminal) -> None:
    """Draw what there is to see now; the first layout that fits the window is taken."""
    size = terminal.size
    footer = _footer(state)
    for low in (False, True):
        lines = state.view.lines(size[0]) if state.view else _verdict(state, size[0], low=low)
        drawn, state.top, fits = compose([BLANK, *lines], footer, size, state.top, terminal.signs)
        if fits or state.view:
            break
    terminal.draw(drawn)


def _verdict(state: State, width: int, *, low: bool) -> Iterator[Line]:
    verdict = state.verdict
    if verdict is None:
        yield line("  ", Part(f"{state.lesson.slug}  {state.lesson.title}", "strong"))
        yield BLANK
        if state.failure:
            yield from wrapped(state.failure, width, "  ", "bad")
            yield BLANK
            yield line("  Save the file again, or press r, to run the tests once more.")
        else:
            yield line(Part("  checking …", "here"))
    elif verdict.passed:
        yield from report.title(verdict, width, "  ")
        yield from report.tasks(verdict, width, low=low)
        yield from report.passed(verdict, width)
    else:
        yield from report.lines(verdict, width, low=low, keys=True, indent="  ")


def _footer(state: State) -> Footer:
    passed = state.desk.progress.passed
    return Footer(
        done=sum(lesson.slug in passed for lesson in state.desk.lessons),
        lessons=len(state.desk.lessons),
        path=shown(state.files[0]),
        link=str(state.files[0]),
        status=state.status,
        notice=state.notice or state.standing,
        keys=_keys(state),
    )


def _keys(state: State) -> Keys:
    if state.view and state.view.keys:
        return state.view.keys
    return _AFTER_SUCCESS if state.passed else _AT_WORK
