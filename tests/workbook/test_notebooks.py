"""The notebooks: what they show is what the application does today, and each run shows the same.

A notebook is built from its source in a folder of the test's own: what a reader has changed in
`notebooks/` is the reader's, and only CI compares it. nbval is loaded in a process of its own; its
plugin would make every start of this suite slower by more than a second.
"""

import json
import os
import re
import subprocess
import sys

import pytest
from click.testing import CliRunner

from workbook.cli import cli
from workbook.curriculum import CurriculumError
from workbook.home import find_home
from workbook.notebook import Cell, build, cells, kernel_settings, notebook_of, sources, title_of

HOME = find_home()
SOURCES = sources(HOME)
LONGEST_CELL = 9
SMALL = """\
# %% [markdown]
# # Two numbers
#
# Prose.

# %%
1 + 1

# %%
print("three")

# %% tags=["nbval-ignore-output"]
__import__("time").time_ns()
"""


def nbval(notebook, folder):
    """Run the notebook's cells and compare what they show with what it holds."""
    options = [
        "-q",
        "-p",
        "nbval.plugin",
        "--nbval",
        "--nbval-current-env",
        "-p",
        "no:cacheprovider",
    ]
    return subprocess.run(
        [sys.executable, "-m", "pytest", "--disable-plugin-autoload", *options, str(notebook)],
        cwd=folder,
        env=os.environ | kernel_settings(folder),
        capture_output=True,
        text=True,
        encoding="utf-8",
        timeout=300,
        check=False,
    )


@pytest.fixture
def small(tmp_path):
    """A source with one cell of prose and three of code, in a house of its own."""
    source = tmp_path / "notebooks" / "source" / "90a_two_numbers.py"
    source.parent.mkdir(parents=True)
    source.write_text(SMALL, encoding="utf-8")
    return source


@pytest.fixture
def built(small):
    """The notebook of that source, in its place."""
    notebook = notebook_of(small)
    notebook.write_text(build(small), encoding="utf-8")
    return notebook


@pytest.mark.parametrize("source", SOURCES, ids=lambda source: source.stem)
def test_each_run_shows_what_the_notebook_shows(source, tmp_path, request):
    """A reader who runs a cell must see what the page has promised."""
    if "private_server" in source.read_text(encoding="utf-8"):
        request.getfixturevalue("postgres_server")
    text = build(source)
    notebook = tmp_path / f"{source.stem}.ipynb"
    notebook.write_text(text, encoding="utf-8")

    done = nbval(notebook, tmp_path)

    assert done.returncode == 0, done.stdout[-4000:]
    counts = [cell["execution_count"] for cell in json.loads(text)["cells"] if "outputs" in cell]
    assert counts == list(range(1, len(counts) + 1)), "nbval passes a cell that was never run"
    if os.environ.get("CI") == "true":
        committed = notebook_of(source).read_text(encoding="utf-8")
        assert text == committed, f"stale: workbook dev notebooks {source.stem}"


def test_a_changed_output_is_noticed(built, tmp_path):
    """Without this, a test of notebooks that compares nothing looks like one that passes."""
    assert nbval(built, tmp_path / "first").returncode == 0

    shown = '"text": [\n      "three'
    text = built.read_text(encoding="utf-8")
    assert shown in text
    built.write_text(text.replace(shown, shown.replace("three", "four")), encoding="utf-8")
    done = nbval(built, tmp_path / "second")

    assert done.returncode == 1
    assert "four" in done.stdout


class TestTheSources:
    """What STYLE asks of an experiment."""

    @pytest.mark.parametrize("source", SOURCES, ids=lambda source: source.stem)
    def test_a_claim_comes_before_its_code(self, source):
        """A cell without a claim is code to copy, not an experiment."""
        first, imports, *rest = cells(source)
        assert first.text.startswith("# ")
        assert all(
            line.startswith(("from ", "import "))
            for line in filter(None, imports.text.splitlines())
        )
        prose = [cell for cell in rest if cell.prose][:-1]
        for cell in prose:
            claim = next(line for line in cell.text.splitlines() if line and line[0] != "#")
            assert claim.startswith("**"), f"{source.name}:{cell.line}: {claim}"

    @pytest.mark.parametrize("source", SOURCES, ids=lambda source: source.stem)
    def test_cells_are_short_and_use_the_application(self, source):
        """An experiment on classes of its own says nothing about the application."""
        for cell in [cell for cell in cells(source) if not cell.prose][1:]:
            lines = [line for line in cell.text.splitlines() if line]
            where = f"{source.name}:{cell.line}"
            assert 1 <= len(lines) <= LONGEST_CELL, f"{where}: {len(lines)} lines"
            assert not re.search(r"^class |sys\.path", cell.text, re.MULTILINE), where

    @pytest.mark.parametrize("source", SOURCES, ids=lambda source: source.stem)
    def test_it_ends_with_three_questions(self, source):
        """Whoever only runs the cells has not made an experiment yet."""
        last = cells(source)[-1]
        assert last.prose
        assert last.text.startswith("## Three questions")
        assert re.findall(r"^(\d)\. ", last.text, re.MULTILINE) == ["1", "2", "3"]

    def test_there_is_one_for_each_notebook(self):
        """A notebook without a source cannot be built again."""
        found = {path.stem for path in HOME.notebooks.glob("[0-9]*.ipynb")}
        assert {source.stem for source in SOURCES} == found
        assert len(found) >= 9


class TestTheBuilder:
    """From source to notebook."""

    def test_the_same_source_makes_the_same_file(self, small, built):
        """A notebook that changes by itself cannot be reviewed."""
        assert build(small) == built.read_text(encoding="utf-8")

    def test_a_new_cell_leaves_the_others_as_they_were(self, small, built):
        """A change of one cell is a change of a few lines."""
        before = json.loads(built.read_text(encoding="utf-8"))["cells"]
        small.write_text(SMALL.replace("# %%\n1 + 1", "# %%\n0\n\n# %%\n1 + 1"), encoding="utf-8")

        after = json.loads(build(small))["cells"]

        assert [cell["id"] for cell in before] == [c["id"] for c in after if c["source"] != ["0"]]

    def test_what_is_tagged_is_run_and_not_stored(self, built):
        """A plot of time is another one on each machine."""
        last = json.loads(built.read_text(encoding="utf-8"))["cells"][-1]
        assert (last["execution_count"], last["outputs"]) == (3, [])

    @pytest.mark.parametrize(
        ("code", "what"),
        [
            ("object()", "an address in memory"),
            ("print('12:30:45')", "a time of day"),
            ("print('/home/ana/cases.db')", "a path of this machine"),
            ("print('x' * 70_000)", "show less"),
            ("1 / 0", "ZeroDivisionError"),
        ],
    )
    def test_it_refuses_what_the_next_run_will_not_show(self, small, code, what):
        """An output that changes by chance makes the suite red by chance."""
        small.write_text(SMALL.replace("1 + 1", code), encoding="utf-8")
        with pytest.raises(CurriculumError, match=what):
            build(small)

    @pytest.mark.parametrize(
        ("text", "what"),
        [
            ("# %%\n1\n", "begins with"),
            ("# %% [raw]\nx\n", r"90a_two_numbers.py:1: no such kind"),
        ],
    )
    def test_a_source_that_cannot_be_read_is_named(self, small, text, what):
        """An author needs the line, not a stack of frames."""
        small.write_text(text, encoding="utf-8")
        with pytest.raises(CurriculumError, match=what):
            cells(small)

    def test_cells_know_their_lines(self, small):
        """Prose loses its `#`, and code keeps its own."""
        first, second, *_ = cells(small)
        assert first == Cell(prose=True, text="# Two numbers\n\nProse.", line=2)
        assert (second.text, second.line) == ("1 + 1", 7)
        assert title_of(small) == "Two numbers"


def test_without_a_server_one_sentence_says_so(monkeypatch):
    """A reader without PostgreSQL needs a way to get it, not a stack of frames."""
    source = next(path for path in SOURCES if path.stem == "29a_isolation")
    monkeypatch.setenv("PG_BIN", "/nowhere")
    monkeypatch.delenv("WORKBOOK_POSTGRES_URL", raising=False)
    with pytest.raises(CurriculumError, match=r"This notebook needs PostgreSQL\. .*PG_BIN"):
        build(source)


def test_a_stale_notebook_is_reported_and_written(built, home, monkeypatch):
    """An author changes a source, and must not forget the notebook."""
    monkeypatch.chdir(home.root)
    before = built.read_text(encoding="utf-8")
    built.write_text("{}", encoding="utf-8")

    checked = CliRunner().invoke(cli, ["dev", "notebooks", "--check"])
    assert (checked.exit_code, built.read_text("utf-8")) == (1, "{}")
    assert "stale" in checked.output

    assert CliRunner().invoke(cli, ["dev", "notebooks", "90a"]).exit_code == 0
    assert built.read_text(encoding="utf-8") == before
    refused = CliRunner().invoke(cli, ["dev", "notebooks", "91"])
    assert refused.exit_code == 2
    assert "There is: 90a_two_numbers" in refused.output
