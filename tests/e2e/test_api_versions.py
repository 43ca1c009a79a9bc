"""ETag and If-Match: nobody overwrites over HTTP what they have not seen."""

import pytest

COMMANDS = pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("PATCH", "/cases/CASE-001", {"title": "Very late report"}),
        ("POST", "/cases/CASE-001/notes", {"text": "called"}),
        ("POST", "/cases/CASE-001/transitions", {"target_status": "SUBMITTED"}),
    ],
    ids=["rename", "note", "transition"],
)


def sent(client, command, tag=None):
    """Send a command with this If-Match."""
    method, path, body = command
    return client.request(method, path, json=body, headers={"If-Match": tag} if tag else {})


def test_a_case_carries_its_version(client):
    """The client keeps the tag with what it shows."""
    opened = client.post("/cases", json={"id": "CASE-002", "title": "Lost report"})

    assert (opened.headers["etag"], opened.headers["location"]) == ('"1"', "/cases/CASE-002")
    assert client.get("/cases/CASE-002").headers["etag"] == '"1"'


@COMMANDS
def test_a_command_needs_the_newest_version(client, method, path, body):
    """Missing is 428, stale is 412 and changes nothing, the newest one goes through."""
    command = method, path, body

    missing = sent(client, command)
    done = sent(client, command, '"1"')
    stale = sent(client, command, '"1"')

    assert (missing.status_code, "If-Match" in missing.json()["detail"]) == (428, True)
    assert (done.is_success, done.headers["etag"]) == (True, '"2"')
    assert (stale.status_code, "changed by somebody else" in stale.json()["detail"]) == (412, True)
    assert client.get("/cases/CASE-001").headers["etag"] == '"2"'


@COMMANDS
def test_a_star_is_any_version(client, method, path, body):
    """Who wants to write whatever stands there says so."""
    assert sent(client, (method, path, body), "*").headers["etag"] == '"2"'


@pytest.mark.parametrize(
    ("tag", "status"),
    [
        ("1", 400),
        ('"1', 400),
        ('"1", "2"', 400),
        ('W/"1"', 412),
        ('"one"', 412),
        ('"01"', 412),
        (f'"{"9" * 5000}"', 412),
    ],
)
def test_what_is_no_version_is_refused(client, tag, status):
    """A malformed tag is the client's mistake; a strange one is no version of this case."""
    answer = sent(client, ("PATCH", "/cases/CASE-001", {"title": "x"}), tag)

    assert answer.status_code == status
    assert client.get("/cases/CASE-001").json()["title"] == "Late report"


def test_without_the_rule_a_command_may_be_blind(serve):
    """The library default; `case-tracker serve` sets the rule."""
    client = serve()
    client.post("/cases", json={"id": "CASE-001", "title": "Late report"})

    renamed = client.patch("/cases/CASE-001", json={"title": "Very late report"})

    assert (renamed.status_code, renamed.json()["title"]) == (200, "Very late report")


def test_a_patch_changes_the_title_only(client):
    """A status that is silently ignored would look like a transition."""
    body = {"title": "x", "status": "CLOSED"}

    assert client.patch("/cases/CASE-001", json=body, headers={"If-Match": "*"}).status_code == 422
