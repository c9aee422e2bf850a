"""The one place where errors become responses: one shape, no stack trace, no SQL, no path, no secret."""

import errno
import logging
import re
from collections.abc import Mapping
from typing import Any
from urllib.parse import quote

from flask import Flask, Response, current_app, g, request
from gunicorn.http.errors import NoMoreData, ParseException
from sqlalchemy.exc import DBAPIError, InterfaceError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from werkzeug.exceptions import HTTPException, MethodNotAllowed, TooManyRequests
from werkzeug.routing import RequestRedirect

from .. import errors
from ..phrases import coded
from .responses import reply

logger = logging.getLogger("movietracker.api")

_NO_ROOM = frozenset({errno.ENOSPC, errno.EDQUOT})
# PostgreSQL's codes for a table or column that does not exist.
_NOT_MIGRATED = frozenset({"42P01", "42703"})

_OF_STATUS: Mapping[int, tuple[str, str]] = {
    404: (errors.NotFound.code, "There is nothing at this address."),
    405: ("method_not_allowed", "This address does not accept that method."),
    413: (errors.BodyTooLarge.code, errors.BodyTooLarge.sentence),
    422: (errors.Invalid.code, errors.Invalid.sentence),
}
"""The code and the sentence of what Flask and Werkzeug refuse; any other is a bad request."""


def init_app(app: Flask) -> None:
    """Register the handlers."""
    app.register_error_handler(errors.Problem, _on_problem)
    app.register_error_handler(HTTPException, _on_http_exception)
    for unavailable in (OperationalError, InterfaceError, PoolTimeout, DBAPIError):
        app.register_error_handler(unavailable, _on_database_error)
    app.register_error_handler(OSError, _on_system_error)
    for unreadable in (ParseException, NoMoreData):  # gunicorn reads a chunked body while a view asks for it
        app.register_error_handler(unreadable, lambda _: _on_problem(errors.BadRequest()))
    app.register_error_handler(Exception, _on_unforeseen)


def _on_problem(problem: errors.Problem) -> Response:
    headers = {}
    if problem.retry_after is not None or problem.status == 503:
        headers["Retry-After"] = str(round(problem.retry_after or 5))
    if problem.status == 401:
        headers["WWW-Authenticate"] = "Bearer"
    more = coded(problem.detail, "detail")
    if isinstance(problem, errors.CursorRefused):
        more["policy"] = problem.policy
    if problem.errors is not None and problem.status == 422:
        more["errors"] = problem.errors
    return _error(problem.status, problem.code, problem.detail, headers, **more)


def _on_http_exception(error: HTTPException) -> Response:
    if isinstance(error, RequestRedirect):
        return Response(status=error.code, headers={"Location": error.new_url})
    if isinstance(error, TooManyRequests):  # from a plugin
        return _on_problem(errors.TooManyRequests(retry_after=60))
    status = error.code or 500
    if status == 404 and (address := _meant()):
        return Response(status=308, headers={"Location": address})
    headers = {}
    if isinstance(error, MethodNotAllowed) and error.valid_methods:
        headers["Allow"] = ", ".join(sorted(error.valid_methods))
    if status >= 500:
        return _on_unforeseen(error)
    code, sentence = _OF_STATUS.get(status, (errors.BadRequest.code, errors.BadRequest.sentence))
    return _error(status, code, sentence, headers)


def _meant() -> str | None:
    """What differs from the address by a final slash only, relative to it; the documentation for the root."""
    path = request.path
    if path == "/":
        return "docs" if request.method in ("GET", "HEAD") else None
    adapter = current_app.create_url_adapter(request)
    if not path.endswith("/") or adapter is None or not adapter.test(path[:-1], request.method):
        return None
    query = request.query_string.decode("ascii", "ignore")
    return f"../{quote(path.split('/')[-2])}" + (f"?{query}" if query else "")


def _on_database_error(error: Exception) -> Response:
    """A database that is locked, unreachable or full is 503; any other database error is a bug of ours."""
    is_ours = isinstance(error, DBAPIError) and not _is_unavailable(error)
    if is_ours:
        return _on_unforeseen(error)
    cause = getattr(error, "orig", error)
    file = getattr(cause, "filename", None)
    reason = type(cause).__name__ if file is None else f"{cause} ({file})"
    logger.warning("Database not available (request %s): %s", request_id(), reason)
    return _on_problem(errors.DatabaseUnavailable(retry_after=2))


def _is_unavailable(error: DBAPIError) -> bool:
    if isinstance(error, OperationalError | InterfaceError) or error.connection_invalidated:
        return True
    if getattr(error.orig, "sqlstate", None) in _NOT_MIGRATED:
        return True
    return bool(re.search(r"malformed|not a database", str(error.orig)))  # a damaged SQLite file


def _on_system_error(error: OSError) -> Response:
    """A full disk, for a large body or what is read from it, is 503; anything else is a bug of ours."""
    if error.errno not in _NO_ROOM:
        return _on_unforeseen(error)
    logger.warning("No room on the disk (request %s)", request_id())
    return _on_problem(errors.DatabaseUnavailable(retry_after=5))


def _on_unforeseen(error: Exception) -> Response:
    route = request.url_rule.rule if request.url_rule else "no route"  # a path has names and ids in it
    logger.error("Unforeseen error (request %s) in %s %s", request_id(), request.method, route, exc_info=error)
    detail = f"Something went wrong on the server; the log has more under request id {request_id()}."
    return _error(500, "internal_error", detail)


def request_id() -> str:
    """The id under which the log speaks of this request."""
    return str(g.get("request_id", "-"))


def _error(status: int, code: str, detail: str, headers: Mapping[str, str] | None = None, **more: Any) -> Response:
    return reply({"detail": detail, "code": code, **more}, status, headers)
