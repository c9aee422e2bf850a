"""An offline-first client in 500 lines, the example for authors of other clients: see docs/client.md."""

from .client import Client, LoggedOut, Refused, Unreachable

__all__ = ["Client", "LoggedOut", "Refused", "Unreachable"]
