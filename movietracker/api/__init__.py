"""The REST API: one blueprint per file, and one for each kind of record that has no file of its own."""

from flask import Flask

from ..records import KINDS
from . import (
    auth,
    backup,
    docs,
    error_handlers,
    exports,
    external,
    guards,
    health,
    images,
    imports,
    lists,
    marks,
    metrics,
    movies,
    observing,
    people,
    ranking,
    refresh,
    responses,
    security_log,
    stats,
    sync,
    trust,
    viewings,
)
from .blueprint import MAX_BODY_BYTES
from .converters import CONVERTERS
from .records import blueprint_of
from .web import serve_client as serve_client

_OWN = [
    module.blueprint
    for module in (
        *(
            auth,
            movies,
            viewings,
            marks,
            refresh,
            ranking,
            people,
            lists,
            trust,
            stats,
            sync,
            backup,
            exports,
            imports,
            external,
            images,
        ),
        health,
    )
]
_OWN_NAMES = {blueprint.name for blueprint in _OWN}
BLUEPRINTS = (*_OWN, *(blueprint_of(kind) for kind in KINDS if kind.plural not in _OWN_NAMES))


def init_app(app: Flask) -> None:
    """Register all endpoints, and what is done before and after each request."""
    app.config["MAX_CONTENT_LENGTH"] = MAX_BODY_BYTES
    app.url_map.converters.update(CONVERTERS)
    app.url_map.merge_slashes = False  # names of people may hold any slashes
    observing.init_app(app)
    security_log.init_app(app)
    guards.init_app(app)
    responses.init_app(app)
    error_handlers.init_app(app)
    for blueprint in (*BLUEPRINTS, docs.blueprint, metrics.blueprint):
        app.register_blueprint(blueprint)
