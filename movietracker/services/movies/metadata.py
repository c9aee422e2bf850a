"""What is known of a title, as the columns of its movie."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import orjson
from sqlalchemy import Row

from ...errors import Invalid
from ...text import MAX_TITLE, fold_key, search_text
from ..quota import MAX_GENRE, MAX_GENRES, MAX_METADATA_BYTES

_YEAR = re.compile("[0-9]{4}")


@dataclass(frozen=True, slots=True)
class Metadata:
    """What is known of a title, in the contract's light shapes; what is not known is None.

    ``search_extra`` holds words to search by that the light shapes leave out, such as the original title. ``title`` and
    ``year`` are what another tracker's file calls it, until a provider says more.
    """

    media_type: str | None = None
    tmdb_data: Mapping[str, Any] | None = None
    omdb_data: Mapping[str, Any] | None = None
    search_extra: tuple[str, ...] = field(default=())
    title: str | None = None
    year: str | int | None = None


def metadata_columns(metadata: Metadata, before: Row[Any] | None = None) -> dict[str, Any]:
    """The columns of a movie for these metadata, given the row that is there. Raises Invalid."""
    values: dict[str, Any] = {}
    for column, data in (("tmdb_data", metadata.tmdb_data), ("omdb_data", metadata.omdb_data)):
        if data is not None:
            values[column] = _dump(column, data)
    if not values:
        return _named_columns(metadata)
    if metadata.tmdb_data is not None or before is None or before.title is None:
        known = metadata.tmdb_data or metadata.omdb_data or {}
        values["title"] = _text(known.get("title"))
        values["year"] = _year(known.get("year"))
    values["genres"] = _genres(metadata, before.genres if before else None)
    values["search_text"] = _search_text(metadata, before.search_text if before else None)
    return values


def _named_columns(metadata: Metadata) -> dict[str, Any]:
    """The columns of a movie of which only the name is known, if that."""
    title = _text(metadata.title)
    return {"title": title, "year": _year(metadata.year), "search_text": search_text([title])} if title else {}


def _dump(column: str, data: Mapping[str, Any]) -> str:
    try:
        dumped = orjson.dumps(data)
    except TypeError:
        raise Invalid.field(column, "holds a value that JSON cannot express") from None
    if len(dumped) > MAX_METADATA_BYTES:
        raise Invalid.field(column, f"must have at most {MAX_METADATA_BYTES} bytes")
    return dumped.decode()


def _search_text(metadata: Metadata, known: str | None) -> str:
    """Everything about the title that ``q`` searches in, folded, a phrase a line: titles, people and genres."""
    phrases: list[Any] = [*(known or "").splitlines(), *metadata.search_extra]
    for data in (metadata.tmdb_data, metadata.omdb_data):
        for key in ("title", "director", "writer"):
            phrases.append((data or {}).get(key))
        for key in ("cast", "actors", "genres"):
            listed = (data or {}).get(key)
            phrases.extend(listed if isinstance(listed, list | tuple) else [])
    return search_text(phrase for phrase in phrases if isinstance(phrase, str))


def _genres(metadata: Metadata, known: str | None) -> str:
    """The column ``genres``, in which a line is replaced by that of new details or ratings."""
    lines = (known or "\n").split("\n")
    for number, data in enumerate((metadata.tmdb_data, metadata.omdb_data)):
        if data is not None:
            listed = data.get("genres")
            genres = [each for each in listed if isinstance(each, str)] if isinstance(listed, list | tuple) else []
            keys = [key for each in genres[:MAX_GENRES] if 0 < len(key := fold_key(each)) <= MAX_GENRE]
            lines[number] = f" {' '.join(keys)} "
    return "\n".join(lines).replace("\x00", "")


def _text(value: Any) -> str | None:
    return value.replace("\x00", "")[:MAX_TITLE] if isinstance(value, str) else None


def _year(value: Any) -> str | None:
    text = str(value)[:4] if isinstance(value, str | int) else ""
    return text if _YEAR.fullmatch(text) else None
