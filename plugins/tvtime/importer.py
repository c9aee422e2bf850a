"""TV Time, which closed on 15 July 2026: its export under the GDPR, in both forms, and what programs saved of it."""

from collections.abc import Callable, Mapping

from movietracker.pluginapi import BaseImporter, Member, Rows, Upload, columns_of, json_keys

from .films import read_films
from .lists import Lists
from .saved import saved_favorites, saved_films, saved_lists, saved_series, saved_table
from .series import read_series, read_show_data

_TABLES: Mapping[str, set[str]] = {
    "films": {"uuid", "type", "movie_name", "created_at"},
    "series": {"key", "s_id", "series_name", "created_at"},
    "lists": {"objects", "s_key", "type"},
    "show data": {"tv_show_id", "tv_show_name", "nb_episodes_seen"},
    "saved table": {"tvdb_id", "imdb_id", "title", "is_watched", "watched_at"},
}
_OBJECTS: Mapping[str, set[str]] = {
    "saved films": {"id", "title", "is_watched"},
    "saved series": {"id", "title", "seasons", "status"},
    "saved lists": {"name", "is_public", "items"},
    "saved favorites": {"uuid", "title", "type", "created_at"},
}


class TVTimeImporter(BaseImporter):
    """Reads films, series and lists; of an export, nothing that is personal is opened beyond its header."""

    name = "tvtime"
    label = "TV Time"

    def reads(self, member: Member) -> bool:
        """Whether a member has the columns or keys of a part."""
        return _part_of(member) is not None

    def rows(self, upload: Upload) -> Rows:
        """The rows of all parts; lists come last, as they name titles only by ids of the other parts."""
        parts = [(_part_of(member), member) for member in upload.members]
        lists = Lists(member for part, member in parts if part == "lists")
        for part, member in parts:
            if part == "films":
                yield from lists.noted(read_films(member))
        for part, member in parts:
            if part == "series":
                yield from lists.noted(read_series(member))
        has_series = any(part == "series" for part, _ in parts)
        for part, member in parts:
            read = _READERS.get(part or "")
            if read is not None and not (part == "show data" and has_series):
                yield from read(member)
        yield from lists.rows()


def _part_of(member: Member) -> str | None:
    columns = set(columns_of(member))
    keys = json_keys(member).get("", frozenset())
    table = next((part for part, wanted in _TABLES.items() if wanted <= columns), None)
    return table or next((part for part, wanted in _OBJECTS.items() if wanted <= keys), None)


_READERS: Mapping[str, Callable[[Member], Rows]] = {
    "show data": read_show_data,
    "saved table": saved_table,
    "saved films": saved_films,
    "saved series": saved_series,
    "saved lists": saved_lists,
    "saved favorites": saved_favorites,
}
