"""The same program with other names and another layout. Never changes what it does."""

import ast
from collections.abc import Mapping


def renamed(texts: Mapping[str, str]) -> dict[str, str]:
    """Return the files with local variables renamed, comments dropped and lines laid out anew."""
    return {
        name: ast.unparse(_Renamer().visit(ast.parse(text))) + "\n" for name, text in texts.items()
    }


class _Renamer(ast.NodeTransformer):
    def visit_FunctionDef(self, node: ast.FunctionDef) -> ast.FunctionDef:
        local = _locals(node)
        for inner in ast.walk(node):
            if isinstance(inner, ast.Name) and inner.id in local:
                inner.id = f"the_{inner.id}"
        return node


def _locals(node: ast.FunctionDef) -> set[str]:
    """Return the names that are assigned in the function itself and are no parameters."""
    parameters = {argument.arg for argument in ast.walk(node) if isinstance(argument, ast.arg)}
    outer = {
        name for n in ast.walk(node) if isinstance(n, ast.Global | ast.Nonlocal) for name in n.names
    }
    stored = {
        n.id for n in ast.walk(node) if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Store)
    }
    return stored - parameters - outer
