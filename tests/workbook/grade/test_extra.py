"""Hidden tests of an instructor's own: they count, and nobody reads them."""

import json
import textwrap

import pytest

from tests.workbook.grade.conftest import HOME, LESSONS, lesson, texts
from tests.workbook.grade.test_cohort import points, put, workbook
from workbook.grade import extra, gradebook, shards
from workbook.grade.judge import OF_EXTRA
from workbook.grade.pair import Options, Pair
from workbook.grade.store import FILE
from workbook.grade.submissions import Learner, Submission

SECRET = "hush_eleven_grey_herons"  # what no page may hold
PROBE = f'''
"""{SECRET}: a title may hold a quote."""

from sqlalchemy import create_engine
from sqlalchemy.orm import Session


def observe(exercise, task, seed):
    """Answer for the first task only."""
    if task != 1:
        return None
    engine = create_engine("sqlite://")
    exercise.CaseRecord.metadata.create_all(engine)
    with Session(engine) as session:
        exercise.add_case(session, "CASE-1", f"it's {{seed}}")
        session.flush()
        return session.get(exercise.CaseRecord, "CASE-1").title
'''
NARROW = """


_add = add_case


def add_case(session, case_id, title):
    _add(session, case_id, title.replace("'", ""))
"""
CURIOUS = """


_add = add_case


def add_case(session, case_id, title):
    if "'" in title:
        import sys

        said = sys._getframe(1).f_globals["__doc__"]
        raise type(said, (Exception,), {})(said)
    _add(session, case_id, title)
"""


@pytest.fixture
def hidden(tmp_path):
    """A folder with one extra test."""
    folder = tmp_path / "hidden"
    folder.mkdir()
    (folder / "00_first_session.py").write_text(PROBE, encoding="utf-8")
    return folder


def test_a_hidden_test_counts_and_no_word_of_it_gets_out(hidden, tmp_path, tier):
    """What passes the visible tests only waits for a person, and learns nothing by it."""
    solution = texts("00", "solution")["exercise.py"].decode()
    for learner, more in (("ann", ""), ("bob", NARROW), ("eve", CURIOUS)):
        put(tmp_path / "in", learner, "00", {"exercise.py": solution + more})
    out = tmp_path / "out"

    done = workbook(
        tmp_path / "in", "--lessons", "00", "--out", out, "--extra-tests", hidden, "--tier", tier
    )

    assert done.returncode == 0, done.stderr
    assert points(out) == {
        ("ann", "00"): (8, "ok"),
        ("bob", "00"): (7, "review"),
        ("eve", "00"): (7, "review"),
    }
    results = json.loads((out / gradebook.JSON).read_text("utf-8"))["results"]
    assert [OF_EXTRA in result["tasks"][0]["evidence"] for result in results] == [False, True, True]
    holding = [p.name for p in out.rglob("*") if p.is_file() and SECRET.encode() in p.read_bytes()]
    assert holding == []
    assert SECRET not in done.stdout + done.stderr


@pytest.mark.thorough
def test_what_the_process_says_of_a_hidden_test_is_not_in_the_mark(hidden, tier):
    """It can say what it has read; the judge only compares."""
    one = lesson("00")
    files = {"exercise.py": texts("00", "solution")["exercise.py"] + CURIOUS.encode()}
    with Pair(Options(tier, extra=extra.read(hidden, LESSONS))) as pair:
        expectation = pair.expect(one, HOME, 7)
        mark = pair.grade(expectation, Submission("eve", one.slug, files))

        said = pair.hidden.run(files, seeds=list(expectation.seeds))

    assert SECRET in json.dumps(said.lines)
    assert SECRET not in json.dumps(mark.to_data())


@pytest.mark.thorough
def test_a_shard_brings_the_hidden_tests_along(hidden, tmp_path, tier, open_store):
    """Another machine must come to the same mark."""
    files = {"exercise.py": texts("00", "solution")["exercise.py"] + NARROW.encode()}
    one = lesson("00")
    options = Options(tier, extra=extra.read(hidden, LESSONS))
    plan = shards.shard(
        [Learner("bob")], [Submission("bob", one.slug, files)], {one.slug: 7}, options
    )

    lost = shards.run(json.loads(json.dumps(plan)), LESSONS, HOME, tmp_path / FILE, jobs=1)

    entries = open_store(tmp_path / FILE).entries()
    found = [(entry.verdict, entry.receipt.extra != "") for entry in entries]
    assert (lost, found) == ([], [("review", True)])


@pytest.mark.parametrize(
    ("name", "text", "says"),
    [
        (None, "", "holds no extra test"),
        ("quotes.py", PROBE, "is for no lesson"),
        ("00_first_session.py", "def observe(", "is no Python"),
        ("00_first_session.py", "def test_quotes(): ...", "has no function observe"),
    ],
)
def test_what_is_no_extra_test_is_refused(name, text, says, tmp_path):
    """A hidden test that is left out without a word would be believed to have passed."""
    if name:
        (tmp_path / name).write_text(textwrap.dedent(text), encoding="utf-8")

    with pytest.raises(extra.ExtraTestsError, match=says):
        extra.read(tmp_path, LESSONS)
