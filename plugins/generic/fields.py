"""The columns and keys of the documented form, and what their values mean."""

from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import Any

from movietracker.pluginapi import (
    BrokenRow,
    DateOrder,
    ImportRow,
    ListPlace,
    Recommender,
    TableOrder,
    content_id,
    imdb_id,
    is_no,
    is_yes,
    kind_of,
    moment_of,
    numeric_id,
    phrase,
    rating_on_ten,
    release_year,
    status_of,
    words_of,
)

SOURCE = "generic"
NAMING = ("title", "imdb_id", "tmdb_id")
"""One of these is needed."""

FIELDS = frozenset(
    (*NAMING, "id", "original_title", "year", "kind", "tvdb_id", "watched", "watched_on", "viewing_rating", "review")
) | frozenset(("rating", "liked", "note", "tags", "status", "list", "position", "recommended_by", "added_on"))

_MAX_NAME_LENGTH = 100


def field_name(name: str) -> str:
    """A column or key as FIELDS has it: in lower case, with underscores; too long a name is cut."""
    return _field_name(name[:_MAX_NAME_LENGTH])


@lru_cache(1_000)  # the same few names in every row
def _field_name(name: str) -> str:
    return "_".join(name.strip().lower().replace("-", " ").split())


def row_of(
    values: Mapping[str, str], where: str, order: DateOrder | TableOrder, people: tuple[Recommender, ...] = ()
) -> ImportRow | BrokenRow:
    """The row that these fields state, which have no white space around them; broken if one makes no sense.

    ``people`` are recommenders that the file lists by themselves.
    """

    def get(name: str) -> str:
        return values.get(name, "")

    when = get("watched_on") or ("" if is_yes(get("watched")) or is_no(get("watched")) else get("watched"))
    moment, day = moment_of(when), order.read(when)
    number = get("id")
    doubt = order.doubt(when) or order.doubt(get("added_on"))
    state = {"needs_review": doubt} | _state(values, is_viewing=day is not None)
    row = ImportRow(
        source=SOURCE,
        row_id=f"id:{number}"
        if number
        else content_id(*(part for name in sorted(values) if values[name] for part in (name, values[name]))),
        where=where,
        kind=kind_of(get("kind")),
        title=get("title") or None,
        original_title=get("original_title") or None,
        year=release_year(get("year")),
        imdb_id=imdb_id(get("imdb_id")),
        tmdb_id=numeric_id(get("tmdb_id")),
        tvdb_id=numeric_id(get("tvdb_id")),
        is_viewing=day is not None,
        viewing_id=number or None,
        watched_on=None if moment is not None else day,
        watched_at=moment,
        viewing_rating=rating_on_ten(get("viewing_rating"), 10),
        review=get("review") or None,
        rating=rating_on_ten(get("rating"), 10),
        liked=is_yes(get("liked")) if get("liked") else None,
        note=get("note") or None,
        tags=words_of(get("tags")),
        added_on=order.read(get("added_on")),
        list_place=ListPlace(get("list"), numeric_id(get("position"))) if get("list") else None,
        told_by=None if people else get("recommended_by") or None,
        recommended_by=people,
        **state,
    )
    unread = next((name for name, is_read in _READ.items() if get(name) and not is_read(row, get(name))), None)
    return row if unread is None else BrokenRow(where, phrase("invalid_field", field=unread.replace("_", " ")))


_READ: Mapping[str, Callable[[ImportRow, str], bool]] = {
    "watched_on": lambda row, _: row.is_viewing,
    "watched": lambda row, cell: row.is_viewing or is_yes(cell) or is_no(cell),
    "viewing_rating": lambda row, cell: row.viewing_rating is not None or _is_zero(cell),
    "rating": lambda row, cell: row.rating is not None or _is_zero(cell),
    "status": lambda row, cell: bool(status_of(cell)),
    "added_on": lambda row, _: row.added_on is not None,
}
"""Whether fields that are given could be read."""


def _is_zero(cell: str) -> bool:
    """Whether a rating is empty or none, as many programs write it."""
    return not cell.strip("0.,")


def _state(values: Mapping[str, str], *, is_viewing: bool) -> dict[str, Any]:
    """What is said; else watched if there is a sign of it, wanted if there is none, nothing for a place in a list."""
    if said := status_of(values.get("status", "")):
        return said
    if (
        is_viewing
        or is_yes(values.get("watched"))
        or not all(_is_zero(values.get(name, "")) for name in ("rating", "viewing_rating", "review"))
    ):
        return {"status": "watched"}
    return {} if values.get("list") else {"status": "toWatch"}


def text_of(value: Any) -> str:
    """A value of JSON as the cell of a table: parts of an array with commas between them."""
    if isinstance(value, list):
        return ",".join(map(text_of, value))
    if value is None or isinstance(value, dict):
        return ""
    return "yes" if value is True else "" if value is False else str(value).strip()


def people_of(value: Any) -> tuple[Recommender, ...]:
    """The recommenders of an array of names, or of objects with name, note and vote; none of anything else."""
    found = []
    for each in value if isinstance(value, list) else ():
        about = each if isinstance(each, dict) else {"name": each}
        name, note = about.get("name"), about.get("note")
        if isinstance(name, str) and name.strip():
            vote = about.get("vote") not in (False, "downvote")
            found.append(Recommender(name.strip(), name, note if isinstance(note, str) else None, vote))
    return tuple(found)
