"""A built single-page client at ``/``, from WEB_ROOT or a plugin; nothing outside its folder is ever read.

A path that the API does not know and that is a file below the folder gets that file. Any other path outside the API's
own is a view of the client, which ``index.html`` shows, unless it looks like a build's asset: a page that is older than
the last deployment must get 404 for a script that is gone, not a page in its place.
"""

import re
from datetime import timedelta
from pathlib import Path

from flask import Flask, Response, request, send_from_directory
from werkzeug.exceptions import NotFound

from ..errors import SettingsError

INDEX = "index.html"

# The first part of paths that are never the client's.
RESERVED = frozenset({"api", "ws", "docs", "openapi.json", "metrics"})

_YEAR = timedelta(days=365) // timedelta(seconds=1)

# A name that a build derives from a file's content: index-DiwrgTda.js, main.8e5f7b2a.chunk.css. Words have no digits
# and few capital letters; one taken for a hash would be cached for a year.
_HASHED = re.compile(r"[.-](?=[A-Za-z0-9_]*[0-9]|[a-z]*[A-Z][a-z]*[A-Z])[A-Za-z0-9_]{8,64}(\.[a-z0-9]+)+$")

POLICY = (
    "default-src 'self'; img-src 'self' data: blob:; object-src 'none'; base-uri 'self'; form-action 'self'; "
    "frame-ancestors 'none'"
)
# Clients that deployers build with other tools often bring styles inside their pages.
POLICY_OF_WEB_ROOT = f"{POLICY}; style-src 'self' 'unsafe-inline'"


def serve_client(app: Flask, of_plugin: Path | None) -> None:
    """Serve the client of WEB_ROOT, else that of a plugin; raises SettingsError for a folder that cannot be meant."""
    root = _root(app) if app.config["WEB_ROOT"] else of_plugin
    if root is not None:
        policy = POLICY_OF_WEB_ROOT if app.config["WEB_ROOT"] else POLICY
        client = _Client(root.resolve(), app.config["WEB_CONTENT_SECURITY_POLICY"] or policy)
        app.before_request(client.respond)


def _root(app: Flask) -> Path:
    root = Path(app.config["WEB_ROOT"]).resolve()
    if not (root / INDEX).is_file():
        raise SettingsError(f"WEB_ROOT must be a folder with an {INDEX}: {root} is not.")
    if Path(app.instance_path).resolve().is_relative_to(root):
        raise SettingsError("WEB_ROOT must not hold the instance folder, whose secrets would be served.")
    return root


class _Client:
    def __init__(self, root: Path, policy: str) -> None:
        self._root = root
        self._policy = policy

    def respond(self) -> Response | None:
        """The client's response to a path that no rule has; None leaves the request to the API."""
        if not isinstance(request.routing_exception, NotFound) or request.method not in ("GET", "HEAD"):
            return None
        path = request.path.lstrip("/")
        parts = path.split("/")
        if parts[0] in RESERVED or any(part.startswith(".") for part in parts):
            return None
        name = self._file(path)
        is_asset = bool(_HASHED.search(path))
        if name is None and is_asset:
            return None
        return self._send(name or INDEX, is_asset)

    def _file(self, path: str) -> str | None:
        """The path when it is that of a file in the folder, links followed."""
        try:
            found = (self._root / path).resolve()
            return path if found.is_relative_to(self._root) and found.is_file() else None
        except (OSError, ValueError, RuntimeError):  # a name that no file can have; links in a circle
            return None

    def _send(self, name: str, is_asset: bool) -> Response:
        response = send_from_directory(self._root, name, max_age=_YEAR if is_asset else None)
        if is_asset:
            response.cache_control.immutable = True
        response.headers["Content-Security-Policy"] = self._policy
        return response
