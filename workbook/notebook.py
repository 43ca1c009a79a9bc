"""From the text of an experiment to its notebook: read, run in a real kernel, write down.

Never writes what changes from run to run: no id by chance, no time, no address, no path. So the
same source makes the same file, and a change of one cell is a change of a few lines.

A source is a percent script, `notebooks/source/02a_identity_map.py`: `# %% [markdown]` begins a
cell of prose, `# %%` a cell of code. A film is stored as text, a plot as SVG; a cell that is tagged
`nbval-ignore-output` is run, and nothing of it is stored.
"""

import hashlib
import json
import os
import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from workbook.curriculum import CurriculumError
from workbook.home import Home

MOST_BYTES = 60_000
WIDTH = 116  # the four panes of a film stand side by side
TIMEOUT_S = 60
_MARKER = re.compile(r'# %%(?P<prose> \[markdown\])?(?: tags=\["(?P<tag>[\w-]+)"\])?')
_CHANCE = {
    "an address in memory": re.compile(r"\b0x[0-9a-fA-F]{6,}"),
    "a time of day": re.compile(r"\b\d\d:\d\d:\d\d\b"),
    "a path of this machine": re.compile(r"(?:/tmp/|/home/|/Users/|[A-Z]:\\\\)\w"),
}
_UNSTORED = "nbval-ignore-output"
_METADATA = {
    "kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"},
    "language_info": {"name": "python"},
}
_PROFILE = """\
c.DisplayFormatter.active_types = ["text/plain", "image/svg+xml"]
c.InlineBackend.figure_formats = {"svg"}
c.InlineBackend.rc = {"svg.fonttype": "none", "svg.hashsalt": "workbook"}
c.InlineBackend.print_figure_kwargs = {"metadata": {"Date": None, "Creator": None}}
c.IPKernelApp.log_level = 40  # what a kernel says about its transport
c.InteractiveShellApp.exec_lines = [
    "import logging; logging.getLogger('matplotlib').setLevel(logging.ERROR)"
]
"""


@dataclass(frozen=True)
class Cell:
    """A piece of a source: prose or code, with the number of its first line."""

    prose: bool
    text: str
    line: int
    tag: str = ""


def sources(home: Home) -> list[Path]:
    """Return the sources of all notebooks, ordered by number."""
    return sorted((home.notebooks / "source").glob("[0-9][0-9][a-z]_*.py"))


def source_of(folder: Path, name: str) -> Path:
    """Return the source of a notebook; `folder` is where the notebooks are."""
    return folder / "source" / f"{name}.py"


def notebook_of(source: Path) -> Path:
    """Return where the notebook of a source is committed."""
    return source.parents[1] / f"{source.stem}.ipynb"


def title_of(source: Path) -> str:
    """Return the title: the first heading of the first cell."""
    return cells(source)[0].text.partition("\n")[0].removeprefix("# ")


def cells(source: Path) -> list[Cell]:
    """Return the cells of a source.

    Raises:
        CurriculumError: there is no such file, it does not begin with a cell of prose, or a line
            begins no known kind of cell.
    """
    if not source.is_file():
        raise CurriculumError(f"no notebook {source.stem}: {source} is missing")
    found: list[Cell] = []
    for number, line in enumerate(source.read_text(encoding="utf-8").splitlines(), 1):
        if line.startswith("# %%"):
            match = _MARKER.fullmatch(line)
            if match is None:
                raise CurriculumError(f"{source.name}:{number}: no such kind of cell: {line}")
            found.append(Cell(bool(match["prose"]), "", number + 1, match["tag"] or ""))
        elif found:
            found[-1] = replace(found[-1], text=f"{found[-1].text}{line}\n")
    if not found or not found[0].prose:
        raise CurriculumError(f"{source.name}: begins with `# %% [markdown]` and a title")
    return [replace(cell, text=_inner(cell)) for cell in found]


def _inner(cell: Cell) -> str:
    lines = cell.text.strip().splitlines()
    if cell.prose:
        lines = [line.removeprefix("#").removeprefix(" ") for line in lines]
    return "\n".join(lines)


def build(source: Path) -> str:
    """Run a source in a kernel of its own, in an empty folder; return the text of its notebook.

    Raises:
        CurriculumError: a cell failed, or shows something that the next run will not; or a package
            of the extra `test` is not installed.
    """
    try:
        import nbformat  # noqa: PLC0415 - slow to import, and only an author needs it
        from nbclient import NotebookClient  # noqa: PLC0415 - the same
        from nbclient.exceptions import CellExecutionError  # noqa: PLC0415 - the same
    except ImportError as error:
        remedy = "pip install 'unit-of-workbook[test]'"
        raise CurriculumError(f"{error.name} is not installed: {remedy}") from None
    notebook = nbformat.from_dict(_unrun(cells(source)))  # type: ignore[no-untyped-call] # nbformat has no types
    with TemporaryDirectory() as folder:
        client = NotebookClient(
            notebook,
            timeout=TIMEOUT_S,
            record_timing=False,
            resources={"metadata": {"path": folder}},
        )
        try:
            client.execute(env=os.environ | kernel_settings(Path(folder)))
        except CellExecutionError as error:
            raise CurriculumError(f"{source.name}: a cell failed: {error}") from None
    return _written(source, notebook)


def kernel_settings(folder: Path) -> dict[str, str]:
    """Return the environment in which a kernel shows what is stored; `folder` keeps its profile."""
    profile = folder / "ipython" / "profile_default" / "ipython_kernel_config.py"
    profile.parent.mkdir(parents=True)
    profile.write_text(_PROFILE, encoding="utf-8")
    return {"IPYTHONDIR": str(folder / "ipython"), "COLUMNS": str(WIDTH)}


def _unrun(found: list[Cell]) -> dict[str, Any]:
    made = list(map(_cell, found, _ids(found)))
    return {"cells": made, "metadata": dict(_METADATA), "nbformat": 4, "nbformat_minor": 5}


def _ids(found: list[Cell]) -> Iterator[str]:
    """By what is in a cell: a cell that comes or goes leaves the others as they were."""
    seen: dict[str, int] = {}
    for cell in found:
        name = hashlib.sha256(cell.text.encode()).hexdigest()[:8]
        seen[name] = seen.get(name, 0) + 1
        yield name if seen[name] == 1 else f"{name}-{seen[name]}"


def _cell(cell: Cell, name: str) -> dict[str, Any]:
    tags = {"tags": [cell.tag]} if cell.tag else {}
    if cell.prose:
        return {"cell_type": "markdown", "id": name, "metadata": tags, "source": cell.text}
    code = {"cell_type": "code", "id": name, "metadata": tags, "source": cell.text}
    return code | {"execution_count": None, "outputs": []}


def _written(source: Path, notebook: Any) -> str:
    import nbformat  # noqa: PLC0415 - build() needed it already

    notebook.metadata = nbformat.from_dict(_METADATA)  # type: ignore[no-untyped-call] # nbformat has no types
    for cell in notebook.cells:
        if _UNSTORED in cell.metadata.get("tags", ()):
            cell.outputs = []
    shown = json.dumps([cell.get("outputs") for cell in notebook.cells])
    for what, pattern in _CHANCE.items():
        if match := pattern.search(shown):
            raise CurriculumError(f"{source.name}: an output shows {what}: {match[0]}")
    text: str = nbformat.writes(notebook) + "\n"  # type: ignore[no-untyped-call] # nbformat has no types
    if len(text.encode()) > MOST_BYTES:
        rule = f"show less: a notebook has at most {MOST_BYTES} bytes"
        raise CurriculumError(f"{source.name}: {len(text.encode())} bytes; {rule}")
    return text
