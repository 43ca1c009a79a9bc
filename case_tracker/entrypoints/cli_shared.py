"""What the commands share: units of work, common options, advice. Never runs a use case."""

import getpass
from collections.abc import Callable
from functools import update_wrapper
from typing import Any

import click

from case_tracker.bootstrap import build_units
from case_tracker.domain.audit import Actor
from case_tracker.domain.case import Case, CaseId
from case_tracker.domain.errors import (
    CaseAlreadyExistsError,
    CaseNotFoundError,
    CaseTrackerError,
    CommitOutcomeUnknownError,
    ConcurrentUpdateError,
    DatabaseUnavailableError,
    InvalidTransitionError,
    ReferenceTakenError,
)

expecting = click.option(
    "--expected-version",
    type=click.IntRange(min=1),
    help="Refuse when the case is not at this version any more; `show` prints it.",
)
as_json = click.option("--json", "as_json", is_flag=True, help="Print JSON, for programs.")


def login_actor() -> Actor:
    """Return who is logged in, for the history."""
    return Actor(_login_name())


def _login_name() -> str:
    try:
        return getpass.getuser()
    except (OSError, KeyError):
        raise click.UsageError("nobody is logged in; say who you are with --actor") from None


by_actor = click.option(
    "--actor",
    type=Actor,
    default=_login_name,
    help="In whose name, for the history; the login name if not given.",
)


def pass_units(command: Callable[..., object]) -> Callable[..., object]:
    """Hand the command its units of work, on a database whose tables are up to date."""

    @click.pass_context
    def call(ctx: click.Context, /, **options: Any) -> object:
        units = build_units(ctx.obj)
        ctx.call_on_close(units.close)
        return ctx.invoke(command, units, **options)

    return update_wrapper(call, command)


def line(case: Case) -> str:
    """Return one line about a case: `CASE-001 DRAFT Late report (version 1)`."""
    return f"{case.id.value} {case.status.value} {case.title} (version {case.version})"


def advice(error: CaseTrackerError) -> str:
    """Return what the person can do about it, to stand behind the message."""
    remedy = ""  # the other messages have their rule, or their remedy, in them
    match error:
        case CaseNotFoundError():
            remedy = "; see: case-tracker list"
        case ReferenceTakenError():
            remedy = "; find it with: case-tracker list --json"
        case CaseAlreadyExistsError():
            remedy = "; choose another id: that of a deleted case stays taken, too"
        case InvalidTransitionError():
            steps = ", ".join(sorted(error.source.next_steps)) or "nowhere"
            remedy = f"; from {error.source} it goes to: {steps}"
        case ConcurrentUpdateError(case_id=CaseId(value=value)):
            remedy = f": case-tracker show {value}"
        case CommitOutcomeUnknownError():
            remedy = " (case-tracker show) before you repeat the command"
        case DatabaseUnavailableError():
            remedy = "; check --database, or whether the server runs"
    return remedy
