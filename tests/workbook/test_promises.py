"""Each promise of a lesson can be broken, and is then named. Each real lesson keeps them all."""

import os

import pytest

from workbook.curriculum import load_lesson, load_lessons
from workbook.home import find_home
from workbook.promises import check_lesson

REAL = find_home()
LESSONS = load_lessons(REAL.lessons)


def complaints(home):
    """Return the complaints about the small lesson, as texts."""
    return [str(c) for c in check_lesson(load_lesson(home.lessons / "01_counting"), home)]


def replace(path, old, new):
    """Change a file of the small lesson."""
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new), encoding="utf-8")


def test_the_small_lesson_keeps_every_promise(home):
    """What follows breaks one thing at a time."""
    assert complaints(home) == []


TESTS_THAT_NEED_EACH_OTHER = """\
RAN = []


@pytest.mark.task(1)
def test_first():
    RAN.append(1)


@pytest.mark.task(1)
def test_second():
    RAN.append(len(RAN))
    assert RAN == [1, 1]


@pytest.mark.task(1)
def test_third():
    assert RAN == [1, 1]


@pytest.mark.task(2)
"""

QUESTION_3 = """
[[question]]
slug = "3-plus-one"
section = "concept"
asks = "What is 3 + 1?"
code = "3 + 1"
answer = "4"
explains = "One more."
"""

BREAKS = {
    "a task without a failing test": (
        "lessons/01_counting/lesson.toml",
        'given = "return (numbers or [1])[0]"',
        'given = "return sum(numbers)"',
        "promise 1: task 1.1 has no test that fails on the starter",
    ),
    "a starter that fails for another reason": (
        "lessons/01_counting/lesson.toml",
        'given = "return (numbers or [1])[0]"',
        'given = "return numbers.first"',
        "promise 1: test_total_adds fails for another reason than its task",
    ),
    "a starter that does not import": (
        "solutions/01_counting/exercise.py",
        '"""Counting."""\n',
        '"""Counting."""\n\nimport no_such_module\n',
        "promise 1: test_a_box_keeps_its_numbers is a guard, and fails on the starter",
    ),
    "no given body first": (
        "lessons/01_counting/lesson.toml",
        'given = "return (numbers or [1])[0]"\n',
        "",
        "promise 1: the first task has no `given`",
    ),
    "a solution that fails": (
        "solutions/01_counting/exercise.py",
        "sum(numbers)",
        "sum(numbers) + 1",
        "promise 2: solution fails: test_total_adds",
    ),
    "a solution that warns": (
        "solutions/01_counting/exercise.py",
        "    result = sum(numbers)\n",
        "    __import__('warnings').warn('old')\n    result = sum(numbers)\n",
        "promise 2: solution fails",
    ),
    "tasks that are not independent": (
        "lessons/01_counting/lesson.toml",
        "needs = [1]\n",
        "",
        "promise 3: with [2] solved, green are [], not [2]",
    ),
    "a misconception that passes": (
        "lessons/01_counting/misconceptions/double_adds_two.py",
        "total(self.numbers)+2",
        "2 * total(self.numbers)",
        "promise 4: wrong double-adds-two passes all tests",
    ),
    "a misconception that nobody recognises": (
        "lessons/01_counting/lesson.toml",
        "observed = { double = 8 }",
        "observed = { double = 9 }",
        "promise 4: wrong double-adds-two is not recognised",
    ),
    "a misconception that hits another task first": (
        "lessons/01_counting/misconceptions/double_adds_two.py",
        "class Box:",
        "def total(numbers):\n    return len(numbers) - 1\n\n\nclass Box:",
        "promise 4: wrong double-adds-two fails first on task 1, not 2",
    ),
    "a starter that is answered as a misconception": (
        "lessons/01_counting/lesson.toml",
        "observed = { total = 3 }",
        "observed = { total = 1 }",
        "promise 4: starter is answered as total-is-the-length",
    ),
    "an alternative that fails": (
        "solutions/01_counting/alternatives/loop.py",
        "sum([*numbers])",
        "sum([*numbers]) + 1",
        "promise 5: alternative loop fails: test_total_adds",
    ),
    "a hint that is missing": (
        "lessons/01_counting/lesson.toml",
        '["one", "two", "three"]\n\n[[task]]',
        '["one", "two"]\n\n[[task]]',
        "task 1: hints has 3 levels",
    ),
    "a hint that is too long": (
        "lessons/01_counting/lesson.toml",
        '["one", "two", "three"]\n\n[[task]]',
        '["one", "two", "' + "word " * 46 + '"]\n\n[[task]]',
        "promise 6: a hint of 1.1 has over 45 words",
    ),
    "minutes that are missing": (
        "lessons/01_counting/lesson.toml",
        "minutes = 5\n",
        "",
        "minutes is there and is a int",
    ),
    "a heading that is missing": (
        "lessons/01_counting/README.md",
        "## Concept\n",
        "",
        "promise 6: README.md has the headings",
    ),
    "a symbol that the module does not define": (
        "lessons/01_counting/lesson.toml",
        'symbol = "Box.double"',
        'symbol = "Box.triple"',
        "cuts 'Box.triple', which exercise.py does not define",
    ),
    "a prediction that nobody answers": (
        "lessons/01_counting/probe.py",
        "def how_many",
        "def how_much",
        "promise 6: the prediction cannot be answered: AttributeError",
    ),
    "an answer that is no choice": (
        "lessons/01_counting/probe.py",
        'return "1"',
        'return "3"',
        "promise 6: probe.py answers '3' to the prediction",
    ),
    "a quiz answer that a run contradicts": (
        "lessons/01_counting/quiz.toml",
        'answer = "3"',
        'answer = "4"',
        "promise 6: 01/2-plus-one: the answer is '4', a run gives '3'",
    ),
    "a question that points nowhere": (
        "lessons/01_counting/quiz.toml",
        'section = "concept"\nasks = "What is 2',
        'section = "elsewhere"\nasks = "What is 2',
        "promise 6: quiz.toml: 2-plus-one points at #elsewhere, no heading of the page",
    ),
    "too few questions": (
        "lessons/01_counting/quiz.toml",
        QUESTION_3,
        "",
        "promise 6: quiz.toml has at least 3 questions",
    ),
    "tests that depend on their order": (
        "lessons/01_counting/test_exercise.py",
        "@pytest.mark.task(2)\n",
        TESTS_THAT_NEED_EACH_OTHER,
        "promise 9: shuffled",
    ),
    "a concept that comes too early": (
        "solutions/01_counting/exercise.py",
        "        self.numbers = numbers\n",
        "        self.numbers = numbers or selectinload\n",
        "promise 11: exercise.py shows selectinload, which 05_n_plus_one introduces",
    ),
    "an answer that stands beside its hole": (
        "solutions/01_counting/exercise.py",
        "        self.numbers = numbers\n",
        "        self.numbers = numbers\n    def x(self):\n        return 2*total(self.numbers)\n",
        "promise 11: the answer to Box.double stands elsewhere in the starter",
    ),
}


@pytest.mark.parametrize("name", BREAKS, ids=[name.replace(" ", "-") for name in BREAKS])
def test_a_broken_promise_is_named(home, name):
    """A check that cannot fail would promise nothing."""
    path, old, new, expected = BREAKS[name]
    replace(home.root / path, old, new)

    try:
        found = complaints(home)
    except Exception as error:  # noqa: BLE001 - a lesson.toml that cannot be read is refused earlier
        found = [str(error)]

    assert any(expected in complaint for complaint in found), found


@pytest.mark.parametrize("kind", ["missing", "left over"])
def test_misconceptions_and_their_files_belong_together(home, lesson_folder, kind):
    """A file that nothing names would never be tested."""
    folder = lesson_folder / "misconceptions"
    if kind == "missing":
        (folder / "double_adds_two.py").unlink()
    else:
        (folder / "stray.py").write_text("")

    assert any("misconceptions/" in complaint for complaint in complaints(home))


def test_a_file_that_belongs_to_nothing_is_named(home, lesson_folder):
    """A lesson's folder holds what a learner needs, and nothing else."""
    (lesson_folder / "old_notes.txt").write_text("")

    assert any("old_notes.txt belongs to nothing" in complaint for complaint in complaints(home))


@pytest.mark.parametrize("lesson", LESSONS, ids=[lesson.slug for lesson in LESSONS])
def test_a_lesson_keeps_its_promises(lesson):
    """Judged on what is derived: a learner's own files never turn this red."""
    committed = os.environ.get("CI") == "true"
    assert [str(c) for c in check_lesson(lesson, REAL, committed=committed)] == []
