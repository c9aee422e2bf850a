"""An offline-first client in 600 lines, the example for authors of other clients: see docs/client.md."""

from .client import Client, LoggedOut, Refused, Unreachable

__all__ = ["Client", "LoggedOut", "Refused", "Unreachable"]
