"""Five small functions, their tests and their probe: what every grader of the benchmark runs."""

from pathlib import Path

from bench.other_graders import cells
from workbook.curriculum import load_lessons
from workbook.grade.submissions import Cohort, Learner, Submission
from workbook.home import Home

HOME = Home(Path(__file__).parent)
(LESSON,) = load_lessons(HOME.lessons)
RIGHT = (HOME.solutions / LESSON.slug / "exercise.py").read_text(encoding="utf-8")
WRONG = RIGHT.replace(".order_by(CaseRecord.id)", ".order_by(CaseRecord.title.desc())")
TESTS = (LESSON.folder / "test_exercise.py").read_text(encoding="utf-8")
CHECKS = cells(TESTS)


def texts(count: int) -> list[str]:
    """Return submissions; no two are the same, so that none is graded for another."""
    return [f"{WRONG if n % 4 == 3 else RIGHT}# submission {n}\n" for n in range(count)]


def cohort(count: int) -> Cohort:
    """Return learners who handed these in."""
    learners = tuple(Learner(f"learner-{number:05}") for number in range(count))
    handed_in = tuple(
        Submission(who.key, LESSON.slug, {"exercise.py": text.encode()})
        for who, text in zip(learners, texts(count), strict=True)
    )
    return Cohort(learners, handed_in)


def plain_tests() -> str:
    """Return the tests as a file for plain pytest, beside an `exercise.py`."""
    text = TESTS.replace("(exercise):", "():").replace("@pytest.mark.task(", "# task ")
    text = text.replace("def stored():", "def stored(exercise):")
    return text.replace("import pytest\n", "import exercise\n")
