"""RESULTS.md: a benchmark writes its own section, and loses nobody else's."""

import re

import pytest

from bench.__main__ import ALL
from bench.results import RESULTS, write_section

TWO = "# Benchmarks\n\n<!-- bench: a -->\n\nold\n\n<!-- end -->\n\n<!-- bench: b -->\n\nkept\n\n"
DONE = f"{TWO}<!-- end -->\n\nsaid by a person\n"


@pytest.mark.parametrize("lost", ["", "<!-- end -->\n\n"], ids=["whole", "an end was lost"])
def test_a_section_takes_the_place_of_its_own(tmp_path, lost):
    """A merge loses a line, and a run would take the figures of the others with it."""
    path = tmp_path / "RESULTS.md"
    path.write_text(DONE.replace(lost, "", 1), "utf-8")

    write_section("a", "new\n", path)

    assert path.read_text("utf-8") == DONE.replace("old", "new")


def test_a_new_section_comes_last(tmp_path):
    """Also in a file that is not there yet."""
    path = tmp_path / "RESULTS.md"

    write_section("a", "one", path)
    write_section("b", "two", path)
    write_section("b", "two", path)

    found = re.findall(r"<!-- bench: (\w) -->\n\n(\w+)\n\n<!-- end -->\n", path.read_text("utf-8"))
    assert found == [("a", "one"), ("b", "two")]


def test_the_page_has_every_section_and_each_has_an_end():
    """The page of benchmarks shows what was measured, all of it."""
    marks = re.findall(r"<!-- (?:bench: (\w+)|(end)) -->", RESULTS.read_text("utf-8"))

    begun = [name for name, _ in marks if name]
    assert set(begun) >= set(ALL)
    assert [end for _, end in marks] == ["", "end"] * len(begun)
