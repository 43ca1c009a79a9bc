"""A lesson that says so runs on PostgreSQL too: the same tests on another real database."""

from click.testing import CliRunner

from workbook.cli import cli
from workbook.curriculum import load_lesson, load_lessons
from workbook.derive import solution
from workbook.home import find_home
from workbook.promises import check_lesson
from workbook.variants import Variant, run_variants

REAL = find_home()
BOTH = [lesson for lesson in load_lessons(REAL.lessons) if lesson.postgres]
ASKS_THE_DATABASE = """

@pytest.mark.task(2)
def test_the_database(engine, other_connection):
    \"\"\"A lesson has to know where it runs.\"\"\"
    assert other_connection("SELECT 1") == [(1,)]
    assert engine.dialect.name == "sqlite", f"this is {engine.dialect.name}"
"""


def test_a_lesson_meets_a_real_server():
    """What is promised on both databases is tested on both."""
    assert BOTH, "no lesson says postgres = true"
    right = solution(BOTH[0], REAL)

    verdict = run_variants(BOTH[0], [Variant("right", right, postgres=True)])["right"]

    assert not isinstance(verdict, str), verdict
    assert verdict.passed, verdict.root_cause


def test_a_solution_that_fails_there_breaks_its_promise(home, lesson_folder):
    """A lesson that works on one of two databases teaches half of the truth."""
    toml = lesson_folder / "lesson.toml"
    text = toml.read_text(encoding="utf-8")
    toml.write_text(text.replace("browser = true", "browser = true\npostgres = true"), "utf-8")
    tests = lesson_folder / "test_exercise.py"
    tests.write_text(tests.read_text(encoding="utf-8") + ASKS_THE_DATABASE, "utf-8")

    found = [str(complaint) for complaint in check_lesson(load_lesson(lesson_folder), home)]

    expected = "solution on PostgreSQL fails: test_the_database: this is postgresql"
    assert any(expected in complaint for complaint in found), found


def test_a_lesson_on_sqlite_only_says_so():
    """Nobody waits for a server to learn that it is not needed."""
    done = CliRunner().invoke(cli, ["check", "2", "--postgres"])

    assert done.exit_code == 2
    assert "02_repository runs on SQLite only; leave out --postgres" in done.output
