"""Code of a page that was run: `<!-- run: code/gotchas.py NAME -->` is a function and its output.

Each file is run once, by `docs/code/run_all.py`, in a process of its own. An example that fails
breaks the build.
"""

import ast
import json
import re
import subprocess
import sys
from functools import cache
from pathlib import Path
from textwrap import dedent

_RUN = re.compile(r"<!-- run: (?P<file>\S+) (?P<name>\w+) -->")


class ExampleError(Exception):
    """An example cannot be run; the message names its file and says what came."""


class Examples:
    """The examples of the pages below `docs`."""

    def __init__(self, docs: Path) -> None:
        self.docs = docs

    def shown(self, text: str) -> str:
        """Return the text, with each example's code and what it printed.

        Raises:
            ExampleError: one of them cannot be run.
        """
        return _RUN.sub(lambda match: self._example(match["file"], match["name"]), text)

    def _example(self, file: str, name: str) -> str:
        path = self.docs / file
        printed = _printed(path, path.read_text(encoding="utf-8"))
        if name not in printed:
            raise ExampleError(f"{file} has no example {name}; there is: {', '.join(printed)}")
        code, out = _body(path, name), printed[name].rstrip()
        return f'```python\n{code}\n```\n\n```text title="It prints"\n{out}\n```'


@cache
def _printed(path: Path, _text: str) -> dict[str, str]:
    """Return what each function of the file prints; the text is the key of the cache."""
    line = [sys.executable, str(path.with_name("run_all.py")), str(path)]
    done = subprocess.run(line, capture_output=True, encoding="utf-8", check=False)  # noqa: S603 - ours
    if done.returncode:
        raise ExampleError(f"{path.name} fails: {done.stderr.strip().splitlines()[-1]}")
    return dict(json.loads(done.stdout))


def _body(path: Path, name: str) -> str:
    """Return the lines of a function, without its first."""
    text = path.read_text(encoding="utf-8")
    found = next(
        node
        for node in ast.parse(text).body
        if isinstance(node, ast.FunctionDef) and node.name == name
    )
    lines = text.splitlines()[found.body[0].lineno - 1 : found.end_lineno]
    return dedent("\n".join(lines))
