"""Repairs: what to write instead, as code to read and, where it can be tried, as loader options.

Never joins a collection: with LIMIT it would cut the joined rows, and without it would repeat them.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

from sqlalchemy import Select, inspect
from sqlalchemy.orm import Load as LoaderOption
from sqlalchemy.orm import Mapper, ORMExecuteState, RelationshipProperty, joinedload, selectinload
from sqlalchemy.orm import undefer as undefer_option

from workbook.lens.entries import Frame
from workbook.lens.loads import Steps


@dataclass(frozen=True, slots=True)
class Trial:
    """A repair that can be tried: the option for an entity of `root`, on the statement of `frames`.

    An alias is made anew with its statement, so the option is built for the entity that is there.
    """

    root: Mapper[Any]
    option: Callable[[Any], LoaderOption]
    frames: tuple[Frame, ...]

    def apply(self, state: ORMExecuteState) -> None:
        """Put the option into the statement."""
        statement = state.statement
        if not isinstance(statement, Select):
            return
        for described in statement.column_descriptions:
            found: Any = inspect(described.get("entity"), raiseerr=False)
            if found is not None and found.mapper.common_parent(self.root):
                statement = statement.options(self.option(found.entity))
        state.statement = statement


@dataclass(frozen=True, slots=True)
class Repair:
    """What to write, and where."""

    code: str
    where: str = ""
    trial: Trial | None = None

    def __str__(self) -> str:
        return f"{self.code}  {self.where}".rstrip()


def load_together(steps: Steps, loaded: Frame | None, frames: tuple[Frame, ...]) -> Repair:
    """Return the eager load of this path.

    To many: selectinload. To one: joinedload, but selectinload below a collection.
    """
    chain = [step for step in steps if isinstance(step, RelationshipProperty)]
    names = _strategies(chain)
    calls = [f"{name}({step})" for name, step in zip(names, _attributes(steps, chain), strict=True)]

    def option(entity: Any) -> LoaderOption:
        loader: Any = None
        for name, step, below in zip(names, chain, [*chain[1:], None], strict=True):
            attribute = _attribute(entity, step)
            if below is not None and below.parent is not step.mapper:
                attribute = attribute.of_type(below.parent.class_)
            make = _MAKERS[name] if loader is None else getattr(loader, name)
            loader, entity = make(attribute), None
        return loader  # type: ignore[no-any-return]  # made by a chain of names

    trial = Trial(steps[0].mapper, option, frames) if frames else None
    return Repair(f".options({'.'.join(calls)})", _where(loaded), trial)


_MAKERS: dict[str, Any] = {"selectinload": selectinload, "joinedload": joinedload}


def _strategies(chain: Sequence[RelationshipProperty[Any]]) -> list[str]:
    many, names = False, []
    for step in chain:
        many = many or bool(step.uselist)
        names.append("selectinload" if many else "joinedload")
    return names


def _attributes(steps: Steps, chain: Sequence[RelationshipProperty[Any]]) -> list[str]:
    root = "alias" if inspect(steps[0]).is_aliased_class else chain[0].parent.class_.__name__
    names = [root, *(step.parent.class_.__name__ for step in chain[1:])]
    texts = [f"{name}.{step.key}" for name, step in zip(names, chain, strict=True)]
    for place, (step, below) in enumerate(pairwise(chain)):
        if below.parent is not step.mapper:
            texts[place] += f".of_type({below.parent.class_.__name__})"
    return texts


def _attribute(entity: Any, step: RelationshipProperty[Any]) -> Any:
    """Return the attribute of this entity; a subclass's own attribute stands on the subclass."""
    return getattr(entity, step.key, None) or step.class_attribute


def undefer(
    mapper: Mapper[Any], names: Sequence[str], loaded: Frame | None, frames: tuple[Frame, ...]
) -> Repair:
    """Return the option that reads deferred columns with their rows."""
    code = ", ".join(f"undefer({mapper.class_.__name__}.{name})" for name in names)

    def option(entity: Any) -> LoaderOption:
        first, *others = (getattr(entity, name) for name in names)
        loader: Any = undefer_option(first)
        for other in others:
            loader = loader.undefer(other)
        return loader  # type: ignore[no-any-return]  # made by a chain of names

    trial = Trial(mapper, option, frames) if frames and names else None
    return Repair(f".options({code})", _where(loaded), trial)


def _where(loaded: Frame | None) -> str:
    return f"at {loaded.short}" if loaded else "where they are loaded"
