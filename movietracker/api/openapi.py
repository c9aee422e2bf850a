"""The OpenAPI document, made of what the endpoints declare."""

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from functools import cache
from http import HTTPStatus
from typing import Any

from apispec import APISpec
from apispec.ext.marshmallow import MarshmallowPlugin
from flask import current_app
from marshmallow import Schema, fields

from .._version import __version__
from ..errors import CursorRefused, NotHttp, Problem
from ..schemas.fields import Field
from ..schemas.requests import PageSchema
from ..schemas.responses import ErrorSchema
from ..schemas.sync import EnvelopeSchema, PushSchema
from ..schemas.values import one_of
from ..sync.actions import registry
from .blueprint import ApiBlueprint, Operation
from .converters import SCHEMAS

TITLE = "movietracker"

_JSON = "application/json"
_PATH_PART = re.compile(r"<(\w+):(\w+)>")
_EXAMPLE_OF_TYPE: Mapping[str, Any] = {"string": "text", "integer": 1, "number": 1.0, "boolean": True, "null": None}
_BEARER = {"type": "http", "scheme": "bearer", "bearerFormat": "JWT"}
_OF_KIND = {
    **{verb: f"{verb}_{{one}}" for verb in ("add", "get", "change", "remove")},
    "list_all": "list_{all}",
    "stats": "get_{one}_stats",
    "me": "get_account",
    "delete_me": "delete_account",
    "movies_of": "list_movies_of_list",
    "export": "export_library",
    "import_": "import_library",
    "settings": "get_backup_settings",
    "change_settings": "change_backup_settings",
    "restore_one": "restore_backup",
    "metadata": "get_metadata",
    "movie": "get_movie_details",
    "tv": "get_tv_details",
    "movie_credits": "get_movie_credits",
    "tv_credits": "get_tv_credits",
    "ratings": "get_ratings",
}
_NAMES = {"people": ("person", "people"), "backup": ("backup", "backups")}
_SCHEMAS = "#/components/schemas/"
_ERROR = {"schema": {"$ref": f"{_SCHEMAS}Error"}}
_NOT_HTTP: tuple[type[NotHttp], ...] = (NotHttp, *NotHttp.__subclasses__())


def _header(description: str, kind: str = "string") -> dict[str, Any]:
    return {"description": description, "schema": {"type": kind}}


_COMPONENTS = {
    "securitySchemes": {
        "user": {**_BEARER, "description": "From POST /api/auth/login"},
        "admin": {**_BEARER, "description": "From POST /api/auth/admin/login"},
    },
    "headers": {
        "X-Request-ID": _header("The id of this request in the server's log; the client's own if it sent one."),
        "Retry-After": _header("Seconds to wait before trying again.", "integer"),
        "ETag": _header("The state of the response; send it as If-None-Match to get 304 while nothing has changed."),
        "X-Next-Cursor": _header("The cursor of the next page; missing on the last one."),
        "Warning": _header(
            "110 when an expired response stands in for a provider that fails; 299 with the fields that were ignored."
        ),
        "Link": _header('The address of the next page, with rel="next"; missing on the last one.'),
    },
    "parameters": {
        "If-None-Match": {
            "in": "header",
            "name": "If-None-Match",
            "description": "An ETag of an earlier response from this address.",
            "schema": {"type": "string"},
        }
    },
    "responses": {
        "DEFAULT_ERROR": {
            "description": "The bytes received are not HTTP that this server can parse; returned before routing.",
            "content": {
                _JSON: {
                    **_ERROR,
                    "examples": {
                        problem.code: {
                            "summary": f"{problem.status} {problem.sentence}",
                            "value": {"detail": problem.sentence, "code": problem.code},
                        }
                        for problem in _NOT_HTTP
                    },
                }
            },
        }
    },
}


def document() -> dict[str, Any]:
    """The document; made on first use, since that takes longer than everything else at start-up."""
    return _document(tuple(each for each in current_app.blueprints.values() if isinstance(each, ApiBlueprint)))


def schema_of(name: str) -> Any:
    """The schema of this name by itself: with those that it refers to in their places."""

    def inlined(part: dict[str, Any]) -> Any:
        return schema_of(_name_of(part["$ref"])) if "$ref" in part else part

    return json.loads(json.dumps(document()["components"]["schemas"][name]), object_hook=inlined)


@cache
def _document(blueprints: tuple[ApiBlueprint, ...]) -> dict[str, Any]:
    spec = APISpec(
        TITLE,
        __version__,
        "3.1.0",
        [MarshmallowPlugin()],
        info={
            "description": "Who told me to watch this, and should I trust them? "
            "Times are Unix seconds; requests may also send milliseconds.",
            "license": {"name": "MIT", "identifier": "MIT"},
        },
        servers=[{"url": "."}],
        components=_COMPONENTS,
    )
    spec.components.schema("Error", schema=ErrorSchema)
    for blueprint in blueprints:
        spec.tag({"name": blueprint.name, "description": blueprint.description})
        for operation in blueprint.operations:
            spec.path(
                _PATH_PART.sub(r"{\2}", operation.path),
                operations={operation.method.lower(): _operation(operation, blueprint.name)},
                parameters=[
                    {"in": "path", "name": name, "schema": SCHEMAS[kind]}
                    for kind, name in _PATH_PART.findall(operation.path)
                ],
            )
    unions = {name: _any_action(spec, base, name) for name, base in (("Action", EnvelopeSchema), ("Push", PushSchema))}
    described = spec.to_dict()
    described["components"]["schemas"].update(unions)
    described["components"]["schemas"]["Batch"]["properties"]["actions"]["items"] = {"$ref": f"{_SCHEMAS}Action"}
    _add_examples(described)
    return described


def _any_action(spec: APISpec, envelope: type[Schema], suffix: str) -> dict[str, Any]:
    """The union of all sync actions, told apart by ``action``, each with the schema of its data.

    The server's own schemas take any action and any data, since what is wrong is said in the action's result.
    """
    mapping: dict[str, str] = {}
    for action in registry.actions:
        name = f"{action.name[0].upper()}{action.name[1:]}{suffix}"
        names = (action.name, *action.aliases)
        parts = {
            "action": Field(one_of(names, action.name), required=True),
            "data": fields.Nested(action.schema, required=True),
        }
        spec.components.schema(name, {"description": action.summary}, schema=type(name, (envelope,), parts))
        mapping |= dict.fromkeys(names, f"{_SCHEMAS}{name}")
    return {
        "oneOf": [{"$ref": each} for each in dict.fromkeys(mapping.values())],
        "discriminator": {"propertyName": "action", "mapping": mapping},
    }


def _operation(operation: Operation, tag: str) -> dict[str, Any]:
    described: dict[str, Any] = {
        "operationId": _operation_id(operation),
        "summary": operation.summary,
        "tags": [tag],
    }
    if operation.access is not None:
        described["security"] = [{operation.access: []}]
    parameters: list[Any] = [{"in": "query", "schema": operation.query}] if operation.query else []
    if operation.method == "GET":
        parameters.append("If-None-Match")
    if parameters:
        described["parameters"] = parameters
    if isinstance(operation.body, type):
        described["requestBody"] = {"required": True, "content": {_JSON: {"schema": operation.body}}}
    elif operation.body is not None:
        described["requestBody"] = operation.body
    responses = {status: _success(operation, status) for status in (operation.status, *operation.also)}
    if operation.method == "GET":
        responses[304] = _response("Nothing has changed since the response with that tag.", headers=["ETag"])
    for status, problems in _by_status(operation.all_problems()).items():
        responses[status] = _failure(status, problems)
    described["responses"] = {str(status): responses[status] for status in sorted(responses)}
    described["responses"]["default"] = "DEFAULT_ERROR"
    return described


def _operation_id(operation: Operation) -> str:
    """The name of the method in generated clients, such as ``addMovie``: the view's, with its kind if many have it."""
    verb, kind = operation.view.__name__, operation.blueprint.name
    one, several = _NAMES.get(kind, (kind.removesuffix("s"), kind))
    words = _OF_KIND.get(verb, verb).format(one=one, all=several).split("_")
    return words[0] + "".join(word.capitalize() for word in words[1:])


def _success(operation: Operation, status: int) -> dict[str, Any]:
    headers = [*operation.headers, "ETag"] if operation.method == "GET" else operation.headers
    if isinstance(operation.body, type):
        headers = [*headers, "Warning"]
    if operation.query is not None and issubclass(operation.query, PageSchema):
        headers = [*headers, "X-Next-Cursor", "Link"]
    content = None if operation.response is None else {"schema": operation.response}
    described = _response(HTTPStatus(status).phrase, content, headers)
    for media_type in operation.files:
        described.setdefault("content", {})[media_type] = {"schema": {"type": "string", "format": "binary"}}
    return described


def _failure(status: int, problems: Mapping[str, type[Problem]]) -> dict[str, Any]:
    description = " ".join(f"`{code}`: {problem.sentence}" for code, problem in problems.items())
    examples = {code: {"value": _example_of_problem(problem)} for code, problem in problems.items()}
    headers = ["Retry-After"] if status in (429, 502, 503) else []
    return _response(description, {**_ERROR, "examples": examples}, headers)


def _response(
    description: str, content: Mapping[str, Any] | None = None, headers: Sequence[str] = ()
) -> dict[str, Any]:
    described = {
        "description": description,
        "headers": {name: name for name in ("X-Request-ID", *headers)},  # references, as apispec writes them
    }
    return described if content is None else {**described, "content": {_JSON: content}}


def _by_status(problems: Iterable[type[Problem]]) -> dict[int, dict[str, type[Problem]]]:
    """The problems of each status by code, the first one of each."""
    found: dict[int, dict[str, type[Problem]]] = {}
    for problem in problems:
        found.setdefault(problem.status, {}).setdefault(problem.code, problem)
    return found


def _example_of_problem(problem: type[Problem]) -> dict[str, Any]:
    body: dict[str, Any] = {"detail": problem.sentence, "code": problem.code}
    if issubclass(problem, CursorRefused):
        body["policy"] = problem.policy
    return body | {"errors": {"field": ["What is wrong with it."]}} if problem.status == 422 else body


def _add_examples(described: Mapping[str, Any]) -> None:
    """Give each body that has no example one made of the examples of its fields."""
    for path in described["paths"].values():
        for operation in (each for each in path.values() if isinstance(each, dict)):
            for body in (operation.get("requestBody", {}), *operation["responses"].values()):
                content = body.get("content", {}).get(_JSON)
                if content is not None and "examples" not in content:
                    content["example"] = _example(content["schema"], described["components"]["schemas"])


def _example(schema: Mapping[str, Any], schemas: Mapping[str, Any]) -> Any:
    """An example made of the examples of the parts; ``schemas`` are those that a reference may name."""
    if "$ref" in schema:
        return _example(schemas[_name_of(schema["$ref"])], schemas)
    for key in ("examples", "enum", "oneOf", "anyOf", "allOf"):
        if key in schema:
            first = schema[key][0]
            return _example(first, schemas) if key.endswith("Of") else first
    if "properties" in schema:
        parts: Mapping[str, Any] = schema["properties"]
        shown = [name for name in parts if "examples" in parts[name] or name in schema.get("required", ())]
        return {name: _example(parts[name], schemas) for name in shown or parts}
    if "items" in schema:
        return [_example(schema["items"], schemas)]
    kinds = schema.get("type", "object")
    return _EXAMPLE_OF_TYPE.get(kinds if isinstance(kinds, str) else kinds[0], {})


def _name_of(reference: str) -> str:
    return reference.rpartition("/")[2]
