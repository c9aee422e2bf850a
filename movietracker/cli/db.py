"""Flask-Migrate's commands with plain errors, and our own for the database as a whole."""

from __future__ import annotations

import click
from flask_migrate.cli import db as flask_migrate_group

from ..sync.upkeep import mark_restored
from .db_copy import copy_command
from .plain import PlainGroup

db = PlainGroup(
    "db",
    commands=dict(flask_migrate_group.commands),
    params=flask_migrate_group.params,
    callback=flask_migrate_group.callback,
    help="Migrate the database, or move it.",
)
db.add_command(copy_command)


@db.command("mark-restored")
def mark_restored_command() -> None:
    """Tell syncing clients that the database was restored to an earlier state.

    Run it once after a restore. Clients that pull by time start over; those that pull by cursor notice by themselves.
    """
    count = mark_restored()
    click.echo(f"Marked {count} {'library' if count == 1 else 'libraries'} as restored; clients will start over.")
