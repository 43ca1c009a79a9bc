"""What can be observed of lesson 04 from outside: answers, stored rows, printed lines."""

import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from dataclasses import replace
from typing import Annotated, Any

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
    InvalidValueError,
    ReferenceTakenError,
)
from case_tracker.domain.status import CaseStatus
from workbook.lens.recorder import Recorder
from workbook.probe import outcome, plain, scratch, some_cases

TITLES = "SELECT id, title FROM cases ORDER BY id"


def answer_to_a_late_commit(_exercise):
    """Answer the prediction: what a client reads when the commit behind a `yield` fails."""
    from fastapi import Depends, FastAPI

    from case_tracker.adapters.sql.units import SqlUnitsOfWork

    with scratch() as database:

        def late_commit():
            with SqlUnitsOfWork(database.engine).write() as unit:
                yield unit
                unit.commit()

        def post_case(unit: Annotated[Any, Depends(late_commit)]):
            unit.cases.add(Case(CaseId("CASE-001"), "Late report"))

        app = FastAPI()
        app.add_exception_handler(CaseTrackerError, conflict)
        app.add_api_route("/cases", post_case, methods=["POST"], status_code=201)
        client(app).post("/cases")
        answer = client(app).post("/cases")  # the id is taken: this commit fails
    return f"{answer.status_code} {answer.reason_phrase}"


async def conflict(_request, error):
    """Answer 409, when it is not too late."""
    from fastapi.responses import JSONResponse

    return JSONResponse(str(error), status_code=409)


def card(_exercise):
    """Count the answers that say Created, when each of ten cases is opened twice."""
    with scratch() as database, running(database) as (_app, browser):
        bodies = [{"id": c.id.value, "title": c.title} for c in some_cases(1, count=10)]
        answers = [browser.post("/cases", json=body) for body in bodies * 2]
    return sum(answer.status_code == 201 for answer in answers)


def observe(exercise, task, seed):
    """Return what the docstrings promise about one task, as plain data."""
    cases = some_cases(seed, count=4 + seed % 5)
    with scratch() as database:
        return TASKS[task](exercise, database, cases)


@contextmanager
def running(database, look=lambda still_open: None):
    """Give the block the application on this database; `look` runs when an answer begins.

    It is told how many units of work are still open.
    """
    from case_tracker.entrypoints.api.app import create_app

    units, still_open = counted(database.engine)
    app = create_app(units)

    async def door(scope, receive, send):
        async def let_out(message):
            if message["type"] == "http.response.start":
                look(len(still_open))
            await send(message)

        await app(scope, receive, let_out)

    yield app, client(door)


def counted(engine):
    """Return units of work on this engine, and the list of those that are open."""
    from case_tracker.adapters.sql.units import SqlUnitOfWork, SqlUnitsOfWork

    still_open = []

    class Unit(SqlUnitOfWork):
        def __enter__(self):
            still_open.append(self)
            return super().__enter__()

        def __exit__(self, *error):
            still_open.pop()
            super().__exit__(*error)

    class Units(SqlUnitsOfWork):
        def read(self):
            return Unit(self._read)

        def write(self):
            return Unit(self._write)

    return Units(engine), still_open


def client(app):
    """Return a client that reads 500 where the server crashes."""
    from fastapi.testclient import TestClient

    return TestClient(app, raise_server_exceptions=False)


def commit_in_the_service(_exercise, database, cases):
    """When an answer begins, its case is stored and nothing is open. 201 is never a lie."""
    from case_tracker.adapters.sql.units import SqlUnitsOfWork
    from case_tracker.services.open_case import open_case

    seen = []

    def look(still_open):
        held = database.engine.pool.checkedout()
        seen.append([database.other_connection(TITLES), held, still_open])

    with running(database, look) as (_app, browser):
        bodies = [{"id": case.id.value, "title": case.title} for case in cases]
        bodies += [body | {"title": "the id is taken"} for body in bodies[::2]]
        created = [browser.post("/cases", json=body).status_code == 201 for body in bodies]
        found = [browser.get(f"/cases/{case.id.value}").is_success for case in cases]
    units = SqlUnitsOfWork(database.engine)
    with Recorder() as sent:
        direct = plain(outcome(open_case, units, CaseId("DIRECT"), "without FastAPI"))
    in_a_writing_unit = any(event.detail == "IMMEDIATE" for event in sent.events)
    rows = database.other_connection(TITLES)
    return [created, found, seen, direct, in_a_writing_unit, rows]


def hand_over_the_factory(exercise, database, _cases):
    """Two requests at once have two units of work, and each call makes another one."""
    from fastapi import Depends

    meeting, inside, cases, made = threading.Barrier(2, timeout=10), [], [], []

    def meet(units: Annotated[Any, Depends(exercise.units_of)]):
        with units.read() as unit:
            inside.append(unit)
            meeting.wait()
            cases.append(unit.cases)
            meeting.wait()

    def look(units: Annotated[Any, Depends(exercise.units_of)]):
        made.extend([units.read(), units.read(), units.write()])

    with running(database) as (app, browser):
        app.add_api_route("/meet", meet)
        app.add_api_route("/look", look)
        with ThreadPoolExecutor(2) as pool, suppress(threading.BrokenBarrierError):
            list(pool.map(lambda _: client(app).get("/meet"), range(2)))
        browser.get("/look")
        browser.get("/look")
        body = {"id": "CASE-MODE", "title": "how does it begin"}
        calls = (lambda: browser.get("/cases"), lambda: browser.post("/cases", json=body))
        modes = [begun(call) for call in calls]
    return [[len(set(map(id, objects))) for objects in (inside, cases, made)], modes]


def begun(call):
    """Return the kinds of transactions that a call begins, however many of each."""
    with Recorder() as sent:
        call()
    return sorted({event.detail for event in sent.events if event.kind == "BEGIN"})


def statuses(exercise, database, cases):
    """Every error of the domain has its status; so have a missing case and a forbidden step."""
    case_id = cases[0].id
    errors = [
        InvalidValueError("title", "", "is not blank"),
        CaseNotFoundError(case_id),
        CaseAlreadyExistsError(case_id),
        CaseAlreadyExistsError(),
        InvalidTransitionError(case_id, CaseStatus.DRAFT, CaseStatus.CLOSED),
        ConcurrentUpdateError(case_id),
        ConstraintViolatedError("a constraint"),
        ReferenceTakenError(),
        DatabaseBusyError(),
        DatabaseUnavailableError(),
        CaseTrackerError("something else"),
    ]

    def refuse(number: int):
        raise errors[number]

    with database.session_factory.begin() as session:
        from case_tracker.adapters.sql.mapping import to_record

        session.add(to_record(Case(case_id, "a case")))
    with running(database) as (app, browser):
        app.add_api_route("/refuse/{number}", refuse)
        answers = [browser.get(f"/refuse/{number}") for number in range(len(errors))]
        answers.append(browser.get("/cases/UNKNOWN"))
        step = {"target_status": "CLOSED"}
        answers.append(browser.post(f"/cases/{case_id.value}/transitions", json=step))
    returned = [outcome(exercise.status_code, error) for error in errors]
    numbers = [int(code) if isinstance(code, int) else code for code in returned]
    return [answer.status_code for answer in answers] + numbers


def same_service(exercise, database, cases):
    """What is printed, the exit codes, the stored rows, and whether the service wrote them."""
    from click.testing import CliRunner

    from case_tracker.adapters.sql.units import SqlUnitsOfWork
    from case_tracker.entrypoints.cli import main

    # A file of its own: the command line works on tables that its migrations made.
    database = replace(database, path=database.path.with_name("commands.db"))
    CliRunner().invoke(main, ["--database", f"sqlite:///{database.path}", "db", "upgrade"])

    def run(case_id, title, url=f"sqlite:///{database.path}"):
        result = CliRunner().invoke(main, ["--database", url, "open", case_id, title])
        return [result.exit_code, result.output.strip().replace("\n", " ")]

    with Recorder(user_code=lambda path: path.endswith("open_case.py")) as sent:
        opened = [run(case.id.value, case.title) for case in cases]
    inserts = [entry for entry in sent.statements if entry.kind == "INSERT"]
    by_the_service = all(any(f.name == "open_case" for f in entry.frames) for entry in inserts)
    taken, message = run(cases[0].id.value, "the id is taken")
    blank, _ = run("BLANK", " ")
    units = SqlUnitsOfWork(database.engine)
    errors = [refused(lambda: exercise.open_command(units, "DIRECT", "the same id")) for _ in "ab"]
    in_memory = run("MEMORY", "in memory", url="memory:")
    rows = database.other_connection(TITLES)
    return [opened, by_the_service, taken, bool(message), blank, errors, in_memory, rows]


def refused(call):
    """Return the kind of error a call ends with: the domain's, or its name; None without one."""
    try:
        call()
    except CaseTrackerError:
        return "CaseTrackerError"
    except (Exception, SystemExit) as error:  # noqa: BLE001 - its name is the answer
        return type(error).__name__
    return None


TASKS = {1: commit_in_the_service, 2: hand_over_the_factory, 3: statuses, 4: same_service}
