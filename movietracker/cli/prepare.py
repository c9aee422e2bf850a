"""What ``movietracker serve`` does before it serves: folders, migrations, the first account, the start-up lines."""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import click
from alembic import command
from alembic.util import CommandError
from flask import Flask, current_app

from ..errors import AccountExists
from ..extensions import db
from ..metadata.deadline import Deadline
from ..metadata.file_lock import file_lock
from ..secret_files import secret_of
from ..services import accounts
from ..state import state

OWNER_EMAIL = "owner@movietracker.local"
OWNER_USERNAME = "owner"

# How long a process waits for another one that migrates the same database.
MIGRATION_SECONDS = 300.0

# No letters and digits that look alike; 20 of these 31 are 99 bits.
_ALPHABET = "abcdefghijkmnpqrstuvwxyz23456789"


@dataclass(frozen=True, slots=True)
class Owner:
    """The account made on the first start, and its password in plain text, to be shown once."""

    email: str
    password: str


def prepare_instance(*, upgrade: bool) -> Owner | None:
    """Make what the current application needs; answers the owner account when it had to be made.

    Raises ClickException when the database belongs to a newer version.
    """
    if not current_app.config["MOVIETRACKER_PLUGIN_DIR"]:
        Path(current_app.instance_path, "plugins").mkdir(mode=0o700, exist_ok=True)
    if upgrade:
        upgrade_database()
    if accounts.has_accounts():
        return None
    owner = Owner(OWNER_EMAIL, _new_password())
    try:
        accounts.create_account(owner.email, OWNER_USERNAME, owner.password)
    except AccountExists:  # another process was first
        return None
    return owner


def upgrade_database() -> None:
    """Run the migrations that are due; one process at a time."""
    config = current_app.extensions["migrate"].migrate.get_config()
    lock = Path(current_app.instance_path, "locks", "migrations.lock")
    try:
        with file_lock(lock, Deadline(MIGRATION_SECONDS)):
            command.upgrade(config, "head")
    except CommandError as error:
        raise click.ClickException(f"This version of movietracker cannot migrate the database: {error}.") from error


def _new_password() -> str:
    letters = "".join(secrets.choice(_ALPHABET) for _ in range(20))
    return "-".join(letters[start : start + 5] for start in range(0, 20, 5))


def start_lines(url: str) -> Iterator[str]:
    """Where everything is, a line each; ``url`` is the server's."""
    yield f"Database      {database_place()}"
    yield f"Docs          {url}/docs"
    yield f"Admin token   {_admin_token_place(current_app)}"
    providers = state().lookup.chain.providers
    ready = [f"{each.name} ({', '.join(sorted(each.capabilities))})" for each in providers if each.is_configured()]
    idle = [each.name for each in providers if not each.is_configured()]
    yield f"Metadata      {'; '.join(ready) or 'no provider'}"
    if idle:
        yield f"              not configured: {', '.join(idle)}"


def database_place() -> str:
    """Where the database of the current application is, without its password."""
    url = db.engine.url
    if url.get_backend_name() == "sqlite":
        return url.database or "in memory"
    return url.render_as_string(hide_password=True)


def _admin_token_place(app: Flask) -> str:
    path = Path(app.instance_path, "admin_token")
    if path.is_file() and secret_of(path.parent, path.name) == app.config["ADMIN_TOKEN"]:
        return str(path)
    return "as you set it in ADMIN_TOKEN"


def let_go(app: Flask) -> None:
    """Close what an application holds open, so that processes forked from this one share none of it."""
    with app.app_context():
        db.session.remove()
        db.engine.dispose()
        state().lookup.close()
        state().http.close()
        if (redis := state().redis) is not None:
            redis.close()
