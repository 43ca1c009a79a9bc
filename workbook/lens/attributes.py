"""The listeners on attributes of mapped classes, shared by all films.

Never triggers the configuration of mappers: an error in a mapping must come where it always came.
"""

from collections.abc import Iterator
from typing import Any

from sqlalchemy.orm import Mapper

from workbook.lens.hooks import Hook, Hooks

_SCALAR = ("set", "remove", "modified")
_COLLECTION = ("append", "remove", "bulk_replace", "modified")
CHANGES = frozenset({*_SCALAR, *_COLLECTION})

_SHARED: dict[type, Hooks] = {}


class Attributes:
    """Lets one film hear, by name of event, of changes to objects of the classes it met."""

    def __init__(self, hooks: dict[str, Hook]) -> None:
        self._hooks = hooks
        self._classes: dict[type, Hooks] = {}
        self._unready: set[Mapper[Any]] = set()

    def hear(self, mapper: Mapper[Any]) -> Iterator[Mapper[Any]]:
        """Hear of this class once its mapping is complete; yield what is heard from now on."""
        self._unready.add(mapper)
        for one in [mapper for mapper in self._unready if mapper.configured]:
            self._unready.discard(one)
            if one.class_ not in self._classes:
                shared = _SHARED.setdefault(one.class_, Hooks(_events(one)))
                self._classes[one.class_] = shared
                shared.join(self._hooks)
                yield one

    def stop(self) -> None:
        """Hear no more, and take the listeners away if nobody else does."""
        for kind, shared in self._classes.items():
            shared.leave(self._hooks)
            if not shared.listening:
                _SHARED.pop(kind, None)
        self._classes.clear()


def _events(mapper: Mapper[Any]) -> list[tuple[Any, str]]:
    found = []
    for prop in (*mapper.column_attrs, *mapper.relationships):
        names = _COLLECTION if getattr(prop, "uselist", False) else _SCALAR
        found += [(getattr(mapper.class_, prop.key), name) for name in names]
    return found
