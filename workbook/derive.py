"""Starters and solutions, derived from the modules of the app. Writes nothing: see `dev sync`."""

import ast
from collections.abc import Collection, Mapping
from pathlib import Path

from workbook.curriculum import CurriculumError, ExerciseFile, Hole, Lesson, Task
from workbook.home import Home, app_source
from workbook.source import (
    Edit,
    SymbolNotFoundError,
    apply,
    cut,
    defines,
    graft,
    keep,
    names,
    start,
)

HEADER = "# Derived from {origin}.\n# Change it there, then run `workbook dev sync`.\n"

STARTERS = "starters"  # as they came, in an edition that has no solutions to cut them from

Texts = dict[str, str]


def solution(lesson: Lesson, home: Home) -> Texts:
    """Return the finished text of each file of a lesson, by file name, without a header.

    Raises:
        CurriculumError: lesson.toml names a module or a symbol that does not exist.
    """
    return {file.name: _finished(lesson, file, home) for file in lesson.files}


def starter(lesson: Lesson, home: Home, solved: Collection[int] = ()) -> Texts:
    """Return each file with its holes cut, except those of the tasks in `solved`.

    Raises:
        CurriculumError: lesson.toml cuts a symbol that its file does not define.
    """
    as_they_came = home.root / STARTERS / lesson.slug
    if not solved and as_they_came.is_dir():
        return {f.name: (as_they_came / f.name).read_text(encoding="utf-8") for f in lesson.files}
    texts = solution(lesson, home)
    for name, text in texts.items():
        edits = [
            _cut(lesson, text, task, hole)
            for task in lesson.tasks
            if task.number not in solved
            for hole in task.holes
            if hole.file == name
        ]
        texts[name] = apply(text, edits)
    return texts


def with_piece(texts: Mapping[str, str], piece: str) -> Texts:
    """Return the files with the symbols of `piece` (a misconception) in place of their own.

    Each symbol goes to the file that defines it; what is new, to the first file.
    """
    changed = dict(texts)
    for name, part in _sort(texts, piece).items():
        changed[name] = graft(changed[name], part)
    return changed


def _sort(texts: Mapping[str, str], piece: str) -> Texts:
    trees = {name: ast.parse(text) for name, text in texts.items()}
    lines = piece.splitlines()
    imports: list[str] = []
    parts: dict[str, list[str]] = {}
    for node in ast.parse(piece).body:
        code = lines[start(node) - 1 : node.end_lineno]
        if isinstance(node, ast.Import | ast.ImportFrom):
            imports += code
        elif symbol := names(node):
            owners = [name for name, tree in trees.items() if defines(tree, symbol[0])]
            parts.setdefault((owners or list(texts))[0], []).extend(code)
    return {name: "\n".join(imports + code) for name, code in parts.items()}


def written_solution(lesson: Lesson, home: Home) -> Texts:
    """Return the text of each file below `solutions/`: the finished text under its header."""
    return {
        file.name: _header(file) + text if file.module else text
        for file, text in zip(lesson.files, solution(lesson, home).values(), strict=True)
    }


def _header(file: ExerciseFile) -> str:
    return HEADER.format(origin=f"{(file.module or '').replace('.', '/')}.py")


def _finished(lesson: Lesson, file: ExerciseFile, home: Home) -> str:
    path = home.solutions / lesson.slug / file.name
    try:
        if file.module:
            path = app_source(file.module)
        text = path.read_text(encoding="utf-8")
        return keep(text, file.keep) if file.keep else text
    except FileNotFoundError:
        raise CurriculumError(f"{lesson.slug}/lesson.toml: {path} does not exist") from None
    except SymbolNotFoundError as error:
        raise _unknown(lesson, "keeps", str(error), path) from None


def _cut(lesson: Lesson, text: str, task: Task, hole: Hole) -> Edit:
    holes = [other.symbol for t in lesson.tasks for other in t.holes if other.file == hole.file]
    label = lesson.label(task.number)
    try:
        return cut(text, hole.symbol, task.todo, hole.given, label, holes=holes)
    except SymbolNotFoundError:
        raise _unknown(lesson, "cuts", hole.symbol, Path(hole.file)) from None


def _unknown(lesson: Lesson, verb: str, symbol: str, path: Path) -> CurriculumError:
    return CurriculumError(
        f"{lesson.slug}/lesson.toml {verb} {symbol!r}, which {path} does not define"
    )
