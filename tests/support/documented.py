"""Whether an answer is what the OpenAPI document says; the test client asks this of every answer."""

import gzip
import json
import re
from typing import Any

from flask import Flask
from jsonschema_rs import Draft202012Validator
from werkzeug.exceptions import HTTPException
from werkzeug.wrappers import Response

_PATH_PART = re.compile(r"<\w+:(\w+)>")


class Document:
    """The OpenAPI document, with validators made once."""

    def __init__(self, document: dict[str, Any]) -> None:
        self._document = document
        self._validators: dict[str, Draft202012Validator] = {}

    def check(self, app: Flask, method: str, path: str, response: Response) -> None:
        """Fail unless status, headers and body of this answer are documented for its operation."""
        operation = self._operation(app, method, path)
        if operation is None:
            return
        name, described = operation
        status = str(response.status_code)
        assert status in described["responses"], f"{name} answers {status}, which is not documented"
        documented = described["responses"][status]
        for header in ("Retry-After", "ETag", "X-Next-Cursor", "Link", "Warning"):
            if header in response.headers and status[0] not in "4":
                assert header in documented.get("headers", {}), f"{name} answers {header}, which is not documented"
        content = documented.get("content", {})
        if response.mimetype in content.keys() - {"application/json"}:
            return  # a file
        schema = content.get("application/json", {}).get("schema")
        assert bool(response.data) == bool(schema), f"{name} has a body and no schema, or the other way round"
        if schema is not None:
            is_packed = response.content_encoding == "gzip"
            body = json.loads(gzip.decompress(response.data) if is_packed else response.data)
            self._validate(f"{name} {status}", schema, body)
            if status[0] in "45":
                codes = documented["content"]["application/json"]["examples"].keys()
                assert body["code"] in codes, f"{name}: {body['code']} is not documented"

    def _operation(self, app: Flask, method: str, path: str) -> tuple[str, dict[str, Any]] | None:
        try:
            rule, _ = app.url_map.bind("localhost").match(path, method, return_rule=True)
        except HTTPException:
            return None
        address = _PATH_PART.sub(r"{\1}", rule.rule)
        if address not in self._document["paths"] or method in ("HEAD", "OPTIONS"):
            return None
        return f"{method} {address}", self._document["paths"][address][method.lower()]

    def _validate(self, name: str, schema: dict[str, Any], body: Any) -> None:
        if name not in self._validators:
            whole = {**schema, "components": self._document["components"]}
            self._validators[name] = Draft202012Validator(whole)
        fault = next(iter(self._validators[name].iter_errors(_without_sent_details(body))), None)
        assert fault is None, f"{name}: {fault.instance_path} {fault.message[:200]}" if fault else ""


def _without_sent_details(body: Any) -> Any:
    """The body without details that a client, and no provider, has sent: those are kept as they come."""
    if isinstance(body, list):
        return [_without_sent_details(each) for each in body]
    if isinstance(body, dict):
        found = {key: _without_sent_details(value) for key, value in body.items()}
        for key in ("tmdb_data", "omdb_data"):
            if isinstance(body.get(key), dict) and len(body[key]) < 14:
                found[key] = None
        return found
    return body
