"""Calls in threads of their own, which their callers can leave."""

import threading
from collections.abc import Callable
from concurrent.futures import Future
from contextvars import copy_context
from functools import partial
from typing import TypeVar

T = TypeVar("T")


def call_in_thread(work: Callable[[], T], name: str) -> Future[T]:
    """Start ``work`` in a thread that does not keep the process from ending; raises RuntimeError if there is none."""
    future: Future[T] = Future()
    run = partial(copy_context().run, _fulfill, future, work)
    threading.Thread(target=run, name=name, daemon=True).start()
    return future


def calls_under_way(name: str) -> int:
    """How many threads of this name there are: calls that are waited for, and those that were left and hang."""
    return sum(thread.name == name for thread in threading.enumerate())


def _fulfill(future: Future[T], work: Callable[[], T]) -> None:
    try:
        future.set_result(work())
    except BaseException as error:  # noqa: BLE001 - raised again by whoever waits
        future.set_exception(error)
