"""Secrets that the deployer did not set: generated once, kept in the instance folder, readable by the owner only."""

from __future__ import annotations

import os
import secrets
from pathlib import Path

from .errors import SettingsError


def secret_of(instance_path: Path, name: str) -> str:
    """The secret of this name, generated on first use (256 bits). Safe for several processes starting at once.

    Raises SettingsError for an empty file: nothing must ever be signed with an empty key.
    """
    path = instance_path / name
    if not path.exists():
        _generate(path)
    secret = path.read_text(encoding="ascii").strip()
    if not secret:
        raise SettingsError(f"The file {name} in the instance folder is empty; remove it, and a secret is made.")
    return secret


def _generate(path: Path) -> None:
    temporary = path.with_name(f".{path.name}.{os.getpid()}.{secrets.token_hex(4)}")
    descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(descriptor, "w", encoding="ascii") as file:
            file.write(secrets.token_urlsafe(32) + "\n")
            file.flush()
            os.fsync(file.fileno())
        try:
            os.link(temporary, path)  # fails if another process was first: its secret is the one
        except FileExistsError:
            return
    finally:
        temporary.unlink()
