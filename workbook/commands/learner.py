"""What a learner types. Every command prints plain text and says what can be done next."""

import json
import shutil
from pathlib import Path

import click

from workbook.commands.shared import WRONG_USE, Desk, open_desk
from workbook.curriculum import HINT_LEVELS, Lesson
from workbook.derive import starter
from workbook.home import command, shown
from workbook.verdict import Verdict

LESSON = click.argument("lesson", required=False, metavar="[LESSON]")


def _check(desk: Desk, lesson: Lesson, *, postgres: bool = False) -> Verdict:
    """Run a lesson and remember when it has passed."""
    from workbook.check import CheckError, run  # noqa: PLC0415 - it loads pytest and SQLAlchemy

    try:
        verdict = run(lesson, postgres=postgres)
    except CheckError as error:
        raise click.ClickException(str(error)) from None
    passed = set(desk.progress.passed) - {lesson.slug}
    desk.progress.passed = sorted(passed | {lesson.slug} if verdict.passed else passed)
    desk.progress.current = lesson.slug
    desk.progress.save()
    return verdict


def _print(verdict: Verdict) -> None:
    from workbook.report import render  # noqa: PLC0415 - see above

    for line in render(verdict, shutil.get_terminal_size().columns):
        click.echo(line)


@click.command("status")
def status_command() -> None:
    """Show where you stand and what to do next. Exit 0."""
    desk = open_desk()
    lesson = desk.current
    done = sum(item.slug in desk.progress.passed for item in desk.lessons)
    click.echo(f"{done} of {len(desk.lessons)} lessons passed")
    click.echo(f"now: {lesson.slug}  {lesson.title}  (about {lesson.minutes} minutes)")
    click.echo(f"  read   {shown(lesson.folder / 'README.md')}")
    click.echo(f"  edit   {shown(lesson.folder / lesson.files[0].name)}")
    click.echo(f"  check  {command('check', str(lesson.number))}")


@click.command("learn")
@click.pass_context
def learn_command(ctx: click.Context) -> None:
    """Show where you stand and run the current lesson's tests. Exit 0: unfinished is normal."""
    ctx.invoke(status_command)
    click.echo("")
    desk = open_desk()
    _print(_check(desk, desk.current))


@click.command("check")
@LESSON
@click.option("--json", "as_json", is_flag=True, help="Print the verdict as JSON.")
@click.option("--postgres", is_flag=True, help="Run on a private PostgreSQL, not on SQLite.")
@click.pass_context
def check_command(ctx: click.Context, lesson: str | None, as_json: bool, postgres: bool) -> None:  # noqa: FBT001 - click hands over flags
    """Run the tests of a lesson and say what to do.

    Exit 0 when all passed, 1 when work is left, 2 for an unknown lesson. Example: workbook check 2
    """
    desk = open_desk()
    chosen = desk.lesson(lesson)
    if postgres and not chosen.postgres:
        raise click.UsageError(f"{chosen.slug} runs on SQLite only; leave out --postgres")
    verdict = _check(desk, chosen, postgres=postgres)
    if as_json:
        click.echo(json.dumps(verdict.to_data(), indent=2, default=repr))
    else:
        _print(verdict)
    ctx.exit(0 if verdict.passed else 1)


@click.command("list")
@click.option("--json", "as_json", is_flag=True, help="Print the list as JSON.")
def list_command(as_json: bool) -> None:  # noqa: FBT001 - click hands over a flag
    """List the lessons: done, open, current. Example: workbook list --json."""
    desk = open_desk()
    rows = [
        {
            "lesson": lesson.slug,
            "title": lesson.title,
            "minutes": lesson.minutes,
            "passed": lesson.slug in desk.progress.passed,
            "current": lesson is desk.current,
        }
        for lesson in desk.lessons
    ]
    if as_json:
        click.echo(json.dumps(rows, indent=2))
        return
    for row in rows:
        mark = "ok" if row["passed"] else "->" if row["current"] else "  "
        click.echo(f"{mark} {row['lesson']:<24} {row['title']}  ({row['minutes']} min)")


@click.command("next")
@click.pass_context
def next_command(ctx: click.Context) -> None:
    """Go to the next open lesson, when this one has passed.

    Exit 1 and stay when it has not. Example: workbook next
    """
    desk = open_desk()
    lesson = desk.current
    verdict = _check(desk, lesson)
    if not verdict.passed:
        click.echo(f"{lesson.slug} is not finished yet.\n")
        _print(verdict)
        ctx.exit(1)
    following = desk.open_after(lesson) or desk.open_after(None)
    if following is None:
        click.echo("Every lesson has passed. Well done.")
        return
    desk.progress.current = following.slug
    desk.progress.save()
    ctx.invoke(status_command)


@click.command("hint")
@click.argument("task", metavar="LESSON[.TASK]", required=False)
def hint_command(task: str | None) -> None:
    """Show the next hint for a task: a question, then the concept, then nearly the code.

    Without a task: the first one that is not green. Example: workbook hint 2.1
    """
    desk = open_desk()
    word, _, number = (task or "").partition(".")
    lesson = desk.lesson(word or None)
    if number and not (number.isdigit() and 1 <= int(number) <= len(lesson.tasks)):
        labels = ", ".join(lesson.label(t.number) for t in lesson.tasks)
        raise click.UsageError(f"no task {task!r}. {lesson.slug} has: {labels}")
    current = _check(desk, lesson).current if not number else None
    chosen = lesson.task(int(number) if number else current.number if current else 1)
    label = lesson.label(chosen.number)
    level = min(desk.progress.hints.get(label, 0) + 1, HINT_LEVELS)
    desk.progress.hints[label] = level
    desk.progress.save()
    click.echo(f"{label}  {chosen.todo}\n")
    for shown_level, hint in enumerate(chosen.hints[:level], 1):
        click.echo(click.wrap_text(hint, 80, f"  {shown_level}. ", "     "))
    if level < HINT_LEVELS:
        click.echo(f"\n  more: {command('hint', label)}")


@click.command("reset")
@LESSON
@click.option("--all", "every", is_flag=True, help="Reset every lesson.")
@click.option("--yes", is_flag=True, help="Do not ask.")
def reset_command(lesson: str | None, every: bool, yes: bool) -> None:  # noqa: FBT001 - click hands over flags
    """Bring a starter back; your file is kept beside it. Example: workbook reset 2."""
    desk = open_desk()
    if lesson is None and not every:
        raise click.UsageError(f"say which lesson: {command('reset', '2')}, or --all")
    chosen = desk.lessons if every else [desk.lesson(lesson)]
    if not yes:
        click.confirm(f"Reset {', '.join(item.slug for item in chosen)}?", abort=True)
    for item in chosen:
        for name, text in starter(item, desk.home).items():
            _reset(item.folder / name, text)
        desk.progress.passed = [slug for slug in desk.progress.passed if slug != item.slug]
    desk.progress.save()


def _reset(path: Path, text: str) -> None:
    if path.exists() and path.read_bytes() == text.encode():
        click.echo(f"{shown(path)} is the starter already")
        return
    if path.exists():
        aside = _free_name(path)
        path.rename(aside)
        click.echo(f"{shown(path)} is the starter again; yours is {shown(aside)}")
    path.write_text(text, encoding="utf-8", newline="\n")


def _free_name(path: Path) -> Path:
    number = 1
    while (aside := path.with_name(f"{path.name}.before-reset-{number}")).exists():
        number += 1
    return aside


@click.command("solution")
@LESSON
@click.option("--give-up", is_flag=True, help="Show it although the lesson has not passed.")
def solution_command(lesson: str | None, give_up: bool) -> None:  # noqa: FBT001 - click hands over a flag
    """Show the reference solution and why it is so. Example: workbook solution 2."""
    desk = open_desk()
    item = desk.lesson(lesson)
    if item.slug not in desk.progress.passed and not give_up:
        click.echo(f"{item.slug} has not passed yet. To see the solution anyway:")
        click.echo(f"  {command('solution', item.slug[:2], '--give-up')}")
        raise SystemExit(WRONG_USE - 1)
    folder = desk.home.solutions / item.slug
    if not folder.is_dir():
        raise click.UsageError("this edition has no solutions; ask whoever gave it to you")
    for path in [*(folder / file.name for file in item.files), folder / "README.md"]:
        click.echo(f"--- {shown(path)}\n{path.read_text(encoding='utf-8')}")
