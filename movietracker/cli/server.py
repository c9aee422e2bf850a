"""gunicorn as a library: a listening socket, and worker processes that each make an application of their own."""

from __future__ import annotations

import errno
import gc
import logging
import mmap
import os
import resource
import shutil
import signal
import socket
import sys
import tempfile
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, cast

import click
from flask import Flask
from gunicorn.app.base import BaseApplication
from gunicorn.arbiter import Arbiter
from gunicorn.config import Config
from gunicorn.glogging import Logger
from gunicorn.workers.base import Worker

from .. import realtime, scheduler
from ..memory import keep_one_arena
from .lazy import make_app

# Connections that wait while all workers are busy.
BACKLOG = 2048
GRACEFUL_SECONDS = 9

# Idle ones included; those of /ws/sync count no longer once they are open.
WORKER_CONNECTIONS = 4096

METRICS_FOLDER = "PROMETHEUS_MULTIPROC_DIR"

# Counts are in mapped files: on a full disk the system kills who writes to them (SIGBUS), so they stay in memory.
IN_MEMORY = Path("/dev") / "shm"

# Names the listening socket that a reloaded server takes over.
_INHERITED = "_MOVIETRACKER_LISTENER"

# The usual limit of 1024 would be used up by a few hundred sockets and their keep-alive neighbours.
MANY_FILES = 16_384


def listen(host: str, port: int) -> socket.socket:
    """A listening socket; port 0 takes any free one. Raises ClickException when there cannot be one."""
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
    """The address for a browser on this machine."""
    host, port = listener.getsockname()[:2]
    if host in ("0.0.0.0", "::"):  # noqa: S104 - all addresses: this machine is one of them
        host = "localhost"
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"


class Server(BaseApplication):
    """gunicorn with threads; takes over the listening socket.

    With ``reload`` it ends when the code has changed, and ``restart_if_changed`` begins anew: processes forked from
    this one would keep the old code, which is loaded here, too.
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
            "reload": reload,
            "loglevel": "warning",
            "logger_class": _Log,
            # Whether a proxy is to be believed is for TRUSTED_PROXIES to say (see api/guards.py).
            "forwarded_allow_ips": "",
            "secure_scheme_headers": {},
            "proc_name": "movietracker",
            "control_socket_disable": True,
            "when_ready": lambda _: click.echo(f"Ready on {url} - stop it with Ctrl-C."),
            "post_worker_init": _on_worker_start,
            "worker_int": self._on_interrupt,
            "worker_exit": _on_worker_exit,
            "child_exit": _on_child_exit,
        }
        super().__init__()

    def load_config(self) -> None:
        """Hand our options to gunicorn; its own files and command line are not read."""
        for name, value in self.options.items():
            self.cfg.set(name, value)

    def load(self) -> Any:
        """The application of one worker process, made after the fork: no connection or lock is shared."""
        keep_one_arena()
        # Some systems clear /tmp of what has been there for long; the folder may be gone when a worker is replaced.
        Path(os.environ[METRICS_FOLDER]).mkdir(mode=0o700, exist_ok=True)
        app = make_app()
        _spare_the_collector()
        return app

    def run(self) -> None:
        """Serve until told to stop."""
        _spare_the_collector()
        super().run()

    def restart_if_changed(self) -> None:
        """Become a new program with the same arguments and the same socket, if the code has changed."""
        is_worker = os.getpid() != self._pid  # which comes here, too, when it ends
        if self._kept is not None and self._changed[0] and not is_worker:
            self._kept.set_inheritable(True)
            os.environ[_INHERITED] = str(self._kept.fileno())
            os.execv(sys.executable, [sys.executable, *sys.orig_argv[1:]])  # noqa: S606 - what is running already

    def _on_interrupt(self, worker: Worker) -> None:
        """gunicorn's watcher of files calls this from its own thread; the other caller is a signal."""
        if threading.current_thread() is not threading.main_thread():
            self._changed[0] = 1
            os.kill(worker.ppid, signal.SIGTERM)


class _Log(Logger):
    """gunicorn's own messages go where ours go; requests are for the application to log."""

    def setup(self, cfg: Config) -> None:
        """Write nothing here: the root logger does."""
        self.cfg = cfg
        self._access_log_enabled = False
        self.error_log.setLevel(logging.WARNING)
        self.error_log.propagate = True

    def access(self, resp: Any, req: Any, environ: Any, request_time: Any) -> None:
        """Nothing: addresses hold tokens."""


@contextmanager
def shared_metrics() -> Iterator[None]:
    """Let the worker processes count together, in files that end with the server; enter it before the first count."""
    if METRICS_FOLDER in os.environ:
        yield
        return
    place = IN_MEMORY if os.access(IN_MEMORY, os.W_OK) else None  # Linux has it, other systems may not
    pid, folder = os.getpid(), tempfile.mkdtemp(prefix="movietracker-metrics-", dir=place)
    os.environ[METRICS_FOLDER] = folder
    try:
        yield
    finally:
        del os.environ[METRICS_FOLDER]
        if os.getpid() == pid:  # a worker comes here, too, when it ends; the others go on counting
            shutil.rmtree(folder, ignore_errors=True)


def _spare_the_collector() -> None:
    """Keep what is loaded out of garbage collections: it stays to the end, and looking through it makes that end slow.

    Without this a worker needs half a second of processor time to exit, and seconds on a busy machine.
    """
    gc.collect()
    gc.freeze()


def _on_worker_start(worker: Worker) -> None:
    app = cast(Flask, worker.app.callable)
    scheduler.start(app)
    # gunicorn knows nothing of sockets; they are closed at once when it is told to stop, while it finishes requests.
    realtime.serve_while(app, lambda: worker.alive)


def _on_worker_exit(_: Arbiter, worker: Worker) -> None:
    app = cast(Flask | None, worker.app.callable)
    if app is not None:  # a worker may end before its application is made
        realtime.stop(app)
        scheduler.stop(app)


def _on_child_exit(_: Arbiter, worker: Worker) -> None:
    """Forget the gauges of a process that has ended, however it did; what it counted stays."""
    for path in Path(os.environ[METRICS_FOLDER]).glob(f"gauge_live*_{worker.pid}.db"):
        path.unlink(missing_ok=True)


def allow_many_files() -> None:
    """Let this process and its workers open as many files as the system allows: each socket of a client is one."""
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = MANY_FILES if most == resource.RLIM_INFINITY else min(MANY_FILES, most)
    if resource.getrlimit(resource.RLIMIT_NOFILE)[0] < wanted:
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, most))


def default_workers() -> int:
    """One process for each core, 4 at most; threads do the waiting."""
    return min(4, os.cpu_count() or 1)
