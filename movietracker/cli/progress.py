"""Long commands: a bar or lines of progress on standard error, and waiting for another process."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TypeVar

import click
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

SECONDS_BETWEEN_LINES = 5.0
SECONDS_BETWEEN_ATTEMPTS = 0.5

T = TypeVar("T")

Show = Callable[[int, int | None], None]
"""Called with how much is done, and the total if it is known."""


@contextmanager
def progress(description: str, unit: str) -> Iterator[Show]:
    """Show progress: a bar with ``description`` on a terminal, else a line with ``unit`` (in plural) now and then."""
    console = Console(stderr=True)
    if not console.is_terminal:
        yield _lines(unit)
        return
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=console, transient=True) as bars:
        task = bars.add_task(description, total=None)
        yield lambda done, total: bars.update(task, completed=done, total=total)


def _lines(unit: str) -> Show:
    said_at = time.monotonic()

    def show(done: int, total: int | None) -> None:
        nonlocal said_at
        if time.monotonic() - said_at >= SECONDS_BETWEEN_LINES:
            said_at = time.monotonic()
            click.echo(f"{done} {unit}" if total is None else f"{done} of {total} {unit}", err=True)

    return show


def when_free(work: Callable[[], T | None], doing: str) -> T:
    """Repeat ``work`` until no other process does it (then it returns None); ``doing`` says what they do."""
    result = work()
    if result is None:
        click.echo(f"Another process is {doing}; waiting for it to finish (stop with Ctrl-C).", err=True)
    while result is None:
        time.sleep(SECONDS_BETWEEN_ATTEMPTS)
        result = work()
    return result
