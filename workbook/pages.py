"""The generated parts of the README and of a lesson's page. What a person wrote stays as it is.

A part stands between `<!-- generated: NAME -->` and `<!-- end -->`. NAME is one of:
predict    the question and its choices, from lesson.toml, and the notebooks that show the answer
output     what `workbook check` prints for the starter, captured from a run
tests      where the tests stand, with the requirement that each one checks
tasks      what is to be done, from lesson.toml
hints      the hints, folded
explain    the question after success, with its points folded
"""

import ast
import re
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from pathlib import Path

from workbook.curriculum import CurriculumError, Lesson
from workbook.notebook import source_of, title_of
from workbook.verdict import Verdict

_PART = re.compile(r"<!-- generated: (?P<name>\w+) -->\n.*?<!-- end -->", re.DOTALL)


def fill_page(page: str, lesson: Lesson, starter: Callable[[], Verdict]) -> str:
    """Return a lesson's page with its generated parts as they must be now.

    Raises:
        CurriculumError: the page asks for a part that does not exist.
    """
    parts = {name: partial(make, lesson) for name, make in PARTS.items()}
    return _fill(page, parts | {"output": lambda: output(starter(), lesson)}, str(page_of(lesson)))


def fill_readme(page: str, lessons: Sequence[Lesson], tour: Callable[[], str]) -> str:
    """Return the README with the table of lessons and the captured tour.

    Raises:
        CurriculumError: the page asks for a part that does not exist.
    """
    return _fill(page, {"lessons": lambda: _table(lessons), "tour": tour}, "README.md")


def _fill(page: str, parts: Mapping[str, Callable[[], str]], where: str) -> str:
    def part(match: re.Match[str]) -> str:
        name = match["name"]
        if name not in parts:
            known = ", ".join(parts)
            raise CurriculumError(f"{where}: no generated part {name!r}; there is: {known}")
        return f"<!-- generated: {name} -->\n{parts[name]()}\n<!-- end -->"

    return _PART.sub(part, page)


def _table(lessons: Sequence[Lesson]) -> str:
    rows = ["| Pattern | Module of `case_tracker` | Lesson | Minutes |", "|---|---|---|---|"]
    for lesson in lessons:
        modules = [file.module.partition(".")[2] for file in lesson.files if file.module]
        paths = [f"[`{m}`](case_tracker/{m.replace('.', '/')}.py)" for m in modules]
        link = f"[{lesson.slug[:2]} {lesson.title}](lessons/{lesson.slug}/README.md)"
        where = "<br>".join(paths) or "a study of its own"
        rows.append(f"| {', '.join(lesson.concepts)} | {where} | {link} | {lesson.minutes} |")
    return "\n".join(rows)


def _predict(lesson: Lesson) -> str:
    choices = [f"- {choice}" for choice in lesson.predict.choices]
    return "\n".join([f"**{lesson.predict.question}**", "", *choices, *_experiments(lesson)])


def _experiments(lesson: Lesson) -> list[str]:
    folder = lesson.folder.parents[1] / "notebooks"
    links = [
        f"- [{title_of(source_of(folder, name))}](../../notebooks/{name}.ipynb)"
        for name in lesson.experiments
    ]
    how = "Answer first. Then experiment on the running application (`python3 run.py notebooks`):"
    return ["", how, "", *links] if links else []


def _tasks(lesson: Lesson) -> str:
    return "\n".join(
        f"- **{lesson.label(task.number)}** `{task.name}`: {task.todo}." for task in lesson.tasks
    )


def _hints(lesson: Lesson) -> str:
    return "\n\n".join(
        _folded(
            f"{lesson.label(task.number)} {task.name}",
            [f"{level}. {hint}" for level, hint in enumerate(task.hints, 1)],
        )
        for task in lesson.tasks
    )


def _explain(lesson: Lesson) -> str:
    points = [f"- {point}" for point in lesson.points]
    return f"{lesson.explain}\n\n" + _folded("Three points to compare with", points)


def _tests(lesson: Lesson) -> str:
    tree = ast.parse((lesson.folder / "test_exercise.py").read_text(encoding="utf-8"))
    tests = [n for n in tree.body if isinstance(n, ast.FunctionDef) and n.name.startswith("test_")]
    rows = [f"- `{test.name}`: {ast.get_docstring(test)}" for test in tests]
    return "The tests are in [test_exercise.py](test_exercise.py).\n\n" + "\n".join(rows)


def _folded(summary: str, lines: list[str]) -> str:
    return "\n".join([f"<details><summary>{summary}</summary>", "", *lines, "", "</details>"])


def output(verdict: Verdict, lesson: Lesson) -> str:
    """Return what `workbook check` prints for this verdict, as a block of the page."""
    from workbook.report import render  # noqa: PLC0415 - a page without output needs no report

    lines = [_as_typed(line, lesson).rstrip() for line in render(verdict, 80)]
    return "\n".join(["```text", f"$ workbook check {lesson.number}", *lines, "```"])


def _as_typed(line: str, lesson: Lesson) -> str:
    """Show the line as it reads in a clone, wherever it was captured."""
    names = "|".join(re.escape(file.name) for file in lesson.files)
    line = re.sub(rf"[^\s]*[/\\]({names}):", rf"lessons/{lesson.slug}/\1:", line)
    return re.sub(r"stuck\? .* hint", "stuck? workbook hint", line)


PARTS: dict[str, Callable[[Lesson], str]] = {
    "predict": _predict,
    "tests": _tests,
    "tasks": _tasks,
    "hints": _hints,
    "explain": _explain,
}


def page_of(lesson: Lesson) -> Path:
    """Return the file of a lesson's page."""
    return lesson.folder / "README.md"
