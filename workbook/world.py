"""While a lesson runs, the learner's file takes the place of its module in the app.

One loader for terminal, plain pytest, page and grader. Never changes what other lessons, or the
tests of the app, see: each lesson has modules of its own.
"""

import ast
import contextlib
import importlib
import importlib.util
import sys
from collections.abc import Iterable, Iterator, Mapping
from importlib.abc import MetaPathFinder, SourceLoader
from importlib.machinery import ModuleSpec
from pathlib import Path
from types import CodeType, ModuleType, TracebackType
from typing import Any, Self

APP = "case_tracker"


class World:
    """The app as one lesson sees it. Inside `with world:` its imports resolve to these files."""

    def __init__(self, files: Mapping[str, Path]) -> None:
        """Take the place of each module (dotted name) by the file beside it.

        `texts` holds the bytes of modules that were read before: they run, whatever is on disk.
        While it is `shut`, these modules cannot be imported.
        """
        self.files = dict(files)
        self.texts: dict[str, bytes] = {}
        self.shut = False
        self._modules: dict[str, ModuleType] = {}
        self._outside: dict[str, ModuleType] = {}
        self._depth = 0

    def __enter__(self) -> Self:
        """Put the app's modules of this world where Python looks for them."""
        self._depth += 1
        if self._depth == 1:
            self._outside = self._swap(self._modules)
            sys.meta_path.insert(0, _Finder(self))
        return self

    def __exit__(
        self,
        exc_type: type[BaseException] | None,
        exc: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """Bring back the modules that were there before."""
        self._depth -= 1
        if self._depth == 0:
            sys.meta_path[:] = [f for f in sys.meta_path if not isinstance(f, _Finder)]
            self._modules = self._swap(self._outside)

    def load(self, module: str) -> ModuleType:
        """Import a module inside this world; whatever its code raises comes out."""
        with self:
            return importlib.import_module(module)

    def warm(self, modules: Iterable[str]) -> None:
        """Import modules of the app before the files are there.

        Of a module that needs one of them, what else it needs is imported.
        """
        waiting = list(modules)
        seen = {*waiting, *self.files}
        with self:
            for module in waiting:
                try:
                    importlib.import_module(module)
                except ImportError:
                    more = app_modules_in(_source(module))
                    waiting += [name for name in more if name not in seen]
                    seen.update(more)

    def _swap(self, modules: dict[str, ModuleType]) -> dict[str, ModuleType]:
        taken = {name: sys.modules.pop(name) for name in list(sys.modules) if self._is_ours(name)}
        sys.modules.update(modules)
        return taken

    def _is_ours(self, name: str) -> bool:
        return name == APP or name.startswith(f"{APP}.") or name in self.files


def app_modules_in(paths: Iterable[Path]) -> list[str]:
    """Return what Python files import of the app, or name in a text for import_module()."""
    found = {name for path in paths for name in _names_in(path)}
    return sorted(name for name in found if name.startswith(f"{APP}."))


def _names_in(path: Path) -> Iterator[str]:
    try:
        tree = ast.parse(path.read_bytes())
    except (SyntaxError, ValueError):  # whoever runs it will say so
        return
    for node in ast.walk(tree):
        match node:
            case ast.ImportFrom(module=str(module), names=names):
                yield from (module, *(f"{module}.{alias.name}" for alias in names))
            case ast.Import(names=names):
                yield from (alias.name for alias in names)
            case ast.Constant(value=str(text)):
                yield text


def _source(module: str) -> list[Path]:
    with contextlib.suppress(ImportError):
        spec = importlib.util.find_spec(module)
        if spec and spec.origin:
            return [Path(spec.origin)]
    return []


class _Finder(MetaPathFinder):
    def __init__(self, world: World) -> None:
        self.world = world

    def find_spec(self, name: str, *_: Any) -> ModuleSpec | None:
        if name not in self.world.files:
            return None
        if self.world.shut:
            raise ModuleNotFoundError(f"{name} is not there yet", name=name)
        path = str(self.world.files[name])
        loader = _Loader(name, path, self.world.texts.get(name))
        return importlib.util.spec_from_file_location(name, path, loader=loader)


class _Loader(SourceLoader):
    """Runs the bytes that were given, or the very text that is on disk now.

    No bytecode is read or written.
    """

    def __init__(self, name: str, path: str, text: bytes | None = None) -> None:
        self.name = name
        self.path = path
        self.text = text

    def get_filename(self, fullname: str) -> str:  # noqa: ARG002 - importlib's signature
        return self.path

    def get_data(self, path: str) -> bytes:
        return Path(path).read_bytes() if self.text is None else self.text

    def get_code(self, fullname: str) -> CodeType:
        return self.source_to_code(self.get_data(self.path), self.get_filename(fullname))
