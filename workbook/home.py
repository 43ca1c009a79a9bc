"""Where lessons and solutions are: in a clone, in a workspace, or inside the installed package."""

import os
import shutil
import sys
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

MARKER = Path("lessons") / "concepts.toml"
RECORD = Path(".workbook") / "handed_out.txt"
PACKAGE = Path(__file__).resolve().parent


@dataclass(frozen=True)
class Home:
    """The folder that holds `lessons/` and `solutions/`."""

    root: Path

    @property
    def lessons(self) -> Path:
        """What the learner reads and edits."""
        return self.root / "lessons"

    @property
    def solutions(self) -> Path:
        """What the learner compares with; a workspace has none of its own."""
        own = self.root / "solutions"
        return own if own.is_dir() or self.root == shipped().root else shipped().solutions

    @property
    def has_solutions(self) -> bool:
        """Say whether there is anything to compare with: an edition that is handed out has none."""
        return self.solutions.is_dir()

    @property
    def notebooks(self) -> Path:
        """Experiments on the application; there may be none."""
        return self.root / "notebooks"

    @property
    def state(self) -> Path:
        """Where this learner stands: files of the learner, in no repository."""
        return self.root / ".workbook"

    @property
    def is_workspace(self) -> bool:
        """Say whether `workbook init` made this folder: it is the learner's alone."""
        return (self.root / RECORD).is_file()


def shipped() -> Home:
    """Return what came with the tool: its clone, or the data inside the installed package."""
    return Home(PACKAGE.parent if (PACKAGE.parent / MARKER).is_file() else PACKAGE)


def find_home(start: Path | None = None) -> Home:
    """Return the home around `start` (default: the working directory), else the package's own.

    Raises:
        FileNotFoundError: there are no lessons anywhere; the message says what to do.
    """
    start = (start or Path.cwd()).resolve()
    for root in (start, *start.parents, shipped().root):
        if (root / RECORD).is_file() or (root / MARKER).is_file():
            return Home(root)
    raise FileNotFoundError("no lessons here: clone the repository, or install unit-of-workbook")


def app_source(module: str) -> Path:
    """Return the file of a finished module of case_tracker, whatever takes its place at run time.

    Raises:
        FileNotFoundError: the application has no such module.
    """
    package, *parts = module.split(".")
    spec = find_spec(package)
    folder = Path(next(iter(spec.submodule_search_locations))) if spec else Path(package)  # type: ignore[arg-type] # a package has locations
    path = folder.joinpath(*parts).with_suffix(".py")
    if not path.is_file():
        raise FileNotFoundError(f"case_tracker has no module {module}")
    return path


def command(*words: str) -> str:
    """Return a command line that works the way the tool was started: `workbook hint 2.1`."""
    start = os.environ.get("WORKBOOK_COMMAND")
    return " ".join((start or _start(), *words))


def command_in(folder: Path, *words: str) -> str:
    """Return the command line that does this after `cd folder`."""
    start = os.environ.get("WORKBOOK_COMMAND", "run.py")
    return " ".join((_start(folder) if "run.py" in start else start, *words))


def _start(folder: Path | None = None) -> str:
    if shutil.which("workbook"):
        return "workbook"
    script = Path(sys.executable).with_name("workbook.exe" if os.name == "nt" else "workbook")
    if script.exists():
        start = shown(script, folder)
        return f'"{start}"' if " " in start else start
    return f"{shown(Path(sys.executable), folder)} -m workbook"


def shown(path: Path, folder: Path | None = None) -> str:
    """Return a path as a person would type it in `folder` (default: the working directory).

    It is relative when it lies below that folder.
    """
    # Only the folder is resolved: what is a link, like the Python of a .venv, is typed as a link.
    try:
        place = path.parent.resolve() / path.name
        return place.relative_to((folder or Path.cwd()).resolve()).as_posix()
    except ValueError:
        return str(path)
