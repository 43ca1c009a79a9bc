"""`workbook grade SUBMISSIONS`: intake, grading, gradebook."""

import json
import os
from collections import Counter
from pathlib import Path

import click

from workbook.commands.shared import Desk, open_desk
from workbook.curriculum import Lesson
from workbook.grade import clean, gradebook, intake, tiers
from workbook.grade import scheduler as cluster
from workbook.grade.expectation import ExpectationError
from workbook.grade.grading import Grading, Options, Step
from workbook.grade.store import FILE, Store, StoreError
from workbook.grade.workers import Limits, WorkerLostError

EXPECTED = (
    intake.IntakeError,
    StoreError,
    ExpectationError,
    WorkerLostError,
    cluster.SchedulerError,
)


lessons_option = click.option(
    "--lessons", default="", metavar="01-05", help="Only these: 02, 01-05, 01,03."
)


@click.command("cohort")
@click.argument("submissions", type=click.Path(exists=True, file_okay=True, path_type=Path))
@lessons_option
@click.option(
    "--out", type=click.Path(path_type=Path), default=Path("grades"), help="Where results go."
)
@click.option("--scheduler", metavar="dask://HOST:PORT", help="Grade on a Dask cluster.")
@click.option(
    "--jobs", type=click.IntRange(1), default=os.cpu_count() or 1, help="Workers at once."
)
@click.option("--resume", is_flag=True, help="Insist on results of an earlier run in --out.")
@click.option("--timeout-s", default=10.0, help="Seconds that one submission may take.")
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
    scheduler: str | None,
    jobs: int,
    resume: bool,  # noqa: FBT001 - click hands over a flag
    timeout_s: float,
    memory_mib: int,
    as_json: bool,  # noqa: FBT001 - the same
    tier: str | None,
    trusted: bool,  # noqa: FBT001 - the same
) -> None:
    """Grade a folder with a folder for each learner.

    Run it again after a stop: what was graded stays, and only what is new or changed is graded.
    Exit 0 done, 1 something needs a person, 2 wrong use.
    Example: workbook grade submissions --lessons 01-05 --out results
    """
    desk = open_desk()
    chosen = chosen_lessons(desk, lessons)
    if resume and not (out / FILE).exists():
        raise click.UsageError(f"--resume: {out / FILE} does not exist; leave --resume out")
    options = Options(chosen_tier(tier, trusted=trusted), jobs, Limits(timeout_s, memory_mib))
    try:
        cohort = intake.read_folder(submissions, chosen, desk.home)
        store = Store(out / FILE)
        for note in cohort.notes:
            click.echo(f"note: {note}", err=True)
        grader = Grading(desk.home, store, options, show)
        if scheduler:
            lost = cluster.grade(scheduler, cohort, chosen, grader)
        else:
            lost = grader.grade(cohort, chosen)
        paths = gradebook.write(store, chosen, out)
        document = gradebook.document(store.entries(), chosen)
    except EXPECTED as error:
        raise click.UsageError(str(error)) from None
    except KeyboardInterrupt:
        click.echo("stopped; what was graded is kept. The same command goes on.", err=True)
        raise SystemExit(130) from None
    finish(document, paths, lost, as_json=as_json)


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


def show(step: Step) -> None:
    """Write one line for a submission that is done."""
    how = "  (known)" if step.known else ""
    trouble = f"  {clean.line(step.trouble)}" if step.trouble else ""
    who = clean.line(step.learner, 30)
    click.echo(
        f"{step.done}/{step.total}  {who:<30}  {step.lesson:<20}  {step.verdict}{how}{trouble}",
        err=True,
    )


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
