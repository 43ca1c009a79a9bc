"""Hostile and unlucky submissions: none is forged, none does harm, none stops the next one."""

import sys

import pytest

from tests.workbook.grade.attacks import ATTACKS
from tests.workbook.grade.conftest import left_behind, texts

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
        assert left_behind(worker) == []


SCAN = """
import base64, ctypes, os, tempfile
libc = ctypes.CDLL(None)
libc.sbrk.restype = ctypes.c_void_p
end, page = libc.sbrk(0), 1 << 16


def scan(word):
    forms = [word] + [base64.b64encode(b"x" * n + word)[4:-4] for n in range(3)]
    with tempfile.TemporaryFile(buffering=0) as file:
        for start in range(end - (96 << 20), end, page):
            file.seek(0)
            if libc.write(file.fileno(), ctypes.c_void_p(start), page) == page:
                file.seek(0)
                found = file.read(page)
                if any(form in found for form in forms):
                    return True
    return False


own = bytes(reversed(b"SNWO-OHW"))
before = bytes(reversed(b"EROFEB-EMAC-OHW"))
assert scan(own), "the scan finds nothing at all"  # WHO-OWNS
assert not scan(before), "somebody else was here"
"""


@pytest.mark.skipif(sys.platform != "linux", reason="it asks the C library for the heap")
def test_nobody_finds_the_submission_of_the_one_before(desk):
    """Workers are shared: what one learner handed in must not be in the memory of the next."""
    files = texts("00", "solution")
    first = files["exercise.py"] + b"# WHO-CAME-BEFORE " * 500
    second = files["exercise.py"] + SCAN.encode()
    desk.grade("00", {"exercise.py": first})

    mark = desk.grade("00", {"exercise.py": second})

    assert mark.earned == mark.possible, mark


@pytest.fixture(autouse=True)
def _honest_neighbours(request, desk):
    """Before and after each attack an honest solution gets full marks, in the same workers."""
    attack = getattr(request.node, "callspec", None)
    name = attack.params["attack"].lesson if attack else "00"
    files = texts(name, "solution")
    marks = [desk.grade(name, files)] if desk.points.lesson is None else []
    yield
    marks.append(desk.grade(name, files))
    assert [mark.verdict for mark in marks] == ["ok"] * len(marks), marks
