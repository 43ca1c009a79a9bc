"""Makes steps out of events: what belongs together, and when to look.

A picture shows how things are after a line. Most lines say that they begin (before_flush, an
attribute that is about to be set), so the picture of a line is taken when the next one begins.
Some say only that something has happened (expire, expunge): then the picture is put together from
what was seen last. Never changes a thing, and never looks at the database through the Session.
"""

import sys
import threading
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass, replace

import sqlalchemy
from sqlalchemy import Connection
from sqlalchemy.orm import Mapper, Session

from workbook.lens import labels
from workbook.lens.entries import Entry, Frame
from workbook.lens.inside import NONE, Inside
from workbook.lens.marks import marked
from workbook.lens.notes import Note, Shot, Told
from workbook.lens.objects import Cast, Coming, depth_of, desk
from workbook.lens.outside import Outside
from workbook.lens.recorder import Recorder
from workbook.lens.silence import delete_between
from workbook.lens.stack import Call, Calls, Walker
from workbook.lens.statements import Kind
from workbook.lens.steps import Card, Depth, Desk, List, Rows, Scene, Step

_WRITES = {Kind.INSERT, Kind.UPDATE, Kind.DELETE, Kind.DDL, Kind.OTHER}
_NOTHING = Scene((), Desk(), NONE, Rows("off"))


@dataclass(slots=True)
class Panes:
    """Where the four panes come from."""

    cast: Cast
    inside: Inside
    outside: Outside
    tables: dict[sqlalchemy.Table, None]  # in the order in which they were met


class Camera:
    """Takes the steps of one Session."""

    def __init__(
        self,
        session: Session,
        recorder: Recorder,
        walker: Walker,
        panes: Panes,
    ) -> None:
        self.steps: list[Step] = []
        self.cast, self.inside, self.outside = panes.cast, panes.inside, panes.outside
        self.tables = panes.tables
        self._session = session
        self.recorder = recorder
        self._walker = walker
        self._mine: set[int] = set()
        self._ours: set[int] = set()  # objects that were in this Session at least once
        self._cards: dict[int, Card] = {}
        self._reasons: dict[int, str] = {}
        self._shot: Shot | None = None
        self._survivors: set[int] = set()  # gone by now, but the line to be shown left them alive
        self._thread = threading.get_ident()
        self.cast.on_death = self.died
        self._last = _NOTHING
        self._wrote = session.in_transaction()  # before the film, perhaps
        self._disturbed = False  # somebody else committed while this transaction was open
        self._depth = depth_of(session)
        self._last_calls: list[Call] = []
        self._read = 0

    # What is told.

    def calls(self) -> Calls:
        """Return the lines of user code that are running, and the ORM's calls inside of them."""
        return self._walker.walk(sys._getframe(1))  # noqa: SLF001 (a walk by hand costs a tenth of inspect.stack())

    def begins(self, calls: Calls) -> None:
        """Something is about to happen: whatever another line did is over."""
        if self._shot is None or not self._shot.goes_on(calls.user):
            self._silent_deletes(calls.user, look=True)
            self.finish(next_calls=calls.user)
        self._go_on(calls)

    def happened(self, calls: Calls) -> None:
        """Something has happened already: if another line did it, look at what was seen last."""
        if self._shot is None or not self._shot.goes_on(calls.user):
            self._silent_deletes(calls.user, look=False)
            if self._shot is not None:
                self._take(self._seen())
        self._go_on(calls)

    def _go_on(self, calls: Calls) -> None:
        if self._shot is None:
            self._shot = Shot(calls.user or self._last_calls)
        elif calls.user:
            self._shot.calls = calls.user

    def note(self, told: Told, thing: object | None = None, detail: str = "") -> None:
        """Write it down, and look at the object again."""
        card = None if thing is None else self.see(thing)
        if self._shot is not None:
            note = Note(told, card.number, card.name, detail) if card else Note(told)
            self._shot.notes.append(note)

    def see(self, thing: object, coming: Coming | None = None) -> Card:
        """Look at one object."""
        card = self._cards[self.cast.number(thing)] = self.cast.card(thing, coming)
        if card.lists:
            self._ours.add(card.number)
        return card

    def filled(self, thing: object) -> None:
        """A row filled this object again; that it is expired no more is said a moment later."""
        number = self.cast.number(thing)
        self._cards[number] = replace(self._cards[number], expired=False)

    def put(self, thing: object, reason: str) -> None:
        """An object became pending, for this reason."""
        self.note("put", thing, reason)
        self._reasons[self.cast.number(thing)] = reason

    def plan(self) -> None:
        """A flush begins: write down what there is to do, and why."""
        if self._shot is None:
            return
        if any(note.told not in {"asked", "commit", "attach"} for note in self._shot.notes):
            calls = self._shot.calls
            self.finish()
            self._shot = Shot(calls)
        for card in self.cast.cards().values():
            self._shot.notes.extend(self._plans(card))

    def _plans(self, card: Card) -> Iterable[Note]:
        if "new" in card.lists:
            reason = self._reasons.get(card.number, "")
            yield Note("insert", card.number, card.name, reason, card.tables)
        elif "deleted" in card.lists:
            yield Note("delete", card.number, card.name, "", card.tables)
        elif "dirty" in card.lists:
            yield Note("update", card.number, card.name, labels.changes(card), card.tables)

    def knows(self, mapper: Mapper[object]) -> None:
        """A class was met: show its tables."""
        secondary = (relationship.secondary for relationship in mapper.relationships)
        for table in (*mapper.tables, *secondary):
            if isinstance(table, sqlalchemy.Table):
                self.tables.setdefault(table)

    def is_inside(self, depth: Depth | None = None) -> None:
        """A transaction or a savepoint began, this one, or ended: look how deep that leaves us."""
        self._depth = depth_of(self._session) if depth is None else depth

    def uses(self, connection: Connection) -> None:
        """The Session began to work on this connection."""
        self._mine.add(self.recorder.connection_number(connection))
        self.inside.used(connection, touched=False)
        self.outside.use(connection.engine)

    def owns(self, connection: Connection) -> bool:
        """Tell whether the Session has worked on this connection."""
        return self.recorder.connection_number(connection) in self._mine

    def died(self, number: int) -> None:
        """Python let go of an object: if it was a later line, this step still shows it."""
        if self._shot is None or threading.get_ident() != self._thread:
            return
        with suppress(Exception):  # of a predicate of the program's own: nobody could catch it
            if self.calls().user not in ([], self._shot.calls):
                self._survivors.add(number)

    # Taking a step.

    def finish(self, next_calls: list[Call] | None = None) -> None:
        """The step that is going on is over: look, and keep it if anything happened."""
        if self._shot is not None:
            self._take(self._look(), next_calls=next_calls)

    def by_hand(self, label: str, calls: Calls) -> None:
        """End what is going on, and take a step under this label, changed or not."""
        self._silent_deletes(calls.user, look=True)
        self.finish()
        self._shot = Shot(calls.user)
        self._take(self._look(), label)

    def _look(self) -> tuple[Card, ...]:
        survivors = {number: self._cards[number] for number in self._survivors & {*self._cards}}
        self._cards = survivors | self.cast.cards()
        self._ours.update(number for number, card in self._cards.items() if card.lists)
        return self._in_order()

    def _seen(self) -> tuple[Card, ...]:
        alive = self._survivors | {number for number, _ in self.cast.alive()}
        self._cards = {number: card for number, card in self._cards.items() if number in alive}
        return self._in_order()

    def _in_order(self) -> tuple[Card, ...]:
        self._survivors = set()
        return tuple(self._cards[number] for number in sorted(self._cards))

    def _take(
        self,
        cards: tuple[Card, ...],
        label: str | None = None,
        next_calls: list[Call] | None = None,
    ) -> None:
        shot, self._shot = self._shot or Shot(self._last_calls), None
        self._last_calls = shot.calls
        before, now = self._last, self._scene(cards)
        scene, entries = marked(before, now), self._entries(shot, next_calls)
        self._last = now
        same = before.session.transaction == now.session.transaction
        if label is None and not entries and not scene.changed and same:
            return
        said = labels.sentences(shot, entries, before, scene, self._part(entries, scene))
        label, also = (label, ()) if label else (said[0], said[1:])
        frames = _frames(shot.calls)
        self.steps.append(Step(len(self.steps), label, frames, entries, scene, also))

    def _part(self, entries: tuple[Entry, ...], scene: Scene) -> labels.Part:
        """Say which part this transaction had in what differs; its end begins a new account."""
        kinds = {entry.kind for entry in entries if not entry.error}
        self._wrote = self._wrote or not kinds.isdisjoint(_WRITES)
        ended = not kinds.isdisjoint({Kind.COMMIT, Kind.ROLLBACK})
        if not ended and any(row.mark for table in scene.database.tables for row in table.rows):
            self._disturbed = True
        wrote, disturbed = self._wrote, self._disturbed
        if ended:
            self._wrote = self._disturbed = False
        if not wrote:
            return "none"
        return "some" if disturbed else "all"

    def _scene(self, cards: tuple[Card, ...]) -> Scene:
        shown = [card for card in cards if self._is_shown(card)]
        return Scene(
            tuple(shown),
            desk(shown, self._depth),
            self.inside.look(self.tables),
            self.outside.look(self.tables),
        )

    def _is_shown(self, card: Card) -> bool:
        return card.number in self._ours or card.state == "transient"

    def _entries(self, shot: Shot, next_calls: list[Call] | None) -> tuple[Entry, ...]:
        """Return what was sent since the step before; what the next line sent stays for it."""
        log = self.recorder.log
        end = len(log)
        if next_calls and next_calls != shot.calls:
            frames = _frames(next_calls)
            while end > self._read and log[end - 1].frames == frames:
                end -= 1
        found = tuple(entry for entry in log[self._read : end] if entry.connection in self._mine)
        self._read = end
        return found

    def _silent_deletes(self, calls: list[Call], *, look: bool) -> None:
        """Session.delete() tells nobody: find it by its effect, and its line by its name."""
        seen = {number for number, card in self._cards.items() if "deleted" in card.lists}
        now = (self.cast.number(thing) for thing in self._session.deleted)
        doomed = [number for number in now if number not in seen]
        if not doomed:
            return
        last = self._shot.calls if self._shot else self._last_calls
        place = delete_between(last, calls, unfinished=self._shot is not None)
        if self._shot is not None and place[:1] != self._shot.calls[:1]:
            self._take(self._seen())
        if self._shot is None:
            self._shot = Shot(place)
        self._shot.notes.extend(
            Note("marked", number, self._cards[number].name) for number in doomed
        )
        if not look:
            self._mark(doomed)
        self._take(self._look() if look else self._seen(), next_calls=calls)

    def _mark(self, doomed: list[int]) -> None:
        for number in doomed:
            card = self._cards[number]
            doomed_lists: set[List] = {"deleted", *(card.lists - {"dirty"})}
            self._cards[number] = replace(card, lists=frozenset(doomed_lists))


def _frames(calls: list[Call]) -> tuple[Frame, ...]:
    return tuple(Frame(code.co_filename, line, code.co_qualname) for code, line in calls)
