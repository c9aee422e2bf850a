"""The example library, asked for by a table that names the day until which it goes, and maybe a language.

As an import it can be taken back, and what the user changed of it stays. Its viewings and recommendations are counted
in days before that day, so that it is never out of date; ``library.json`` tells them in English, and a file for each
other language has its texts.
"""

import json
from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from functools import cache
from pathlib import Path
from typing import Any

from movietracker.pluginapi import (
    BrokenRow,
    ImportRow,
    ListPlace,
    Member,
    Recommender,
    Rows,
    TableImporter,
    TableRow,
    phrase,
    read_table,
    rows_of_each,
)

COLUMN = "example until"
SOURCE = "example"

LANGUAGES = frozenset({"de"})
"""Besides English."""

_FOLDER = Path(__file__).parent


class ExampleImporter(TableImporter):
    """Reads no library from the file, but tells its own."""

    name = SOURCE
    label = "Example library"
    columns = frozenset({COLUMN})

    def rows_of(self, member: Member) -> Rows:
        """The rows of the example for each day that the table names."""
        return rows_of_each(read_table(member), lambda row: _rows(row, member.at(row.line)))


def _rows(row: TableRow, where: str) -> Iterator[ImportRow | BrokenRow]:
    try:
        until = date.fromisoformat(row.get(COLUMN))
        for told in titles(row.get("language")):
            yield from _rows_of(told, until, where)
    except (ValueError, OverflowError):
        yield BrokenRow(where, phrase("not_a_day", column=COLUMN))


@cache
def _read(name: str) -> Any:
    return json.loads((_FOLDER / name).read_text(encoding="utf-8"))


def titles(language: str = "") -> list[dict[str, Any]]:
    """The titles of the example, in English if there is no such language.

    Each has who ``said`` something of it, and when it was ``seen``, in days ago.
    """
    texts = _read(f"{language}.json") if language in LANGUAGES else {}
    return [_translated(told, texts) for told in _read("library.json")]


def _translated(told: Any, texts: dict[str, str]) -> Any:
    """What is told, with every text that there is in another language."""
    if isinstance(told, dict):
        return {name: told[name] if name == "title" else _translated(told[name], texts) for name in told}
    if isinstance(told, list):
        return [_translated(each, texts) for each in told]
    return texts.get(told, told) if isinstance(told, str) else told


def _rows_of(told: dict[str, Any], until: date, where: str) -> Iterator[ImportRow]:
    """A row for the title, and one for each viewing."""
    imdb_id, seen = told["imdb_id"], told.get("seen", ())
    place = ListPlace(told["list"]) if "list" in told else None
    title = {"source": SOURCE, "where": where, "imdb_id": imdb_id, "title": told["title"], "year": told["year"]}
    title["kind"] = told.get("kind", "movie")
    recommended_by = tuple(_recommender(each, until) for each in told["said"])
    yield ImportRow(
        **title,
        row_id=imdb_id,
        liked=told.get("liked"),
        tags=tuple(told.get("tags", ())),
        status="watched" if seen else None if place else "toWatch",
        added_at=min(_evening(until, each["days"]) for each in told["said"]),
        list_place=place,
        recommended_by=recommended_by,
    )
    for number, each in enumerate(seen):
        yield ImportRow(
            **title,
            row_id=f"{imdb_id}:{number}",
            viewing_id=f"{imdb_id}:{number}",
            is_viewing=True,
            watched_on=(until - timedelta(each["days"])).isoformat(),
            viewing_rating=each["rating"],
            review=each.get("review"),
        )


def _recommender(said: dict[str, Any], until: date) -> Recommender:
    is_for, told_at = not said.get("against", False), _evening(until, said["days"])
    return Recommender(said["by"], said["by"], said.get("note"), is_for, told_at)


def _evening(until: date, days: int) -> float:
    return datetime.combine(until - timedelta(days), time(20), UTC).timestamp()
