"""The middleware for development: a header with the cost, and a warning for each N+1."""

import logging
import re
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient
from sqlalchemy import Engine, select
from sqlalchemy.ext.asyncio import AsyncSession, create_async_engine
from sqlalchemy.orm import Session

from bench.scenarios import Case
from case_tracker.bootstrap import build_schema, build_units
from case_tracker.entrypoints.api.app import create_app
from workbook.lens.asgi import DatabaseTiming
from workbook.lens.nplusone import NPlusOne


def service(engine: Engine) -> FastAPI:
    """Return an API with slow pages, sync and async."""
    app = FastAPI()

    @app.get("/notes")
    def notes() -> int:
        with Session(engine) as session:
            return sum(len(case.notes) for case in session.scalars(select(Case)))

    @app.get("/cases/{number}")
    def one(number: int) -> str:
        with Session(engine) as session:
            return session.get(Case, number).title

    @app.get("/async")
    async def async_notes() -> int:
        other = create_async_engine(f"sqlite+aiosqlite:///{engine.url.database}")
        async with AsyncSession(other) as session:
            cases = (await session.scalars(select(Case))).all()
            count = sum([len(await case.awaitable_attrs.notes) for case in cases])
        await other.dispose()
        return count

    @app.get("/fails")
    def fails() -> None:
        with Session(engine) as session:
            _ = [case.clerk for case in session.scalars(select(Case))]
        raise RuntimeError("after the loop")

    return app


@pytest.fixture
def client(engine: Engine) -> Iterator[TestClient]:
    with TestClient(DatabaseTiming(service(engine)), raise_server_exceptions=False) as client:
        yield client


@pytest.mark.parametrize("path", ["/notes", "/async"], ids=["in a worker thread", "async"])
def test_a_slow_page_is_told_in_header_and_log(client, caplog, path):
    """The developer sees it in the browser and in the terminal, on the first request."""
    answer = client.get(path)

    assert answer.json() == 20
    assert re.fullmatch(r'db;desc="11 statements";dur=\d+\.\d', answer.headers["server-timing"])
    (warning,) = caplog.records
    assert warning.levelno == logging.WARNING
    assert warning.getMessage().startswith(f"GET {path}: Case.notes: 10 SELECTs for 10 of 10")
    assert ".options(selectinload(Case.notes))" in warning.getMessage()


def test_single_loads_of_three_requests_are_no_loop(client, caplog):
    """Equal lines of different requests have nothing to do with each other."""
    with NPlusOne() as everything:
        answers = [client.get(f"/cases/{number}") for number in (1, 2, 3)]

    assert [one.headers["server-timing"].partition(";dur")[0] for one in answers] == [
        'db;desc="1 statement"'
    ] * 3
    assert (caplog.records, everything.findings) == ([], [])


def test_requests_that_run_together_are_counted_apart(engine, caplog):
    """A busy server must not blame one request for another one's loop."""
    meet = threading.Barrier(2, timeout=10)
    app = service(engine)

    @app.get("/meets/{number}")
    def meets(number: int) -> int:
        with Session(engine) as session:
            meet.wait()
            for key in range(number):
                session.get(Case, key + 1)
            meet.wait()
        return number

    with TestClient(DatabaseTiming(app)) as client, ThreadPoolExecutor(2) as pool:
        answers = list(pool.map(lambda number: client.get(f"/meets/{number}"), (1, 5)))

    assert [one.headers["server-timing"].split('"')[1] for one in answers] == [
        "1 statement",
        "5 statements",
    ]
    assert [one.getMessage().partition(":")[0] for one in caplog.records] == ["GET /meets/5"]


def test_a_request_that_fails_is_told_too(client, caplog):
    """A page that breaks under load may be slow for the same reason."""
    answer = client.get("/fails")

    assert answer.status_code == 500
    warnings = [one.getMessage() for one in caplog.records if one.name == "workbook.lens.asgi"]
    assert [text.partition(" SELECT")[0] for text in warnings] == ["GET /fails: Case.clerk: 10"]


def test_what_is_allowed_is_not_warned_of(engine, caplog):
    """A known loop can be named, and everything else is still told."""
    with TestClient(DatabaseTiming(service(engine), engine, allow=["Case.notes"])) as client:
        assert 'desc="11 statements"' in client.get("/notes").headers["server-timing"]

    assert caplog.records == []


def test_the_app_itself_has_nothing_to_warn_of(tmp_path, caplog):
    """A page of the case tracker takes three statements, however many cases there are."""
    url = f"sqlite:///{tmp_path / 'app.db'}"
    schema = build_schema(url)
    schema.upgrade()
    schema.close()
    units = build_units(url)
    with TestClient(DatabaseTiming(create_app(units))) as client:
        for number in range(5):
            client.post("/cases", json={"id": f"CASE-{number}", "title": "Late"})
            client.post(f"/cases/CASE-{number}/notes", json={"text": "called"})
        timing = client.get("/cases").headers["server-timing"]
    units.close()

    assert timing.startswith('db;desc="3 statements";')
    assert [record for record in caplog.records if record.name == "workbook.lens.asgi"] == []


def test_what_is_no_request_is_passed_on(engine):
    """Start-up and shut-down of the wrapped application still happen."""
    seen = []

    async def app(scope, receive, send):
        seen.append(scope["type"])
        for answer in ("startup", "shutdown"):
            await receive()
            await send({"type": f"lifespan.{answer}.complete"})

    with TestClient(DatabaseTiming(app)):
        pass

    assert seen == ["lifespan"]
