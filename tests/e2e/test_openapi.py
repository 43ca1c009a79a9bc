"""The API does what its OpenAPI document says, whatever is sent.

Source: Schemathesis, which makes requests that the document allows, and requests that it forbids.
"""

import pytest
import schemathesis
from anyio.from_thread import start_blocking_portal
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from schemathesis.generation import GenerationMode
from schemathesis.python.asgi import get_client, shutdown_lifespans

from case_tracker.bootstrap import build_async_units, build_units
from case_tracker.domain.case import CaseId
from case_tracker.domain.status import CaseStatus
from case_tracker.entrypoints.api.app import create_app
from case_tracker.services.import_cases import Case, import_cases

LATE = "CASE-001"
STALE = {412, 428}  # what no document can foresee: the version of a case when the request comes
CONFIG = schemathesis.Config.from_dict(
    {
        "checks": {
            "positive_data_acceptance": {"expected-statuses": ["2xx", 404, 409, *STALE]},
            "negative_data_rejection": {"expected-statuses": [400, 404, 409, 422, *STALE]},
        }
    }
)
DOCUMENT = create_app(build_units("memory:")).openapi()
OPERATIONS = [
    pytest.param(method, path, id=f"{method} {path}")
    for path, operations in DOCUMENT["paths"].items()
    for method in operations
]
TAKES_NOTHING = {"/healthz", "/readyz"}


def thorough(*drivers):
    """Return parameters for a run that takes its time."""
    return [
        pytest.param(driver, 100, id=f"{driver}-thorough", marks=pytest.mark.thorough)
        for driver in drivers
    ]


@pytest.fixture
def app(request):
    """The API on one store, with one case under review."""
    driver = request.param
    url = "memory:" if driver == "memory" else request.getfixturevalue(f"{driver}_url")
    late = Case(CaseId(LATE), "Late report", CaseStatus.UNDER_REVIEW)
    if driver in {"aiosqlite", "asyncpg"}:
        with start_blocking_portal() as portal:
            units = portal.call(build_async_units, url)
            portal.call(units.run, import_cases, [late])
            portal.call(units.close)
        yield create_app(units, require_if_match=True)
        shutdown_lifespans()
        return
    units = build_units(url)
    import_cases(units, [late])
    yield create_app(units, require_if_match=True)
    shutdown_lifespans()
    units.close()


def test_a_client_of_the_async_api_reads_the_same_document(sqlite_url):
    """Which driver the server uses is nobody's business."""
    with start_blocking_portal() as portal:
        units = portal.call(build_async_units, sqlite_url.replace("sqlite:", "sqlite+aiosqlite:"))

    assert create_app(units).openapi() == DOCUMENT


@pytest.mark.parametrize(
    ("app", "examples"),
    [
        pytest.param("sqlite", 10, id="sqlite"),
        pytest.param("aiosqlite", 10, id="aiosqlite"),
        *thorough("memory", "sqlite", "postgresql", "aiosqlite", "asyncpg"),
    ],
    indirect=["app"],
)
@pytest.mark.parametrize(("method", "path"), OPERATIONS)
def test_every_answer_is_one_that_the_document_names(app, examples, method, path):
    """Status, headers and body are as promised; what is forbidden is refused; nothing breaks."""
    operation = schemathesis.openapi.from_asgi("/openapi.json", app, config=CONFIG)[path][method]
    modes = [GenerationMode.POSITIVE] + [GenerationMode.NEGATIVE] * (path not in TAKES_NOTHING)

    @settings(
        max_examples=examples,
        deadline=None,
        database=None,
        phases=[Phase.generate, Phase.shrink],
        suppress_health_check=list(HealthCheck),
    )
    @given(st.data())
    def check(data):
        mode = data.draw(st.sampled_from(modes))
        case = data.draw(operation.as_strategy(generation_mode=mode))
        if mode is GenerationMode.POSITIVE:
            make_likely(case, data.draw)
        with get_client(app) as client:
            response = case.call(session=client)
        assert response.status_code < 500
        case.validate_response(response)

    check()


def make_likely(case, draw):
    """Let some requests meet the stored case, and leave out what excludes each other."""
    if "case_id" in case.path_parameters and draw(st.booleans()):
        case.path_parameters["case_id"] = LATE
    if "if-match" in case.headers and draw(st.booleans()):
        case.headers["if-match"] = "*"
    if "after" in case.query:
        case.query.pop("offset", None)
