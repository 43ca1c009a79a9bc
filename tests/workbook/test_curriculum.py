"""lesson.toml is read, checked, and its mistakes are named."""

import pytest

from workbook.curriculum import CurriculumError, find_lesson, load_lesson, load_lessons


def change(folder, old, new):
    """Change the small lesson's lesson.toml."""
    path = folder / "lesson.toml"
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), encoding="utf-8")


def test_a_lesson_knows_its_parts(lesson_folder):
    """What the file says is what the lesson says."""
    lesson = load_lesson(lesson_folder)

    assert (lesson.slug, lesson.number, lesson.minutes) == ("01_counting", 1, 5)
    assert [task.name for task in lesson.tasks] == ["total", "double"]
    assert lesson.label(2) == "1.2"
    assert lesson.tasks[1].needs == (1,)
    assert [wrong.task for wrong in lesson.misconceptions] == [1, 1, 2]


@pytest.mark.parametrize("word", ["1", "01", "01_counting"])
def test_a_lesson_is_found_by_number_or_name(home, word):
    """People type what they see."""
    assert find_lesson(load_lessons(home.lessons), word).slug == "01_counting"


def test_an_unknown_lesson_is_not_found(home):
    """A wrong number is no lesson."""
    assert find_lesson(load_lessons(home.lessons), "7") is None


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ('title = "Counting"', "title = 3", "title is a text"),
        ('title = "Counting"', "title = ", "not valid TOML"),
        ('kind = "repair"', 'kind = "game"', "kind is one of repair, experiment, tests"),
        ("minutes = 5", 'minutes = "five"', "minutes is there and is a int"),
        ('source = "study"\nreason = "the app has no such module"', "", "names a module"),
        ('reason = "the app has no such module"', "", "gives its reason"),
        ("needs = [1]", "needs = [2]", "needs names earlier tasks"),
        ("task = 2\n", "task = 3\n", "misconception double-adds-two: task is 1 to 2"),
        ('choices = ["1", "2"]', 'choices = ["1"]', "at least two choices"),
        ('symbol = "total"', 'symbol = "total"\nfile = "other.py"', "'other.py' is no [[file]]"),
    ],
)
def test_a_mistake_is_named_with_its_file(lesson_folder, old, new, message):
    """An author sees which rule is broken, and where."""
    change(lesson_folder, old, new)

    with pytest.raises(CurriculumError, match="lesson") as caught:
        load_lesson(lesson_folder)
    assert message in str(caught.value)


def test_a_missing_prerequisite_is_named(home, lesson_folder):
    """A path through the lessons has no holes."""
    change(lesson_folder, "prerequisites = []", 'prerequisites = ["00_nothing"]')

    with pytest.raises(CurriculumError, match="'00_nothing' is no lesson"):
        load_lessons(home.lessons)
