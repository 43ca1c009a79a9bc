"""What the migrations make is what the models say, down to the text of each CHECK."""

import pytest
from sqlalchemy import text

from case_tracker.adapters.sql.tables import METADATA

TABLE = "CREATE TABLE cases (id INTEGER PRIMARY KEY, title VARCHAR {})"
INDEX = "CREATE INDEX ix ON cases (title) WHERE title {}"
DIFFERENCES = {
    "check": (TABLE, "CONSTRAINT ck CHECK (length(title) < 9)", "CONSTRAINT ck CHECK (1 = 1)"),
    "null": (TABLE, "NOT NULL", ""),
    "unique": (TABLE, "UNIQUE", ""),
    "foreign key": (TABLE, ", of INTEGER REFERENCES cases", ", of INTEGER"),
    "on delete": (
        TABLE,
        ", of INTEGER REFERENCES cases ON DELETE CASCADE",
        ", of INTEGER REFERENCES cases",
    ),
    "partial index": (TABLE.format("") + ";" + INDEX, "IS NULL", "IS NOT NULL"),
}


@pytest.fixture
def made(engine, emptied, described):
    """Makes tables by these statements, after wiping what was there, and describes them."""

    def make(statements):
        emptied(engine)
        with engine.begin() as connection:
            for statement in statements.split(";"):
                connection.execute(text(statement))
        return described(engine)

    return make


def test_models_and_migrations_agree(schema, engine, emptied, described):
    """A test on tables that production does not have proves nothing."""
    schema.upgrade()
    by_migrations = described(engine)
    emptied(engine)
    METADATA.create_all(engine)

    by_models = described(engine)

    assert by_migrations == by_models
    assert {row[0] for row in by_models} >= {"cases", "case_notes", "audit_events"}


@pytest.mark.parametrize("difference", DIFFERENCES)
def test_a_difference_is_seen(made, difference):
    """The test above would pass for ever if the description left something out."""
    statements, one, other = DIFFERENCES[difference]

    assert made(statements.format(one)) != made(statements.format(other))


def test_the_order_of_columns_makes_no_difference(made):
    """A column that came later stands at the end; nobody may depend on that."""
    one = made("CREATE TABLE cases (id INTEGER, title VARCHAR)")

    assert one == made("CREATE TABLE cases (title VARCHAR, id INTEGER)")
