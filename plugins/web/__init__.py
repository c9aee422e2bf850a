"""The web app, built from the sources in ``web/`` into ``static/``; without that build the plugin does nothing."""

from collections.abc import Callable
from pathlib import Path

from movietracker.pluginapi import hookimpl

STATIC = Path(__file__).parent / "static"


@hookimpl
def register_web_clients(register: Callable[[Path], None]) -> None:
    """Offer the app, if it is built."""
    if (STATIC / "index.html").is_file():
        register(STATIC)
