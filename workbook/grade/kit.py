"""What a worker is given: the application without the modules of its lesson, and our own tools.

Never a solution, never a finished text of what is being graded. A points run gets no tests, a
feedback run no probe.
"""

import hashlib
import importlib.util
import marshal
import os
import secrets
import site
import sys
import sysconfig
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path

from workbook.curriculum import Lesson
from workbook.home import app_source
from workbook.world import app_modules_in

OURS = Path(__file__).resolve().parents[1]
PLAIN = (".py", ".css", ".js", ".json", ".mako", ".toml")
# Data of the tool, and what only the judge needs: a learner's process has no use for them.
LEFT_OUT = (
    *("lessons", "solutions", "commands", "postgres", "edition", "mine", "quiz", "site", "smells"),
    *("warm", "watch", "workspace"),
)
JUDGES = ("grade/sandbox", "grade/worker", "grade/__init__.py")
WARM_LIBRARIES = ("sqlalchemy.orm", "sqlalchemy.dialects.sqlite", "sqlite3")
CANARY = "test_canary_"
_UNCHECKED = 1  # PEP 552: bytecode with the hash of its source, which nobody compares


def libraries(role: str) -> list[str]:
    """Return what the base of a worker loads before anything of ours."""
    more = ("pytest", "_pytest.assertion.rewrite") if role == "feedback" else ()
    return [*WARM_LIBRARIES, *more]


def readable() -> list[str]:
    """Return the folders of Python and its packages."""
    paths = [sysconfig.get_path(name) for name in ("stdlib", "platstdlib", "purelib", "platlib")]
    paths += [str(Path(sys.base_prefix, "lib"))]
    paths += [path for path in site.getsitepackages() if Path(path).is_dir()]
    found = sorted({str(Path(path).resolve()) for path in paths if path}, key=len)
    return [p for p in found if not any(p.startswith(f"{other}/") for other in found)]


def import_path() -> list[str]:
    """Return where a worker looks for modules: the standard library and installed packages."""
    standard = [path for path in sys.path if path and Path(path).exists() and _is_shown(path)]
    return list(dict.fromkeys(str(Path(path).resolve()) for path in standard))


def _is_shown(path: str) -> bool:
    real = str(Path(path).resolve())
    return any(real == folder or real.startswith(f"{folder}/") for folder in readable())


@cache
def hidden() -> tuple[str, ...]:
    """Return what must not be seen below `readable`: our own packages, whole."""
    homes = [OURS, app_source("case_tracker.bootstrap").parent]
    homes += [Path(folder, name) for folder in readable() for name in _own(Path(folder))]
    return tuple(sorted({str(home) for home in homes if _is_shown(str(home))}))


def _own(folder: Path) -> Iterator[str]:
    """Yield our packages in a folder, and in each site-packages below it."""
    places = [folder]
    for path, names, _ in os.walk(folder):
        if "site-packages" in names:
            names.remove("site-packages")  # what is in a package is no place for others
            places.append(Path(path, "site-packages"))
    for place in places:
        for pattern in ("workbook", "case_tracker", "unit_of_workbook-*"):
            yield from (str(path) for path in place.glob(pattern))


def files_for(lesson: Lesson, role: str) -> dict[str, bytes]:
    """Return the files of a worker by their path: the pruned application, our tools, the lesson."""
    graded = {file.module for file in lesson.files if file.module}
    app = app_source("case_tracker.bootstrap").parent
    found = {f"case_tracker/{name}": path for name, path in _tree(app)}
    found = {n: p for n, p in found.items() if n[:-3].replace("/", ".") not in graded}
    files = _with_bytecode(found) | tools()
    wanted = "probe.py" if role == "points" else "test_exercise.py"
    own = {name: (lesson.folder / name).read_bytes() for name in (wanted, "lesson.toml")}
    return files | {f"lessons/{lesson.slug}/{name}": data for name, data in own.items()}


def tools() -> dict[str, bytes]:
    """Return the part of `workbook` that runs in a worker."""
    found = {f"workbook/{name}": path for name, path in _tree(OURS) if _is_for_workers(name)}
    return _with_bytecode(found)


def _with_bytecode(found: Mapping[str, Path]) -> dict[str, bytes]:
    files = {name: path.read_bytes() for name, path in found.items()}
    code = {_bytecode(n): _compiled(path) for n, path in found.items() if n.endswith(".py")}
    return files | code


def with_canaries(tests: bytes) -> bytes:
    """Return a lesson's tests with two more: one must fail, one must pass, in no known order."""
    outcomes = [False, True]
    secrets.SystemRandom().shuffle(outcomes)
    for passes in outcomes:
        value = secrets.randbelow(1 << 30)
        name = f"{CANARY}{secrets.token_hex(8)}"
        body = f"assert {value} == {value + (not passes)}"
        tests += f"\n\n@pytest.mark.guard\ndef {name}():\n    {body}\n".encode()
    return tests


def _tree(folder: Path) -> Iterator[tuple[str, Path]]:
    for path in sorted(folder.rglob("*")):
        if path.is_file() and (path.suffix in PLAIN or path.name == "py.typed"):
            yield path.relative_to(folder).as_posix(), path


def _is_for_workers(name: str) -> bool:
    top = name.partition("/")[0]
    return top not in LEFT_OUT and (top != "grade" or name.startswith(JUDGES))


def _bytecode(name: str) -> str:
    return importlib.util.cache_from_source(name)


@cache
def _compiled(path: Path) -> bytes:
    """Return bytecode that does not ask for the age of its source: that one is a copy, too."""
    source = path.read_bytes()
    code = marshal.dumps(compile(source, path.name, "exec", dont_inherit=True))
    head = importlib.util.MAGIC_NUMBER + _UNCHECKED.to_bytes(4, "little")
    return head + importlib.util.source_hash(source) + code


def warm_modules(lesson: Lesson) -> list[str]:
    """Return the modules of the app that a lesson asks for; some need a module of the lesson."""
    roots = [lesson.folder / "probe.py", lesson.folder / "test_exercise.py"]
    return app_modules_in([*roots, OURS / "probe.py", OURS / "fixtures.py"])


def fingerprint(lesson: Lesson) -> str:
    """Return a hash of all that decides a mark but the submission: probe, tests, app and tools."""
    digest = hashlib.sha256()
    for role in ("points", "feedback"):
        for name, data in sorted(files_for(lesson, role).items()):
            if not name.endswith(".pyc"):
                digest.update(f"{name} {len(data)}\n".encode() + data)
    for file in lesson.files:
        if file.module:
            digest.update(app_source(file.module).read_bytes())
    return digest.hexdigest()
