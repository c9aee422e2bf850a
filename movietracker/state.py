"""The parts of one application, found through the current application."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, cast

from flask import current_app

from .backup.catalog import Catalog
from .images import ImageCache
from .metadata.lookup import Lookup
from .metadata.title_store import Refresher
from .plugin.importers import Importer
from .plugin.manager import PluginManager
from .rate_limits import RateLimits
from .realtime import Hub
from .redis_link import RedisLink
from .setting_types import Setting
from .trust.assessments import Assessments
from .upstream import ProxyHttp


@dataclass
class State:
    """The parts of one application; ``settings`` include those of plugins, ``stop_jobs`` ends this process's jobs.

    ``suspects`` finds names that are nearly those of settings, and says a sentence about each.
    """

    settings: tuple[Setting, ...]
    suspects: Callable[[], Iterable[str]]
    plugins: PluginManager
    http: ProxyHttp
    lookup: Lookup
    refresher: Refresher
    backups: Catalog
    importers: Sequence[Importer]
    images: ImageCache
    redis: RedisLink | None
    rate_limits: RateLimits
    hub: Hub
    stop_jobs: Callable[[], None] | None = None
    assessments: Assessments = field(default_factory=Assessments)
    verified_tokens: dict[tuple[str | None, str], Mapping[str, Any]] = field(default_factory=dict)


def state() -> State:
    """Return the state of the current application."""
    return cast(State, cast(Mapping[str, Any], current_app.extensions)["movietracker"])
