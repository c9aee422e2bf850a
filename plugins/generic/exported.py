"""The plain CSV files that movietracker exports (docs/moving-out.md), read by the names of their columns."""

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

from movietracker.pluginapi import (
    BaseImporter,
    ImportRow,
    ListPlace,
    Member,
    Recommender,
    Rows,
    TableRow,
    columns_of,
    imdb_id,
    is_yes,
    kind_of,
    numeric_id,
    read_table,
    release_year,
    row_of_each,
)

_PARTS: Mapping[str, set[str]] = {
    "titles": {"imdb_id", "media_type", "status", "my_rating", "added_at", "last_modified"},
    "viewings": {"imdb_id", "id", "watched_on", "watched_at", "rating", "note", "source", "created_at"},
    "recommendations": {"imdb_id", "person_name", "vote_type", "date_recommended", "note"},
}
_TAGS = {"imdb_id", "title", "tag"}


class ExportImporter(BaseImporter):
    """Reads titles, viewings, recommendations and tags; people and lists come with those that name them."""

    name = "movietracker"
    label = "movietracker (CSV)"

    def reads(self, member: Member) -> bool:
        """Whether a member has the columns of one of the tables."""
        return _part_of(member) is not None

    def rows_of(self, member: Member) -> Rows:
        """A row for each line."""
        return row_of_each(read_table(member), partial(_row, member, _FACTS[_part_of(member) or ""]))


def _part_of(member: Member) -> str | None:
    columns = set(columns_of(member))
    if columns == _TAGS:
        return "tags"
    return next((part for part, wanted in _PARTS.items() if wanted <= columns), None)


def _row(member: Member, facts: Callable[[TableRow], dict[str, Any]], row: TableRow) -> ImportRow:
    return ImportRow(
        source=ExportImporter.name,
        where=member.at(row.line),
        imdb_id=imdb_id(row.get("imdb_id")),
        title=row.get("title") or None,
        **facts(row),
    )


def _title(row: TableRow) -> dict[str, Any]:
    status, on_list = row.get("status"), row.get("list")
    return {
        "row_id": f"title:{row.get('imdb_id')}",
        "kind": kind_of(row.get("media_type")),
        "year": release_year(row.get("year")),
        "tmdb_id": numeric_id(row.get("tmdb_id")),
        "rating": _number(row.get("my_rating")),
        "liked": is_yes(row.get("liked")) if row.get("liked") else None,
        "status": status if status in ("toWatch", "watched") else None,
        "list_place": ListPlace(on_list, is_status=True) if on_list and status == "custom" else None,
        "added_at": _number(row.get("added_at")),
    }


def _viewing(row: TableRow) -> dict[str, Any]:
    return {
        "row_id": f"viewing:{row.get('id')}",
        "is_viewing": True,
        "viewing_id": row.get("id") or None,
        "watched_on": row.get("watched_on") or None,
        "watched_at": _number(row.get("watched_at")),
        "viewing_rating": _number(row.get("rating")),
        "review": row.get("note") or None,
    }


def _recommendation(row: TableRow) -> dict[str, Any]:
    name, told_at = row.get("person_name"), _number(row.get("date_recommended"))
    return {
        "row_id": f"recommendation:{row.get('imdb_id')}:{name}",
        "recommended_by": (Recommender(name, name, row.get("note") or None, is_yes(row.get("vote_type")), told_at),),
    }


def _tag(row: TableRow) -> dict[str, Any]:
    """A tag, which may hold the comma that stands between those of a title in the table of titles."""
    return {"row_id": f"tag:{row.get('imdb_id')}:{row.get('tag')}", "tags": (row.get("tag"),)}


def _number(text: str) -> float | None:
    """A number as it is; ratings and times are checked with all other values of the row."""
    try:
        return float(text)
    except ValueError:
        return None


_FACTS: Mapping[str, Callable[[TableRow], dict[str, Any]]] = {
    "titles": _title,
    "viewings": _viewing,
    "recommendations": _recommendation,
    "tags": _tag,
}
