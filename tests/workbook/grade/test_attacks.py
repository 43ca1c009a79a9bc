"""Hostile and unlucky submissions: none is forged, none does harm, none stops the next one."""

import pytest

from tests.workbook.grade.attacks import ATTACKS
from tests.workbook.grade.conftest import processes_of, texts

RESTING = 2  # the base and the warm parent of a worker
REPRESENTATIVES = {
    "hard-exit-in-a-function",
    "a-verdict-of-its-own",
    "search-every-file",
    "loop",
    "delete-the-secret",
    "unix-socket",
    "attach-outside",
    "a-view-in-what-is-left",
    "right-only-for-the-tests",
    "escape-sequences",
    "parentheses",
}
IDS = [f"{attack.kind}-{attack.name}" for attack in ATTACKS]


def submission(attack, guarded):
    """Return the files of an attack: its code stands behind a starter or a solution."""
    files = texts(attack.lesson, attack.base)
    code = guarded.code(attack.code).encode("utf-8", "surrogatepass")
    first, second = code, files["exercise.py"]
    if not code.startswith(b"# -*-"):
        first, second = second, code
    return files | {"exercise.py": first + b"\n\n\n" + second + b"\n"}


@pytest.mark.parametrize(
    "attack",
    [
        pytest.param(a, marks=() if a.name in REPRESENTATIVES else pytest.mark.thorough)
        for a in ATTACKS
    ],
    ids=IDS,
)
def test_an_attack_gets_what_it_deserves(attack, desk, hasty, guarded):
    """A forged mark, a changed file or a grader that hangs would be the end of trust."""
    chosen = hasty if attack.hangs else desk

    mark = chosen.grade(attack.lesson, submission(attack, guarded))

    assert mark.earned <= attack.deserved, mark
    assert mark.verdict in attack.verdicts, mark
    assert guarded.harm() == []
    for worker in (chosen.points, chosen.feedback):
        assert len(processes_of(worker)) == RESTING


@pytest.fixture(autouse=True)
def _honest_neighbours(request, desk):
    """Before and after each attack an honest solution gets full marks, in the same workers."""
    name = request.node.callspec.params["attack"].lesson
    files = texts(name, "solution")
    marks = [desk.grade(name, files)] if desk.points.lesson is None else []
    yield
    marks.append(desk.grade(name, files))
    assert [mark.verdict for mark in marks] == ["ok"] * len(marks), marks
