"""What a learner reads when something is wrong, under plain pytest and from the command."""

import json
import os
import subprocess
import sys

import pytest

from workbook.curriculum import load_lesson
from workbook.derive import solution, starter
from workbook.feedback import explain
from workbook.home import find_home
from workbook.variants import Variant, run_variants

ROOT = os.fspath(__import__("pathlib").Path(__file__).parents[2])


@pytest.fixture
def exercise(home, lesson_folder):
    """The learner's file of the small lesson, as the starter."""
    path = lesson_folder / "exercise.py"
    path.write_text(starter(load_lesson(lesson_folder), home)["exercise.py"], encoding="utf-8")
    return path


@pytest.fixture
def finished(home, lesson_folder):
    """The text of the solution."""
    return solution(load_lesson(lesson_folder), home)["exercise.py"]


def run(home, *arguments, **variables):
    """Run Python in the small house and return status and output."""
    environment = os.environ | {"PYTHONPATH": ROOT, "WORKBOOK_COMMAND": "workbook"} | variables
    done = subprocess.run(
        [sys.executable, "-m", *arguments],
        cwd=home.root,
        env=environment,
        capture_output=True,
        text=True,
        encoding="utf-8",
        timeout=120,
        check=False,
    )
    return done.returncode, done.stdout + done.stderr


def plain_pytest(home):
    """Run plain pytest on the lesson, with no configuration but the plugin."""
    arguments = ("-p", "workbook.plugin", "--import-mode=importlib", "lessons/01_counting")
    return run(home, "pytest", "--disable-plugin-autoload", *arguments)


def test_plain_pytest_says_what_the_command_says(home, exercise):
    """The command is sugar: pytest is the interface."""
    _, by_pytest = plain_pytest(home)
    _, by_command = run(home, "workbook", "check")

    wanted = [
        "->  1.1  total",
        " .  1.2  double  not checked yet: 1.1 comes first",
        "1 + 2 + 3 is 6, not 1",
        "lessons/01_counting/exercise.py:6   stuck? workbook hint 1.1",
    ]
    for line in wanted:
        assert line in by_pytest
        assert line in by_command


def test_a_passed_lesson_says_what_comes_next(home, exercise, finished):
    """After success there is a next step."""
    exercise.write_text(finished, encoding="utf-8")

    status, output = run(home, "workbook", "check", "1")

    assert status == 0
    assert "2 of 2 tasks" in output
    assert "workbook solution 01" in output


def test_a_misconception_is_answered_with_its_evidence(home, exercise, finished):
    """The answer begins with what happened, then says why it hurts."""
    exercise.write_text(finished.replace("return 2 *", "return 2 +"), encoding="utf-8")

    _, output = run(home, "workbook", "check", "1")

    assert "twice 6 is 12, not 8" in output
    assert "That is two more." in output
    assert "lessons/01_counting/README.md#concept" in output


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("models import NoteRecord", "sql.models has no NoteRecord; it has CaseNoteRecord"),
        ("models import zzz", "sql.models has no zzz"),
        ("repository import SqlAlchemyCaseRepository", "that module is your file. Write it here"),
    ],
)
def test_an_import_of_a_name_that_is_not_there_says_why(line, message):
    """A typo is no lesson about modules, and a circle is no typo."""
    lesson = load_lesson(find_home().lessons / "02_repository")
    text = solution(lesson, find_home())["exercise.py"]
    first = f"from case_tracker.adapters.sql.{line}"

    verdicts = run_variants(lesson, [Variant("it", {"exercise.py": f"{first}\n{text}"})])

    assert message in verdicts["it"].root_cause.message


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda text: text + "x = (\n", "Python cannot read the file: '(' was never closed"),
        (lambda text: "import nothing_at_all\n" + text, "an import failed: No module named"),
        (lambda text: text.replace("class Box", "class Bag"), "exercise.py has no Box yet"),
        (lambda text: text.replace("def double", "def twice"), "exercise.py has no Box.double yet"),
        (lambda text: "", "exercise.py has no Box yet"),
    ],
    ids=["syntax", "import", "class", "method", "empty"],
)
def test_what_is_missing_is_named(home, exercise, finished, change, message):
    """The first wall of every course: it must say what to do, without a traceback."""
    exercise.write_text(change(finished), encoding="utf-8")

    status, output = run(home, "workbook", "check", "1")

    assert (status, message in output) == (1, True), output
    assert "Traceback" not in output


def test_a_file_that_is_gone_is_named(home, exercise):
    """A deleted file is brought back by reset; nothing else is lost."""
    exercise.unlink()

    status, output = run(home, "workbook", "check", "1")
    assert status == 1
    assert "exercise.py" in output
    assert "Traceback" not in output

    run(home, "workbook", "reset", "1", "--yes")
    assert exercise.exists()


def test_frames_outside_the_learners_file_are_folded_away(home, exercise, finished):
    """A learner sees the own line, not the library's."""
    broken = finished.replace("result = sum(numbers)", "result = sum('text')")
    exercise.write_text(broken, encoding="utf-8")

    _, output = run(home, "workbook", "check", "1")

    assert "TypeError: unsupported operand" in output
    assert "exercise.py:6, in total" in output
    assert "site-packages" not in output


def test_json_is_the_same_verdict(home, exercise):
    """Editors and graders read what people read."""
    status, output = run(home, "workbook", "check", "1", "--json")

    verdict = json.loads(output)
    assert status == 1
    assert verdict["score"] == {"earned": 0, "possible": 2}
    assert [task["outcome"] for task in verdict["tasks"]] == ["failed", "blocked"]
    assert verdict["tasks"][0]["tests"][0]["message"] == "1 + 2 + 3 is 6, not 1"


def expect_an_error():
    """Judge as pytest.raises does."""
    with pytest.raises(ValueError, match="never"):
        pass


@pytest.mark.parametrize(
    "judge",
    [
        pytest.param(lambda: pytest.fail("too late"), id="fail"),
        pytest.param(expect_an_error, id="raises"),
    ],
)
def test_what_a_test_says_itself_is_its_judgement(judge):
    """pytest.fail() is a test that judges, not a program that broke."""
    with pytest.raises(pytest.fail.Exception) as caught:
        judge()

    reason, message = explain(caught.value, frozenset())
    assert reason == "assertion"
    assert not message.startswith("Failed")


def test_a_task_counts_as_begun_when_its_code_changed(home, exercise):
    """The comment may stay or go: what counts is the code."""
    text = exercise.read_text(encoding="utf-8")
    without_comment = "\n".join(line for line in text.splitlines() if "TODO 1.1:" not in line)
    exercise.write_text(without_comment, encoding="utf-8")
    _, untouched = run(home, "workbook", "check", "1")

    exercise.write_text(text.replace("(numbers or [1])[0]", "len(numbers)"), encoding="utf-8")
    _, begun = run(home, "workbook", "check", "1")

    assert "->  1.1  total" in untouched
    assert "NO  1.1  total" in begun


LOOPING = """
def numbers(session, cases):
    return [len(case.notes) for case in session.scalars(cases)]
"""
ASKING = """
import pytest
from bench.scenarios import Case, fill
from sqlalchemy import create_engine, select
from sqlalchemy.orm import Session


@pytest.mark.task(1)
def test_total_adds(exercise, sql, database):
    engine = create_engine(f"sqlite:///{database}")
    fill(engine)
    try:
        with sql.no_n_plus_one(), Session(engine) as session:
            exercise.numbers(session, select(Case))
    finally:
        engine.dispose()
"""


def test_a_lesson_s_sql_names_the_learner_s_lines(home, lesson_folder):
    """The learner repairs their own file; where the app calls it is not their business."""
    (lesson_folder / "exercise.py").write_text(LOOPING, encoding="utf-8")
    (lesson_folder / "test_exercise.py").write_text(ASKING, encoding="utf-8")

    _, output = plain_pytest(home)

    assert "Case.notes: 10 SELECTs for 10 of 10 Case rows loaded together" in output
    assert "loaded    exercise.py:3" in output
    assert "touched   exercise.py:3" in output


TWICE = """
import sys, tempfile
from pathlib import Path
from workbook.check import run
from workbook.curriculum import load_lesson
from workbook.derive import solution, starter
from workbook.home import find_home

home = find_home(Path(sys.argv[1]))
lesson = load_lesson(home.lessons / "02_repository")
for texts in (starter(lesson, home), solution(lesson, home)):
    with tempfile.TemporaryDirectory() as folder:
        for name, text in texts.items():
            Path(folder, name).write_text(text, encoding="utf-8")
        print(run(lesson, Path(folder)).earned)
"""


def test_a_lesson_runs_twice_in_one_process(home):
    """A page runs it again and again; tests that keep the first run's `Case` refuse every other."""
    script = home.root / "twice.py"
    script.write_text(TWICE, encoding="utf-8")

    done = subprocess.run(
        [sys.executable, script, ROOT],
        env=os.environ | {"PYTHONPATH": ROOT},
        capture_output=True,
        text=True,
        encoding="utf-8",
        check=False,
    )

    assert done.stdout.split() == ["0", "6"], done.stderr
