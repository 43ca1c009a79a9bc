"""What Python needs inside the page, as one zip: SQLAlchemy, pytest, the app, the lessons.

Takes the installed packages, so a page runs the versions that the tests run. Only their Python
source: compiled parts are of this machine, and each has its twin in Python.
"""

import io
import zipfile
from collections.abc import Iterator, Sequence
from importlib import metadata
from pathlib import Path

import case_tracker
import workbook
from workbook.curriculum import Lesson

DISTRIBUTIONS = (
    "sqlalchemy",
    "typing-extensions",
    "pytest",
    "iniconfig",
    "packaging",
    "pluggy",
    "pygments",
)
UNUSED = (
    "sqlalchemy/dialects/mssql/",
    "sqlalchemy/dialects/mysql/",
    "sqlalchemy/dialects/oracle/",
    "sqlalchemy/testing/",
    "sqlalchemy/ext/mypy/",
    "pygments/lexers/",
    "pygments/styles/",
    "pygments/formatters/",
    "case_tracker/adapters/sql/migrations/",
    "workbook/commands/",
    "workbook/postgres/",
)
NEEDED = (  # of what is left out above
    "pygments/lexers/__init__.py",
    "pygments/lexers/_mapping.py",
    "pygments/lexers/python.py",
    "pygments/lexers/diff.py",
    "pygments/styles/__init__.py",
    "pygments/styles/_mapping.py",
    "pygments/styles/default.py",
    "pygments/formatters/__init__.py",
    "pygments/formatters/_mapping.py",
    "pygments/formatters/terminal.py",
)
OF_A_LESSON = ("lesson.toml", "test_exercise.py")
EPOCH = (2026, 1, 1, 0, 0, 0)  # the same content is the same zip


def packed(lessons: Sequence[Lesson]) -> bytes:
    """Return the zip that the page unpacks, with these lessons in it."""
    files = dict(_libraries()) | dict(_ours()) | dict(_lessons(lessons))
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as archive:
        for name in sorted(files):
            archive.writestr(zipfile.ZipInfo(name, EPOCH), files[name].read_bytes(), 8, 9)
    return out.getvalue()


def _libraries() -> Iterator[tuple[str, Path]]:
    for name in DISTRIBUTIONS:
        for file in metadata.files(name) or ():
            path = Path(str(file.locate()))
            if _is_used(file.as_posix()) and path.is_file():
                yield file.as_posix(), path


def _is_used(name: str) -> bool:
    if name.startswith("..") or not name.endswith((".py", "/METADATA")):
        return False
    return name in NEEDED or not name.startswith(UNUSED)


def _ours() -> Iterator[tuple[str, Path]]:
    for package in (case_tracker, workbook):
        folder = Path(str(package.__file__)).parent
        for path in folder.rglob("*.py"):
            name = f"{folder.name}/{path.relative_to(folder).as_posix()}"
            if not name.startswith((*UNUSED, "workbook/lessons/", "workbook/solutions/")):
                yield name, path


def _lessons(lessons: Sequence[Lesson]) -> Iterator[tuple[str, Path]]:
    for lesson in lessons:
        for name in OF_A_LESSON:
            yield f"lessons/{lesson.slug}/{name}", lesson.folder / name
