"""Pages of lists: a cursor says after which row the next page begins, so that rows that come and go move nothing.

It is base64 of a JSON array: the name of the order, then the values of the last row by which the list is ordered.
"""

import base64
import binascii
import operator
from collections.abc import Callable, Iterable, Mapping
from typing import Any
from urllib.parse import quote, urlencode

import orjson
from flask import Response, request

from ..errors import Invalid
from ..schemas.values import MAX_SIGNED
from .responses import reply

Place = tuple[Any, ...]
Fetch = Callable[[Any, int | None], tuple[list[dict[str, Any]], Place | None]]
"""Returns at most so many rows after a place, or all from the first; and the place of the last if more follow."""


class Order:
    """An order of a list: its name, and the types of the fields that place a row; no two rows share them all."""

    def __init__(self, name: str, /, **fields: type) -> None:
        self._name = name
        self._fields = fields

    def page(self, paging: Mapping[str, Any], fetch: Fetch) -> Response:
        """The page asked for, or the whole list.

        Raises Invalid for a cursor that this server did not make, or made for another order.
        """
        cursor = paging.get("cursor")
        rows, last = fetch(None if cursor is None else self._place(cursor), paging.get("limit"))
        return reply(rows, headers={} if last is None else self._next_page(last))

    def page_of(
        self, paging: Mapping[str, Any], items: Iterable[dict[str, Any]], *, newest_first: bool = False
    ) -> Response:
        """The same of a list that is small beside a library, such as people, lists and accounts; sorted here."""

        def place(item: Mapping[str, Any]) -> Place:
            return tuple(item[field] for field in self._fields)

        def fetch(after: Any, limit: int | None) -> tuple[list[dict[str, Any]], Place | None]:
            ordered = sorted(items, key=place, reverse=newest_first)
            follows = operator.lt if newest_first else operator.gt
            rest = [item for item in ordered if after is None or follows(place(item), after)]
            chosen = rest[:limit]
            return chosen, place(chosen[-1]) if len(chosen) < len(rest) else None

        return self.page(paging, fetch)

    def _place(self, cursor: str) -> Place:
        try:
            name, *values = orjson.loads(base64.b64decode(cursor + "=" * (-len(cursor) % 4), b"-_", validate=True))
        except (binascii.Error, ValueError, TypeError):
            name, values = None, []
        is_typed = [type(value) for value in values] == [*self._fields.values()]
        if name != self._name or not is_typed or not all(map(_can_be_stored, values)):
            raise Invalid.field("cursor", "is not one that this server gave for this list")
        return tuple(values)

    def _next_page(self, last: Place) -> dict[str, str]:
        """The headers that lead to the page after the row at this place."""
        cursor = base64.urlsafe_b64encode(orjson.dumps([self._name, *last])).decode().rstrip("=")
        arguments = {**request.args.to_dict(), "cursor": cursor}
        address = f"{quote(request.root_path + request.path)}?{urlencode(arguments)}"
        return {"X-Next-Cursor": cursor, "Link": f'<{address}>; rel="next"'}


def _can_be_stored(value: Any) -> bool:
    """Whether databases can compare it with what they store."""
    if isinstance(value, int):
        return -MAX_SIGNED - 1 <= value <= MAX_SIGNED
    return not (isinstance(value, str) and "\x00" in value)
