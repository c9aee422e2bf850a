"""The password of the account that the first start makes: in a file of the instance folder, until it is changed."""

import logging
from pathlib import Path

from flask import current_app

from ..files import whole_file
from .passwords import verify_password

logger = logging.getLogger("movietracker.serve")


def keep(password: str) -> Path:
    """Write the password to the file, which its owner alone can read; returns where that is."""
    with whole_file(_place(), mode=0o600) as file:
        file.write(f"{password}\n".encode())
    return _place()


def forget(stored: str) -> None:
    """Remove the file if its password is the one stored like this, which is no longer in use."""
    place = _place()
    try:
        if place.exists() and verify_password(place.read_text(errors="replace").strip(), stored):
            place.unlink()
    except OSError as error:
        logger.warning("The first password, which is changed, may still be in %s: %s.", place, error.strerror)


def _place() -> Path:
    return Path(current_app.instance_path, "first_password")
