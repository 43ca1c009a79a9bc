"""The log as plain text for a terminal.

Never shows a long statement in full: a line is a line.
"""

from collections.abc import Sequence

from workbook.lens.entries import Entry, Event, Statement, cut
from workbook.lens.statements import brief

_NARROWEST = 20
_WORTH_TELLING = {"autoflush", "lazy load", "refresh", "expired attribute"}


def explain(log: Sequence[Entry], width: int, error: str | None = None) -> str:
    """Return one line per entry: number, kind, text, rows, place; events are indented."""
    several = len({entry.thread for entry in log}) > 1
    heads = [_head(entry) for entry in log]
    tails = [_tail(entry, several=several) for entry in log]
    room = max(width - max(map(len, tails), default=0) - 2, _NARROWEST)
    column = min(max(map(len, heads), default=0), room)
    lines = [
        f"{cut(head, room):<{column}}  {tail}".rstrip()
        for head, tail in zip(heads, tails, strict=True)
    ]
    return "\n".join(lines + ([f"the recorder failed: {error}"] if error else []))


def _head(entry: Entry) -> str:
    if isinstance(entry, Event):
        return f"{'':6}{entry.kind} {entry.name or brief(entry.detail)}".rstrip()
    return f"{entry.number:>4}  {entry.kind:<6}  {without_verb(entry)}"


def without_verb(statement: Statement) -> str:
    """Return the short text without the word that the kind column already shows."""
    text = brief(statement.text)
    verb, _, rest = text.partition(" ")
    return rest if verb.upper() == statement.kind else text


def _tail(entry: Entry, *, several: bool) -> str:
    parts = [
        *_facts(entry),
        entry.place.short if entry.place else "",
        entry.thread if several else "",
    ]
    return "  ".join(part for part in parts if part)


def _facts(entry: Entry) -> list[str]:
    failed = f"failed: {entry.error.partition(':')[0]}" if entry.error else ""
    if isinstance(entry, Event):
        return [failed]
    rows = "" if entry.rows is None else "1 row" if entry.rows == 1 else f"{entry.rows} rows"
    why = (
        f"{entry.cause} {entry.relationship or ''}".rstrip()
        if entry.cause in _WORTH_TELLING
        else ""
    )
    return [rows, why, failed]
