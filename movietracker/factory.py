"""The application factory; read it as a table of contents."""

from __future__ import annotations

from collections.abc import Mapping
from importlib.resources import files
from pathlib import Path
from typing import Any

from flask import Flask

from . import api, cli, database, realtime
from .api.authentication import identity_in, plugin_user
from .backup.vault.vault import make_vault
from .extensions import NoSessions, db, jwt, migrate
from .metadata.setup import make_http, make_lookup
from .plugin_context import PluginContext
from .plugin_manager import load_plugins
from .redis_link import open_link
from .schema_upkeep import ensure_additive_schema
from .secret_files import secret_of
from .services.transactions import library_changed
from .settings import CORE_SETTINGS, SettingsSource
from .state import State


def create_app(overrides: Mapping[str, Any] | None = None) -> Flask:
    """Make an application.

    ``overrides`` are settings that win over every other place, and Flask's own such as TESTING.
    Raises SettingsError and PluginError, each with one plain sentence.
    """
    source = SettingsSource(overrides)
    app = Flask("movietracker", instance_path=str(source.instance_path), static_folder=None)
    app.session_interface = NoSessions()
    app.config.update({name: value for name, value in (overrides or {}).items() if name.isupper()})
    app.config.update(source.read(CORE_SETTINGS))
    plugins = load_plugins(app.config, source.instance_path)
    settings = (*CORE_SETTINGS, *plugins.settings())
    source.refuse_unknown(settings)
    app.config.update(source.read(settings))
    _prepare_instance(app)
    _init_database(app)
    redis = open_link(app.config["REDIS_URL"])
    http = make_http(app.config, source.instance_path, redis)
    values = {setting.name: app.config[setting.name] for setting in settings}
    context = PluginContext(values, source.instance_path, http, plugin_user)
    lookup = make_lookup(plugins, context)
    vault = make_vault(plugins, context)
    app.extensions["movietracker"] = State(settings, plugins, http, lookup, vault, api.init_app(app, redis), redis)
    realtime.init_app(app, identity_in, redis)
    plugins.register_blueprints(app.register_blueprint, context)
    library_changed.connect(lambda _, event: plugins.library_changed(event), sender=app, weak=False)
    cli.init_app(app, plugins)
    return app


def _prepare_instance(app: Flask) -> None:
    """Make the instance folder, and the secrets that are not set."""
    instance = Path(app.instance_path)
    instance.mkdir(mode=0o700, parents=True, exist_ok=True)
    for name in ("SECRET_KEY", "ADMIN_TOKEN"):
        app.config[name] = app.config[name] or secret_of(instance, name.lower())
    app.config.update(JWT_SECRET_KEY=app.config["SECRET_KEY"], JWT_ENCODE_NBF=False)
    jwt.init_app(app)


def _init_database(app: Flask) -> None:
    database.configure(app)
    db.init_app(app)
    migrate.init_app(app, db, directory=str(files("movietracker_migrations")), render_as_batch=True)
    with app.app_context():
        database.prepare_engine(db.engine)
        ensure_additive_schema(db.engine)
