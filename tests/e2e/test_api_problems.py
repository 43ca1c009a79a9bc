"""Refusals, request ids, tokens, health and pages: what every client of the API meets."""

import pytest

from case_tracker.domain.errors import ConcurrentUpdateError, InvalidValueError, SchemaOutdatedError
from case_tracker.entrypoints.api.tokens import Tokens


def test_a_refusal_is_a_problem(client):
    """A program reads type and status, a person title and detail, support the request id."""
    answer = client.get("/cases/CASE-404", headers={"X-Request-ID": "call-17"})

    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json() == {
        "type": "urn:case-tracker:problem:case-not-found",
        "title": "Case not found",
        "status": 404,
        "detail": "no case with id 'CASE-404'",
        "instance": "/cases/CASE-404",
        "request_id": "call-17",
    }


def test_an_invalid_body_names_each_field(client):
    """The client repairs all of it at once; what it sent is not repeated."""
    answer = client.post("/cases", json={"id": "CASE-002", "secret": "s3cret"})

    assert answer.status_code == 422
    assert answer.json()["errors"] == [{"where": "body.title", "message": "Field required"}]
    assert "s3cret" not in answer.text


@pytest.mark.parametrize(
    ("method", "path", "status"), [("GET", "/no", 404), ("PUT", "/cases", 405)]
)
def test_a_wrong_address_is_a_problem_too(client, method, path, status):
    """There is one form for all refusals."""
    answer = client.request(method, path)

    assert (answer.status_code, answer.json()["status"]) == (status, status)
    assert answer.headers["content-type"] == "application/problem+json"


def test_a_crash_tells_nothing_but_its_request_id(client):
    """The log has the traceback; the client has the id that finds it."""

    def crash():
        raise RuntimeError("postgresql://ann:s3cret@db")

    client.app.add_api_route("/crash", crash)

    answer = client.get("/crash", headers={"X-Request-ID": "call-17"})

    assert (answer.status_code, answer.json()["request_id"]) == (500, "call-17")
    assert answer.headers["x-request-id"] == "call-17"
    assert "s3cret" not in answer.text


def test_a_conflict_that_names_no_version_is_409(client):
    """412 is the answer to a failed If-Match, and to nothing else."""

    def conflict():
        raise ConcurrentUpdateError

    client.app.add_api_route("/conflict", conflict)

    assert client.get("/conflict").status_code == 409
    assert client.get("/conflict", headers={"If-Match": "*"}).status_code == 409
    assert client.get("/conflict", headers={"If-Match": '"1"'}).status_code == 412


@pytest.mark.parametrize("given", ["", "two words", "a" * 65, "x=1;y"])
def test_a_strange_request_id_is_replaced(client, given):
    """It goes into logs: nobody may write their own lines there."""
    first, second = (
        client.get("/healthz", headers={"X-Request-ID": given}).headers["x-request-id"]
        for _ in range(2)
    )

    assert given not in (first, second)
    assert first != second


def test_alive_and_ready(client):
    """On a fit database both are 200."""
    assert client.get("/healthz").json() == {"status": "alive"}
    assert client.get("/readyz").json() == {"status": "ready"}


def test_not_ready_is_still_alive(serve):
    """Old tables take the server out of the balancer, not out of life."""

    def check():
        raise SchemaOutdatedError("0003", "0004")

    client = serve(check=check)

    answer = client.get("/readyz")
    assert (answer.status_code, answer.headers["retry-after"]) == (503, "1")
    assert "case-tracker db upgrade" in answer.json()["detail"]
    assert client.get("/healthz").status_code == 200


TOKENS = "ann:secret1, bob:secret2"


@pytest.mark.parametrize(
    "header",
    [None, "secret1", "Bearer", "Bearer secret", "Bearer secret11", "Basic secret1", "Bearer é"],
)
@pytest.mark.parametrize("path", ["/cases", "/healthz", "/openapi.json"])
def test_nobody_enters_without_a_token(serve, header, path):
    """No address is forgotten, because no route is asked."""
    headers = {"Authorization": header.encode("latin-1")} if header else {}

    answer = serve(tokens=Tokens.parse(TOKENS)).get(path, headers=headers)

    assert (answer.status_code, answer.headers["www-authenticate"]) == (401, "Bearer")
    assert answer.json()["request_id"]


def test_the_name_of_the_token_is_the_actor(serve):
    """The trail says who it was, not what they called themselves."""
    client = serve(tokens=Tokens.parse(TOKENS))
    bob = {"Authorization": "bearer secret2"}
    client.post("/cases", json={"id": "CASE-001", "title": "Late report"}, headers=bob)

    step = {"target_status": "SUBMITTED"}
    client.post("/cases/CASE-001/transitions", json=step, headers=bob)

    (event,) = client.get("/cases/CASE-001/history", headers=bob).json()
    assert event["actor"] == "bob"


def test_the_document_says_that_a_token_is_needed(serve):
    """A generated client sends it, on every operation."""
    client = serve(tokens=Tokens.parse(TOKENS))

    document = client.get("/openapi.json", headers={"Authorization": "Bearer secret1"}).json()

    assert [*document["components"]["securitySchemes"]] == ["HTTPBearer"]
    for path in document["paths"].values():
        assert all(operation["security"] == [{"HTTPBearer": []}] for operation in path.values())


@pytest.mark.parametrize(
    "setting", ["", "s3cret", "ann:", ":s3cret", "ann:s3cret,", "ann:s3 cret", "a:s3cret,b:s3cret"]
)
def test_a_malformed_setting_is_refused_and_not_shown(setting):
    """A server that starts without its tokens is open; a token in a log is no secret."""
    with pytest.raises(InvalidValueError, match="CASE_TRACKER_API_TOKENS holds") as refused:
        Tokens.parse(setting)

    assert "s3" not in str(refused.value)
    assert "secret" not in repr(Tokens.parse(TOKENS))


def test_next_leads_through_all_pages(client):
    """Following the links shows each case once, filter and size kept."""
    for number in range(2, 6):
        client.post("/cases", json={"id": f"CASE-00{number}", "title": "x"})

    url, seen = "/cases?status=DRAFT&limit=2&offset=0", []
    while url:
        page = client.get(url).json()
        seen.append([case["id"] for case in page["cases"]])
        url = page["next"]

    assert seen == [["CASE-001", "CASE-002"], ["CASE-003", "CASE-004"], ["CASE-005"]]
    assert page["total"] == 5
    assert client.get("/cases?after=a%20b").status_code == 422
    assert client.get("/cases?after=CASE-001&offset=1").status_code == 422


def test_openapi_tells_how_a_request_is_refused(client):
    """A generated client knows the refusals before it meets them."""
    document = client.get("/openapi.json").json()

    rename = document["paths"]["/cases/{case_id}"]["patch"]["responses"]
    assert {"200", "400", "404", "409", "412", "422", "428"} <= rename.keys()
    assert "request_id" in rename["412"]["content"]["application/problem+json"]["example"]
    assert "ETag" in rename["200"]["headers"]
    for path in document["paths"].values():
        for operation in path.values():
            refusals = {code: r for code, r in operation["responses"].items() if code >= "400"}
            assert all("application/problem+json" in r["content"] for r in refusals.values())
