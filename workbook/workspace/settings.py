"""The few files beside the lessons: settings of pytest and the editor, and how to begin."""

import json
import sys
from pathlib import Path

_README = """\
# Your workbook

This folder is yours.
The tool reads it, and writes over nothing that you wrote.

| Where | What |
|---|---|
| `lessons/` | what you read and edit: one folder for each lesson |
| `notebooks/` | experiments on the finished application, if your version has them |
| `.workbook/` | where you stand, as text; copy it with the folder to another machine |

In the environment where you installed it, and in this folder:

```
workbook                      # where you stand and what to do next
workbook check 2              # run the tests of lesson 02
pytest lessons/02_repository  # the same tests, and the same answer
workbook reset 2              # the starter again; your file is kept beside it
workbook update               # newer lessons, after `pip install --upgrade unit-of-workbook`
workbook mine test            # the application, running on the code you have finished
```
"""
_PYTEST = """\
# Plain `pytest lessons/02_repository` answers like `workbook check 2`.
[tool.pytest]
minversion = "9.2"
testpaths = ["lessons"]
addopts = [
    "--disable-plugin-autoload", # a cold start costs 0.4 s instead of 2 s
    "--import-mode=importlib",   # every lesson has a test_exercise.py
    "--strict-markers",
    "-p", "workbook.plugin",
]
"""
_IGNORED = """\
.venv/
venv/
__pycache__/
.pytest_cache/
.ipynb_checkpoints/
.workbook/tmp*/
.workbook/mine/
.workbook/break/
*.db
*.db-wal
*.db-shm
"""
_EXTENSIONS = {"recommendations": ["ms-python.python"]}


def settings() -> dict[str, str]:
    """Return the text of each file, by its path in a workspace."""
    editor = {
        "python.defaultInterpreterPath": _python(),
        "python.testing.pytestEnabled": True,
        "python.testing.unittestEnabled": False,
        "python.testing.pytestArgs": ["lessons"],
    }
    return {
        "README.md": _README,
        "pyproject.toml": _PYTEST,
        ".gitignore": _IGNORED,
        ".vscode/settings.json": json.dumps(editor, indent=2) + "\n",
        ".vscode/extensions.json": json.dumps(_EXTENSIONS, indent=2) + "\n",
    }


def _python() -> str:
    """Return the Python of the environment that holds the tool: the editor's tests need it."""
    return Path(sys.executable).as_posix()
