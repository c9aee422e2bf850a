"""The actions that clients may queue: one small function each, over the same services as the REST endpoints.

Each checks for conflicts, calls a service, and returns the key of the record it was about. What the transaction noted
shows whether it was applied or was a noop.
"""

from . import lists, marks, people, ranking, titles, viewings
from .registry import Action, registry

__all__ = ["Action", "lists", "marks", "people", "ranking", "registry", "titles", "viewings"]
