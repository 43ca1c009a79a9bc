"""What a learner has finished runs: in the application, at a prompt, broken, and on a card."""

import os
import re
import select
import signal
import subprocess
import sys
import time
import urllib.request
from xml.etree import ElementTree as ET

import pytest

from workbook.check import CheckError
from workbook.curriculum import load_lesson, load_lessons
from workbook.derive import solution, starter
from workbook.home import shipped
from workbook.mine.bridge import bridges
from workbook.mine.suite import run_suite
from workbook.trial import ask_probe, judge
from workbook.variants import Variant

HOME = shipped()
REPOSITORY = "case_tracker.adapters.sql.repository"


@pytest.fixture
def workspace(tool, tmp_path):
    """A workspace where nothing is solved yet."""
    assert tool(tmp_path, "init", "mine").returncode == 0
    return tmp_path / "mine"


@pytest.fixture
def solve(workspace):
    """Writes the solution of a lesson, with one text in it replaced, as a learner's own file."""

    def write(slug, old="", new="", name="exercise.py"):
        for file, text in solution(load_lesson(HOME.lessons / slug), HOME).items():
            assert file != name or old in text
            wanted = text.replace(old, new) if file == name else text
            (workspace / "lessons" / slug / file).write_text(wanted, "utf-8")

    return write


def learners_files(workspace):
    """Return the content of all lessons: no command may change it."""
    found = workspace.joinpath("lessons").rglob("*.*")
    return {path: path.read_bytes() for path in found if path.suffix != ".pyc"}


# In the application.


def test_what_is_green_runs_in_the_application(tool, workspace, solve):
    """Solved code is used, broken code is not, and each lesson says which it is."""
    used = workspace / "used.txt"
    note = f"import pathlib\n    pathlib.Path({str(used)!r}).touch()\n    "
    solve("02_repository", "update_record(record, case)", "raise ValueError")
    solve(
        "05_n_plus_one",
        "return query.options(selectinload",
        f"{note}return query.options(selectinload",
    )
    (workspace / "lessons/03_unit_of_work/exercise.py").write_text("def (\n", "utf-8")
    was = learners_files(workspace)
    used.unlink(missing_ok=True)

    done = tool(workspace, "mine", "test")

    assert done.returncode == 0, done.stdout + done.stderr
    for said in (
        r"00_first_session +a study: the application has no such module",
        r" \.  01_models +finished: not begun",
        r"ok  02_repository +yours, except 2.4 save: finished",
        r" \.  03_unit_of_work +finished: Python cannot read the file: invalid syntax \(line 1\)",
        r"ok  05_n_plus_one +yours\n",
        r"2 of \d+ lessons run on your code",
        r"\d\d+ passed\n",
    ):
        assert re.search(said, done.stdout), done.stdout
    assert used.exists()
    assert learners_files(workspace) == was


def test_without_green_code_there_is_nothing_to_run(tool, workspace):
    """The finished application alone would prove nothing."""
    done = tool(workspace, "mine", "test")

    assert done.returncode == 1
    assert "nothing of yours is green yet; begin with: workbook check 0" in done.stderr


@pytest.fixture
def on(tmp_path):
    """Runs the end-to-end suite on a repository with one text replaced."""

    def run(old, new, **options):
        text = solution(load_lesson(HOME.lessons / "02_repository"), HOME)["exercise.py"]
        assert old in text
        path = tmp_path / "exercise.py"
        path.write_text(text.replace(old, new), "utf-8")
        files = {REPOSITORY: path}
        return run_suite(files | bridges(files, tmp_path / "bridges"), **options)

    return run


@pytest.mark.thorough
def test_an_application_that_fails_names_the_learners_line(on):
    """A lesson's tests do not see everything: the application is the last step."""
    answer = on("record = self._session.get(CaseRecord, case_id.value)", "record = 1 / 0")

    assert answer.passed
    assert all(failure.cost for failure in answer.failures)
    places = {failure.place for failure in answer.failures}
    assert any(re.search(r"exercise\.py:\d+, in get", place) for place in places), places


@pytest.mark.thorough
@pytest.mark.parametrize(
    ("code", "said"),
    [
        ("import os; os._exit(3)", "the process ended before its tests did"),
        ("while True: pass", "stopped after 20 seconds: something never ends"),
        ("raise ValueError('here')", "the application cannot be imported: "),
    ],
)
def test_hostile_code_ends_in_a_line(on, code, said):
    """No traceback, no leftover process, no waiting for ever."""
    answer = on(
        "from sqlalchemy import func, select",
        f"from sqlalchemy import func, select\n{code}",
        limit_s=20,
    )

    assert said in answer.problem
    assert "\n" not in answer.problem


@pytest.mark.thorough
def test_a_loop_that_never_ends_is_stopped():
    """Nobody waits for ever, and nothing is left running."""
    lesson = load_lesson(HOME.lessons / "05_n_plus_one")
    texts = solution(lesson, HOME)
    endless = {"exercise.py": f"{texts['exercise.py']}\n\nwhile True:\n    pass\n"}

    with pytest.raises(CheckError, match="no answer after 8 seconds: is there a loop"):
        judge(lesson, [Variant("yours", endless)], limit_s=8)


@pytest.mark.thorough
@pytest.mark.skipif(os.name == "nt", reason="Ctrl-C of another process is a signal")
def test_the_api_is_served_on_the_learners_code(workspace, solve):
    """Until Ctrl-C, with the cases in a file of the workspace."""
    solve("02_repository")
    environment = os.environ | {"PYTHONPATH": str(HOME.root), "PYTHONUNBUFFERED": "1"}
    with subprocess.Popen(
        [sys.executable, "-m", "workbook", "mine", "serve", "--port", "0"],
        cwd=workspace,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        encoding="utf-8",
    ) as server:
        lines = []
        for line in server.stdout:
            lines.append(line)
            if found := re.search(r"running on (http://127\.0\.0\.1:\d+)", line):
                with urllib.request.urlopen(f"{found[1]}/cases") as answer:
                    assert b'"total":0' in answer.read().replace(b" ", b"")
                server.send_signal(signal.SIGINT)
        status = server.wait(60)

    assert re.search(r"1 of \d+ lessons run on your code", "".join(lines))
    assert "Traceback" not in "".join(lines)
    assert status == 0
    assert (workspace / ".workbook/mine/cases.db").exists()


# At a prompt.


def test_each_line_shows_what_it_sent(tool, workspace, solve):
    """In a pipe, too: it reads as if it had been typed. Errors are lines, and the game goes on."""
    solve("02_repository")
    was = learners_files(workspace)
    typed = [
        'case = unit.cases.get(CaseId("CASE-003"))',
        'unit.cases.add(Case(CaseId("NEW-1"), "Lost letter"))',
        "1 / 0",
        "def (",
        'unit.cases.get(CaseId("NOPE"))',
        "unit.commit()",
        "stored()",
        'stored("secrets")',
        "again()",
    ]

    done = tool(workspace, "play", "2", input="\n".join(typed) + "\n")

    assert done.returncode == 0, done.stderr
    for said in (
        r"on your file of 02_repository",
        r">>> case = unit.cases.get.*\n +BEGIN.*\n +1  SELECT.*exercise.py:\d+",
        r"waits in the Session: 1 new",
        r"\nZeroDivisionError: division by zero\n",
        r"\nPython cannot read this: invalid syntax\n",
        r"CaseNotFoundError: no case with id 'NOPE'\n  at lessons/02_repository/exercise.py:\d+",
        r"INSERT +INTO cases",
        r"COMMIT",
        r"\n  NEW-1  Lost letter  DRAFT",
        r"there is no table 'secrets'; there is: ",
    ):
        assert re.search(said, done.stdout), (said, done.stdout)
    assert "Traceback" not in done.stdout + done.stderr
    assert learners_files(workspace) == was


def test_a_file_that_cannot_be_read_leaves_the_game_to_the_finished_code(tool, workspace):
    """One line says why."""
    (workspace / "lessons/02_repository/exercise.py").write_text("def (\n", "utf-8")

    done = tool(workspace, "play", "2", input="unit.cases.count()\n")

    assert "exercise.py: Python cannot read the file: invalid syntax (line 1)" in done.stdout
    assert "\n10\n" in done.stdout


@pytest.mark.thorough
def test_every_lesson_can_be_played_with(tool, workspace):
    """Starters and finished code; a lesson of its own has a Session of its own."""
    for lesson in load_lessons(HOME.lessons):
        for options in ((), ("--finished",)):
            done = tool(workspace, "play", lesson.slug, *options, input="session.new\nstored()\n")
            assert (done.returncode, done.stderr) == (0, "")
            assert "IdentitySet([])" in done.stdout, (lesson.slug, done.stdout)
            assert "CASE-010" in done.stdout


@pytest.mark.thorough
@pytest.mark.skipif(os.name == "nt", reason="Windows has no pseudo-terminals in the library")
def test_ctrl_c_and_ctrl_d_at_a_real_terminal(workspace):
    """Ctrl-C ends a line and never the game; Ctrl-D ends the game."""
    import pty

    child, terminal = pty.fork()
    if child == 0:
        os.chdir(workspace)
        os.environ["PYTHONPATH"] = str(HOME.root)
        os.execv(sys.executable, [sys.executable, "-m", "workbook", "play", "2"])
    seen = bytearray()

    def wait_for(text, limit_s=120, again=b""):
        """Read until the text has come; `again` is pressed for every second without a word."""
        deadline = time.monotonic() + limit_s
        while text not in seen and time.monotonic() < deadline:
            if select.select([terminal], [], [], 1)[0]:
                seen.extend(os.read(terminal, 4096))
            else:
                os.write(terminal, again)
        assert text in seen, seen
        del seen[: seen.index(text) + len(text)]

    wait_for(b">>> ")
    os.write(terminal, b"half a li\x03")
    wait_for(b"KeyboardInterrupt", again=b"\x03")  # Python misses one just before it waits
    wait_for(b">>> ")
    os.write(terminal, b"print('go' 'ing')\nwhile True: pass\n\n")
    wait_for(b"going")
    wait_for(b"... ")
    os.write(terminal, b"\x03")
    wait_for(b">>> ")
    os.write(terminal, b"1 + 41\n")
    wait_for(b"42")
    wait_for(b">>> ")
    os.write(terminal, b"\x04")
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
    os.close(terminal)


# Then it is broken.


def test_a_hidden_mistake_is_found_and_then_told(tool, workspace, solve):
    """Test and film first; the answer names it, and the lines."""
    solve("05_n_plus_one")
    was = learners_files(workspace)

    done = tool(workspace, "break", "5", "--bug", "1", input="1\n")

    assert done.returncode == 0, done.stderr
    head, _, told = done.stdout.partition("Where is it?")
    assert "mistake 1 of 9. This test finds it:\n\n  test_the_rule_fits_what_is_sent" in head
    assert "Right:" in told
    assert "You counted the SELECTs for the notes" in told
    assert "    -    return 1 + cases\n    +    return cases" in told
    assert "You counted" not in head
    assert learners_files(workspace) == was


def test_without_an_answer_the_way_to_it_is_named(tool, workspace, solve):
    """Whoever closes the input can be told later; a wrong number says what there is."""
    solve("05_n_plus_one")

    asked = tool(workspace, "break", "5", "--bug", "1", input="")
    wrong = tool(workspace, "break", "5", "--bug", "99")

    assert "to be told: workbook break 5 --bug 1 --tell" in asked.stdout
    assert "You counted" not in asked.stdout
    assert (wrong.returncode, "no bug 99: 05_n_plus_one has 9" in wrong.stderr) == (2, True)


def test_nothing_is_hidden_before_the_lesson_has_passed(tool, workspace):
    """There is enough to find."""
    done = tool(workspace, "break", "5")

    assert done.returncode == 1
    assert "05_n_plus_one has not passed yet" in done.stderr


# On a card.


def test_a_card_shows_measured_numbers(tool, workspace, solve):
    """As text, and as a picture whose words can be read by a machine."""
    solve("05_n_plus_one")
    (workspace / "card.svg").write_text("<!-- workbook card -->\nan older one\n", "utf-8")

    done = tool(workspace, "card", "5", "--svg", "card.svg")

    assert "a list of 10 cases with their notes: 11 -> 2 statements" in done.stdout
    assert "tasks: 0 -> 4 of 4" in done.stdout
    picture = ET.parse(workspace / "card.svg")
    words = " ".join("".join(picture.getroot().itertext()).split())
    assert "11 → 2 statements" in words


def test_a_card_takes_the_place_of_no_other_file(tool, workspace):
    """It is refused before anything is measured."""
    refused = tool(workspace, "card", "5", "--svg", "README.md")

    assert (refused.returncode, "name another file" in refused.stderr) == (1, True)
    assert "Your workbook" in (workspace / "README.md").read_text("utf-8")


def test_a_card_of_a_file_that_cannot_be_read_says_so(tool, workspace):
    """One line, no card."""
    (workspace / "lessons/05_n_plus_one/exercise.py").unlink()

    done = tool(workspace, "card", "5")

    assert (done.returncode, done.stderr.count("\n")) == (1, 1)
    assert "your file cannot be read" in done.stderr


@pytest.mark.thorough
@pytest.mark.parametrize("lesson", load_lessons(HOME.lessons), ids=lambda lesson: lesson.slug)
def test_every_lessons_card_has_something_to_show(lesson):
    """The number of the starter and the number of the solution differ."""
    if lesson.card is None:
        pytest.skip("this lesson counts its tasks")
    before, after = (
        ask_probe(lesson, texts, lesson.card.observe)
        for texts in (starter(lesson, HOME), solution(lesson, HOME))
    )

    assert isinstance(before, int)
    assert isinstance(after, int)
    assert before != after
