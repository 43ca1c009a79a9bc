"""What the N+1 detector finds, what it leaves alone, and that its repairs are measured."""

import asyncio
import gc
import pickle
import threading
import weakref
from pathlib import Path

import pytest
from sqlalchemy import Engine, create_engine, event, inspect, lambda_stmt, select, text
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine
from sqlalchemy.orm import Session, aliased, joinedload, selectinload
from sqlalchemy.orm.interfaces import UserDefinedOption

from bench.scenarios import SCENARIOS, Base, Case, Clerk, Note, Office, Scenario, fill
from workbook.lens.hooks import HOOKS
from workbook.lens.measure import examine, examine_async
from workbook.lens.nplusone import NPlusOne


@pytest.fixture
def async_engine(engine: Engine) -> AsyncEngine:
    return create_async_engine(f"sqlite+aiosqlite:///{engine.url.database}")


def in_a_greenlet(engine: AsyncEngine, scenario: Scenario) -> None:
    """Run the scenario as async SQLAlchemy runs the ORM: in a greenlet of its own."""

    async def run() -> None:
        async with engine.connect() as connection:
            await connection.run_sync(lambda _: scenario.run(engine.sync_engine))
        await engine.dispose()

    asyncio.run(run())


@pytest.mark.parametrize("scenario", SCENARIOS, ids=lambda scenario: scenario.name)
def test_it_finds_what_is_bad_and_nothing_else(engine, scenario):
    """A miss lets a slow page through; a false alarm teaches people to look away."""
    with NPlusOne() as watch:
        scenario.run(engine)

    assert bool(watch.findings) == scenario.bad, "\n\n".join(map(str, watch.findings))
    assert watch.recorder.error is None


SYNC = [scenario for scenario in SCENARIOS if "async" not in scenario.name]


@pytest.mark.parametrize("scenario", SYNC, ids=lambda scenario: scenario.name)
def test_it_finds_the_same_under_async_sqlalchemy(async_engine, scenario):
    """The stack is cut in two by a greenlet; the lines must be found all the same."""
    with NPlusOne(async_engine) as watch:
        in_a_greenlet(async_engine, scenario)

    assert bool(watch.findings) == scenario.bad
    assert all(f"{Path(one.place.path).name}" == "scenarios.py" for one in watch.findings)


def only(findings):
    """Return the one finding."""
    assert len(findings) == 1, "\n\n".join(map(str, findings))
    return findings[0]


def test_the_report_names_lines_counts_repair_and_effect(engine):
    """A reader who sees nothing but the message must be able to repair it."""

    def page():
        query = select(Case)
        with Session(engine) as session:
            return [
                len(case.notes)
                for case in session.scalars(query)
            ]  # fmt: skip

    examined = examine(page)

    first = page.__code__.co_firstlineno
    touched, loaded = f"test_nplusone.py:{first + 4}", f"test_nplusone.py:{first + 5}"
    *lines, statements = str(only(examined.findings)).splitlines()
    assert lines == [
        "Case.notes: 10 SELECTs for 10 of 10 Case rows loaded together; 1 is enough",
        f"  loaded    {loaded}  for case in session.scalars(query)",
        f"  touched   {touched}  len(case.notes)  x10",
        f"  repair    .options(selectinload(Case.notes))  at {loaded}",
        "  measured  11 -> 2 statements",
    ]
    assert statements.startswith("  2-11  SELECT … FROM case_notes WHERE ")
    assert statements.endswith(f"…  x10  {touched}")
    assert examined.result == [2] * 10


def test_only_some_of_the_siblings_are_counted_as_touched(engine):
    """Three of ten is what happened: not ten, and not three of three."""
    with NPlusOne() as watch, Session(engine) as session:
        cases = session.scalars(select(Case)).all()
        for case in cases[:3]:
            len(case.notes)

    finding = only(watch.findings)
    assert (finding.touched, finding.siblings) == (3, 10)


def test_a_to_one_load_is_repaired_by_a_join(engine):
    """One row more on each row costs no statement of its own."""

    def page():
        with Session(engine) as session:
            return [case.clerk.name for case in session.scalars(select(Case).limit(5))]

    finding = only(examine(page).findings)

    assert finding.repair.code == ".options(joinedload(Case.clerk))"
    assert (finding.effect.before, finding.effect.after) == (6, 1)


def test_a_nested_load_is_repaired_by_a_chain(engine):
    """The path says how the rows are reached; below a collection nothing is joined."""

    def page():
        with Session(engine) as session:
            for case in session.scalars(select(Case)):
                for note in case.notes:
                    _ = note.author.name

    examined = examine(page)

    chains = {one.name: (one.repair.code, one.effect.after) for one in examined.findings}
    assert len(examined.statements) == 31
    assert chains == {
        "Case.notes": (".options(selectinload(Case.notes))", 22),
        "Note.author": (".options(selectinload(Case.notes).selectinload(Note.author))", 3),
    }


def test_a_chain_of_to_one_loads_is_joined(engine):
    """From note to case to office: one statement."""

    def page():
        with Session(engine) as session:
            for note in session.scalars(select(Note)):
                _ = note.case.office.id

    findings = {one.name: one for one in examine(page).findings}

    office = findings["Case.office"]
    assert office.repair.code == ".options(joinedload(Note.case).joinedload(Case.office))"
    assert (office.effect.before, office.effect.after) == (12, 1)
    assert "or more Case rows" in office.headline


def masked(engine, touch):
    """Watch a page of cases whose office is touched by `touch(cases)`."""
    with NPlusOne() as watch, Session(engine) as session:
        touch(session.scalars(select(Case)).all(), session)
    return watch.findings


def test_a_loop_masked_by_the_identity_map_is_counted_in_full(engine):
    """One SELECT today, ten when the cases have ten offices."""
    finding = only(masked(engine, lambda cases, _: [case.office for case in cases]))

    assert (finding.name, finding.touched, finding.siblings) == ("Case.office", 10, 10)
    assert len(finding.statements) == 1
    assert "the Session had 9 of them already" in finding.headline


@pytest.mark.parametrize(
    "touch",
    [
        lambda cases, _: cases[3].office,
        lambda cases, session: (cases[3].office, session.get(Office, 1)),
        lambda cases, session: (
            cases[0].office,
            session.scalars(select(Case).options(joinedload(Case.office))).all(),
        ),
        lambda cases, _: [setattr(case, "office", cases[0].office) for case in cases],
        lambda cases, session: (
            [setattr(case, "office", cases[0].office) for case in cases],
            session.flush(),
        ),
    ],
    ids=["one of them", "and its office", "then eagerly", "then assigned", "and flushed"],
)
def test_a_to_one_row_that_was_not_lazily_loaded_does_not_count(engine, touch):
    """Assigned by the program, or brought by another statement: nobody looped."""
    assert masked(engine, touch) == []


def test_a_masked_loop_is_seen_when_its_rows_are_gone_or_expired(engine):
    """Rows die when a function returns, and a commit empties them: the evidence must be older."""

    def page(session):
        for case in session.scalars(select(Case)):
            _ = case.office.id

    with NPlusOne() as gone, Session(engine) as session:
        page(session)
        gc.collect()
    with NPlusOne() as expired, Session(engine) as session:
        cases = session.scalars(select(Case)).all()
        _ = [case.office for case in cases]
        session.commit()

    assert [only(watch.findings).touched for watch in (gone, expired)] == [10, 10]


def test_rows_die_when_they_would_die_without_the_watch(engine):
    """A detector that keeps rows alive fills the identity map and hides SELECTs."""
    with NPlusOne() as watch, Session(engine) as session:
        cases = session.scalars(select(Case)).all()
        _ = [case.office for case in cases[:4]]
        watched = weakref.ref(cases[7])
        identities = len(session.identity_map)
        del cases

        assert watched() is None
        assert len(session.identity_map) == identities - 10, "the office is in our list"

    assert only(watch.findings).touched == 4


def test_rows_of_different_results_are_strangers(engine):
    """Two pages that each open one case are two users, not a loop."""
    with NPlusOne() as watch, Session(engine) as session:
        first = session.scalars(select(Case).where(Case.id < 5)).all()
        second = session.scalars(select(Case).where(Case.id >= 5)).all()
        _ = first[0].notes, second[0].notes

    assert watch.findings == []


def test_the_same_loop_in_several_results_is_one_finding(engine):
    """A page that is called three times needs one repair."""

    def page():
        with Session(engine) as session:
            _ = [case.notes for case in session.scalars(select(Case))]

    with NPlusOne() as watch:
        for _ in range(3):
            page()

    finding = only(watch.findings)
    assert (finding.results, finding.touched) == (3, 10)
    assert "in each of 3 results" in str(finding)


def test_an_alias_is_repaired_by_its_own_option(engine):
    """An option for the class does not apply to its alias."""

    def page():
        with Session(engine) as session:
            case = aliased(Case)
            _ = [one.notes for one in session.scalars(select(case))]

    finding = only(examine(page).findings)

    assert finding.repair.code == ".options(selectinload(alias.notes))"
    assert finding.effect.after == 2


def test_a_repair_that_does_not_help_is_not_claimed(engine):
    """The rows were in the Session already: an option on the statement cannot reach them."""

    def page():
        with Session(engine) as session:
            cases = session.scalars(select(Case)).all()
            session.commit()
            return [case.notes for case in cases]

    finding = next(one for one in examine(page).findings if one.name == "Case.notes")

    assert not finding.effect.helps
    assert "measured" not in str(finding)
    assert "  tried " in str(finding)


def test_a_repair_that_breaks_the_operation_is_not_claimed(engine):
    """What fails with the repair is told as it is."""
    runs = []

    def page():
        with Session(engine) as session:
            runs.append(len([case.notes for case in session.scalars(select(Case))]))
        if len(runs) > 1:
            raise RuntimeError("not twice")

    finding = only(examine(page).findings)

    assert (finding.effect.helps, finding.effect.error) == (False, "RuntimeError: not twice")
    assert "not twice" in str(finding)


def test_an_operation_that_writes_is_not_run_again(engine):
    """Measuring must not store anything twice."""

    def page():
        with Session(engine) as session, session.begin():
            _ = [case.notes for case in session.scalars(select(Case))]
            session.add(Office())

    finding = only(examine(page).findings)

    assert finding.effect is None
    with Session(engine) as session:
        assert len(session.scalars(select(Office)).all()) == 2


def test_an_async_operation_is_measured(async_engine):
    """`awaitable_attrs` in a loop is the quiet N+1."""
    from sqlalchemy.ext.asyncio import AsyncSession

    async def page():
        async with AsyncSession(async_engine) as session:
            cases = (await session.scalars(select(Case))).all()
            return [len(await case.awaitable_attrs.notes) for case in cases]

    async def run():
        examined = await examine_async(page, async_engine)
        await async_engine.dispose()
        return examined

    finding = only(asyncio.run(run()).findings)

    assert (finding.effect.before, finding.effect.after) == (11, 2)
    assert finding.place.text.startswith("return [len(await case.awaitable_attrs.notes)")


def test_a_deferred_column_is_repaired_by_undefer(engine):
    """The column comes with its row."""

    def page():
        with Session(engine) as session:
            return [case.body for case in session.scalars(select(Case))]

    finding = only(examine(page).findings)

    assert (finding.name, finding.repair.code) == ("Case.body", ".options(undefer(Case.body))")
    assert (finding.effect.before, finding.effect.after) == (11, 1)


def test_expired_rows_name_the_statement_that_reads_them_again(engine):
    """No option on the first statement helps: it was sent before the commit."""
    with NPlusOne() as watch, Session(engine) as session:
        cases = session.scalars(select(Case)).all()
        session.commit()
        _ = [case.title for case in cases]

    finding = only(watch.findings)
    assert finding.headline.startswith("Case, expired attribute: 10 SELECTs for 10 rows")
    assert "select(Case).where(Case.id.in_(ids))" in finding.repair.code


def test_rows_loaded_before_the_watch_are_known_to_an_outer_one(engine):
    """A block that only touches is inside of a test that loads."""
    with NPlusOne(), Session(engine) as session:
        cases = session.scalars(select(Case)).all()
        with NPlusOne() as inner:
            _ = [case.notes for case in cases]

    finding = only(inner.findings)
    assert (finding.touched, finding.siblings) == (10, 10)
    assert finding.loaded is not None


def test_rows_nobody_saw_loading_are_a_repeated_statement(engine):
    """The loop is seen even when its first statement was not."""
    with Session(engine) as session:
        cases = session.scalars(select(Case)).all()
        with NPlusOne() as watch:
            _ = [case.notes for case in cases]

    finding = only(watch.findings)
    assert (finding.name, finding.loaded, len(finding.statements)) == ("Case.notes", None, 10)


@pytest.mark.parametrize(
    "statement",
    [
        lambda: lambda_stmt(lambda: select(Case)),
        lambda: select(Case).from_statement(text("SELECT * FROM cases")),
        lambda: select(Case).options(selectinload(Case.notes).joinedload(Note.author)),
    ],
    ids=["lambda", "from_statement", "eager"],
)
def test_statements_of_every_form_are_watched_and_unharmed(engine, statement):
    """A form that takes no option must still run, and its loop must still be found."""
    with NPlusOne() as watch, Session(engine) as session:
        _ = [case.clerk for case in session.scalars(statement())]

    assert only(watch.findings).name == "Case.clerk"
    assert watch.recorder.error is None


def test_a_program_sends_the_same_with_and_without_the_watch(engine):
    """What is watched must not change: neither statements nor parameters."""
    sent = []
    event.listen(engine, "before_cursor_execute", lambda *told: sent.append(told[2:4]))
    for scenario in SYNC:
        if "transitions" in scenario.run.__name__:
            continue  # it changes what it reads
        scenario.run(engine)
        plain = sent[:]
        sent.clear()
        with NPlusOne():
            scenario.run(engine)
        assert sent == plain
        sent.clear()


def test_a_row_pickles_without_the_detector(engine):
    """A cache that stores rows must be read by a program that has no workbook."""
    with NPlusOne(), Session(engine) as session:
        stored = pickle.dumps(session.get(Case, 1))

    again = pickle.loads(stored)

    assert b"workbook" not in stored
    assert again.title == "case 1"
    assert {type(option) for option in inspect(again).load_options} <= {UserDefinedOption}


def test_it_leaves_no_listener_behind(engine):
    """Nothing is paid once the last watch has ended."""
    with NPlusOne(), NPlusOne():
        assert all(event.contains(*listener) for listener in HOOKS.listeners)
        with Session(engine) as session:
            session.get(Case, 1)

    assert not any(event.contains(*listener) for listener in HOOKS.listeners)


def test_only_the_given_engines_are_watched(engine, tmp_path):
    """A test with two databases may look at one."""
    other = create_engine(f"sqlite:///{tmp_path / 'other.db'}")
    fill(other)
    with NPlusOne(other) as watch:
        SCENARIOS[0].run(engine)
        with Session(other) as session:
            session.get(Clerk, 1)
    other.dispose()

    assert (watch.findings, len(watch.statements)) == ([], 1)


def test_only_here_sees_its_own_context(engine):
    """Two requests at the same time must not be blamed for each other."""
    inside, looped = threading.Event(), threading.Event()

    def other() -> None:
        inside.wait(timeout=10)
        SCENARIOS[0].run(engine)
        looped.set()

    thread = threading.Thread(target=other)
    thread.start()
    with NPlusOne(only_here=True) as here, NPlusOne() as everywhere:
        inside.set()
        assert looped.wait(timeout=10)
        with Session(engine) as session:
            session.get(Case, 1)
    thread.join()

    assert (here.findings, len(here.statements)) == ([], 1)
    assert only(everywhere.findings).name == "Case.notes"


def test_what_is_allowed_does_not_fail(engine):
    """An allow list names exactly what it lets through."""
    with NPlusOne() as watch:
        SCENARIOS[0].run(engine)

    watch.check(allow=["Case.notes"])
    with pytest.raises(AssertionError, match=r"Case\.notes: 10 SELECTs"):
        watch.check(allow=["Case.clerk"])


def test_the_files_called_yours_are_named_first(engine):
    """In a lesson the learner's line is the interesting one, not the app's."""

    def touch(case):
        return SCENARIOS_FILE["touch"](case)

    code = compile("def touch(case):\n    return case.notes\n", "/app/mapping.py", "exec")
    exec(code, SCENARIOS_FILE)
    with NPlusOne(mine=lambda path: path == __file__) as watch, Session(engine) as session:
        for case in session.scalars(select(Case)):
            touch(case)

    place = only(watch.findings).place
    assert (Path(place.path).name, place.line) == (
        "test_nplusone.py",
        touch.__code__.co_firstlineno + 1,
    )


SCENARIOS_FILE: dict[str, object] = {}


def test_the_base_knows_all_tables():
    """The scenarios are about these tables and no others."""
    assert set(Base.metadata.tables) == {"offices", "clerks", "cases", "case_notes"}
