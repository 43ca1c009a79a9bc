"""Which files the learners' edition has, and what it leaves out. Writes nothing."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from importlib.resources import files
from pathlib import Path, PurePosixPath

from workbook.curriculum import Lesson, load_lessons
from workbook.derive import STARTERS, starter
from workbook.home import MARKER, Home

AS_THEY_ARE = (
    *(".editorconfig", ".gitignore", "LICENSE", "LICENSE-PROSE"),
    *("constraints.txt", "run.py"),
    *("lessons/concepts.toml", "lessons/goals.toml", "lessons/quiz.toml"),
)
TREES = {  # folder: what is taken from it
    "case_tracker": (".py", ".mako", ".typed"),
    "workbook": (".py", ".mako", ".typed", ".css", ".js", ".json", ".html", ".toml", ".svg"),
    "notebooks": (".ipynb", ".py", ".md", ".toml", ".json", ".css", ".svg", ".png"),
    "tests/unit": (".py",),
    "tests/contract": (".py",),
    "tests/integration": (".py",),
    "tests/e2e": (".py",),
}
OF_A_LESSON = ("README.md", "lesson.toml", "quiz.toml", "test_exercise.py")
LEFT_OUT = {"misconceptions": "misconceptions", "probe.py": "probes"}
_SOLUTION_LINK = re.compile(r"\[(?P<text>[^\]\n]*)\]\([^)\s]*solutions/[^)\s]*\)")
_FORCED = re.compile(r'^"(?P<path>[^"\n]+)" = "workbook/[^"\n]*"(?: #.*)?\n', re.MULTILINE)


class EditionError(Exception):
    """There is no edition to make; the message says what to do."""


@dataclass
class Edition:
    """Files by path; the modules that stay finished; how much of what was left out."""

    files: dict[str, bytes] = field(default_factory=dict)
    lessons: list[Lesson] = field(default_factory=list)
    finished: list[str] = field(default_factory=list)
    left_out: dict[str, int] = field(default_factory=dict)

    def put(self, path: str, content: str | bytes) -> None:
        """Take a file in."""
        self.files[path] = content.encode() if isinstance(content, str) else content


def edition(home: Home) -> Edition:
    """Return the learners' edition of a clone.

    Raises:
        EditionError: this is no clone.
        CurriculumError: a lesson is damaged.
    """
    if not home.has_solutions:
        raise EditionError(f"{home.root} has no solutions: it is a learners' edition already")
    missing = [name for name in (*AS_THEY_ARE, "case_tracker") if not (home.root / name).exists()]
    if missing:
        raise EditionError(f"{home.root} is no clone of the repository: no {missing[0]}")
    made = Edition(lessons=load_lessons(home.lessons))
    for name in (*AS_THEY_ARE, MARKER.as_posix(), "tests/conftest.py"):
        made.put(name, (home.root / name).read_bytes())
    for folder, kinds in TREES.items():
        for path in _tree(home.root / folder, kinds):
            made.put(path.relative_to(home.root).as_posix(), path.read_bytes())
    for lesson in made.lessons:
        _put_lesson(made, lesson, home)
    made.finished = sorted({f.module for x in made.lessons for f in x.files if f.module})
    made.left_out["solutions"] = len(made.lessons)
    for name, text in _own_files(made):
        made.put(name, text)
    pyproject = (home.root / "pyproject.toml").read_text(encoding="utf-8")
    made.put("pyproject.toml", _without_missing(pyproject, made))
    return made


def _tree(folder: Path, kinds: tuple[str, ...]) -> Iterator[Path]:
    for path in sorted(folder.rglob("*")):
        inside = path.relative_to(folder)
        hidden = any(part.startswith((".", "__pycache__")) for part in inside.parts)
        if path.is_file() and not path.is_symlink() and not hidden and path.name.endswith(kinds):
            yield path


def _put_lesson(made: Edition, lesson: Lesson, home: Home) -> None:
    for name in OF_A_LESSON:
        if name == "quiz.toml" and not (lesson.folder / name).is_file():
            continue
        text = (lesson.folder / name).read_text(encoding="utf-8")
        made.put(f"lessons/{lesson.slug}/{name}", _SOLUTION_LINK.sub(r"\g<text>", text))
    for name, text in starter(lesson, home).items():
        made.put(f"lessons/{lesson.slug}/{name}", text)
        made.put(f"{STARTERS}/{lesson.slug}/{name}", text)
    for name, word in LEFT_OUT.items():
        path = lesson.folder / name
        count = sum(1 for _ in path.glob("*.py")) if path.is_dir() else int(path.exists())
        made.left_out[word] = made.left_out.get(word, 0) + count


def _own_files(made: Edition) -> Iterator[tuple[str, str]]:
    """Yield the files that are the edition's own: its front page and what GitHub runs."""
    own = files(__package__).joinpath("files")
    finished = "\n".join(f"- `{module}`" for module in made.finished)
    rows = "\n".join(
        f"| [{x.slug}](lessons/{x.slug}/README.md) | {x.title} | {x.minutes} |"
        for x in made.lessons
    )
    readme = own.joinpath("README.md").read_text(encoding="utf-8")
    yield "README.md", readme.replace("{finished}", finished).replace("{lessons}", rows)
    yield ".github/feedback.sh", own.joinpath("feedback.sh").read_text(encoding="utf-8")
    workflow = own.joinpath("classroom.yml").read_text(encoding="utf-8")
    yield ".github/workflows/classroom.yml", workflow


def _without_missing(pyproject: str, made: Edition) -> str:
    """Leave out what would be packed into a wheel and is not in this edition."""
    tops = {PurePosixPath(path).parts[0] for path in made.files}

    def kept(match: re.Match[str]) -> str:
        return match[0] if match["path"].partition("/")[0] in tops else ""

    return _FORCED.sub(kept, pyproject)
