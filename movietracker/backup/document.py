"""Whether two backup documents say the same."""

from __future__ import annotations

import hashlib
from collections import defaultdict
from typing import Any

import orjson

from .parsing import Readable, Shape, Unpacked, elements

_SERVERS_OWN = ("exported_at", "last_modified")
"""What a server says of itself, and so differs between two that hold the same library."""


def same_content(a: Readable, b: Readable) -> bool:
    """Whether two documents agree in everything but when they were made, whatever the order of their records.

    Raises MalformedJson, InvalidDocument, BodyTooLarge.
    """
    return _digests(a) == _digests(b)


def _digests(source: Readable) -> dict[str, tuple[int, int]]:
    """Number of records, and sum of their digests, by top-level key: sums do not depend on the order."""
    found: defaultdict[str, tuple[int, int]] = defaultdict(lambda: (0, 0))
    for key, _, value in elements(Unpacked(source)):
        if key not in _SERVERS_OWN:
            count, total = found[key]
            digest = 0 if isinstance(value, Shape) else _digest(value)
            found[key] = (count + 1, (total + digest) % 2**256)
    return dict(found)


def _digest(value: Any) -> int:
    if isinstance(value, dict):
        value = {name: each for name, each in value.items() if name not in _SERVERS_OWN}
        if isinstance(value.get("recommendations"), list):
            value["recommendations"] = sorted(map(_canonical, value["recommendations"]))
    return int.from_bytes(hashlib.sha256(_canonical(value).encode()).digest())


def _canonical(value: Any) -> str:
    return orjson.dumps(value, option=orjson.OPT_SORT_KEYS).decode()
