"""The vault: where backups go and how, as the settings say."""

from __future__ import annotations

import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from ...contracts import BackupDestination
from ...errors import DestinationNotConfigured, SettingsError
from ...plugin_context import PluginContext
from ...plugin_manager import PluginManager
from .encryption import Cipher, is_sealed
from .guard import GuardedDestination, Patience
from .schedule import Schedule
from .spool import Spool

SECONDS_PER_DAY = 86_400.0

# A destination that hangs must not keep all threads of a server waiting: requests leave it alone for a while after one
# time-out, and wait less for lists, which are short.
REQUESTS_REST_SECONDS = 60.0
REQUESTS_LIST_SECONDS = 20.0


@dataclass(frozen=True, slots=True)
class Vault:
    """Destinations in order, and how they are used; ``folder`` takes temporary files, times are in seconds.

    ``named`` are the destinations that BACKUP_DESTINATIONS names.
    """

    chosen: tuple[BackupDestination, ...]
    cipher: Cipher
    schedule: Schedule
    retention_seconds: float
    call_seconds: float
    folder: Path
    is_for_requests: bool = False
    patience_of_requests: dict[str, Patience] = field(default_factory=dict)
    named: frozenset[str] = frozenset()

    def for_requests(self) -> Vault:
        """The same vault for somebody who waits for an answer; what one request learns of a destination, all know."""
        return replace(self, is_for_requests=True)

    def ready(self, stop: threading.Event | None = None) -> list[GuardedDestination]:
        """The destinations that are configured, for one operation or run; setting ``stop`` ends every wait for them."""
        return [self._guarded(each, stop) for each in self.chosen if each.is_configured()]

    def _guarded(self, destination: BackupDestination, stop: threading.Event | None) -> GuardedDestination:
        if not self.is_for_requests:
            return GuardedDestination(destination, self.call_seconds, stop)
        patience = self.patience_of_requests.setdefault(destination.name, Patience(1, REQUESTS_REST_SECONDS))
        list_seconds = min(self.call_seconds, REQUESTS_LIST_SECONDS)
        return GuardedDestination(destination, self.call_seconds, stop, patience=patience, list_seconds=list_seconds)

    def destinations(self, only: str | None = None, stop: threading.Event | None = None) -> list[GuardedDestination]:
        """The same, or one of them; raises DestinationNotConfigured when there is none (of that name)."""
        found = [each for each in self.ready(stop) if only in (None, each.name)]
        if not found:
            raise DestinationNotConfigured(only and f"There is no configured backup destination named {only}.")
        return found

    def missing(self) -> list[str]:
        """The destinations that BACKUP_DESTINATIONS names although they are not configured."""
        return [each.name for each in self.chosen if each.name in self.named and not each.is_configured()]

    def opened(self, file: Spool) -> Spool:
        """The document in a backup's file: decrypted where it is encrypted, else the file itself.

        Raises WrongPassphrase and BackupDamaged.
        """
        with file.reader() as reader:
            sealed = is_sealed(reader)
        return self.cipher.open(file, self.folder) if sealed else file


def make_vault(plugins: PluginManager, context: PluginContext) -> Vault:
    """The vault of an application; raises SettingsError and PluginError."""
    settings: Mapping[str, Any] = context.settings
    return Vault(
        tuple(order_destinations(plugins.backup_destinations(context), settings["BACKUP_DESTINATIONS"])),
        Cipher(settings["BACKUP_PASSPHRASE"]),
        Schedule.of(settings),
        settings["BACKUP_RETENTION_DAYS"] * SECONDS_PER_DAY,
        settings["BACKUP_TIMEOUT"],
        context.instance_path,
        named=frozenset(settings["BACKUP_DESTINATIONS"]),
    )


def order_destinations(offered: Sequence[BackupDestination], wanted: Sequence[str]) -> list[BackupDestination]:
    """The destinations that BACKUP_DESTINATIONS names, in its order; all by priority when it is empty.

    Raises SettingsError for a name that no destination bears.
    """
    by_name = {destination.name: destination for destination in offered}
    for name in wanted:
        if name not in by_name:
            known = ", ".join(sorted(by_name)) or "none"
            raise SettingsError(f"BACKUP_DESTINATIONS names {name}, but the backup destinations are: {known}.")
    if wanted:
        return [by_name[name] for name in dict.fromkeys(wanted)]
    return sorted(offered, key=lambda destination: (destination.priority, destination.name))
