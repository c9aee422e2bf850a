"""A title in a user's library and what hangs on it: as clients get it, as a backup holds it, and its JSON.

``orjson.Fragment`` puts stored details into the response as they are: parsing and dumping them again is what makes
trackers slow.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from operator import itemgetter
from typing import Any, NamedTuple

import orjson
from marshmallow import Schema, fields

from ..models.movie import Viewing, Watch
from ..models.ranking import Rank
from ..text import MAX_TITLE
from .dates import PARTIAL_DATE, WATCHED_AT
from .fields import Field, ResponseSchema
from .title import TitleDetailsSchema, TitleRatingsSchema
from .values import (
    FLAG,
    ID,
    IMDB_ID,
    MEDIA_TYPE,
    MOMENT,
    NAME,
    NOTE,
    RATING,
    STATUS,
    TAG,
    TEXT,
    UUID,
    VIEWING_ID,
    text,
    whole,
)


class WatchFields(Schema):
    """The fields of ``Watch``, in every request, response and backup."""

    date_watched = Field(WATCHED_AT, description="When")
    my_rating = Field(RATING, 8.5, allow_none=True)


class ViewingFields(Schema):
    """What the user says of an occasion of watching, in every request, response and backup."""

    watched_on = Field(PARTIAL_DATE, "1998-07", "As much of the date as is known", allow_none=True)
    watched_at = Field(WATCHED_AT, None, "When", allow_none=True)
    rating = Field(RATING, 8.5, allow_none=True)
    note = Field(NOTE, None, allow_none=True)


class StatusFields(Schema):
    """What became of a title, in every request, response and backup."""

    status = Field(STATUS)
    custom_list_id = Field(text(high=36), None, allow_none=True)  # older clients send "" for none


class RecommendationSchema(ResponseSchema):
    """A person's vote for or against a title."""

    id = Field(ID, 10000005)
    imdb_id = Field(IMDB_ID)
    user_id = Field(UUID)
    person_id = Field(ID)
    person_name = Field(NAME)
    person = Field(NAME, description="person_name again, for older clients")
    date_recommended = Field(MOMENT, description="When")
    vote_type = Field(FLAG, description="true is an upvote")
    note = Field(NOTE, NOTE.example, "What that person said of it", allow_none=True)


class ViewingSchema(ViewingFields, ResponseSchema):
    """An occasion on which the user watched a title."""

    id = Field(VIEWING_ID)
    source = Field(text("letterboxd", high=64), None, "What it was imported from", allow_none=True)
    created_at = Field(WATCHED_AT, 1767225600.25, "When it was recorded")


class WatchRecordSchema(WatchFields, ResponseSchema):
    """The newest viewing of a title and its rating, for older clients."""

    imdb_id = Field(IMDB_ID)
    user_id = Field(UUID)


class RankSchema(ResponseSchema):
    """The place of a watched title in the ranking."""

    liked = Field(FLAG, description="Which of the two groups it is in")
    order_key = Field(TEXT, "V", "Sorts between those of its neighbors in the group, compared byte by byte")
    ranked_at = Field(MOMENT, description="When")


class TagSchema(ResponseSchema):
    """A tag of the library."""

    tag = Field(TAG)
    titles = Field(whole(12, 0), description="How many titles have it, removed ones included")


class TitleStatusSchema(StatusFields, ResponseSchema):
    """The status of a title."""

    imdb_id = Field(IMDB_ID)
    last_modified = Field(MOMENT, description="When it changed last")


class MovieSchema(StatusFields, ResponseSchema):
    """A title in the user's library, with all that hangs on it."""

    imdb_id = Field(IMDB_ID)
    user_id = Field(UUID)
    media_type = Field(MEDIA_TYPE)
    tmdb_data = fields.Nested(TitleDetailsSchema, allow_none=True)
    omdb_data = fields.Nested(TitleRatingsSchema, allow_none=True)
    last_modified = Field(MOMENT, description="When it changed last")
    recommendations = fields.List(fields.Nested(RecommendationSchema))
    my_rating = Field(RATING, 8.5, "What the user thinks of it now", allow_none=True)
    liked = Field(FLAG, description="Whether the user likes it, whatever its status and rating")
    tags = fields.List(Field(TAG), metadata={"description": "In alphabetical order", "examples": [["film noir"]]})
    viewings = fields.List(fields.Nested(ViewingSchema), metadata={"description": "The newest first"})
    watch_history = fields.Nested(
        WatchRecordSchema,
        allow_none=True,
        metadata={"description": "For older clients; null unless it has a viewing and a rating"},
    )
    ranking = fields.Nested(RankSchema, allow_none=True)
    title = Field(TEXT, "Heat", "What an import called it; missing where details or ratings are known", optional=True)
    year = Field(TEXT, "1995", "Of the same import", allow_none=True, optional=True)


class DocumentVoteSchema(Schema):
    """A recommendation."""

    person_name = Field(NAME)
    date_recommended = Field(MOMENT)
    vote_type = Field(FLAG, description="true is an upvote")
    note = Field(NOTE, description="Missing where there is none", optional=True)


class DocumentWatchSchema(WatchFields):
    """When the user watched a title, and how much they liked it."""


class DocumentViewingSchema(ViewingFields):
    """An occasion on which the user watched a title."""

    id = Field(VIEWING_ID, required=True)
    source = Field(text("letterboxd", high=64), None, allow_none=True)
    created_at = Field(WATCHED_AT)


class DocumentMovieSchema(StatusFields):
    """A title."""

    imdb_id = Field(IMDB_ID, required=True)
    media_type = Field(MEDIA_TYPE)
    added_at = Field(WATCHED_AT, description="When it was added; missing in older documents")  # an import may say 1931
    last_modified = Field(MOMENT)
    recommendations = fields.List(fields.Nested(DocumentVoteSchema))
    watch_history = fields.Nested(DocumentWatchSchema, allow_none=True)
    my_rating = Field(RATING, 8.5, allow_none=True)
    viewings = fields.List(fields.Nested(DocumentViewingSchema))
    liked = Field(FLAG, description="Missing unless the user likes it", optional=True)
    tags = fields.List(
        Field(TAG), metadata={"description": "Missing without any", "examples": [["film noir"]], "optional": True}
    )
    title = Field(text("Heat", high=MAX_TITLE), description="Missing where there are details", optional=True)
    year = Field(text("1995", high=4), description="The same", allow_none=True, optional=True)


class MovieRow(NamedTuple):
    """The columns of a title that is read; those of ``Watch`` and ``Rank`` follow, null without them."""

    imdb_id: str
    media_type: str
    tmdb_data: str | None
    omdb_data: str | None
    last_modified: float
    rev: int
    status: str
    custom_list_id: str | None
    liked: bool
    title: str | None
    year: str | None


class VoteRow(NamedTuple):
    """The columns of a vote that is read."""

    imdb_id: str
    id: int
    person_id: int
    date_recommended: float
    vote_type: bool
    note: str | None


_NAME_AT = MovieRow._fields.index("title")
_WATCH_AT = len(MovieRow._fields)
_WATCH_END = _WATCH_AT + len(Watch._fields)
_RANK_END = _WATCH_END + len(Rank._fields)
_VIEWING_NAMES = ("id", *Viewing._fields)
_newest_first = itemgetter(-1, -2, 1)  # moment, created_at, id


def movie_json(
    row: tuple[Any, ...],
    recommendations: Iterable[dict[str, Any]],
    viewings: Iterable[dict[str, Any]],
    tags: Iterable[str],
    user_id: str,
    with_rev: bool,
) -> dict[str, Any]:
    """A Movie from a row of MovieRow, Watch and Rank; more columns may follow. ``with_rev`` adds its number."""
    # Unpacked, because access by name takes 5 % of the time of a list.
    imdb_id, media_type, tmdb_data, omdb_data, last_modified, rev, status, custom_list_id, liked = row[:_NAME_AT]
    date_watched, my_rating = row[_WATCH_AT:_WATCH_END]
    is_whole = date_watched is not None and my_rating is not None  # one generation of clients reads no null in it
    movie = {
        "imdb_id": imdb_id,
        "user_id": user_id,
        "media_type": media_type,
        "tmdb_data": None if tmdb_data is None else orjson.Fragment(tmdb_data),
        "omdb_data": None if omdb_data is None else orjson.Fragment(omdb_data),
        "last_modified": last_modified,
        "status": status,
        "custom_list_id": custom_list_id,
        "recommendations": recommendations,
        "my_rating": my_rating,
        "liked": bool(liked),
        "tags": tags,
        "viewings": viewings,
        "watch_history": watch_json(imdb_id, user_id, date_watched, my_rating) if is_whole else None,
        "ranking": None,
    }
    is_among_liked, order_key, ranked_at = row[_WATCH_END:_RANK_END]
    if order_key is not None:
        movie["ranking"] = {"liked": bool(is_among_liked), "order_key": order_key, "ranked_at": ranked_at}
    if row[_NAME_AT] is not None:
        movie["title"], movie["year"] = row[_NAME_AT:_WATCH_AT]
    if with_rev:
        movie["rev"] = rev
    return movie


def watch_json(imdb_id: str, user_id: str, date_watched: float | None, my_rating: float | None) -> dict[str, Any]:
    """A watch record, as older clients know it."""
    return {"imdb_id": imdb_id, "user_id": user_id, "date_watched": date_watched, "my_rating": my_rating}


def status_json(movie: Mapping[str, Any]) -> dict[str, Any]:
    """The status of a Movie."""
    return {name: movie[name] for name in ("imdb_id", "status", "custom_list_id", "last_modified")}


def viewings_by_movie(viewings: Iterable[tuple[Any, ...]]) -> dict[str, list[dict[str, Any]]]:
    """The Viewings of each title, the newest first, from rows of its IMDb id, their id, Viewing, and their moment."""
    found: defaultdict[str, list[dict[str, Any]]] = defaultdict(list)
    for row in sorted(viewings, key=_newest_first, reverse=True):
        found[row[0]].append(dict(zip(_VIEWING_NAMES, row[1:-1], strict=True)))
    return found


def tags_by_movie(tags: Iterable[tuple[str, str, str]]) -> dict[str, list[str]]:
    """The tags of each title in alphabetical order, from rows of its IMDb id, their folded and their shown form."""
    found: defaultdict[str, list[str]] = defaultdict(list)
    for imdb_id, _, tag in sorted(tags, key=itemgetter(2)):
        found[imdb_id].append(tag)
    return found


def recommendations_by_movie(
    votes: Iterable[tuple[Any, ...]], names: Mapping[int, str], user_id: str
) -> dict[str, list[dict[str, Any]]]:
    """The Recommendations of each title, from rows of VoteRow (more columns may follow) and the names of people."""
    found: defaultdict[str, list[dict[str, Any]]] = defaultdict(list)
    for imdb_id, vote_id, person_id, date_recommended, vote_type, note, *_ in votes:
        name = names[person_id]
        found[imdb_id].append(
            {
                "id": vote_id,
                "imdb_id": imdb_id,
                "user_id": user_id,
                "person_id": person_id,
                "person_name": name,
                "person": name,
                "date_recommended": date_recommended,
                "vote_type": bool(vote_type),
                "note": note,
            }
        )
    return found
