"""What an author of lessons types: derive, check, begin a new lesson."""

import os
from pathlib import Path

import click

from workbook.commands.shared import open_desk
from workbook.curriculum import CurriculumError, Lesson, find_lesson
from workbook.derive import solution, starter, with_piece, written_solution
from workbook.home import Home, command, shown
from workbook.pages import fill_page, fill_readme, output, page_of
from workbook.verdict import Verdict

TOUR_LESSON = "02_repository"  # the README shows it
TOUR_MISCONCEPTION = 6
LESSONS = click.argument("lessons", nargs=-1, metavar="[LESSON]...")


@click.group("dev")
def dev_command() -> None:
    """Commands for authors of lessons."""


@dev_command.command("sync")
@LESSONS
@click.option("--check", is_flag=True, help="Write nothing; exit 1 when a file is stale.")
def sync_command(lessons: tuple[str, ...], check: bool) -> None:  # noqa: FBT001 - click hands over a flag
    """Derive starters and solutions from the app.

    It overwrites lessons/NN_slug/exercise.py. Exit 0 in step, 1 stale (--check), 2 wrong use.
    Example: workbook dev sync --check
    """
    desk = open_desk()
    chosen = [desk.lesson(word) for word in lessons] or desk.lessons
    try:
        stale = [p for lesson in chosen for p in _sync(lesson, desk.home, write=not check)]
        if not lessons:
            stale += _sync_readme(chosen, desk.home, write=not check)
    except CurriculumError as error:
        raise click.UsageError(str(error)) from None
    for path in stale:
        click.echo(f"{'stale' if check else 'wrote'} {path}")
    if check and stale:
        click.echo(f"bring them up to date: {command('dev', 'sync')}")
        raise SystemExit(1)
    click.echo(f"{len(chosen)} lessons in step")


def _sync(lesson: Lesson, home: Home, *, write: bool) -> list[str]:
    """Return the files that are not what the app says, written anew if asked."""
    derived = {lesson.folder / name: text for name, text in starter(lesson, home).items()}
    for file, text in zip(lesson.files, written_solution(lesson, home).values(), strict=True):
        if file.module:
            derived[home.solutions / lesson.slug / file.name] = text
    page = page_of(lesson)
    if page.exists():
        text = page.read_text(encoding="utf-8")
        derived[page] = fill_page(text, lesson, lambda: _verdict(lesson, home, "starter"))
    return _put(derived, write=write)


def _sync_readme(lessons: list[Lesson], home: Home, *, write: bool) -> list[str]:
    readme = home.root / "README.md"
    lesson = find_lesson(lessons, TOUR_LESSON)
    if not readme.exists() or lesson is None:
        return []
    text = readme.read_text(encoding="utf-8")
    return _put({readme: fill_readme(text, lessons, lambda: _tour(lesson, home))}, write=write)


def _put(derived: dict[Path, str], *, write: bool) -> list[str]:
    """Return the files whose text is another one, written anew if asked."""
    stale = []
    for path, text in derived.items():
        if path.exists() and path.read_text(encoding="utf-8") == text:
            continue
        stale.append(shown(path))
        if write:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8", newline="\n")
    return stale


def _tour(lesson: Lesson, home: Home) -> str:
    """Show the starter, a hint and the answer to a misconception, all captured from runs."""
    task, wrong = lesson.tasks[0], lesson.misconceptions[TOUR_MISCONCEPTION]
    hint = [f"$ workbook hint {lesson.label(1)}", f"{lesson.label(1)}  {task.todo}", ""]
    block = ["```text", *hint, f"  1. {task.hints[0]}", "```"]
    return "\n\n".join(
        [
            "The starter runs, and is wrong:",
            output(_verdict(lesson, home, "starter"), lesson),
            "A hint is a question first:",
            "\n".join(block),
            "A mistake that many people make gets its own answer:",
            output(_verdict(lesson, home, wrong.slug), lesson),
        ]
    )


def _verdict(lesson: Lesson, home: Home, name: str) -> Verdict:
    """Run the starter, or a misconception by its slug."""
    from workbook.variants import Variant, run_variants  # noqa: PLC0415 - it loads SQLAlchemy

    files = starter(lesson, home)
    if name != "starter":
        piece = lesson.folder / "misconceptions" / f"{name.replace('-', '_')}.py"
        files = with_piece(solution(lesson, home), piece.read_text(encoding="utf-8"))
    verdict = run_variants(lesson, [Variant(name, files)])[name]
    if isinstance(verdict, str):
        raise CurriculumError(f"{lesson.slug}: {name} cannot be run: {verdict}")
    return verdict


@dev_command.command("new")
@click.argument("slug", metavar="NN_SLUG")
@click.argument("module", metavar="MODULE.py")
def new_command(slug: str, module: str) -> None:
    """Make the folder of a new lesson, with everything that must be there.

    Example: workbook dev new 17_tags case_tracker/adapters/sql/tags.py
    """
    from workbook.template import new_lesson  # noqa: PLC0415 - only here

    try:
        made = new_lesson(open_desk().home, slug, module)
    except CurriculumError as error:
        raise click.UsageError(str(error)) from None
    for path in made:
        click.echo(f"wrote {shown(path)}")
    click.echo(f"write the tests, then: {command('dev', 'sync', slug[:2])}")


@dev_command.command("check")
@LESSONS
def check_promises_command(lessons: tuple[str, ...]) -> None:
    """Check what is promised of every lesson, by running it.

    Exit 0 when all promises hold, 1 when one is broken. Example: workbook dev check 2
    """
    from concurrent.futures import ThreadPoolExecutor  # noqa: PLC0415 - only here

    from workbook.promises import check_lesson  # noqa: PLC0415 - it loads SQLAlchemy

    desk = open_desk()
    chosen = [desk.lesson(word) for word in lessons] or desk.lessons
    broken = 0
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        for lesson, complaints in zip(
            chosen, pool.map(lambda item: check_lesson(item, desk.home), chosen), strict=True
        ):
            click.echo(f"{'NO' if complaints else 'ok'}  {lesson.slug}")
            for complaint in complaints:
                click.echo(f"    {complaint}")
            broken += len(complaints)
    if broken:
        click.echo(f"{broken} promises are broken")
        raise SystemExit(1)


@dev_command.command("mutants")
@LESSONS
def mutants_command(lessons: tuple[str, ...]) -> None:
    """Break each solution in many small ways and name what the lesson's tests let pass.

    Exit 0 when nothing survives that lesson.toml does not argue, 1 otherwise.
    Example: workbook dev mutants 2
    """
    from workbook.mutants import survivors  # noqa: PLC0415 - it loads SQLAlchemy

    desk = open_desk()
    left = 0
    for lesson in [desk.lesson(word) for word in lessons] or desk.lessons:
        result = survivors(lesson, desk.home)
        click.echo(f"{'NO' if result.complaints else 'ok'}  {lesson.slug}  {result}")
        for complaint in result.complaints:
            click.echo(f"    {complaint}")
        left += len(result.complaints)
    if left:
        click.echo("write a test that kills each, or argue it as [[equivalent]] in lesson.toml")
        raise SystemExit(1)
