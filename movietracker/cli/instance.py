"""Where a command works, and as whom: it makes no second installation, and no files that the server cannot use."""

import atexit
import glob
import os
import re
import stat
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import unquote, urlsplit

import click
from flask.cli import ScriptInfo
from sqlalchemy import make_url

from ..errors import SettingsError
from ..setting_types import Setting

FOUNDERS = frozenset({"serve", "run", "db upgrade", "db copy", "adopt"})
"""The commands that may make an installation."""

_GIVING: list[Callable[[], None]] = []


def running_command() -> str | None:
    """The command that is running, such as ``db upgrade``; None outside the command line, empty for one of a plugin."""
    context = click.get_current_context(silent=True)
    if context is None or context.find_object(ScriptInfo) is None:
        return None
    path = context.command_path.removeprefix(context.find_root().command_path)
    found = f"{path} {context.invoked_subcommand or ''}".strip()
    if found:
        return found
    # Flask's own program, and ours for a plugin's command, make the application before they know the command.
    given = " ".join(word for word in sys.argv[1:] if not word.startswith("-"))
    return next((founder for founder in FOUNDERS if re.search(rf"(^| ){founder}( |$)", given)), "")


def settle(instance: Path, config: Mapping[str, Any], settings: Iterable[Setting]) -> None:
    """Prepare this process for a command on an installation; does nothing outside the command line.

    Raises SettingsError if the installation is not there and the command is none that makes one.
    """
    command = running_command()
    if command is None:
        return
    os.umask(0o077)  # files contain personal data and secrets
    if command not in FOUNDERS:
        _refuse_missing(instance, config["DATABASE_URL"], config["SECRET_KEY"], needs_database=command != "")
    if os.geteuid() == 0:
        for place in (Place(instance), *places_outside(instance, config, settings)):
            _give_back(place)


class Place(NamedTuple):
    """A folder whose files the server writes; with ``only``, those of its files whose names begin like this."""

    folder: Path
    only: str = ""

    def entries(self) -> Iterator[tuple[str, int, os.stat_result]]:
        """Files and folders in it: name, open folder that holds it, status; links are not followed."""
        walk = os.fwalk(self.folder) if self.folder.is_dir() else ()
        for _, folders, files, opened in walk:
            for name in (*folders, *files):
                with suppress(FileNotFoundError):  # of a running server
                    if name.startswith(self.only):
                        yield name, opened, os.stat(name, dir_fd=opened, follow_symlinks=False)
            if self.only:
                return

    def paths(self) -> list[Path]:
        """The same as paths; a disk's own folder for lost files is left out."""
        found = self.folder.glob(f"{glob.escape(self.only)}*") if self.only else self.folder.rglob("*")
        return [path for path in found if "lost+found" not in path.parts]


def places_outside(instance: Path, config: Mapping[str, Any], settings: Iterable[Setting]) -> Iterator[Place]:
    """Where else the server writes: beside an SQLite database, and in the places that settings name."""
    url = make_url(config["DATABASE_URL"] or "sqlite:///app.db")
    if url.get_backend_name() == "sqlite" and url.database:
        database = (instance / url.database).resolve()
        if not database.is_relative_to(instance.resolve()):
            yield Place(database.parent, database.name)
    for setting in settings:
        value = str(config[setting.name]) if setting.is_place else ""
        if value.startswith("file://"):
            value = unquote(urlsplit(value).path)
        if value and "://" not in value and not Path(value).resolve().is_relative_to(instance.resolve()):
            yield Place(Path(value).resolve())


def _refuse_missing(instance: Path, database_url: str, secret_key: str, *, needs_database: bool) -> None:
    url = make_url(database_url or "sqlite:///app.db")
    if url.get_backend_name() == "sqlite" and needs_database:
        missing = instance / (url.database or "")
        is_there = missing.is_file()
    else:
        missing = instance
        is_there = instance.is_dir() or bool(secret_key)
    if not is_there:
        setting = "DATABASE_URL" if database_url and missing != instance else "MOVIETRACKER_INSTANCE_PATH"
        raise SettingsError(
            f"There is no installation here: {missing} does not exist. Run this in the folder of the installation, "
            f"or set {setting}; movietracker serve makes a new one."
        )


def _give_back(place: Place) -> None:
    """At the end of this process, give what root makes here to the user to whom the folder belongs.

    The server, which runs as that user, could not use it. What is there already stays as it is.
    """
    folder = place.folder.resolve()
    missing = [each for each in (folder, *folder.parents) if not each.exists()]
    owner = (missing[-1].parent if missing else folder).stat()
    if owner.st_uid == 0:
        return
    before = {(found.st_dev, found.st_ino) for _, _, found in place.entries()}
    process = os.getpid()

    def give() -> None:
        if os.getpid() != process or place.folder.resolve() != folder:  # a forked worker; another folder by now
            return
        for made in missing:
            if made.is_dir() and made.lstat().st_uid == 0:
                os.chown(made, owner.st_uid, owner.st_gid, follow_symlinks=False)
        for name, opened, found in place.entries():
            is_new = found.st_uid == 0 and (found.st_dev, found.st_ino) not in before
            if is_new and (stat.S_ISDIR(found.st_mode) or found.st_nlink == 1):  # another name may be anywhere
                os.chown(name, owner.st_uid, owner.st_gid, dir_fd=opened, follow_symlinks=False)

    _GIVING.append(give)
    atexit.register(give)


def give_back() -> None:
    """Give what this command has made so far to the users to whom the folders belong, if this is root."""
    for give in _GIVING:
        give()
