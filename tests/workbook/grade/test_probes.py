"""Hidden data tells right from wrong for every lesson, without a look at the tests."""

import pytest

from tests.workbook.grade.conftest import HOME, LESSONS
from workbook.derive import solution, starter, with_piece
from workbook.grade.judge import observed_tasks

BY_LESSON = pytest.mark.parametrize(
    "lesson",
    [pytest.param(one, marks=() if one.number == 2 else pytest.mark.thorough) for one in LESSONS],
    ids=[one.slug for one in LESSONS],
)


def as_bytes(texts):
    """Return files as a submission has them."""
    return {name: text.encode() for name, text in texts.items()}


def alternatives(lesson):
    """Return the other right solutions of a lesson, each whole."""
    folder = HOME.solutions / lesson.slug / "alternatives"
    for path in sorted(folder.glob("*")):
        own = [path] if path.is_file() else sorted(path.iterdir())
        names = [lesson.files[0].name] if path.is_file() else [file.name for file in own]
        texts = [file.read_text(encoding="utf-8") for file in own]
        yield path.stem, solution(lesson, HOME) | dict(zip(names, texts, strict=True))


def misconceptions(lesson):
    """Return the solution of a lesson with one mistake in it, each."""
    for wrong in lesson.misconceptions:
        path = lesson.folder / "misconceptions" / f"{wrong.slug.replace('-', '_')}.py"
        piece = path.read_text(encoding="utf-8")
        yield wrong, with_piece(solution(lesson, HOME), piece)


@BY_LESSON
def test_every_right_way_is_seen_as_right(lesson, desk):
    """An honest solution that is written differently must not lose a point."""
    everything = {task.number for task in lesson.tasks}

    for name, texts in alternatives(lesson):
        seen = observed_tasks(*desk.observe(lesson.slug, as_bytes(texts)))

        assert seen == everything, f"{lesson.slug}: {name}"


@BY_LESSON
def test_every_mistake_is_seen(lesson, desk):
    """A mistake that hidden data does not show would be paid for."""
    everything = {task.number for task in lesson.tasks}

    for wrong, texts in misconceptions(lesson):
        seen = observed_tasks(*desk.observe(lesson.slug, as_bytes(texts)))

        assert seen < everything, f"{lesson.slug}: {wrong.slug}"


@BY_LESSON
def test_a_starter_is_seen_as_open(lesson, desk):
    """Nobody is paid for what was given."""
    seen = observed_tasks(*desk.observe(lesson.slug, as_bytes(starter(lesson, HOME))))

    assert seen == set()
