"""gunicorn as a library: a listening socket, and worker processes that each create their own application."""

import errno
import logging
import mmap
import os
import resource
import signal
import socket
import sys
import threading
from collections.abc import Mapping
from typing import Any, cast

import click
from flask import Flask
from gunicorn.app.base import BaseApplication
from gunicorn.arbiter import Arbiter
from gunicorn.config import Config
from gunicorn.glogging import Logger
from gunicorn.workers.base import Worker

from .. import metrics, scheduler
from ..memory import collect_less, keep_one_arena
from ..state import state
from . import make_app

# Connections that wait while all workers are busy.
BACKLOG = 2048
GRACEFUL_SECONDS = 9

# How long a thread may keep the interpreter while others wait, a tenth of Python's own: a writer that holds the
# database's lock wants it back after each statement (median of a write with 8 readers: 250 ms instead of 310).
SWITCH_SECONDS = 0.0005

# Including idle ones; open connections of /ws/sync do not count.
WORKER_CONNECTIONS = 4096

# Names the listening socket that a reloaded server takes over.
_INHERITED = "_MOVIETRACKER_LISTENER"

# A few hundred WebSockets and persistent connections would exhaust the usual limit of 1024.
MANY_FILES = 16_384


def listen(host: str, port: int) -> socket.socket:
    """Return a listening socket; port 0 selects any free one. Raises ClickException if the port is not available."""
    if inherited := os.environ.pop(_INHERITED, ""):
        return socket.socket(fileno=int(inherited))
    listener = None
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(
            host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )[0]
        listener = socket.socket(family, kind, protocol)
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind(address)
        listener.listen(BACKLOG)
    except OSError as error:
        if listener is not None:
            listener.close()
        if error.errno == errno.EADDRINUSE:
            sentence = f"Port {port} of {host} is in use by another program; choose another one with --port."
        else:
            sentence = f"Cannot listen on port {port} of {host}: {error.strerror or error}."
        raise click.ClickException(sentence) from error
    return listener


def url_of(listener: socket.socket) -> str:
    """Return the URL for a browser on this machine."""
    host, port = listener.getsockname()[:2]
    if host in ("0.0.0.0", "::"):  # noqa: S104 - all addresses: this machine is one of them
        host = "localhost"
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"


class Server(BaseApplication):
    """gunicorn with threads, on an existing listening socket.

    With ``reload`` it stops when the code has changed, and ``restart_if_changed`` restarts it: processes forked from
    this one would keep the old code that is loaded here.
    """

    def __init__(self, listener: socket.socket, *, workers: int, threads: int, reload: bool) -> None:
        url = url_of(listener)
        self._changed = mmap.mmap(-1, 1)  # shared with the worker processes
        self._kept = listener.dup() if reload else None
        self._pid = os.getpid()
        self.options: Mapping[str, Any] = {
            "bind": f"fd://{listener.detach()}",
            "backlog": BACKLOG,
            "workers": workers,
            "threads": threads,
            "worker_class": "movietracker.cli.worker.Worker",
            "worker_connections": WORKER_CONNECTIONS,
            "keepalive": 30,
            "timeout": 60,
            "graceful_timeout": GRACEFUL_SECONDS,
            "sendfile": False,  # it would wait for the client
            "reload": reload,
            "loglevel": "warning",
            "logger_class": _Log,
            # TRUSTED_PROXIES decides which proxies are trusted (see api/guards.py).
            "forwarded_allow_ips": "",
            "secure_scheme_headers": {},
            "proc_name": "movietracker",
            "control_socket_disable": True,
            "when_ready": lambda _: click.echo(f"Ready on {url} - stop it with Ctrl-C."),
            "post_worker_init": _on_worker_start,
            "worker_int": self._on_interrupt,
            "worker_exit": _on_worker_exit,
            "child_exit": lambda _, worker: metrics.forget_process(int(worker.pid)),
        }
        super().__init__()

    def load_config(self) -> None:
        """Pass our options to gunicorn, which does not read its own files and command line."""
        for name, value in self.options.items():
            self.cfg.set(name, value)

    def load(self) -> Any:
        """Create the application of one worker process after the fork, so that it shares no connection or lock."""
        keep_one_arena()
        sys.setswitchinterval(SWITCH_SECONDS)
        app = make_app()
        with app.app_context():
            state().rate_limits.share_with(self.options["workers"])
            state().hub.share_with(self.options["workers"])
        collect_less()
        return app

    def run(self) -> None:
        """Serve until a signal stops it."""
        collect_less()
        super().run()

    def restart_if_changed(self) -> None:
        """Replace this process by a new one with the same arguments and socket, if the code has changed."""
        is_worker = os.getpid() != self._pid  # which comes here, too, when it ends
        if self._kept is not None and self._changed[0] and not is_worker:
            self._kept.set_inheritable(True)
            os.environ[_INHERITED] = str(self._kept.fileno())
            os.execv(sys.executable, [sys.executable, *sys.orig_argv[1:]])  # noqa: S606 - what is running already

    def _on_interrupt(self, worker: Worker) -> None:
        """Called by gunicorn's file watcher in its own thread, and on a signal."""
        if threading.current_thread() is not threading.main_thread():
            self._changed[0] = 1
            os.kill(worker.ppid, signal.SIGTERM)


class _Log(Logger):
    """Passes gunicorn's messages to our log; the application logs requests."""

    def setup(self, cfg: Config) -> None:
        """Add no handlers: the root logger writes."""
        self.cfg = cfg
        self.error_log.setLevel(logging.WARNING)
        self.error_log.propagate = True


def _on_worker_start(worker: Worker) -> None:
    app = cast(Flask, worker.app.callable)
    scheduler.start(app)
    # gunicorn does not know the WebSockets; they are closed at once when it stops, while it finishes requests.
    with app.app_context():
        state().hub.serve_while(lambda: worker.alive)


def _on_worker_exit(_: Arbiter, worker: Worker) -> None:
    app = cast(Flask | None, worker.app.callable)
    if app is not None:  # a worker may end before its application is made
        with app.app_context():
            state().hub.stop()
        scheduler.stop(app)


def allow_many_files() -> None:
    """Raise the limit of open files as far as the system allows: each WebSocket is one."""
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = MANY_FILES if most == resource.RLIM_INFINITY else min(MANY_FILES, most)
    if resource.getrlimit(resource.RLIMIT_NOFILE)[0] < wanted:
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, most))
