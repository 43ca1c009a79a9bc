"""The cost of a page from the first case to the last, behind an id and by OFFSET."""

import gc
import time
from functools import partial

from bench.peers.app import App
from bench.peers.common import PAGE
from bench.rounds import Size, case_id, made_up
from bench.stage import Sqlite, Stage, analyze
from case_tracker.domain.case import CaseId
from case_tracker.ports.read_models import CaseView

PLACES = 10
TIMES = 15
Curve = list[tuple[int, float]]
"""Cases before the page, and the best time of a page in seconds."""


def curves(stage: Stage, size: Size) -> dict[str, Curve]:
    """Return the curve of each way to find a page; both read the same cases at each place."""
    url = stage.fresh(99)
    app = App(url)
    app.insert(made_up(size.many_cases, size.notes))
    analyze(url)
    last = size.many_cases - PAGE
    places = [round(last * place / PLACES) for place in range(PLACES + 1)]
    found: dict[str, Curve] = {"keyset": [], "OFFSET": []}
    for place in places:
        after = CaseId(case_id(place - 1)) if place else None
        ways = {
            "keyset": partial(_page, app, after=after),
            "OFFSET": partial(_page, app, offset=place),
        }
        assert ways["OFFSET"]() == ways["keyset"]()
        for way, took in _best(stage, ways).items():
            found[way].append((place, took))
    app.close()
    return found


def _page(app: App, after: CaseId | None = None, offset: int = 0) -> list[CaseView]:
    with app.units.read() as unit:
        return unit.pages.page(limit=PAGE, after=after, offset=offset)


def _best(stage: Stage, ways: dict[str, partial[list[CaseView]]]) -> dict[str, float]:
    """Return the best time of each way; they take turns."""
    clock = time.process_time if isinstance(stage, Sqlite) else time.perf_counter
    took: dict[str, list[float]] = {way: [] for way in ways}
    gc.collect()
    gc.disable()
    for _ in range(TIMES):
        for way, page in ways.items():
            started = clock()
            page()
            took[way].append(clock() - started)
    gc.enable()
    return {way: min(times) for way, times in took.items()}
