"""Commands whose expected errors end with one sentence and exit code 1, and what several of them share."""

import errno
import json
import re
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import asdict
from pathlib import Path
from typing import Any

import click
from flask.cli import AppGroup, ScriptInfo
from sqlalchemy import URL
from sqlalchemy.exc import DBAPIError, ProgrammingError

from ..errors import PluginError, Problem, SettingsError
from .obstacles import obstacle

user_option = click.option("--user", metavar="USER", help="Only this user (e-mail address, username or id).")
as_json_option = click.option("--json", "as_json", is_flag=True, help="Print JSON.")


# Control characters but tabs and line breaks, marks that reverse the direction of a text, and lone surrogates.
_CONTROLS = re.compile(r"[\0-\x08\x0b-\x1f\x7f-\x9f\u200e\u200f\u2028-\u202e\u2066-\u2069\ud800-\udfff]")


def printable(text: str) -> str:
    """A text that steers no terminal, whoever wrote the names in it: other characters become ``\\x1b`` and the like."""
    return _CONTROLS.sub(lambda found: found[0].encode("unicode_escape").decode(), text)


def echo(line: str, *, err: bool = False) -> None:
    """Print one printable line."""
    click.echo(printable(line).replace("\n", "\\n"), err=err)


@contextmanager
def plain_errors() -> Iterator[None]:
    """Turn expected errors into Click's, which it prints as a sentence."""
    try:
        yield
    except (SettingsError, PluginError, Problem) as error:
        raise click.ClickException(printable(str(error))) from error
    except DBAPIError as error:
        raise click.ClickException(database_sentence(error)) from error
    except BrokenPipeError:
        raise  # Click ends quietly when nobody reads on, as behind head
    except OSError as error:
        raise click.ClickException(printable(file_sentence(error))) from error


@contextmanager
def plain_start() -> Iterator[None]:
    """Let Flask's own command, too, print one sentence if the application cannot be created."""
    context = click.get_current_context(silent=True)
    is_command = context is not None and context.find_object(ScriptInfo) is not None
    with plain_errors() if is_command else nullcontext():
        yield


def database_sentence(error: DBAPIError) -> str:
    """Describe an error of the database, without SQL."""
    reason = str(error.orig).strip()
    # PostgreSQL also reports missing databases and users in these words, but not as ProgrammingError.
    is_table = isinstance(error, ProgrammingError) and "does not exist" in reason
    if is_table or "no such table" in reason:
        return "The database is not up to date; run: movietracker db upgrade"
    reason = reason.splitlines()[0] if reason else type(error.orig).__name__
    if file := getattr(error.orig, "filename", None):
        reason = obstacle(Path(file)) or f"{reason} ({file})"
    return f"The database cannot be used: {reason}."


def is_damaged(error: BaseException | None) -> bool:
    """Whether an error of the database says that SQLite's file is damaged, or none of its files."""
    name = getattr(getattr(error, "orig", None), "sqlite_errorname", "")
    return name.startswith(("SQLITE_CORRUPT", "SQLITE_NOTADB"))


def file_sentence(error: OSError) -> str:
    """Describe an error of the file system: the file, whose it is, and what to do."""
    reason = None
    if error.errno in (errno.EACCES, errno.EPERM, errno.EROFS, errno.ENOLCK) and isinstance(error.filename, str):
        reason = obstacle(Path(error.filename))
    reason = reason or f"{error.filename or 'A file'}: {error.strerror or error}"
    return f"{reason}."


def database_place(url: URL) -> str:
    """The URL or path of a database, without passwords: of the query, which may hold some, only the server is told."""
    if url.get_backend_name() == "sqlite":
        return url.database or "in memory"
    server = {name: value for name, value in url.query.items() if name in ("host", "port")}
    return url.set(query=server).render_as_string(hide_password=True)


class PlainCommand(click.Command):
    """A command with plain errors."""

    def invoke(self, ctx: click.Context) -> Any:
        """Run it."""
        with plain_errors():
            return super().invoke(ctx)


class PlainGroup(PlainCommand, AppGroup):
    """A group whose commands have an application context and plain errors."""


def echo_json(value: Any) -> None:
    """Print a value as JSON; dataclasses become objects."""
    click.echo(json.dumps(value, indent=2, default=asdict))
