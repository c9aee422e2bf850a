"""Events that a service sends after its commit. Plain values, no Flask."""

from dataclasses import dataclass

RecordKind = str
"""The name of a kind of record: movie, person or list (see records.py)."""


@dataclass(frozen=True, slots=True)
class Change:
    """One changed record; ``key`` is an IMDb id, a person id or a list id, as text."""

    kind: RecordKind
    key: str
    deleted: bool = False
    created: bool = False


@dataclass(frozen=True, slots=True)
class LibraryChanged:
    """One committed change of one user's library; ``at`` is its time on the change clock in Unix seconds.

    ``stubs`` are titles that were stored without details or ratings, for enrichment.
    """

    user_id: str
    seq: int
    at: float
    changes: tuple[Change, ...]
    stubs: tuple[str, ...] = ()
