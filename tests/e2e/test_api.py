"""The API from the outside: HTTP in, rows in a database."""

import pytest
from anyio.from_thread import start_blocking_portal
from fastapi.testclient import TestClient
from sqlalchemy import create_engine, event, text

from case_tracker.bootstrap import build_async_units, build_units
from case_tracker.entrypoints.api.app import create_app


@pytest.fixture
def client(serve):
    """A client of the API on an empty store, once for each adapter."""
    return serve()


def open_case(client, case_id="CASE-001", title="Late report"):
    """Open a case over HTTP."""
    return client.post("/cases", json={"id": case_id, "title": title})


def test_the_life_of_a_case(client):
    """Opened, noted, submitted, shown, with its history."""
    assert open_case(client).status_code == 201
    assert client.post("/cases/CASE-001/notes", json={"text": "called"}).status_code == 201
    moved = client.post("/cases/CASE-001/transitions", json={"target_status": "SUBMITTED"})
    assert (moved.status_code, moved.json()["status"]) == (200, "SUBMITTED")

    shown = client.get("/cases/CASE-001").json()
    history = client.get("/cases/CASE-001/history").json()

    assert (shown["title"], shown["status"], shown["version"]) == ("Late report", "SUBMITTED", 3)
    assert [note["text"] for note in shown["notes"]] == ["called"]
    assert [event["event_type"] for event in history] == ["note_added", "case_transitioned"]
    assert history[1]["details"] == {"from": "DRAFT", "to": "SUBMITTED"}


def test_pages_have_a_total(client):
    """A client can show where it is."""
    for number in (3, 1, 2):
        open_case(client, f"CASE-00{number}")

    page = client.get("/cases", params={"limit": 2, "offset": 1}).json()

    assert ([case["id"] for case in page["cases"]], page["total"]) == (["CASE-002", "CASE-003"], 3)
    nothing = {"cases": [], "total": 0, "next": None}
    assert client.get("/cases", params={"status": "CLOSED"}).json() == nothing


@pytest.mark.parametrize(
    ("method", "path", "body", "status"),
    [
        ("GET", "/cases/CASE-404", None, 404),
        ("GET", "/cases/CASE-404/history", None, 404),
        ("POST", "/cases/CASE-404/notes", {"text": "x"}, 404),
        ("POST", "/cases", {"id": "CASE-001", "title": "again"}, 409),
        ("POST", "/cases/CASE-001/transitions", {"target_status": "CLOSED"}, 409),
        ("POST", "/cases/CASE-001/transitions", {"target_status": "NOWHERE"}, 422),
        ("POST", "/cases", {"id": "a b", "title": "x"}, 422),
        ("POST", "/cases", {"id": "CASE-002", "title": " "}, 422),
        ("POST", "/cases/CASE-001/notes", {"text": ""}, 422),
        ("GET", "/cases/a%20b", None, 422),
        ("GET", "/cases?limit=0", None, 422),
        ("GET", "/cases?limit=101", None, 422),
        ("GET", "/cases?offset=-1", None, 422),
    ],
)
def test_what_is_refused_says_why(client, method, path, body, status):
    """Every refusal of the domain has its status, in one place."""
    open_case(client)

    answer = client.request(method, path, json=body)

    assert answer.status_code == status
    assert answer.json()["detail"]
    assert answer.headers["content-type"] == "application/problem+json"


@pytest.fixture
def end_at_commit(postgres_url):
    """Ends the server's process of each connection of an engine just before its COMMIT."""
    observer = create_engine(postgres_url)

    def end_at_commit(engine):
        @event.listens_for(engine, "commit")
        def end(connection):
            pid = connection.exec_driver_sql("SELECT pg_backend_pid()").scalar_one()
            with observer.connect() as other:
                other.execute(text("SELECT pg_terminate_backend(:pid, 60000)"), {"pid": pid})

    yield end_at_commit
    observer.dispose()


def test_a_connection_that_breaks_at_commit_is_no_invitation_to_retry(postgres_url, end_at_commit):
    """Who answers 503 here makes a proxy store the case twice."""
    units = build_units(postgres_url)
    end_at_commit(units._engine)

    with TestClient(create_app(units)) as client:
        answer = open_case(client)
    units.close()

    assert answer.status_code == 500
    assert "look whether the change was stored" in answer.json()["detail"]


def test_the_same_is_true_when_the_commit_is_awaited(asyncpg_url, end_at_commit):
    """The driver is another one, the answer is not."""
    with start_blocking_portal() as portal:
        units = portal.call(build_async_units, asyncpg_url)
    end_at_commit(units._engine.sync_engine)

    with TestClient(create_app(units)) as client:
        answer = open_case(client)

    assert answer.status_code == 500
    assert "look whether the change was stored" in answer.json()["detail"]
