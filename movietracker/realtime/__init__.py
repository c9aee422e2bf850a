"""Notifies clients on ``/ws/sync`` of committed changes, whichever process makes them (see docs/sync.md)."""

from .endpoint import init_app
from .hub import Hub

__all__ = ["Hub", "init_app"]
