"""Commands whose foreseeable problems end with one plain sentence and exit code 1."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from typing import Any

import click
from flask.cli import AppGroup, ScriptInfo
from sqlalchemy.exc import DBAPIError, ProgrammingError

from ..errors import PluginError, Problem, SettingsError


@contextmanager
def plain_errors() -> Iterator[None]:
    """Turn problems into Click's errors, which it prints as a sentence."""
    try:
        yield
    except (SettingsError, PluginError) as error:
        raise click.ClickException(str(error)) from error
    except Problem as problem:
        raise click.ClickException(problem.detail) from problem
    except DBAPIError as error:
        raise click.ClickException(database_sentence(error)) from error
    except OSError as error:
        raise click.ClickException(f"{error.filename or 'A file'}: {error.strerror or error}.") from error


@contextmanager
def plain_start() -> Iterator[None]:
    """Let Flask's own program, too, say in a sentence why an application cannot be made."""
    context = click.get_current_context(silent=True)
    is_command = context is not None and context.find_object(ScriptInfo) is not None
    with plain_errors() if is_command else nullcontext():
        yield


def database_sentence(error: DBAPIError) -> str:
    """What is wrong with the database, without SQL."""
    reason = str(error.orig).strip()
    # PostgreSQL says of databases and users, too, that they do not exist; that is no ProgrammingError.
    is_table = isinstance(error, ProgrammingError) and "does not exist" in reason
    if is_table or "no such table" in reason:
        return "The database is not up to date; run: movietracker db upgrade"
    return f"The database cannot be used: {reason.splitlines()[0] if reason else type(error.orig).__name__}."


class PlainCommand(click.Command):
    """A command with plain errors."""

    def invoke(self, ctx: click.Context) -> Any:
        """Run it."""
        with plain_errors():
            return super().invoke(ctx)


class PlainGroup(AppGroup):
    """A group whose commands have an application context and plain errors."""

    def invoke(self, ctx: click.Context) -> Any:
        """Run the command."""
        with plain_errors():
            return super().invoke(ctx)
