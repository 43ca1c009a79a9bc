"""What two executions have in common, and in which values they differ.

Never talks to a database. Literals in the text count as values: a loop that pastes them is a loop.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from functools import lru_cache
from typing import Any, Literal, NamedTuple

Role = Literal["limit", "offset", "range", "in", "equal", "other"]


class Slot(NamedTuple):
    """A place for a value: what it decides, the column it is compared with, where it comes from."""

    role: Role
    column: str
    source: str


class Shape(NamedTuple):
    """A statement without its values."""

    text: str
    slots: tuple[Slot, ...]


_PART = re.compile(
    r"""
    (?P<blank>\s+ | --[^\n]* | /\*.*?\*/)
    | (?P<cast>::\s*[^\W\d]\w*)
    | (?P<name>"(?:""|[^"])*" | `[^`]*` | [^\W\d][\w$]*)
    | (?P<literal>'(?:''|[^'])*' | \d[\w.]*)
    | (?P<bind>\? | %\([^)]*\)s | %s | \$\d+ | :[^\W\d]\w*)
    | (?P<mark><> | != | <= | >= | .)
    """,
    re.DOTALL | re.VERBOSE,
)
_RANGE = {"<", ">", "<=", ">="}
BOTH = 2


class _Open(NamedTuple):
    before: str
    column: str
    first_slot: int


@lru_cache(1024)
def shape(sql: str) -> Shape:
    """Return the text with every value replaced by a question mark, and what each of them does."""
    parts: list[str] = []
    slots: list[Slot] = []
    opened: list[_Open] = []
    for kind, text in _parts(sql):
        if text == "(":
            opened.append(_Open(_at(parts, -1), _column(parts[:-1]), len(slots)))
        elif text == ")" and opened:
            _close(slots, opened.pop())
        if kind in {"literal", "bind"}:
            source = text if kind == "bind" else f"={text}"
            slots.append(_slot(parts, opened[-1] if opened else None, source))
            parts.append("?")
        else:
            parts.append(text.upper() if kind == "name" and text.upper() in _WORDS else text)
    return Shape(" ".join(parts), tuple(slots))


_WORDS = {"LIMIT", "OFFSET", "IN", "ANY", "NOT", "AND", "OR", "WHERE", "VALUES"}


def _parts(sql: str) -> Iterator[tuple[str, str]]:
    for match in _PART.finditer(sql):
        if match.lastgroup not in {"blank", "cast", None}:
            yield str(match.lastgroup), match.group()


def _slot(parts: list[str], opened: _Open | None, source: str) -> Slot:
    before = _at(parts, -1)
    if before in {"LIMIT", "OFFSET"}:
        return Slot("limit" if before == "LIMIT" else "offset", "", source)
    if before in _RANGE:
        return Slot("range", _column(parts[:-1]), source)
    if before == "=":
        return Slot("equal", _column(parts[:-1]), source)
    if opened and before in {"(", ","}:
        if opened.before in {"IN", "ANY"}:
            return Slot("in", opened.column, source)
        if opened.before in _RANGE:
            return Slot("range", opened.column, source)  # (opened_at, id) > (?, ?)
    return Slot("other", "", source)


def _close(slots: list[Slot], opened: _Open) -> None:
    """A list of one is no list: asking for one row at a time stays what it is."""
    if opened.before == "IN" and len(slots) == opened.first_slot + 1:
        slots[-1] = slots[-1]._replace(role="equal")


def _column(parts: list[str]) -> str:
    name = _at(parts, -1)
    return name.strip('"`') if re.fullmatch(r'["`]?[^\W\d].*', name) else ""


def _at(parts: list[str], place: int) -> str:
    return parts[place] if len(parts) >= -place else ""


def values(slots: Sequence[Slot], parameters: Any) -> tuple[str, ...]:
    """Return the value of each slot in this execution, as text."""
    given = iter(parameters if isinstance(parameters, Sequence) else ())
    return tuple(_value(slot.source, parameters, given) for slot in slots)


def _value(source: str, parameters: Any, given: Iterator[Any]) -> str:
    if source.startswith("="):
        return source[1:]
    if source in {"?", "%s"}:
        return repr(next(given, None))
    name = source.removeprefix("%(").removesuffix(")s").lstrip(":$")
    if isinstance(parameters, Mapping):
        return repr(parameters.get(name))
    if name.isdigit() and isinstance(parameters, Sequence) and int(name) <= len(parameters):
        return repr(parameters[int(name) - 1])
    return source


def varying(executions: Sequence[tuple[str, ...]]) -> set[int]:
    """Return the numbers of the slots whose values differ between the executions."""
    columns = enumerate(zip(*executions, strict=True))
    return {number for number, column in columns if len(set(column)) > 1}


def reads_pages(slots: Sequence[Slot], executions: Sequence[tuple[str, ...]]) -> bool:
    """Tell whether the executions walk through one result: pages, or chunks of a list of keys.

    LIMIT 1 behind a range is no page: it looks for one row, again and again. Neither is a range
    with one end; one with two ends is a chunk.
    """
    differ = [slots[number] for number in varying(executions)]
    roles = {slot.role for slot in differ}
    if "in" in roles:
        return True
    ends = [slot.column for slot in differ if slot.role == "range"]
    if roles == {"range"} and all(ends.count(column) == BOTH for column in ends):
        return True
    limits = [number for number, slot in enumerate(slots) if slot.role == "limit"]
    one = any(run[number] == "1" for run in executions for number in limits)
    return bool(limits) and not one and roles <= {"offset", "range", "limit"}
