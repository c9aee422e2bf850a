"""What flask-smorest leaves out of the OpenAPI document: whole examples, conditional requests, paging, headers."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ..errors import NotHttp

_METHODS = frozenset({"get", "post", "put", "patch", "delete"})
_JSON = "application/json"

_EXAMPLE_OF_TYPE: Mapping[str, Any] = {"string": "text", "integer": 1, "number": 1.0, "boolean": True, "null": None}


def _header(description: str, kind: str = "string") -> dict[str, Any]:
    return {"description": description, "schema": {"type": kind}}


_HEADERS = {
    "X-Request-ID": _header("Under this id the server's log speaks of the request; the client's own if it sent one."),
    "Retry-After": _header("Seconds to wait before trying again.", "integer"),
    "ETag": _header("The state of the answer; send it as If-None-Match to hear 304 while nothing has changed."),
    "X-Next-Cursor": _header("The cursor of the next page; missing on the last one."),
    "Link": _header('The address of the next page, with rel="next"; missing on the last one.'),
}
_PARAMETERS = {
    "If-None-Match": {
        "in": "header",
        "name": "If-None-Match",
        "description": "An ETag of an earlier answer from this address.",
        "schema": {"type": "string"},
    }
}


_NO_HTTP_PROBLEMS: tuple[type[NotHttp], ...] = (NotHttp, *NotHttp.__subclasses__())
_NO_HTTP = {
    "description": "The request is no HTTP, or none that the server reads; this does not depend on the operation.",
    "content": {
        _JSON: {
            "schema": {"$ref": "#/components/schemas/Error"},
            "examples": {
                problem.code: {
                    "summary": f"{problem.status} {problem.sentence}",
                    "value": {"detail": problem.sentence, "code": problem.code},
                }
                for problem in _NO_HTTP_PROBLEMS
            },
        }
    },
}


def _refer(kind: str, *names: str) -> dict[str, dict[str, str]]:
    return {name: {"$ref": f"#/components/{kind}/{name}"} for name in names}


def complete(document: dict[str, Any]) -> dict[str, Any]:
    """The same document with all that, in one order; changed in place."""
    components = document["components"]
    components |= {"headers": _HEADERS, "parameters": _PARAMETERS}
    components["responses"]["DEFAULT_ERROR"] = _NO_HTTP
    schemas = components["schemas"]
    schemas.pop("PaginationMetadata", None)  # flask-smorest's own, used nowhere
    for path in document["paths"].values():
        for method in _METHODS & path.keys():
            operation = path[method]
            if method == "get":
                _add_conditional_request(operation)
            _add_headers(operation)
            for content in (operation.get("requestBody", {}), *operation["responses"].values()):
                _add_example(content.get("content", {}).get(_JSON), schemas)
            operation["responses"] = dict(sorted(operation["responses"].items()))
    for response in components["responses"].values():
        _add_example(response.get("content", {}).get(_JSON), schemas)
    return document


def _add_conditional_request(operation: dict[str, Any]) -> None:
    operation.setdefault("parameters", []).extend(_refer("parameters", "If-None-Match").values())
    operation["responses"]["304"] = {"description": "Nothing has changed since the answer with that tag."}
    for status in ("200", "304"):
        operation["responses"][status]["headers"] = _refer("headers", "ETag")


def _add_headers(operation: dict[str, Any]) -> None:
    is_paged = any(parameter.get("name") == "cursor" for parameter in operation.get("parameters", []))
    is_array = _schema_of(operation["responses"].get("200", {})).get("type") == "array"
    for status, response in operation["responses"].items():
        if "$ref" in response:
            continue
        headers = response.setdefault("headers", {})
        headers |= _refer("headers", "X-Request-ID")
        if status in ("429", "502", "503"):
            headers |= _refer("headers", "Retry-After")
        if status == "200" and is_paged and is_array:
            headers |= _refer("headers", "X-Next-Cursor", "Link")


def _schema_of(response: Mapping[str, Any]) -> Mapping[str, Any]:
    schema: Mapping[str, Any] = response.get("content", {}).get(_JSON, {}).get("schema", {})
    return schema


def _add_example(content: dict[str, Any] | None, schemas: Mapping[str, Any]) -> None:
    if content is not None and "example" not in content and "examples" not in content:
        content["example"] = example_of(content["schema"], schemas)


def example_of(schema: Mapping[str, Any], schemas: Mapping[str, Any]) -> Any:
    """An example made of the examples of the parts; ``schemas`` are those that a reference may name."""
    if "$ref" in schema:
        return example_of(schemas[schema["$ref"].rpartition("/")[2]], schemas)
    for key in ("examples", "enum", "oneOf", "anyOf", "allOf"):
        if key in schema:
            first = schema[key][0]
            return example_of(first, schemas) if key.endswith("Of") else first
    if "properties" in schema:
        parts: Mapping[str, Any] = schema["properties"]
        told = [name for name in parts if "examples" in parts[name] or name in schema.get("required", ())]
        return {name: example_of(parts[name], schemas) for name in told or parts}
    if "items" in schema:
        return [example_of(schema["items"], schemas)]
    kinds = schema.get("type", "object")
    return _EXAMPLE_OF_TYPE.get(kinds if isinstance(kinds, str) else kinds[0], {})
