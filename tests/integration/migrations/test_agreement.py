"""What the migrations make is what the models say, down to the text of each CHECK."""

import pytest
from sqlalchemy import text

from case_tracker.adapters.sql.audit import AuditEventRecord

TABLE = "CREATE TABLE cases (id INTEGER PRIMARY KEY, title VARCHAR {})"
DIFFERENCES = {
    "check": ("CONSTRAINT ck CHECK (length(title) < 9)", "CONSTRAINT ck CHECK (length(title) < 8)"),
    "null": ("NOT NULL", ""),
    "foreign key": (", parent INTEGER REFERENCES cases", ", parent INTEGER"),
    "on delete": (
        ", parent INTEGER REFERENCES cases ON DELETE CASCADE",
        ", parent INTEGER REFERENCES cases",
    ),
    "unique": ("UNIQUE", ""),
}
INDEX = "CREATE INDEX ix ON cases (title) WHERE {}"


def test_models_and_migrations_agree(schema, engine, emptied, described):
    """A test on tables that production does not have proves nothing."""
    schema.upgrade()
    by_migrations = described(engine)
    emptied(engine)
    AuditEventRecord.metadata.create_all(engine)

    by_models = described(engine)

    assert by_migrations == by_models
    assert {row[0] for row in by_models} >= {"cases", "case_notes", "audit_events"}


@pytest.mark.parametrize("difference", DIFFERENCES)
def test_a_difference_between_tables_is_seen(engine, emptied, described, difference):
    """The test above would pass for ever if the description left something out."""
    described_tables = []
    for ending in DIFFERENCES[difference]:
        emptied(engine)
        with engine.begin() as connection:
            connection.execute(text(TABLE.format(ending)))
        described_tables.append(described(engine))

    assert described_tables[0] != described_tables[1]


def test_a_difference_between_indexes_is_seen(engine, emptied, described):
    """Two partial indexes with one name need not hold the same rows."""
    described_indexes = []
    for predicate in ("title IS NULL", "title IS NOT NULL"):
        emptied(engine)
        with engine.begin() as connection:
            connection.execute(text(TABLE.format("")))
            connection.execute(text(INDEX.format(predicate)))
        described_indexes.append(described(engine))

    assert described_indexes[0] != described_indexes[1]


def test_the_order_of_columns_makes_no_difference(engine, emptied, described):
    """A column that came later stands at the end; nobody may depend on that."""
    described_tables = []
    for columns in ("id INTEGER, title VARCHAR", "title VARCHAR, id INTEGER"):
        emptied(engine)
        with engine.begin() as connection:
            connection.execute(text(f"CREATE TABLE cases ({columns})"))
        described_tables.append(described(engine))

    assert described_tables[0] == described_tables[1]
