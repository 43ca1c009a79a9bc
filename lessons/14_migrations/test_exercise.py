"""Lesson 14: a revision, run on a database that the real history has made and that has rows."""

import io
import sys
from datetime import UTC, datetime
from functools import wraps
from types import ModuleType

import pytest
from alembic.migration import MigrationContext
from alembic.operations import Operations
from alembic.util import CommandError
from sqlalchemy import column, event, insert, inspect, select, table
from sqlalchemy.exc import DBAPIError, SQLAlchemyError

from case_tracker.adapters.sql.conventions import UtcDateTime

CASES, NOTES, EVENTS = "cases", "case_notes", "audit_events"
TITLE_RULE = "ck_cases_title_length"
NAMED_TWICE = "ck_cases_ck_cases_"
OPTIONAL, REQUIRED = (True, "a time with its zone"), (False, "a time with its zone")
NEW_COLUMN = {
    "sqlite": "ALTER TABLE cases ADD COLUMN last_activity_at DATETIME",
    "postgresql": "ALTER TABLE cases ADD COLUMN last_activity_at TIMESTAMP WITH TIME ZONE",
}


def at(hour, minute=0):
    """Return a time of the second of November."""
    return datetime(2026, 11, 2, hour, minute, tzinfo=UTC)


def case(number, **values):
    """Return a row of `cases`: opened at nine, its row last changed at eight in the evening."""
    row = {"id": f"CASE-{number:03}", "title": "Late report", "status": "DRAFT", "version": 1}
    return row | {"created_at": at(9), "updated_at": at(20)} | values


def note(number, *time):
    """Return a row of `case_notes`."""
    return {"case_id": f"CASE-{number:03}", "text": "called", "created_at": at(*time)}


def happened(number):
    """Return a row of `audit_events` of CASE-001."""
    row = {"id": f"event-{number}", "case_id": "CASE-001", "actor": "ana", "event_type": "renamed"}
    return row | {"occurred_at": at(10, number), "details_json": f'{{"form": {number}}}'}


@pytest.fixture
def empty(database_url):
    """An engine on a database without tables."""
    from case_tracker.adapters.sql.engine import build_engine
    from case_tracker.adapters.sql.postgresql import build_postgresql_engine

    sqlite = database_url.startswith("sqlite")
    engine = build_engine(database_url) if sqlite else build_postgresql_engine(database_url)
    yield engine
    engine.dispose()


@pytest.fixture
def history(empty):
    """The real revisions of the application, on that database."""
    from case_tracker.adapters.sql.schema import SqlSchema

    return SqlSchema(empty)


@pytest.fixture
def up_to_date(empty, history):
    """An engine on a database with the tables that the application has today."""
    history.upgrade()
    return empty


@pytest.fixture
def engine(empty, history):
    """An engine on a database at revision 0004, with rows.

    CASE-001 has three notes and two events, CASE-002 nothing; CASE-003 is deleted and has a note.
    """
    history.upgrade("0004")
    cases = [case(1), case(2), case(3, deleted_at=at(19))]
    store(empty, CASES, *[{"deleted_at": None} | row for row in cases])
    store(empty, NOTES, note(1, 10), note(1, 12, 30), note(1, 11), note(3, 18))
    store(empty, EVENTS, happened(1), happened(2))
    return empty


def store(engine, name, *rows):
    """Insert rows, past the application."""
    columns = [typed(key) for key in rows[0]]
    with engine.begin() as connection:
        connection.execute(insert(table(name, *columns)), rows)


def typed(name):
    """Return a column; our times end in `_at`."""
    return column(name, UtcDateTime if name.endswith("_at") else None)


def read(engine, name, *names):
    """Return some columns of every row, ordered by the first one."""
    columns = [typed(key) for key in names]
    with engine.connect() as connection:
        query = select(*columns).select_from(table(name)).order_by(columns[0])
        return [tuple(row) for row in connection.execute(query)]


@pytest.fixture
def revision(learners):
    """The learner's revision."""
    return learners("revision.py")


@pytest.fixture
def migrate(exercise, engine, observed):
    """Runs a step of the learner's revision, as the environment does."""

    def run(step):
        try:
            exercise.run(engine, step)
        except (SQLAlchemyError, CommandError, NotImplementedError, TypeError, ValueError) as error:
            observed["named_twice"] = NAMED_TWICE in str(error)
            raise AssertionError(
                f"{step.__name__}() stopped, and nothing was changed: {in_plain_words(error)}"
            ) from error

    return run


def in_plain_words(error):
    """Return in one line why a step stopped."""
    said = str(getattr(error, "orig", error)).partition("\n")[0]
    if isinstance(error, NotImplementedError) and "SQLite" in said:
        return (
            "SQLite cannot change a rule in place. Such a line belongs in the block:"
            " cases.drop_constraint(…), without the table's name"
        )
    if isinstance(error, TypeError) and "argument" in said:
        return f"{said}. In the block, the table's name is left out"
    return said


def sent_to_postgresql(step):
    """Return what a step would send to PostgreSQL, as a script."""
    from case_tracker.adapters.sql.conventions import Conventions

    script = io.StringIO()
    options = {"as_sql": True, "output_buffer": script, "target_metadata": Conventions.metadata}
    context = MigrationContext.configure(dialect_name="postgresql", opts=options)
    with Operations.context(context):
        step()
    return script.getvalue()


@pytest.fixture
def new_column(engine):
    """The database has the new column, still empty."""
    with engine.begin() as connection:
        connection.exec_driver_sql(NEW_COLUMN[engine.dialect.name])


@pytest.fixture
def new_process(room):
    """Python as it is when Alembic starts: no module of the application has been imported."""
    ours = ("case_tracker", f"lesson_{room.lesson.slug}")
    before = {name: sys.modules.pop(name) for name in list(sys.modules) if name.startswith(ours)}
    yield room.learners("exercise.py")
    for name in [name for name in sys.modules if name.startswith(ours)]:
        del sys.modules[name]
    sys.modules.update(before)


def planned(environment, engine):
    """Return what Alembic would write into a revision: pairs of a verb and a name."""
    try:
        made = environment.target()
        if isinstance(made, ModuleType):
            pytest.fail("target() returned a module; return its METADATA")
        found = environment.differences(engine)
    except (ImportError, TypeError, AttributeError) as error:
        pytest.fail(f"target() returns the metadata of the application: {error}")
    return [(change[0], getattr(change[1], "name", None)) for change in found]


@pytest.mark.task(1)
def test_alembic_has_nothing_to_do(up_to_date, new_process, observed):
    """A revision is generated on Friday evening, and drops the audit trail."""
    plan = planned(new_process, up_to_date)

    dropped = observed["tables"] = sorted(name for verb, name in plan if verb == "remove_table")
    others = [name for verb, name in plan if name not in dropped]
    observed["others"] = bool(others)
    what = f"the tables {', '.join(dropped)}" if dropped else f"{', '.join(map(str, others))}"
    assert not plan, (
        f"the database is as new as the application, and Alembic would drop {what}\n"
        "What it does not know looks to it as if somebody had deleted it."
    )


@pytest.mark.task(1)
def test_alembic_knows_all_that_an_empty_database_lacks(empty, new_process):
    """Tests on tables without their rules and indexes prove nothing about production."""
    plan = planned(new_process, empty)

    tables = sorted(name for verb, name in plan if verb == "add_table")
    assert tables == [EVENTS, NOTES, CASES], f"Alembic would make the tables {tables}"
    indexes = {name for verb, name in plan if verb == "add_index"}
    assert "uq_cases_reference_alive" in indexes, f"Alembic would make the indexes {indexes}"


@pytest.mark.task(2)
def test_the_history_of_a_case_keeps_its_details(revision, migrate, engine, observed):
    """The question who renamed what, asked after a year, has no answer any more."""
    stored = [details for _, details in read(engine, EVENTS, "id", "details_json")]
    before = described(engine)[EVENTS]

    migrate(revision.change_columns)

    columns = [each["name"] for each in inspect(engine).get_columns(EVENTS)]
    there = {"details_json", "details"} & set(columns)
    assert there == {"details"}, f"audit_events has {sorted(there)}, not the column details alone"
    found = [details for _, details in read(engine, EVENTS, "id", "details")]
    observed["details"] = "kept" if found == stored else "lost"
    assert found == stored, f"two events had the details {stored}; now they have {found}"
    after = described(engine)[EVENTS]
    (was_empty, was), (empty, now) = before.pop("details_json"), after.pop("details")
    assert empty == was_empty, "details may be NULL; details_json must not"
    assert now == was, f"details is {now}; details_json was {was}"
    assert after == before, f"{different(before, after)} of audit_events was changed"


@pytest.mark.task(2)
def test_no_case_has_a_last_activity_yet(revision, migrate, engine, observed):
    """A made-up time looks like a real one, and nobody can tell them apart afterwards."""
    before = described(engine)[CASES]

    migrate(revision.change_columns)

    after = described(engine)[CASES]
    assert set(after) - set(before) == {"last_activity_at"}, f"cases has {', '.join(after)}"
    found = [time for _, time in read(engine, CASES, "id", "last_activity_at")]
    observed["last_activity_at"] = "empty" if not any(found) else "filled"
    assert not any(found), f"nobody has filled last_activity_at, and it holds {found[0]}"
    empty, kind = after.pop("last_activity_at")
    assert (empty, kind) == OPTIONAL, (
        f"last_activity_at is {kind} and {'may' if empty else 'must not'} be NULL;"
        " it is DateTime(timezone=True) and may be NULL until it is filled"
    )
    assert after == before, f"{different(before, after)} of cases was changed"


@pytest.mark.task(2)
def test_postgresql_keeps_the_zone(revision):
    """A time without its zone is another time as soon as a server stands elsewhere."""
    script = sent_to_postgresql(revision.change_columns)

    assert "last_activity_at TIMESTAMP WITH TIME ZONE" in script, (
        f"PostgreSQL would be sent: {script.strip()}\nIt asks for DateTime(timezone=True)."
    )


@pytest.mark.task(3)
def test_the_newest_note_counts(revision, migrate, engine, new_column, observed):
    """A case with a note of this morning is on the list of forgotten cases."""
    migrate(revision.fill)

    found = dict(read(engine, CASES, "id", "last_activity_at"))
    told = observed["last_activity"] = in_short(found["CASE-001"])
    assert told == "12:30", (
        f"the notes of CASE-001 are of 10:00, 12:30 and 11:00; its last activity is {told}"
    )


def in_short(time):
    """Return the hour and minute of a time."""
    return f"{time:%H:%M}" if time else "still empty"


@pytest.mark.task(3)
def test_a_case_without_notes_was_active_when_it_was_opened(
    revision, migrate, engine, new_column, observed
):
    """One row that is left empty stops the next step, for all rows."""
    migrate(revision.fill)

    found = dict(read(engine, CASES, "id", "last_activity_at"))["CASE-002"]
    observed["without_notes"] = "empty" if found is None else "filled"
    assert found == at(9), (
        f"CASE-002 was opened at 09:00 and has no note; its last activity is {in_short(found)}"
    )


@pytest.mark.task(3)
def test_a_deleted_case_is_filled_as_well(revision, migrate, engine, new_column, observed):
    """A rule of the table holds for every row, also for those that nobody sees."""
    migrate(revision.fill)

    found = dict(read(engine, CASES, "id", "last_activity_at"))["CASE-003"]
    observed["deleted"] = "empty" if found is None else "filled"
    assert found == at(18), (
        f"CASE-003 is deleted and has a note of 18:00; its last activity is {in_short(found)}"
    )


@pytest.mark.task(3)
def test_fifty_cases_take_one_statement(revision, migrate, engine, new_column, sql):
    """With one statement for each of a million cases, the upgrade takes hours."""
    store(engine, CASES, *[case(number) for number in range(10, 60)])

    statements = []

    @wraps(revision.fill)
    def counted():
        with sql.at_most(1):
            revision.fill()

    event.listen(engine, "before_cursor_execute", lambda *seen: statements.append(seen[2]))
    migrate(counted)

    sqlite_only = any("IFNULL(" in each.upper().replace(" ", "") for each in statements)
    assert not sqlite_only, "PostgreSQL has no IFNULL; both databases know COALESCE"
    found = [time for _, time in read(engine, CASES, "id", "last_activity_at")]
    assert all(found), f"of 53 cases, {found.count(None)} have no last activity"


@pytest.fixture
def tightened(revision, migrate, engine, new_column):
    """The learner's last step, on a database whose new column is filled."""
    with engine.begin() as connection:
        connection.exec_driver_sql("UPDATE cases SET last_activity_at = created_at")
    before = described(engine)
    migrate(revision.tighten)
    return before


def refusal(engine, **values):
    """Return why the database refuses a new case, or an empty text."""
    row = {"last_activity_at": at(9)} | values
    try:
        store(engine, CASES, case(99, **row))
    except DBAPIError as error:
        return str(error.orig)
    with engine.begin() as connection:
        connection.exec_driver_sql("DELETE FROM cases WHERE id = 'CASE-099'")
    return ""


@pytest.mark.task(4)
def test_every_case_has_a_last_activity_from_now_on(tightened, engine):
    """A list that is sorted by a column with gaps loses the cases in the gaps."""
    assert not refusal(engine)

    assert refusal(engine, last_activity_at=None), "a case without a last activity was stored"


@pytest.mark.task(4)
def test_a_title_may_have_300_characters(tightened, engine, observed):
    """The page accepts the title, the tests are green, and the database refuses it."""
    rules = observed["rules"] = rules_of_cases(described(engine))
    answer = refusal(engine, title="x" * 300)

    observed["long_title"] = "refused" if answer else "stored"
    assert not answer, f"a title of 300 characters was refused: {answer.partition(chr(10))[0]}"
    gone = f": cases has no {TITLE_RULE} any more. Drop the old rule first, then make the new one"
    why = "" if any(rule.endswith("_title_length") for rule in rules) else gone
    for title in ("", "x" * 301):
        told = f"a title of {len(title)} characters was stored{why}"
        assert refusal(engine, title=title), told


@pytest.mark.task(4)
def test_nothing_else_has_changed(tightened, engine, observed):
    """Errors are translated by the name of the rule; notes die without a word."""
    after = described(engine)
    before, names = tightened, rules_of_cases(after)
    observed["named_twice"] = any(name.startswith(NAMED_TWICE) for name in names)

    new = sorted(set(names) - set(rules_of_cases(before)))
    assert TITLE_RULE in names, f"{TITLE_RULE} is gone; new: {', '.join(new) or 'nothing'}"
    before[CASES][TITLE_RULE] = after[CASES][TITLE_RULE]
    before[CASES]["last_activity_at"] = REQUIRED
    lost = [(name, part) for name in before for part in before[name] if part not in after[name]]
    assert not lost, f"{lost[0][0]} has lost {lost[0][1]}"
    new = [(name, part) for name in after for part in after[name] if part not in before[name]]
    assert not new, f"{new[0][0]} has got {new[0][1]}, which nobody asked for"
    for name in before:
        for part, was in before[name].items():
            assert after[name][part] == was, f"{part} of {name} was changed"
    left = [key for key, _ in read(engine, NOTES, "case_id", "id")]
    assert left.count("CASE-001") == 3, f"CASE-001 has 3 notes; {left.count('CASE-001')} are left"


@pytest.mark.task(4)
def test_postgresql_drops_the_old_rule_first(revision):
    """SQLite's new table takes the last rule of a name; PostgreSQL refuses a second one."""
    script = sent_to_postgresql(revision.tighten)

    _, dropped, after = script.partition(f"DROP CONSTRAINT {TITLE_RULE}")
    assert dropped, f"PostgreSQL would be asked for a second {TITLE_RULE}: drop the old one"
    assert f"ADD CONSTRAINT {TITLE_RULE}" in after, f"PostgreSQL would get no new {TITLE_RULE}"


@pytest.mark.task(4)
def test_there_is_a_way_back(revision, migrate, engine):
    """At night, with the new version broken, the old one must get its tables again."""
    before, rows = described(engine), everything(engine)

    migrate(revision.upgrade)
    assert everything(engine) != rows, "upgrade() changed nothing"
    migrate(revision.downgrade)

    after = described(engine)
    for name in before:
        what = f"{different(before[name], after[name])} of {name} is not as before"
        assert after[name] == before[name], f"after upgrade() and downgrade(), {what}"
    assert everything(engine) == rows, "after upgrade() and downgrade() the rows differ"
    migrate(revision.upgrade)


def everything(engine):
    """Return every row of the three tables."""
    with engine.connect() as connection:
        queries = [f"SELECT * FROM {name} ORDER BY 1" for name in (CASES, NOTES, EVENTS)]
        return [list(connection.exec_driver_sql(query)) for query in queries]


def described(engine):
    """Return what each table consists of: by the name of each part, what it is."""
    look = inspect(engine)
    return {
        name: {each["name"]: shape(each) for each in look.get_columns(name)}
        | {each["name"]: each["sqltext"] for each in look.get_check_constraints(name)}
        | {each["name"]: each["options"].get("ondelete") for each in look.get_foreign_keys(name)}
        | {each["name"]: each["unique"] for each in look.get_indexes(name)}
        | {each["name"]: each["column_names"] for each in look.get_unique_constraints(name)}
        for name in (CASES, NOTES, EVENTS)
    }


def different(before, after):
    """Return the names of the parts of a table that differ."""
    parts = sorted(before | after)
    return ", ".join(part for part in parts if before.get(part) != after.get(part))


def shape(each):
    """Return what a column is: whether it may be NULL, and of which type."""
    time = "DATETIME" in str(each["type"]) or getattr(each["type"], "timezone", False)
    return each["nullable"], "a time with its zone" if time else str(each["type"])


def rules_of_cases(parts):
    """Return the names of the CHECKs of `cases`."""
    return sorted(name for name in parts[CASES] if name.startswith("ck_"))
