"""The `workbook` command. Each subcommand is imported when it is called: `--help` is fast."""

import importlib
import sys

import click

COMMANDS = {
    "init": "workspace",
    "update": "workspace",
    "learn": "learner",
    "status": "learner",
    "check": "learner",
    "list": "learner",
    "next": "learner",
    "hint": "learner",
    "reset": "learner",
    "mine": "mine",
    "play": "play",
    "break": "breaking",
    "card": "card",
    "solution": "learner",
    "quiz": "quiz",
    "smells": "smells",
    "watch": "practice",
    "diff": "practice",
    "statements": "practice",
    "predict": "practice",
    "explain": "practice",
    "grade": "grade",
    "export": "edition",
    "dev": "author",
}
SUMMARIES = {
    "init": "Make a folder of your own with all lessons.",
    "update": "Bring newer lessons into your folder; yours is never touched.",
    "learn": "Open the watcher on the current lesson.",
    "status": "Show where you stand and what to do next.",
    "check": "Run the tests of a lesson and say what to do.",
    "list": "List the lessons: done, open, current.",
    "next": "Go to the next open lesson, when this one has passed.",
    "hint": "Show a hint for a task, one level at a time.",
    "reset": "Bring a starter back; your file is kept beside it.",
    "mine": "Run the application on the code that you have finished.",
    "play": "Type code at a seeded database, and see what each line sends.",
    "break": "Find the mistake that is hidden in a copy of your file.",
    "card": "Show what your code costs, before and after.",
    "solution": "Show the reference solution and why it is so.",
    "quiz": "Answer questions about real code: what will happen?",
    "smells": "Find data-access smells in a project, each with its line.",
    "watch": "Watch a lesson: save the file, read the verdict.",
    "diff": "Show what you have changed since the starter.",
    "statements": "Show the SQL that the tests saw, with your lines and the budget.",
    "predict": "Say what you expect before you begin a lesson; then it is run.",
    "explain": "Answer one question after success, then compare with three points.",
    "grade": "Grade a cohort, safely: for instructors.",
    "export": "Write the learners' edition, without solutions.",
    "dev": "Commands for authors of lessons.",
}


class LazyGroup(click.Group):
    """A group that knows its commands by name and loads one when it is needed."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 - click's signature
        """Return the names in the order in which a learner meets them."""
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, name: str) -> click.Command | None:  # noqa: ARG002
        """Import the module of a command."""
        if name not in COMMANDS:
            return None
        module = importlib.import_module(f"workbook.commands.{COMMANDS[name]}")
        command: click.Command = getattr(module, f"{name}_command")
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002
        """Write the list of commands without importing one."""
        with formatter.section("Commands"):
            formatter.write_dl(list(SUMMARIES.items()))


@click.group(cls=LazyGroup, invoke_without_command=True)
@click.version_option(package_name="unit-of-workbook")
@click.pass_context
def cli(ctx: click.Context) -> None:
    """Learn production-grade data access, one failing test at a time.

    Without a command: watch the current lesson; without a terminal, show where you stand.
    Exit codes: 0 done, 1 work is left, 2 wrong use.
    """
    if ctx.invoked_subcommand is None:
        from workbook.commands.shared import has_terminal  # noqa: PLC0415 - not needed for --help

        name = "watch" if has_terminal() else "status"
        command = ctx.command.get_command(ctx, name)  # type: ignore[attr-defined] # it is the group above
        ctx.invoke(command)


def main() -> None:
    """Run the command line; a mistake of the user ends in one line, never in a traceback."""
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="replace")  # a terminal without UTF-8 shows `?`, not a crash
    cli(prog_name="workbook")
