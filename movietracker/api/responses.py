"""Responses: JSON, made once by orjson; their ETags; their compression."""

import gzip
import hashlib
import re
import zlib
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

import orjson
from flask import Flask, Response, request

from .._version import __version__
from ..memory import LARGE_BYTES, give_back
from ..services.accounts import Account
from ..services.transactions import library_read
from ..sync.cursor import position_at

# What compression saves, and what it costs (CPU of one core; a list of 2,000 movies, and a list of 44 people):
#   level 1: 4,890 kB to 800 kB in 22 ms    9.0 kB to 0.75 kB in 0.016 ms
#   level 6: 4,890 kB to 523 kB in 100 ms   9.0 kB to 0.69 kB in 0.030 ms
# At 20 Mbit/s the list takes 2 s as it is, 0.32 s with level 1, 0.21 s with level 6: level 1 has four fifths of what
# there is to save, and delays the other requests of a household a fifth as long. Below a kilobyte one packet is sent
# anyway.
MIN_COMPRESSED_BYTES = 1024
_LEVEL = 1
_CODING = re.compile(r'[-;](?:gzip|br|zstd|deflate)"')
_COMPRESSED_TYPES = frozenset(
    {
        *("application/json", "text/html", "text/css", "text/javascript", "application/javascript", "text/plain"),
        "text/csv",
    }
)


def init_app(app: Flask) -> None:
    """Tag and compress every response, in this order: Flask runs the function registered last first."""
    app.before_request(_read_tags)
    app.after_request(compress)
    app.after_request(tag)


def reply(value: Any, status: int = 200, headers: Mapping[str, str] | None = None) -> Response:
    """A JSON response; stored JSON in it (orjson.Fragment) is sent as it is. Status 204 has no body."""
    if status == 204:
        return _without_body(204)
    body = orjson.dumps(value)
    response = Response(body, status, mimetype="application/json", headers=dict(headers or {}))
    if len(body) >= LARGE_BYTES:
        response.call_on_close(give_back)
    return response


def conditional_on_library(user: Account, respond: Callable[[], Response]) -> Response:
    """Respond with 304, without reading the library, when the client holds its newest state.

    Account and head are read before the rows: rows may be newer than the tag, never older, so the client asks once too
    often rather than missing a change. A response that has a tag of its own keeps it.
    """
    with library_read(user.id) as read:
        # Number and time alone may come again after a restore of the database; the commit's nonce does not.
        position = position_at(read, read.head().seq)
    parts = (user, position, request.full_path, __version__)
    etag = hashlib.blake2b(repr(parts).encode(), digest_size=16).hexdigest()
    # An asterisk stands for any state, and whether there is one only the view knows.
    is_known = not request.if_none_match.star_tag and request.if_none_match.contains_weak(etag)
    response = _without_body(304) if is_known else respond()
    if response.status_code in (200, 304) and not response.get_etag()[0]:
        response.set_etag(etag, weak=True)
    return response


def _read_tags() -> None:
    """Read a tag to which a proxy has added the coding with which it compressed the response; leave If-Match alone.

    No write looks at If-Match, since sync tells conflicts (docs/sync.md), so reading does not, either.
    """
    request.environ.pop("HTTP_IF_MATCH", None)
    if tags := request.environ.get("HTTP_IF_NONE_MATCH"):
        request.environ["HTTP_IF_NONE_MATCH"] = _CODING.sub('"', tags)


def tag(response: Response) -> Response:
    """Give every other response to GET a tag of its bytes, and make it 304 where the client holds it."""
    if request.method in ("GET", "HEAD") and response.status_code == 200 and not response.is_streamed:
        if not response.get_etag()[0]:
            response.add_etag(weak=True)
        response.make_conditional(request)
    return response


def compress(response: Response) -> Response:
    """Compress a response that is large enough, when the client accepts it; caches hear that it depends on that."""
    if response.mimetype not in _COMPRESSED_TYPES:
        return response
    response.vary.add("Accept-Encoding")
    is_whole = response.status_code not in (204, 206, 304) and not response.content_encoding
    if is_whole and request.accept_encodings["gzip"] > 0:
        response.direct_passthrough = False
        if response.is_streamed:
            _compress_while_sending(response)
        elif len(body := response.get_data()) >= MIN_COMPRESSED_BYTES:
            response.set_data(gzip.compress(body, _LEVEL, mtime=0))
        else:
            return response
        response.content_encoding = "gzip"
        etag, _ = response.get_etag()
        if etag:
            response.set_etag(etag, weak=True)  # the same, but no longer byte by byte
    return response


def _compress_while_sending(response: Response) -> None:
    plain = response.response
    response.response = _compressed(response.iter_encoded())
    response.headers.pop("Content-Length", None)
    if hasattr(plain, "close"):
        response.call_on_close(plain.close)  # a file


def _compressed(chunks: Iterable[bytes]) -> Iterator[bytes]:
    compressor = zlib.compressobj(_LEVEL, wbits=zlib.MAX_WBITS | 16)  # in gzip's format
    for chunk in chunks:
        yield compressor.compress(chunk)
    yield compressor.flush()


def _without_body(status: int) -> Response:
    response = Response(status=status)
    del response.headers["Content-Type"]
    return response
