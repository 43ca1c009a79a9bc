"""What belongs to the loop of practice: watch, predict, look, compare, explain."""

import shutil

import click

from workbook.commands.shared import LESSON, WRONG_USE, Desk, check, has_terminal, open_desk, show
from workbook.curriculum import Lesson
from workbook.home import command


def _width() -> int:
    return shutil.get_terminal_size().columns


@click.command("watch")
@LESSON
@click.option(
    "--poll", is_flag=True, help="Look at the files instead of waiting for notifications."
)
def watch_command(lesson: str | None = None, poll: bool = False) -> None:  # noqa: FBT001, FBT002 - click hands over a flag
    """Watch a lesson: save the file, read the verdict.

    Its key ? shows the others. Exit 0. Without a terminal, use `workbook check`.
    Example: workbook watch 2
    """
    desk = open_desk()
    chosen = desk.lesson(lesson)
    if not has_terminal():
        raise click.UsageError(
            f"watching needs a terminal; use {command('check', str(chosen.number))}"
        )
    desk.progress.current = chosen.slug
    from workbook.watch.start import watch  # noqa: PLC0415 - only this command needs it

    watch(desk, poll=poll)


@click.command("diff")
@LESSON
def diff_command(lesson: str | None) -> None:
    """Show what you have changed since the starter. Example: workbook diff 2."""
    from workbook.difference import against_starter  # noqa: PLC0415 - only this command needs it

    desk = open_desk()
    show(against_starter(desk.lesson(lesson), desk.home))


@click.command("statements")
@click.argument("task", metavar="[LESSON[.TASK]]", required=False)
def statements_command(task: str | None) -> None:
    """Show the SQL that the tests saw, with your lines and the budget.

    Without a task: the first one that is not green; after success, all beside the reference's.
    Example: workbook statements 2.5
    """
    from workbook.statements import beside, of_verdict  # noqa: PLC0415 - only this command needs it

    desk = open_desk()
    lesson, number = desk.task(task)
    verdict = check(desk, lesson)
    chosen = verdict.tasks[number - 1] if number else verdict.current
    if verdict.passed and not number:
        from workbook.derive import solution  # noqa: PLC0415 - the same
        from workbook.variants import Variant, run_variants  # noqa: PLC0415 - the same

        reference = run_variants(lesson, [Variant("reference", solution(lesson, desk.home))])
        if not isinstance(theirs := reference["reference"], str):
            show(beside(verdict, theirs, _width()))
            click.echo("")
    show(of_verdict(verdict, chosen, _width()))


@click.command("predict")
@LESSON
@click.argument("answer", required=False)
def predict_command(lesson: str | None, answer: str | None) -> None:
    """Say what you expect before you begin a lesson; then it is run. Example: workbook predict 2 1.

    ANSWER is the number of a choice. Nobody grades it. Exit 0, 2 for a wrong number.
    """
    from workbook.watch.views import outcome, prediction  # noqa: PLC0415 - only this command

    desk = open_desk()
    item = desk.lesson(lesson)
    choices = item.predict.choices
    if answer is None:
        show(prediction(item.predict, "", _width()))
        click.echo("")
        if not has_terminal():
            click.echo(f"  answer: {command('predict', str(item.number), '1')}")
            return
        answer = click.prompt(f"  1-{len(choices)}, Enter skips", default="", show_default=False)
        if not answer:
            desk.predicted(item, "")
            return
    if not (answer.isdigit() and 1 <= int(answer) <= len(choices)):
        raise click.UsageError(f"no choice {answer!r}; there is 1 to {len(choices)}")
    chosen = choices[int(answer) - 1]
    desk.predicted(item, chosen)
    show(outcome(item, chosen, _came(item, desk), _width()))


def _came(lesson: Lesson, desk: Desk) -> str:
    from workbook.check import CheckError  # noqa: PLC0415 - only this command needs it
    from workbook.derive import solution  # noqa: PLC0415 - the same
    from workbook.variants import answer_prediction  # noqa: PLC0415 - the same

    texts = solution(lesson, desk.home) if desk.home.has_solutions else {}
    try:
        return answer_prediction(lesson, texts)
    except CheckError as error:
        raise click.ClickException(str(error)) from None


@click.command("explain")
@LESSON
@click.option("--points", is_flag=True, help="Show the three points at once.")
def explain_command(lesson: str | None, points: bool) -> None:  # noqa: FBT001 - click hands over a flag
    """Answer one question after success, then compare with three points.

    Example: workbook explain 2. Exit 1 before the lesson has passed.
    """
    from workbook.text import wrapped  # noqa: PLC0415 - only this command needs it
    from workbook.watch.views import explanation  # noqa: PLC0415 - the same

    desk = open_desk()
    item = desk.lesson(lesson)
    if item.slug not in desk.progress.passed:
        click.echo(f"{item.slug} has not passed yet: {command('check', str(item.number))}")
        raise SystemExit(WRONG_USE - 1)
    if not points:
        show(wrapped(item.explain, _width(), "  "))
        click.echo("")
        if not has_terminal():
            click.echo(f"  compare: {command('explain', str(item.number), '--points')}")
            return
        click.prompt("  your answer, in your own words", default="", show_default=False)
    show(explanation(item, _width()))
