"""The store of good answers, as its users see it: values, errors and what a backend does."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True, slots=True)
class Answer:
    """A stored answer: the JSON as it came, and when it was stored in Unix seconds."""

    body: bytes
    stored_at: float


@dataclass(frozen=True, slots=True)
class CacheFigures:
    """Stored answers, and how often one was found or missed, by all processes together."""

    size: int = 0
    hits: int = 0
    misses: int = 0


class CacheError(Exception):
    """The backend cannot do its work now; the message says why in a few words.

    ``is_told`` says that the backend has warned of it itself, and sees to it that nobody waits for it in vain.
    """

    def __init__(self, reason: str, *, is_told: bool = False) -> None:
        super().__init__(reason)
        self.is_told = is_told


class AnswerCache(Protocol):
    """What a backend does. Its answers are shared by all processes and outlive them.

    Expired answers stay until they are pushed out, because they are served when the upstream fails. All calls may
    raise CacheError, none takes longer than a few seconds, and in one process they come one at a time, from any
    thread (:class:`movietracker.metadata.cache.ForgivingCache` sees to that).
    """

    def get(self, key: str) -> Answer | None:
        """The answer of this key, however old."""

    def put(self, key: str, url: str, answer: Answer) -> None:
        """Store an answer; the oldest ones go when there are too many. ``url`` bears no secret."""

    def count(self, *, hit: bool) -> None:
        """Count a hit or a miss."""

    def figures(self) -> CacheFigures:
        """Size and counts."""

    def clear(self) -> None:
        """Forget all answers and counts."""

    def close(self) -> None:
        """Close connections; the next call opens them again."""
