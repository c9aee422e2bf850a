"""The registry of sync actions: each a small function with a schema of its data, aliases beside it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from marshmallow import Schema

from ..events import RecordKind
from .conflicts import Doing


@dataclass(frozen=True, slots=True)
class Target:
    """The record that an action was about; its number and state go into the answer."""

    kind: RecordKind
    key: str


Perform = Callable[[Doing, dict[str, Any]], Target]


@dataclass(frozen=True, slots=True)
class Action:
    """An action that clients may queue."""

    name: str
    aliases: tuple[str, ...]
    schema: type[Schema]
    perform: Perform

    @property
    def summary(self) -> str:
        """What it does, in one sentence."""
        return (self.perform.__doc__ or "").strip().splitlines()[0]


class Registry:
    """Actions by name and by alias."""

    def __init__(self) -> None:
        self.actions: list[Action] = []
        self._by_name: dict[str, Action] = {}

    def action(self, name: str, *aliases: str, schema: type[Schema]) -> Callable[[Perform], Perform]:
        """Register a function as an action; raises ValueError for a name that is taken."""

        def register(perform: Perform) -> Perform:
            action = Action(name, aliases, schema, perform)
            for each in (name, *aliases):
                if each in self._by_name:
                    raise ValueError(f"two sync actions are named {each}")
                self._by_name[each] = action
            self.actions.append(action)
            return perform

        return register

    def find(self, name: str) -> Action | None:
        """The action of this name or alias, if there is one."""
        return self._by_name.get(name)
