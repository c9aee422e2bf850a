"""Secrets that the deployer did not set: generated once and kept in the instance folder, readable by the owner only."""

import secrets
from contextlib import suppress
from pathlib import Path

from .errors import SettingsError
from .files import whole_file


def secret_of(instance_path: Path, name: str) -> str:
    """The secret of this name, generated on first use (256 bits). Safe for several processes starting at once.

    Raises SettingsError for a file that is empty, because an empty key must not sign anything, or not ASCII text.
    """
    path = instance_path / name
    if not path.exists():
        # If another process is first, its secret is the one.
        with suppress(FileExistsError), whole_file(path, mode=0o600, replace=False) as file:
            file.write(f"{secrets.token_urlsafe(32)}\n".encode())
    try:
        secret = path.read_text(encoding="ascii").strip()
    except UnicodeDecodeError:
        raise SettingsError(f"The file {path} is not ASCII text; remove it, and a new one is made.") from None
    if not secret:
        raise SettingsError(f"The file {name} in the instance folder is empty; remove it, and a new one is made.")
    return secret
