"""Backups in a folder of this machine."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from movietracker.pluginapi import BackupDestination, PluginContext, Setting, hookimpl, text

from .destination import LocalDestination

SETTINGS = (Setting("BACKUP_LOCAL_PATH", text, "", "Folder for backups; empty means backups/ in the instance folder."),)


@hookimpl
def register_settings(register: Callable[[Setting], None]) -> None:
    """Declare the folder."""
    for setting in SETTINGS:
        register(setting)


@hookimpl
def register_backup_destinations(register: Callable[[BackupDestination], None], context: PluginContext) -> None:
    """Offer the folder; it is made with the first backup."""
    register(LocalDestination(Path(context.settings["BACKUP_LOCAL_PATH"] or context.instance_path / "backups")))
