"""``movietracker doctor``: its checks, one function each, and their report."""

import os
import re
import shutil
import stat
import sys
import tempfile
import time
from collections.abc import Iterable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any, Literal

import click
from flask import current_app
from flask.cli import ScriptInfo, pass_script_info
from sqlalchemy import func, select
from sqlalchemy.exc import DBAPIError, TimeoutError

from ..backup.catalog.journal import last_nightly_run, users_backed_up_since, users_to_back_up
from ..database import applied_revision, damage, known_revisions, missing_tables
from ..errors import SettingsError
from ..extensions import db
from ..models import HEAD
from ..redis_link import RedisAwayError
from ..services import accounts
from ..services.transactions import query, write_connection
from ..state import state
from .findings import Finding, ok
from .instance import give_back, places_outside
from .obstacles import NoRights, network_file_system, no_locks, no_rights, owner_of
from .plain import (
    PlainCommand,
    as_json_option,
    database_place,
    database_sentence,
    echo_json,
    is_damaged,
    plain_errors,
    printable,
)
from .plugin_checks import destinations, plugins, providers

MIB = 1024 * 1024
ENOUGH_DISK, LITTLE_DISK = 500 * MIB, 50 * MIB

# movietracker did not exist before this time: a clock that shows an earlier one was never set.
_FIRST_RELEASE = 1_735_689_600.0
_CLOCK_SLACK_SECONDS = 60.0
_BACKUP_OVERDUE_SECONDS = 36 * 3600.0

_RESTORE = "Restore a copy of the database, or the newest backups into a new one (docs/backups.md)."
_COLOURS = {"ok": "green", "warning": "yellow", "fault": "red"}
_SHORTEST = {"SECRET_KEY": 32, "ADMIN_TOKEN": 16, "METRICS_TOKEN": 16, "BACKUP_PASSPHRASE": 12}
_PLACEHOLDER = re.compile(r"change[\W_]?(me|it|this)|placeholder|your[\W_]|replace[\W_]?", re.IGNORECASE)


def configuration() -> Iterator[Finding]:
    """Settings that are allowed but unwise."""
    config = current_app.config
    weak = {name: fault for name in _SHORTEST if (fault := _weakness(config[name], _SHORTEST[name]))}
    for name, fault in weak.items():
        remedy = f"Set {name} to a random text of {_SHORTEST[name]} characters or more, or leave it out."
        yield Finding("configuration", "warning", f"{name} is {fault} that it can be guessed.", remedy)
    suspects = list(state().suspects())
    for sentence in suspects:
        yield Finding("configuration", "warning", sentence, "Correct the name, or remove it.")
    unknown = set(config["MOVIETRACKER_PLUGINS_DISABLED"]) - {plugin.name for plugin in state().plugins.disabled}
    for name in sorted(unknown):
        remedy = "See the names in: movietracker plugins list"
        yield Finding("configuration", "warning", f"MOVIETRACKER_PLUGINS_DISABLED names {name}, no plugin.", remedy)
    if not config["LOGIN_RATE_LIMIT"]:
        remedy = "Set LOGIN_RATE_LIMIT, to 10 per minute for instance."
        yield Finding("configuration", "warning", "Login attempts are not limited.", remedy)
    elif not state().rate_limits.is_working():
        remedy = "Make rate_limits.sqlite in the instance folder writable, or delete it."
        yield Finding("configuration", "warning", "Processes cannot count login attempts together.", remedy)
    if not weak and not suspects:
        yield ok("configuration", f"{len(state().settings)} settings are in order.")


def _weakness(secret: str, shortest: int) -> str | None:
    if not secret:
        return None
    if len(secret) < shortest:
        return "so short"
    return "so plain" if len(set(secret)) < 8 or _PLACEHOLDER.search(secret) else None


def folders() -> Iterator[Finding]:
    """Whether the instance folder is writable, private, and has free space."""
    folder = Path(current_app.instance_path)
    try:
        tempfile.TemporaryFile(dir=folder).close()
    except OSError as error:
        lack = no_rights(folder)
        told = lack.sentence if lack else f"{folder} cannot be written: {error.strerror}"
        yield Finding("folders", "fault", f"{told}.", lack.remedy if lack else "See that the disk has room.")
        return
    give_back()  # what this command itself has made, as root
    # Plugins and config.py may be root's.
    made = [path for path in folder.rglob("*") if path.relative_to(folder).parts[0] not in ("plugins", "config.py")]
    yield from _foreign_files(folder, made, folder)
    for place in places_outside(folder, current_app.config, state().settings):
        if place.folder.is_dir():
            which = f"{place.folder / place.only}*" if place.only else place.folder
            yield from _foreign_files(place.folder, place.paths(), which)
    if (sentence := no_locks(folder)) is not None:
        yield Finding("folders", "fault", f"{sentence}.", "Put the instance folder on a local disk.")
    files = [Path(".env"), *(folder.iterdir() if _is_open(folder) else ())]
    for path in files:
        if path.is_file() and path.name != ".gitkeep" and _is_open(path):
            sentence = f"Other users of this machine can read {path}."
            yield Finding("folders", "warning", sentence, f"Run: chmod 600 {path}")
    free = shutil.disk_usage(folder).free
    if free < ENOUGH_DISK:
        level: Literal["warning", "fault"] = "fault" if free < LITTLE_DISK else "warning"
        yield Finding("folders", level, f"{free // MIB} MiB of disk are left.", "Free some disk space.")


def _foreign_files(folder: Path, made: Iterable[Path], which: Path | str) -> Iterator[Finding]:
    """Whether the folder's owner can write it, and all that is made in it at run time."""
    owner = folder.stat().st_uid
    made = made if os.access(folder, os.W_OK) else [folder]
    foreign = [path for path in made if path.lstat().st_uid != owner or not os.access(path, os.W_OK)]
    if not foreign:
        yield ok("folders", f"{folder} can be written.")
        return
    for path in foreign[:10]:
        sentence = f"{path} belongs to {owner_of(path)}, its folder to {owner_of(folder)}"
        lack = no_rights(path, owner, which) or NoRights(sentence, f"chown -R {owner} {which}")
        yield Finding("folders", "fault", f"{lack.sentence}.", lack.remedy)


def _is_open(path: Path) -> bool:
    return bool(path.stat().st_mode & (stat.S_IRWXG | stat.S_IRWXO))


def database() -> Iterator[Finding]:
    """Whether the database responds, is writable, whole, and up to date."""
    try:
        with write_connection():
            pass
        place = database_place(db.engine.url)
        with db.engine.connect() as connection:
            if damaged := damage(connection):
                yield Finding("database", "fault", f"{place} is damaged: {damaged}.", _RESTORE)
                return
        yield ok("database", f"{place} can be read and written.")
        if db.engine.dialect.name == "sqlite" and (kind := network_file_system(Path(place))) is not None:
            sentence = f"{place} is on a network file system ({kind}), where SQLite cannot rely on locks."
            yield Finding(
                "database", "warning", sentence, "Put the instance folder on a local disk, or use PostgreSQL."
            )
        yield _migrations()
    except SettingsError as error:
        yield Finding("database", "fault", str(error), "Nothing else can be checked until this is fixed.")
    except (DBAPIError, TimeoutError) as error:
        reason = database_sentence(error) if isinstance(error, DBAPIError) else "The database does not respond in time."
        remedy = "Check that DATABASE_URL is right, that the database runs, and that no other program locks it."
        yield Finding("database", "fault", reason, _RESTORE if is_damaged(error) else remedy)


def _migrations() -> Finding:
    with db.engine.connect() as connection:
        applied, missing = applied_revision(connection), missing_tables(connection)
    if applied is not None and applied not in known_revisions():
        sentence = f"The database is at revision {applied}, which this version does not know."
        return Finding("migrations", "fault", sentence, "Install the newer version of movietracker again.")
    if applied != known_revisions()[0]:
        return Finding("migrations", "fault", "Migrations are due.", "Run: movietracker db upgrade")
    if missing:
        return Finding("database", "fault", f"The database lacks the tables {', '.join(missing)}.", _RESTORE)
    return ok("migrations", f"The database is up to date, at revision {applied}.")


def redis() -> Iterator[Finding]:
    """Whether Redis responds, if it is configured, and has a memory limit."""
    link = state().redis
    if link is None:
        return
    try:
        found: Any = link.ask(link.client.info)
    except RedisAwayError as error:
        remedy = "Check that REDIS_URL is right and Redis runs; until then each machine works without it."
        yield Finding("redis", "fault", f"Redis cannot be used: {error}.", remedy)
        return
    yield ok("redis", f"Redis {found['redis_version']} answers.")
    if not found.get("maxmemory"):
        remedy = "Set maxmemory (for instance 100mb) and maxmemory-policy allkeys-lru in Redis."
        yield Finding(
            "redis", "warning", "Redis has no memory limit, so the cache of responses can grow without bound.", remedy
        )


def clock() -> Iterator[Finding]:
    """Whether the clock is plausible."""
    now = time.time()
    remedy = "Set the clock, and let the machine keep it set (NTP)."
    if now < _FIRST_RELEASE:
        yield Finding("clock", "fault", f"The clock shows {time.strftime('%Y-%m-%d', time.gmtime(now))}.", remedy)
        return
    newest = query(select(func.max(HEAD.c.at))).scalar_one() or 0.0
    if newest > now + _CLOCK_SLACK_SECONDS:
        sentence = f"The change clock is ahead: the newest change lies {_span(newest - now)} in the future."
        harmless = "If the clock was wrong once and is right now, nothing has to be done. Otherwise: "
        yield Finding("clock", "warning", sentence, harmless + remedy)
    else:
        yield ok("clock", time.strftime("It is %Y-%m-%d %H:%M UTC.", time.gmtime(now)))


def _span(seconds: float) -> str:
    return f"{round(seconds / 60)} minutes" if seconds < 2 * 86_400 else f"{round(seconds / 86_400)} days"


def users() -> Iterator[Finding]:
    """Whether an account can log in."""
    if active := sum(account.is_active for account in accounts.list_accounts()):
        yield ok("users", f"Active accounts: {active}.")
    else:
        remedy = "Run: movietracker users create --email YOU@EXAMPLE.COM --username YOU"
        yield Finding("users", "warning", "No account can log in.", remedy)


def backups() -> Iterator[Finding]:
    """Whether the last nightly run was recent and backed up every user, or all have newer backups."""
    run = last_nightly_run()
    if not (users := users_to_back_up().count()):
        sentence = "No user is backed up: no active one has enabled nightly backups."
        yield Finding("backups", "warning", sentence, "Run: movietracker backup enable USER")
        return
    since = time.time() - _BACKUP_OVERDUE_SECONDS
    is_recent, sentence = False, "There has been no nightly backup yet."
    if run is not None:
        ended = f"{state().backups.schedule.local(run.finished_at):%Y-%m-%d %H:%M}"
        sentence = f"The last nightly run ended on {ended}; users: {run.users}, with failures: {run.failed_users}."
        is_recent, since = run.finished_at >= since, max(run.finished_at, since)
    if is_recent and not run.failed_users:
        yield ok("backups", sentence)
    elif users_backed_up_since(since, [each.name for each in state().backups.ready()]) == users:
        yield ok("backups", f"{sentence} All users have newer backups.")
    elif run is not None and run.failed_users:
        yield Finding("backups", "warning", sentence, "The log names them; movietracker backup run tries again.")
    else:
        remedy = "A running server makes it if MOVIETRACKER_SCHEDULER is on; or run now: movietracker backup run"
        yield Finding("backups", "warning", sentence, remedy)


CHECKS = (configuration, folders, database, redis, clock, users, plugins, providers, destinations, backups)


@click.command("doctor", cls=PlainCommand)
@as_json_option
@pass_script_info
def doctor(info: ScriptInfo, as_json: bool) -> None:
    """Check settings, keys, database and folders, and say what to fix.

    Sends one real request to each configured provider. The exit code is 1 if something must be fixed.
    """
    findings = []
    for finding in _findings(info):
        findings.append(finding)
        if not as_json:
            _show(finding)
    is_healthy = not any(finding.level == "fault" for finding in findings)
    if as_json:
        echo_json({"healthy": is_healthy, "findings": findings})
    sys.exit(0 if is_healthy else 1)


def _findings(info: ScriptInfo) -> Iterator[Finding]:
    try:
        with plain_errors():
            app = info.load_app()
    except click.ClickException as error:
        remedy = _RESTORE if is_damaged(error.__cause__) else "Nothing else can be checked until this is fixed."
        yield Finding("start", "fault", error.format_message(), remedy)
        return
    with app.app_context():
        for check in CHECKS:
            with suppress(DBAPIError, SettingsError):  # the check of the database says so
                yield from check()


def _show(finding: Finding) -> None:
    level = click.style(f"{finding.level:8}", fg=_COLOURS[finding.level])
    click.echo(f"{level} {finding.subject:14} {printable(finding.sentence)}")
    if finding.remedy:
        click.echo(f"{'':8} {'':14} -> {printable(finding.remedy)}")
