"""What backups are called: ``2026-01-31.json`` for a day, ``.json.enc`` when encrypted (contracts.is_backup_name)."""

from __future__ import annotations

import secrets
from datetime import datetime


def day_name(day: str, *, encrypted: bool) -> str:
    """The name of a day's backup; ``day`` is YYYY-MM-DD."""
    return day + _suffix(encrypted)


def safety_name(moment: datetime, *, encrypted: bool) -> str:
    """The name of a backup made at this moment before a restore replaces everything.

    No other has it, although somebody may ask twice within a second: the second must not replace what the first saved.
    """
    number = secrets.randbelow(1_000_000)
    return f"{moment:%Y-%m-%d-before-restore-%H%M%S}-{number:06}{_suffix(encrypted)}"


def _suffix(encrypted: bool) -> str:
    return ".json.enc" if encrypted else ".json"
