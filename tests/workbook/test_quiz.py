"""The self-check: its answers come from runs, and nothing is held against anybody."""

import json
import os
import re
import subprocess
import sys
import tomllib

import pytest
from click.testing import CliRunner

from workbook.cli import cli
from workbook.curriculum import CurriculumError, load_lessons
from workbook.home import Home, find_home
from workbook.progress import QuizState, load_progress
from workbook.promises import HEADINGS
from workbook.quiz.goals import load_goals, standings
from workbook.quiz.questions import Question, lesson_questions, load_questions, source_questions
from workbook.quiz.recall import open_questions
from workbook.quiz.session import Answer, choose, is_due, read, remember
from workbook.quiz.snippets import SnippetError, contradictions, run_snippets

REAL = find_home()
LESSONS = load_lessons(REAL.lessons)
QUESTIONS = load_questions(REAL, LESSONS)
FIRST = 'slug = "{}"\nlesson = "01_counting"\nsection = "concept"\nasks = "How many?"\n'
HOUSE = """
[[question]]
slug = "one"
number = 1
lesson = "01_counting"
section = "concept"
open = "What is one?"
points = ["It is a number.", "It is odd.", "It comes first."]
asks = "What is 1?"
choices = ["0", "1", "(1, 0)"]
answer = "1"
explains = "It is itself."
"""
GOALS = """
[[goal]]
number = 1
says = "explain one"
recall = ["one"]
lessons = ["01_counting"]

[[goal]]
number = 2
says = "count"
lessons = ["01_counting"]

[[goal]]
number = 3
says = "count more"
lessons = ["01_counting", "02_more"]
"""


@pytest.fixture
def house(home, monkeypatch):
    """Runs a command in the small house, with its three questions and one of the source."""
    (home.lessons / "quiz.toml").write_text(HOUSE, encoding="utf-8")
    (home.lessons / "goals.toml").write_text(GOALS, encoding="utf-8")
    monkeypatch.chdir(home.root)
    monkeypatch.setenv("WORKBOOK_COMMAND", "workbook")
    monkeypatch.setenv("COLUMNS", "80")
    runner = CliRunner()

    def run(line, typed=""):
        return runner.invoke(cli, line.split(), input=typed, catch_exceptions=False)

    return run


def state(home):
    """Return what the progress file says about the quiz."""
    return load_progress(home).quiz


def question(slug, answer="1", **more):
    """Return a question of lesson 01 without code."""
    texts = {"asks": "?", "explains": "!", "section": "concept"}
    return Question(slug=slug, lesson="01_counting", answer=answer, **texts, **more)


def test_no_run_contradicts_an_answer():
    """Every answer of the lessons and of the source is what its code gives, here and now."""
    assert contradictions(QUESTIONS) == []
    assert sum(bool(q.code) for q in QUESTIONS) >= len(QUESTIONS) * 3 // 4


def test_a_wrong_answer_is_found_by_running():
    """A check that cannot fail would promise nothing."""
    wrong = question("sum", answer="4", code="1 + 2")

    assert contradictions([wrong]) == ["01/sum: the answer is '4', a run gives '3'"]


def test_code_that_raises_gives_the_name_of_the_error():
    """An error is an answer, too; the code after it is never reached."""
    raising = question("key", code="{}['x']\n1")
    no_value = question("statement", code="x = 1")

    found = run_snippets([raising, no_value])

    assert found == {"01/key": "raises KeyError", "01/statement": "raises SyntaxError"}


def test_code_that_kills_its_process_is_no_answer():
    """A verdict about questions must come from questions that ran."""
    with pytest.raises(SnippetError):
        run_snippets([question("exit", code="import os\nos._exit(3)")])


def test_each_snippet_has_a_database_of_its_own():
    """What one question stores is not there for the next one."""
    stores = "session.add(CaseRecord(id='X', title='t', status='DRAFT'))\nsession.commit()\n"
    count = "len(seen_elsewhere('SELECT id FROM cases'))"
    pair = [question("a", code=stores + count), question("b", code=count)]

    assert run_snippets(pair) == {"01/a": "1", "01/b": "0"}


def test_the_twenty_of_the_source_are_all_there():
    """Each has an open question, three points, and a place where it is taught."""
    twenty = source_questions(REAL.lessons)

    assert [q.number for q in twenty] == list(range(1, 21))
    assert len({q.open for q in twenty}) == 20
    there = {lesson.slug for lesson in LESSONS}
    numbers = {lesson.slug[:2] for lesson in LESSONS}
    assert [q.lesson for q in twenty if q.lesson[:2] in numbers and q.lesson not in there] == []


@pytest.mark.parametrize("lesson", LESSONS, ids=[lesson.slug for lesson in LESSONS])
def test_every_pointer_leads_to_a_heading(lesson):
    """Who was wrong is led to the section that explains it."""
    anchors = {heading.lower().replace(" ", "-") for heading in HEADINGS}

    assert len(lesson_questions(lesson.folder)) >= 3
    assert {q.section for q in QUESTIONS if q.lesson == lesson.slug} <= anchors


def test_the_answer_is_not_always_at_the_same_place():
    """Whoever takes the same letter every time must be wrong most of the time."""
    places = [q.choices.index(q.answer) for q in QUESTIONS if q.choices]

    assert max(places.count(place) for place in set(places)) < len(places) * 0.6


def test_no_question_repeats_another():
    """Each one asks about code of its own."""
    codes = [q.code for q in QUESTIONS if q.code]

    assert len(set(codes)) == len(codes)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "at least one [[question]]"),
        ("[[question]]\nslug = 1", "slug is a text"),
        ("[[question]]\n" + FIRST.format("a"), "answer is a text"),
        ('[[question]]\nanswer = "1"\nexplains = "x"\n' + FIRST.format("a"), "code or choices"),
        ('[[question]]\nanswer = "1"\nexplains = "x"\n' + FIRST.format("A b"), "small letters"),
        (
            '[[question]]\nanswer = "1"\nchoices = ["2"]\nexplains = "x"\n' + FIRST.format("a"),
            "answer is one of its choices",
        ),
        (
            '[[question]]\nanswer = "1"\ncode = "1"\nexplains = "x"\nhint = ""\n'
            + FIRST.format("a"),
            "unknown key hint",
        ),
        (
            f'[[question]]\nanswer = "1"\ncode = "{"1" * 80}"\nexplains = "x"\n'
            + FIRST.format("a"),
            "over 76 characters",
        ),
        ("[[question", "cannot be read"),
    ],
)
def test_a_broken_file_is_named(lesson_folder, text, message):
    """An author reads what to repair."""
    (lesson_folder / "quiz.toml").write_text(text, encoding="utf-8")

    with pytest.raises(CurriculumError, match=r"quiz\.toml") as caught:
        lesson_questions(lesson_folder)
    assert message in str(caught.value)


def test_a_typed_letter_a_text_or_nothing_is_understood():
    """A letter means its choice, the text of a choice means itself, nothing skips."""
    asked = question("q", answer="(1, 0)", choices=("0", "1", "(1, 0)"))

    typed = ["c", " C ", "(1,0)", "1", "", "z", "ab"]
    assert [read(asked, text) for text in typed] == ["(1, 0)"] * 3 + ["1", "", None, None]


def test_a_wrong_answer_comes_back_two_quizzes_later():
    """Not in the next one, where the letter is still in the head."""
    progress = QuizState(sessions=1)
    asked, other = question("a"), question("b")

    remember(progress, Answer(asked, "0"))
    due = []
    for _ in range(3):
        due.append(is_due(asked, progress))
        progress.sessions += 1

    assert due == [False, True, True]
    assert choose([other, asked], progress, {"01_counting"}) == [asked, other]
    remember(progress, Answer(asked, "1"))
    assert (progress.again, progress.right) == ({}, ["01/a"])


def test_a_skipped_question_leaves_no_trace():
    """Nobody is measured by what they did not answer."""
    progress = QuizState(sessions=1)

    remember(progress, Answer(question("a"), None))

    assert progress == QuizState(sessions=1)


def test_what_waits_comes_back_when_nothing_else_is_left():
    """A quiz with nothing new must not keep what was wrong for ever."""
    progress = QuizState(sessions=1, again={"01/a": 3})

    assert choose([question("a")], progress, set()) == [question("a")]


def test_lessons_that_are_not_reached_ask_nothing():
    """No question comes before its lesson."""
    assert choose([question("a")], QuizState(), {"00_first"}) == []


def test_a_quiz_through_a_pipe(house, home):
    """Answers come one a line; each is explained at once, with a place to read more."""
    result = house("quiz 1", "2\n5\nnonsense\n")

    assert result.exit_code == 0
    assert "Right. One more." in result.output
    assert "No: it is 3. One more." in result.output
    assert "read more: lessons/01_counting/README.md#concept" in result.output
    assert "1 of 3 right" in result.output
    assert "2 come back in a later quiz" in result.output
    assert state(home).right == ["01/1-plus-one"]
    assert state(home).again == {"01/2-plus-one": 3, "01/3-plus-one": 3}


def test_the_input_may_end_at_any_place(house, home):
    """No input, a half line, `q`: what was answered is kept, the rest is not asked."""
    assert house("quiz 1").exit_code == 0
    assert house("quiz 1", "q\n").exit_code == 0
    assert state(home) == QuizState()

    assert "1 of 1 right" in house("quiz 1", "2").output
    assert state(home).right == ["01/1-plus-one"]


def test_a_letter_that_is_no_answer_is_asked_again(house):
    """A slip of the finger is no wrong answer."""
    output = house("quiz source", "z\nb\n").output

    assert "'z' is no answer: type a letter from a to c" in output
    assert "1 of 1 right" in output


def test_quizzes_go_on_until_everything_was_right(house, home):
    """New questions first, then what was wrong, then nothing; --all begins anew."""
    assert house("quiz --count 3", "2\n9\n4\n").exit_code == 0
    assert "What is 1?" in house("quiz", "b\n").output
    assert "What is 2 + 1?" in house("quiz", "3\n").output

    done = house("quiz").output
    assert "Nothing to ask" in done
    assert "workbook quiz --all" in done
    assert "1 of 4  01_counting" in house("quiz --all").output
    assert state(home).sessions == 3


def test_json_speaks_only_json(house):
    """A program reads the result; the questions come from --list --json, without answers."""
    listed = json.loads(house("quiz 1 --list --json").output)
    answered = json.loads(house("quiz 1 --json", "2\n\n5\n").output)

    assert "answer" not in listed[0]
    assert [(row["given"], row["right"]) for row in answered] == [
        ("2", True),
        (None, False),
        ("5", False),
    ]
    assert answered[2]["answer"] == "4"
    states = [row["state"] for row in json.loads(house("quiz 1 --list --json").output)]
    assert states == ["right", "", "wait", ""]


def test_the_list_names_every_question(house):
    """`--list` asks nothing."""
    output = house("quiz --list").output

    assert [line.split()[0] for line in output.splitlines()] == [
        "01/1-plus-one",
        "01/2-plus-one",
        "01/3-plus-one",
        "source/one",
    ]


def test_a_house_without_questions_says_so(house, home, lesson_folder):
    """A folder that was made before the quiz: nothing is asked, and nothing breaks."""
    (lesson_folder / "quiz.toml").unlink()
    (home.lessons / "quiz.toml").unlink()

    assert house("quiz 1").exit_code == 2
    assert "older than the quiz" in house("quiz").output
    assert "Why?" in house("quiz --recall 1").output


@pytest.mark.parametrize("line", ["quiz 7", "quiz --count 0", "quiz --count x", "status --json"])
def test_wrong_use_is_exit_2(house, line):
    """A typing mistake costs a second, not a traceback."""
    assert house(line).exit_code == 2


def test_recall_ticks_the_goals_that_explain(house, home):
    """The question alone, then three points; the answer is nobody's business."""
    assert "0 of 3 goals reached" in house("status --goals").output

    first = house("quiz --recall source", "my own words\ny\ny\nn\n").output
    assert "my own words" not in first
    assert "2 of 3 points: asked again later" in first
    assert "0 of 3 goals reached" in house("status --goals").output

    house("quiz --recall source", "\nyes\nY\ny\n")
    output = house("status --goals").output
    assert "1 of 3 goals reached" in output
    assert "ok  1  explain one" in output
    assert "1 of 1 recalled; taught in 01_counting" in output
    assert "my own words" not in (home.state / "progress.toml").read_text(encoding="utf-8")


def test_lessons_tick_the_goals_that_do(house, home):
    """A goal is reached when all of its lessons are passed; a missing one is named as to come."""
    progress = load_progress(home)
    progress.passed = ["01_counting"]
    progress.save()

    goals = {goal["number"]: goal for goal in json.loads(house("status --goals --json").output)}

    assert [goals[n]["reached"] for n in (1, 2, 3)] == [False, True, False]
    assert goals[3]["to_come"] == ["02_more"]
    assert "02_more (to come)" in house("status --goals").output


def test_every_printed_command_can_be_typed(house):
    """What is printed works as it stands."""
    lines = ("quiz 1", "quiz", "quiz --recall", "status --goals")
    output = "".join(house(line, "2\n\n\n\n").output for line in lines)
    commands = set(re.findall(r"workbook ((?:quiz|status)[ \w-]*)", output))

    assert commands >= {"quiz", "quiz --recall", "status --goals"}
    assert [line for line in commands if house(line.strip()).exit_code] == []


def test_the_recall_of_a_lesson_ends_with_its_own_question(house):
    """What the lesson asked after success can be asked again."""
    output = house("quiz --recall 1", "\ny\ny\ny\n\ny\ny\ny\n").output

    assert "What is one?" in output
    assert "Why?" in output
    assert "Nothing to recall" in house("quiz --recall 1").output
    rows = json.loads(house("quiz --recall --list --json").output)
    assert [row["named"] for row in rows] == [3, 3]


def test_the_fifteen_goals_can_be_reached():
    """Each explaining-goal has open questions, each other goal a lesson of the curriculum."""
    goals = load_goals(REAL.lessons)
    keys = {recall.key for recall in open_questions(QUESTIONS, LESSONS)}

    assert [goal.number for goal in goals] == list(range(1, 16))
    assert all(goal.lessons for goal in goals)
    explaining = [goal for goal in goals if goal.says.startswith("explain")]
    assert [goal.number for goal in explaining] == [1, 5, 6, 13, 15]
    assert all(f"source/{slug}" in keys for goal in explaining for slug in goal.recall)
    assert all(bool(goal.recall) == (goal in explaining) for goal in goals)


def test_a_goal_never_names_a_lesson_by_a_wrong_name():
    """A number that exists has one slug everywhere."""
    slugs = {lesson.slug[:2]: lesson.slug for lesson in LESSONS}
    named = {slug for goal in load_goals(REAL.lessons) for slug in goal.lessons}

    assert [slug for slug in named if slugs.get(slug[:2], slug) != slug] == []


def test_everything_done_reaches_every_goal(tmp_path):
    """With all lessons passed and all questions recalled nothing is left."""
    progress = load_progress(Home(tmp_path))
    goals = load_goals(REAL.lessons)
    progress.passed = [slug for goal in goals for slug in goal.lessons]
    progress.quiz.recalled = {recall.key: 3 for recall in open_questions(QUESTIONS, LESSONS)}

    assert all(found.reached for found in standings(goals, LESSONS, QUESTIONS, progress))


def test_a_quiz_in_another_terminal_loses_nothing(home):
    """A lesson that passes while a quiz is open, and an answer while a check runs: both stay."""
    checking, asking = load_progress(home), load_progress(home)

    asking.quiz.right = ["01/a"]
    asking.save_quiz()
    checking.passed = ["01_counting"]
    checking.save()
    asking.quiz.again = {"01/b": 3}
    asking.save_quiz()

    stored = load_progress(home)
    assert stored.passed == ["01_counting"]
    assert stored.quiz == QuizState(right=["01/a"], again={"01/b": 3})
    assert tomllib.loads((home.state / "progress.toml").read_text(encoding="utf-8"))


@pytest.mark.parametrize("text", ["passed = 5\n", '[quiz]\nsessions = "x"\n', "quiz = 3\n", "["])
def test_a_damaged_progress_file_is_kept_aside(home, text):
    """Somebody edited it by hand: begin anew, and throw nothing away."""
    home.state.mkdir()
    (home.state / "progress.toml").write_text(text, encoding="utf-8")

    assert load_progress(home).passed == []
    assert (home.state / "progress.damaged").read_text(encoding="utf-8") == text


def test_input_that_is_no_text_ends_in_an_answer(home):
    """Bytes of another encoding are an answer like any other: a wrong one."""
    done = subprocess.run(
        [sys.executable, "-m", "workbook", "quiz", "1"],
        input=b"\xff\xfe\n",
        cwd=home.root,
        env=os.environ | {"PYTHONPATH": os.pathsep.join(filter(None, sys.path))},
        capture_output=True,
        timeout=60,
        check=False,
    )

    assert done.returncode == 0, done.stderr
    assert b"0 of 1 right" in done.stdout
