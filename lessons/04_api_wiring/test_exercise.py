"""Lesson 04: the wiring. Real requests to the real application, and real commands."""

import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from typing import Annotated, Any

import pytest

from case_tracker.domain.case import Case, CaseId
from case_tracker.domain.errors import (
    CaseAlreadyExistsError,
    CaseNotFoundError,
    CaseTrackerError,
    ConcurrentUpdateError,
    ConstraintViolatedError,
    DatabaseBusyError,
    DatabaseUnavailableError,
    InvalidTransitionError,
    ReferenceTakenError,
)
from case_tracker.domain.status import CaseStatus

LATE = CaseId("CASE-001")
REPORT = {"id": "CASE-001", "title": "Late report"}
OPEN = ("open", "CASE-001", "Late report")
SQLITE = pytest.mark.parametrize("units", ["sqlite"], indirect=True)
MEMORY = pytest.mark.parametrize("units", ["memory"], indirect=True)
NO_FACTORY = (
    "app.state.units must be the factory itself: connect() keeps it, units_of() hands it on"
)
PORT_ONLY = "a service knows the port only: write unit.commit(), not unit.session.commit()"
REFUSALS = {
    CaseNotFoundError(LATE): 404,
    CaseAlreadyExistsError(LATE): 409,
    ReferenceTakenError(): 409,
    InvalidTransitionError(LATE, CaseStatus.DRAFT, CaseStatus.CLOSED): 409,
    ConcurrentUpdateError(LATE): 409,
    ConstraintViolatedError("fk_case_notes_case_id_cases"): 409,
    DatabaseBusyError(): 503,
    DatabaseUnavailableError(): 503,
    CaseTrackerError("something else"): 503,
}


@contextmanager
def in_words():
    """Say what a plausible slip means, in place of a bare AttributeError."""
    try:
        yield
    except AttributeError as error:
        if error.name == "session":
            raise AssertionError(f"{PORT_ONLY}\n{error}") from error
        if error.name in ("read", "write", "units"):
            raise AssertionError(f"{NO_FACTORY}\n{error}") from error
        raise


@pytest.fixture(params=["sqlite", "memory"])
def units(request, engine):
    """Units of work on an empty store: the same tests for the database and for its twin."""
    from case_tracker.adapters.memory.unit_of_work import InMemoryUnitsOfWork
    from case_tracker.adapters.sql.units import SqlUnitsOfWork

    if request.param == "sqlite":
        return SqlUnitsOfWork(engine)
    return InMemoryUnitsOfWork(patience_s=0.2)


@pytest.fixture
def stored(units, other_connection):
    """Reads the titles of all committed cases, past the application."""

    def titles():
        if hasattr(units, "_store"):
            return [case.title for case in units._store.committed.cases.values()]
        return [title for (title,) in other_connection("SELECT title FROM cases ORDER BY id")]

    return titles


class Diary(list):
    """What happened to the units of work, and when an answer went out, in order."""

    refusing = False

    def __str__(self):
        return ", ".join(self)

    def of(self, word, method):
        """Return a method of units of work that notes this word when it is called."""

        def noting(unit, *arguments):
            try:
                if word == "committed" and self.refusing:
                    raise DatabaseBusyError
                result = method(unit, *arguments)
            except CaseTrackerError:
                self.append(f"not {word}")
                raise
            self.append(word)
            return result

        return noting


@pytest.fixture
def diary(units, monkeypatch):
    """The diary of all units of work. While it is `refusing`, every commit fails."""
    diary, unit = Diary(), type(units.write())
    for name, word in (("__enter__", "entered"), ("commit", "committed"), ("__exit__", "left")):
        monkeypatch.setattr(unit, name, diary.of(word, getattr(unit, name)))
    return diary


@pytest.fixture
def app(units):
    """The application on these units of work."""
    from case_tracker.entrypoints.api.app import create_app

    return create_app(units)


@pytest.fixture
def client_of():
    """Makes a client of an application; what goes wrong inside is said in words."""
    from fastapi.testclient import TestClient

    class Client(TestClient):
        def request(self, *arguments, **options):
            with in_words():
                return super().request(*arguments, **options)

    return Client


@pytest.fixture
def visit(app, units, diary, client_of):
    """Makes a client. When an answer begins to go out, the diary notes it, and `look` runs."""
    app.state.units = units  # whether connect() keeps it is tested in 4.2

    def client(look=lambda: None, *, crash=True):
        async def door(scope, receive, send):
            async def let_out(message):
                if message["type"] == "http.response.start":
                    diary.append("answered")
                    look()
                await send(message)

            await app(scope, receive, let_out)

        return client_of(door, raise_server_exceptions=crash)

    return client


def told(answer):
    """Say how a request was answered, in the words of HTTP: `201 Created`."""
    return f"{answer.status_code} {answer.reason_phrase}"


@pytest.mark.task(1)
def test_an_opened_case_is_found(visit, diary, observed):
    """Whoever has read 201 comes back for the case, and must find it."""
    client = visit()

    opened = client.post("/cases", json=REPORT)
    observed["life"] = str(diary)
    found = client.get("/cases/CASE-001")

    units_did = f"what the units of work did: {observed['life']}"
    assert opened.status_code == 201, f"a new case is answered {told(opened)}\n{units_did}"
    assert found.is_success, (
        f"the client read 201 Created, and then CASE-001 was not found\n{units_did}"
    )
    assert found.json()["title"] == "Late report", f"the case came back as {found.json()}"


@pytest.mark.task(1)
def test_a_commit_that_fails_is_no_success(visit, diary, stored, observed):
    """A client that reads 201 throws its own copy away, and the case exists nowhere."""
    client = visit(crash=False)
    client.post("/cases", json={"id": "CASE-000", "title": "Old report"})

    diary.clear()
    diary.refusing = True
    answer = client.post("/cases", json=REPORT)
    diary.refusing = False

    observed["status"], observed["life"] = answer.status_code, str(diary)
    titles = stored()
    assert answer.status_code != 201, (
        f"the commit of 'Late report' failed, and the client read {told(answer)}\n"
        f"stored is {titles}; what the units of work did: {observed['life']}"
    )
    assert titles == ["Old report"], f"the commit of 'Late report' failed; stored is {titles}"
    again = client.post("/cases", json=REPORT)
    assert again.status_code == 201, f"after a failed commit, POST is answered {told(again)}"


@pytest.mark.task(1)
def test_a_taken_id_is_no_success(visit, stored):
    """Two clients choose the same id: the one that loses must learn it from the answer."""
    client = visit(crash=False)
    client.post("/cases", json=REPORT)

    answer = client.post("/cases", json=REPORT | {"title": "Lost report"})

    titles = stored()
    assert answer.status_code != 201, (
        f"the client read {told(answer)} for 'Lost report'; stored is {titles}"
    )
    assert titles == ["Late report"], f"CASE-001 was opened twice; stored is {titles}"


@pytest.mark.task(1)
def test_the_work_is_done_when_the_answer_begins(visit, stored, diary, observed):
    """Whoever reads 201 may ask for the case at once, on another server."""
    seen = []
    client = visit(lambda: seen.append(stored()))

    answer = client.post("/cases", json=REPORT)

    observed["life"] = str(diary)
    before = diary[: diary.index("answered")]
    still_open = before.count("entered") - before.count("left")
    observed["in_time"] = seen == [["Late report"]]
    units_did = f"what the units of work did: {diary}"
    assert seen == [["Late report"]], (
        f"when {told(answer)} went out, a second connection saw {seen[0]}\n{units_did}"
    )
    assert still_open == 0, (
        f"when {told(answer)} went out, {still_open} unit of work was still open\n{units_did}"
    )


@SQLITE
@pytest.mark.task(1)
def test_no_connection_waits_for_the_client(visit, engine, diary, observed):
    """A client on a slow line keeps a connection that twenty others are waiting for."""
    held = []
    client = visit(lambda: held.append(engine.pool.checkedout()))

    client.post("/cases", json=REPORT)
    observed["life"] = str(diary)
    client.get("/cases/CASE-001")
    client.get("/cases")

    assert held == [0, 0, 0], (
        "when the answers went out, the application held this many connections: "
        f"POST {held[0]}, GET one {held[1]}, GET all {held[2]}"
    )


@pytest.mark.task(1)
def test_the_service_stores_without_fastapi(learners, units, stored, recording):
    """The command line calls the same service, and has no dependency that commits for it."""
    with recording() as sent, in_words():
        case = learners("open_case.py").open_case(units, LATE, "Late report")

    modes = [event.detail for event in sent.events if event.kind == "BEGIN"]
    assert case == Case(LATE, "Late report"), f"open_case() returned {case}"
    assert stored() == ["Late report"], f"open_case() returned a case, and stored is {stored()}"
    assert modes != ["DEFERRED"], "open_case() writes in a unit that units.read() made, for looking"


@pytest.mark.task(1)
def test_the_reference_is_stored_too(learners, units):
    """A case without its reference cannot be found from the other system."""
    with in_words():
        learners("open_case.py").open_case(units, LATE, "Late report", reference="A-17")
        with units.read() as unit:
            found = [case.reference for case in unit.cases.list()]

    assert found == ["A-17"], f"opened with the reference A-17; the stored references are {found}"


@pytest.fixture
def handed_over(exercise):
    """The type of a parameter: what units_of() hands to a route."""
    from fastapi import Depends

    return Annotated[Any, Depends(exercise.units_of)]


@SQLITE
@pytest.mark.task(2)
def test_two_requests_at_once_never_share_a_unit(app, client_of, handed_over, observed):
    """In a shared unit, the commit of one request stores the half-done work of the other."""
    meeting, inside, cases, kinds = threading.Barrier(2, timeout=10), [], [], []

    def meet(units: handed_over):
        with units.read() as unit:
            inside.append(unit)
            meeting.wait()  # both requests are inside of their units now
            cases.append(unit.cases)
            kinds.append(units.read() is not units.write())
            meeting.wait()

    app.add_api_route("/meet", meet)
    with ThreadPoolExecutor(2) as pool, suppress(threading.BrokenBarrierError):
        list(pool.map(lambda _: client_of(app).get("/meet"), range(2)))

    assert len(cases) == 2, "the second request waits until the first one has left its unit"
    observed["shared"] = inside[0] is inside[1]
    observed["kinds"] = "one for each" if all(kinds) else "one for both"
    assert not observed["shared"], "two requests at once work in the same unit of work"
    assert cases[0] is not cases[1], "two requests at once work with the same repository"


@pytest.mark.task(2)
def test_each_call_makes_a_unit_of_its_own(app, client_of, handed_over, observed):
    """A unit is one transaction: handed out again, it goes on where somebody else stopped."""
    made = []

    def look(units: handed_over):
        made.extend([units.read(), units.read(), units.write()])

    app.add_api_route("/look", look)
    for _ in range(2):
        client_of(app).get("/look")

    observed["in_one_request"] = "the same unit" if made[0] is made[1] else "another unit"
    observed["in_the_next"] = "the same unit" if made[0] is made[3] else "another unit"
    different = len({id(unit) for unit in made})
    assert different == 6, f"6 calls of read() and write() made {different} units of work"


@MEMORY
@pytest.mark.task(2)
def test_only_writing_waits_for_the_writer(app, units, client_of):
    """When each look takes the write lock, all readers stand in one queue."""
    client = client_of(app, raise_server_exceptions=False)

    with units.write():
        looked = client.get("/cases")
        opened = client.post("/cases", json=REPORT)

    assert looked.is_success, (
        f"somebody writes, and GET /cases is answered {told(looked)}\n"
        "it waits for the write lock: units.read() must make a reading unit"
    )
    assert opened.status_code != 201, (
        "two units write at the same time\nunits.write() must make a writing unit, which waits"
    )


@pytest.fixture
def status_of(exercise, observed):
    """Calls status_code() with an error, and says in words when it does not return."""

    def call(error):
        name = type(error).__name__
        try:
            return exercise.status_code(error)
        except NotImplementedError:
            raise
        except Exception as raised:
            slip = f"status_code({name}) raised {type(raised).__name__}; it must return the status"
            raise AssertionError(f"{slip}\n{raised}") from raised

    with suppress(Exception):
        found = {int(exercise.status_code(error)) for error in REFUSALS}
        observed["all_refusals"] = found.pop() if len(found) == 1 else "different"
    return call


@pytest.mark.task(3)
def test_a_missing_case_is_404(visit, status_of, observed):
    """A client that reads 503 asks again and again for a case that does not exist."""
    returned = status_of(CaseNotFoundError(LATE))
    answer = visit().get("/cases/CASE-404")

    observed["status"] = answer.status_code
    assert answer.status_code == 404, f"GET of an unknown case is answered {told(answer)}, not 404"
    assert returned == 404, f"status_code(CaseNotFoundError) returned {returned!r}, not 404"


@pytest.mark.task(3)
def test_a_forbidden_step_is_409(visit, units, status_of):
    """A client that reads 409 looks at the case again; one that reads 503 tries for ever."""
    with units.write() as unit:
        unit.cases.add(Case(LATE, "Late report"))
        unit.commit()

    status_of(InvalidTransitionError(LATE, CaseStatus.DRAFT, CaseStatus.CLOSED))
    answer = visit().post("/cases/CASE-001/transitions", json={"target_status": "CLOSED"})

    assert answer.status_code == 409, f"DRAFT to CLOSED is answered {told(answer)}, not 409"


@pytest.mark.task(3)
@pytest.mark.parametrize("error", REFUSALS, ids=lambda error: type(error).__name__)
def test_every_refusal_has_its_status(error, status_of):
    """An error that is nobody's fault must not look like the fault of the client."""
    returned, name = status_of(error), type(error).__name__

    parents = " > ".join(cls.__name__ for cls in type(error).__mro__[:-3])
    assert returned == REFUSALS[error], (
        f"status_code({name}) returned {returned!r}, not {REFUSALS[error]}\n"
        f"its classes: {parents}; the first case that fits one of them wins"
    )


@pytest.mark.guard
def test_an_id_that_no_case_can_have_is_422(visit):
    """The client must change its request: sending it again helps nobody."""
    answer = visit().get("/cases/two words")

    assert answer.status_code == 422, (
        f"GET of 'two words' is answered {told(answer)}, not 422\n"
        "the first case that fits wins: CaseTrackerError() fits every error, so it cannot be first"
    )


@pytest.fixture
def terminal(database):
    """Runs the command line on new tables: `terminal("open", "CASE-001", "Late report")`."""
    from click.testing import CliRunner

    from case_tracker.entrypoints.cli import main

    def run(*words, url=f"sqlite:///{database}"):
        result = CliRunner().invoke(main, ["--database", url, *words])
        if result.exception and not isinstance(result.exception, SystemExit):
            raise result.exception
        return result

    run("db", "upgrade")
    return run


@pytest.mark.task(4)
def test_the_command_stores_the_case(terminal, other_connection):
    """Somebody reads "CASE-001 DRAFT" on the screen, and closes the window."""
    printed = terminal(*OPEN).output.strip()

    rows = other_connection("SELECT id, title FROM cases")
    assert printed == "CASE-001 DRAFT Late report", f"the command printed {printed!r}"
    assert rows == [("CASE-001", "Late report")], (
        f"the command printed {printed!r}; a second connection sees {rows}"
    )


@pytest.mark.task(4)
def test_the_command_calls_the_service(terminal, recording, observed):
    """Two copies of a use case are the same on the first day, and never again."""
    with recording() as sent:
        terminal(*OPEN)
    try:
        in_memory = terminal(*OPEN, url="memory:").output.strip()
        outcomes = {"works": "CASE-001 DRAFT", "busy": "database is busy", "fails": ""}
        observed["in_memory"] = next(word for word, sign in outcomes.items() if sign in in_memory)
    except AttributeError as error:
        in_memory, observed["in_memory"] = str(error), "AttributeError"

    inserts = [entry for entry in sent.statements if entry.kind == "INSERT"]
    by_the_service = [entry for entry in sent.inside("open_case") if entry in inserts]
    if inserts:
        observed["written_by"] = "the service" if by_the_service else "the command"
    works = observed["in_memory"] == "works"
    assert works, f"with the memory adapter the command fails: {in_memory}"
    assert inserts, "the command sent no INSERT at all"
    assert by_the_service, "the row was written by open_command(), and not by open_case()"


@pytest.mark.task(4)
def test_a_refused_command_exits_with_1(terminal, other_connection, observed):
    """A script that opens cases looks at the exit code, and at nothing else."""
    first, again = terminal(*OPEN), terminal("open", "CASE-001", "Lost report")

    observed["exit_code"] = again.exit_code
    observed["refused"] = "in the output" if "exists already" in again.output else "not said"
    titles = [title for (title,) in other_connection("SELECT title FROM cases")]
    assert first.exit_code == 0, f"opening CASE-001 is refused: {first.output}"
    assert titles == ["Late report"], f"CASE-001 was opened twice; stored is {titles}"
    assert again.exit_code == 1, f"CASE-001 is taken, and the exit code is {again.exit_code}"
    assert "exists already" in again.output, f"CASE-001 is taken; the command says {again.output!r}"


@pytest.mark.task(4)
def test_a_refusal_reaches_the_caller(exercise, units):
    """A program that calls open_command() wants an error, and not its own end."""

    def open_as(title):
        try:
            return exercise.open_command(units, LATE.value, title)
        except (Exception, SystemExit) as error:  # noqa: BLE001 - the test judges it
            return error

    first, again = open_as("Late report"), open_as("Lost report")

    assert first == "CASE-001 DRAFT Late report", (
        f"open_command() gave {first!r}, and not the line to print"
    )
    assert isinstance(again, CaseTrackerError), (
        f"CASE-001 is taken, and open_command() gave {again!r}\n"
        "let the CaseTrackerError travel: the command line prints it and exits with 1"
    )
