"""The responses of a worker itself, to bytes that are no request and to clients that get no thread."""

import socket
from contextlib import suppress
from http import HTTPStatus

import orjson
from gunicorn.http import errors as http_errors

from .. import errors

_PROBLEM_OF: dict[type[BaseException], type[errors.Problem]] = {
    http_errors.LimitRequestLine: errors.AddressTooLong,
    http_errors.LimitRequestHeaders: errors.HeadersTooLong,
    http_errors.UnsupportedTransferCoding: errors.CodingUnknown,
    http_errors.ExpectationFailed: errors.ExpectationFailed,
}


def problem_of(exc: BaseException) -> type[errors.Problem]:
    """What is wrong with the bytes of a client; the plain Problem if they are not to blame."""
    if isinstance(exc, http_errors.ParseException | ConnectionError):
        return _PROBLEM_OF.get(type(exc), errors.NotHttp)
    return errors.Problem


def send_problem(client: socket.socket, problem: type[errors.Problem]) -> None:
    """Send a response that is the last on a connection, as far as the client takes it at once."""
    with suppress(OSError):
        client.send(_response(problem), socket.MSG_DONTWAIT)


def _response(problem: type[errors.Problem]) -> bytes:
    body = orjson.dumps({"detail": problem.sentence, "code": problem.code})
    head = (
        f"HTTP/1.1 {problem.status} {HTTPStatus(problem.status).phrase}\r\n"
        "Connection: close\r\nContent-Type: application/json\r\n"
        f"X-Content-Type-Options: nosniff\r\nContent-Length: {len(body)}\r\n\r\n"
    )
    return head.encode("ascii") + body
