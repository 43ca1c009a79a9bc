"""The films of a notebook, taken anew: `python -m workbook.site.films NOTEBOOK.ipynb`.

A notebook stores a film as text; a page shows it with its slider. Runs the cells in one process, in
an empty folder, and prints the films as JSON by the number of their cell. Where a cell cannot run
here (one needs PostgreSQL, say), the films before it are printed, and the stored text stays.
"""

import ast
import json
import linecache
import os
import subprocess
import sys
from contextlib import redirect_stdout, suppress
from io import StringIO
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

TIMEOUT_S = 120


def films_of(notebook: Path) -> dict[int, str]:
    """Return the films of a notebook as HTML, by the number of the cell that shows them."""
    line = [sys.executable, "-m", "workbook.site.films", str(notebook.resolve())]
    with (
        TemporaryDirectory(ignore_cleanup_errors=True) as folder,
        suppress(subprocess.TimeoutExpired),
    ):
        done = subprocess.run(  # noqa: S603 - our own notebook
            line,
            cwd=folder,
            capture_output=True,
            encoding="utf-8",
            check=False,
            timeout=TIMEOUT_S,
            env=os.environ | {"PYTHONPATH": os.pathsep.join(path for path in sys.path if path)},
        )
        if done.returncode == 0:
            return {int(number): film for number, film in json.loads(done.stdout).items()}
    return {}


def take(cells: list[dict[str, Any]]) -> dict[int, str]:
    """Run code cells one after the other; return what they show, if it is a film."""
    names: dict[str, Any] = {"__name__": "__main__"}
    found = {}
    for number, cell in enumerate(cells):
        if cell["cell_type"] != "code":
            continue
        try:
            value = _run(number, "".join(cell["source"]), names)
        except Exception:  # noqa: BLE001 - whatever a cell raises ends the films, not the site
            break
        if hasattr(value, "html") and hasattr(value, "steps"):
            found[number] = value.html(script="none")
    return found


def _run(number: int, code: str, names: dict[str, Any]) -> Any:
    """Run one cell and return the value of its last line."""
    name = f"<ipython-input-{number}>"  # the lens then says "line 3 of the cell"
    linecache.cache[name] = (len(code), None, code.splitlines(keepends=True), name)
    *body, last = ast.parse(code).body or [ast.Pass()]
    shown = isinstance(last, ast.Expr)
    exec(compile(ast.Module([*body] if shown else [*body, last], []), name, "exec"), names)  # noqa: S102 - ours
    if not isinstance(last, ast.Expr):
        return None
    return eval(compile(ast.Expression(last.value), name, "eval"), names)  # noqa: S307 - ours


def main(path: str) -> None:
    """Print the films of one notebook."""
    cells = json.loads(Path(path).read_text(encoding="utf-8"))["cells"]
    with redirect_stdout(StringIO()):
        found = take(cells)
    json.dump(found, sys.stdout)


if __name__ == "__main__":
    main(sys.argv[1])
