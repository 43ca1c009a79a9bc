"""What a rule must know of the whole project: its tables, relationships, indexes and queries."""

import re
from dataclasses import dataclass, field
from typing import Any

from ast_grep_py import SgNode

from workbook.smells.files import Source

_TABLE = re.compile(r"__tablename__(?:\s*:[^=\n]*)?\s*=\s*[\"'](\w+)[\"']")
_NAME = re.compile(r"[A-Za-z_]\w*")


@dataclass
class Facts:
    """Names that were found anywhere in the project. Tests count for nothing here."""

    tables: set[str] = field(default_factory=set)
    keys: dict[str, str] = field(default_factory=dict)  # table: type of its column `id`
    lazy: dict[str, set[str]] = field(default_factory=dict)  # class: relationships that load late
    # (class, table or class of the other side): `Case.notes`, the collection that brings it
    collections: dict[tuple[str, str], str] = field(default_factory=dict)
    indexed: set[str] = field(default_factory=set)  # columns that come first in an index


def gather(facts: Facts, root: SgNode, source: Source) -> None:
    """Add what one file says."""
    if source.is_test:
        return
    if "__tablename__" in source.text:
        facts.tables |= set(_TABLE.findall(source.text))
        for line in root.find_all({"rule": _KEY}):
            _key(facts, line)
    if re.search(_MAKERS, source.text):
        for call in root.find_all({"rule": _INDEX}):
            facts.indexed |= _first_columns(call)
    if "elationship(" in source.text:
        for line in root.find_all({"rule": _RELATIONSHIP}):
            _relationship(facts, line)


_MAKERS = "Index|UniqueConstraint|PrimaryKeyConstraint|create_index|create_unique_constraint"
_INDEX: Any = {"kind": "call", "has": {"field": "function", "regex": rf"(^|\.)({_MAKERS})$"}}
_KEY: Any = {
    "kind": "assignment",
    "has": {"field": "left", "regex": "^id$"},
    "inside": {"kind": "class_definition", "stopBy": {"kind": "function_definition"}},
}
_RELATIONSHIP: Any = {
    "kind": "assignment",
    "has": {
        "field": "right",
        "kind": "call",
        "has": {"field": "function", "regex": r"^(\w+\.)?[rR]elationship$"},
    },
    "inside": {"kind": "class_definition", "stopBy": {"kind": "function_definition"}},
}


def _key(facts: Facts, line: SgNode) -> None:
    owner = next((a for a in line.ancestors() if a.kind() == "class_definition"), None)
    for table in _TABLE.findall(owner.text()) if owner else ():
        facts.keys.setdefault(table, type_of(line))


def type_of(line: SgNode) -> str:
    """Return `int`, `str` or `uuid` for a column; nothing for another type, or an unknown one."""
    annotation = line.field("type")
    text = annotation.text() if annotation else line.text().partition("=")[2]
    for word, name in _TYPES.items():
        if re.search(rf"\b{word}\b", text):
            return name
    return ""


_TYPES = {
    "(UUID|Uuid|uuid4?)": "uuid",
    "(int|Integer|BigInteger|SmallInteger)": "int",
    "(str|String|Text|Unicode)": "str",
}


def _first_columns(call: SgNode) -> set[str]:
    """Return each name that may be the first column: too many names make no false alarm."""
    found = set()
    arguments = call.field("arguments")
    for argument in arguments.children() if arguments else []:
        if argument.kind() in ("string", "identifier", "attribute", "call", "list"):
            names = _NAME.findall(argument.text())
            found.update(names[-1:] if argument.kind() == "attribute" else names)
    return found


def _relationship(facts: Facts, line: SgNode) -> None:
    owner = next((a for a in line.ancestors() if a.kind() == "class_definition"), None)
    left, right = line.field("left"), line.field("right")
    if owner is None or left is None or right is None or (name := owner.field("name")) is None:
        return
    if not re.search(r"\blazy\s*=", right.text()):
        facts.lazy.setdefault(name.text(), set()).add(left.text())
    annotation = line.field("type")
    if annotation and re.search(r"\b([lL]ist|set|Set|Sequence)\[", annotation.text()):
        for target in _NAME.findall(annotation.text()):
            for side in _names_of(owner, name.text()):
                facts.collections.setdefault((target, side), f"{name.text()}.{left.text()}")


def _names_of(owner: SgNode, name: str) -> set[str]:
    """Return what a foreign key may call this class: its name, its table, or what is usual."""
    explicit = _TABLE.findall(owner.text())
    usual = re.sub(r"(?<=[a-z])(?=[A-Z])", "_", name).lower()
    return {name, *explicit} if explicit else {name, name.lower(), usual, f"{usual}s"}
