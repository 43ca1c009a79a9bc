"""A film as HTML: a list of steps that reads well alone; with a script, one step at a time.

Never asks the network for anything, and never holds a handler or a style in an attribute: with
`script="none"` it obeys the strictest content security policy, and the page serves `film.css` and
`film.js` from this folder.
"""

from collections.abc import Iterator
from functools import cache
from html import escape
from pathlib import Path
from typing import Literal

from workbook.lens.entries import Entry, cut
from workbook.lens.render import words
from workbook.lens.render.words import Shown
from workbook.lens.steps import Card, Desk, Mark, Row, Rows, Slot, Step, Table

Script = Literal["inline", "none"]

HERE = Path(__file__).parent
_LONGEST = 240
_NEW = ' class="uf-new"'


def fragment(film: Shown, script: Script = "inline") -> str:
    """Return the film as a part of a page."""
    title = escape(film.title or "A film of the Session")
    steps = "".join(_step(step, len(film.steps)) for step in film.steps)
    film_ = (
        f'<uow-film class="uf-film" role="group" aria-label="{title}">'
        f'<p class="uf-title">{title}</p><ol class="uf-steps">{steps}</ol></uow-film>'
    )
    if script == "none":
        return film_
    return f"<style>{asset('film.css')}</style>{film_}<script>{asset('film.js')}</script>"


def page(film: Shown) -> str:
    """Return the film as a whole page that works from disk, with the network off."""
    title = escape(film.title or "A film of the Session")
    return (
        '<!doctype html><html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f'<title>{title}</title></head><body class="uf-page">{fragment(film)}</body></html>\n'
    )


@cache
def asset(name: str) -> str:
    """Return the text of `film.css` or `film.js`."""
    return (HERE / name).read_text(encoding="utf-8").strip()


def _step(step: Step, count: int) -> str:
    scene = step.scene
    panes = {
        "objects": _list("uf-cards", map(_card, scene.objects)) or _note(words.NO_OBJECTS),
        "session": _desk(scene.session),
        "transaction": _rows("t", scene.transaction, step),
        "database": _rows("d", scene.database, step),
    }
    inner = "".join(
        f'<section class="uf-pane uf-{key}"><h5>{words.PANES[key]}</h5>{content}</section>'
        for key, content in panes.items()
    )
    head = f'<span class="uf-number">{step.number}<span class="uf-of">/{count - 1}</span></span>'
    return (
        f'<li class="uf-step"><div class="uf-head">{head}<p class="uf-label">{escape(step.label)}'
        f"</p></div>{_list('uf-also', map(_also, step.also))}{_line(step)}"
        f"{_list('uf-sent', map(_sent, step.entries))}"
        f'<div class="uf-panes">{inner}</div></li>'
    )


def _also(sentence: str) -> str:
    return f"<li>{escape(sentence)}</li>"


def _line(step: Step) -> str:
    if step.place is None:
        return ""
    outer = words.came_from(step)
    called = f", called from {words.place(outer)}" if outer else ""
    return (
        f'<p class="uf-line"><code>{escape(step.place.text)}</code> '
        f'<span class="uf-place">{escape(words.place(step.place) + called)}</span></p>'
    )


def _sent(entry: Entry) -> str:
    failed = " uf-failed" if entry.error else ""
    kind = str(entry.kind).partition(" ")[0].lower()
    result = words.outcome(entry)
    told = f' <span class="uf-result">{escape(result)}</span>' if result else ""
    text = escape(cut(words.sent(entry), _LONGEST))
    return f'<li class="uf-sql uf-{kind}{failed}"><code>{text}</code>{told}</li>'


def _card(card: Card) -> str:
    values = "".join(_value(*attribute) for attribute in words.attributes(card))
    forgotten = "".join(
        f'<div class="uf-gone"><dt>{escape(name)}</dt><dd>expired</dd></div>'
        for name in card.forgotten
    )
    body = f'<dl class="uf-values">{values}{forgotten}</dl>' if values or forgotten else ""
    expired = " uf-expired" if card.expired else ""
    return (
        f'<li class="uf-card uf-{card.state}{expired}{_marked(card.mark)}" '
        f'data-id="o{card.number}">{_mark(card.mark)}<b>{escape(card.name)}</b> '
        f'<span class="uf-state">{escape(words.state(card))}</span>{body}</li>'
    )


def _value(name: str, old: str, new: str) -> str:
    if not old:
        return f"<div><dt>{escape(name)}</dt><dd>{escape(new)}</dd></div>"
    return (
        f'<div class="uf-new"><dt>{escape(name)}</dt>'
        f"<dd><del>{escape(old)}</del> <ins>{escape(new)}</ins></dd></div>"
    )


def _desk(desk: Desk) -> str:
    lists = "".join(
        f'<div class="uf-list"><h6>{name}</h6>'
        f"{_list('uf-slots', (_slot(name, slot) for slot in slots)) or _note('none')}</div>"
        for name, slots in words.lists(desk)
    )
    return f'<p class="uf-depth">{words.depth(desk)}</p>{lists}'


def _slot(name: str, slot: Slot) -> str:
    places = [f"s{slot.number}-{other}" for other in words.LISTS.values() if other != name]
    origin = " ".join([*places, f"o{slot.number}"]).replace("identity map", "map")
    here = f"s{slot.number}-{name}".replace("identity map", "map")
    return (
        f'<li class="uf-slot{_marked(slot.mark)}" data-id="{here}" data-from="{origin}">'
        f"{_mark(slot.mark)}{escape(slot.name)}</li>"
    )


def _rows(pane: str, rows: Rows, step: Step) -> str:
    if rows.status != "open":
        return f'<p class="uf-note uf-{rows.status}">{escape(rows.note)}</p>'
    origins = {(card.tables[0], card.key): card.number for card in step.scene.objects}
    tables = "".join(_table(pane, table, origins) for table in rows.tables)
    return tables or _note(words.NO_TABLES)


def _table(pane: str, table: Table, origins: dict[tuple[str, str | None], int]) -> str:
    rows = [_row(pane, table, row, origins) for row in table.rows]
    more = _note("and more rows") if table.more else ""
    content = _list("uf-rows", iter(rows)) or _note(table.note or words.NO_ROWS)
    return f'<div class="uf-table"><h6>{escape(table.name)}</h6>{content}{more}</div>'


def _row(pane: str, table: Table, row: Row, origins: dict[tuple[str, str | None], int]) -> str:
    number = origins.get((table.name, row.key), 0)
    name = escape(f"{table.name}-{row.key}".replace(" ", "_"))
    origin = f"t-{name}" if pane == "d" else f"s{number}-new s{number}-dirty o{number}"
    values = "".join(
        f"<div{_NEW if column in row.changed else ''}>"
        f"<dt>{escape(column)}</dt><dd>{escape(value)}</dd></div>"
        for column, value in zip(table.columns, row.values, strict=True)
    )
    return (
        f'<li class="uf-row{_marked(row.mark)}" data-id="{pane}-{name}" data-from="{origin}">'
        f'{_mark(row.mark)}<dl class="uf-values">{values}</dl></li>'
    )


def _mark(mark: Mark) -> str:
    if not mark:
        return ""
    sign = "\N{MINUS SIGN}" if mark == "-" else mark
    return (
        f'<span class="uf-mark" aria-hidden="true">{sign}</span>'
        f'<span class="uf-said">{words.MARKED[mark]}: </span>'
    )


def _marked(mark: Mark) -> str:
    return f" uf-{words.MARKED[mark]}" if mark else ""


def _list(kind: str, items: Iterator[str]) -> str:
    content = "".join(items)
    return f'<ul class="{kind}">{content}</ul>' if content else ""


def _note(text: str) -> str:
    return f'<p class="uf-note">{escape(text)}</p>'
