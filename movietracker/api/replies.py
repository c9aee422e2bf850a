"""Answers: JSON bytes made once, by orjson."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import orjson
from flask import Response

from ..memory import LARGE_BYTES, give_back


def reply(value: Any, status: int = 200, headers: Mapping[str, str] | None = None) -> Response:
    """A JSON answer; stored JSON in it (orjson.Fragment) goes out as it is."""
    body = orjson.dumps(value)
    response = Response(body, status, mimetype="application/json", headers=dict(headers or {}))
    if len(body) >= LARGE_BYTES:
        response.call_on_close(give_back)
    return response


def no_content() -> Response:
    """204."""
    response = Response(status=204)
    del response.headers["Content-Type"]
    return response
