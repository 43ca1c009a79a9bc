"""Where lessons and solutions are: in a clone, in a workspace, or inside the installed package."""

import os
import shutil
import sys
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

MARKER = Path("lessons") / "concepts.toml"


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
        """What the learner compares with."""
        return self.root / "solutions"

    @property
    def notebooks(self) -> Path:
        """What the learner experiments in."""
        return self.root / "notebooks"

    @property
    def state(self) -> Path:
        """Where this learner stands: files of the learner, in no repository."""
        return self.root / ".workbook"


def find_home(start: Path | None = None) -> Home:
    """Return the home around `start` (default: the working directory), else the package's own.

    Raises:
        FileNotFoundError: there are no lessons anywhere; the message says what to do.
    """
    start = (start or Path.cwd()).resolve()
    package = Path(__file__).resolve().parent
    for root in (start, *start.parents, package.parent, package):
        if (root / MARKER).is_file():
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


def _start() -> str:
    if shutil.which("workbook"):
        return "workbook"
    script = Path(sys.executable).with_name("workbook.exe" if os.name == "nt" else "workbook")
    start = shown(script) if script.exists() else f"{shown(Path(sys.executable))} -m workbook"
    return f'"{start}"' if " " in start and script.exists() else start


def shown(path: Path) -> str:
    """Return a path as a person would type it: relative to the working directory if it is below."""
    try:
        return path.resolve().relative_to(Path.cwd().resolve()).as_posix()
    except ValueError:
        return str(path)
