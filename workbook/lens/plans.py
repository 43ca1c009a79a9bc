"""How a database would run a statement: the query plan of SQLite or PostgreSQL, as lines.

Never runs the statement, and never asks on a connection that the program is using.
"""

from typing import Any

from sqlalchemy import Connection, Engine
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.pool import SingletonThreadPool, StaticPool

from workbook.lens.entries import Statement

_EXPLAIN = {"sqlite": "EXPLAIN QUERY PLAN ", "postgresql": "EXPLAIN "}


def plan(statement: Statement, engine: Engine | None) -> list[str]:
    """Return the plan, or one line that says why there is none."""
    refused = _refused(engine)
    if engine is None or refused:
        return [f"no plan: {refused}"]
    parameters = statement.parameters
    if statement.executemany and parameters:
        parameters = parameters[0]
    try:
        with engine.connect() as connection:
            return _ask(connection, _EXPLAIN[engine.dialect.name] + statement.text, parameters)
    except SQLAlchemyError as error:
        return [f"no plan: {type(error).__name__}: {str(error).partition(chr(10))[0]}"]


def _refused(engine: Engine | None) -> str:
    if engine is None:
        return "its engine is gone"
    if engine.dialect.name not in _EXPLAIN:
        return f"not known how to ask {engine.dialect.name}"
    if engine.dialect.is_async:
        return "an async engine cannot be asked from here"
    if isinstance(engine.pool, StaticPool | SingletonThreadPool):
        return "this database has one connection, and the program is using it"
    return ""


def _ask(connection: Connection, sql: str, parameters: Any) -> list[str]:
    rows = connection.exec_driver_sql(sql, parameters or None).all()
    if connection.dialect.name == "postgresql":
        return [str(row[0]) for row in rows]
    depth = {0: 0}
    lines = []
    for number, parent, _, detail in rows:
        depth[number] = depth.get(parent, 0) + 1
        lines.append(f"{'  ' * (depth[number] - 1)}{detail}")
    return lines
