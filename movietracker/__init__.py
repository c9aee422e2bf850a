"""movietracker: who told me to watch this, and should I trust them?"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from ._version import __version__

if TYPE_CHECKING:
    from flask import Flask

__all__ = ["__version__", "create_app"]


def create_app(overrides: Mapping[str, Any] | None = None) -> Flask:
    """Make an application (see :func:`movietracker.factory.create_app`)."""
    from .cli.plain import plain_start
    from .factory import create_app as make  # not before: ``movietracker --help`` needs none of what it imports

    with plain_start():
        return make(overrides)
