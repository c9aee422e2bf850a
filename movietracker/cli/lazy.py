"""Commands that are imported when they are called, so that ``movietracker --help`` need not import what they need."""

from __future__ import annotations

from typing import Any, cast

import click
from flask import Flask
from werkzeug.utils import import_string


class LazyCommand(click.Command):
    """Stands for the command or group found at ``target`` (``module:name``); help shows ``summary`` of it."""

    def __init__(self, name: str, target: str, summary: str) -> None:
        super().__init__(name, help=summary)
        self.target = target

    def load(self) -> click.Command:
        """The command itself."""
        return cast(click.Command, import_string(self.target))

    def make_context(
        self, info_name: str | None, args: list[str], parent: click.Context | None = None, **extra: Any
    ) -> click.Context:
        """The context of the command itself, so that nothing but its name and summary is this one's."""
        return self.load().make_context(info_name, args, parent, **extra)


def make_app() -> Flask:
    """A new application, by name: the factory imports the command line, so the command line cannot import it."""
    return cast(Flask, import_string("movietracker:create_app")())
