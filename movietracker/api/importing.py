"""What an import by a request may take: a budget for its document, and one import at a time for each user."""

import select
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from filelock import FileLock, Timeout
from flask import current_app, request

from ..backup.document.parsing import Budget
from ..errors import BadRequest, BodyTooLarge, TooManyRequests

MAX_RECORDS = 150_000
MAX_EVENTS = 12_000_000
MAX_RATIO = 100.0

# Linux says when a client has closed its side, other systems only when the connection is gone.
_GONE = select.POLLHUP | select.POLLERR | getattr(select, "POLLRDHUP", 0)


def budget_of_request() -> Budget:
    """The budget for the document of this request, which ends with REQUEST_TIMEOUT and when the client has gone."""
    deadline = time.monotonic() + current_app.config["REQUEST_TIMEOUT"]
    has_gone = _watch_client()

    def check() -> None:
        if has_gone():
            raise BadRequest("The client has closed the connection.")
        if time.monotonic() > deadline:
            raise BodyTooLarge("The import takes longer than a request may.")

    return Budget(MAX_RECORDS, MAX_EVENTS, MAX_RATIO, check)


def _watch_client() -> Callable[[], bool]:
    """A function that tells whether the client has closed the connection; where there is none, it never has."""
    sock = request.environ.get("gunicorn.socket")
    if sock is None:
        return lambda: False
    poll = select.poll()
    poll.register(sock.fileno(), _GONE)
    return lambda: bool(poll.poll(0))


@contextmanager
def one_at_a_time(user_id: str) -> Iterator[None]:
    """Let a user run one import on this machine. Raises TooManyRequests for another one."""
    folder = Path(current_app.instance_path, "locks")
    lock = FileLock(folder / f"import-{user_id}", timeout=0, mode=0o600)
    with suppress(OSError):  # a folder that cannot be written must not keep anybody from importing
        folder.mkdir(mode=0o700, exist_ok=True)
        try:
            lock.acquire()
        except Timeout:
            raise TooManyRequests("You are importing a document already.", retry_after=5) from None
    try:
        yield
    finally:
        lock.release()
