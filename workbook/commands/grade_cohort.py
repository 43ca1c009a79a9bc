"""`workbook grade SUBMISSIONS`: intake, grading, gradebook."""

import json
import os
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import click
from sqlalchemy.exc import OperationalError

from workbook.commands.shared import Desk, open_desk
from workbook.curriculum import Lesson
from workbook.grade import extra, gradebook, intake, late, outputs, people, tiers
from workbook.grade import scheduler as cluster
from workbook.grade.expectation import ExpectationError
from workbook.grade.grading import Grading, Step
from workbook.grade.live import Live
from workbook.grade.pages.render import PagesError
from workbook.grade.pair import Options
from workbook.grade.store import FILE, Store, StoreError
from workbook.grade.submissions import Cohort
from workbook.grade.workers import Limits, WorkerLostError

EXPECTED = (
    intake.IntakeError,
    people.RosterError,
    late.LateRuleError,
    StoreError,
    ExpectationError,
    WorkerLostError,
    cluster.SchedulerError,
)
MOST_NOTES = 20
KEPT = "what was graded is kept: the same command goes on"

lessons_option = click.option(
    "--lessons", default="", metavar="01-05", help="Only these: 02, 01-05, 01,03."
)
roster_option = click.option(
    "--roster",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="A CSV of everybody: learner, name, email, id, late.",
)
late_option = click.option(
    "--late",
    "late_rule",
    metavar="RULE",
    help="accept, refuse, 20% or 10%/day; remembered.",
)
extra_option = click.option(
    "--extra-tests",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    help="A folder with hidden tests of your own, as probes: 02_repository.py.",
)


@click.command("cohort")
@click.argument("submissions", type=click.Path(exists=True, file_okay=True, path_type=Path))
@lessons_option
@click.option(
    "--out", type=click.Path(path_type=Path), default=Path("grades"), help="Where results go."
)
@roster_option
@late_option
@extra_option
@click.option("--scheduler", metavar="dask://HOST:PORT", help="Grade on a Dask cluster.")
@click.option(
    "--jobs", type=click.IntRange(1), default=os.cpu_count() or 1, help="Workers at once."
)
@click.option("--resume", is_flag=True, help="Insist on results of an earlier run in --out.")
@click.option("--timeout-s", default=10.0, help="Seconds that one submission may compute.")
@click.option("--memory-mib", default=512, help="Memory that one submission may take.")
@click.option("--json", "as_json", is_flag=True, help="Print the results as JSON.")
@click.option("--tier", type=click.Choice(["T1", "T2", "T3", "T4"]), help="Insist on a tier.")
@click.option(
    "--i-trust-these-submissions",
    "trusted",
    is_flag=True,
    help="Grade although this machine cannot separate.",
)
def cohort_command(  # noqa: PLR0913, PLR0917 - a parameter is an option that somebody types
    submissions: Path,
    lessons: str,
    out: Path,
    roster: Path | None,
    late_rule: str | None,
    extra_tests: Path | None,
    scheduler: str | None,
    jobs: int,
    resume: bool,  # noqa: FBT001 - click hands over a flag
    timeout_s: float,
    memory_mib: int,
    as_json: bool,  # noqa: FBT001 - the same
    tier: str | None,
    trusted: bool,  # noqa: FBT001 - the same
) -> None:
    """Grade a folder or an archive that holds a folder, an archive or a file for each learner.

    Run it again after a stop: what was graded stays, and only what is new or changed is graded.
    Exit 0 done, 1 something needs a person, 2 wrong use.
    Example: workbook grade submissions --lessons 01-05 --out results
    """
    desk = open_desk()
    chosen = chosen_lessons(desk, lessons)
    if resume and not (out / FILE).exists():
        raise click.UsageError(f"--resume: {out / FILE} does not exist; leave --resume out")
    limits, hidden = Limits(timeout_s, memory_mib), read_extra(extra_tests, desk)
    options = Options(chosen_tier(tier, trusted=trusted), jobs, limits, hidden)
    with in_one_line():
        cohort = read_cohort(submissions, chosen, desk, roster)
        store = Store(out / FILE)
        if late_rule:
            store.late_rule = late_rule
        outputs.write_intake(cohort, out)
        with Live(len(cohort.submissions)) as live:
            grader = Grading(desk.home, store, options, live.show)
            if scheduler:
                lost = cluster.grade(scheduler, cohort, chosen, grader)
            else:
                lost = grader.grade(cohort, chosen)
        paths = write_outputs(store, chosen, desk, out)
        document = gradebook.document(store, chosen)
    finish(document, paths, lost, as_json=as_json)


def read_extra(folder: Path | None, desk: Desk) -> dict[str, bytes]:
    """Return the instructor's own probes by lesson.

    Raises:
        click.UsageError: one of them cannot be used.
    """
    try:
        return extra.read(folder, desk.lessons) if folder else {}
    except extra.ExtraTestsError as error:
        raise click.UsageError(str(error)) from None


@contextmanager
def in_one_line() -> Iterator[None]:
    """Turn what can go wrong in the block into one line for a person."""
    try:
        yield
    except EXPECTED as error:
        raise click.UsageError(str(error)) from None
    except OSError as error:
        where = f"{error.filename}: " if error.filename else ""
        raise click.ClickException(f"{where}{error.strerror or error}; {KEPT}") from None
    except OperationalError as error:  # a full disk, say
        raise click.ClickException(f"results cannot be stored: {error.orig}; {KEPT}") from None
    except KeyboardInterrupt:
        click.echo(f"stopped; {KEPT}", err=True)
        raise SystemExit(130) from None


def read_cohort(
    submissions: Path, lessons: list[Lesson], desk: Desk, roster: Path | None
) -> Cohort:
    """Return what was handed in; say what belongs to nobody.

    Raises:
        IntakeError: there is nothing to grade.
        RosterError: the roster cannot be used.
    """
    known = people.read_roster(roster) if roster else intake.NOBODY
    cohort = intake.read_folder(submissions, lessons, desk.home, known)
    for note in cohort.notes[:MOST_NOTES]:
        click.echo(f"note: {note}", err=True)
    if len(cohort.notes) > MOST_NOTES:
        click.echo(f"note: {len(cohort.notes) - MOST_NOTES} more in {outputs.INTAKE}", err=True)
    return cohort


def write_outputs(store: Store, lessons: list[Lesson], desk: Desk, out: Path) -> list[Path]:
    """Write everything that results become; return the paths to name."""
    try:
        return outputs.write(store, lessons, desk.home, out)
    except PagesError as error:
        click.echo(str(error), err=True)
        return [out / gradebook.CSV, out / gradebook.JSON, out / outputs.JUNIT]


def chosen_lessons(desk: Desk, wanted: str) -> list[Lesson]:
    """Return the lessons that `01-05`, `02` or `01,03` names; all of them for nothing.

    Raises:
        click.UsageError: there is no such lesson.
    """
    if not wanted:
        return desk.lessons
    numbers: set[int] = set()
    for part in wanted.split(","):
        first, _, last = part.strip().partition("-")
        if last:
            bounds = [desk.lesson(word.strip()).number for word in (first, last)]
            numbers |= set(range(bounds[0], bounds[1] + 1))
        else:
            numbers.add(desk.lesson(first).number)
    return [lesson for lesson in desk.lessons if lesson.number in numbers]


def chosen_tier(wanted: str | None, *, trusted: bool) -> str:
    """Return the tier to grade in.

    Raises:
        click.UsageError: it does not hold here, or does not separate and nobody trusts the cohort.
    """
    found = tiers.examine(wanted) if wanted else tiers.best()
    if wanted and not found.holds:
        raise click.UsageError(
            f"{wanted} does not hold here: {found.failure or 'see grade doctor'}"
        )
    return accepted(found, trusted=trusted)


def accepted(found: tiers.Examination, *, trusted: bool) -> str:
    """Return the tier, when code of strangers may run in it or is trusted.

    Raises:
        click.UsageError: it may not; the message says what to do.
    """
    if found.tier == "T5":
        raise click.UsageError(f"this machine cannot grade: {found.failure}. Use Linux, or WSL2")
    if not tiers.is_trusted(found.tier) and not trusted:
        raise click.UsageError(
            f"isolation here is {found.tier} ({tiers.WORDS[found.tier]}): code of strangers could "
            "read and change your files. Grade on Linux, or add --i-trust-these-submissions"
        )
    return found.tier


def finish(
    document: dict[str, object], paths: list[Path], lost: list[Step], *, as_json: bool
) -> None:
    """Say what came of it, and leave with 1 when somebody has to look."""
    if as_json:
        click.echo(json.dumps(document))
    else:
        results: list[dict[str, str]] = document["results"]  # type: ignore[assignment] # our own
        counts = Counter(result["verdict"] for result in results)
        click.echo(", ".join(f"{count} {verdict}" for verdict, count in counts.most_common()))
        for path in paths:
            click.echo(f"wrote {path}")
    if lost:
        click.echo(f"{len(lost)} not graded, by trouble of ours: run the same command again")
        raise SystemExit(1)
