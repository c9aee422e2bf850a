"""The tables. Every key of a user's table contains user_id, so that the data can be spread by user."""

from .account import RevokedToken, User
from .backup import BackupRecord, BackupRun
from .custom_list import CustomList
from .library import LibraryHead
from .metadata import EnrichmentAttempt, TitleMetadata
from .movie import Movie, MovieStatus, Recommendation, WatchRecord
from .operations import Lease
from .person import Person
from .sync import ActionRecord, LedgerEntry, PersonName, Tombstone

__all__ = [
    "ActionRecord",
    "BackupRecord",
    "BackupRun",
    "CustomList",
    "EnrichmentAttempt",
    "Lease",
    "LedgerEntry",
    "LibraryHead",
    "Movie",
    "MovieStatus",
    "Person",
    "PersonName",
    "Recommendation",
    "RevokedToken",
    "TitleMetadata",
    "Tombstone",
    "User",
    "WatchRecord",
]
