"""Sending a body that a server may refuse before it has come in."""

import http.client
from collections.abc import Iterator
from contextlib import closing

from support.waiting import PATIENCE

from .conftest import Target

_PIECE = 64 * 1024


def send(target: Target, path: str, body: bytes, *, chunked: bool = False, **headers: str) -> int:
    """The status of the response to a POST by the user; 0 when the connection was cut before it could be read."""
    with closing(http.client.HTTPConnection(*target.address, timeout=PATIENCE)) as connection:
        headers = {"Authorization": f"Bearer {target.user.token}", **headers}
        try:
            connection.request("POST", path, _pieces(body) if chunked else body, headers, encode_chunked=chunked)
        except ConnectionError:
            return _status(connection)
        return connection.getresponse().status


def _pieces(body: bytes) -> Iterator[bytes]:
    for start in range(0, len(body), _PIECE):
        yield body[start : start + _PIECE]


def _status(connection: http.client.HTTPConnection) -> int:
    """The status that came while the body was still being sent."""
    try:
        response = http.client.HTTPResponse(connection.sock, method="POST")
        response.begin()
    except (OSError, http.client.HTTPException):
        return 0
    return response.status
