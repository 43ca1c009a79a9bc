"""The second detector: the same statement from the same lines, again and again, for other values.

Never counts pages, chunks of keys, or a read that its own write follows: those are units of work.
"""

from collections.abc import Hashable, Iterable, Iterator

from workbook.lens.findings import Finding
from workbook.lens.fingerprints import reads_pages, varying
from workbook.lens.lazies import SOME, grouped
from workbook.lens.loads import Load
from workbook.lens.repairs import Repair
from workbook.lens.sent import Sent, Watched
from workbook.lens.statements import Kind

LOOP = 3
"""So many executions from the same lines make a loop. Two happen by chance."""

Key = tuple[Hashable, ...]


def findings(watched: Watched, *, writes: bool) -> Iterator[Finding]:
    """Yield a finding for each loop of reads and, when asked for, of writes."""
    for run in _runs(_candidates(watched)):
        if _is_loop(run):
            yield _read(run)
    if writes:
        dml = [sent for sent in watched.sent if sent.statement.kind is not Kind.SELECT]
        for run in _by_lines(dml).values():
            if len(run) >= LOOP:
                yield _write(run)


def _candidates(watched: Watched) -> Iterator[Sent]:
    """Yield writes, and reads that are not part of a finding of the first detector."""
    alone = {
        id(sent)
        for members in grouped(watched).values()
        if len({sent.load.parent or sent.values for sent in members if sent.load}) < SOME
        for sent in members
    }
    for sent in watched.sent:
        load = sent.load
        if load is None or load.way == "asked" or id(sent) in alone or _is_stranger(load):
            yield sent


def _is_stranger(load: Load) -> bool:
    """Tell whether nobody knows which rows came together with the one that this load completes."""
    return load.together is None and load.way != "eager"


def _runs(candidates: Iterable[Sent]) -> list[list[Sent]]:
    """Return executions of one statement from the same lines, with no write between them."""
    done: list[list[Sent]] = []
    open_runs: dict[int, dict[Key, list[Sent]]] = {}
    for sent in candidates:
        runs = open_runs.setdefault(sent.unit, {})
        if sent.statement.kind is not Kind.SELECT:
            done += runs.values()
            runs.clear()
        elif sent.frames:
            runs.setdefault((sent.shape.text, sent.lines), []).append(sent)
    return done + [run for runs in open_runs.values() for run in runs.values()]


def _by_lines(sent: Iterable[Sent]) -> dict[Key, list[Sent]]:
    runs: dict[Key, list[Sent]] = {}
    for one in sent:
        if one.frames:
            runs.setdefault((one.shape.text, one.lines, one.unit), []).append(one)
    return runs


def _is_loop(run: list[Sent]) -> bool:
    if len(run) < LOOP:
        return False
    executions = [sent.values for sent in run]
    if varying(executions):
        return len(set(executions)) >= LOOP and not reads_pages(run[0].shape.slots, executions)
    load = run[0].load
    return (load is None or load.way == "asked") and _in_one_transaction(run)


def _in_one_transaction(run: list[Sent]) -> bool:
    """The same question has the same answer until the transaction ends."""
    periods = [sent.period for sent in run]
    return max(periods.count(period) for period in periods) >= LOOP


def _read(run: list[Sent]) -> Finding:
    first = run[0]
    tables = ", ".join(first.statement.tables)
    differ = varying([sent.values for sent in run])
    what = "each time for other values" if differ else "each time the same question"
    relationship = first.load.relationship if first.load else None
    name = f"SELECT {tables}"
    if relationship is not None:
        name = f"{relationship.parent.class_.__name__}.{relationship.key}"
    return Finding(
        sort="read",
        name=name,
        headline=f"{name}: {len(run)} SELECTs from the same line, {what}; 1 is enough",
        statements=tuple(sent.statement for sent in run),
        touched=len(run),
        siblings=len(run),
        repair=_one_read(first, differ) if relationship is None else None,
    )


def _one_read(first: Sent, differ: set[int]) -> Repair | None:
    """Return one statement with a list of values in the place of many with one value."""
    if not differ:
        return Repair("ask once, before the loop")
    slots = [first.shape.slots[number] for number in sorted(differ)]
    if len(slots) != 1 or slots[0].role != "equal" or not slots[0].column:
        return None
    column, load = slots[0].column, first.load
    if load is not None and load.mapper is not None:
        key = next((k for k, c in load.mapper.columns.items() if c.name == column), column)
        entity = load.mapper.class_.__name__
        code = f"select({entity}).where({entity}.{key}.in_(values))"
    elif first.statement.tables:
        code = f"SELECT … FROM {first.statement.tables[0]} WHERE {column} IN (…)"  # noqa: S608 - a hint to read, never sent
    else:
        return None
    return Repair(code, "once, before the loop")


def _write(run: list[Sent]) -> Finding:
    first = run[0].statement
    name = f"{first.kind} {', '.join(first.tables)}"
    return Finding(
        sort="write",
        name=name,
        headline=f"{name}: {len(run)} times from the same line; 1 statement takes a list of rows",
        statements=tuple(sent.statement for sent in run),
        touched=len(run),
        siblings=len(run),
        repair=_ONE_WRITE.get(first.kind),
    )


_ONE_WRITE = {
    Kind.INSERT: Repair("session.execute(insert(…), [row, row, …])", "in place of the loop"),
    Kind.UPDATE: Repair("session.execute(update(…), [row, row, …])", "each row with its key"),
    Kind.DELETE: Repair("session.execute(delete(…).where(….in_(values)))", "in place of the loop"),
}
