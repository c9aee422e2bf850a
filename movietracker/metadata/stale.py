"""How a caller learns that an answer was an expired one, served because the upstream failed."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

_collector: ContextVar[list[str] | None] = ContextVar("stale_answers", default=None)


@contextmanager
def stale_answers() -> Iterator[list[str]]:
    """Collect the names of the clients that served an expired answer inside the block.

    The API adds ``Warning: 110`` to its response when the list is not empty::

        with stale_answers() as stale:
            hits = chain.search(query)
        if stale:
            response.headers["Warning"] = '110 - "Response is Stale"'
    """
    names: list[str] = []
    token = _collector.set(names)
    try:
        yield names
    finally:
        _collector.reset(token)


def note_stale(name: str) -> None:
    """Tell the enclosing :func:`stale_answers`, if there is one."""
    names = _collector.get()
    if names is not None:
        names.append(name)
