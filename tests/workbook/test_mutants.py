"""Solutions that a machine broke: the tests of a lesson notice, or say why they need not."""

import pytest

from workbook.curriculum import load_lesson, load_lessons
from workbook.derive import solution
from workbook.home import find_home
from workbook.mutants import mutants, survivors

REAL = find_home()
LESSONS = load_lessons(REAL.lessons)


def small(home):
    """Load the small lesson."""
    return load_lesson(home.lessons / "01_counting")


def append(path, text):
    """Add to a file of the small lesson."""
    path.write_text(path.read_text(encoding="utf-8") + text, encoding="utf-8")


def test_a_mutant_changes_one_hole_in_one_way(home):
    """A mutant outside of a hole would judge code that no learner writes."""
    reference = solution(small(home), home)
    made = mutants(small(home), reference)

    assert [mutant.name for mutant in made] == [
        "1.1 total: result = sum(numbers) -> pass",
        "1.1 total: return result -> return",
        "1.2 Box.double: return 2 * total(self.numbers) -> return",
        "1.2 Box.double: 2 -> 3",
    ]
    assert all(mutant.files != reference for mutant in made)


def test_good_tests_let_nothing_survive(home):
    """Each mutant is a mistake that somebody could make."""
    assert str(survivors(small(home), home)) == "4 of 4 killed, 0 argued equivalent"


def test_what_survives_is_named(home, lesson_folder):
    """A test that asserts nothing lets the mutant pass."""
    tests = lesson_folder / "test_exercise.py"
    text = tests.read_text(encoding="utf-8")
    tests.write_text(text.replace('observed["double"] == 12', 'observed["double"]'), "utf-8")

    assert survivors(small(home), home).complaints == ("survives: 1.2 Box.double: 2 -> 3",)


@pytest.mark.parametrize(
    ("argued", "complaints"),
    [
        ("1.2 Box.double: 2 -> 3", ()),
        ("1.2 Box.double: 2 -> *", ()),
        ("1.1 total: *", ("survives: 1.2 Box.double: 2 -> 3", "argued, but no such mutant")),
    ],
    ids=["by name", "by pattern", "stale"],
)
def test_an_argued_mutant_may_survive(home, lesson_folder, argued, complaints):
    """An argument stands beside the mutant that it is about, and goes when the mutant goes."""
    tests = lesson_folder / "test_exercise.py"
    text = tests.read_text(encoding="utf-8")
    tests.write_text(text.replace('observed["double"] == 12', 'observed["double"]'), "utf-8")
    append(lesson_folder / "lesson.toml", f'\n[[equivalent]]\nmutant = "{argued}"\nwhy = "so"\n')

    found = survivors(small(home), home).complaints

    assert len(found) == len(complaints)
    assert all(text.startswith(start) for text, start in zip(found, complaints, strict=True))


@pytest.mark.thorough
@pytest.mark.parametrize("lesson", LESSONS, ids=[lesson.slug for lesson in LESSONS])
def test_the_tests_of_a_lesson_notice_every_mutant(lesson):
    """Tests that judge learners are judged themselves."""
    assert survivors(lesson, REAL).complaints == ()
