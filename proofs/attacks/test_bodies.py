"""JSON bodies that are cheap to send and expensive to parse: each is refused before it is parsed."""

import json
from collections.abc import Callable

import pytest

from .conftest import Target
from .cost import cost_of
from .sending import send

MIB = 2**20
ESCAPED = b'{"y":"\\u0022",'


def batch(item: bytes, size: int) -> bytes:
    """A batch without actions, and a field that nothing reads, of so many bytes."""
    return ESCAPED + b'"actions":[],"x":[0' + (b"," + item) * (size // (len(item) + 1)) + b"]}"


BODIES: dict[str, Callable[[], bytes]] = {
    "beyond the limit": lambda: batch(b'{"a":1}', 31 * MIB),
    "objects": lambda: batch(b'{"a":1}', 8 * MIB - 1000),
    "arrays": lambda: batch(b"[]", 8 * MIB - 1000),
    "numbers": lambda: batch(b"1e9", 8 * MIB - 1000),
    "keys": lambda: ESCAPED + b",".join(b'"k%x":0' % n for n in range(600_000)) + b',"actions":[]}',
    "depth": lambda: b'{"actions":[' + b"[" * (8 * MIB - 1000),
    "actions": lambda: b'{"actions":[0' + b",0" * (4 * MIB - 1000) + b"]}",
    "actions that are objects": lambda: b'{"actions":[{}' + b",{}" * 160_000 + b"]}",
    "texts without an end": lambda: b'{"actions":[' + b'"\\"' * (2 * MIB) + b"]}",
}


@pytest.mark.parametrize("name", BODIES)
def test_a_batch_costs_little(shared_target: Target, name: str) -> None:
    body = BODIES[name]()
    with cost_of(shared_target.server) as cost:
        statuses = {send(shared_target, "/api/sync/batch", body, chunked=chunked) for chunked in (False, True)}
    assert statuses <= {400, 413, 422}
    cost.check()


def test_the_largest_tree_that_is_parsed_costs_little(shared_target: Target) -> None:
    body = batch(b'{"k\xc3\xa9y":1.5}', 8 * MIB - 1000)[: 499_000 * 15 // 4]
    body = body[: body.rindex(b",")] + b"]}"
    with cost_of(shared_target.server) as cost:
        status = send(shared_target, "/api/sync/batch", body)
    assert status == 200
    cost.check()


@pytest.mark.parametrize(
    "path", ["/api/people", "/api/lists", "/api/movies", "/api/movies/tt0133093/recommendations/bulk"]
)
def test_another_request_costs_little(shared_target: Target, path: str) -> None:
    names = json.dumps({"people": ["Anna"] * 150_000, "name": "Anna", "imdb_id": 0}).encode()
    assert MIB < len(names) < 2 * MIB
    with cost_of(shared_target.server) as cost:
        statuses = [
            send(shared_target, path, names),
            send(shared_target, path, names[: MIB // 2].rstrip(b', "Ana') + b'"]}'),
        ]
    assert statuses[0] == 413
    assert statuses[1] in (400, 422)
    cost.check()
