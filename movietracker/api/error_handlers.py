"""The one place where errors become answers: one shape, no stack trace, no SQL, no path, no secret."""

from __future__ import annotations

import errno
import logging
import math
import re
import time
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from flask import Flask, Response, g, request
from gunicorn.http.errors import ChunkMissingTerminator, InvalidChunkExtension, InvalidChunkSize, NoMoreData
from sqlalchemy.exc import DBAPIError, InterfaceError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from werkzeug.exceptions import HTTPException, MethodNotAllowed, TooManyRequests, UnprocessableEntity
from werkzeug.routing import RequestRedirect

from .. import errors
from ..extensions import limiter
from .replies import reply

logger = logging.getLogger("movietracker.api")

_CODES = {400: "bad_request", 404: "not_found", 405: "method_not_allowed", 413: "body_too_large", 429: "rate_limited"}
# What the server's reader of bodies raises when chunks are no chunks, or the client leaves in the middle of one.
_UNREADABLE = (InvalidChunkSize, InvalidChunkExtension, ChunkMissingTerminator, NoMoreData)
_NO_ROOM = frozenset({errno.ENOSPC, errno.EDQUOT})
# PostgreSQL's codes for a table or column that there is not.
_NOT_MIGRATED = frozenset({"42P01", "42703"})

_SENTENCES = {
    404: "There is nothing at this address.",
    405: "This address does not answer that method.",
    413: errors.BodyTooLarge.sentence,
    429: errors.TooManyRequests.sentence,
}


def init_app(app: Flask) -> None:
    """Register the handlers."""
    app.register_error_handler(errors.Problem, _on_problem)
    app.register_error_handler(HTTPException, _on_http_exception)
    for unavailable in (OperationalError, InterfaceError, PoolTimeout, DBAPIError):
        app.register_error_handler(unavailable, _on_database_error)
    app.register_error_handler(OSError, _on_system_error)
    for unreadable in _UNREADABLE:
        app.register_error_handler(unreadable, lambda _: _on_problem(errors.BadRequest()))
    app.register_error_handler(Exception, _on_unforeseen)


def _on_problem(problem: errors.Problem) -> Response:
    headers = {}
    if problem.retry_after is not None or problem.status == 503:
        headers["Retry-After"] = str(round(problem.retry_after or 5))
    if problem.status == 401:
        headers["WWW-Authenticate"] = "Bearer"
    policy = problem.policy if isinstance(problem, errors.CursorRefused) else None
    return _answer(problem.status, problem.code, problem.detail, problem.errors, headers, policy)


def _on_http_exception(error: HTTPException) -> Response:
    if isinstance(error, RequestRedirect):
        return Response(status=error.code, headers={"Location": error.new_url})
    if isinstance(error, UnprocessableEntity):
        messages = dict(_flatten(getattr(error, "data", {}).get("messages", {})))
        field, first = next(iter(messages.items()), ("body", ["Not valid."]))
        return _answer(422, errors.Invalid.code, f"{field}: {first[0]}", messages)
    status = error.code or 500
    headers = {}
    if isinstance(error, MethodNotAllowed) and error.valid_methods:
        headers["Allow"] = ", ".join(sorted(error.valid_methods))
    if isinstance(error, TooManyRequests):
        headers["Retry-After"] = str(_seconds_to_wait())
    if status >= 500:
        return _on_unforeseen(error)
    sentence = _SENTENCES.get(status, errors.BadRequest.sentence)
    return _answer(status, _CODES.get(status, errors.BadRequest.code), sentence, headers=headers)


def _on_database_error(error: Exception) -> Response:
    """A database that is locked, away or full is 503; any other database error is a fault of ours."""
    is_ours = isinstance(error, DBAPIError) and not _is_unavailable(error)
    if is_ours:
        return _on_unforeseen(error)
    logger.warning(
        "Database not available (request %s): %s", request_id(), type(getattr(error, "orig", error)).__name__
    )
    return _on_problem(errors.DatabaseUnavailable(retry_after=2))


def _is_unavailable(error: DBAPIError) -> bool:
    if isinstance(error, OperationalError | InterfaceError) or error.connection_invalidated:
        return True
    if getattr(error.orig, "sqlstate", None) in _NOT_MIGRATED:
        return True
    return bool(re.search(r"malformed|not a database", str(error.orig)))  # a damaged SQLite file


def _on_system_error(error: OSError) -> Response:
    """A disk without room, for a large body or what is read from it, is 503; anything else is a fault of ours."""
    if error.errno not in _NO_ROOM:
        return _on_unforeseen(error)
    logger.warning("No room on the disk (request %s)", request_id())
    return _on_problem(errors.DatabaseUnavailable(retry_after=5))


def _on_unforeseen(error: Exception) -> Response:
    route = request.url_rule.rule if request.url_rule else "no route"  # a path has names and ids in it
    logger.error("Unforeseen error (request %s) in %s %s", request_id(), request.method, route, exc_info=error)
    detail = f"Something went wrong on the server; the log has more under request id {request_id()}."
    return _answer(500, "internal_error", detail)


def request_id() -> str:
    """The id under which the log speaks of this request."""
    return str(g.get("request_id", "-"))


def _answer(
    status: int,
    code: str,
    detail: str,
    errors_by_field: Mapping[str, Sequence[str]] | None = None,
    headers: Mapping[str, str] | None = None,
    policy: str | None = None,
) -> Response:
    body: dict[str, Any] = {"detail": detail, "code": code}
    if policy is not None:
        body["policy"] = policy
    if errors_by_field is not None and status == 422:
        body["errors"] = errors_by_field
    return reply(body, status, headers)


def _flatten(messages: Any, path: str = "") -> Iterator[tuple[str, list[str]]]:
    """Turn marshmallow's nested messages into field path -> messages, such as ``people[3]`` -> [...]."""
    if isinstance(messages, Mapping):
        for key, inner in messages.items():
            if key in ("json", "query", "_schema") and (not path or key == "_schema"):
                yield from _flatten(inner, path)
            elif isinstance(key, int):
                yield from _flatten(inner, f"{path}[{key}]")
            else:
                yield from _flatten(inner, f"{path}.{key}" if path else str(key))
    else:
        listed = messages if isinstance(messages, list) else [messages]
        yield path or "body", [str(message) for message in listed]


def _seconds_to_wait() -> int:
    limit = limiter.current_limit
    return max(1, math.ceil(limit.reset_at - time.time())) if limit else 60
