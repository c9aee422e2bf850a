"""Flask-Migrate's commands, with plain errors."""

from __future__ import annotations

from flask_migrate.cli import db as flask_migrate_group

from .plain import PlainGroup

db = PlainGroup(
    "db",
    commands=flask_migrate_group.commands,
    params=flask_migrate_group.params,
    callback=flask_migrate_group.callback,
    help="Migrate the database.",
)
