"""Lesson 15: a key is changed while programs run. Each step is tried with all that run then."""

import contextlib
import itertools
from datetime import UTC, datetime
from uuid import UUID, uuid4

import pytest
from sqlalchemy import Uuid, column, event, inspect, select, table
from sqlalchemy.exc import OperationalError, SADeprecationWarning, SQLAlchemyError

CASE = "CASE-001"
NOON = datetime(2026, 11, 2, 12, tzinfo=UTC)
STEPS = {"expand", "backfill", "require", "contract"}
STEPS |= {"start V2", "start V3", "stop V1", "stop V2"}
WRONG_KINDS = {"str": "a text", "function": "a function", "int": "a number"}
MOST_BATCHES = 100


@pytest.fixture
def engine(database_url):
    """An engine on a database at revision 0004, with one case; a lock is never waited for."""
    from case_tracker.adapters.sql.engine import build_engine
    from case_tracker.adapters.sql.postgresql import build_postgresql_engine
    from case_tracker.adapters.sql.schema import SqlSchema
    from case_tracker.adapters.sql.tables import CASES

    sqlite = database_url.startswith("sqlite")
    engine = build_engine(database_url) if sqlite else build_postgresql_engine(database_url)
    SqlSchema(engine).upgrade("0004")
    with engine.begin() as connection:
        row = {"id": CASE, "title": "Late report", "status": "DRAFT", "version": 1}
        times = {"created_at": NOON, "updated_at": NOON}
        connection.execute(CASES.insert(), row | times)
    if sqlite:
        event.listen(engine, "checkout", lambda dbapi, *_: dbapi.execute("PRAGMA busy_timeout=0"))
    yield engine
    engine.dispose()


@pytest.fixture
def migration(learners):
    """The learner's migration.py."""
    return learners("migration.py")


@pytest.fixture
def versions(exercise, engine):
    """The three versions of the program, on that database."""
    return {name: getattr(exercise, name)(engine) for name in ("V1", "V2", "V3")}


@pytest.fixture
def expanded(migration, engine):
    """The database has the new column."""
    migration.run(engine, migration.expand)


def uids(engine):
    """Return what `uid` holds, note by note."""
    notes = table("case_notes", column("id"), column("uid", Uuid))
    with engine.connect() as connection:
        return list(connection.scalars(select(notes.c.uid).order_by(notes.c.id)))


def in_short(error):
    """Return in one line what went wrong: what the database said, or two things about values."""
    said = str(getattr(error, "orig", None) or error).partition("\n")[0]
    if said.endswith("has no attribute 'hex'"):
        return (
            "the column uid takes a UUID object, like uuid4() or UUID(key), not "
            + WRONG_KINDS.get(said.split("'")[1], "another object")
        )
    no_values = "A value is required" in said and not getattr(error, "params", None)
    if no_values or said.startswith("Empty parameter sequence"):
        return (
            "execute() got no values, and an empty list is none;"
            " when a round finds no note, return first"
        )
    return said


def asked(program, what, *arguments):
    """Call `add` or `find` of a version; whatever it raises is told in one line."""
    name = type(program).__name__
    try:
        return getattr(program, what)(*arguments)
    except (SQLAlchemyError, ValueError, TypeError) as error:
        told = f"{name}.{what}({', '.join(map(repr, arguments))}) raised: {in_short(error)}"
        raise AssertionError(told) from error


@pytest.mark.guard
def test_v1_does_not_notice_the_new_column(versions, expanded, engine):
    """The old version knows nothing of the release: it must go on as before."""
    key = versions["V1"].add(CASE, "called")

    assert versions["V1"].find(key) == "called"
    assert uids(engine) == [None]


@pytest.mark.task(1)
def test_v2_writes_both_keys(versions, expanded, engine, observed):
    """Every note that the new version writes without a UUID is one more to fill."""
    for words in ("called", "wrote"):
        asked(versions["V2"], "add", CASE, words)

    stored = uids(engine)
    observed["uids"] = stored.count(None)
    assert len(stored) == 2, f"V2 was asked to store 2 notes; {len(stored)} are stored"
    assert None not in stored, f"V2 stored 2 notes; {stored.count(None)} of them have no uid"


@pytest.mark.task(1)
def test_v1_finds_what_v2_has_written(versions, expanded, observed):
    """Somebody writes a note, clicks on its link, and the old version answers "not found"."""
    keys = [asked(versions["V2"], "add", CASE, words) for words in ("called", "wrote")]

    observed["keys"] = [kind_of(key) for key in keys]
    assert None not in keys, "V2.add() returned None, so nobody has a link to the note"
    for key, words in zip(keys, ("called", "wrote"), strict=True):
        found = versions["V1"].find(str(key))
        assert found == words, f"V2 gave the link {key!r} to the note {words!r}; V1 found {found!r}"
        assert isinstance(key, str), f"V2.add() returned {key!r}; a link takes a text: {str(key)!r}"


def kind_of(key):
    """Return what the key of a link is."""
    if str(key).isdigit():
        return "number"
    try:
        UUID(str(key))
    except ValueError:
        return "something else"
    return "UUID"


@pytest.mark.task(2)
def test_a_number_finds_a_note_of_last_year(versions, migration, engine):
    """A link in an old letter must not lead to nothing."""
    keys = [versions["V1"].add(CASE, words) for words in ("called", "wrote")]
    migration.run(engine, migration.expand)

    found = [asked(versions["V2"], "find", key) for key in keys]

    assert found == ["called", "wrote"], f"V2 looked up {keys}, from before, and found {found}"


@pytest.mark.task(2)
def test_a_uuid_finds_a_note_of_today(versions, expanded):
    """The version after this one hands out UUIDs, and for some minutes both run."""
    keys = [versions["V3"].add(CASE, words) for words in ("called", "wrote")]

    found = [asked(versions["V2"], "find", key) for key in keys]

    assert found == ["called", "wrote"], f"V2 looked up two UUIDs that V3 gave, and found {found}"


@pytest.mark.task(2)
def test_the_key_of_no_note_finds_nothing(versions, expanded):
    """Somebody else's note is worse than none."""
    key = versions["V3"].add(CASE, "called")
    found = asked(versions["V2"], "find", key)
    assert found == "called", f"V3 wrote a note with the key {key}; V2 found {found!r}"

    for key in ("4711", str(uuid4())):
        found = asked(versions["V2"], "find", key)
        assert found is None, f"no note has the key {key}; V2 found {found!r}"


@pytest.fixture
def filling(migration, engine, versions):
    """Twenty-five notes of V1, and then the column; starts the learner's backfill, ten by ten."""
    for number in range(25):
        versions["V1"].add(CASE, f"note {number}")
    migration.run(engine, migration.expand)

    def start():
        batches = migration.backfill(engine, 10)
        if not hasattr(batches, "__next__"):
            pytest.fail("backfill() yields after each commit; this one never yields")
        yield from to_the_end(batches)

    def in_plain_words():
        try:
            yield from start()
        except (SQLAlchemyError, SADeprecationWarning, TypeError, ValueError) as error:
            raise AssertionError(f"backfill() stopped: {in_short(error)}") from error

    return in_plain_words


def to_the_end(batches):
    """Go through a backfill; one that does not end is stopped."""
    for number, count in enumerate(batches):
        told = "when nothing is left, return"
        assert number < MOST_BATCHES, f"after {number} batches, backfill() yielded {count}; {told}"
        yield count


def keys(other_connection):
    """Return each `uid` that is there, as a second connection sees it."""
    return other_connection("SELECT uid FROM case_notes WHERE uid IS NOT NULL ORDER BY id")


def filled(other_connection):
    """Return how many notes have a `uid`, as a second connection sees it."""
    return len(keys(other_connection))


@pytest.mark.task(3)
def test_each_batch_is_stored_before_the_next_one(filling, other_connection, observed):
    """Until the commit, whoever wants to change one of these notes waits."""
    counts, stored, before = [], [], []
    for count in filling():
        now = keys(other_connection)
        counts.append(count)
        stored.append(len(now))
        if count and before and len(now) == len(before):
            observed["kept"] = now == before
            asks = "does it ask for notes without one?"
            pytest.fail(f"backfill() told of {count} more; still {len(now)} have a uid: {asks}")
        before = now

    observed["seen"] = stored
    told = list(itertools.accumulate(counts))
    assert stored, "25 notes have no uid, and backfill() did nothing"
    end = filled(other_connection)
    assert end, f"backfill() told of {told[-1]} notes; it has ended, and no note has a uid"
    assert len(stored) == 1 or any(stored), (
        f"{len(stored)} batches were filled in one transaction: until the end,"
        " a second connection sees none of these notes"
    )
    first = f"{counts[0]} notes were filled"
    assert stored[0], f"{first}; a second connection sees none of them: not stored yet"
    assert stored == told, f"stored after each batch: {stored}; backfill() told of {told}"
    most = max(after - before for before, after in itertools.pairwise([0, *stored]))
    assert most <= 10, f"{most} notes in one transaction; 10 were asked for"
    assert filled(other_connection) == 25, f"of 25 notes, {filled(other_connection)} have a uid"


@pytest.mark.task(3)
def test_an_interrupted_backfill_goes_on(filling, other_connection):
    """A server is restarted after five hours, and five hours of work are lost."""
    interrupted = filling()
    done = sum(itertools.islice(interrupted, 2))
    interrupted.close()

    kept = filled(other_connection)
    assert kept == done, f"{done} notes were filled when it was interrupted; {kept} are left"
    told = sum(filling())
    assert told == 25 - done, f"{25 - done} notes were left to fill; the second run told of {told}"
    assert filled(other_connection) == 25, f"of 25 notes, {filled(other_connection)} have a uid"


@pytest.mark.task(3)
def test_a_uid_that_is_there_stays(filling, versions, engine, observed):
    """A link that was sent today leads to nothing tomorrow."""
    key = versions["V3"].add(CASE, "today")

    assert sum(filling()) >= 25, "25 notes had no uid, and backfill() filled fewer"

    notes, key = table("case_notes", column("uid", Uuid), column("text")), UUID(key)
    with engine.connect() as connection:
        now = connection.scalar(select(notes.c.uid).where(notes.c["text"] == "today"))
    observed["kept"] = now == key
    assert now == key, f"V3 wrote a note with the uid {key}; after the backfill it is {now}"


@pytest.mark.task(3)
def test_v1_writes_between_two_batches(filling, versions, engine, observed):
    """The backfill takes hours, and people write notes meanwhile, with the old version, too."""
    for number, _ in enumerate(filling()):
        if number == 0:
            asked(versions["V1"], "add", CASE, "meanwhile")

    left = observed["left"] = uids(engine).count(None)
    assert not left, f"backfill() has ended; notes without a uid: {left}"


@pytest.mark.task(3)
def test_two_servers_fill_at_the_same_time(filling, engine):
    """Both have a note on their list, and the slower one replaces a link that is in use."""
    notes = table("case_notes", column("id"), column("uid", Uuid))
    theirs = {number: uuid4() for number in range(1, 26)}
    done = []

    def before_it_writes(_connection, _cursor, statement, *_):
        if statement.startswith("UPDATE"):
            other_server()

    def other_server(*_):
        if done:
            return
        done.append("tried")
        with contextlib.suppress(OperationalError), engine.begin() as other:  # it has to wait
            if other.dialect.name == "postgresql":
                other.exec_driver_sql("SET LOCAL lock_timeout = '50ms'")
            for number, uid in theirs.items():
                other.execute(notes.update().where(notes.c.id == number).values(uid=uid))
            done.append("written")

    event.listen(engine, "before_cursor_execute", before_it_writes)
    event.listen(
        engine, "checkin", other_server
    )  # or when it has read, in a transaction of its own
    try:
        list(filling())
    except AssertionError as error:
        if "written" not in done:
            raise
        told = "another server wrote between its reading and its writing; writing() prevents that"
        raise AssertionError(f"{error}\n{told} on SQLite") from error

    if "written" in done:
        lost = len(set(theirs.values()) - set(uids(engine)))
        told = "after backfill() had read them, another server gave 25 notes their uid"
        assert not lost, f"{told}; {lost} got a second one. The UPDATE asks again for uid IS NULL"


class Release:
    """Plays a rollout, with people at work: the running versions write notes, and read every link.

    They do so after each step, for a backfill after its first batch; and before a version stops.
    """

    def __init__(self, exercise, migration, engine, observed):
        self.exercise, self.migration = exercise, migration
        self.engine, self.observed = engine, observed
        self.running = {"V1": exercise.V1(engine)}
        self.links, self.done = {}, set()
        for _ in range(9):
            self.work("the start")

    def play(self, rollout):
        for step in rollout:
            verb, _, name = step.partition(" ")
            if verb == "start":
                self.running[name] = getattr(self.exercise, name)(self.engine)
            elif verb == "stop":
                self.work(step)
                if name not in self.running:
                    self.end("missing", name, step, f"{name} is not running: nobody can stop it")
                del self.running[name]
            else:
                self.change(step)
            if step != "backfill":
                self.work(step)
            self.done.add(step)

    def change(self, step):
        try:
            if step == "backfill":
                self.fill(step)
            else:
                self.migration.run(self.engine, getattr(self.migration, step))
        except SQLAlchemyError as error:
            told = f"the step itself failed: {in_short(error)}"
            early = {"expand", "backfill"} - self.done
            if step == "require" and early == {"backfill"}:
                told = "no note of last year has a uid yet: backfill comes before require"
            self.end("too early" if early else "failed", step, step, told, error)

    def fill(self, step):
        for number, _ in enumerate(to_the_end(self.migration.backfill(self.engine, 4))):
            if number == 0:
                self.work(step)

    def work(self, step):
        if not self.running:
            self.end("nobody", "runs", step, "no version is running, and every request fails")
        for name in self.running:
            self.write(name, step)
        for name, key in itertools.product(self.running, list(self.links)):
            self.look_up(name, key, step)

    def write(self, name, step):
        words = f"note {len(self.links)}"
        try:
            key = self.running[name].add(CASE, words)
        except SQLAlchemyError as error:
            told = f"{name} is running, and its next note was refused: {in_short(error)}"
            self.end("refused", name, step, told, error)
        if key in (None, "None"):
            told = f"{name} wrote a note and has no link to it: the database makes no number"
            self.end("no link of", name, step, told)
        self.links[str(key)] = name, words

    def look_up(self, name, key, step):
        author, words = self.links[key]
        try:
            found = self.running[name].find(key)
        except (SQLAlchemyError, ValueError) as error:
            found = in_short(error)
        if found != words:
            told = f"{author} gave the link {key} to {words!r}, and {name} found {found!r}"
            self.end("lost", name, step, told)

    def end(self, problem, who, step, told, error=None):
        self.observed["release"] = f"{problem} {who} after {step}"
        raise AssertionError(f"after {step!r}: {told}") from error


@pytest.mark.task(4)
def test_nobody_notices_the_release(exercise, migration, engine, observed):
    """Nine in the morning, everybody works, and each step must leave every running version well."""
    rollout = migration.ROLLOUT
    assert isinstance(rollout, tuple | list), "ROLLOUT is a tuple of steps, each one a text"
    unknown = [step for step in rollout if step not in STEPS]
    assert not unknown, f"{unknown[0]!r} is no step of the release; these are: {sorted(STEPS)}"
    missing = sorted(STEPS - set(rollout))
    assert not missing, f"{', '.join(missing)}: not in ROLLOUT"

    release = Release(exercise, migration, engine, observed)
    release.play(rollout)

    assert set(release.running) == {"V3"}, f"in the end {sorted(release.running)} are running"
    key = inspect(engine).get_pk_constraint("case_notes")["constrained_columns"]
    assert key == ["uid"], f"in the end the primary key is {key}"
