"""How much one user may store: QUOTA_TITLES titles, and about QUOTA_MB of text.

Counting reads the whole library, so it is done only where a quota may be reached: each change adds one title and
``MAX_CHANGE_BYTES`` at most, so a library with few changes, in all or since it was counted, is not counted.
"""

import time
from collections import defaultdict
from typing import Any, NamedTuple
from weakref import WeakKeyDictionary

from flask import current_app
from sqlalchemy import BindParameter, Connection, Engine, bindparam, func, select

from ..database import execute
from ..errors import QuotaExceeded
from ..extensions import db
from ..models import LISTS, MOVIES, PEOPLE, TAGS, VIEWINGS, VOTES
from ..plugin.events import RecordKind
from ..text import MAX_SEARCH_TEXT

MAX_METADATA_BYTES = 65_536
"""Bytes of the details of a title, and of its ratings, from wherever they come; they usually have about 2,000."""

MAX_GENRES, MAX_GENRE = 20, 50
"""Genres that can be filtered by, of the details and of the ratings of a title, and the characters of one."""

RECORD_BYTES = 1024
MAX_CHANGE_BYTES = 2 * MAX_METADATA_BYTES + MAX_SEARCH_TEXT + 2 * MAX_GENRES * (MAX_GENRE + 1) + RECORD_BYTES

# A library near its quota is not counted for each change, and may exceed QUOTA_MB by what comes in between.
COUNT_EVERY_SECONDS = 5.0

_MIB = 1_048_576
_TEXTS = (MOVIES.c.tmdb_data, MOVIES.c.omdb_data, MOVIES.c.search_text, MOVIES.c.genres)
_OF_USER: BindParameter[str] = bindparam("of_user")
_TITLES = select(
    func.count(MOVIES.c.imdb_id).label("titles"),
    func.coalesce(func.sum(sum(func.coalesce(func.length(each), 0) for each in _TEXTS)), 0).label("bytes"),
).where(MOVIES.c.user_id == _OF_USER)
_NOTES = [
    select(func.coalesce(func.sum(func.length(table.c.note)), 0)).where(table.c.user_id == _OF_USER)
    for table in (VOTES, VIEWINGS)
]
_OTHERS = [
    select(func.count(table.c.user_id)).where(table.c.user_id == _OF_USER) for table in (PEOPLE, LISTS, VIEWINGS, TAGS)
]


class _Count(NamedTuple):
    """What a library held at a change number; ``counted_at`` is monotonic time."""

    titles: int = 0
    bytes: int = 0
    seq: int = 0
    counted_at: float = float("-inf")


_COUNTS: WeakKeyDictionary[Engine, defaultdict[str, _Count]] = WeakKeyDictionary()


def check(connection: Connection, user_id: str, seq: int, kind: RecordKind, new: int) -> None:
    """Raise QuotaExceeded if a library at this change number has no room for so many new records or their text."""
    if connection.engine is not db.engine:
        return  # a backup that is being verified
    titles, size = current_app.config["QUOTA_TITLES"], current_app.config["QUOTA_MB"] * _MIB
    counts = _COUNTS.setdefault(db.engine, defaultdict(_Count))
    count = counts[user_id]
    changes = seq - count.seq + new
    if changes >= 0 and count.titles + changes <= titles and count.bytes + changes * MAX_CHANGE_BYTES <= size:
        return
    new_titles = new if kind == "movie" else 0
    is_recent = time.monotonic() - count.counted_at < COUNT_EVERY_SECONDS
    if not is_recent or (new_titles and count.titles + changes > titles):
        count = counts[user_id] = _count(connection, user_id, seq)
    if new_titles and count.titles + new_titles > titles:
        raise QuotaExceeded(f"A library may have at most {titles} titles, deleted ones included.")
    if count.bytes >= size:
        raise QuotaExceeded(f"A library may take at most {size // _MIB} MiB of text.")


def _count(connection: Connection, user_id: str, seq: int) -> _Count:
    values: dict[str, Any] = {"of_user": user_id}
    titles, size = execute(connection, _TITLES, values).one()
    records = titles + sum(execute(connection, each, values).scalar_one() for each in _OTHERS)
    size += sum(execute(connection, each, values).scalar_one() for each in _NOTES)
    return _Count(titles, int(size) + records * RECORD_BYTES, seq, time.monotonic())
