"""The password of the account that the first start makes: in a file of the instance folder, until it is changed."""

import logging
from pathlib import Path

from flask import current_app

from ..files import whole_file
from .passwords import verify_password

logger = logging.getLogger("movietracker.serve")


def place() -> Path:
    """The file, which need not be there."""
    return Path(current_app.instance_path, "first_password")


def keep(password: str) -> Path:
    """Write the password to the file, which its owner alone can read; returns where that is."""
    with whole_file(place(), mode=0o600) as file:
        file.write(f"{password}\n".encode())
    return place()


def is_kept() -> bool:
    """Whether the file is there: the password that the first start made is not changed yet, or not on this machine."""
    return place().exists()


def is_this(password: str) -> bool:
    """Whether the file is there, and this is the password in it."""
    try:
        return is_kept() and _read() == password
    except OSError:
        return False


def forget(stored: str) -> None:
    """Remove the file if its password is the one stored like this, which is no longer in use."""
    try:
        if is_kept() and verify_password(_read(), stored):
            place().unlink()
    except OSError as error:
        logger.warning("The first password, which is changed, may still be in %s: %s.", place(), error.strerror)


def _read() -> str:
    return place().read_text(errors="replace").strip()
