"""The API from the outside: HTTP in, rows in a database."""

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import create_engine, event, text

from case_tracker.bootstrap import build_units
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
    assert [event["details"] for event in history] == [{"from": "DRAFT", "to": "SUBMITTED"}]


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


def test_a_connection_that_breaks_at_commit_is_no_invitation_to_retry(postgres_url):
    """Who answers 503 here makes a proxy store the case twice."""
    units, observer = build_units(postgres_url), create_engine(postgres_url)

    @event.listens_for(units._engine, "commit")
    def kill(connection):
        pid = connection.connection.dbapi_connection.info.backend_pid
        with observer.connect() as other:
            other.execute(text("SELECT pg_terminate_backend(:pid, 60000)"), {"pid": pid})

    with TestClient(create_app(units)) as client:
        answer = open_case(client)
    units.close()
    observer.dispose()

    assert answer.status_code == 500
    assert "look whether the change was stored" in answer.json()["detail"]
