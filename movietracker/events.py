"""What a service tells the rest of the application after its commit. Plain values, no Flask."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

RecordKind = Literal["movie", "person", "list"]


@dataclass(frozen=True, slots=True)
class Change:
    """One changed record; ``key`` is an IMDb id, a person id or a list id, as text."""

    kind: RecordKind
    key: str
    deleted: bool = False
    created: bool = False


@dataclass(frozen=True, slots=True)
class LibraryChanged:
    """One committed change of one user's library; ``at`` is its time on the change clock in Unix seconds."""

    user_id: str
    seq: int
    at: float
    changes: tuple[Change, ...]
    stubs: tuple[str, ...] = ()
