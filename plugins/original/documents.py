"""A title of a document: what it says of itself, and its viewings, as rows."""

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import Any, Literal

from movietracker.pluginapi import (
    ImportRow,
    Kind,
    ListPlace,
    Recommender,
    content_id,
    imdb_id,
    kept,
    kind_of,
    known_day,
    moment_of,
    numeric_id,
    rating_on_ten,
    release_year,
)

SOURCE = "original"
_STATUSES: Mapping[str, Literal["toWatch", "watched"]] = {
    "toWatch": "toWatch",
    "questionable": "toWatch",
    "watched": "watched",
}
_AGAINST = (False, 0, "downvote", "down", "false", "no")

Json = Mapping[str, Any]


MAX_NAMES = 20_000
MAX_VOTES = 100
"""How many recommendations a row has; of longer texts the application keeps no more."""

_FIRST_MOMENT = datetime(1870, 1, 1, tzinfo=UTC).timestamp()
_LAST_MOMENT = 1e10
"""Beyond it a time is in milliseconds, as some clients wrote it."""


class Names:
    """The names of people and lists by their ids."""

    def __init__(self) -> None:
        self._names: dict[tuple[str, str], str] = {}

    def add(self, section: str, value: Any) -> None:
        """Take a person or a list."""
        if isinstance(value, dict) and (name := _text(value.get("name"))) and len(self._names) < MAX_NAMES:
            self._names[section, content_id(value.get("id"))] = kept(name) or ""

    def get(self, section: str, number: Any) -> str | None:
        """The name that belongs to an id."""
        return self._names.get((section, content_id(number)))


def rows_of_movie(movie: Json, where: str, names: Names) -> Iterator[ImportRow]:
    """The rows of a title that is not deleted: about the title, about many recommendations, one for each viewing."""
    if movie.get("status") == "deleted":
        return
    number = imdb_id(movie.get("imdb_id"))
    named = {"source": SOURCE, "where": where, "imdb_id": number, **_title(movie)}
    watch = _object(movie.get("watch_history"))
    rating = _rating(movie.get("my_rating") or watch.get("my_rating") or watch.get("rating"))
    in_list = names.get("lists", movie.get("custom_list_id")) if movie.get("status") == "custom" else None
    viewings = _objects(movie.get("viewings")) or ([watch] if watch else [])
    votes = tuple(_voters(movie.get("recommendations"), names))
    yield ImportRow(
        row_id=f"title:{number}",
        rating=rating,
        liked=True if movie.get("liked") is True else None,
        tags=_texts(movie.get("tags")),
        status=_STATUSES.get(str(movie.get("status")), None if in_list or viewings or rating else "toWatch"),
        list_place=ListPlace(in_list, is_status=True) if in_list else None,
        recommended_by=votes[:MAX_VOTES],
        added_at=_moment(movie.get("added_at") or movie.get("last_modified")),
        **named,
    )
    for start in range(MAX_VOTES, len(votes), MAX_VOTES):
        yield ImportRow(row_id=f"votes:{number}:{start}", recommended_by=votes[start : start + MAX_VOTES], **named)
    for place, viewing in enumerate(sorted(viewings, key=_recorded_at), 1):
        yield _viewing(viewing, f"viewing:{number}:{viewing.get('id') or place}", named)


def _recorded_at(viewing: Json) -> float:
    """When a viewing was recorded, since the order of the rows is that of the library."""
    return _moment(viewing.get("created_at")) or 0


def _viewing(viewing: Json, row_id: str, named: dict[str, Any]) -> ImportRow:
    moment = _moment(viewing.get("watched_at", viewing.get("date_watched")))
    day = _text(viewing.get("watched_on")) or (_text(viewing.get("date_watched")) if moment is None else None)
    return ImportRow(
        row_id=row_id,
        is_viewing=True,
        viewing_id=_text(viewing.get("id")) or row_id,
        watched_at=moment,
        watched_on=known_day(day or ""),
        viewing_rating=_rating(viewing.get("rating")),
        review=_text(viewing.get("note")),
        added_at=_moment(viewing.get("created_at")),
        **named,
    )


def _title(movie: Json) -> dict[str, Any]:
    """Title, year, kind and id, as far as the details of version 1 have them."""
    tmdb, omdb = _object(movie.get("tmdb_data")), _object(movie.get("omdb_data"))
    found = (_text(each) for each in (movie.get("title"), tmdb.get("title"), tmdb.get("name"), omdb.get("Title")))
    dates = (movie.get("year"), tmdb.get("year"), tmdb.get("release_date"), tmdb.get("first_air_date"))
    kind: Kind | None = kind_of(movie.get("media_type"))
    return {
        "title": next(filter(None, found), None),
        "year": next((year for each in dates if (year := release_year(each))), None),
        "kind": kind if kind in ("movie", "tv") else None,
        "tmdb_id": numeric_id(tmdb.get("id") or tmdb.get("tmdbId")),
    }


def _voters(votes: Any, names: Names) -> Iterator[Recommender]:
    for vote in _objects(votes):
        said = _text(vote.get("person_name")) or _text(vote.get("person"))
        if name := said or names.get("people", vote.get("person_id")):
            is_for = vote.get("vote_type") not in _AGAINST
            told_at = _moment(vote.get("date_recommended"))
            yield Recommender(name, name, _text(vote.get("note")), is_for, told_at)


def _rating(value: Any) -> float | None:
    """A rating as exact as it is; one of another form, such as a text, as those of other trackers."""
    is_exact = isinstance(value, int | float) and not isinstance(value, bool) and 1 <= value <= 10
    return float(value) if is_exact else rating_on_ten(value, 10)


def _moment(value: Any) -> float | None:
    if isinstance(value, str):
        return moment_of(value)
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    if not _FIRST_MOMENT <= value <= _LAST_MOMENT * 1000:
        return None
    return value / 1000 if value > _LAST_MOMENT else float(value)


def _text(value: Any) -> str | None:
    return value.strip() or None if isinstance(value, str) else None


def _texts(value: Any) -> tuple[str, ...]:
    return tuple(filter(None, map(_text, value))) if isinstance(value, list) else ()


def _object(value: Any) -> Json:
    return value if isinstance(value, dict) else {}


def _objects(value: Any) -> list[Json]:
    return [each for each in value if isinstance(each, dict)] if isinstance(value, list) else []
