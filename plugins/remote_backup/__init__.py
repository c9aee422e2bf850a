"""Backups at any address that fsspec serves: S3, SFTP, WebDAV, a folder on a mounted disk, and more."""

import json
from collections.abc import Callable
from typing import Any

from movietracker.pluginapi import BackupDestination, PluginContext, Setting, hookimpl, text

from .destination import RemoteDestination


def json_object(value: Any) -> dict[str, Any]:
    """a JSON object such as {"key": "value"}"""
    found = json.loads(value) if isinstance(value, str) else value
    if not isinstance(found, dict):
        raise ValueError
    return found


@hookimpl
def register_settings(register: Callable[[Setting], None]) -> None:
    """Declare the address and its options."""
    url = "URL of a backup store, such as s3://bucket/folder, sftp://user@host/folder or file:///mnt/disk/folder."
    register(Setting("BACKUP_REMOTE_URL", text, "", url, secret=True, is_place=True))
    options = "Options of the store as JSON: keys, passwords, an endpoint_url."
    register(Setting("BACKUP_REMOTE_OPTIONS", json_object, {}, options, secret=True))


@hookimpl
def register_backup_destinations(register: Callable[[BackupDestination], None], context: PluginContext) -> None:
    """Offer the store; without an address it is not configured."""
    settings = context.settings
    register(RemoteDestination(settings["BACKUP_REMOTE_URL"], settings["BACKUP_REMOTE_OPTIONS"]))
