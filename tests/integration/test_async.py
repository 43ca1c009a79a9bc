"""The use cases in an event loop: tasks that meet, that are cancelled, that lose the server."""

import asyncio

import psycopg
import pytest
from sqlalchemy import make_url, select, text
from sqlalchemy.exc import InvalidRequestError

from case_tracker.adapters.sql.models import CaseRecord
from case_tracker.adapters.sql.queries import sealed
from case_tracker.bootstrap import build_units
from case_tracker.domain.audit import Actor
from case_tracker.domain.case import Case, CaseId
from case_tracker.domain.errors import (
    CommitOutcomeUnknownError,
    ConcurrentUpdateError,
    DatabaseBusyError,
    DatabaseUnavailableError,
)
from case_tracker.domain.status import CaseStatus
from case_tracker.services.add_note import add_note
from case_tracker.services.open_case import open_case
from case_tracker.services.read_cases import case_history, count_cases, show_case
from case_tracker.services.retry import run_in_unit
from case_tracker.services.transition_case import transition_case
from workbook.lens.recorder import Recorder

LATE, LOST = CaseId("CASE-001"), CaseId("CASE-002")
ANN = Actor("ann")
CLIENTS = 4
NEXT = {
    CaseStatus.UNDER_REVIEW: CaseStatus.RETURNED,
    CaseStatus.RETURNED: CaseStatus.SUBMITTED,
    CaseStatus.SUBMITTED: CaseStatus.UNDER_REVIEW,
}
LOOPS = pytest.mark.shows_n_plus_one("every client does one thing after the other")


@pytest.fixture(params=["aiosqlite", "asyncpg"])
def url(request):
    """The URL of an empty database, once for each async driver."""
    return request.getfixturevalue(f"{request.param}_url")


@pytest.fixture
def units(start_async, url):
    """Units of work on two cases under review."""
    return start_async(url)


@pytest.fixture
def postgres(start_async, asyncpg_url):
    """The same on PostgreSQL."""
    return start_async(asyncpg_url)


@pytest.fixture
def observer(postgres_url):
    """A connection that looks at the server from outside."""
    with psycopg.connect(postgres_url.replace("+psycopg", ""), autocommit=True) as connection:
        yield connection


def kill(observer, pid):
    """End that process of the server, and return when it is gone."""
    query = "SELECT pg_terminate_backend(%s, 60000)"
    assert observer.execute(query, [pid]).fetchone() == (True,)


def pid_of(unit):
    """Return the server process of this unit."""
    return unit.session.connection().exec_driver_sql("SELECT pg_backend_pid()").scalar_one()


async def until_blocked(observer, pid):
    """Return when that process waits for a lock of another one."""
    async with asyncio.timeout(60):
        query = "SELECT pg_blocking_pids(%s)"
        while observer.execute(query, [pid]).fetchone() == ([],):  # noqa: ASYNC110 - only the server knows
            await asyncio.sleep(0)


@LOOPS
@pytest.mark.parametrize("rounds", [5, pytest.param(50, marks=pytest.mark.thorough)])
def test_each_step_is_taken_once_and_has_its_line_in_the_trail(run, units, rounds):
    """Tasks of one loop meet as threads do: who is too late reads again, nothing is lost."""

    async def walk(client):
        taken = 0
        while taken < rounds:
            case = await units.run(show_case, LATE)
            goal = NEXT[case.status]
            try:
                await units.run(
                    transition_case, LATE, goal, Actor(client), expected_version=case.version
                )
            except ConcurrentUpdateError:
                continue
            taken += 1

    async def walk_together():
        await asyncio.gather(*(walk(f"client {n}") for n in range(CLIENTS)))

    run(walk_together())

    events = run(units.run(case_history, LATE))
    actors = [event.actor.name for event in events]
    assert run(units.run(show_case, LATE)).version == 1 + CLIENTS * rounds
    assert sorted(actors) == sorted(f"client {n}" for n in range(CLIENTS) for _ in range(rounds))


@LOOPS
def test_what_is_read_in_a_writing_unit_stays_true_until_its_end(run, units):
    """Reading, counting one up and saving loses no count."""

    def count_up(unit):
        case = unit.cases.get(LATE)
        case.rename(str(int(case.title) + 1))
        unit.cases.save(case)

    async def count_together():
        await asyncio.gather(*(units.run(run_in_unit, count_up) for _ in range(CLIENTS)))

    run(count_together())

    assert run(units.run(show_case, LATE)).title == str(CLIENTS)


def test_a_pause_between_two_attempts_stops_nobody_else(run, units):
    """One that waits for a lock to pass must not hold up the whole server."""

    async def work_beside_a_pause():
        pausing = asyncio.create_task(units.run(lambda inside: inside.pause(3600)))
        note = await units.run(add_note, LATE, "meanwhile", ANN)
        assert not pausing.done()
        pausing.cancel()
        return note

    assert run(work_beside_a_pause()).version == 2


def test_whoever_is_cancelled_in_the_middle_of_a_unit_stores_nothing(run, units):
    """A client that hangs up leaves no lock and no half of a step behind."""

    def write_and_wait(inside):
        with inside.write() as unit:
            case = unit.cases.get(LATE)
            case.rename("half")
            unit.cases.save(case)
            written.set()
            inside.pause(3600)
            unit.commit()

    async def hang_up():
        client = asyncio.create_task(units.run(write_and_wait))
        await asyncio.wait_for(written.wait(), 60)
        client.cancel()
        with pytest.raises(asyncio.CancelledError):
            await client
        return await units.run(add_note, LATE, "somebody else goes on", ANN)

    written = asyncio.Event()
    case = run(hang_up())

    assert (case.title, case.version) == ("0", 2)


def test_whoever_is_cancelled_while_waiting_for_a_lock_gives_its_connection_back(
    run, postgres, observer
):
    """Otherwise ten clients that lose patience use up the pool."""
    begun, pids = asyncio.Event(), []

    def wait_for_the_case(inside):
        with inside.write() as unit:
            pids.append(pid_of(unit))
            begun.set()
            unit.cases.get(LATE)

    async def hang_up():
        async with postgres.write() as unit:
            await unit.session.execute(text("SELECT * FROM cases FOR UPDATE"))
            client = asyncio.create_task(postgres.run(wait_for_the_case))
            await asyncio.wait_for(begun.wait(), 60)
            await until_blocked(observer, pids[0])
            client.cancel()
            with pytest.raises(asyncio.CancelledError):
                await client
        await postgres.run(wait_for_the_case)

    run(hang_up())

    assert len(set(pids)) == 2, "the connection that was interrupted is not used again"
    assert postgres._engine.pool.checkedout() == 0


def test_a_connection_that_breaks_at_commit_leaves_the_outcome_unknown(run, postgres, observer):
    """Saying "failed" would make the client do it twice. No attempt follows."""
    attempts = []

    def break_at_commit(inside):
        with inside.write() as unit:
            attempts.append(1)
            unit.cases.add(Case(CaseId("CASE-3"), "third"))
            unit.session.flush()
            kill(observer, pid_of(unit))
            unit.commit()

    async def by_hand():
        async with postgres.write() as unit:
            await unit.cases.add(Case(CaseId("CASE-3"), "third"))
            await unit.session.flush()
            kill(observer, await unit.session.scalar(text("SELECT pg_backend_pid()")))
            await unit.commit()

    with pytest.raises(CommitOutcomeUnknownError):
        run(postgres.run(break_at_commit))
    with pytest.raises(CommitOutcomeUnknownError):
        run(by_hand())
    assert attempts == [1]


def test_a_connection_that_breaks_before_commit_has_stored_nothing(run, postgres, observer):
    """Here the client may try again: the COMMIT was never sent."""

    def break_before_commit(inside):
        with inside.write() as unit:
            unit.cases.add(Case(CaseId("CASE-3"), "third"))
            kill(observer, pid_of(unit))
            unit.commit()

    with pytest.raises(DatabaseUnavailableError):
        run(postgres.run(break_before_commit))

    assert run(postgres.run(count_cases)) == 2


def test_a_connection_that_died_in_the_pool_costs_no_request(run, postgres, observer):
    """After a restart of the server the next request works."""

    def look(inside):
        with inside.read() as unit:
            return pid_of(unit)

    kill(observer, run(postgres.run(look)))

    assert run(postgres.run(count_cases)) == 2


@LOOPS
def test_one_of_two_that_wait_for_each_other_is_tried_again(run, start_async, asyncpg_url):
    """A deadlock is the database's way to say: once more, please."""
    hasty = make_url(asyncpg_url).update_query_dict({"options": "-c deadlock_timeout=1ms"})
    units = start_async(hasty.render_as_string(hide_password=False))
    both_hold_one = asyncio.Barrier(2)
    attempts = []

    async def meet():
        async with asyncio.timeout(60):
            await both_hold_one.wait()

    def rename_both(mine, yours):
        def work(unit):
            attempts.append(mine)
            cases = [unit.cases.get(mine)]
            if attempts.count(mine) == 1:
                unit.session.connection().connection.dbapi_connection.run_async(lambda _: meet())
            cases.append(unit.cases.get(yours))
            for case in cases:
                case.rename(case.title + "!")
                unit.cases.save(case)

        return units.run(run_in_unit, work)

    async def cross():
        await asyncio.gather(rename_both(LATE, LOST), rename_both(LOST, LATE))

    run(cross())

    assert len(attempts) == 3
    assert [run(units.run(show_case, case_id)).title for case_id in (LATE, LOST)] == ["0!!", "0!!"]


def test_a_row_lock_that_is_not_released_is_a_domain_error(run, start_async, asyncpg_url):
    """The caller learns that nothing was changed, and may try again."""
    units = start_async(asyncpg_url, CASE_TRACKER_LOCK_TIMEOUT_S="0.001")

    async def hold():
        async with units.write() as unit:
            await unit.session.execute(text("SELECT * FROM cases FOR UPDATE"))
            await units.run(add_note, LATE, "in vain", ANN)

    with pytest.raises(DatabaseBusyError):
        run(hold())


def test_a_reading_unit_sees_one_state(run, units):
    """The page and the total of one answer agree, whatever is committed between them."""

    async def read_twice():
        async with units.read() as unit:
            before = await unit.cases.count()
            await units.run(open_case, CaseId("CASE-3"), "third")
            return before, await unit.cases.count()

    assert run(read_twice()) == (2, 2)


def test_the_repository_keeps_its_budget(run, units):
    """Neither grows by a statement for each case."""
    with Recorder(units._engine.sync_engine) as sent:
        counts = [run(cost(units, sent, name)) for name in ("get", "list", "count")]

    assert counts == [2, 2, 1]


async def cost(units, sent, name):
    """Return how many statements a call of the repository takes."""
    before = sent.count()
    async with units.read() as unit:
        await getattr(unit.cases, name)(*[LATE] * (name == "get"))
    return sent.count() - before


def test_no_lazy_load_survives(run, units):
    """Where nobody can await, a forgotten option is told at once, and a commit expires nothing."""

    async def look():
        async with units.write() as unit:
            record = (await unit.session.scalars(sealed(select(CaseRecord)))).first()
            await unit.commit()
            with pytest.raises(InvalidRequestError, match="raise"):
                _ = record.notes
            return record.title

    assert run(look()) == "0"


def test_a_use_case_is_the_same_with_and_without_an_event_loop(run, units, url):
    """What one wrote, the other one reads: there is one application."""
    run(units.run(add_note, LATE, "called", ANN))
    run(units.run(transition_case, LATE, CaseStatus.APPROVED, ANN))
    sync = build_units(url)

    case, events = show_case(sync, LATE), case_history(sync, LATE)

    assert (case.status, [note.text for note in case.notes]) == (CaseStatus.APPROVED, ["called"])
    assert events == run(units.run(case_history, LATE))
    sync.close()
