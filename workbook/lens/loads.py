"""What one execution loads, for whom, and who else was loaded together with it.

Never asks a Session or an object anything that could load, flush or keep it alive.
"""

import weakref
from collections.abc import Callable, Hashable
from dataclasses import dataclass
from typing import Any, Literal

from sqlalchemy.orm import InstanceState, Mapper, ORMExecuteState, RelationshipProperty, Session

from workbook.lens.together import Together, mark, together_of

Way = Literal["asked", "lazy", "eager", "column"]
Steps = tuple[Any, ...]
"""A loader path: entity, relationship, entity, relationship."""


@dataclass(slots=True, eq=False)  # not frozen: that costs a microsecond on every statement
class Load:
    """One execution by a Session. `asked` is a statement of your own, not one the ORM added."""

    way: Way
    together: Together | None
    mapper: Mapper[Any] | None
    steps: Steps = ()
    parent: Hashable = None

    @property
    def relationship(self) -> RelationshipProperty[Any] | None:
        """The relationship that was loaded, or None."""
        last = self.steps[-1] if self.steps else None
        return last if isinstance(last, RelationshipProperty) else None


def load_of(state: ORMExecuteState) -> Load | None:
    """Return what this execution loads; None for DML and for a SELECT without the ORM.

    A statement of your own is marked, so that its rows can be known again.
    """
    if not state.is_orm_statement or not (state.is_select or state.is_from_statement):
        return None
    if state.is_column_load:
        return Load("column", together_of(state), state.bind_mapper)
    if not state.is_relationship_load:
        return Load("asked", mark(state), state.bind_mapper)
    path = state.loader_strategy_path
    steps = tuple(path.path) if path is not None else ()
    parent = state.lazy_loaded_from
    if parent is None:
        return Load("eager", together_of(state), state.bind_mapper, steps)
    return Load("lazy", together_of(state), state.bind_mapper, steps, parent.key)


class Siblings:
    """The rows that were loaded together with one that is loading something lazily.

    Rows that nobody held any more at the first of these loads are not counted.

    A to-one row that is in the Session already comes without SQL: no event tells. What tells is
    that the attribute is filled. So each sibling's attributes are looked at when it dies, when a
    Session flushes, commits or rolls back, and at the end. The object may die meanwhile: only the
    dictionary of its attributes is held.
    """

    def __init__(self, relationship: RelationshipProperty[Any], parent: InstanceState[Any]) -> None:
        self._property = relationship
        self._options = [o for o in parent.load_options if isinstance(o, Together)]
        self._path = parent.load_path
        self._watched: dict[Hashable, tuple[weakref.ref[Any], dict[str, Any]]] = {}
        self._touches = 0
        self.all: set[Hashable] = set()
        self.filled: set[Hashable] = set()
        self.exact = True

    @property
    def observes(self) -> bool:
        """Tell whether there are rows left whose attribute may still be filled."""
        return bool(self._watched)

    def touch(self, parent: InstanceState[Any], session: Session) -> bool:
        """Note a lazy load. Look at the 1st, 2nd, 4th, 8th: return whether this was one."""
        self.all.add(parent.key)
        self._touches += 1
        looks = not self._touches & (self._touches - 1)
        if looks:
            self._look(session, late=False)
        return looks

    def look_again(self, session: Session) -> None:
        """Look for siblings that came later, each by a lazy load of its own, and are complete."""
        self.exact = False
        self._look(session, late=True)

    def _look(self, session: Session, *, late: bool) -> None:
        name, to_one = self._property.key, not self._property.uselist
        for state in session.identity_map.all_states():
            if state.key in self.all or not self._is_sibling(state):
                continue
            self.all.add(state.key)
            if to_one and name not in state.dict:
                self._watch(state.key, state.obj())
            elif to_one and late:
                self.filled.add(state.key)

    def _is_sibling(self, state: InstanceState[Any]) -> bool:
        return (
            any(option in self._options for option in state.load_options)
            and state.mapper.isa(self._property.parent)
            and state.load_path == self._path
        )

    def _watch(self, key: Hashable, instance: object) -> None:
        if instance is not None:
            reference = weakref.ref(instance, self._when_dead(key))
            self._watched[key] = reference, instance.__dict__

    def _when_dead(self, key: Hashable) -> Callable[[object], None]:
        return lambda _reference: self._settle(key)

    def settle(self, *, stop: bool = False) -> None:
        """Note which attributes are filled by now; with `stop`, look no more.

        What the program assigned itself is not noted, and not looked at again.
        """
        for key in list(self._watched):
            self._settle(key, stop=stop)

    def _settle(self, key: Hashable, *, stop: bool = False) -> None:
        reference, values = self._watched.pop(key, (None, {}))
        name = self._property.key
        if name not in values:
            if reference is not None and reference() is not None and not stop:
                self._watched[key] = reference, values
        elif name not in values["_sa_instance_state"].committed_state:
            self.filled.add(key)

    def may_be_filled_by(self, mappers: tuple[Mapper[Any], ...]) -> bool:
        """Tell whether a result of these mappers may bring the attribute along, eagerly."""
        return any(mapper.isa(self._property.parent) for mapper in mappers)
