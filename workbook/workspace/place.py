"""Where a learner works, and how damage there is mended. Never the package's own files."""

from workbook.curriculum import CurriculumError, Lesson, load_lesson, load_lessons
from workbook.derive import Texts, starter
from workbook.home import PACKAGE, Home, command, find_home, shipped


def learners_home() -> Home:
    """Return the clone or workspace around the working directory.

    Raises:
        FileNotFoundError: there is none; the message says how to make one.
    """
    home = find_home()
    if home.root == PACKAGE:
        remedy = command("init", "my-workbook")
        raise FileNotFoundError(f"there are no lessons in this folder; make your own: {remedy}")
    return home


def learners_lessons(home: Home) -> list[Lesson]:
    """Return the lessons of a home.

    Raises:
        CurriculumError: one is damaged; in a workspace, the message says how to get it back.
    """
    restore = f"ours come back with: {command('update', '--restore')}"
    try:
        lessons = load_lessons(home.lessons)
    except CurriculumError as error:
        if home.is_workspace:
            remedy = f"if you edited or renamed it, set it aside; {restore}"
            raise CurriculumError(f"{error}; {remedy}") from None
        raise
    if home.is_workspace and not lessons:
        raise CurriculumError(f"{home.lessons} holds no lessons; {restore}")
    return lessons


def starter_as_it_came(lesson: Lesson, home: Home) -> Texts:
    """Return the starter of a lesson; in a workspace the package's, as lesson.toml may be edited.

    Raises:
        CurriculumError: lesson.toml and the application do not fit.
    """
    if home.is_workspace and (shipped().lessons / lesson.slug).is_dir():
        return starter(load_lesson(shipped().lessons / lesson.slug), shipped())
    return starter(lesson, home)
