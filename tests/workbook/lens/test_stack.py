"""Which files count as user code, and what a walk finds. Never needs a database."""

import json
import sys
from pathlib import Path

import pytest

import workbook
from workbook.lens.entries import Frame
from workbook.lens.stack import Walker, user_code_outside

TOOL = Path(workbook.__file__).parent


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        (Path(__file__), True),
        (Path("lessons/02_repository/exercise.py"), True),
        (TOOL.parent / "case_tracker/adapters/sql/repository.py", True),
        (TOOL / "solutions/02_repository/exercise.py", True),
        (TOOL / "lens/recorder.py", False),
        (Path(json.__file__), False),
        (Path(pytest.__file__), False),
        (Path("checkout/sqlalchemy/engine/base.py").absolute(), False),
        ("<stdin>", True),
        ("<ipython-input-3-abc>", True),
        ("<string>", False),
        ("<frozen importlib._bootstrap>", False),
    ],
)
def test_user_code_is_what_a_learner_looks_at(path: Path | str, *, expected: bool) -> None:
    """A report points at the learner's line, never into a library."""
    user_code = user_code_outside(Path("checkout/sqlalchemy").absolute())

    assert user_code(str(path)) is expected


def test_a_file_is_judged_once() -> None:
    """The walk happens for every statement: asking again for each frame would be slow."""
    asked: list[str] = []

    def user_code(path: str) -> bool:
        asked.append(path)
        return path == __file__

    walker = Walker(user_code, Path("nowhere"))
    for _ in range(2):
        calls = walker.walk(sys._getframe())

    assert calls.user[0][0].co_name == "test_a_file_is_judged_once"
    assert len(asked) == len(set(asked))


def test_a_line_of_a_notebook_is_a_line_of_its_cell():
    """A kernel names a cell's file by a hash; it is another one after each change."""
    for path in ("/tmp/ipykernel_71/119125132.py", r"C:\Temp\ipykernel_71\119.py", "<stdin>"):
        assert Frame(path, 4, "page").short == "line 4 of the cell"
    assert Frame("/app/queries.py", 4, "page").short == "queries.py:4"
