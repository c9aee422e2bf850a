"""Letting something happen in the middle of a request: before any one of its statements, from another thread."""

import re
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

import pytest
from flask import Flask
from support.statements import hearing_statements

from movietracker.models import LIBRARY_TABLES

_LIBRARY = re.compile(r"\b(" + "|".join(table.name for table in LIBRARY_TABLES) + r")\b")


@dataclass
class Statements:
    """The statements on libraries that a block ran, and whether something was done in its middle."""

    texts: list[str] = field(default_factory=list)
    is_done: bool = False


@contextmanager
def before_statement(app: Flask, number: int, do: Callable[[], object] = lambda: None) -> Iterator[Statements]:
    """Do something in another thread before this thread's statement of that number (from 0), and wait for it."""
    ran = Statements()
    me = threading.get_ident()

    def listen(_connection: object, _cursor: object, text: str, *_: object) -> None:
        if threading.get_ident() != me or not _LIBRARY.search(text):
            return
        ran.texts.append(text)
        if len(ran.texts) == number + 1:
            ran.is_done = True
            in_a_thread(do)

    with hearing_statements(app, listen):
        yield ran


def count_statements(app: Flask, do: Callable[[], object]) -> list[str]:
    """The statements that this runs."""
    with before_statement(app, -1) as ran:
        do()
    return ran.texts


def in_a_thread(do: Callable[[], object]) -> None:
    """Run it to its end in another thread; what it raises is raised here."""
    together([do])


def together(tasks: list[Callable[[], object]], patience: float = 60.0) -> list[object]:
    """Run all of these at once, each in a thread; return what each returned, raise what one raised."""
    barrier = threading.Barrier(len(tasks))
    results: list[object] = [None] * len(tasks)
    problems: list[BaseException] = []

    def run(index: int) -> None:
        try:
            barrier.wait(patience)
            results[index] = tasks[index]()
        except BaseException as problem:  # noqa: BLE001 - raised again in the waiting thread
            problems.append(problem)

    threads = [threading.Thread(target=run, args=(index,), daemon=True) for index in range(len(tasks))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(patience)
    if problems:
        raise problems[0]
    if any(thread.is_alive() for thread in threads):
        pytest.fail("a thread does not end")
    return results
