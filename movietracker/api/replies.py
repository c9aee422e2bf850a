"""Answers: JSON bytes made once, by orjson, and pages of lists."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode

import orjson
from flask import Response, request

from ..errors import Invalid


def reply(value: Any, status: int = 200, headers: Mapping[str, str] | None = None) -> Response:
    """A JSON answer; stored JSON in it (orjson.Fragment) goes out as it is."""
    return Response(orjson.dumps(value), status, mimetype="application/json", headers=dict(headers or {}))


def no_content() -> Response:
    """204."""
    response = Response(status=204)
    del response.headers["Content-Type"]
    return response


def page_headers(last: Any) -> dict[str, str]:
    """The headers that lead to the next page; ``last`` is where it begins, None when there is none."""
    if last is None:
        return {}
    cursor = base64.urlsafe_b64encode(orjson.dumps(last)).decode().rstrip("=")
    arguments = {**request.args.to_dict(), "cursor": cursor}
    return {"X-Next-Cursor": cursor, "Link": f'<{request.path}?{urlencode(arguments)}>; rel="next"'}


def read_cursor(cursor: str | None, *types: type) -> Any:
    """Where a page begins, as values of these types; raises Invalid for a cursor that this server did not make."""
    if cursor is None:
        return None
    try:
        values = orjson.loads(base64.b64decode(cursor + "=" * (-len(cursor) % 4), altchars=b"-_", validate=True))
    except (binascii.Error, ValueError):
        values = None
    if not isinstance(values, list) or [type(value) for value in values] != list(types):
        raise Invalid.field("cursor", "is not one that this server gave")
    return values


def slice_page(items: list[dict[str, Any]], paging: Mapping[str, Any]) -> Response:
    """A list as an answer: whole, or the page asked for.

    For lists that are small beside a library (people, lists): the cursor holds the id of the last row of the page
    before, and its place for when that row was deleted meanwhile.
    """
    limit, after = paging.get("limit"), read_cursor(paging.get("cursor"), str, int)
    start = 0
    if after is not None:
        start = next((index + 1 for index, item in enumerate(items) if str(item["id"]) == after[0]), after[1])
    chosen = items[start:] if limit is None else items[start : start + limit]
    has_more = limit is not None and start + limit < len(items)
    return reply(chosen, headers=page_headers([str(chosen[-1]["id"]), start + len(chosen)] if has_more else None))
