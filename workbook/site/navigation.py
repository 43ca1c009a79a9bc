"""The order of the pages, and the tables that lead to them; all from lesson.toml and the files."""

from collections.abc import Collection, Sequence

from workbook.curriculum import Lesson

Entry = dict[str, object]

PARTS = {  # first number of a part: its name
    0: "Warm-up",
    1: "I The boundary",
    6: "II Transactions",
    11: "III Integrity",
    17: "IV Relationships",
    22: "V Queries",
    26: "VI Production",
}
BEYOND = {  # section: its pages, in order; one that is not there is left out
    "Practice": (
        "self-check.md",
        "definition-of-done.md",
        "smells.md",
        "gotchas.md",
        "interview.md",
        "from-other-orms.md",
        "glossary.md",
    ),
    "Application": ("application/index.md", "application/reference.md", "application/lens.md"),
    "Teaching": ("instructors.md",),
    "About": ("about/site.md", "about/benchmarks.md"),
}


def navigation(
    lessons: Sequence[Lesson], pages: Collection[str], titles: dict[str, str]
) -> list[Entry]:
    """Return what MkDocs calls `nav`. `titles` are short titles by page."""
    nav: list[Entry] = [{"Start": [{"The workbook": "index.md"}, {"Start here": "start.md"}]}]
    nav.append({"Lessons": [{"All lessons": "lessons/index.md"}, *_parts(lessons)]})
    if films := _folder("notebooks/", pages, titles):
        nav.append({"Notebooks": films})
    for section, names in BEYOND.items():
        found: list[Entry] = [{titles[page]: page} for page in names if page in pages]
        if section == "About":
            found.append({"Decisions": _folder("decisions/", pages, titles)})
        nav.append({section: found})
    return nav


def _folder(folder: str, pages: Collection[str], titles: dict[str, str]) -> list[Entry]:
    found = [page for page in pages if page.startswith(folder)]
    return [
        {titles[page]: page}
        for page in sorted(found, key=lambda p: (not p.endswith("/index.md"), p))
    ]


def _parts(lessons: Sequence[Lesson]) -> list[Entry]:
    return [
        {name: [{_short(lesson): f"lessons/{lesson.slug}/README.md"} for lesson in members]}
        for name, members in parts(lessons)
    ]


def parts(lessons: Sequence[Lesson]) -> list[tuple[str, list[Lesson]]]:
    """Return the lessons by the part of the curriculum that they belong to."""
    found = {
        name: [lesson for lesson in lessons if _part(lesson) == name] for name in PARTS.values()
    }
    return [(name, members) for name, members in found.items() if members]


def _part(lesson: Lesson) -> str:
    return PARTS[max(first for first in PARTS if first <= lesson.number)]


def _short(lesson: Lesson) -> str:
    return f"{lesson.slug[:2]} {lesson.title}"


def lessons_table(lessons: Sequence[Lesson]) -> str:
    """Return a table of all lessons, one for each part."""
    return "\n\n".join(
        "\n".join([f"### {name}", "", *_HEAD, *map(_row, members)])
        for name, members in parts(lessons)
    )


_HEAD = (
    "| Lesson | You learn | Module of the application | Minutes | Runs |",
    "|---|---|---|--:|---|",
)


def _row(lesson: Lesson) -> str:
    modules = [f"`{file.module.replace('.', '/')}.py`" for file in lesson.files if file.module]
    link = f"[{_short(lesson)}](lessons/{lesson.slug}/README.md)"
    where = "in the page" if lesson.browser else "locally"
    cells = [link, ", ".join(lesson.concepts), "<br>".join(modules) or "a study of its own"]
    return f"| {' | '.join([*cells, str(lesson.minutes), where])} |"


def schedule_table(lessons: Sequence[Lesson]) -> str:
    """Return how long each part takes, from the minutes of its lessons."""
    rows = ["| Part | Lessons | Minutes of work | Sessions of 90 minutes |", "|---|--:|--:|--:|"]
    for name, members in parts(lessons):
        minutes = sum(lesson.minutes for lesson in members)
        rows.append(f"| {name} | {len(members)} | {minutes} | {-(-minutes // 60)} |")
    total = sum(lesson.minutes for lesson in lessons)
    return "\n".join([*rows, f"| **together** | {len(lessons)} | {total} | |"])
