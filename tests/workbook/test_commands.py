"""The commands of a learner and of an author, from the outside."""

import json
import os
import subprocess
import sys

import click
import pytest
from click.testing import CliRunner

from workbook.cli import COMMANDS, SUMMARIES, cli
from workbook.progress import load_progress


@pytest.fixture
def workbook(home, monkeypatch):
    """Runs a command in the small house, its starter derived."""
    monkeypatch.chdir(home.root)
    monkeypatch.setenv("WORKBOOK_COMMAND", "workbook")
    runner = CliRunner()

    def run(line, **options):
        return runner.invoke(cli, line.split(), **options)

    run("dev sync")
    return run


def test_status_says_what_to_read_edit_and_run(workbook):
    """A newcomer needs three lines."""
    output = workbook("").output

    assert "0 of 1 lessons passed" in output
    assert "read   lessons/01_counting/README.md" in output
    assert "edit   lessons/01_counting/exercise.py" in output
    assert "check  workbook check 1" in output


def test_hints_come_one_at_a_time(workbook):
    """A question first; the answer last."""
    outputs = [workbook("hint 1.1").output for _ in range(4)]

    assert "two" not in outputs[0]
    assert "two" in outputs[1]
    assert "three" in outputs[2]
    assert outputs[3] == outputs[2]


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("check 7", "no lesson '7'. There is: 01_counting"),
        ("hint 1.9", "no task '1.9'. 01_counting has: 1.1, 1.2"),
        ("hint 1.x", "no task '1.x'"),
        ("reset", "say which lesson"),
        ("nonsense", "No such command 'nonsense'"),
    ],
)
def test_wrong_use_is_exit_2_and_says_what_there_is(workbook, line, message):
    """A typing mistake costs a second, not a traceback."""
    result = workbook(line)

    assert result.exit_code == 2
    assert message in result.output


def test_reset_keeps_the_edit_beside_the_starter(workbook, lesson_folder):
    """A learner's work is never thrown away."""
    exercise = lesson_folder / "exercise.py"
    starter = exercise.read_text(encoding="utf-8")

    for text in ("my first try", "my second try"):
        exercise.write_text(text, encoding="utf-8")
        assert workbook("reset 1", input="y\n").exit_code == 0

    assert exercise.read_text(encoding="utf-8") == starter
    kept = sorted(path.read_text() for path in lesson_folder.glob("exercise.py.before-reset-*"))
    assert kept == ["my first try", "my second try"]


def test_reset_asks_first(workbook, lesson_folder):
    """No means no."""
    exercise = lesson_folder / "exercise.py"
    exercise.write_text("mine", encoding="utf-8")

    assert workbook("reset 1", input="n\n").exit_code == 1
    assert exercise.read_text(encoding="utf-8") == "mine"


def test_next_stays_until_the_lesson_has_passed(workbook, home, lesson_folder):
    """No silent movement: a lesson is left when it is done."""
    assert workbook("next").exit_code == 1

    solution = home.solutions / "01_counting" / "exercise.py"
    (lesson_folder / "exercise.py").write_text(solution.read_text("utf-8"), "utf-8")
    result = workbook("next")

    assert result.exit_code == 0
    assert "Every lesson has passed" in result.output
    assert json.loads(workbook("list --json").output)[0]["passed"] is True


def test_a_solution_is_shown_after_success_or_on_request(workbook):
    """Looking is a decision."""
    assert workbook("solution 1").exit_code == 1
    assert "return 2 * total" in workbook("solution 1 --give-up").output


def test_a_damaged_state_file_is_kept_and_replaced(workbook, home):
    """Losing the place in the book is bad; losing the file too is worse."""
    state = home.state / "progress.toml"
    state.parent.mkdir(exist_ok=True)
    state.write_text("passed = [", encoding="utf-8")

    assert workbook("").exit_code == 0
    assert (home.state / "progress.damaged").read_text(encoding="utf-8") == "passed = ["


def test_sync_check_names_what_is_stale(workbook, lesson_folder):
    """CI refuses a starter that was edited by hand."""
    assert workbook("dev sync --check").exit_code == 0
    (lesson_folder / "exercise.py").write_text("edited", encoding="utf-8")

    result = workbook("dev sync --check")

    assert result.exit_code == 1
    assert "stale lessons/01_counting/exercise.py" in result.output


def test_every_command_and_option_has_help(workbook):
    """Verb first, one line; the group shows the same words as the command."""
    for name in COMMANDS:
        command = cli.get_command(None, name)
        assert command.help, name
        for parameter in command.params:
            assert isinstance(parameter, click.Argument) or parameter.help, (name, parameter.name)
        assert SUMMARIES[name]
    assert list(SUMMARIES) == list(COMMANDS)


def test_help_loads_no_database_and_no_web_framework():
    """`workbook --help` answers at once."""
    code = (
        "import sys\nfrom workbook.cli import cli\n"
        "try:\n    cli(['--help'], prog_name='workbook')\nexcept SystemExit:\n    pass\n"
        "heavy = {'sqlalchemy', 'fastapi', 'pydantic', 'pytest', 'rich', 'watchfiles', 'asyncio',\n"
        "         'tomllib', 'subprocess', 'workbook.curriculum', 'workbook.warm'}\n"
        "assert not heavy & set(sys.modules), heavy & set(sys.modules)\n"
    )
    subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, timeout=60)


def test_a_check_loads_no_web_framework_and_no_watcher(workbook, home):
    """`workbook check` answers within half a second: it loads pytest, SQLAlchemy and no more."""
    code = (
        "import sys\nfrom workbook.cli import cli\n"
        "try:\n    cli(['check', '1'], prog_name='workbook')\nexcept SystemExit:\n    pass\n"
        "assert {'sqlalchemy', 'pytest'} <= set(sys.modules)\n"
        "heavy = {'fastapi', 'pydantic', 'starlette', 'rich', 'watchfiles', 'alembic',\n"
        "         'hypothesis', 'xdist', 'workbook.watch', 'workbook.warm'}\n"
        "assert not heavy & set(sys.modules), heavy & set(sys.modules)\n"
    )
    paths = os.pathsep.join(path for path in sys.path if path)
    done = subprocess.run(
        [sys.executable, "-c", code],
        cwd=home.root,
        env=os.environ | {"PYTHONPATH": paths},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stderr


def test_every_lesson_is_checked_in_one_go(workbook, home, lesson_folder):
    """One line for each lesson; exit 0 when all have passed."""
    assert "01_counting              0 of 2 tasks" in workbook("check --all").output
    solution = home.solutions / "01_counting" / "exercise.py"
    (lesson_folder / "exercise.py").write_text(solution.read_text("utf-8"), "utf-8")

    result = workbook("check --all")

    assert result.exit_code == 0
    assert "ok 01_counting              2 of 2 tasks" in result.output


def test_a_prediction_is_asked_answered_and_remembered(workbook, home):
    """Say what you expect, then see it run; a screen reader needs no keys for it."""
    assert "How many?" in workbook("predict 1").output

    answered = workbook("predict 1 2").output

    assert "You said: 2" in answered
    assert "It ran:   1" in answered
    assert load_progress(home).predicted == {"01_counting": "2"}
    assert workbook("predict 1 7").exit_code == 2


def test_the_explanation_waits_for_success(workbook, home, lesson_folder):
    """First the question alone, then three points to compare with."""
    assert workbook("explain 1").exit_code == 1
    solution = home.solutions / "01_counting" / "exercise.py"
    (lesson_folder / "exercise.py").write_text(solution.read_text("utf-8"), "utf-8")
    workbook("check 1")

    asked = workbook("explain 1").output
    assert "Why?" in asked
    assert "- a" not in asked
    assert "- a" in workbook("explain 1 --points").output


def test_a_difference_is_shown_line_by_line(workbook, lesson_folder):
    """What was changed since the starter, and nothing else."""
    assert "as the starter" in workbook("diff 1").output
    exercise = lesson_folder / "exercise.py"
    exercise.write_text(exercise.read_text("utf-8").replace("numbers or [1]", "numbers"), "utf-8")

    output = workbook("diff 1").output

    assert "-    return (numbers or [1])[0]" in output
    assert "+    return (numbers)[0]" in output


def test_watching_needs_a_terminal_and_learning_does_not(workbook):
    """In a pipe, in CI: plain text, and the command that works there."""
    refused = workbook("watch")
    assert refused.exit_code == 2
    assert "use workbook check 1" in refused.output

    assert workbook("learn").exit_code == 0
    assert workbook("").exit_code == 0
