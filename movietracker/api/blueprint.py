"""The blueprint that declares endpoints: who may call, what is read, what is answered, what can go wrong."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import wraps
from typing import Any

import flask_smorest
import orjson
from flask import Request, request
from marshmallow import Schema, missing
from webargs.flaskparser import FlaskParser

from .. import errors
from ..schemas.answers import ErrorSchema
from ..schemas.fields import is_imdb_id
from .authentication import current_admin, current_user
from .etags import conditional_on_library

View = Callable[..., Any]

# Bytes of a body that anybody may send: a login is far smaller.
MOST_OF_A_STRANGER = 262_144


class JsonParser(FlaskParser):
    """Reads bodies as JSON whatever their content type says; strict, as orjson is: no NaN, no half documents."""

    def load_json(self, req: Request, schema: Schema) -> Any:
        """The parsed body; raises MalformedJson. No body at all counts as no fields given."""
        body = req.get_data(cache=True)
        if req.content_length is None and len(body) >= (req.max_content_length or math.inf):
            raise errors.BodyTooLarge  # a body of unannounced length was cut off at the limit
        if not body.strip():
            return missing
        try:
            return orjson.loads(body)
        except orjson.JSONDecodeError:
            raise errors.MalformedJson from None


class ApiBlueprint(flask_smorest.Blueprint):
    """A blueprint whose endpoints say everything about themselves in one decorator."""

    ARGUMENTS_PARSER = JsonParser()

    def arguments(self, schema: type[Schema], location: str = "json") -> Callable[[View], View]:
        """Read the body, or the query, by a schema; the view gets it as its next argument."""
        decorate: Callable[[View], View] = super().arguments(schema, location=location)
        return decorate

    def endpoint(
        self,
        method: str,
        rule: str,
        *,
        answer: type[Schema] | Schema | None = None,
        status: int = 200,
        also: int | None = None,
        problems: Sequence[type[errors.Problem]] = (),
        access: str | None = "user",
        etag: bool = False,
    ) -> Callable[[View], View]:
        """Declare an endpoint.

        ``access`` is "user" (the view's first argument is the Account), "admin", or None for everybody; ``also`` a
        second status of success with the same answer; ``etag`` says that the answer depends on the user's library only,
        so that an unchanged library is answered by 304 without being read.
        """

        def declare(view: View) -> View:
            notes = [self.response(status, answer)]
            if also is not None:
                notes.append(self.alt_response(also, schema=answer, description="OK", success=True))
            for code, kinds in sorted(_by_status((*problems, *_common_problems(access, rule, method))).items()):
                notes.append(
                    self.alt_response(
                        code,
                        schema=ErrorSchema,
                        description=" ".join(f"`{kind.code}`: {kind.sentence}" for kind in kinds),
                        examples={kind.code: {"value": _example(kind)} for kind in kinds},
                    )
                )
            if access is not None:
                notes.append(self.doc(security=[{access: []}]))
            documented = _noted(_guarded(view, access, etag), notes)
            routed: View = self.route(rule, methods=[method])(documented)
            return routed

        return declare


def _noted(view: View, decorators: Iterable[Callable[[View], View]]) -> View:
    """The view with what decorators of flask-smorest note of it for the document.

    Each of them would wrap the view once more and copy all notes so far, which took 0.4 s of CPU at start-up, and five
    calls at each request; so each decorates nothing, and its notes are put together here. Our views need no wrapping:
    they answer with Responses.
    """
    notes: dict[str, Any] = getattr(view, "_apidoc", {})
    for decorate in decorators:
        _merge(notes, decorate(lambda: None)._apidoc)  # type: ignore[attr-defined]
    view._apidoc = notes  # type: ignore[attr-defined]
    return view


def _merge(notes: dict[str, Any], more: Mapping[str, Any]) -> None:
    for key, value in more.items():
        if isinstance(value, dict) and isinstance(notes.get(key), dict):
            _merge(notes[key], value)
        elif isinstance(value, list) and isinstance(notes.get(key), list):
            notes[key] += value
        else:
            notes[key] = value


def _guarded(view: View, access: str | None, etag: bool) -> View:
    @wraps(view)
    def guarded(*args: Any, **kwargs: Any) -> Any:
        if access == "user":
            user = current_user()
            _check_path(kwargs)
            if etag:
                return conditional_on_library(user.id, lambda: view(user, *args, **kwargs))
            return view(user, *args, **kwargs)
        if access == "admin":
            current_admin()
        else:
            request.max_content_length = MOST_OF_A_STRANGER
        _check_path(kwargs)
        return view(*args, **kwargs)

    return guarded


def _check_path(parts: Mapping[str, Any]) -> None:
    """Raise NotFound for a NUL, which no name or id has, and Invalid for writing to what is no IMDb id."""
    for name, part in parts.items():
        if isinstance(part, str) and "\x00" in part:
            raise errors.NotFound
        if name == "imdb_id" and request.method in ("POST", "PUT") and not is_imdb_id(part):
            raise errors.Invalid.field("imdb_id", "must be an IMDb id: tt and 7 or more digits")


def _common_problems(access: str | None, rule: str, method: str) -> list[type[errors.Problem]]:
    """What every endpoint of this kind can answer with."""
    common: list[type[errors.Problem]] = [errors.DatabaseUnavailable, errors.Problem]
    if access is not None:
        common += [errors.BadToken, errors.Forbidden]
    if "<" in rule:
        common.append(errors.NotFound)
    if method in ("POST", "PUT", "PATCH"):
        common += [errors.MalformedJson, errors.BodyTooLarge]
    return common


def _by_status(problems: Iterable[type[errors.Problem]]) -> dict[int, list[type[errors.Problem]]]:
    """The problems of each status, one of each code."""
    of_code = {(problem.status, problem.code): problem for problem in reversed(tuple(problems))}
    found: dict[int, list[type[errors.Problem]]] = {}
    for (status, _), problem in reversed(of_code.items()):
        found.setdefault(status, []).append(problem)
    return found


def _example(problem: type[errors.Problem]) -> dict[str, Any]:
    body: dict[str, Any] = {"detail": problem.sentence, "code": problem.code}
    return body | {"errors": {"field": ["What is wrong with it."]}} if problem.status == 422 else body
