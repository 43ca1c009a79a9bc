"""What changed between two scenes: + came, ~ changed, - went.

Never says that a row is new because its table was not looked at before.
"""

from collections.abc import Callable, Hashable, Iterable
from dataclasses import replace
from typing import TypeVar

from workbook.lens.steps import Card, Desk, Row, Rows, Scene, Slot, Table

Thing = TypeVar("Thing", Card, Slot, Row)


def marked(before: Scene, now: Scene) -> Scene:
    """Return the scene of now with marks; what went is in it once more, marked -."""
    return Scene(
        tuple(_compared(before.objects, now.objects, _number, _changed_card)),
        _marked_desk(before.session, now.session),
        _marked_rows(_seen_before(before, now.transaction), now.transaction),
        _marked_rows(before.database, now.database),
    )


def _compared(
    before: Iterable[Thing],
    now: Iterable[Thing],
    key: Callable[[Thing], Hashable],
    changed: Callable[[Thing, Thing], Thing],
) -> list[Thing]:
    old = {key(thing): thing for thing in before if thing.mark != "-"}
    found = [
        changed(old.pop(key(thing)), thing) if key(thing) in old else replace(thing, mark="+")
        for thing in now
    ]
    return found + [replace(thing, mark="-") for thing in old.values()]


def _number(thing: Card | Slot) -> int:
    return thing.number


def _changed_card(old: Card, new: Card) -> Card:
    return new if replace(old, mark="") == new else replace(new, mark="~")


def _marked_desk(before: Desk, now: Desk) -> Desk:
    return Desk(
        _slots(before.new, now.new),
        _slots(before.dirty, now.dirty),
        _slots(before.deleted, now.deleted),
        _slots(before.identity_map, now.identity_map),
        now.transaction,
    )


def _slots(before: tuple[Slot, ...], now: tuple[Slot, ...]) -> tuple[Slot, ...]:
    return tuple(sorted(_compared(before, now, _number, lambda _old, new: new), key=_number))


def _seen_before(before: Scene, now: Rows) -> Rows:
    """A transaction that was not open starts from what everybody sees."""
    if before.transaction.status == "open" or now.status != "open":
        return before.transaction
    return before.database


def _marked_rows(before: Rows, now: Rows) -> Rows:
    if now.status != "open" or before.status != "open":
        return now
    tables = (_marked_table(before.table(table.name), table) for table in now.tables)
    return replace(now, tables=tuple(tables))


def _marked_table(before: Table | None, now: Table) -> Table:
    if before is None or not (before.columns or now.columns):
        return now
    rows = _compared(before.rows, now.rows, lambda row: row.key, _row_change(before, now))
    rows.sort(key=_place_in(before, now))
    return replace(now, rows=tuple(_within_sight(rows, before, now)))


def _within_sight(rows: list[Row], before: Table, now: Table) -> list[Row]:
    """Beyond the last row that is shown nothing can be told: it neither came nor went."""
    while now.more and rows and rows[-1].mark == "-":
        rows.pop()
    place = len(rows)
    while before.more and place and rows[place - 1].mark == "+":
        place -= 1
        rows[place] = replace(rows[place], mark="")
    return rows


def _row_change(before: Table, now: Table) -> Callable[[Row, Row], Row]:
    def change(old: Row, new: Row) -> Row:
        values = dict(zip(before.columns, old.values, strict=True))
        differs = [
            column
            for column, value in zip(now.columns, new.values, strict=True)
            if values.get(column) != value
        ]
        return replace(new, changed=tuple(differs), mark="~") if differs else new

    return change


def _place_in(before: Table, now: Table) -> Callable[[Row], tuple[int, int]]:
    """A row that went stays where it was: behind the last row before it that is still here."""
    places = {row.key: (place, 0) for place, row in enumerate(now.rows)}
    last = (-1, 0)
    for number, row in enumerate((row for row in before.rows if row.mark != "-"), 1):
        last = places.setdefault(row.key, (last[0], number))
    return lambda row: places[row.key]


def differing(one: Rows, other: Rows) -> int | None:
    """Return how many rows differ; None when that cannot be seen."""
    if one.status != "open" or other.status != "open":
        return None
    if any(table.more for table in (*one.tables, *other.tables)):
        return None
    left, right = _by_key(one), _by_key(other)
    return sum(left.get(key) != right.get(key) for key in left.keys() | right.keys())


def _by_key(pane: Rows) -> dict[tuple[str, str], tuple[str, ...]]:
    return {
        (table.name, row.key): row.values
        for table in pane.tables
        for row in table.rows
        if row.mark != "-"
    }
