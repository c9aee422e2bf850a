"""Declares the API's operations: who may call them, what they read and return, and what can go wrong."""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import KW_ONLY, dataclass, field
from functools import partial
from typing import Any, TypeVar

import flask
from flask import Response, request
from marshmallow import Schema

from .. import errors
from ..schemas.values import is_imdb_id
from ..upstream import on_behalf_of
from . import security_log
from .arguments import read_body, read_query
from .authentication import current_admin, current_user
from .limits import Limit
from .responses import conditional_on_library, reply

View = Callable[..., Any]
F = TypeVar("F", bound=View)
Problems = Sequence[type[errors.Problem]]

PROVIDER_PROBLEMS: Problems = (
    errors.TitleUnknown,
    errors.ProviderFailed,
    errors.ProviderNotConfigured,
    errors.ProviderUnreachable,
    errors.TooManyRequests,
)

MAX_BODY_BYTES = 1_048_576
"""What a body may have, unless its operation says more."""

MAX_BODY_WITHOUT_TOKEN = 262_144
"""Bytes of a body that anyone may send; a login is far smaller."""


@dataclass(slots=True)
class Operation:
    """An operation of a blueprint, which decorates its view; openapi.py describes it.

    The view returns a Response, or what is sent as JSON with ``status``; ``also`` are further statuses of success, and
    ``files`` the media types of what it may return instead of JSON.
    ``access`` is "user" (the view's first argument is the Account), "admin", or None for everyone. What the schemas
    ``query`` and ``body`` read comes next, then the parts of the path; a ``body`` that is a mapping is one that the
    view reads, as OpenAPI describes it. ``etag`` says that the response depends on the user's library only, so that a
    client that has its newest state gets 304, and the library is not read. ``max_body`` is in bytes. ``logs`` says that
    the security log has a line for each request, as it has for an administrator's. Without a ``summary``, the view's
    docstring is the summary.
    """

    blueprint: "ApiBlueprint"
    method: str
    rule: str
    _: KW_ONLY
    response: type[Schema] | Schema | None = None
    status: int = 200
    also: Sequence[int] = ()
    files: Sequence[str] = ()
    headers: Sequence[str] = ()
    problems: Problems = ()
    access: str | None = "user"
    max_body: int = MAX_BODY_BYTES
    etag: bool = False
    limits: Sequence[Limit] = ()
    body: type[Schema] | Mapping[str, Any] | None = None
    query: type[Schema] | None = None
    logs: bool = False
    summary: str = ""
    view: View = field(init=False)

    def __call__(self, view: F) -> F:
        """Serve the operation by this view."""
        self.view = view
        self.summary = self.summary or view.__doc__ or ""
        self.blueprint.operations.append(self)
        self.blueprint.add_url_rule(self.rule, view.__name__, self.handle, methods=[self.method])
        return view

    @property
    def path(self) -> str:
        """The rule with the blueprint's prefix."""
        return f"{self.blueprint.url_prefix}{self.rule}"

    def handle(self, **path: Any) -> Response:
        """Check the token, then what the client has of the library, before anything else is read."""
        if self.logs or self.access == "admin":
            security_log.begin(self.view.__name__)
        request.max_content_length = MAX_BODY_WITHOUT_TOKEN if self.access is None else self.max_body
        if self.access == "user":
            user = current_user()
            with on_behalf_of(user.id):
                if self.etag:
                    return conditional_on_library(user, lambda: self._respond(user, **path))
                return self._respond(user, **path)
        if self.access == "admin":
            current_admin()
            security_log.note(user="admin", target=str(path.get("user_id", "-")))
        return self._respond(**path)

    def all_problems(self) -> Problems:
        """What the operation can respond with, apart from success."""
        problems = [*self.problems, errors.DatabaseUnavailable, errors.Problem]
        if self.access == "user" and self.method in ("POST", "PUT"):
            problems.append(errors.QuotaExceeded)
        if self.access is not None:
            problems += [errors.BadToken, errors.Forbidden]
        if "<" in self.rule:
            problems.append(errors.NotFound)
        if self.method in ("POST", "PUT", "PATCH") or self.body:
            problems += [errors.MalformedJson, errors.BodyTooLarge]
        if self.query or self.body or self._writes_title:
            problems.append(errors.Invalid)
        if self.limits:
            problems.append(errors.TooManyRequests)
        return problems

    @property
    def _writes_title(self) -> bool:
        return self.method in ("POST", "PUT") and "<string:imdb_id>" in self.path

    def _respond(self, *caller: Any, **path: Any) -> Response:
        if self._writes_title and not is_imdb_id(path["imdb_id"]):
            raise errors.Invalid.field("imdb_id", "must be an IMDb id: tt and 7 or more digits")
        for limit in self.limits:
            limit()
        sent = [] if self.query is None else [read_query(self.query)]
        unknown: list[str] = []
        if isinstance(self.body, type):
            body, unknown = read_body(self.body)
            sent.append(body)
        result = self.view(*caller, *sent, **path)
        response = result if isinstance(result, Response) else reply(result, self.status)
        if unknown:
            response.headers["Warning"] = _ignored(unknown)
        return response


def _ignored(names: Sequence[str]) -> str:
    """The value of a Warning header for fields that are ignored; of names that may stand in it."""
    shown = [name for name in names if re.fullmatch(r"[\w.-]{1,50}", name, re.ASCII)][:10]
    return f'299 movietracker "Ignored fields: {", ".join(shown) or len(names)}"'


class ApiBlueprint(flask.Blueprint):
    """A blueprint whose operations say everything about themselves in one decorator, ``operation``."""

    def __init__(self, name: str, url_prefix: str, description: str) -> None:
        super().__init__(name, __name__, url_prefix=url_prefix)
        self.description = description
        self.operations: list[Operation] = []
        self.operation = partial(Operation, self)
