"""The tables of a user's library, in the order in which their rows can be deleted."""

from __future__ import annotations

from ..models import (
    ActionRecord,
    CustomList,
    LedgerEntry,
    LibraryHead,
    Movie,
    MovieStatus,
    Person,
    PersonName,
    Recommendation,
    Tombstone,
    WatchRecord,
)

LIBRARY_TABLES_CHILDREN_FIRST = tuple(
    model.__table__
    for model in (
        Recommendation,
        WatchRecord,
        MovieStatus,
        CustomList,
        Person,
        Movie,
        PersonName,
        Tombstone,
        ActionRecord,
        LedgerEntry,
        LibraryHead,
    )
)
