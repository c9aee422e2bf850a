"""Pages of lists: a cursor says after which row the next page begins, so that rows that come and go move nothing.

It is base64 of a JSON array: the name of the order, then the values of the last row by which the list is ordered.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote, urlencode

import orjson
from flask import Response, request

from ..errors import Invalid
from .replies import reply


@dataclass(frozen=True, slots=True)
class Order:
    """An order of a list: its name, and the types of the values that a row is placed by; no two rows share them all."""

    name: str
    types: tuple[type, ...]

    def place_after(self, paging: Mapping[str, Any]) -> tuple[Any, ...] | None:
        """The values of the row after which the page begins; None for the first page.

        Raises Invalid for a cursor that this server did not make, or made for another order.
        """
        cursor = paging.get("cursor")
        if cursor is None:
            return None
        try:
            name, *values = orjson.loads(base64.b64decode(cursor + "=" * (-len(cursor) % 4), b"-_", validate=True))
        except (binascii.Error, ValueError, TypeError):
            name, values = None, []
        is_text_clean = not any(isinstance(value, str) and "\x00" in value for value in values)
        if name != self.name or tuple(type(value) for value in values) != self.types or not is_text_clean:
            raise Invalid.field("cursor", "is not one that this server gave for this list")
        return tuple(values)

    def next_page(self, last: Sequence[Any] | None) -> dict[str, str]:
        """The headers that lead to the page after the row with these values; none when there is no such page."""
        if last is None:
            return {}
        cursor = base64.urlsafe_b64encode(orjson.dumps([self.name, *last])).decode().rstrip("=")
        arguments = {**request.args.to_dict(), "cursor": cursor}
        address = f"{quote(request.path)}?{urlencode(arguments)}"
        return {"X-Next-Cursor": cursor, "Link": f'<{address}>; rel="next"'}


def page_of(
    items: Iterable[dict[str, Any]],
    order: Order,
    place: Callable[[dict[str, Any]], tuple[Any, ...]],
    paging: Mapping[str, Any],
) -> Response:
    """A list that is small beside a library (people, lists, accounts) as an answer: whole, or the page asked for."""
    limit, after = paging.get("limit"), order.place_after(paging)
    rest = [item for item in sorted(items, key=place) if after is None or place(item) > after]
    chosen = rest[:limit]
    return reply(chosen, headers=order.next_page(place(chosen[-1]) if len(chosen) < len(rest) else None))
