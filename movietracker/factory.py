"""The application factory, a table of contents."""

from collections.abc import Mapping
from functools import partial
from importlib.resources import files
from pathlib import Path
from typing import Any

from flask import Flask

from . import api, cli, database, realtime
from .api.authentication import identity_in, plugin_user
from .backup.catalog import make_catalog
from .cli.instance import settle
from .extensions import NoSessions, db, jwt, migrate
from .images import ImageCache
from .metadata.chain import make_chain
from .metadata.lookup import Lookup
from .metadata.title_store import Refresher
from .plugin.context import PluginContext
from .plugin.manager import load_plugins
from .rate_limits import RateLimits
from .redis_link import RedisLink
from .secret_files import secret_of
from .services.transactions import library_changed
from .setting_types import amounts_in
from .settings import CORE_SETTINGS
from .settings_source import SettingsSource
from .state import State
from .upstream import Budget, ProxyHttp


def create_app(overrides: Mapping[str, Any] | None = None) -> Flask:
    """Make an application.

    ``overrides`` are settings that take precedence over every other source, and Flask's own such as TESTING.
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
    settle(source.instance_path, app.config, settings)
    _prepare_instance(app)
    _init_database(app)
    redis = RedisLink(app.config["REDIS_URL"]) if app.config["REDIS_URL"] else None
    ttl_seconds, max_entries = app.config["CACHE_TTL_SECONDS"], app.config["CACHE_MAX_ENTRIES"]
    rate_limits = RateLimits(source.instance_path, redis)
    budget = Budget(rate_limits, app.config["PROXY_RATE_LIMIT"], amounts_in(app.config["PROVIDER_DAILY_BUDGET"]))
    http = ProxyHttp(source.instance_path, ttl_seconds, max_entries, redis=redis, spend=budget.spend)
    values = {setting.name: app.config[setting.name] for setting in settings}
    context = PluginContext(values, source.instance_path, http, plugin_user)
    lookup = Lookup(make_chain(plugins, context))
    api.init_app(app)
    hub = realtime.init_app(app, identity_in, redis)
    app.extensions["movietracker"] = State(
        settings=settings,
        suspects=partial(source.suspects, settings),
        plugins=plugins,
        http=http,
        lookup=lookup,
        refresher=Refresher(lookup),
        backups=make_catalog(plugins, context),
        importers=plugins.importers(context),
        images=ImageCache(
            source.instance_path / "images", app.config["IMAGE_ORIGINS"], app.config["IMAGE_CACHE_MEGABYTES"] * 2**20
        ),
        redis=redis,
        rate_limits=rate_limits,
        hub=hub,
    )
    plugins.register_blueprints(app, context)
    api.serve_client(app, plugins.web_client())
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
        database.prepare_engine(db.engine, database.STATEMENT_SECONDS)
        database.ensure_additive_schema(db.engine)
