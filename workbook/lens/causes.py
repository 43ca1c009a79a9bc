"""Why a statement was sent: as the ORM's hook tells, or the running stack where it does not.

Never asks an object or a Session anything that could load or flush.
"""

from sqlalchemy.orm import ORMExecuteState, RelationshipProperty

from workbook.lens.entries import Cause

Load = tuple[Cause, str | None]
"""A cause and, when a relationship was loaded, its name: "CaseRecord.notes"."""

CORE: Load = ("core", None)
_SENDS_CHANGES = {"flush", "_bulk_save_mappings"}


def load_of(state: ORMExecuteState, orm_calls: list[str]) -> Load:
    """Return the cause of one execution by a Session; `orm_calls` is read for column loads only."""
    if not state.is_orm_statement:
        return CORE
    if state.is_column_load:
        return _column_load(orm_calls), None
    if state.is_relationship_load:
        return "lazy load" if state.lazy_loaded_from else "query", _relationship(state)
    return "query", None


def _column_load(orm_calls: list[str]) -> Cause:
    if "_load_expired" in orm_calls:
        return "expired attribute"
    return "refresh" if "refresh" in orm_calls else "lazy load"


def _relationship(state: ORMExecuteState) -> str | None:
    path = state.loader_strategy_path
    for step in reversed(path.path if path is not None else ()):
        if isinstance(step, RelationshipProperty):
            return f"{step.parent.class_.__name__}.{step.key}"
    return None


def cause_of(load: Load | None, orm_calls: list[str]) -> Load:
    """Return the cause of one statement; `load` is None when no Session executed it."""
    sender = next((place for place, name in enumerate(orm_calls) if name in _SENDS_CHANGES), None)
    if sender is None:
        return load or CORE
    if load is not None and load[0] not in {"refresh", "expired attribute"}:
        return load  # a cascade that loads, in the middle of a flush
    by_query = orm_calls[sender + 1 : sender + 2] == ["_autoflush"]
    return "autoflush" if by_query else "flush", None
