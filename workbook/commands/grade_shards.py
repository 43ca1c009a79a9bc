"""`workbook grade plan`, `run`, `merge`: one cohort on many machines."""

import json
import os
from pathlib import Path

import click

from workbook.commands.grade_cohort import (
    chosen_lessons,
    chosen_tier,
    extra_option,
    finish,
    in_one_line,
    late_option,
    lessons_option,
    read_cohort,
    read_extra,
    roster_option,
    write_outputs,
)
from workbook.commands.shared import open_desk
from workbook.grade import gradebook, intake, people, shards, tiers
from workbook.grade.expectation import ExpectationError
from workbook.grade.live import Live
from workbook.grade.pair import Options
from workbook.grade.store import FILE, Store, StoreError
from workbook.grade.workers import Limits, WorkerLostError

FOLDER = click.argument("folder", type=click.Path(path_type=Path))


@click.command("plan")
@click.argument("submissions", type=click.Path(exists=True, path_type=Path))
@FOLDER
@click.option("--shards", "count", type=click.IntRange(1), required=True, help="How many parts.")
@lessons_option
@roster_option
@extra_option
@click.option("--timeout-s", default=10.0, help="Seconds that one submission may compute.")
@click.option("--memory-mib", default=512, help="Memory that one submission may take.")
@click.option("--tier", type=click.Choice(["T1", "T2", "T3"]), help="Insist on a tier.")
def plan_command(  # noqa: PLR0913, PLR0917 - a parameter is an option that somebody types
    submissions: Path,
    folder: Path,
    count: int,
    lessons: str,
    roster: Path | None,
    extra_tests: Path | None,
    timeout_s: float,
    memory_mib: int,
    tier: str | None,
) -> None:
    """Split SUBMISSIONS into shards, one file each, in FOLDER.

    Exit 0 done, 2 wrong use. Example: workbook grade plan submissions plan --shards 4
    """
    desk = open_desk()
    limits, hidden = Limits(timeout_s, memory_mib), read_extra(extra_tests, desk)
    options = Options(chosen_tier(tier, trusted=False), 1, limits, hidden)
    try:
        cohort = read_cohort(submissions, chosen_lessons(desk, lessons), desk, roster)
        store = Store(folder / FILE)
    except (intake.IntakeError, people.RosterError, StoreError) as error:
        raise click.UsageError(str(error)) from None
    for number, data in enumerate(shards.plan(cohort, store, options, count), 1):
        path = folder / shards.name_of(number, count)
        path.write_text(json.dumps(data), encoding="utf-8")
        click.echo(f"wrote {path}: {len(data['learners'])} learners")


@click.command("run")
@FOLDER
@click.option("--shard", required=True, metavar="I/N", help="Which part: 2/4.")
@click.option(
    "--jobs", type=click.IntRange(1), default=os.cpu_count() or 1, help="Workers at once."
)
def run_command(folder: Path, shard: str, jobs: int) -> None:
    """Grade one shard of the plan in FOLDER; its result is put beside it.

    Exit 0 done, 1 something was not graded, 2 wrong use.
    Example: workbook grade run plan --shard 2/4
    """
    desk = open_desk()
    number, _, count = shard.partition("/")
    if not (number.isdigit() and count.isdigit() and 1 <= int(number) <= int(count)):
        raise click.UsageError(f"--shard {shard}: write I/N, for example 2/4")
    try:
        data = shards.read(folder / shards.name_of(int(number), int(count)))
        if not tiers.examine(data["tier"]).holds:
            raise click.UsageError(f"{data['tier']} does not hold here; see grade doctor")
        out = folder / shards.name_of(int(number), int(count), "sqlite")
        with Live(len(data["submissions"])) as live:
            lost = shards.run(data, desk.lessons, desk.home, out, jobs, live.show)
    except (shards.ShardError, StoreError, ExpectationError, WorkerLostError) as error:
        raise click.UsageError(str(error)) from None
    click.echo(f"wrote {out}")
    raise SystemExit(bool(lost))


@click.command("merge")
@FOLDER
@click.option(
    "--out", type=click.Path(path_type=Path), default=Path("grades"), help="Where results go."
)
@lessons_option
@late_option
@click.option("--json", "as_json", is_flag=True, help="Print the results as JSON.")
def merge_command(
    folder: Path,
    out: Path,
    lessons: str,
    late_rule: str | None,
    as_json: bool,  # noqa: FBT001 - click hands over a flag
) -> None:
    """Put the graded shards of FOLDER together.

    Exit 0 done, 2 wrong use. Example: workbook grade merge plan --out results
    """
    desk = open_desk()
    chosen = chosen_lessons(desk, lessons)
    parts = sorted(folder.glob("shard-*-of-*.sqlite"))
    if not parts:
        raise click.UsageError(f"no graded shards in {folder}; `grade run` makes them")
    with in_one_line():
        store = Store(out / FILE)
        shards.merge(parts, store)
        if late_rule:
            store.late_rule = late_rule
        paths = write_outputs(store, chosen, desk, out)
        document = gradebook.document(store, chosen)
    finish(document, paths, [], as_json=as_json)
