"""`case-tracker db`: the tables of the database. Never opens a unit of work."""

import click

from case_tracker.bootstrap import build_schema
from case_tracker.ports.schema import Schema


@click.group()
@click.pass_context
def db(ctx: click.Context) -> None:
    """Make, upgrade and inspect the tables. Example: case-tracker db upgrade."""
    schema = build_schema(ctx.obj)
    ctx.obj = schema
    ctx.call_on_close(schema.close)


@db.command()
@click.option("--sql", is_flag=True, help="Print the SQL instead of running it.")
@click.pass_obj
def upgrade(schema: Schema, *, sql: bool) -> None:
    """Take the tables to the newest revision, all the way or not at all.

    Example: case-tracker db upgrade. Exit 0 also when there is nothing to do.
    """
    if sql:
        click.echo(schema.upgrade_script())
        return
    schema.upgrade()
    click.echo(f"the database is at revision {schema.current()}")


@db.command()
@click.argument("revision")
@click.pass_obj
def downgrade(schema: Schema, revision: str) -> None:
    """Go back to REVISION, or to 'base': what it did not have is lost. Make a backup first.

    Example: case-tracker db downgrade 0003.
    """
    schema.downgrade(revision)
    click.echo(f"the database is at revision {schema.current() or 'base'}")


@db.command()
@click.pass_obj
def current(schema: Schema) -> None:
    """Show the revision that the tables are at. Example: case-tracker db current."""
    click.echo(schema.current() or "base")


@db.command()
@click.pass_obj
def history(schema: Schema) -> None:
    """List the revisions; * marks the current one. Example: case-tracker db history."""
    at = schema.current()
    for revision in schema.history():
        mark = "*" if revision.id == at else " "
        click.echo(f"{mark} {revision.id} {revision.date} {revision.title}")


@db.command()
@click.pass_obj
def check(schema: Schema) -> None:
    """Exit 0 when the tables are up to date, else 1. Example: case-tracker db check."""
    schema.check()
    click.echo(f"the database is at revision {schema.current()}, as this program needs it")
