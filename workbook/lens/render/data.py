"""A film as plain data, for JSON; `film.schema.json` beside this file describes it.

Never contains a time or a path, so that the same program gives the same data.
"""

from dataclasses import asdict
from typing import Any

from workbook.lens.entries import Entry, Statement, cut
from workbook.lens.render import words
from workbook.lens.render.words import Shown
from workbook.lens.steps import Card, Desk, Rows, Step, Table

VERSION = 1
_LONGEST_VALUE = 200


def film_data(film: Shown) -> dict[str, Any]:
    """Return everything that is in a film, as data that `json.dumps` takes."""
    steps = [_step(step) for step in film.steps]
    return {"version": VERSION, "title": film.title, "steps": steps}


def _step(step: Step) -> dict[str, Any]:
    scene = step.scene
    return {
        "number": step.number,
        "label": step.label,
        "also": list(step.also),
        "lines": [
            {"place": words.place(frame), "function": frame.function, "text": frame.text}
            for frame in step.frames
        ],
        "sent": [_sent(entry) for entry in step.entries],
        "objects": [_object(card) for card in scene.objects],
        "session": _session(scene.session),
        "transaction": _rows(scene.transaction),
        "database": _rows(scene.database),
    }


def _sent(entry: Entry) -> dict[str, Any]:
    data: dict[str, Any] = {"kind": str(entry.kind), "error": entry.error}
    if isinstance(entry, Statement):
        return data | {
            "text": entry.text,
            "parameters": cut(repr(entry.parameters), _LONGEST_VALUE),
            "rows": entry.rows,
            "cause": entry.cause,
            "relationship": entry.relationship,
        }
    return data | {"text": words.sent(entry)}


def _object(card: Card) -> dict[str, Any]:
    return {
        "number": card.number,
        "name": card.name,
        "key": card.key,
        "state": card.state,
        "expired": card.expired,
        "values": dict(card.values),
        "forgotten": list(card.forgotten),
        "changes": [asdict(change) for change in card.changes],
        "mark": card.mark,
    }


def _session(desk: Desk) -> dict[str, Any]:
    data: dict[str, Any] = {
        key: [asdict(slot) for slot in getattr(desk, key)] for key in words.LISTS
    }
    return data | {"transaction": desk.transaction}


def _rows(pane: Rows) -> dict[str, Any]:
    tables = [_table(table) for table in pane.tables]
    return {"status": pane.status, "note": pane.note, "tables": tables}


def _table(table: Table) -> dict[str, Any]:
    return {
        "name": table.name,
        "note": table.note,
        "columns": list(table.columns),
        "rows": [
            {
                "key": row.key,
                "values": list(row.values),
                "changed": list(row.changed),
                "mark": row.mark,
            }
            for row in table.rows
        ],
        "more": table.more,
    }
