"""The user's backups on the server: switched on, listed, restored."""

from __future__ import annotations

from typing import Any

from flask import Response

from .. import errors
from ..backup.vault.fetching import list_backups
from ..backup.vault.restore import restore
from ..schemas.backup import ImportResultSchema
from ..schemas.backups import BackupListSchema, BackupSettingsSchema, RestoreQuerySchema
from ..services.accounts import Account
from ..services.backup_settings import is_backup_enabled, set_backup_enabled
from ..state import state
from .backup import PROBLEMS_OF_IMPORT
from .blueprint import ApiBlueprint
from .limits import importing
from .replies import reply

blueprint = ApiBlueprint("backups", __name__, url_prefix="/api/backup", description="Backups on the server")

_PROBLEMS = [errors.BackupNotFound, errors.BackupDamaged, errors.WrongPassphrase, *PROBLEMS_OF_IMPORT]


@blueprint.endpoint("GET", "/settings", answer=BackupSettingsSchema)
def settings(user: Account) -> Response:
    """Whether the library is backed up every night."""
    return reply({"backup_enabled": is_backup_enabled(user.id)})


@blueprint.endpoint("PUT", "/settings", answer=BackupSettingsSchema, problems=[errors.Invalid])
@blueprint.arguments(BackupSettingsSchema)
def change_settings(user: Account, body: dict[str, Any]) -> Response:
    """Switch the nightly backup on or off; backups that there are stay."""
    set_backup_enabled(user.id, body["backup_enabled"])
    return reply(body)


@blueprint.endpoint("GET", "/list", answer=BackupListSchema)
def list_all(user: Account) -> Response:
    """The user's backups at all destinations, the newest first."""
    listed = list_backups(state().vault.for_requests().ready(), user.id)
    return reply({"backups": [backup.to_json() for backup in listed]})


@blueprint.endpoint("POST", "/restore/<string:filename>", answer=ImportResultSchema, problems=_PROBLEMS)
@importing
@blueprint.arguments(RestoreQuerySchema, location="query")
def restore_one(user: Account, how: dict[str, Any], filename: str) -> Response:
    """Bring a backup from the list back into the library, all of it or, when anything is wrong, nothing."""
    vault = state().vault.for_requests()
    names = [destination.name for destination in vault.ready()]
    if how["destination"] not in (None, *names):
        raise errors.Invalid.field("destination", f"Must be one of: {', '.join(names)}.")
    return reply(restore(vault, user.id, filename, **how).to_json())
