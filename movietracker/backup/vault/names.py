"""What backups are called: ``2026-01-31.json`` for a day, ``.json.enc`` when encrypted (contracts.is_backup_name)."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime


def day_name(day: str, *, encrypted: bool) -> str:
    """The name of a day's backup; ``day`` is YYYY-MM-DD."""
    return day + _suffix(encrypted)


def safety_name(moment: datetime, taken: Collection[str], *, encrypted: bool) -> str:
    """The name of a backup made at this moment before a restore replaces everything; one that is not taken."""
    stem = moment.strftime("%Y-%m-%d-before-restore-%H%M%S")
    names = (f"{stem}{f'-{number}' if number else ''}{_suffix(encrypted)}" for number in range(1000))
    return next(name for name in names if name not in taken)


def _suffix(encrypted: bool) -> str:
    return ".json.enc" if encrypted else ".json"
