"""What ``movietracker doctor`` looks at, a function each; all but the first need an application context."""

from __future__ import annotations

import shutil
import stat
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Literal

from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from flask import current_app
from sqlalchemy import func, select
from sqlalchemy.exc import DBAPIError, TimeoutError

from ..backup.vault.records import last_nightly_run
from ..backup.vault.targets import count_users_to_back_up
from ..contracts import BackupDestination, Capability, MetadataProvider
from ..errors import Problem, ProviderNotConfigured
from ..extensions import db, limiter
from ..models import LibraryHead
from ..redis_link import RedisAwayError, describe
from ..services import accounts
from ..services.transactions import write_connection
from ..state import state
from .plain import database_sentence
from .prepare import database_place

MIB = 1024 * 1024
ENOUGH_DISK, LITTLE_DISK = 500 * MIB, 50 * MIB

# Before this there was no movietracker: a clock that shows an earlier time has never been set.
_FIRST_RELEASE = 1_735_689_600.0
_CLOCK_SLACK_SECONDS = 60.0
_BACKUP_OVERDUE_SECONDS = 36 * 3600.0

_SHORTEST = {"SECRET_KEY": 32, "ADMIN_TOKEN": 16}


@dataclass(frozen=True, slots=True)
class Finding:
    """What a check found, in a sentence, and what to do about it; warnings are worth a look, faults must be mended."""

    subject: str
    level: Literal["ok", "warning", "fault"]
    sentence: str
    remedy: str = ""

    def to_json(self) -> dict[str, str]:
        """For scripts."""
        return asdict(self)


def ok(subject: str, sentence: str) -> Finding:
    """All is well."""
    return Finding(subject, "ok", sentence)


def configuration() -> Iterator[Finding]:
    """Settings that are allowed but unwise."""
    config = current_app.config
    weak = [name for name, length in _SHORTEST.items() if len(config[name]) < length]
    for name in weak:
        remedy = f"Set {name} to a random text of {_SHORTEST[name]} characters or more, or leave it out."
        yield Finding("configuration", "warning", f"{name} is so short that it can be guessed.", remedy)
    unknown = set(config["MOVIETRACKER_PLUGINS_DISABLED"]) - {plugin.name for plugin in state().plugins.disabled}
    for name in sorted(unknown):
        remedy = "See the names in: movietracker plugins list"
        yield Finding("configuration", "warning", f"MOVIETRACKER_PLUGINS_DISABLED names {name}, no plugin.", remedy)
    if not config["LOGIN_RATE_LIMIT"]:
        remedy = "Set LOGIN_RATE_LIMIT, to 10 per minute for instance."
        yield Finding("configuration", "warning", "Passwords can be tried without limit.", remedy)
    elif not limiter.storage.check():
        remedy = "See whether rate_limits.sqlite in the instance folder can be written, or delete it."
        yield Finding("configuration", "warning", "The limit on logins cannot be kept.", remedy)
    if not weak:
        yield ok("configuration", f"{len(state().settings)} settings are in order.")


def folders() -> Iterator[Finding]:
    """Whether the instance folder can be written, keeps its files to itself, and has room."""
    folder = Path(current_app.instance_path)
    try:
        tempfile.TemporaryFile(dir=folder).close()
    except OSError as error:
        yield Finding(
            "folders", "fault", f"{folder} cannot be written: {error.strerror}.", f"Run: chown -R $USER {folder}"
        )
        return
    yield ok("folders", f"{folder} can be written.")
    files = [Path(".env"), *(folder.iterdir() if _is_open(folder) else ())]
    for path in files:
        if path.is_file() and path.name != ".gitkeep" and _is_open(path):
            sentence = f"Other users of this machine can read {path}."
            yield Finding("folders", "warning", sentence, f"Run: chmod 600 {path}")
    free = shutil.disk_usage(folder).free
    if free < ENOUGH_DISK:
        level: Literal["warning", "fault"] = "fault" if free < LITTLE_DISK else "warning"
        yield Finding("folders", level, f"{free // MIB} MiB of disk are left.", "Make room on the disk.")


def _is_open(path: Path) -> bool:
    return bool(path.stat().st_mode & (stat.S_IRWXG | stat.S_IRWXO))


def database() -> Iterator[Finding]:
    """Whether the database answers, can be written, and is up to date."""
    try:
        with write_connection():
            pass
        yield ok("database", f"{database_place()} can be read and written.")
        yield _migrations()
    except (DBAPIError, TimeoutError) as error:
        reason = database_sentence(error) if isinstance(error, DBAPIError) else "The database does not answer in time."
        remedy = "See that DATABASE_URL is right, the database runs, and no other program keeps it locked."
        yield Finding("database", "fault", reason, remedy)


def _migrations() -> Finding:
    script = ScriptDirectory.from_config(current_app.extensions["migrate"].migrate.get_config())
    with db.engine.connect() as connection:
        applied = MigrationContext.configure(connection).get_current_heads()
    known = {revision.revision for revision in script.walk_revisions()}
    if set(applied) - known:
        sentence = f"The database is at revision {', '.join(applied)}, which this version does not know."
        return Finding("migrations", "fault", sentence, "Install the newer version of movietracker again.")
    if set(applied) != set(script.get_heads()):
        return Finding("migrations", "fault", "Migrations are due.", "Run: movietracker db upgrade")
    return ok("migrations", f"The database is up to date, at revision {', '.join(applied)}.")


def redis() -> Iterator[Finding]:
    """Whether Redis answers, when it is configured, and cannot grow without limit."""
    link = state().redis
    if link is None:
        return
    try:
        found = describe(link)
    except RedisAwayError as error:
        remedy = "See that REDIS_URL is right and Redis runs; until then each machine goes on without it."
        yield Finding("redis", "fault", f"Redis cannot be used: {error}.", remedy)
        return
    yield ok("redis", f"Redis {found['redis_version']} answers.")
    if not found["maxmemory"]:
        remedy = "Set maxmemory, 100mb for instance, and maxmemory-policy allkeys-lru in Redis."
        yield Finding("redis", "warning", "Redis has no limit of memory, and the cache of answers none in it.", remedy)


def clock() -> Iterator[Finding]:
    """Whether the clock can be right."""
    now = time.time()
    remedy = "Set the clock, and let the machine keep it set (NTP)."
    if now < _FIRST_RELEASE:
        yield Finding("clock", "fault", f"The clock shows {time.strftime('%Y-%m-%d', time.gmtime(now))}.", remedy)
        return
    try:
        with db.engine.connect() as connection:
            newest = connection.execute(select(func.max(LibraryHead.at))).scalar() or 0.0
    except DBAPIError:
        return  # the check of the database says so
    if newest > now + _CLOCK_SLACK_SECONDS:
        ahead = round((newest - now) / 60)
        yield Finding("clock", "warning", f"The newest change lies {ahead} minutes in the future.", remedy)
    else:
        yield ok("clock", time.strftime("It is %Y-%m-%d %H:%M UTC.", time.gmtime(now)))


def users() -> Iterator[Finding]:
    """Whether anybody can log in."""
    try:
        active = sum(account.is_active for account in accounts.list_accounts())
    except DBAPIError:
        return  # the check of the database says so
    if active:
        yield ok("users", f"Active accounts: {active}.")
    else:
        remedy = "Run: movietracker users create --email YOU@EXAMPLE.COM --username YOU"
        yield Finding("users", "warning", "No account can log in.", remedy)


def providers() -> Iterator[Finding]:
    """Whether each metadata provider answers a real call, and something is there for each task."""
    chain = state().lookup.chain.providers
    for provider in chain:
        yield _provider(provider)
    for capability in Capability:
        if not any(each.is_configured() and capability in each.capabilities for each in chain):
            sentence = f"No metadata provider is ready for {capability}."
            yield Finding("metadata", "warning", sentence, "Set a provider's key, or enable the offline plugin.")


def _provider(provider: MetadataProvider) -> Finding:
    if not provider.is_configured():
        return ok(provider.name, "Not configured, so it is not asked.")
    remedy = f"See that the key and address of {provider.name} are right, and that it can be reached from here."
    try:
        return ok(provider.name, provider.check())
    except ProviderNotConfigured as problem:
        return Finding(provider.name, "fault", problem.detail, remedy)
    except Exception as error:  # noqa: BLE001 - whatever a stranger's provider raises is what is to be told
        return Finding(provider.name, "fault", str(error) or type(error).__name__, remedy)


def destinations() -> Iterator[Finding]:
    """Whether each backup destination can be written."""
    vault = state().vault
    for destination in vault.ready():
        try:
            yield ok(destination.name, destination.check())
        except Problem as problem:
            remedy = f"See that the address and keys of {destination.name} are right, and that there is room."
            yield Finding(destination.name, "fault", problem.detail, remedy)
    for idle in vault.chosen:
        if not idle.is_configured():
            yield _idle(idle)
    if not vault.ready():
        remedy = "Enable the plugin local_backup, or set BACKUP_REMOTE_URL."
        yield Finding("backup", "warning", "There is no place for backups.", remedy)


def _idle(destination: BackupDestination) -> Finding:
    sentence = "Not configured, so no backups go there."
    if destination.name not in current_app.config["BACKUP_DESTINATIONS"]:
        return ok(destination.name, sentence)
    return Finding(destination.name, "fault", sentence, "Configure it, or take it out of BACKUP_DESTINATIONS.")


def backups() -> Iterator[Finding]:
    """Whether the last nightly run gave everybody a backup, and was not long ago."""
    try:
        run, wanted = last_nightly_run(), count_users_to_back_up()
    except DBAPIError:
        return  # the check of the database says so
    if not wanted:
        yield ok("backups", "Nobody has switched nightly backups on.")
        return
    remedy = "A server makes it while it runs, with MOVIETRACKER_SCHEDULER on; or now: movietracker backup run"
    if run is None:
        yield Finding("backups", "warning", "There has been no nightly backup yet.", remedy)
        return
    ended = f"{state().vault.schedule.local(run.finished_at):%Y-%m-%d %H:%M}"
    sentence = f"The last nightly run ended on {ended}; users: {run.users}, with failures: {run.failed_users}."
    if run.failed_users:
        yield Finding("backups", "warning", sentence, "The log names them; movietracker backup run tries once more.")
    elif run.finished_at < time.time() - _BACKUP_OVERDUE_SECONDS:
        yield Finding("backups", "warning", sentence, remedy)
    else:
        yield ok("backups", sentence)


CHECKS: tuple[Callable[[], Iterator[Finding]], ...] = (
    configuration,
    folders,
    database,
    redis,
    clock,
    users,
    providers,
    destinations,
    backups,
)
