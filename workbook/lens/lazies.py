"""The first detector: rows that were loaded together and then completed one at a time.

Never counts loads that started from different results: two strangers are no loop.
"""

from collections.abc import Hashable, Iterator
from typing import Any

from sqlalchemy.orm import Mapper, RelationshipProperty

from workbook.lens.findings import Finding
from workbook.lens.repairs import Repair, load_together, undefer
from workbook.lens.sent import Group, Sent, Watched
from workbook.lens.statements import Kind

SOME = 2
"""So many of the rows that were loaded together make a loop. One is what opening a page does."""


def findings(watched: Watched) -> Iterator[Finding]:
    """Yield a finding for each path and each set of columns that was loaded row by row."""
    for group, members in grouped(watched).items():
        first = members[0].load
        if first is None or first.together is None:
            continue
        if first.relationship is not None:
            found = _relationship(watched, group, members, first.relationship)
        else:
            found = _columns(watched, members)
        if found is not None:
            yield found


def grouped(watched: Watched) -> dict[Group, list[Sent]]:
    """Return the lazy and column loads by the result they started from, and by what they loaded."""
    groups: dict[Group, list[Sent]] = {}
    for sent in watched.sent:
        key = group_of(sent)
        if key is not None:
            groups.setdefault(key, []).append(sent)
    return groups


def group_of(sent: Sent) -> Group | None:
    """Return where a load belongs; None when its rows are not known to have come together."""
    load = sent.load
    if load is None or load.together is None or sent.statement.kind is not Kind.SELECT:
        return None
    if load.way == "lazy":
        return load.together.serial, load.steps
    return (load.together.serial, (sent.shape.text,)) if load.way == "column" else None


def _relationship(
    watched: Watched, group: Group, members: list[Sent], relationship: RelationshipProperty[Any]
) -> Finding | None:
    touched: set[Hashable] = {sent.load.parent for sent in members if sent.load}
    siblings = watched.siblings.get(group)
    if siblings is not None:
        touched |= siblings.filled
    load = members[0].load
    if len(touched) < SOME or load is None or load.together is None:
        return None
    count = max(len(touched), len(siblings.all) if siblings else 0)
    loaded, frames = watched.loaded(load.together)
    repair = load_together(load.steps, loaded, frames)
    name = f"{relationship.parent.class_.__name__}.{relationship.key}"
    entity = relationship.parent.class_.__name__
    many = f"{len(touched)} of {count}" if not siblings or siblings.exact else f"{count} or more"
    rows = f"{many} {entity} rows loaded together"
    enough = "none is needed" if repair.code.count("selectinload") == 0 else "1 is enough"
    return Finding(
        sort="relationship",
        name=name,
        headline=f"{name}: {_selects(members)} for {rows}{_hidden(members, touched)}; {enough}",
        statements=tuple(sent.statement for sent in members),
        touched=len(touched),
        siblings=count,
        repair=repair,
        loaded=loaded,
    )


def _selects(members: list[Sent]) -> str:
    return f"{len(members)} SELECT{'' if len(members) == 1 else 's'}"


def _hidden(members: list[Sent], touched: set[Hashable]) -> str:
    """Say why there were fewer statements than rows: next time there may be one for each."""
    found = len(touched) - len(members)
    return f" (the Session had {found} of them already, this time)" if found > 0 else ""


def _columns(watched: Watched, members: list[Sent]) -> Finding | None:
    load = members[0].load
    rows = {sent.values for sent in members}
    if len(rows) < SOME or load is None or load.together is None or load.mapper is None:
        return None
    entity = load.mapper.class_.__name__
    names = _attributes(load.mapper, members[0])
    deferred = members[0].statement.cause == "lazy load"
    name = f"{entity}.{names[0]}" if deferred and len(names) == 1 else entity
    what = name if deferred else f"{entity}, {members[0].statement.cause}"
    loaded, frames = watched.loaded(load.together)
    return Finding(
        sort="column",
        name=name,
        headline=f"{what}: {_selects(members)} for {len(rows)} rows that were loaded together; "
        + ("none is needed" if deferred else "1 is enough"),
        statements=tuple(sent.statement for sent in members),
        touched=len(rows),
        siblings=len(rows),
        repair=undefer(load.mapper, names, loaded, frames)
        if deferred
        else _read_again(load.mapper),
        loaded=loaded,
    )


def _attributes(mapper: Mapper[Any], sent: Sent) -> list[str]:
    chosen = {word.strip('"`') for word in sent.shape.text.partition(" FROM ")[0].split()}
    return [
        key
        for key, column in mapper.columns.items()
        if not column.primary_key and column.name in chosen
    ]


def _read_again(mapper: Mapper[Any]) -> Repair:
    key = mapper.get_property_by_column(mapper.primary_key[0]).key
    name = mapper.class_.__name__
    return Repair(
        f"session.scalars(select({name}).where({name}.{key}.in_(ids))).all()",
        "once, before the loop",
    )
