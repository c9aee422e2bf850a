"""``movietracker serve``, and its preparations: folders, migrations, the first account, the start-up lines."""

import logging
import os
import secrets
import socket
from collections.abc import Iterator
from pathlib import Path

import click
from alembic import command
from alembic.util import CommandError
from filelock import FileLock
from flask import Flask, current_app
from flask.cli import ScriptInfo, pass_script_info

from .._version import __version__
from ..errors import AccountExists
from ..extensions import db
from ..secret_files import secret_of
from ..services import accounts, first_password
from ..state import state
from . import logs
from .doctor import configuration
from .plain import PlainCommand, database_place
from .server import Server, allow_many_files, listen, url_of
from .shared_metrics import shared_metrics

OWNER_EMAIL = "owner@movietracker.local"
OWNER_USERNAME = "owner"

logger = logging.getLogger("movietracker.serve")

# How long a process waits for another one that migrates the same database.
MIGRATION_SECONDS = 300.0

# No letters and digits that look alike; 20 of these 31 characters are 99 bits.
_ALPHABET = "abcdefghijkmnpqrstuvwxyz23456789"


@click.command("serve", cls=PlainCommand)
@click.option("--host", default="127.0.0.1", show_default=True, help="Address to listen on; 0.0.0.0 for all.")
@click.option(
    "--port",
    type=click.IntRange(0, 65535),
    default=8000,
    envvar="PORT",
    show_default=True,
    show_envvar=True,
    help="Port to listen on; 0 for any free one.",
)
@click.option(
    "--workers",
    type=click.IntRange(1, 64),
    default=min(4, os.cpu_count() or 1),
    envvar="WEB_CONCURRENCY",
    show_default="one for each core, 4 at most",
    show_envvar=True,
    help="Processes.",
)
@click.option("--threads", type=click.IntRange(1, 256), default=16, show_default=True, help="Threads in each.")
@click.option("--reload", is_flag=True, help="Restart when the code changes; for development.")
@click.option("--upgrade/--no-upgrade", default=True, help="Migrate the database first (the default), or do not.")
@pass_script_info
def serve(info: ScriptInfo, host: str, port: int, workers: int, threads: int, reload: bool, upgrade: bool) -> None:
    """Prepare the instance and serve the API until it is stopped.

    The first start creates an account and says which file holds its password.
    """
    listener = listen(host, port)
    try:
        _prepare(info, listener, upgrade=upgrade)
    except BaseException:
        listener.close()
        raise
    allow_many_files()
    server = Server(listener, workers=workers, threads=threads, reload=reload)
    try:
        with shared_metrics():
            server.run()
    finally:
        server.restart_if_changed()


def _prepare(info: ScriptInfo, listener: socket.socket, *, upgrade: bool) -> None:
    app = info.load_app()
    with app.app_context():
        try:
            hidden = [app.config[setting.name] for setting in state().settings if setting.secret]
            logs.configure(app.config["LOG_FORMAT"], hidden)
            password_file = _prepare_instance(upgrade=upgrade)
            for finding in configuration():
                if finding.level != "ok":
                    logger.warning("%s %s", finding.sentence, finding.remedy)
            click.echo(f"movietracker {__version__}\n")
            for line in _start_lines(url_of(listener)):
                click.echo(f"  {line}")
            unchanged = first_password.place() if first_password.is_kept() else None
        finally:
            _release()
    if password_file is not None:
        click.echo("\nAn account was made for you; its password is in a file until you change it:\n")
        click.echo(f"  E-mail        {OWNER_EMAIL}\n  Password      in {password_file}")
    elif unchanged is not None:
        click.echo(f"\nThe password of your account is the generated one until you change it; it is in {unchanged}")
    click.echo()


def _prepare_instance(*, upgrade: bool) -> Path | None:
    """Create what the current application needs; returns the file with the password of the owner's account if it was.

    Raises ClickException if the database belongs to a newer version.
    """
    if not current_app.config["MOVIETRACKER_PLUGIN_DIR"]:
        Path(current_app.instance_path, "plugins").mkdir(mode=0o700, exist_ok=True)
    if upgrade:
        _upgrade_database()
    if accounts.has_accounts():
        return None
    password = _new_password()
    try:
        owner = accounts.create_account(OWNER_EMAIL, OWNER_USERNAME, password)
    except AccountExists:  # another process was first
        return None
    try:
        return first_password.keep(password)
    except OSError:
        accounts.delete_account(owner.id)  # nobody could log in
        raise


def _upgrade_database() -> None:
    """Run pending migrations, in one process at a time."""
    config = current_app.extensions["migrate"].migrate.get_config()
    lock = Path(current_app.instance_path, "locks", "migrations.lock")
    try:
        with FileLock(lock, timeout=MIGRATION_SECONDS, mode=0o600):
            command.upgrade(config, "head")
    except OSError as error:
        error.filename = error.filename or str(lock)  # where files cannot be locked, none is told
        raise
    except CommandError as error:
        raise click.ClickException(f"This version of movietracker cannot migrate the database: {error}.") from error


def _new_password() -> str:
    letters = "".join(secrets.choice(_ALPHABET) for _ in range(20))
    return "-".join(letters[start : start + 5] for start in range(0, 20, 5))


def _start_lines(url: str) -> Iterator[str]:
    """The lines printed at start-up; ``url`` is the server's."""
    yield f"Database      {database_place(db.engine.url)}"
    yield f"Docs          {url}/docs"
    yield f"Admin token   {_admin_token_place(current_app)}"
    providers = state().lookup.chain.providers
    ready = [f"{each.name} ({', '.join(sorted(each.capabilities))})" for each in providers if each.is_configured()]
    idle = [each.name for each in providers if not each.is_configured()]
    yield f"Metadata      {'; '.join(ready) or 'no provider'}"
    if idle:
        yield f"              not configured: {', '.join(idle)}"


def _admin_token_place(app: Flask) -> str:
    path = Path(app.instance_path, "admin_token")
    if path.is_file() and secret_of(path.parent, path.name) == app.config["ADMIN_TOKEN"]:
        return str(path)
    return "as you set it in ADMIN_TOKEN"


def _release() -> None:
    """Close all resources of the current application, so that forked processes share none of them."""
    db.session.remove()
    db.engine.dispose()
    state().lookup.close()
    state().http.close()
    state().rate_limits.close()
    if (redis := state().redis) is not None:
        redis.close()
