"""The ORM objects that the Session met, and how each of them stands with it.

Never keeps one alive (the identity map is weak, and so is this), and never loads: it reads what an
object remembers, with the public `inspect()`.
"""

from collections.abc import Callable, Iterable, Iterator
from typing import Any, NamedTuple
from weakref import ref

from sqlalchemy import inspect
from sqlalchemy.orm import InstanceState, Session

from workbook.lens.entries import cut
from workbook.lens.steps import Card, Change, Depth, Desk, List, Slot, State

_LONGEST = 40
_STATES: tuple[State, ...] = ("transient", "pending", "persistent", "deleted", "detached")


class Coming(NamedTuple):
    """An attribute event comes before the change itself: this is the change."""

    attribute: str
    value: Any
    scalar: bool


class Cast:
    """Numbers the objects in the order in which they were met, and describes them.

    `on_death` is told the number of an object when Python lets go of it.
    """

    def __init__(self, session: Session, hidden: frozenset[str]) -> None:
        self.on_death: Callable[[int], None] = lambda _number: None
        self._session = session
        self._hidden = hidden
        self._met: dict[int, tuple[int, ref[object]]] = {}  # by id; an id is used again, a ref not
        self._count = 0

    def number(self, thing: object) -> int:
        """Return the number of this object; a new one when it is met for the first time."""
        known = self._met.get(id(thing))
        if known is None or known[1]() is not thing:
            self._count += 1
            number = self._count
            known = self._met[id(thing)] = (number, ref(thing, lambda _ref: self.on_death(number)))
        return known[0]

    def alive(self) -> Iterator[tuple[int, object]]:
        """Yield each object that still exists, oldest first."""
        for number, reference in sorted(self._met.values(), key=lambda met: met[0]):
            if (thing := reference()) is not None:
                yield number, thing

    def cards(self) -> dict[int, Card]:
        """Return all of them as they are now, and those of the Session that were not met yet."""
        session = self._session
        new = {self.number(thing) for thing in session.new}
        stored = {self.number(thing) for thing in sorted(session.identity_map.values(), key=_order)}
        lists: dict[List, set[int]] = {
            "new": new,
            "dirty": {self.number(thing) for thing in session.dirty},
            "deleted": {self.number(thing) for thing in session.deleted},
            "identity_map": stored,
        }
        return {
            number: self._card(
                number, thing, frozenset(name for name, listed in lists.items() if number in listed)
            )
            for number, thing in self.alive()
        }

    def card(self, thing: object, coming: Coming | None = None) -> Card:
        """Return one object as it is now, or as it will be in a moment."""
        state: InstanceState[Any] = inspect(thing)
        return self._card(self.number(thing), thing, self._lists(thing, state, coming), coming)

    def _lists(
        self, thing: object, state: InstanceState[Any], coming: Coming | None
    ) -> frozenset[List]:
        session, found = self._session, set[List]()
        if state.session is not session:
            return frozenset()
        if state.pending:
            found.add("new")
        elif state.key and session.identity_map.get(state.key) is thing:
            found.add("identity_map")
            doomed = thing in session.deleted
            if doomed:
                found.add("deleted")
            elif state.modified or coming:
                found.add("dirty")
        return frozenset(found)

    def _card(
        self, number: int, thing: object, lists: frozenset[List], coming: Coming | None = None
    ) -> Card:
        state: InstanceState[Any] = inspect(thing)
        key = _key(state)
        kind = type(thing).__name__
        return Card(
            number=number,
            name=f"{kind} {key}" if key else f"{kind} (no key yet)",
            kind=kind,
            key=key,
            state=next(word for word in _STATES if getattr(state, word)),
            expired=state.expired,
            foreign=state.session is not None and state.session is not self._session,
            values=tuple(self._values(state, coming)),
            forgotten=tuple(
                name
                for name in _columns(state)
                if name in state.expired_attributes and name not in {*state.dict, *self._hidden}
            ),
            changes=tuple(_changes(state, coming)) if state.key else (),
            lists=lists,
            tables=_tables(state),
        )

    def _values(
        self, state: InstanceState[Any], coming: Coming | None
    ) -> Iterator[tuple[str, str]]:
        for name in _columns(state):
            if coming and coming.attribute == name:
                yield name, shown(coming.value)
            elif name in state.dict and name not in self._hidden:
                yield name, shown(state.dict[name])


def desk(cards: Iterable[Card], depth: Depth) -> Desk:
    """Return the four lists, from what the cards say."""
    found: dict[List, list[Slot]] = {"new": [], "dirty": [], "deleted": [], "identity_map": []}
    for card in cards:
        for name in card.lists:
            found[name].append(Slot(card.number, card.name))
    return Desk(**{name: tuple(slots) for name, slots in found.items()}, transaction=depth)


def depth_of(session: Session) -> Depth:
    """Return how deep in transactions the Session is now."""
    if session.in_nested_transaction():
        return "savepoint"
    return "transaction" if session.in_transaction() else ""


def shown(value: object) -> str:
    """Return a value as a person reads it, short: 'text', 3, NULL."""
    if value is None:
        return "NULL"
    text = repr(value) if isinstance(value, str | bytes | bool) else str(value)
    return cut(" ".join(text.split()), _LONGEST)


def row_key(values: Iterable[object]) -> str:
    """Return the key of a row as a person reads it."""
    texts = [shown(value) for value in values]
    return texts[0] if len(texts) == 1 else f"({', '.join(texts)})"


def _key(state: InstanceState[Any]) -> str | None:
    if state.identity:
        return row_key(state.identity)
    names = [state.mapper.get_property_by_column(column).key for column in state.mapper.primary_key]
    values = [state.dict.get(name) for name in names]
    return None if None in values else row_key(values)


def _order(thing: object) -> tuple[str, int, str]:
    """By class and key: the identity map is in an order of its own, another one in each run."""
    key = _key(inspect(thing)) or ""
    return type(thing).__name__, len(key), key


def _tables(state: InstanceState[Any]) -> tuple[str, ...]:
    mapper = state.mapper
    names = (getattr(table, "fullname", "") for table in (mapper.local_table, *mapper.tables))
    return tuple(dict.fromkeys(filter(None, names)))


def _columns(state: InstanceState[Any]) -> list[str]:
    return [prop.key for prop in state.mapper.column_attrs]


def _changes(state: InstanceState[Any], coming: Coming | None) -> Iterator[Change]:
    scalars = set(_columns(state))
    for attribute in state.attrs:
        name = attribute.key
        if coming and coming.attribute == name:
            yield _coming_change(state, coming)
        elif state.modified and (history := attribute.history).has_changes():
            if name in scalars:
                yield Change(name, _one(history.deleted), _one(history.added))
            else:
                signs = _some("-", history.deleted), _some("+", history.added)
                yield Change(name, "", " ".join(filter(None, signs)))


def _coming_change(state: InstanceState[Any], coming: Coming) -> Change:
    if not coming.scalar:
        return Change(coming.attribute, "", "changed")
    history = state.attrs[coming.attribute].history
    old = history.deleted or history.unchanged or history.added
    return Change(coming.attribute, _one(old), shown(coming.value))


def _one(values: Any) -> str:
    return shown(values[0]) if values else "expired"


def _some(sign: str, values: Any) -> str:
    named = [thing for thing in values or () if thing is not None]
    return f"{sign}{len(named)}" if named else ""
