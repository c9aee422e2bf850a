"""Restoring a backup into its account."""

from __future__ import annotations

from functools import partial

from ... import clock
from ...errors import BackupDamaged, BodyTooLarge, DestinationFailed, MalformedJson
from ..importing import Mode, import_document
from ..report import ImportReport
from .fetching import fetch
from .names import safety_name
from .records import begin_run, finish_run, save
from .spool import what_failed
from .vault import Vault
from .writing import back_up, failed


def restore(
    vault: Vault,
    user_id: str,
    name: str,
    *,
    mode: Mode = "merge",
    dry_run: bool = False,
    destination: str | None = None,
) -> ImportReport:
    """Import a backup into the account that it is of; ``replace`` makes the account exactly what the file says.

    Before a replace a safety backup is written and verified; its name is in the report. Raises BackupNotFound,
    BackupRefused, InvalidDocument (the file has faults), DestinationProblem; then nothing was changed.
    """
    safety_backup = partial(write_safety_backup, vault)
    with fetch(vault, vault.destinations(destination), user_id, name) as document, document.reader() as source:
        try:
            return import_document(user_id, source, mode=mode, dry_run=dry_run, safety_backup=safety_backup)
        except (MalformedJson, BodyTooLarge) as problem:  # which the request is not
            raise BackupDamaged(f"{BackupDamaged.sentence} {problem.detail}") from problem


def write_safety_backup(vault: Vault, user_id: str) -> str:
    """Back a user up as they are, at the first destination that takes it; answers the file's name.

    Raises DestinationProblem when none does.
    """
    now = vault.schedule.local(clock.now())
    destinations = vault.destinations()
    name = safety_name(now, encrypted=vault.cipher.is_on)
    run = begin_run("safety", now.strftime("%Y-%m-%d"))
    error = None
    for destination in destinations:
        try:
            (record,) = back_up(vault, [destination], user_id, run, name)
        except OSError as problem:
            (record,) = failed([destination], user_id, run, name, what_failed(problem))
        save([record])
        if record.verified:
            finish_run(run, "ok", users=1, failed_users=0)
            return name
        error = error or record.error
    finish_run(run, "failed", users=1, failed_users=1)
    raise DestinationFailed(f"No safety backup could be written, so nothing was changed. {error}")
