"""The REST API: one blueprint per file."""

from __future__ import annotations

import re
import uuid
from threading import Lock
from typing import Any

import flask_smorest
from flask import Flask, Response, g, request

from .._version import __version__
from ..extensions import cors, limiter
from ..rate_limit_storage import STORAGE_URI
from ..schemas.answers import ErrorSchema
from ..sync.actions import registry
from . import (
    auth,
    backup,
    backups,
    compression,
    docs,
    error_handlers,
    etags,
    external,
    health,
    lists,
    movies,
    openapi,
    people,
    refresh,
    sync,
)
from .converters import NameConverter

MAX_BODY_BYTES = 32 * 1024 * 1024

_REQUEST_ID = re.compile(r"[A-Za-z0-9._-]{1,64}")


class DescribedApi(flask_smorest.Api):
    """flask-smorest's Api without its error handlers (see error_handlers.py), and in no hurry to describe itself.

    Describing all endpoints takes longer than everything else at start-up together, so it waits until somebody asks.
    """

    ERROR_SCHEMA = ErrorSchema

    def __init__(self, app: Flask, **options: Any) -> None:
        self._lock = Lock()
        self._undescribed: list[flask_smorest.Blueprint] = []
        super().__init__(app, **options)

    def register_blueprint(self, blueprint: flask_smorest.Blueprint, **options: Any) -> None:
        """Add the endpoints to the application, and note them for the document."""
        self._app.register_blueprint(blueprint, **options)
        self._undescribed.append(blueprint)

    def document(self) -> dict[str, Any]:
        """The OpenAPI document."""
        with self._lock:
            while self._undescribed:
                blueprint = self._undescribed.pop(0)
                blueprint.register_views_in_doc(self, self._app, self.spec, name=blueprint.name, parameters=None)
                self.spec.tag({"name": blueprint.name, "description": blueprint.description})
            self._describe_actions()
            return openapi.complete(self.spec.to_dict())

    def _describe_actions(self) -> None:
        """The data of each sync action is a schema of its own, named like its class."""
        for action in registry.actions:
            if action.schema.__name__ not in self.spec.components.schemas:
                self.spec.components.schema(action.schema.__name__, schema=action.schema)

    def _register_error_handlers(self) -> None:
        pass


def init_app(app: Flask) -> DescribedApi:
    """Register everything that answers requests; answers the object that makes the OpenAPI document."""
    app.config.update(
        API_TITLE="movietracker",
        API_VERSION=__version__,
        OPENAPI_VERSION="3.1.0",
        MAX_CONTENT_LENGTH=MAX_BODY_BYTES,
    )
    app.url_map.converters["name"] = NameConverter
    app.url_map.merge_slashes = False  # names of people may hold any slashes
    app.before_request(_take_request_id)
    app.after_request(_give_request_id)
    compression.init_app(app)
    etags.init_app(app)
    cors.init_app(app, resources=r"/api/*", origins=list(app.config["CORS_ORIGINS"]), expose_headers=_EXPOSED)
    app.config.setdefault("RATELIMIT_STORAGE_URI", STORAGE_URI)
    limiter.init_app(app)
    error_handlers.init_app(app)
    api = DescribedApi(app, spec_kwargs=_SPEC)
    api.register_converter(NameConverter, lambda _: {"type": "string"})
    for module in (auth, movies, refresh, people, lists, sync, backup, backups, external, health):
        api.register_blueprint(module.blueprint)
    app.register_blueprint(docs.blueprint)
    return api


_EXPOSED = ["ETag", "X-Next-Cursor", "Link", "X-Request-ID", "Retry-After", "Warning"]

_BEARER = {"type": "http", "scheme": "bearer", "bearerFormat": "JWT"}
_SPEC = {
    "info": {
        "description": "Who told me to watch this, and should I trust them? Times are Unix seconds.",
        "license": {"name": "MIT", "identifier": "MIT"},
    },
    "servers": [{"url": "/"}],
    "components": {
        "securitySchemes": {
            "user": {**_BEARER, "description": "From POST /api/auth/login"},
            "admin": {**_BEARER, "description": "From POST /api/auth/admin/login"},
        }
    },
}


def _take_request_id() -> None:
    given = request.headers.get("X-Request-ID", "")
    g.request_id = given if _REQUEST_ID.fullmatch(given) else uuid.uuid4().hex


def _give_request_id(response: Response) -> Response:
    response.headers["X-Request-ID"] = error_handlers.request_id()
    return response
