"""`workbook grade doctor`: what the sandbox is worth on this machine."""

import click

from workbook.grade import tiers


@click.command("doctor")
def doctor_command() -> None:
    """Try to break out of the sandbox on this machine; print its tier.

    Exit 0: code of strangers can be graded here. Exit 1: it cannot.
    Example: workbook grade doctor
    """
    found = tiers.best()
    for attempt in found.attempts:
        mark = "stopped" if attempt.stopped else "GOT THROUGH"
        click.echo(f"  {mark:<12} {attempt.name}")
        click.echo(f"               {attempt.said}")
    click.echo(f"{found.tier}: {tiers.WORDS[found.tier]}")
    if found.failure:
        click.echo(found.failure)
    if not tiers.is_trusted(found.tier):
        click.echo("code of strangers is refused here without --i-trust-these-submissions")
        raise SystemExit(1)
