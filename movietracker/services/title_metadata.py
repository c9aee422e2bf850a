"""Providers' full responses, stored once per title for all users."""

from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

import orjson
from sqlalchemy import Connection, select

from .. import clock
from ..database import upsert
from ..errors import MetadataNotFound
from ..models import RESPONSES
from .transactions import query

MAX_RESPONSE_BYTES = 2_097_152


class ProviderResponse(NamedTuple):
    """One provider's full response for a title; ``title_id`` is the public id when the provider gave one."""

    provider: str
    title_id: int | None
    media_type: str | None
    response: Mapping[str, Any]


def store_responses(connection: Connection, imdb_id: str, responses: Iterable[ProviderResponse]) -> None:
    """Store these responses of a title, replacing older ones; a response beyond 2 MiB is omitted."""
    rows = []
    for each in responses:
        text = orjson.dumps(each.response, default=str).decode()
        if len(text) <= MAX_RESPONSE_BYTES:
            values = {"title_id": each.title_id, "media_type": each.media_type, "response": text}
            rows.append({"imdb_id": imdb_id, "provider": each.provider, **values, "fetched_at": clock.now()})
    upsert(connection, RESPONSES, rows)


def get_response(imdb_id: str, provider: str) -> bytes:
    """A provider's stored response as JSON; raises MetadataNotFound."""
    statement = select(RESPONSES.c.response).where(RESPONSES.c.imdb_id == imdb_id, RESPONSES.c.provider == provider)
    found = query(statement).scalar_one_or_none()
    if found is None:
        raise MetadataNotFound
    return bytes(found, "utf-8")


def known_imdb_id(title_id: int, media_type: str) -> str | None:
    """The IMDb id of a public id, if a stored response contains it."""
    statement = select(RESPONSES.c.imdb_id).where(
        RESPONSES.c.title_id == title_id, RESPONSES.c.media_type == media_type
    )
    found: str | None = query(statement.limit(1)).scalar_one_or_none()
    return found
