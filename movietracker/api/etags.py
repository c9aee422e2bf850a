"""ETags: from the change clock where an answer depends on the library only, else from the bytes of the answer."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from typing import Any

from flask import Flask, Response, make_response, request

from .._version import __version__
from ..services.transactions import library_read
from ..sync.cursor import position_at


def conditional_on_library(user_id: str, view: Callable[[], Any]) -> Response:
    """Answer 304 without reading the library when the client holds its newest state.

    The head is read before the rows: rows may be newer than the tag, never older, so the client asks once too often
    rather than missing a change.
    """
    with library_read(user_id) as read:
        # Number and time alone may come again after a restore of the database; the commit's nonce does not.
        position = position_at(read, read.head().seq)
    parts = (user_id, position, request.full_path, __version__)
    tag = hashlib.blake2b(repr(parts).encode(), digest_size=16).hexdigest()
    # An asterisk stands for whatever there is, and whether there is something only the view knows.
    if not request.if_none_match.star_tag and request.if_none_match.contains_weak(tag):
        response = Response(status=304)
        del response.headers["Content-Type"]
    else:
        response = make_response(view())
    if response.status_code in (200, 304):
        response.set_etag(tag, weak=True)
    return response


def init_app(app: Flask) -> None:
    """Give every other GET answer a tag of its bytes, and 304 where the client holds it."""

    @app.after_request
    def tag_answer(response: Response) -> Response:
        if request.method in ("GET", "HEAD") and response.status_code == 200 and not response.is_streamed:
            if not response.get_etag()[0]:
                response.add_etag(weak=True)
            response.make_conditional(request)
        return response
