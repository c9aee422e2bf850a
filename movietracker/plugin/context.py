"""The context that a plugin receives when it registers something: settings, a folder, an HTTP client."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from .providers import JsonHttpClient


class HttpClientFactory(Protocol):
    """Makes a client of the shared proxy (see :mod:`movietracker.upstream`)."""

    def __call__(
        self,
        name: str,
        base_url: str,
        *,
        secret_params: Mapping[str, str] | None = None,
        secret_headers: Mapping[str, str] | None = None,
        requests_per_second: float | None = None,
        fault: Callable[[Any], Exception | None] | None = None,
    ) -> JsonHttpClient:
        """A client for one upstream service.

        ``secret_params`` and ``secret_headers`` go with each request but into no cache key, stored request or log;
        ``requests_per_second`` bounds all processes of the machine together; ``fault`` looks at the parsed body of a
        200 answer and returns the error that it stands for (raised, never stored), or None for a good response.
        """


@dataclass(frozen=True, slots=True)
class PluginUser:
    """The user whose token came with a request; ``id`` is a UUID."""

    id: str
    username: str


def _no_user() -> PluginUser:
    raise RuntimeError("There is no user outside a request.")


@dataclass(frozen=True, slots=True)
class PluginContext:
    """What the core hands to a plugin.

    ``current_user`` is for the views of a plugin's blueprints: it returns who sent the request, or ends it as every
    other endpoint does: with 401 for a token that is bad or missing, 403 for an administrator's, 503 when the database
    is away.
    """

    settings: Mapping[str, Any]
    instance_path: Path
    http_client: HttpClientFactory
    current_user: Callable[[], PluginUser] = _no_user
