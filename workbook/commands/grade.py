"""What an instructor types: `workbook grade SUBMISSIONS`, and the words around it."""

import importlib

import click

from workbook.home import shipped

COHORT = "cohort"
COMMANDS = {  # word: the module that has it
    COHORT: "grade_cohort",
    "doctor": "grade_doctor",
    "diff": "grade_store",
    "forget": "grade_store",
    "override": "grade_store",
    "fill": "grade_exports",
    "example": "grade_exports",
    "plan": "grade_shards",
    "run": "grade_shards",
    "merge": "grade_shards",
}
JUDGES = {COHORT, "example", "plan", "run"}  # they compare with solutions
SUMMARIES = {
    "SUBMISSIONS": "Grade the folder: one folder in it for each learner.",
    "doctor": "Try to break out of the sandbox on this machine; print its tier.",
    "diff": "Show what differs between two runs.",
    "forget": "Erase what is stored about a learner.",
    "override": "Decide the points of a learner yourself, with a reason.",
    "fill": "Fill a table downloaded from Canvas or Moodle.",
    "example": "Make a small cohort to try it on.",
    "plan": "Split a cohort into shards for many machines.",
    "run": "Grade one shard of a plan.",
    "merge": "Put graded shards together.",
}


class GradeGroup(click.Group):
    """A group whose first word may be a folder: then it is graded."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 - click's signature
        """Return the names of the commands."""
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, name: str) -> click.Command | None:
        """Import the module of a command."""
        if name not in COMMANDS:
            return None
        if name in JUDGES and not ctx.resilient_parsing and not shipped().has_solutions:
            raise click.UsageError("a learners' edition holds nothing to grade with; use a clone")
        module = importlib.import_module(f"workbook.commands.{COMMANDS[name]}")
        command: click.Command = getattr(module, f"{name}_command")
        return command

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Put the word that nobody types in front of a folder."""
        if args and args[0] not in COMMANDS and args[0] not in ctx.help_option_names:
            args = [COHORT, *args]
        return super().parse_args(ctx, args)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002
        """Write the list of commands without importing one."""
        with formatter.section("Commands"):
            formatter.write_dl(list(SUMMARIES.items()))


@click.group("grade", cls=GradeGroup, subcommand_metavar="SUBMISSIONS | COMMAND [ARGS]...")
def grade_command() -> None:
    """Grade a cohort: `workbook grade SUBMISSIONS`. The submissions are taken for hostile.

    Options of `grade SUBMISSIONS` are shown by `grade cohort --help`.
    Exit codes: 0 done, 1 something needs a person, 2 wrong use.
    """
