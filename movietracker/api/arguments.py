"""What a request carries in its body and query, read by a schema."""

import re
import sys
import zlib
from itertools import islice
from typing import Any

import orjson
from flask import request
from marshmallow import Schema

from ..errors import BodyTooLarge, Invalid, MalformedJson
from ..schemas.fields import ONLY_UNKNOWN, load, unknown_fields

MAX_TOKENS = 500_000
"""Texts, lists, objects and commas in a body; parsed, each takes up to 100 bytes of memory."""

_TOKEN = re.compile(rb'"(?:[^"\\]++|\\.)*+"?|[\[{,]', re.DOTALL)


def read_body(schema: type[Schema]) -> tuple[dict[str, Any], list[str]]:
    """The JSON body, whatever its content type says, and the names of unknown fields; an empty one counts as ``{}``.

    Raises Invalid, also for a body of unknown fields alone. Raises BodyTooLarge, and MalformedJson for what is not
    strict JSON, such as NaN.
    """
    body = body_bytes()
    if _has_too_many_tokens(body):
        raise BodyTooLarge(f"The request body has more than {MAX_TOKENS} values.")
    try:
        parsed = orjson.loads(body) if body.strip() else {}
    except orjson.JSONDecodeError:
        raise MalformedJson from None
    loaded = load(schema, parsed)
    unknown = unknown_fields(schema, parsed)
    if unknown and len(unknown) == len(parsed):
        raise Invalid.field(unknown[0], ONLY_UNKNOWN)
    return loaded, unknown


def body_bytes() -> bytes:
    """The body, unpacked if the client compressed it; raises BodyTooLarge, and MalformedJson for what is not gzip."""
    body = request.get_data()
    limit = request.max_content_length or sys.maxsize
    if request.content_length is None and len(body) >= limit:
        raise BodyTooLarge  # a body of unannounced length is cut off at the limit
    coding = request.headers.get("Content-Encoding", "").strip().lower()
    if coding in ("", "identity"):
        return body
    if coding not in ("gzip", "x-gzip"):
        raise MalformedJson("This Content-Encoding is not supported; send gzip, or none.")
    unpacker = zlib.decompressobj(zlib.MAX_WBITS | 16)
    try:
        body = unpacker.decompress(body, limit)
    except zlib.error:
        raise MalformedJson("The request body is not what its Content-Encoding says.") from None
    if unpacker.unconsumed_tail:
        raise BodyTooLarge
    if not unpacker.eof:
        raise MalformedJson("The request body breaks off.")
    return body


def _has_too_many_tokens(body: bytes) -> bool:
    """Whether parsing would take far more memory than the body, which 8 bytes such as ``{"a":1},`` can do 30 times."""
    at_most = len(body) if len(body) <= MAX_TOKENS else sum(map(body.count, (b'"', b"[", b"{", b",")))
    if at_most <= MAX_TOKENS:
        return False
    return next(islice(_TOKEN.finditer(body), MAX_TOKENS, None), None) is not None  # not those within texts


def read_query(schema: type[Schema]) -> dict[str, Any]:
    """The arguments in the address, the first of each name; raises Invalid."""
    return load(schema, request.args.to_dict())
