"""Bodies in which an object has the same key twice: what they mean is anybody's guess, so nothing is done by them."""

from __future__ import annotations

import json
from typing import Any

import orjson
from flask import Request
from marshmallow import Schema

from ..errors import MalformedJson
from ..sync.push import REPEATED_KEY
from .blueprint import JsonParser

_REPEATED = object()


class PushParser(JsonParser):
    """Reads pushed actions. One with a repeated key is rejected for itself; elsewhere such a key spoils the body."""

    def load_json(self, req: Request, schema: Schema) -> Any:
        """The parsed body, with REPEATED_KEY in place of such actions of a batch; raises MalformedJson."""
        parsed = super().load_json(req, schema)
        body = req.get_data(cache=True)
        if _may_repeat(body, parsed):
            for place in _repeating_actions(body):
                parsed["actions"][place] = REPEATED_KEY
        return parsed


def _may_repeat(body: bytes, parsed: Any) -> bool:
    """Whether a key may be repeated: of each repeated one, the parsed body has two quotation marks less.

    Such marks within texts are the same in both, unless they were written as numbers.
    """
    if not isinstance(parsed, dict):
        return False
    try:
        return b"\\u0022" in body or orjson.dumps(parsed).count(b'"') != body.count(b'"')
    except orjson.JSONEncodeError:  # nested deeply
        return True


def _repeating_actions(body: bytes) -> list[int]:
    """The places of the actions of a batch that have a repeated key; raises MalformedJson for one outside of them."""
    try:
        read = json.loads(body, object_pairs_hook=_object, parse_int=float)
    except RecursionError:
        raise MalformedJson from None
    actions = read.pop("actions") if isinstance(read, dict) and isinstance(read.get("actions"), list) else []
    if _repeats(read):
        raise MalformedJson
    return [place for place, action in enumerate(actions) if _repeats(action)]


def _object(pairs: list[tuple[str, Any]]) -> Any:
    made = dict(pairs)
    return made if len(made) == len(pairs) else _REPEATED


def _repeats(value: Any) -> bool:
    """Whether an object with a repeated key is in there; without recursion, since it may be nested deeply."""
    waiting = [value]
    while waiting:
        inner = waiting.pop()
        if inner is _REPEATED:
            return True
        if isinstance(inner, dict):
            waiting.extend(inner.values())
        elif isinstance(inner, list):
            waiting.extend(inner)
    return False
