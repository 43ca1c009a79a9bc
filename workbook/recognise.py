"""Recognising a misconception by what happened, never by comparing source.

`when` in lesson.toml holds one or more of these; all must hold in one failing test:

test = "name"                     this test failed (a list: one of these)
raises = "IntegrityError"         an exception of this class, or one that caused it
inside = "save"                   the exception came out of this function of the learner's file
statements = "COMMIT inside add"  sent from there; "SELECT case_notes inside list > 2" counts;
                                  "no COMMIT" means: none at all
observed = { rows = 1 }           the test noted these values with the `observed` fixture
"""

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from workbook.curriculum import Misconception
from workbook.feedback import chain, place
from workbook.lens.entries import Entry, Statement
from workbook.verdict import Recognised

KEYS = ("test", "raises", "inside", "statements", "observed")
_STATEMENTS = re.compile(
    r"(?P<no>no )?(?P<kind>[A-Z]+( TO)?)( (?P<table>[a-z_]+))?( inside (?P<function>\w+))?"
    r"( > (?P<more>\d+))?"
)


@dataclass(frozen=True)
class Evidence:
    """What one failing test left behind."""

    test: str
    error: BaseException
    message: str
    files: Collection[str]
    log: Sequence[Entry] = ()
    observed: Mapping[str, Any] = field(default_factory=dict)


def recognise(candidates: Sequence[Misconception], evidence: Evidence) -> Recognised | None:
    """Return the first misconception whose `when` holds, with the evidence in words."""
    for misconception in candidates:
        facts = [_holds(key, value, evidence) for key, value in misconception.when.items()]
        if all(facts):
            words = "; ".join(dict.fromkeys(str(fact) for fact in facts if isinstance(fact, str)))
            words = words or evidence.message.partition("\n")[0]
            return Recognised(misconception.slug, words, misconception.says, misconception.section)
    return None


def check_when(when: Mapping[str, Any]) -> str | None:
    """Return what is wrong with a `when`, or None."""
    unknown = set(when) - set(KEYS)
    if unknown:
        return f"when knows {', '.join(KEYS)}, not {', '.join(sorted(unknown))}"
    if "statements" in when and not _STATEMENTS.fullmatch(when["statements"]):
        return f"when.statements cannot be read: {when['statements']!r}"
    return None


def _holds(key: str, value: Any, evidence: Evidence) -> str | bool:
    """Return False when this condition does not hold; else True, or the fact in words."""
    match key:
        case "test":
            return evidence.test in ([value] if isinstance(value, str) else value)
        case "raises":
            return _raised(value, evidence)
        case "inside":
            where = place(evidence.error, evidence.files)
            return where is not None and where.function == value
        case "statements":
            return _sent(value, evidence)
        case "observed":
            return all(evidence.observed.get(name) == wanted for name, wanted in value.items())
    return False


def _raised(name: str, evidence: Evidence) -> str | bool:
    for error in chain(evidence.error):
        if name in (cls.__name__ for cls in type(error).__mro__):
            where = place(evidence.error, evidence.files)
            return f"{name} was raised" + (
                f" at line {where.line}, inside {where.function}()" if where else ""
            )
    return False


def _sent(pattern: str, evidence: Evidence) -> str | bool:
    match = _STATEMENTS.fullmatch(pattern)
    if match is None:
        return False
    found = [entry for entry in evidence.log if _fits(entry, match)]
    if match["no"]:
        return not found  # and nothing to show for it
    if len(found) <= int(match["more"] or 0):
        return False
    return _in_words(found, match)


def _fits(entry: Entry, match: re.Match[str]) -> bool:
    functions = {frame.name for frame in entry.frames}
    tables = entry.tables if isinstance(entry, Statement) else ()
    return (
        str(entry.kind) == match["kind"]
        and (match["table"] is None or match["table"] in tables)
        and (match["function"] is None or match["function"] in functions)
    )


def _in_words(found: Sequence[Entry], match: re.Match[str]) -> str:
    times = f" {len(found)} times" if len(found) > 1 else ""
    where = next((entry.place for entry in found if entry.place), None)
    words = f"{match['kind']} was sent{times}"
    return f"{words} at line {where.line}, inside {where.name}()" if where else words
