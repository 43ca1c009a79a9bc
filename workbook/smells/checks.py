"""The last word where one node is not enough. A check returns what to say, or None: no finding."""

import re
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from ast_grep_py import SgNode

from workbook.smells.facts import Facts, type_of
from workbook.smells.files import Source

_DRIVERS = re.compile(r"\b(psycopg2?|asyncpg|pg8000)\b|postgres(ql)?(\+\w+)?://", re.IGNORECASE)
_MANIFESTS = ("pyproject.toml", "setup.py", "setup.cfg", "Pipfile", "requirements*.txt")
_TARGET = (
    re.compile(  # the table behind ForeignKey("cases.id"), the class behind ForeignKey(Case.id)
        r"(?:ForeignKey\(|foreign_key\s*=)\s*(?:[\"'](?:\w+\.)?(\w+)\.\w+[\"']|(\w+)\.\w+)"
    )
)
_CHOSEN = re.compile(r"environ|getenv|BaseSettings")  # whoever runs the tests chooses the database
_SQLITE = re.compile(r"[\"']sqlite(\+\w+)?://")


def no_foreign_key(node: SgNode, facts: Facts) -> str | None:
    """Say so when a column called `case_id` is no foreign key, and a table `cases` is there."""
    name, column = _text(node, "C"), _text(node, "A")
    stem = name.removesuffix("_id")
    table = next(
        (t for t in (stem, f"{stem}s", f"{stem}es", f"{stem[:-1]}ies") if t in facts.tables), ""
    )
    owner = _class(node)
    if not table or owner is None or "ForeignKey" in column or "primary_key" in column:
        return None
    if not re.search(r"__tablename__|table\s*=\s*True", owner.text()):
        return None  # a schema of the API, say
    if re.search(rf"ForeignKeyConstraint\(\s*\[[^\]]*[\"']{name}[\"']", owner.text()):
        return None
    if not _same_type(node, facts.keys.get(table, "")):
        return None  # the id that another system gave it
    return f"{name} names a row of {table}, and no foreign key says so"


def _same_type(node: SgNode, key: str) -> bool:
    """Say whether a column has the type of that key; of a key that is inherited, a usual one."""
    own = type_of(node)
    return own == key if key else own in ("int", "uuid")


def no_index(node: SgNode, facts: Facts) -> str | None:
    """Say so when a collection loads by a foreign key that no index knows."""
    name, column = _text(node, "C"), node.text()
    owner = _class(node)
    title = owner.field("name") if owner else None
    target = _TARGET.search(column)
    if title is None or target is None:
        return None
    brings = facts.collections.get((title.text(), target[1] or target[2]), "")
    if not brings or name in facts.indexed:
        return None
    if re.search(r"\b(index|unique|primary_key)\s*=\s*True", column):
        return None
    return f"{brings} loads by {name}, and no index knows it"


def lazy_in_loop(node: SgNode, facts: Facts) -> str | None:
    """Say so when a loop touches a relationship of the class that its query loads."""
    model, item, body = _text(node, "M"), _text(node, "V"), node.field("body")
    query = node.field("right")
    if body is None or query is None or re.search(r"\.options\(|load\(", query.text()):
        return None
    for name in sorted(facts.lazy.get(model, ())):
        if re.search(rf"\b{re.escape(item)}\.{name}\b(?!\s*=[^=])", body.text()):
            return f"{model}.{name} is loaded once for each {item}"
    return None


def _text(node: SgNode, name: str) -> str:
    one = node.get_match(name)
    if one:
        return one.text()
    return " ".join(part.text() for part in node.get_multiple_matches(name))


def _class(node: SgNode) -> SgNode | None:
    return next((a for a in node.ancestors() if a.kind() == "class_definition"), None)


def sqlite_only(path: Path, sources: Sequence[Source]) -> Iterator[tuple[Source, int, str]]:
    """Yield the first SQLite URL of the tests, when the program knows PostgreSQL and no test."""
    tests = [source for source in sources if source.is_test]
    if any(re.search(r"postgres|psycopg", source.text, re.IGNORECASE) for source in tests):
        return
    if not any(_DRIVERS.search(text) for text in (*_manifests(path), *_texts(sources))):
        return
    for source in tests:
        for number, line in enumerate(source.text.splitlines(), 1):
            if _SQLITE.search(line) and not _CHOSEN.search(source.text):
                yield source, number, "the program knows PostgreSQL, and no test does"
                return


def _texts(sources: Sequence[Source]) -> Iterator[str]:
    return (source.text for source in sources if not source.is_test)


def _manifests(path: Path) -> Iterator[str]:
    folder = path if path.is_dir() else path.parent
    for pattern in _MANIFESTS:
        for file in sorted(folder.glob(pattern)):
            try:
                yield file.read_text(encoding="utf-8", errors="replace")
            except OSError:
                continue


CHECKS: dict[str, Callable[[SgNode, Facts], str | None]] = {
    "no_foreign_key": no_foreign_key,
    "no_index": no_index,
    "lazy_in_loop": lazy_in_loop,
}
PROJECT_CHECKS: dict[str, Callable[[Path, Sequence[Source]], Iterator[tuple[Source, int, str]]]] = {
    "sqlite_only": sqlite_only
}
