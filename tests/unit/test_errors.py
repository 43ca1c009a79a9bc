"""The tree of errors in the docstring is the tree of classes, and the API answers as it says."""

import re
from inspect import getmembers, isclass

import pytest
from fastapi.testclient import TestClient

from case_tracker.bootstrap import build_units
from case_tracker.domain import errors
from case_tracker.domain.case import CaseId
from case_tracker.domain.status import CaseStatus
from case_tracker.entrypoints.api.app import create_app

LINE = re.compile(
    r"(?P<branch>[│├└─ ]*)(?P<name>\w+Error)\s.*\((?:HTTP (?P<statuses>[\d, ]+)|no .*)\)"
)
LATE = CaseId("CASE-001")
ARGUMENTS = {
    errors.InvalidValueError: ("title", "", "is not blank"),
    errors.CaseNotFoundError: (LATE,),
    errors.InvalidTransitionError: (LATE, CaseStatus.DRAFT, CaseStatus.CLOSED),
    errors.ConstraintViolatedError: ("ck_cases_title_length",),
}


def lines():
    """Return the lines of the tree."""
    matches = [LINE.fullmatch(line) for line in errors.__doc__.splitlines()]
    return [match for match in matches if match]


def depth(error):
    """Return how far a class is below the root."""
    return error.__mro__.index(errors.CaseTrackerError)


ANSWERED = [
    pytest.param(getattr(errors, line["name"]), line["statuses"].split(", "), id=line["name"])
    for line in lines()
    if line["statuses"]
]


def test_every_error_stands_in_the_tree_at_its_place():
    """Who looks for the error to catch looks there."""
    drawn = {line["name"]: len(line["branch"]) // 4 for line in lines()}
    classes = getmembers(errors, isclass)

    assert drawn == {
        name: depth(error)
        for name, error in classes
        if issubclass(error, errors.CaseTrackerError) and depth(error)
    }


@pytest.mark.parametrize(("error", "statuses"), ANSWERED)
def test_the_api_answers_with_the_status_of_the_tree(error, statuses):
    """The first status is for everybody, the second one for who sent If-Match."""
    app = create_app(build_units("memory:"))
    refusal = error(*ARGUMENTS.get(error, ()))

    @app.get("/refused")
    def refuse():
        raise refusal

    client = TestClient(app, raise_server_exceptions=False)

    assert client.get("/refused").status_code == int(statuses[0])
    named = client.get("/refused", headers={"If-Match": '"1"'})
    assert named.status_code == int(statuses[-1])
