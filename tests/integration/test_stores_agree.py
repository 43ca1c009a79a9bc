"""The same commands on memory, SQLite and PostgreSQL: outcome and state agree after each step.

Never says what is right: the contract tests do. What is here finds what they forgot to ask.
"""

from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    invariant,
    rule,
    run_state_machine_as_test,
)
from sqlalchemy import create_engine, delete

from case_tracker.adapters.sql.tables import METADATA
from case_tracker.bootstrap import build_units
from case_tracker.domain.audit import Actor
from case_tracker.domain.case import Case, CaseId, Note
from case_tracker.domain.errors import CaseAlreadyExistsError, CaseTrackerError
from case_tracker.domain.status import CaseStatus
from case_tracker.services.add_note import add_note
from case_tracker.services.delete_case import delete_case
from case_tracker.services.import_cases import import_cases
from case_tracker.services.import_each import import_each
from case_tracker.services.open_case import open_case
from case_tracker.services.read_cases import case_history, count_cases, list_cases, show_case
from case_tracker.services.rename_case import rename_case
from case_tracker.services.transition_case import transition_case

IDS = [CaseId(value) for value in ("A-1", "B.1", "a_1", "b-1", "0")]  # sorted by no locale so
ZONES = st.sampled_from([UTC, timezone(timedelta(hours=5, minutes=45)), timezone.max])
LONG_AGO = (datetime(1, 1, 3), datetime(1999, 1, 1))  # noqa: DTZ001 - a zone is drawn beside it

case_ids = st.sampled_from(IDS)
# Any text that Python can hold: a byte of a command line that is no UTF-8 is a lone surrogate.
odd = st.sampled_from(["", " ", "\x00", "a\x00b", "\udcff", "a\udcff", "😀" * 200, "x" * 201])
texts = st.text(max_size=8) | odd
titles = st.just("Late report") | texts
references = st.none() | st.sampled_from(["INV-1", "INV-2", "inv-1"]) | texts
actors = st.sampled_from(["ann", "bob"]) | texts
statuses = st.sampled_from(CaseStatus)
ages = st.none() | st.integers(0, 2)  # how many versions ago the client looked; None: it did not
notes = st.tuples(titles, st.datetimes(*LONG_AGO, timezones=ZONES))
rows = st.tuples(case_ids, titles, statuses, st.lists(notes, max_size=2), references)


class Stores(RuleBasedStateMachine):
    """Three stores that are told the same."""

    def __init__(self, stores, forget):
        """Begin with empty stores."""
        super().__init__()
        forget()
        self.stores = stores | {"memory": build_units("memory:")}

    def agree(self, command):
        """Give all stores this command and compare what they answer; return the answer."""
        outcomes = {name: outcome(command, units) for name, units in self.stores.items()}
        expected = outcomes["memory"]
        assert outcomes == dict.fromkeys(outcomes, expected)
        return expected

    def version(self, case_id, age):
        """Return the version that a client knows who looked `age` versions ago."""
        if age is None:
            return None
        _, case = self.agree(lambda units: seen(show_case(units, case_id)))
        return case[3] - age if case else 1

    @rule(case_id=case_ids, title=titles, reference=references)
    def open(self, case_id, title, reference):
        """Open a case, with a reference or without one."""
        self.agree(lambda units: seen(open_case(units, case_id, title, reference=reference)))

    @rule(case_id=case_ids, title=titles, age=ages)
    def rename(self, case_id, title, age):
        """Give a case another title."""
        known = {"expected_version": self.version(case_id, age)}
        self.agree(lambda units: seen(rename_case(units, case_id, title, **known)))

    @rule(case_id=case_ids, text=titles, age=ages)
    def note(self, case_id, text, age):
        """Write a note."""
        known = {"expected_version": self.version(case_id, age)}
        self.agree(lambda units: seen(add_note(units, case_id, text, Actor("ann"), **known)))

    @rule(case_id=case_ids, actor=actors, goal=statuses, age=ages)
    def jump(self, case_id, actor, goal, age):
        """Take any step, allowed or not."""
        known = {"expected_version": self.version(case_id, age)}
        self.agree(lambda units: seen(transition_case(units, case_id, goal, Actor(actor), **known)))

    @rule(case_id=case_ids, actor=actors, choice=st.integers(0, 2))
    def step(self, case_id, actor, choice):
        """Take an allowed step: a random one seldom is."""
        _, case = self.agree(lambda units: seen(show_case(units, case_id)))
        steps = sorted(case[2].next_steps) if case else []
        if steps:
            self.jump(case_id, actor, steps[choice % len(steps)], age=None)

    @rule(case_id=case_ids, actor=actors, age=ages)
    def delete(self, case_id, actor, age):
        """Take a case out of sight."""
        known = {"expected_version": self.version(case_id, age)}
        self.agree(lambda units: delete_case(units, case_id, Actor(actor), **known))

    @rule(rows=st.lists(rows, max_size=3))
    def import_many(self, rows):
        """Store many cases at once."""
        self.agree(lambda units: import_cases(units, [case_of(row) for row in rows]))

    @rule(rows=st.lists(rows, max_size=3), actor=actors)
    def import_the_good(self, rows, actor):
        """Store the good ones of many cases."""
        self.agree(lambda units: refused(units, [case_of(row) for row in rows], Actor(actor)))

    @rule(
        status=st.none() | statuses,
        limit=st.integers(0, 3) | st.sampled_from([100, 101]),
        offset=st.integers(-1, 4) | st.sampled_from([10**9, 10**9 + 1, 2**63, 10**30]),
    )
    def turn_pages(self, status, limit, offset):
        """Look at any page."""
        self.agree(lambda units: seen_page(list_cases(units, status, limit=limit, offset=offset)))

    @rule(case_id=case_ids, status=st.none() | statuses)
    def look(self, case_id, status):
        """Look at one case, its history and a count."""
        self.agree(lambda units: seen(show_case(units, case_id)))
        self.agree(lambda units: trail(case_history(units, case_id)))
        self.agree(lambda units: count_cases(units, status))

    @invariant()
    def the_stores_show_the_same(self):
        """Compare all cases, counts and histories, those of deleted cases too."""
        self.agree(everything)


def outcome(command, units):
    """Return the type of the error, and the answer; one of them is None.

    When id and reference are both taken, each database names the one that it checks first.
    """
    try:
        return None, command(units)
    except CaseAlreadyExistsError:
        return CaseAlreadyExistsError, None
    except CaseTrackerError as error:
        return type(error), None


def case_of(row):
    """Return a case that nobody else holds."""
    case_id, title, status, notes, reference = row
    return Case(case_id, title, status, [Note(*note) for note in notes], reference)


def refused(units, cases, actor):
    """Import each case; return the places of the refused ones."""
    refusals = import_each(units, cases, actor)
    return [place for place, case in enumerate(cases) if any(case is r.case for r in refusals)]


def everything(units):
    """Return all that can be seen, in one unit: page, counts, cases, histories."""
    with units.read() as unit:
        page = [seen(view) for view in unit.pages.page(limit=100)]
        counts = [unit.pages.total(), *(unit.pages.total(status) for status in CaseStatus)]
        histories = [trail(unit.audit_events.list(case_id)) for case_id in IDS]
        return page, counts, histories


def seen(case):
    """Return what a client sees of a case or a view of one. A time of today is no store's fault."""
    notes = [(n.text, n.written_at if n.written_at.year < 2000 else None) for n in case.notes]
    case_id = getattr(case.id, "value", case.id)  # a view has the text alone
    return case_id, case.title, case.status, case.version, case.reference, notes


def seen_page(page):
    """Return what a client sees of a page."""
    return [seen(view) for view in page.cases], page.total


def trail(events):
    """Return what a client sees of a history. Ids and times are each store's own."""
    told = [{k: v for k, v in e.details.items() if k != "note_id"} for e in events]
    return [(e.case_id, e.actor, e.event_type, t) for e, t in zip(events, told, strict=True)]


@pytest.fixture
def stores(sqlite_url, postgres_url):
    """Units of work on both databases."""
    stores = {"sqlite": build_units(sqlite_url), "postgresql": build_units(postgres_url)}
    yield stores
    for units in stores.values():
        units.close()


@pytest.fixture
def forget(sqlite_url, postgres_url):
    """Empties both databases."""
    engines = [create_engine(url) for url in (sqlite_url, postgres_url)]

    def forget():
        for engine in engines:
            with engine.begin() as connection:
                for table in reversed(METADATA.sorted_tables):
                    connection.execute(delete(table))

    yield forget
    for engine in engines:
        engine.dispose()


@pytest.mark.shows_n_plus_one("looks at every case after each step")
@pytest.mark.parametrize(
    ("examples", "steps"),
    [
        pytest.param(15, 15, id="quick"),
        pytest.param(150, 40, id="thorough", marks=pytest.mark.thorough),
    ],
)
def test_the_stores_agree(stores, forget, examples, steps):
    """Whatever is done, in whatever order, nobody can tell the stores apart."""
    profile = settings(max_examples=examples, stateful_step_count=steps, deadline=None)

    run_state_machine_as_test(lambda: Stores(stores, forget), settings=profile)
