"""Writing the backup document, version 2: the user's own data, and nothing that only this server knows.

The order is the same wherever the document is written: movies by IMDb id, their recommendations by date, people by
name, lists by position, places in the ranking by position. Every record has a line of its own.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from operator import itemgetter
from typing import Any

import orjson
from sqlalchemy import Select, Table, bindparam, select

from ... import clock
from ...errors import UserNotFound
from ...models import MOVIES, STATUS, TAGS, USERS, VIEWINGS, VOTES, WATCHED
from ...models.movie import Viewing, Vote, Watch
from ...records import KINDS, Kind
from ...schemas.movie import tags_by_movie, viewings_by_movie
from ...services.library_read import LibraryRead
from ...services.movies.columns import NAME_COLUMNS
from ...services.movies.listing import NAMES_OF_PEOPLE
from ...services.movies.seen import NOT_WATCHED
from .parsing import RANKINGS
from .rankings import rank_pages

VERSION = 2
PAGE = 500

_MOVIES = (
    select(
        *(MOVIES.c[name] for name in ("imdb_id", "media_type", "added_at", "last_modified", "liked")),
        *NAME_COLUMNS.values(),
    )
    .where(MOVIES.c.user_id == bindparam("of_user"), MOVIES.c.imdb_id > bindparam("after"))
    .order_by(MOVIES.c.imdb_id)
    .limit(PAGE)
)


def _of_page(table: Table, *columns: str) -> Select[Any]:
    """Rows that belong to the movies of a page; a query of their own is faster than a join with the movies."""
    statement = select(table.c.imdb_id, *(table.c[column] for column in columns))
    of_page = table.c.imdb_id.between(bindparam("first"), bindparam("last"))
    return statement.where(table.c.user_id == bindparam("of_user"), of_page)


_ACCOUNT = select(USERS.c.email, USERS.c.username).where(USERS.c.id == bindparam("of_user"))
_STATUS = _of_page(STATUS, "status", "custom_list_id")
_WATCHED = _of_page(WATCHED, *Watch._fields)
_VIEWINGS = _of_page(VIEWINGS, "id", *Viewing._fields, "moment")
_TAGS = _of_page(TAGS, "folded", "tag")
_VOTES = _of_page(VOTES, "person_id", *Vote._fields)


def export_document(read: LibraryRead) -> Iterator[bytes]:
    """The document of a library in pieces, as UTF-8 JSON; the caller keeps the read open until the last."""
    account = read.execute(_ACCOUNT).one_or_none()
    if account is None:
        raise UserNotFound
    yield b'{"version":%d,"exported_at":%s,"account":%s' % (
        VERSION,
        orjson.dumps(clock.now()),
        orjson.dumps(account._asdict()),
    )
    for kind in KINDS:
        yield b',"%s":[' % kind.plural.encode()
        yield from _joined(_movie_pages(read) if kind.name == "movie" else _pages(kind, read))
        yield b"]"
    yield b',"%s":[' % RANKINGS.encode()
    yield from _joined(map(_lines, rank_pages(read)))
    yield b"]}\n"


def _movie_pages(read: LibraryRead) -> Iterator[bytes]:
    names: dict[int, str] = dict(read.fetch(NAMES_OF_PEOPLE))
    after = ""
    while movies := read.fetch(_MOVIES, after=after):
        first, after = movies[0][0], movies[-1][0]
        status, watched, viewings, tags, votes = (
            read.fetch(each, first=first, last=after) for each in (_STATUS, _WATCHED, _VIEWINGS, _TAGS, _VOTES)
        )
        status_of = {imdb_id: (status, list_id) for imdb_id, status, list_id in status}
        watched_of = {imdb_id: Watch(*watch) for imdb_id, *watch in watched}
        viewings_of, tags_of = viewings_by_movie(viewings), tags_by_movie(tags)
        votes_of = _votes_by_movie(votes, names)
        yield _lines(
            {
                "imdb_id": imdb_id,
                "media_type": media_type,
                "status": status_of[imdb_id][0],
                "custom_list_id": status_of[imdb_id][1],
                "added_at": added_at,
                "last_modified": last_modified,
                "recommendations": votes_of.get(imdb_id, ()),
                "watch_history": watch_document(watched_of.get(imdb_id, NOT_WATCHED)),
                "my_rating": watched_of.get(imdb_id, NOT_WATCHED).my_rating,
                "viewings": viewings_of.get(imdb_id, ()),
                **_marks(liked, tags_of.get(imdb_id)),
                **({"title": title, "year": year} if title else {}),
            }
            for imdb_id, media_type, added_at, last_modified, liked, title, year in movies
        )


def _marks(liked: bool, tags: list[str] | None) -> dict[str, Any]:
    """The marks of a title, as far as it has any: most have none."""
    return ({"liked": True} if liked else {}) | ({"tags": tags} if tags else {})


def watch_document(watch: Watch) -> dict[str, Any] | None:
    """The watch record for older servers, which like older clients know only titles that are watched and rated."""
    return None if None in watch else watch._asdict()


def _votes_by_movie(votes: list[tuple[Any, ...]], names: Mapping[int, str]) -> Mapping[str, list[dict[str, Any]]]:
    found: defaultdict[str, list[dict[str, Any]]] = defaultdict(list)
    for date, name, imdb_id, vote_type, note in sorted(
        (date, names[person_id], imdb_id, vote_type, note) for imdb_id, person_id, date, vote_type, note in votes
    ):
        vote = {"person_name": name, "date_recommended": date, "vote_type": bool(vote_type)}
        found[imdb_id].append(vote if note is None else {**vote, "note": note})
    return found


def _pages(kind: Kind, read: LibraryRead) -> Iterator[bytes]:
    names = kind.document._declared_fields
    # Sorted here, because PostgreSQL sorts names by its locale.
    records = sorted(kind.read(read, None), key=itemgetter(*kind.order))
    for start in range(0, len(records), PAGE):
        yield _lines({name: record[name] for name in names} for record in records[start : start + PAGE])


def _lines(records: Iterable[Any]) -> bytes:
    return b",\n".join(map(orjson.dumps, records))


def _joined(pages: Iterable[bytes]) -> Iterator[bytes]:
    separator = b"\n"
    for page in pages:
        yield separator + page
        separator = b",\n"
