"""Progress of long commands: a bar on a terminal, else a line now and then, on standard error."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import click
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

SECONDS_BETWEEN_LINES = 5.0

Show = Callable[[int, int | None], None]
"""Called with how much is done, and how much there is in all (None: nobody knows)."""


@contextmanager
def progress(description: str, unit: str) -> Iterator[Show]:
    """Show how far something is: ``description`` beside the bar, ``unit`` (in plural) in the lines."""
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
