"""A learner's file takes its module's place, for this lesson and for nobody else."""

import sys
import traceback

import pytest

from workbook.world import World

MODULE = "case_tracker.adapters.sql.queries"


@pytest.fixture
def learners_file(tmp_path):
    """A file in place of queries.py that says so."""
    path = tmp_path / "exercise.py"
    path.write_text("WHO = 'learner'\n\n\ndef fail():\n    raise ValueError('here')\n", "utf-8")
    return path


def test_the_module_resolves_to_the_learners_file(learners_file):
    """Every part of the app that imports it gets the learner's code."""
    assert World({MODULE: learners_file}).load(MODULE).WHO == "learner"


def test_what_was_loaded_outside_is_untouched(learners_file):
    """The tests of the app run beside lessons."""
    import case_tracker.adapters.sql.queries as finished

    with World({MODULE: learners_file}):
        assert sys.modules.get(MODULE) is not finished

    assert sys.modules[MODULE] is finished
    assert not hasattr(finished, "WHO")


def test_two_worlds_do_not_meet(learners_file, tmp_path):
    """Lesson 02 must not see what lesson 05 did."""
    other = tmp_path / "other.py"
    other.write_text("WHO = 'another'\n", "utf-8")
    first, second = World({MODULE: learners_file}), World({MODULE: other})

    names = [world.load(MODULE).WHO for world in (first, second, first)]

    assert names == ["learner", "another", "learner"]


def test_a_world_keeps_its_classes(learners_file):
    """A class that a test module has imported is the class that its tests meet."""
    world = World({MODULE: learners_file})

    assert (
        world.load("case_tracker.domain.case").Case is world.load("case_tracker.domain.case").Case
    )


def test_a_traceback_shows_the_learners_line(learners_file):
    """Without the source line a learner cannot see what failed."""
    module = World({MODULE: learners_file}).load(MODULE)

    try:
        module.fail()
    except ValueError:
        text = traceback.format_exc()

    assert "raise ValueError('here')" in text


DATACLASS = """\
from __future__ import annotations
from dataclasses import dataclass


@dataclass
class A:
    x: int
"""
MAPPED = """\
from __future__ import annotations
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column


class B(DeclarativeBase):
    pass


class A(B):
    __tablename__ = "a"
    id: Mapped[int] = mapped_column(primary_key=True)
"""


@pytest.mark.parametrize("code", [DATACLASS, MAPPED], ids=["dataclass", "mapped class"])
def test_annotations_from_the_future_work(tmp_path, code):
    """The module is registered before it runs, so its annotations can be resolved."""
    path = tmp_path / "exercise.py"
    path.write_text(code, "utf-8")

    assert World({MODULE: path}).load(MODULE).A


def test_an_import_of_the_finished_module_gives_the_own_file_back(tmp_path):
    """Nobody solves a lesson by importing the answer."""
    path = tmp_path / "exercise.py"
    path.write_text(f"from {MODULE} import cases_with_notes\n", "utf-8")

    with pytest.raises(ImportError, match="cases_with_notes"):
        World({MODULE: path}).load(MODULE)


def test_a_changed_file_is_read_anew(learners_file):
    """No bytecode stands between a learner and the file on disk."""
    World({MODULE: learners_file}).load(MODULE)
    learners_file.write_text("WHO = 'changed'\n", "utf-8")

    assert World({MODULE: learners_file}).load(MODULE).WHO == "changed"
    assert not (learners_file.parent / "__pycache__").exists()
