"""Backups in a folder of this machine."""

from collections.abc import Callable
from pathlib import Path

from movietracker.pluginapi import BackupDestination, PluginContext, Setting, hookimpl, text

from .destination import LocalDestination


@hookimpl
def register_settings(register: Callable[[Setting], None]) -> None:
    """Declare the folder."""
    purpose = "Folder for backups; empty means backups/ in the instance folder."
    register(Setting("BACKUP_LOCAL_PATH", text, "", purpose, is_place=True))


@hookimpl
def register_backup_destinations(register: Callable[[BackupDestination], None], context: PluginContext) -> None:
    """Offer the folder; the first backup creates it."""
    register(LocalDestination(Path(context.settings["BACKUP_LOCAL_PATH"] or context.instance_path / "backups")))
