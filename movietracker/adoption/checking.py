"""What of a library of the file is stored here, table by table, read back before the commit."""

from collections.abc import Iterable
from typing import Any, NamedTuple

from sqlalchemy import select

from ..backup.document.matching import derived_id
from ..errors import AdoptionRefused
from ..models import LISTS, MOVIES, PEOPLE, RANKINGS, STATUS, VOTES, WATCHED
from ..services.library_read import LibraryRead
from ..services.movies.columns import of_user
from ..services.names import folded_name
from ..services.people import QUICK_RECOMMENDERS
from .findings import Findings
from .library import Content, Key

_FIRST_NAMES = {each["quick_key"]: each["name"] for each in QUICK_RECOMMENDERS}
_PEOPLE = select(PEOPLE.c.id, PEOPLE.c.name, PEOPLE.c.quick_key).where(of_user(PEOPLE))
_LISTS = select(LISTS.c.id).where(of_user(LISTS))
_MOVIES = select(MOVIES.c.imdb_id).where(of_user(MOVIES))
_STATUSES = select(STATUS.c.imdb_id, STATUS.c.status).where(of_user(STATUS))
_WATCHES = select(WATCHED.c.imdb_id, WATCHED.c.my_rating).where(of_user(WATCHED))
_VOTES = select(VOTES.c.imdb_id, VOTES.c.person_id).where(of_user(VOTES))
_RANKS = select(RANKINGS.c.imdb_id, RANKINGS.c.liked).where(of_user(RANKINGS), RANKINGS.c.ranked_at.is_not(None))


class TableCount(NamedTuple):
    """The rows of a table: those of the file, those that are stored here, those that are left out and named.

    ``newer_here`` are those of records that changed here since, which stay as they are here.
    """

    table: str
    read: int
    stored: int
    left_out: int
    newer_here: int


def compare(read: LibraryRead, label: str, content: Content, findings: Findings, *, is_new: bool) -> list[TableCount]:
    """Count the rows that are stored. Raises AdoptionRefused when one is neither stored nor accounted for."""
    stored = _stored_keys(read)
    counts = []
    for table, total in content.read.items():
        there = sum(not stored[table].isdisjoint(_forms(read.user_id, table, key)) for key in content.keys[table])
        left_out = findings.left_out[label, table]
        newer = total - there - left_out
        if newer < 0 or (newer and is_new):
            raise AdoptionRefused(
                f"What arrived in {table} of {label} is not what was read: of {total} rows {there} are stored and "
                f"{left_out} left out."
            )
        counts.append(TableCount(table, total, there, left_out, newer))
    return counts


def _forms(user_id: str, table: str, key: Key) -> Iterable[Key]:
    """What a key may be here: a list whose id is another user's has another id."""
    return (key, (derived_id(user_id, key[0]),)) if table == "custom_lists" else (key,)


def _stored_keys(read: LibraryRead) -> dict[str, set[Key]]:
    people = {person_id: _names_of(name, quick_key) for person_id, name, quick_key in read.fetch(_PEOPLE)}
    lists = [list_id for (list_id,) in read.fetch(_LISTS)]
    votes = {(imdb_id, *name) for imdb_id, person_id in read.fetch(_VOTES) for name in people[person_id]}
    return {
        "people": {name for names in people.values() for name in names},
        "custom_lists": {(list_id,) for list_id in lists},
        "movies": set(read.fetch(_MOVIES)),
        "movie_status": set(read.fetch(_STATUSES)),
        "watch_history": set(read.fetch(_WATCHES)),
        "recommendations": votes,
        "movie_rankings": {(imdb_id, bool(liked)) for imdb_id, liked in read.fetch(_RANKS)},
    }


def _names_of(name: str, quick_key: str | None) -> Iterable[Key]:
    """What one of the file's people may be called who is this one here."""
    names: list[tuple[Any, ...]] = [("name", folded_name(name))]
    if quick_key is not None:
        names += [("quick", quick_key), ("name", folded_name(_FIRST_NAMES[quick_key]))]
    return names
