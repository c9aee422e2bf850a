"""What belongs to one application and not to the process: found through the current application."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, cast

import flask_smorest
import orjson
from flask import current_app

from .backup.vault.vault import Vault
from .metadata.http import ProxyHttp
from .metadata.lookup import Lookup
from .metadata.refresh import Refresher
from .plugin_manager import PluginManager
from .redis_link import RedisLink
from .settings import Setting


@dataclass(slots=True)
class State:
    """The parts of one application; ``settings`` are all that there are, the plugins' own included."""

    settings: tuple[Setting, ...]
    plugins: PluginManager
    http: ProxyHttp
    lookup: Lookup
    vault: Vault
    api: flask_smorest.Api
    redis: RedisLink | None
    refresher: Refresher = field(init=False)
    _openapi: list[bytes] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.refresher = Refresher(self.lookup)

    def openapi_json(self) -> bytes:
        """The OpenAPI document as JSON; made on first use, since start-up does not need it."""
        if not self._openapi:
            self._openapi.append(orjson.dumps(self.api.document(), option=orjson.OPT_INDENT_2))
        return self._openapi[0]


def state() -> State:
    """The state of the current application."""
    return cast(State, cast(Mapping[str, Any], current_app.extensions)["movietracker"])
