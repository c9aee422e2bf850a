"""What an action is, and all of them by name."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from marshmallow import Schema

from ...plugin.events import RecordKind
from ..conflicts import ActionContext

Perform = Callable[[ActionContext, dict[str, Any]], str | int]
"""Carries out an action; returns the key of the record it was about, whose number and state the result shows."""


@dataclass(frozen=True, slots=True)
class Action:
    """An action that clients may queue."""

    name: str
    aliases: tuple[str, ...]
    kind: RecordKind
    schema: type[Schema]
    perform: Perform

    @property
    def summary(self) -> str:
        """What it does, in one sentence."""
        return (self.perform.__doc__ or "").strip().splitlines()[0]


class Registry:
    """All actions, and each by its name and its aliases."""

    def __init__(self) -> None:
        self.actions: list[Action] = []
        self.by_name: dict[str, Action] = {}

    def action(self, name: str, *aliases: str, kind: RecordKind, schema: type[Schema]) -> Callable[[Perform], Perform]:
        """Register a function as an action; raises ValueError for a name that is taken."""

        def register(perform: Perform) -> Perform:
            action = Action(name, aliases, kind, schema, perform)
            for each in (name, *aliases):
                if each in self.by_name:
                    raise ValueError(f"two sync actions are named {each}")
                self.by_name[each] = action
            self.actions.append(action)
            return perform

        return register


registry = Registry()
