"""What the caller of a provider sets and learns: a time limit, and whether a response was stale."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

_ends_at: ContextVar[float | None] = ContextVar("ends_at", default=None)
_stale: ContextVar[list[str] | None] = ContextVar("stale", default=None)


@contextmanager
def time_limit(seconds: float) -> Iterator[None]:
    """Bound all provider calls inside the block to this many seconds together; an earlier outer limit stays."""
    token = _ends_at.set(time.monotonic() + time_left(seconds))
    try:
        yield
    finally:
        _ends_at.reset(token)


def time_left(seconds: float) -> float:
    """These seconds, or fewer when an enclosing :func:`time_limit` leaves fewer; never negative."""
    ends_at = _ends_at.get()
    return seconds if ends_at is None else max(0.0, min(seconds, ends_at - time.monotonic()))


@contextmanager
def stale_responses() -> Iterator[list[str]]:
    """Collect the names of the clients that return an expired response inside the block."""
    names: list[str] = []
    token = _stale.set(names)
    try:
        yield names
    finally:
        _stale.reset(token)


def note_stale(name: str) -> None:
    """Tell the enclosing :func:`stale_responses`, if there is one."""
    names = _stale.get()
    if names is not None:
        names.append(name)
