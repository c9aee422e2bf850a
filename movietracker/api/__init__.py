"""The REST API: one blueprint per file."""

from __future__ import annotations

from threading import Lock
from typing import Any

import flask_smorest
from flask import Flask

from .._version import __version__
from ..extensions import limiter
from ..rate_limit_storage import STORAGE_URI
from ..redis_limits import REDIS_EXTENSION, REDIS_STORAGE_URI
from ..redis_link import RedisLink
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
    guards,
    health,
    lists,
    metrics,
    movies,
    observing,
    openapi,
    people,
    refresh,
    sync,
    web,
)
from .converters import NameConverter

MAX_BODY_BYTES = 32 * 1024 * 1024


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


def init_app(app: Flask, redis: RedisLink | None) -> DescribedApi:
    """Register everything that answers requests; answers the object that makes the OpenAPI document."""
    app.config.update(
        API_TITLE="movietracker",
        API_VERSION=__version__,
        OPENAPI_VERSION="3.1.0",
        MAX_CONTENT_LENGTH=MAX_BODY_BYTES,
    )
    app.url_map.converters["name"] = NameConverter
    app.url_map.merge_slashes = False  # names of people may hold any slashes
    observing.init_app(app)
    guards.init_app(app)
    compression.init_app(app)
    etags.init_app(app)
    app.extensions[REDIS_EXTENSION] = redis
    app.config.setdefault("RATELIMIT_STORAGE_URI", REDIS_STORAGE_URI if redis else STORAGE_URI)
    limiter.init_app(app)
    error_handlers.init_app(app)
    api = DescribedApi(app, spec_kwargs=_SPEC)
    api.register_converter(NameConverter, lambda _: {"type": "string"})
    for module in (auth, movies, refresh, people, lists, sync, backup, backups, external, health):
        api.register_blueprint(module.blueprint)
    app.register_blueprint(docs.blueprint)
    app.register_blueprint(metrics.blueprint)
    web.init_app(app)
    return api


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
