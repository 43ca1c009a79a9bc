"""Honest code never loses a point by how it is written, when it runs, or what stands beside it."""

import ast

import pytest

from tests.workbook.grade.conftest import HOME, LESSONS, Desk, lesson, texts
from tests.workbook.grade.test_probes import alternatives
from workbook.derive import solution
from workbook.grade.grading import Grading
from workbook.grade.pair import Options
from workbook.grade.store import FILE
from workbook.grade.submissions import Cohort, Learner, Submission
from workbook.grade.workers import Limits
from workbook.reformat import renamed

NOISE = (
    "import sys\nimport warnings\n\n"
    "print('loading')\nprint('to stderr', file=sys.stderr)\n"
    "warnings.warn('an old habit', DeprecationWarning)\n"
)
# As on the first lines of many a script.
OUTPUT = (
    "import sys\n\nsys.stdout.reconfigure(encoding='utf-8')\n"
    "sys.stdout.buffer.write(b'loading')\nassert sys.stdout.fileno() >= 0\n"
)


def unparsed(text):
    """Lay the code out anew, without a comment."""
    return ast.unparse(ast.parse(text))


def without_docstrings(text):
    """Take every docstring out."""
    tree = ast.parse(text)
    for node in ast.walk(tree):
        documented = isinstance(node, ast.FunctionDef | ast.ClassDef | ast.Module)
        if documented and ast.get_docstring(node) is not None and len(node.body) > 1:
            node.body = node.body[1:]
    return ast.unparse(tree)


def airy(text):
    """Put an empty line and a comment between all top-level lines."""
    body = [ast.unparse(node) for node in ast.parse(text).body]
    return "\n\n\n\n# next\n\n".join(body) + "\n"


WAYS = {
    "as it is": lambda text: text,
    "laid out anew": unparsed,
    "without docstrings": without_docstrings,
    "airy": airy,
    "Windows lines": lambda text: text.replace("\n", "\r\n"),
    "a mark in front": lambda text: "\ufeff" + text,
    "a line of tabs": lambda text: text + "\t\t\n",
}


def different_solutions(one):
    """Yield right solutions of a lesson, each in several ways, each with its name."""
    sources = [("reference", solution(one, HOME)), *alternatives(one)]
    sources += [(f"{name}, renamed", renamed(files)) for name, files in list(sources)]
    for name, files in sources:
        for way, change in WAYS.items():
            yield f"{name}, {way}", {file: change(text).encode() for file, text in files.items()}


@pytest.mark.thorough
@pytest.mark.parametrize("one", LESSONS, ids=[one.slug for one in LESSONS])
def test_twenty_different_solutions_get_full_marks(one, desk):
    """There is more than one right way, and more than one way to write it."""
    found = list(different_solutions(one))[:21]

    marks = {name: desk.grade(one.slug, files) for name, files in found}

    assert len(marks) > 19
    assert {n: m for n, m in marks.items() if m.earned < m.possible or m.verdict != "ok"} == {}


@pytest.mark.parametrize("said", [NOISE, OUTPUT], ids=["noise", "output"])
def test_what_is_said_costs_nothing(desk, said):
    """One grader takes any line on stderr for a failure; another has no real output."""
    files = texts("00", "solution")
    noisy = files | {"exercise.py": said.encode() + b"\n\n" + files["exercise.py"]}

    mark = desk.grade("00", noisy)

    assert (mark.earned, mark.verdict) == (mark.possible, "ok")


@pytest.mark.thorough
def test_who_has_to_wait_is_not_out_of_time(tier, desk):
    """A limit is for code that computes; a busy machine is nobody's mistake."""
    patient = Desk(tier, Limits(timeout_s=4))
    patient._expected = desk._expected
    desk.expectation("00")
    files = texts("00", "solution")
    waits = b"\n\nimport time\n\ntime.sleep(5)\n"

    mark = patient.grade("00", files | {"exercise.py": files["exercise.py"] + waits})
    patient.close()

    assert (mark.earned, mark.verdict) == (mark.possible, "ok")


@pytest.mark.thorough
def test_the_same_code_gets_the_same_mark_fifty_times_under_load(tmp_path, tier, open_store):
    """Twice as many workers as cores, and nobody is timed out or unlucky."""
    one = lesson("00")
    files = texts("00", "solution")
    learners = [Learner(f"learner-{number:02}") for number in range(50)]
    submissions = []
    for who in learners:  # the same but for a comment: what is the same is graded once
        text = files["exercise.py"] + f"# {who.key}\n".encode()
        submissions.append(Submission(who.key, one.slug, {"exercise.py": text}))
    store = open_store(tmp_path / FILE)

    lost = Grading(HOME, store, Options(tier, 4, Limits())).grade(
        Cohort(tuple(learners), tuple(submissions)), [one]
    )

    assert lost == []
    assert [(entry.verdict, entry.earned) for entry in store.entries()] == [("ok", 8)] * 50
