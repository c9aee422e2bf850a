"""Simultaneous callers that want the same thing share one attempt to get it, and its result or its error."""

from __future__ import annotations

import threading
from collections.abc import Callable, Hashable
from typing import Generic, TypeVar

from .deadline import Deadline

T = TypeVar("T")


class TooBusyError(Exception):
    """The system gives no further thread."""


class _Flight(Generic[T]):
    """One attempt under way."""

    def __init__(self, seconds: float) -> None:
        self.deadline = Deadline(seconds)
        self._landed = threading.Event()
        self._result: list[T] = []
        self._error: BaseException | None = None

    def fly(self, work: Callable[[Deadline], T]) -> None:
        try:
            self._result.append(work(self.deadline))
        except BaseException as error:  # noqa: BLE001 - not swallowed: every waiter gets it
            self._error = error

    def land(self) -> None:
        self._landed.set()

    def result(self, patience: float) -> T:
        if not self._landed.wait(patience):
            raise TimeoutError("The flight is overdue.")
        if self._error is not None:
            raise self._error.with_traceback(None)
        return self._result[0]


class SingleFlight(Generic[T]):
    """The flights of one process by key.

    Each flies in a thread of its own. So a caller can leave at its own deadline even if the work hangs where nothing
    can interrupt it (looking up a host name), and the others still get the result.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._flights: dict[Hashable, _Flight[T]] = {}

    def run(self, key: Hashable, work: Callable[[Deadline], T], *, seconds: float, patience: float) -> T:
        """The result of ``work``, done now or by the flight of this key that is under way.

        ``work`` is given a deadline ``seconds`` ahead and should keep it. Raises what it raised, TimeoutError after
        ``patience`` seconds, TooBusyError when no thread can be started.
        """
        return self._join(key, work, seconds).result(patience)

    def _join(self, key: Hashable, work: Callable[[Deadline], T], seconds: float) -> _Flight[T]:
        with self._lock:
            flight = self._flights.get(key)
            # One that is overdue hangs; nobody else should wait for it.
            if flight is not None and not flight.deadline.passed:
                return flight
            flight = _Flight(seconds)
            thread = threading.Thread(target=self._fly, args=(key, flight, work), name="provider-call", daemon=True)
            try:
                thread.start()
            except RuntimeError as error:
                raise TooBusyError from error
            self._flights[key] = flight
            return flight

    def _fly(self, key: Hashable, flight: _Flight[T], work: Callable[[Deadline], T]) -> None:
        flight.fly(work)
        with self._lock:
            if self._flights.get(key) is flight:
                del self._flights[key]
        flight.land()
