"""How a long build tells what it is doing: silently or in plain lines (:mod:`.bar` has the bars of a terminal)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol


class Progress(Protocol):
    """Hears of steps that begin, go on and end."""

    def start(self, step: str, total: int | None = None) -> None:
        """A step begins; ``total`` is the number of bytes to read, None when nobody knows how long it takes."""

    def advance(self, done: int) -> None:
        """So many bytes of the step's total have been read."""

    def done(self, remark: str = "") -> None:
        """The step has ended."""

    def tick(self) -> int:
        """The database is at work; always 0, which lets it go on."""


class Silent:
    """Says nothing."""

    def start(self, step: str, total: int | None = None) -> None:
        """Say nothing."""

    def advance(self, done: int) -> None:
        """Say nothing."""

    def done(self, remark: str = "") -> None:
        """Say nothing."""

    def tick(self) -> int:
        """Let the database go on."""
        return 0


class Lines(Silent):
    """A line for each step, for logs and pipes."""

    def __init__(self, say: Callable[[str], object]) -> None:
        self._say = say
        self._step = ""

    def start(self, step: str, total: int | None = None) -> None:
        """Remember the step; it is told when it has ended."""
        self._step = step

    def done(self, remark: str = "") -> None:
        """Say that the step has ended."""
        self._say(f"{self._step}: {remark or 'done'}")
