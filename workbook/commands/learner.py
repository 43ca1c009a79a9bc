"""What a learner types. Every command prints plain text and says what can be done next."""

import json
import shutil

import click

from workbook.commands.practice import watch_command
from workbook.commands.shared import LESSON, WRONG_USE, Desk, check, has_terminal, open_desk, show
from workbook.curriculum import HINT_LEVELS
from workbook.home import command, shown
from workbook.limit import limit_s
from workbook.reset import reset_lesson
from workbook.verdict import Verdict, from_data


def _print(verdict: Verdict, desk: Desk) -> None:
    from workbook.report import lines  # noqa: PLC0415 - `hint` and `list` need no report

    columns = shutil.get_terminal_size().columns
    show(lines(verdict, columns, compare=desk.home.has_solutions))


@click.command("status")
@click.option("--goals", is_flag=True, help="Show the fifteen goals and what reaches them.")
@click.option("--json", "as_json", is_flag=True, help="With --goals: print them as JSON.")
def status_command(*, goals: bool = False, as_json: bool = False) -> None:
    """Show where you stand and what to do next. Exit 0. Example: workbook status --goals."""
    if goals:
        from workbook.commands.quiz import print_goals  # noqa: PLC0415 - it reads every question

        print_goals(as_json=as_json)
        return
    if as_json:
        raise click.UsageError(
            f"--json belongs to --goals: {command('status', '--goals', '--json')}"
        )
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
    """Open the watcher on the current lesson; without a terminal: status and tests. Exit 0."""
    if has_terminal():
        ctx.invoke(watch_command)
        return
    ctx.invoke(status_command)
    click.echo("")
    desk = open_desk()
    _print(check(desk, desk.current), desk)


@click.command("check")
@LESSON
@click.option("--all", "every", is_flag=True, help="Run every lesson; one line for each.")
@click.option("--json", "as_json", is_flag=True, help="Print the verdict as JSON.")
@click.option("--postgres", is_flag=True, help="Run on a private PostgreSQL, not on SQLite.")
@click.pass_context
def check_command(
    ctx: click.Context,
    lesson: str | None,
    every: bool,  # noqa: FBT001 - click hands over a flag
    as_json: bool,  # noqa: FBT001 - the same
    postgres: bool,  # noqa: FBT001 - the same
) -> None:
    """Run the tests of a lesson and say what to do.

    Exit 0 when all passed, 1 when work is left, 2 for an unknown lesson. Example: workbook check 2
    """
    desk = open_desk()
    if every:
        ctx.exit(_check_all(desk))
    chosen = desk.lesson(lesson)
    if postgres and not chosen.postgres:
        raise click.UsageError(f"{chosen.slug} runs on SQLite only; leave out --postgres")
    verdict = check(desk, chosen, postgres=postgres)
    if as_json:
        click.echo(json.dumps(verdict.to_data(), indent=2, default=repr))
    else:
        _print(verdict, desk)
    ctx.exit(0 if verdict.passed else 1)


def _check_all(desk: Desk) -> int:
    from workbook.warm.helper import Helper  # noqa: PLC0415 - only this needs a warm process
    from workbook.warm.orders import Order  # noqa: PLC0415 - the same

    with Helper() as helper:
        for lesson in desk.lessons:
            answer = helper.ask(Order(lesson.folder, limit_s=limit_s()))
            if answer.failure:
                click.echo(f"   {lesson.slug:<24} {answer.failure.splitlines()[0]}")
                continue
            verdict = desk.remember(lesson, from_data(answer.data), move=False)
            mark = "ok" if verdict.passed else "  "
            click.echo(f"{mark} {lesson.slug:<24} {verdict.earned} of {len(verdict.tasks)} tasks")
    return 0 if all(lesson.slug in desk.progress.passed for lesson in desk.lessons) else 1


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
    verdict = check(desk, lesson)
    if not verdict.passed:
        click.echo(f"{lesson.slug} is not finished yet.\n")
        _print(verdict, desk)
        ctx.exit(1)
    following = desk.open_after(lesson) or desk.open_after(None)
    if following is None:
        click.echo("Every lesson has passed. Well done.")
        return
    desk.go_to(following)
    ctx.invoke(status_command)


@click.command("hint")
@click.argument("task", metavar="LESSON[.TASK]", required=False)
def hint_command(task: str | None) -> None:
    """Show the next hint for a task: a question, then the concept, then nearly the code.

    Without a task: the first one that is not green. Example: workbook hint 2.1
    """
    desk = open_desk()
    lesson, number = desk.task(task)
    current = check(desk, lesson).current if not number else None
    chosen = lesson.task(number or (current.number if current else 1))
    label = lesson.label(chosen.number)
    level = desk.open_hint(label)
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
        for sentence in reset_lesson(item, desk.home):
            click.echo(sentence)
        desk.forget(item)


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
    if not desk.home.has_solutions:
        raise click.UsageError("this edition has no solutions; ask whoever gave it to you")
    folder = desk.home.solutions / item.slug
    for path in [*(folder / file.name for file in item.files), folder / "README.md"]:
        click.echo(f"--- {shown(path)}\n{path.read_text(encoding='utf-8')}")
