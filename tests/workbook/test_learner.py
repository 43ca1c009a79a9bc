"""A learner's work never turns the suite red, and every printed command can be typed."""

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from workbook.curriculum import load_lessons
from workbook.derive import solution
from workbook.home import Home, find_home

REAL = find_home()
PARTS = ("bench", "docs", "case_tracker", "lessons", "solutions", "notebooks", "tests", "workbook")


@pytest.fixture
def clone(tmp_path):
    """A copy of the house, where the learner has solved every lesson and written in every file."""
    skip = shutil.ignore_patterns("__pycache__", ".workbook", "*.before-reset*")
    for part in PARTS:
        if (REAL.root / part).is_dir():
            shutil.copytree(REAL.root / part, tmp_path / part, ignore=skip)
    for name in ("pyproject.toml", "README.md", "run.py", "constraints.txt"):
        shutil.copy(REAL.root / name, tmp_path / name)
    home = Home(tmp_path)
    for lesson in load_lessons(home.lessons):
        for name, text in solution(lesson, home).items():
            (lesson.folder / name).write_text(f"# mine\n{text}\n# my notes\n", encoding="utf-8")
        for path in lesson.folder.iterdir():
            if path.suffix in (".md", ".toml"):
                path.write_text(path.read_text("utf-8") + "\n# my notes\n", encoding="utf-8")
        (lesson.folder / "my_notes.txt").write_text("remember the commit\n", encoding="utf-8")
    for path in home.notebooks.glob("*.ipynb"):
        notebook = json.loads(path.read_text("utf-8"))
        notebook["cells"][1]["source"] = ["1 / 0  # what happens now?"]
        path.write_text(json.dumps(notebook), encoding="utf-8")
    return home


def run(home, *words):
    """Run Python in the copy, as a learner does on an own machine."""
    environment = {k: v for k, v in os.environ.items() if k not in ("CI", "PYTEST_XDIST_WORKER")}
    environment |= {"PYTHONPATH": str(home.root), "WORKBOOK_COMMAND": "workbook"}
    return subprocess.run(
        [sys.executable, "-m", *words],
        cwd=home.root,
        env=environment,
        capture_output=True,
        text=True,
        encoding="utf-8",
        timeout=1800,
        check=False,
    )


def test_solved_lessons_pass_under_plain_pytest(clone):
    """Every lesson is green with the learner's own file, all in one run."""
    done = run(clone, "pytest", "-q", "lessons")

    assert done.returncode == 0, done.stdout[-3000:]


def test_solved_lessons_leave_the_promises_green(clone):
    """What is judged is derived, never the learner's file."""
    chosen = ("-k", "keeps_its_promises and 02_repository")  # the next test runs them all
    done = run(clone, "pytest", "-q", "tests/workbook/test_promises.py", *chosen)

    assert done.returncode == 0, done.stdout[-3000:]
    assert "passed" in done.stdout


@pytest.mark.thorough
def test_solved_lessons_leave_the_suite_green(clone):
    """`run.py test` stays green for a learner who has solved everything.

    Left out are this file and what never reads the lessons of the clone: the application's own
    tests, run.py, the lens, and the watcher and the grader, which make folders of their own.
    """
    parallel = ("-p", "xdist.plugin", "-p", "_hypothesis_pytestplugin", "-n", "2")
    left_out = ("test_learner.py", "test_run.py", "lens", "watch", "grade")
    ignored = [f"--ignore=tests/workbook/{name}" for name in left_out]
    parts = ("tests/site/test_stage.py", "tests/workbook")
    done = run(clone, "pytest", "-q", *parts, *ignored, *parallel)

    assert done.returncode == 0, done.stdout[-3000:]


def printed_commands(text):
    """Return the command lines that the tool printed."""
    return re.findall(r"workbook (?:hint|check|next|solution|reset|dev)[ \w./-]*", text)


def test_every_printed_command_works(clone):
    """A command that is shown can be typed as it stands."""
    texts = [run(clone, "workbook").stdout, run(clone, "workbook", "check", "2").stdout]
    texts.append(run(clone, "workbook", "hint", "2.1").stdout)
    starter = clone.lessons / "02_repository" / "exercise.py"
    run(clone, "workbook", "reset", "2", "--yes")
    texts += [
        run(clone, "workbook", *words).stdout for words in (["check", "2"], ["solution", "2"])
    ]
    commands = sorted({line.strip() for text in texts for line in printed_commands(text)})

    assert starter.exists()
    assert {line.split()[1] for line in commands} >= {"check", "hint", "next", "solution"}
    for line in commands:
        done = run(clone, *line.split())
        assert done.returncode in (0, 1), (line, done.stderr)
        assert "Traceback" not in done.stdout + done.stderr


def test_a_new_lesson_has_everything_it_needs(clone):
    """`dev new` makes a folder that only lacks its content."""
    done = run(clone, "workbook", "dev", "new", "90_errors", "case_tracker/adapters/sql/errors.py")
    assert done.returncode == 0, done.stderr
    assert run(clone, "workbook", "dev", "sync", "90").returncode == 0

    checked = run(clone, "workbook", "dev", "check", "90")

    assert checked.returncode == 1
    assert "promise" in checked.stdout
    assert "Traceback" not in checked.stdout + checked.stderr


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("errors", "case_tracker/adapters/sql/errors.py"), "is no name of a lesson"),
        (("02_again", "case_tracker/adapters/sql/errors.py"), "number 02 is taken"),
        (("91_nothing", "case_tracker/nothing.py"), "has no module case_tracker.nothing"),
    ],
)
def test_a_new_lesson_is_refused_with_a_reason(clone, words, message):
    """An author's mistake costs a line, not a traceback."""
    done = run(clone, "workbook", "dev", "new", *words)

    assert done.returncode == 2
    assert message in done.stderr


def test_the_tool_works_in_a_path_with_spaces_and_umlauts(clone, tmp_path):
    """People keep their files where they like."""
    odd = tmp_path / "über uns" / "the workbook"
    shutil.copytree(clone.root / "lessons", odd / "lessons")
    shutil.copytree(clone.root / "solutions", odd / "solutions")
    shutil.copytree(clone.root / "case_tracker", odd / "case_tracker")
    shutil.copytree(clone.root / "workbook", odd / "workbook")

    done = run(Home(Path(odd)), "workbook", "check", "2")

    assert done.returncode == 0, done.stdout + done.stderr
    assert "passed" in done.stdout
