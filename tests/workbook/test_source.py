"""Cutting, keeping and grafting symbols changes those lines and no others."""

import ast

import pytest

from workbook.source import (
    SymbolNotFoundError,
    apply,
    cut,
    graft,
    keep,
    transplant,
    with_imports_of,
)

MODULE = '''"""A module."""

import os
from math import ceil, floor

LIMIT = 3


def first(x: int) -> int:
    """Return the first."""
    # why it is so
    return ceil(x)


class Box:
    """A box."""

    size: int = 1

    @property
    def volume(self) -> int:
        """Return the volume."""
        side = self.size
        return side**3

    async def wait(self) -> None:
        """Wait."""
        await self.other()
'''


def holes(symbol, given=None, todo="do it"):
    """Return the module with one hole."""
    return apply(MODULE, [cut(MODULE, symbol, todo, given, "2.1")])


def test_a_function_keeps_signature_and_docstring():
    """The docstring is the exercise's statement."""
    text = holes("first")

    assert '    """Return the first."""\n    # TODO 2.1: do it\n' in text
    assert '    raise NotImplementedError("TODO 2.1")\n\n\nclass Box:' in text
    assert "ceil(x)" not in text
    assert "why it is so" not in text


def test_a_given_body_takes_the_place_of_the_real_one():
    """A starter that runs and is wrong."""
    text = holes("Box.volume", "side = 0\nreturn side")

    assert "        # TODO 2.1: do it\n        side = 0\n        return side\n" in text
    assert "@property" in text


@pytest.mark.parametrize("symbol", ["LIMIT", "Box.size", "Box", "Box.wait"])
def test_every_kind_of_symbol_can_be_cut(symbol):
    """Mapped classes and attributes are exercises too; the rest stays."""
    text = holes(symbol, "given = 1")

    compile(text, "starter", "exec")
    assert "given = 1" in text
    assert text.count("\n") >= MODULE.count("\n") - 18


def test_a_long_todo_is_wrapped():
    """Nobody scrolls sideways to read what is to be done."""
    text = holes("first", todo="word " * 40)

    assert max(len(line) for line in text.splitlines()) <= 100


def test_an_unknown_symbol_is_refused():
    """A renamed method must not leave a lesson without its hole."""
    with pytest.raises(SymbolNotFoundError, match=r"Box\.nothing"):
        holes("Box.nothing")


def test_keep_takes_the_imports_that_are_used():
    """A lesson shows no more of a module than it needs."""
    text = keep(MODULE, ("first",))

    assert "from math import ceil\n" in text
    assert "import os" not in text
    assert "class Box" not in text
    compile(text, "kept", "exec")


def test_graft_replaces_members_and_adds_new_ones():
    """A misconception holds only what differs."""
    piece = "import json\n\nclass Box:\n    size = 2\n    def new(self):\n        return json\n"

    text = graft(MODULE, piece)

    scope = {}
    exec(compile(text, "grafted", "exec"), scope)
    assert (scope["Box"].size, scope["Box"]().volume) == (2, 8)
    assert scope["Box"]().new().__name__ == "json"


OWN = '''"""Mine."""

from __future__ import annotations

import os


class Record:
    """One row."""

    table = "cases"
    title: str | None

    notes = []

    def close(self):
        return os.sep


def helper():
    return 1
'''
FINISHED = '''"""Finished."""

import os
from datetime import UTC


class Record:
    """One row."""

    table = "cases"
    title: str

    notes = [UTC]

    def close(self, now):
        """Close it."""
        return now
'''


def test_one_hole_is_filled_with_the_code_of_another_file():
    """Everything else stays: helpers, neighbours, the other holes."""
    holes = ["Record", "Record.notes", "Record.close"]

    whole = apply(OWN, [transplant(OWN, FINISHED, "Record", holes)])
    method = apply(OWN, [transplant(OWN, FINISHED, "Record.close", holes)])

    assert whole == OWN.replace("title: str | None", "title: str")
    assert 'def close(self, now):\n        """Close it."""\n        return now\n' in method
    assert "title: str | None" in method
    assert "def helper" in method


def test_a_hole_that_one_of_two_files_lacks_is_refused():
    """Code of another shape cannot be put together by name."""
    with pytest.raises(SymbolNotFoundError):
        transplant(OWN, FINISHED, "Record.reopen", ["Record.reopen"])
    with pytest.raises(SymbolNotFoundError):
        transplant(OWN.replace("    notes = []\n", ""), FINISHED, "Record.notes", [])


def test_missing_imports_come_behind_what_must_stay_in_front():
    """A `from __future__` is the first statement, or Python refuses the file."""
    text = with_imports_of(OWN, FINISHED)

    ast.parse(text)
    compile(text, "exercise.py", "exec")
    assert text.count("import os") == 1
    assert text.index("__future__") < text.index("from datetime import UTC")
    assert with_imports_of(text, FINISHED) == text
