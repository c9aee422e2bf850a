"""One value per process, so that nothing with a socket, a lock or a database handle crosses a fork."""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import Generic, TypeVar

T = TypeVar("T")


class PerProcess(Generic[T]):
    """A value that each process makes for itself at its first use.

    What a parent made before a fork stays in the child untouched: neither used nor closed, because closing a
    database or a connection that the parent still uses can harm the parent. ``make`` must be cheap and open
    nothing yet: two threads may call it at once, and one of the values is then thrown away.
    """

    def __init__(self, make: Callable[[], T]) -> None:
        self._make = make
        self._values: dict[int, T] = {}

    def get(self) -> T:
        """This process's value; no lock is taken, since a lock may be held by another thread while forking."""
        pid = os.getpid()
        value = self._values.get(pid)
        return self._values.setdefault(pid, self._make()) if value is None else value

    def take(self) -> T | None:
        """This process's value if it has one, which is then forgotten; for closing it."""
        return self._values.pop(os.getpid(), None)
