"""What a step is called, in the words of the lessons.

Never claims a reason that was not seen: where none is known, it says what was sent and no more.
"""

from collections.abc import Iterable, Iterator
from typing import Literal

from workbook.lens.entries import Entry, Event, Statement
from workbook.lens.marks import differing
from workbook.lens.notes import Note, Shot
from workbook.lens.statements import Kind, brief
from workbook.lens.steps import Card, Change, Row, Rows, Scene

_MOST_NAMES = 3
_WRITES = {Kind.INSERT: "insert", Kind.UPDATE: "update", Kind.DELETE: "delete"}
_INTO = {Kind.INSERT: "INSERT INTO", Kind.UPDATE: "UPDATE", Kind.DELETE: "DELETE FROM"}
_DEPTHS = {
    "": "the Session is outside of a transaction again",
    "transaction": "the Session is inside a transaction; BEGIN goes out with the first statement",
    "savepoint": "the Session is inside a savepoint; SAVEPOINT goes out with the first statement",
}
_SENDS = {"flush", "autoflush"}

Part = Literal["all", "some", "none"]
"""How much of what two panes show differently this transaction has done."""


def changes(card: Card) -> str:
    """Return what is new in an object: `title 'A' → 'B'`."""
    return ", ".join(_change(change) for change in card.changes)


def _change(change: Change) -> str:
    if change.old and change.new:
        return f"{change.attribute} {change.old} → {change.new}"
    return f"{change.attribute} {change.old or change.new}"


def sentences(
    shot: Shot, entries: tuple[Entry, ...], before: Scene, now: Scene, part: Part = "all"
) -> tuple[str, ...]:
    """Return what happened in this step, the most important thing first; at least one sentence."""
    words = _Words(shot, entries, before, now, part)
    parts = [
        *words.failures(),
        *words.marked(),
        *words.flushes(),
        *words.queries(),
        *words.ends(),
        *(words.objects() if not words.ended else ()),
        *words.parted(),
    ]
    return tuple(dict.fromkeys(parts)) or (words.seen_only(),)


class _Words:
    def __init__(
        self, shot: Shot, entries: tuple[Entry, ...], before: Scene, now: Scene, part: Part
    ) -> None:
        self.shot, self.entries, self.part = shot, entries, part
        self.before, self.now = before, now
        self.names = {note.number: note.name for note in shot.notes}
        self.names |= {card.number: card.name for card in (*before.objects, *now.objects)}
        self.statements = [entry for entry in entries if isinstance(entry, Statement)]
        self.events = [entry for entry in entries if isinstance(entry, Event)]
        ends = {Kind.COMMIT, Kind.ROLLBACK, Kind.ROLLBACK_TO}
        self.ended = any(event.kind in ends for event in self.events)

    def named(self, numbers: Iterable[int | None]) -> str:
        names = [self.names.get(number, "an object") for number in dict.fromkeys(numbers)]
        if len(names) > _MOST_NAMES:
            return f"{len(names)} objects"
        return " and ".join([", ".join(names[:-1]), names[-1]] if names[1:] else names)

    def failures(self) -> Iterator[str]:
        for entry in self.entries:
            if entry.error:
                what = _sent(entry) if isinstance(entry, Statement) else entry.kind
                yield f"the database refused {what}: {_reason(entry.error)}"

    # What a flush sent, and why.

    def flushes(self) -> Iterator[str]:
        sent = [one for one in self.statements if one.cause in _SENDS and not one.error]
        groups = dict.fromkeys((one.kind, one.tables[:1]) for one in sent)
        parts = [self._flushed(kind, tables) for kind, tables in groups if kind in _INTO]
        if parts:
            auto = any(one.cause == "autoflush" for one in sent)
            who = "autoflush, before the query can look," if auto else "flush"
            yield f"{who} sent {', and '.join(parts)}"

    def _flushed(self, kind: Kind, tables: tuple[str, ...]) -> str:
        plans = [
            note
            for note in self.shot.notes
            if note.told == _WRITES[kind] and set(tables) <= set(note.tables)
        ]
        what = f"{_INTO[kind]} {', '.join(tables)}"
        plans = plans or self._lost(kind)
        return f"{what} because {self._why(kind, plans)}" if plans else what

    def _lost(self, kind: Kind) -> list[Note]:
        """An orphan is deleted, or loses its foreign key, because of what its parent lost."""
        lost = [note for note in self.shot.notes if note.told == "update" and " -" in note.detail]
        return lost if kind in {Kind.DELETE, Kind.UPDATE} else []

    def _why(self, kind: Kind, plans: list[Note]) -> str:
        who = self.named(note.number for note in plans)
        if kind is Kind.DELETE and plans[0].told == "delete":
            return f"session.delete() had marked {who}"
        if kind is Kind.INSERT:
            reasons = [note.detail for note in plans if note.detail] or ["something"]
            return f"{reasons[0]} had put {who} into the Session"
        detail = plans[0].detail if len(plans) == 1 else ""
        return f"{who} was dirty: {detail}" if detail else f"{who} had changed"

    def marked(self) -> Iterator[str]:
        if marked := self.shot.numbers("marked"):
            yield f"session.delete() marked {self.named(marked)}; the flush will send DELETE"

    # What queries brought.

    def queries(self) -> Iterator[str]:
        selects = [one for one in self.statements if one.cause not in _SENDS and not one.error]
        loaded, fresh = self.shot.numbers("loaded"), self.shot.numbers("fresh")
        for place, (text, count) in enumerate(_counted(map(_asked, selects))):
            times = f" {count} times" if count > 1 else ""
            brought = f" and loaded {self.named(loaded)}" if loaded and place == 0 else ""
            again = f" and filled {self.named(fresh)} again" if fresh and place == 0 else ""
            yield f"{text}{times}{brought}{again}"

    # How a transaction, or a part of it, ended.

    def ends(self) -> Iterator[str]:
        for event in self.events:
            if event.error:
                continue
            if event.kind is Kind.COMMIT:
                yield self._committed()
                yield from self._expired()
            elif event.kind is Kind.ROLLBACK:
                yield f"ROLLBACK {self._undone()}"
                yield from self._returned()
            elif event.kind is Kind.ROLLBACK_TO:
                yield f"ROLLBACK TO {event.name} {self._undone()}"
                yield from self._returned()
            elif event.kind is Kind.SAVEPOINT:
                yield f"SAVEPOINT {event.name} marks a point to come back to"
            elif event.kind is Kind.RELEASE:
                yield f"RELEASE gave up the mark {event.name} and kept what came after it"
            elif event.kind in {Kind.DDL, Kind.OTHER}:
                yield brief(event.detail)

    def _committed(self) -> str:
        count = self._count(self.before.transaction, self.before.database)
        if count is None:
            return "COMMIT made the changes of this transaction permanent"
        if count == 0:
            return "COMMIT ended a transaction that had changed nothing"
        return f"COMMIT made {_counting(count, 'row')} permanent"

    def _undone(self) -> str:
        before, now = self.before.transaction, self.now.transaction
        count = self._count(before, now if now.status == "open" else self.before.database)
        if count is None:
            return "took back what had changed since"
        return f"took back {_counting(count, 'row')}" if count else "took nothing back"

    def _count(self, one: Rows, other: Rows) -> int | None:
        """Return how many rows this transaction changed; None when that cannot be told."""
        if self.part == "all":
            return differing(one, other)
        return 0 if self.part == "none" else None

    def _returned(self) -> Iterator[str]:
        if back := self.shot.numbers("forgotten"):
            yield f"{self.named(back)}: transient again"
        yield from self._expired()

    def _expired(self) -> Iterator[str]:
        if expired := self.shot.numbers("expired"):
            yield f"{self.named(expired)}: expired, the next read asks the database"

    # What happened to your objects and the Session.

    def objects(self) -> Iterator[str]:
        told = self.shot.numbers
        if (made := told("made")) and not told("put"):
            yield f"{self.named(made)}: made, and no Session knows of it yet"
        if put := told("put"):
            reason = next(note.detail for note in self.shot.notes if note.told == "put")
            yield f"{reason} put {self.named(put)} into the Session; nothing is sent yet"
        if not (made or told("insert", "update", "delete")):
            yield from self._changed(told("changed"))
        if not self.statements:
            yield from self._expired()
        if forgotten := told("forgotten"):
            yield f"the Session let go of {self.named(forgotten)}: transient again"
        if taken := told("taken"):
            yield f"the Session took {self.named(taken)} back"

    def parted(self) -> Iterator[str]:
        if gone := self.shot.numbers("let go"):
            yield f"the Session let go of {self.named(gone)}: detached"

    def _changed(self, numbers: list[int]) -> Iterator[str]:
        cards = {card.number: card for card in self.now.objects}
        for card in filter(None, map(cards.get, numbers)):
            if card.changes:
                known = "; the Session marks it dirty" if "dirty" in card.lists else ""
                yield f"{card.name} changed: {changes(card)}{known}"
            elif card.mark:
                yield f"{card.name} changed"

    def seen_only(self) -> str:
        """Nothing was told, and yet something is different."""
        if any(row.mark for row in _all_rows(self.now.database)):
            return "somebody else changed the database"
        depth = self.now.session.transaction
        last = self.before.session.transaction
        if depth != last:
            over = depth == "transaction" and last == "savepoint"
            return "the savepoint is over" if over else _DEPTHS[depth]
        gone = [card.name for card in self.now.objects if card.mark == "-"]
        if gone:
            return f"nobody holds {gone[0]} any more: Python let it go"
        return "BEGIN" if self.events else "looked again"


def _asked(statement: Statement) -> str:
    table = ", ".join(statement.tables[:2])
    if statement.kind is not Kind.SELECT:
        return f"{_INTO[statement.kind]} {table} was sent at once, past the Session's lists"
    return {
        "lazy load": f"touching {statement.relationship or 'a deferred column'} sent SELECT FROM",
        "refresh": "refresh() sent SELECT FROM",
        "expired attribute": "reading an expired attribute sent SELECT FROM",
        "core": "a query past the ORM sent SELECT FROM",
    }.get(statement.cause, "the query sent SELECT FROM") + f" {table}"


def _counted(texts: Iterable[str]) -> list[tuple[str, int]]:
    found: dict[str, int] = {}
    for text in texts:
        found[text] = found.get(text, 0) + 1
    return list(found.items())


def _sent(statement: Statement) -> str:
    return f"{_INTO.get(statement.kind, 'SELECT FROM')} {', '.join(statement.tables[:1])}"


def _reason(error: str) -> str:
    return error.partition(": ")[2].partition("\n")[0]


def _counting(count: int | None, noun: str) -> str:
    return f"{count} {noun}" if count == 1 else f"{count} {noun}s"


def _all_rows(pane: Rows) -> list[Row]:
    return [row for table in pane.tables for row in table.rows]
