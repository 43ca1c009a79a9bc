"""Wrong versions of a solution, made by machine: tests that judge learners are judged by them.

Changes one thing at a time, and only inside the holes of a lesson.
"""

import ast
import copy
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import Any

from workbook.curriculum import Lesson
from workbook.derive import solution
from workbook.home import Home
from workbook.source import Definition, Edit, apply, find, names, start
from workbook.variants import Variant, run_variants
from workbook.verdict import Verdict

_COMPARED: dict[type[ast.cmpop], type[ast.cmpop]] = {
    ast.Eq: ast.NotEq,
    ast.NotEq: ast.Eq,
    ast.Lt: ast.LtE,
    ast.LtE: ast.Lt,
    ast.Gt: ast.GtE,
    ast.GtE: ast.Gt,
    ast.Is: ast.IsNot,
    ast.IsNot: ast.Is,
    ast.In: ast.NotIn,
    ast.NotIn: ast.In,
}
_COUNTED: dict[type[ast.operator], type[ast.operator]] = {ast.Add: ast.Sub, ast.Sub: ast.Add}
_DELETED = ast.Expr | ast.Assign | ast.AugAssign | ast.AnnAssign | ast.Raise | ast.Delete
_PAIR = 2


@dataclass(frozen=True)
class Mutant:
    """One changed version. `name` says what was changed, in one line: it is stable between runs."""

    name: str
    files: Mapping[str, str]


@dataclass(frozen=True)
class Survey:
    """What became of the mutants of one lesson."""

    made: int
    argued: tuple[str, ...]
    complaints: tuple[str, ...]

    def __str__(self) -> str:
        killed = self.made - len(self.argued) - len(self.complaints)
        return f"{killed} of {self.made} killed, {len(self.argued)} argued equivalent"


def survivors(lesson: Lesson, home: Home) -> Survey:
    """Run every mutant of a lesson through its tests, each in a process of its own."""
    reference = solution(lesson, home)
    made = mutants(lesson, reference)
    verdicts = run_variants(lesson, [Variant(m.name, m.files) for m in made])
    alive = [m.name for m in made if isinstance(v := verdicts[m.name], Verdict) and v.passed]
    argued = [
        name
        for name in alive
        if any(fnmatchcase(name, _literal(e.mutant)) for e in lesson.equivalents)
    ]
    complaints = [f"survives: {name}" for name in alive if name not in argued]
    complaints += [
        f"argued, but no such mutant survives: {equivalent.mutant}"
        for equivalent in lesson.equivalents
        if not any(fnmatchcase(name, _literal(equivalent.mutant)) for name in argued)
    ]
    return Survey(len(made), tuple(argued), tuple(complaints))


def _literal(pattern: str) -> str:
    """Return the pattern with `*` as its only wildcard: `[` and `?` are Python."""
    return pattern.replace("[", "[[]").replace("?", "[?]")


def mutants(lesson: Lesson, reference: Mapping[str, str]) -> list[Mutant]:
    """Return every mutant of the lesson's holes, in the order of the tasks; each name once."""
    found: dict[str, Mutant] = {}
    holes = {name: {h.symbol for h in lesson.holes if h.file == name} for name in reference}
    for task in lesson.tasks:
        for hole in task.holes:
            text = reference[hole.file]
            node = find(ast.parse(text), hole.symbol)
            for change, code in _changed(node, hole.symbol, holes[hole.file]):
                name = f"{lesson.label(task.number)} {hole.symbol}: {change}"
                edit = Edit(start(node), node.end_lineno or 0, _indented(code, node.col_offset))
                found.setdefault(name, Mutant(name, {**reference, hole.file: apply(text, [edit])}))
    return list(found.values())


def _indented(code: str, column: int) -> str:
    return "\n".join(" " * column + line if line else line for line in code.splitlines())


def _changed(root: ast.stmt, symbol: str, holes: Collection[str]) -> Iterator[tuple[str, str]]:
    """Yield what was changed and the statement with that change."""
    original = ast.unparse(root)
    module = ast.Module([root], [])
    others = [n for n in getattr(root, "body", []) if _is_hole(n, symbol, holes)]
    for parent, field, index in list(_slots(module, others)):
        held = getattr(parent, field)
        node = held if index is None else held[index]
        for new in _replacements(node, parent, field):
            _put(parent, field, index, new)
            code = ast.unparse(ast.fix_missing_locations(module))
            _put(parent, field, index, node)
            if code != original:
                yield f"{_shown(node)} -> {_shown(new) or 'nothing'}", code


def _is_hole(node: ast.stmt, symbol: str, holes: Collection[str]) -> bool:
    return any(f"{symbol}.{name}" in holes for name in names(node))


def _slots(
    parent: ast.AST, others: Collection[ast.AST]
) -> Iterator[tuple[ast.AST, str, int | None]]:
    """Yield every place that holds a node, but no docstring and no signature.

    `others` are members of a class that are holes of their own.
    """
    for field, value in ast.iter_fields(parent):
        if _is_signature(parent, field):
            continue
        held = list(enumerate(value)) if isinstance(value, list) else [(None, value)]
        for index, node in held:
            if not isinstance(node, ast.AST) or node in others:
                continue
            if not _is_docstring(parent, field, index):
                yield parent, field, index
                if field != "annotation":
                    yield from _slots(node, others)


def _is_signature(parent: ast.AST, field: str) -> bool:
    if isinstance(parent, ast.AnnAssign):
        return field == "target"
    return isinstance(parent, Definition) and field != "body"


def _is_docstring(parent: ast.AST, field: str, index: int | None) -> bool:
    documented = isinstance(parent, Definition) and field == "body" and index == 0
    return documented and ast.get_docstring(parent) is not None  # type: ignore[arg-type] # a Definition


def _put(parent: Any, field: str, index: int | None, node: Any) -> None:
    if index is None:
        setattr(parent, field, node)
    else:
        getattr(parent, field)[index] = node


def _shown(node: Any) -> str:
    if isinstance(node, ast.keyword):
        return f"{node.arg}={ast.unparse(node.value)}"
    first, _, rest = ast.unparse(node).partition("\n")
    return f"{first} …" if rest else first


def _replacements(node: ast.AST, parent: ast.AST, field: str) -> Iterator[ast.AST]:
    if isinstance(node, ast.stmt):
        yield from _statements(node)
    elif field == "annotation":
        yield from _annotations(node)
    elif isinstance(node, ast.expr) and not isinstance(parent, ast.JoinedStr):
        yield from _expressions(node)


def _statements(node: ast.stmt) -> Iterator[ast.AST]:
    match node:
        case ast.Return(value=value) if value is not None:
            yield ast.Return()
        case ast.With(items=items) if not any(item.optional_vars for item in items):
            yield _block(node.body)
        case ast.Try(finalbody=last, handlers=handlers):
            if last and handlers:
                yield ast.Try(node.body, handlers, node.orelse, [])
            yield _block(node.body + node.orelse + ([] if handlers else last))
            if last:
                yield _block(node.body + node.orelse)
        case _ if isinstance(node, _DELETED):
            yield ast.Pass()


def _block(body: list[ast.stmt]) -> ast.stmt:
    return ast.If(ast.Constant(value=True), body, [])  # one statement in the place of one


def _annotations(node: ast.AST) -> Iterator[ast.AST]:
    """`Mapped[str]` may be empty, or the other way round."""
    if isinstance(node, ast.Subscript) and ast.unparse(node.value) == "Mapped":
        nothing = ast.Constant(value=None)
        match node.slice:
            case ast.BinOp(left=kind, op=ast.BitOr(), right=ast.Constant(value=None)):
                yield ast.Subscript(node.value, kind, node.ctx)
            case kind:
                either = ast.BinOp(kind, ast.BitOr(), nothing)
                yield ast.Subscript(node.value, either, node.ctx)


def _expressions(node: ast.expr) -> Iterator[ast.AST]:
    match node:
        case ast.Compare(left=left, ops=[op], comparators=right) if type(op) in _COMPARED:
            yield ast.Compare(left, [_COMPARED[type(op)]()], right)
        case ast.BoolOp(op=op, values=values):
            yield ast.BoolOp(ast.Or() if isinstance(op, ast.And) else ast.And(), values)
            yield from values
        case ast.UnaryOp(op=ast.Not(), operand=operand):
            yield operand
        case ast.BinOp(left=left, op=op, right=right) if type(op) in _COUNTED:
            yield ast.BinOp(left, _COUNTED[type(op)](), right)
        case ast.IfExp(body=body, orelse=orelse):
            yield body
            yield orelse
        case ast.Constant(value=value):
            yield from _constants(value)
        case ast.Call():
            yield from _calls(node)
        case ast.ListComp(generators=[ast.comprehension(ifs=[_, *_]) as only]):
            loop = copy.copy(only)
            loop.ifs = []
            yield ast.ListComp(node.elt, [loop])


def _constants(value: object) -> Iterator[ast.AST]:
    if isinstance(value, bool):
        yield ast.Constant(value=not value)
    elif isinstance(value, int):
        yield ast.Constant(value=value + 1)
    elif isinstance(value, str) and value:
        yield ast.Constant(value=f"{value}x")


def _calls(node: ast.Call) -> Iterator[ast.AST]:
    for keyword in node.keywords:
        yield ast.Call(node.func, node.args, [k for k in node.keywords if k is not keyword])
    if len(node.args) >= _PAIR:
        for argument in node.args:
            yield ast.Call(node.func, [a for a in node.args if a is not argument], node.keywords)
        first, second, *rest = node.args
        yield ast.Call(node.func, [second, first, *rest], node.keywords)
    if isinstance(node.func, ast.Attribute) and isinstance(node.func.value, ast.Call | ast.Name):
        yield node.func.value  # query.where(...) -> query
