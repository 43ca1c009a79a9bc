"""What the one classifier answers. Never needs a database."""

import pytest

from workbook.lens.statements import (
    Kind,
    begin_mode,
    brief,
    classify,
    is_statement,
    savepoint_name,
    tables,
)

KINDS = {
    "SELECT 1": Kind.SELECT,
    "  select 1": Kind.SELECT,
    "-- a comment; UPDATE\nSELECT 1": Kind.SELECT,
    "/* DELETE FROM x */ /* two */ SELECT 1": Kind.SELECT,
    "((SELECT 1) UNION (SELECT 2))": Kind.SELECT,
    "; SELECT 1": Kind.SELECT,
    "VALUES (1), (2)": Kind.SELECT,
    "TABLE cases": Kind.SELECT,
    "INSERT INTO cases VALUES ('SELECT')": Kind.INSERT,
    "INSERT INTO a SELECT * FROM b": Kind.INSERT,
    "REPLACE INTO cases VALUES (1)": Kind.INSERT,
    "UPDATE cases SET title = 'x'": Kind.UPDATE,
    "MERGE INTO cases USING x ON true WHEN MATCHED THEN DELETE": Kind.UPDATE,
    "DELETE FROM cases": Kind.DELETE,
    "WITH a AS (SELECT 1) SELECT * FROM a": Kind.SELECT,
    "WITH RECURSIVE a(n) AS (VALUES (1) UNION SELECT 2), b AS (SELECT 2) SELECT 1": Kind.SELECT,
    "WITH a AS (SELECT 1) INSERT INTO t SELECT * FROM a": Kind.INSERT,
    "with a as materialized (select 1) update t set x = 1": Kind.UPDATE,
    "WITH a AS (INSERT INTO t VALUES (1) RETURNING id) DELETE FROM u": Kind.DELETE,
    "WITH values AS (SELECT 1), merge AS (SELECT 2) DELETE FROM t": Kind.DELETE,
    "WITH t AS (SELECT 1) VALUES (1)": Kind.SELECT,
    "CREATE TABLE t (id INTEGER)": Kind.DDL,
    "ALTER TABLE t ADD x": Kind.DDL,
    "DROP TABLE t": Kind.DDL,
    "TRUNCATE t": Kind.DDL,
    "REINDEX t": Kind.DDL,
    "BEGIN": Kind.BEGIN,
    "BEGIN IMMEDIATE": Kind.BEGIN,
    "START TRANSACTION": Kind.BEGIN,
    "SAVEPOINT sa_savepoint_1": Kind.SAVEPOINT,
    "RELEASE SAVEPOINT sa_savepoint_1": Kind.RELEASE,
    "ROLLBACK TO SAVEPOINT sa_savepoint_1": Kind.ROLLBACK_TO,
    "ROLLBACK TRANSACTION TO x": Kind.ROLLBACK_TO,
    "COMMIT": Kind.COMMIT,
    "END TRANSACTION": Kind.COMMIT,
    "ROLLBACK": Kind.ROLLBACK,
    "ABORT": Kind.ROLLBACK,
    "PRAGMA foreign_keys": Kind.OTHER,
    "SET LOCAL lock_timeout = '5s'": Kind.OTHER,
    "SHOW server_version": Kind.OTHER,
    "EXPLAIN QUERY PLAN SELECT 1": Kind.OTHER,
    "": Kind.OTHER,
    "-- nothing": Kind.OTHER,
    "selection": Kind.OTHER,
    "'SELECT' 'not a verb'": Kind.OTHER,
}

TABLES = {
    "SELECT 1": (),
    "SELECT cases.id FROM cases WHERE cases.id = ?": ("cases",),
    "SELECT * FROM cases AS c JOIN notes n ON n.case_id = c.id LEFT OUTER JOIN cases": (
        "cases",
        "notes",
    ),
    "SELECT * FROM cases AS c, notes n, app.tags WHERE 1": ("cases", "notes", "app.tags"),
    'SELECT * FROM "Odd ""Name" JOIN `b` JOIN [c d]': ('Odd "Name', "b", "c d"),
    "SELECT * FROM (SELECT id FROM cases LIMIT 5) AS page": ("cases",),
    "SELECT ' FROM ghosts', \"FROM\" FROM cases -- FROM ghosts": ("cases",),
    "SELECT $q$ FROM ghosts $q$, E'it\\'s FROM ghosts' FROM cases": ("cases",),
    "INSERT INTO notes (case_id, text) VALUES (?, ?)": ("notes",),
    "INSERT OR REPLACE INTO notes(id) VALUES (1)": ("notes",),
    "INSERT INTO a SELECT * FROM b ON CONFLICT DO UPDATE SET x = 1": ("a", "b"),
    "UPDATE cases SET title = ?": ("cases",),
    "UPDATE OR IGNORE cases SET title = ?": ("cases",),
    "DELETE FROM ONLY app.cases": ("app.cases",),
    "SELECT * FROM cases FOR UPDATE OF cases": ("cases",),
    "SELECT EXTRACT(year FROM opened_at), trim(both FROM title) FROM cases": ("cases",),
    "SELECT a IS DISTINCT FROM b FROM cases": ("cases",),
    "SELECT * FROM generate_series(1, 3) JOIN json_each(x) ON 1 JOIN cases ON 1": ("cases",),
    "WITH RECURSIVE up(id) AS (SELECT id FROM cases UNION SELECT p FROM up), x AS (SELECT 1)"
    " SELECT * FROM up, x": ("cases",),
    "WITH a AS (SELECT 1) UPDATE cases SET x = 1": ("cases",),
    "SELECT * FROM": (),
    "SELECT * FROM cases ORDER BY a, b": ("cases",),
}


@pytest.mark.parametrize(("sql", "kind"), KINDS.items())
def test_a_text_is_what_its_verb_says(sql: str, kind: Kind) -> None:
    """A budget counts the same thing everywhere, whatever stands before the verb."""
    assert classify(sql) is kind


def test_only_select_and_dml_are_statements() -> None:
    """A savepoint or a PRAGMA must not use up a learner's budget."""
    counted = {kind for kind in Kind if is_statement(kind)}

    assert counted == {Kind.SELECT, Kind.INSERT, Kind.UPDATE, Kind.DELETE}


@pytest.mark.parametrize(("sql", "names"), TABLES.items())
def test_tables_are_those_behind_from_join_into_and_update(
    sql: str, names: tuple[str, ...]
) -> None:
    """A report names the tables that were touched, never a word from a string or a comment."""
    assert tables(sql) == names


@pytest.mark.parametrize(
    "sql", ["'", '"', "/* open", "$tag$ open", "(", ")" * 5, "WITH", "FROM .", "`"]
)
def test_broken_sql_is_answered_not_raised(sql: str) -> None:
    """What cannot be read is sent anyway, and the database complains; the lens only watches."""
    assert classify(sql) is Kind.OTHER
    assert tables(sql) == ()
    assert isinstance(brief(sql), str)


@pytest.mark.parametrize(
    ("sql", "mode"),
    [
        ("BEGIN", ""),
        ("BEGIN IMMEDIATE", "IMMEDIATE"),
        ("begin exclusive transaction", "EXCLUSIVE"),
        ("START TRANSACTION READ ONLY", "READ ONLY"),
    ],
)
def test_the_mode_of_a_begin_is_what_follows_it(sql: str, mode: str) -> None:
    """A BEGIN IMMEDIATE takes the lock at once; that is worth showing."""
    assert begin_mode(sql) == mode


@pytest.mark.parametrize("sql", ["SAVEPOINT x1", "RELEASE x1", 'ROLLBACK TO SAVEPOINT "x1"'])
def test_a_savepoint_is_known_by_its_name(sql: str) -> None:
    """Nested savepoints can only be told apart by name."""
    assert savepoint_name(sql) == "x1"


def test_the_short_form_leaves_the_columns_out() -> None:
    """A line of a report shows the table and the condition, not forty column names."""
    sql = "SELECT cases.id, (SELECT 1 FROM x)\nFROM cases \nWHERE cases.id = ?"

    assert brief(sql) == "SELECT … FROM cases WHERE cases.id = ?"
    assert brief("WITH a AS (SELECT 1) SELECT a.n FROM a") == "WITH a AS (SELECT 1) SELECT … FROM a"
    assert brief("SELECT 1") == "SELECT 1"
    assert brief("UPDATE cases\nSET x=1") == "UPDATE cases SET x=1"
