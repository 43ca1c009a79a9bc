"""What results become: tables, documents, pages. Whatever was handed in arrives harmless."""

import csv
import io
import json
import re
import xml.etree.ElementTree as ET

import jsonschema
import pytest

from tests.workbook.grade.conftest import HOME, lesson, texts
from workbook.grade import gradebook, late, outputs
from workbook.grade.clean import MARK
from workbook.grade.exports.fill import fill
from workbook.grade.exports.table import FillError
from workbook.grade.marks import Mark, Receipt, TaskMark
from workbook.grade.pages.render import page_name
from workbook.grade.store import FILE, Override, Result
from workbook.grade.submissions import Cohort, Learner, Submission
from workbook.verdict import Place, Recognised, TaskResult, TestResult, Verdict

LESSONS = [lesson("00"), lesson("02")]
NASTY = '=1+1</style><script>alert(1)</script>\x1b[2J\u202egpj" onload="x'


def failing(one, task, message="it came out wrong"):
    """Return what the tests of a lesson said: this task failed, with a misconception."""
    known = next((m for m in one.misconceptions if m.task == task), None)
    recognised = Recognised(known.slug, "seen", "a learner's own words", "x") if known else None
    sent = {"type": "statement", "text": message, "frames": [{"line": 7}]}
    test = TestResult(
        "test_it", task, "failed", message, "assertion", "It costs.", None, recognised, [sent]
    )
    place = Place("exercise.py", 33)
    return Verdict(
        one.slug,
        one.title,
        [
            TaskResult(
                task, one.label(task), "it", "do it", place, untouched=False, needs=(), tests=[test]
            )
        ],
        [],
        0.1,
    )


def marked(one, missed=(), review=(), message="it came out wrong", evidence=""):
    """Return a mark: every task earned, but these."""
    tasks = tuple(
        TaskMark(
            t.number,
            one.label(t.number),
            t.name,
            "missed" if t.number in missed else "review" if t.number in review else "earned",
            t.weight,
            evidence if t.number in (*missed, *review) else "",
        )
        for t in one.tasks
    )
    verdict = "review" if review else "failed" if missed else "ok"
    said = failing(one, missed[0], message) if missed else None
    return Mark(one.slug, verdict, tasks, feedback=said)


@pytest.fixture
def store(tmp_path, open_store):
    """A store for results that a test puts in."""
    return open_store(tmp_path / "out" / FILE)


def put(store, learner, one, mark=None, files=None, **more):
    """Store one result."""
    if files is None:
        files = texts(one.slug[:2], "solution") if mark else {}
    submission = Submission(learner.key, one.slug, files, **more)
    receipt = Receipt(submission.digest + learner.key, "l", "v", "1", "T1", 7, "10 s, 512 MiB")
    store.save(Result(learner, submission, mark, receipt if mark else None))


ANN = Learner("ann", "Ann Able", "ann@x.example", "101")
BOB = Learner("bob", "Bob Baker", "bob@x.example", "102")
CY = Learner("cy", "", "", "103")
DEE = Learner("dee", "Dee Dale", "dee@x.example", "104")


@pytest.fixture
def course(store):
    """Ann has all; Bob misses a task and is late; Cy waits for a person; Dee gave nothing."""
    first, second = LESSONS
    for learner in (ANN, BOB, CY):
        put(store, learner, first, marked(first))
    put(store, ANN, second, marked(second))
    put(store, BOB, second, marked(second, missed=(4,)), late="2")
    waiting = marked(second, review=(2,), evidence="its tests pass; hidden data showed else")
    put(store, CY, second, waiting)
    for one in LESSONS:
        put(store, DEE, one)
    return store


def written(store, tmp_path, lessons=LESSONS):
    """Write all outputs; return the folder."""
    outputs.write(store, lessons, HOME, tmp_path / "out")
    return tmp_path / "out"


def test_the_json_keeps_its_schema(course, tmp_path):
    """A script that somebody else wrote reads it next year."""
    course.override("bob", Override("02_repository", 4, 0.5, "B. Otter", "nearly"))
    document = json.loads((written(course, tmp_path) / gradebook.JSON).read_text("utf-8"))
    schema = HOME.root / "workbook" / "grade" / "grades.schema.json"

    jsonschema.validate(document, json.loads(schema.read_text("utf-8")))

    assert document["schema"] == gradebook.SCHEMA
    assert len(document["results"]) == 8


RULES = [("accept", 5), ("refuse", 0), ("50%", 2.5), ("10%/day", 4), ("60%/day", 0)]


@pytest.mark.parametrize(("rule", "points"), RULES)
def test_lateness_costs_what_the_rule_says(course, rule, points):
    """Bob has 5 of 6 and is two days late."""
    course.late_rule = rule

    found = {(e.learner.key, e.lesson[:2]): e.earned for e in course.entries()}

    assert found["bob", "02"] == pytest.approx(points)
    assert found["ann", "02"] == 6


def test_a_rule_that_nobody_can_read_is_refused(course):
    """A typing mistake must not give everybody full marks."""
    with pytest.raises(late.LateRuleError, match="write accept, refuse, 20% or 10%/day"):
        course.late_rule = "10"


def test_what_a_person_decided_survives_grading_again(course, tmp_path):
    """An afternoon of reading must not be lost to one more run."""
    course.late_rule = "50%"
    course.override("cy", Override("02_repository", 2, 1, "B. Otter", "right, but odd"))
    course.override("bob", Override("02_repository", None, 6, "B. Otter", "was ill"))

    put(course, CY, LESSONS[1], marked(LESSONS[1], review=(2,)))

    found = {(e.learner.key, e.lesson[:2]): e for e in course.entries()}
    assert (found["cy", "02"].earned, found["cy", "02"].in_review) == (6, 0)
    assert found["bob", "02"].earned == 6
    page = (written(course, tmp_path) / "report" / "learners" / page_name("cy")).read_text("utf-8")
    assert "right, but odd" in page
    assert "A person looks" not in page
    bobs = (tmp_path / "out" / "report" / "learners" / page_name("bob")).read_text("utf-8")
    assert "A person decided about the points: was ill" in bobs


CANVAS = """\
Student,ID,SIS User ID,SIS Login ID,Section,Essay (7),A repository hides the Session (502),Final
    Points Possible,,,,,10.00,12.00,(read only)
"Able, Ann",101,,,Data,9.00,,
"Baker, Bob",,,bob,Data,,,
"Cy",103,,,Data,,3.00,
"Dale, Dee",,,,Data,,4.00,
"Student, Test",999,,,Data,,,
"""


def filled(store, tmp_path, text, chosen=None, encoding="utf-8"):
    """Return a platform's table with grades, as bytes, and what was said."""
    path = tmp_path / "table.csv"
    path.write_bytes(text.encode(encoding))
    made = fill(path, list(store.entries()), LESSONS, chosen)
    return made.text.encode(), made


def cells(data):
    """Return the cells of a table."""
    text = data.decode("utf-8-sig")
    delimiter = ";" if ";" in text.partition("\n")[0] else ","
    return list(csv.reader(io.StringIO(text, newline=""), delimiter=delimiter))


def changed(before, after):
    """Return the cells that differ, by row and column."""
    assert len(before) == len(after)
    return {
        (row, column): new
        for row, (old_row, new_row) in enumerate(zip(before, after, strict=True))
        for column, (old, new) in enumerate(zip(old_row, new_row, strict=True))
        if old != new
    }


def test_a_canvas_gradebook_is_filled_and_nothing_else_is_changed(course, tmp_path):
    """An unknown title makes a new assignment there; a wrong row gives points to somebody else."""
    data, made = filled(course, tmp_path, CANVAS)

    assert changed(cells(CANVAS.encode()), cells(data)) == {(2, 6): "12.00", (3, 6): "10.00"}
    assert made.platform == "Canvas"
    assert any("a person has to decide about 02_repository: cy" in note for note in made.notes)
    assert any("nothing handed in: dee" in note for note in made.notes)


def test_a_canvas_gradebook_keeps_its_bytes(course, tmp_path):
    """BOM, semicolons and decimal commas are how a site in another country imports."""
    text = "\ufeff" + CANVAS.replace(",", ";").replace('"Able; Ann"', '"Able, Ann"')
    data, _ = filled(course, tmp_path, text.replace(".00", ",00").replace("\n", "\r\n"))

    assert data.startswith("\ufeff".encode())
    assert b"\r\n" in data
    assert cells(data)[2][6] == "12,00"


MOODLE = """\
Identifier,"Full name","Email address",Status,Grade,"Maximum grade","Last modified (grade)"
"Participant 101","Ann Able",other@x.example,Submitted,,100.00,-
"Participant 9","Bob Baker",bob@x.example,Submitted,,100.00,-
"Participant 104","Dee Dale",dee@x.example,"No submission",,100.00,-
"""
GERMAN = (
    MOODLE.replace("Identifier", "ID")
    .replace("Grade,", "Bewertung,")
    .replace("Maximum grade", "Bestbewertung")
    .replace("Participant", "Teilnehmer/in")
    .replace("100.00", '"100,00"')
)


@pytest.mark.parametrize(
    ("text", "ann", "bob"), [(MOODLE, "100.00", "92.86"), (GERMAN, "100,00", "92,86")]
)
def test_a_moodle_worksheet_is_filled_in_the_language_of_its_site(course, tmp_path, text, ann, bob):
    """Its importer finds columns by their names in the site's language."""
    data, made = filled(course, tmp_path, text)

    assert changed(cells(text.encode()), cells(data)) == {(1, 4): ann, (2, 4): bob}
    assert made.platform == "Moodle"


def test_a_column_can_be_chosen(course, tmp_path):
    """A course may call its assignment anything."""
    data, _ = filled(course, tmp_path, CANVAS, {"total": "Essay"})

    assert cells(data)[2][5] == "10.00"
    assert cells(data)[3][5] == f"{13 / 14 * 10:.2f}"


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("a,b\n1,2\n", "neither a gradebook that Canvas exports"),
        (CANVAS.replace("A repository hides the Session", "Homework"), "no column is for 00"),
        (MOODLE.replace("Grade,", "Hinweis,"), "which column is the grade"),
        ("", "is empty"),
    ],
)
def test_a_table_that_cannot_be_filled_is_one_line(course, tmp_path, text, says):
    """Grades in a wrong column are worse than none."""
    with pytest.raises(FillError, match=says):
        filled(course, tmp_path, text)


def test_junit_says_review_is_no_failure(course, tmp_path):
    """A dashboard counts failures; trouble and review are none."""
    root = ET.parse(written(course, tmp_path) / outputs.JUNIT).getroot()

    suites = {suite.get("name"): suite for suite in root}
    assert suites["bob 02_repository"].get("failures") == "1"
    assert suites["cy 02_repository"].get("failures") == "0"
    assert suites["cy 02_repository"].get("skipped") == "1"


def test_gradescope_reads_points_and_maxima(course, tmp_path):
    """Its contract: score, and tests with score and max_score."""
    folder = written(course, tmp_path) / outputs.GRADESCOPE
    document = json.loads((folder / page_name("bob", "json")).read_text("utf-8"))

    assert document["score"] == sum(test["score"] for test in document["tests"]) == 13
    assert sum(test["max_score"] for test in document["tests"]) == 14
    assert len(list(folder.iterdir())) == 4


def test_the_overview_shows_what_the_class_has_not_understood(course, tmp_path):
    """Names come from the lesson, never from what a learner's process called it."""
    page = (written(course, tmp_path) / "report" / "index.html").read_text("utf-8")
    known = next(m for m in LESSONS[1].misconceptions if m.task == 4)

    assert known.slug.replace("-", " ") in page
    assert "a learner&#39;s own words" not in page
    assert "exercise.py:33" in page
    assert "The tests pass, hidden data does not: 1" in page
    assert "its tests pass; hidden data showed else" in page


def test_copies_are_candidates_to_look_at(store, tmp_path):
    """Renaming variables hides nothing; what the starter gave proves nothing."""
    one = LESSONS[1]
    given = texts("02", "starter")["exercise.py"]
    lines = "".join(f"    words = [w for w in title.split() if len(w) > {n}]\n" for n in range(9))
    own = f"\n\ndef shortened(title):\n{lines}    return words\n".encode()
    for learner, tail in (
        (ANN, own),
        (BOB, own.replace(b"words", b"parts")),
        (CY, b""),
        (DEE, b""),
    ):
        put(store, learner, one, marked(one, missed=(4,)), {"exercise.py": given + tail})

    page = (written(store, tmp_path) / "report" / "index.html").read_text("utf-8")

    assert "ann and bob, lesson 02" in page
    assert "cy and dee" not in page


def nasty(store):
    """Store somebody who puts markup, formulas, ANSI and bidi wherever there is room."""
    one = LESSONS[1]
    learner = Learner(f"{NASTY}"[:60], NASTY, NASTY, NASTY)
    files = {"exercise.py": f"# {NASTY}\n".encode() * 3}
    mark = marked(one, missed=(4,), message=NASTY, evidence=NASTY)
    put(store, learner, one, mark, files, notes=(f"ignored: {NASTY}",), late=NASTY)
    put(store, Learner("\u202ex<b>", NASTY), one, problem=NASTY)
    store.override(learner.key, Override(one.slug, 4, 1, NASTY, NASTY))


def texts_in(out):
    """Yield every file that was written for people or programs, with its text."""
    for path in out.rglob("*.*"):
        if path.is_file() and "sqlite" not in path.name:
            yield path, path.read_text("utf-8")


def test_nothing_that_was_handed_in_arrives_alive(store, tmp_path):
    """Formulas, markup, ANSI and bidi: in every file that is written."""
    nasty(store)

    out = written(store, tmp_path, [LESSONS[1]])

    for path, text in texts_in(out):
        assert "\x1b" not in text, path
        assert "\u202e" not in text, path
        if path.suffix in (".html", ".xml"):
            assert "<script" not in text, path
            assert "</style><" not in text, path
    for row in csv.reader((out / gradebook.CSV).read_text("utf-8").splitlines()):
        assert not any(cell.startswith(("=", "+", "@", "\t")) for cell in row)
    ET.parse(out / outputs.JUNIT)
    assert MARK in (out / "report" / "index.html").read_text("utf-8")


def test_a_page_stays_within_its_folder(store, tmp_path):
    """A learner's name becomes a file's name."""
    names = ["../../etc/passwd", "a/b", "a b", "a-b", "", "\u00e9", "x" * 300, ".", "con"]

    pages = {page_name(name) for name in names}

    assert len(pages) == len(names)
    assert all(re.fullmatch(r"[a-z0-9][a-z0-9-]*\.html", page) for page in pages)


def test_who_was_forgotten_has_no_page_left(course, tmp_path):
    """Erasing somebody means the pages, too."""
    out = written(course, tmp_path)
    found = [Submission(key, "02_repository", problem="empty") for key in ("ann", "bob")]
    outputs.write_intake(Cohort((ANN, BOB), tuple(found), ("not on the roster: bob",)), out)
    course.forget("bob")
    outputs.forget_intake(out, "bob")

    written(course, tmp_path)

    left = [text for _, text in texts_in(out)]
    assert not any("Bob Baker" in text for text in left)
    rows = list(csv.reader((out / outputs.INTAKE).read_text("utf-8").splitlines()))
    assert [row[0] for row in rows] == ["learner", "ann"]


def test_each_page_has_a_strict_policy_and_loads_nothing(course, tmp_path):
    """A page is opened from a disk, where no server adds headers."""
    for path in (written(course, tmp_path) / "report").rglob("*.html"):
        page = path.read_text("utf-8")
        assert "default-src &#39;none&#39;" in page
        assert "unsafe" not in page
        assert not re.search(r"<(script|link|img|iframe)|https?://", page)


def test_a_page_of_a_learner_names_nobody_else(course, tmp_path):
    """It is handed out."""
    page = (written(course, tmp_path) / "report" / "learners" / page_name("bob")).read_text("utf-8")

    assert "Bob Baker" in page
    assert "It costs." in page
    assert not any(name in page for name in ("Ann", "Dee", "index.html"))
