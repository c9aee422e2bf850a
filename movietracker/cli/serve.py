"""``movietracker serve``."""

from __future__ import annotations

import socket

import click
from flask import current_app
from flask.cli import ScriptInfo, pass_script_info

from .. import logs
from .._version import __version__
from ..state import state
from .plain import PlainCommand
from .prepare import let_go, prepare_instance, start_lines
from .server import Server, allow_many_files, default_workers, listen, shared_metrics, url_of

DEFAULT_PORT = 8000
DEFAULT_THREADS = 16


@click.command("serve", cls=PlainCommand)
@click.option("--host", default="127.0.0.1", show_default=True, help="Address to listen on; 0.0.0.0 for all.")
@click.option(
    "--port",
    type=click.IntRange(0, 65535),
    default=DEFAULT_PORT,
    envvar="PORT",
    show_default=True,
    show_envvar=True,
    help="Port to listen on; 0 for any free one.",
)
@click.option(
    "--workers",
    type=click.IntRange(1, 64),
    default=default_workers,
    envvar="WEB_CONCURRENCY",
    show_default="one for each core, 4 at most",
    show_envvar=True,
    help="Processes.",
)
@click.option(
    "--threads", type=click.IntRange(1, 256), default=DEFAULT_THREADS, show_default=True, help="Threads in each."
)
@click.option("--reload", is_flag=True, help="Start anew when the code changes; for development.")
@click.option("--upgrade/--no-upgrade", default=True, help="Migrate the database first (the default), or do not.")
@pass_script_info
def serve(info: ScriptInfo, host: str, port: int, workers: int, threads: int, reload: bool, upgrade: bool) -> None:
    """Prepare the instance and serve the API until it is stopped.

    The first start makes an account and shows its password, once.
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


def _configure_log() -> None:
    secrets = [current_app.config[setting.name] for setting in state().settings if setting.secret]
    logs.configure(current_app.config["LOG_FORMAT"], secrets)


def _prepare(info: ScriptInfo, listener: socket.socket, *, upgrade: bool) -> None:
    app = info.load_app()
    try:
        with app.app_context():
            _configure_log()
            owner = prepare_instance(upgrade=upgrade)
            click.echo(f"movietracker {__version__}\n")
            for line in start_lines(url_of(listener)):
                click.echo(f"  {line}")
    finally:
        let_go(app)
    if owner is not None:
        click.echo("\nAn account was made for you; this password is not shown again:\n")
        click.echo(f"  E-mail        {owner.email}\n  Password      {owner.password}")
    click.echo()
