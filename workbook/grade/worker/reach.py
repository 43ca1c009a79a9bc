"""What a text reaches for that no lesson needs. A reason to look at it, never a mark."""

import ast
from collections.abc import Iterator

_MODULES = frozenset({
    "atexit", "builtins", "code", "ctypes", "faulthandler", "gc", "imp", "importlib", "inspect",
    "linecache", "marshal", "mmap", "multiprocessing", "os", "pickle", "pkgutil", "posix",
    "pytest", "_pytest", "resource", "runpy", "shutil", "signal", "socket", "sqlite3",
    "subprocess", "tracemalloc", "workbook", "_thread", "_ctypes", "_sqlite3",
})  # fmt: skip
_NAMES = frozenset({
    "__builtins__", "__import__", "__loader__", "__spec__", "breakpoint", "compile", "eval",
    "exec", "globals", "open", "setattr", "delattr", "vars",
})  # fmt: skip
_ATTRIBUTES = frozenset({
    "__bases__", "__code__", "__dict__", "__globals__", "__subclasses__",
    "_getframe", "cr_frame", "f_back", "f_globals", "f_locals", "gi_frame", "meta_path", "modules",
    "settrace", "setprofile", "setrecursionlimit", "tb_frame", "__wrapped__",
    "dbapi_connection", "driver_connection",
})  # fmt: skip
_SPECIAL = frozenset({"__eq__", "__ne__", "__hash__", "__getattribute__", "__del__"})


def reaches(text: bytes) -> Iterator[str]:
    """Yield the names of modules, builtins and attributes that are worth a look.

    Raises:
        SyntaxError, ValueError, RecursionError, MemoryError: the text is no program.
    """
    for node in ast.walk(ast.parse(text)):
        match node:
            case ast.Import(names=names):
                yield from (n.name for n in names if n.name.partition(".")[0] in _MODULES)
            case ast.ImportFrom(module=str(module)) if module.partition(".")[0] in _MODULES:
                yield module
            case ast.Name(id=name) if name in _NAMES:
                yield name
            case ast.Attribute(attr=name) if name in _ATTRIBUTES:
                yield name
            case ast.FunctionDef(name=name) if name in _SPECIAL:
                yield name
            case ast.Call(func=ast.Attribute(value=ast.Name(id="event"), attr=name)):
                yield from [f"event.{name}"] if name != "listens_for" else []
