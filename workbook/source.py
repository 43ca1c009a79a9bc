"""Finding and replacing symbols in Python source by name. Keeps every other line as it is."""

import ast
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from functools import lru_cache
from itertools import takewhile
from textwrap import dedent, indent

Definition = ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef
Import = ast.Import | ast.ImportFrom


class SymbolNotFoundError(LookupError):
    """The source defines no such symbol."""


@dataclass(frozen=True)
class Edit:
    """Replace lines `first` to `last` (1-based, both included) by `text`."""

    first: int
    last: int
    text: str


def apply(source: str, edits: list[Edit]) -> str:
    """Return the source with all edits made. Edits must not overlap."""
    lines = source.splitlines(keepends=True)
    for edit in sorted(edits, key=lambda edit: edit.first, reverse=True):
        text = edit.text if not edit.text or edit.text.endswith("\n") else edit.text + "\n"
        lines[edit.first - 1 : edit.last] = [text]
    return "".join(lines)


def find(tree: ast.Module, symbol: str) -> ast.stmt:
    """Return the statement that defines `name` or `Class.name`.

    Raises:
        SymbolNotFoundError: there is none.
    """
    body: list[ast.stmt] = tree.body
    for depth, part in enumerate(parts := symbol.split("."), 1):
        matches = [node for node in body if part in names(node)]
        if not matches:
            raise SymbolNotFoundError(symbol)
        if depth < len(parts):
            body = matches[0].body if isinstance(matches[0], ast.ClassDef) else []
    return matches[0]


def names(node: ast.stmt) -> tuple[str, ...]:
    """Return the names that a statement defines."""
    match node:
        case ast.FunctionDef() | ast.AsyncFunctionDef() | ast.ClassDef():
            return (node.name,)
        case ast.AnnAssign(target=ast.Name(id=name)):
            return (name,)
        case ast.Assign(targets=targets):
            return tuple(target.id for target in targets if isinstance(target, ast.Name))
    return ()


def cut(  # noqa: PLR0913 - each part of a hole has its name
    source: str,
    symbol: str,
    todo: str,
    given: str | None,
    label: str,
    *,
    holes: Collection[str] = (),
) -> Edit:
    """Return the edit that makes a hole of a symbol.

    A function or class keeps its signature and docstring and loses its body; another
    statement is replaced. `label` is the number of the task, as in `2.1`. `holes` are all symbols
    that are cut: a class loses its body only up to the first member that is a hole of its own.
    """
    node = find(ast.parse(source), symbol)
    text = "\n".join((*_comment(f"TODO {label}: {todo}"), _given_code(given, label)))
    if isinstance(node, Definition):
        inside = _own_body(node, symbol, holes)
        first, last = inside[0], inside[-1]
        return _edit(source, start(first), last.end_lineno or 0, first.col_offset, text)
    return _edit(source, node.lineno, node.end_lineno or 0, node.col_offset, text)


@lru_cache(maxsize=16)
def parsed(source: str) -> ast.Module:
    """Return the tree of a text that is asked for again and again. Nobody changes it."""
    return ast.parse(source)


def is_as_given(
    source: str, symbol: str, given: str | None, label: str, holes: Collection[str]
) -> bool:
    """Say whether the code in a hole still is what the starter had, comments and layout aside."""
    node = find(parsed(source), symbol)
    found = _own_body(node, symbol, holes) if isinstance(node, Definition) else [node]
    expected = parsed(_given_code(given, label)).body
    return [ast.unparse(line) for line in found] == [ast.unparse(line) for line in expected]


def _given_code(given: str | None, label: str) -> str:
    if given is None:
        return f'raise NotImplementedError("TODO {label}")'
    return dedent(given).strip("\n")


def _own_body(node: Definition, symbol: str, holes: Collection[str]) -> list[ast.stmt]:
    inside = node.body[1:] if ast.get_docstring(node) is not None else node.body
    members = takewhile(
        lambda member: not any(f"{symbol}.{name}" in holes for name in names(member)), inside
    )
    return list(members)


def _edit(source: str, first: int, last: int, column: int, text: str) -> Edit:
    first = _with_comment_above(source.splitlines(), first)
    return Edit(first, last, indent(text, " " * column) + "\n")


def _with_comment_above(lines: list[str], first: int) -> int:
    """A comment right above explains what is cut: it goes too."""
    while first > 1 and lines[first - 2].lstrip().startswith("#"):
        first -= 1
    return first


def _comment(text: str, width: int = 88) -> Iterator[str]:
    line = "#"
    for word in text.split():
        if len(line) + 1 + len(word) > width:
            yield line
            line = "#  "
        line += f" {word}"
    yield line


def start(node: ast.stmt) -> int:
    """Return the first line of a statement, its decorators included."""
    decorators = getattr(node, "decorator_list", [])
    return min(node.lineno, *(int(decorator.lineno) for decorator in decorators), node.lineno)


def graft(source: str, piece: str) -> str:
    """Return the source with the symbols of `piece` in place of its own.

    Functions and assignments are replaced whole, or appended when they are new. Of a class, only
    the members that `piece` names are replaced. Imports of `piece` are added.
    """
    edits: list[Edit] = []
    tree = ast.parse(source)
    for node in ast.parse(piece).body:
        if isinstance(node, ast.Import | ast.ImportFrom):
            edits.append(_import(tree, ast.unparse(node)))
        elif isinstance(node, ast.ClassDef) and defines(tree, node.name):
            edits += _members(tree, node, piece)
        elif names(node):
            edits.append(_replacement(tree, names(node)[0], node, piece))
    return apply(source, edits)


def _import(tree: ast.Module, text: str) -> Edit:
    first = next(n for n in tree.body if isinstance(n, ast.Import | ast.ImportFrom))
    return Edit(first.lineno, first.lineno - 1, text)


def _members(tree: ast.Module, piece: ast.ClassDef, text: str) -> list[Edit]:
    return [
        _replacement(tree, f"{piece.name}.{names(node)[0]}", node, text)
        for node in piece.body
        if names(node)
    ]


def _replacement(tree: ast.Module, symbol: str, node: ast.stmt, text: str) -> Edit:
    lines = text.splitlines()[start(node) - 1 : node.end_lineno]
    code = "\n".join(lines)
    if defines(tree, symbol):
        old = find(tree, symbol)
        return Edit(start(old), old.end_lineno or 0, code)
    owner = find(tree, symbol.rpartition(".")[0]) if "." in symbol else tree.body[-1]
    last = owner.end_lineno or 0
    return Edit(last + 1, last, f"\n{code}")


def transplant(source: str, donor: str, symbol: str, holes: Collection[str]) -> Edit:
    """Return the edit that puts the donor's code of a hole into the source.

    A function goes with its signature; of a class only what `cut` would take out of it.

    Raises:
        SymbolNotFoundError: one of the two has no such code.
    """
    old, new = find(ast.parse(source), symbol), find(ast.parse(donor), symbol)
    before, after = [old], [new]
    if isinstance(old, ast.ClassDef) and isinstance(new, ast.ClassDef):
        before, after = _own_body(old, symbol, holes), _own_body(new, symbol, holes)
    if not before or not after:
        raise SymbolNotFoundError(symbol)
    lines = donor.splitlines()[start(after[0]) - 1 : after[-1].end_lineno]
    return Edit(start(before[0]), before[-1].end_lineno or 0, "\n".join(lines))


def with_imports_of(source: str, donor: str) -> str:
    """Return the source with the imports of the donor that it lacks, behind its docstring."""
    tree = ast.parse(source)
    known = {ast.unparse(node) for node in tree.body if isinstance(node, Import)}
    wanted = [ast.unparse(node) for node in ast.parse(donor).body if isinstance(node, Import)]
    lacking = [text for text in wanted if text not in known and "__future__" not in text]
    first = next((node for node in tree.body if not _opens(node)), None)
    if not lacking or first is None:
        return source
    return apply(source, [Edit(start(first), start(first) - 1, "\n".join(lacking))])


def _opens(node: ast.stmt) -> bool:
    """Say whether a statement must stay in front of everything: docstring, `__future__`."""
    is_text = isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)
    return is_text or (isinstance(node, ast.ImportFrom) and node.module == "__future__")


def defines(tree: ast.Module, symbol: str) -> bool:
    """Say whether the source defines `name` or `Class.name`."""
    try:
        find(tree, symbol)
    except SymbolNotFoundError:
        return False
    return True


def keep(source: str, symbols: tuple[str, ...]) -> str:
    """Return the module with its docstring, these top-level symbols and the imports they use."""
    tree = ast.parse(source)
    kept = [find(tree, symbol) for symbol in symbols]
    used = {n.id for node in kept for n in ast.walk(node) if isinstance(n, ast.Name)}
    edits = []
    for node in tree.body[1:] if ast.get_docstring(tree) is not None else tree.body:
        if isinstance(node, ast.Import | ast.ImportFrom):
            node.names = [a for a in node.names if (a.asname or a.name).split(".")[0] in used]
            edits.append(
                Edit(node.lineno, node.end_lineno or 0, ast.unparse(node) if node.names else "")
            )
        elif node not in kept:
            edits.append(Edit(start(node), node.end_lineno or 0, ""))
    return _squeeze(apply(source, edits))


def _squeeze(source: str) -> str:
    while "\n\n\n\n" in source:
        source = source.replace("\n\n\n\n", "\n\n\n")
    return source.rstrip("\n") + "\n"


def body_of(source: str, symbol: str) -> list[str]:
    """Return the statements that a hole at this symbol would cut, each laid out by `ast`."""
    node = find(ast.parse(source), symbol)
    if not isinstance(node, Definition):
        return [ast.unparse(node)]
    inside = node.body[1:] if ast.get_docstring(node) is not None else node.body
    return [ast.unparse(statement) for statement in inside]
