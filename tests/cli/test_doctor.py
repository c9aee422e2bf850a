"""``movietracker doctor``."""

import json
import os
import shutil
import sqlite3
import subprocess
from collections import namedtuple
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from standin import Standin
from support.applications import MakeApp
from support.serving import PROGRAM, run_program

from movietracker.backup.catalog import journal
from movietracker.cli import doctor
from movietracker.extensions import db
from movietracker.models import HEAD
from movietracker.models.library import LibraryHead
from movietracker.services import accounts
from movietracker.services.transactions import write_connection

DiskUsage = namedtuple("DiskUsage", "total used free")


def examine(app: Flask) -> tuple[int, list[dict[str, str]]]:
    """Exit code and findings."""
    result = app.test_cli_runner().invoke(args=["doctor", "--json"])
    answer = json.loads(result.stdout)
    assert answer["healthy"] is (result.exit_code == 0)
    return result.exit_code, answer["findings"]


def not_ok(findings: list[dict[str, str]]) -> list[tuple[str, str]]:
    assert all(finding["remedy"] for finding in findings if finding["level"] != "ok"), "each says what to do"
    return [(finding["subject"], finding["level"]) for finding in findings if finding["level"] != "ok"]


def sentence(findings: list[dict[str, str]], subject: str) -> str:
    return " ".join(finding["sentence"] for finding in findings if finding["subject"] == subject)


@pytest.fixture
def tidy_app(make_app: MakeApp, instance_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[MakeApp]:
    """Makes applications in which nothing is wrong but what the settings say."""
    umask = os.umask(0o077)  # as the program does
    instance_path.mkdir(exist_ok=True, mode=0o700)
    instance_path.chmod(0o700)
    monkeypatch.chdir(instance_path.parent)

    def make(**settings: Any) -> Flask:
        app = make_app(**{"LOGIN_RATE_LIMIT": "10 per minute"} | settings)
        with app.app_context():
            if not accounts.has_accounts():
                anna = accounts.create_account("anna@example.com", "anna", "a long secret")
                accounts.set_backup_enabled(anna.id, True)
                journal.finish_run(journal.begin_run("nightly", "2026-01-31"), "ok", users=1, failed_users=0)
        return app

    yield make
    os.umask(umask)


def test_a_sound_installation_has_no_findings(tidy_app: MakeApp) -> None:
    exit_code, findings = examine(tidy_app())

    assert (exit_code, not_ok(findings)) == (0, [])
    assert {finding["subject"] for finding in findings} >= {
        "configuration", "folders", "database", "migrations", "clock", "users", "offline", "tmdb", "omdb",
    }  # fmt: skip


def test_the_findings_can_be_read_by_people(tidy_app: MakeApp) -> None:
    result = tidy_app(SECRET_KEY="short").test_cli_runner().invoke(args=["doctor"])

    assert result.exit_code == 0, "warnings alone are no fault"
    assert "warning  configuration  SECRET_KEY is so short that it can be guessed.\n" in result.stdout
    assert "-> Set SECRET_KEY to a random text of 32 characters or more" in result.stdout


@pytest.mark.parametrize(
    ("settings", "told"),
    [
        ({"SECRET_KEY": "x" * 31}, "SECRET_KEY is so short"),
        ({"ADMIN_TOKEN": "x" * 15}, "ADMIN_TOKEN is so short"),
        ({"SECRET_KEY": "change-me-0123456789-xxx-0123456789"}, "SECRET_KEY is so plain"),
        ({"BACKUP_PASSPHRASE": "xxx-12345"}, "BACKUP_PASSPHRASE is so short"),
        ({"TMDB_APIKEY": "xxx"}, "TMDB_APIKEY (from the"),
        ({"LOGIN_RATE_LIMIT": ""}, "Login attempts are not limited"),
        ({"MOVIETRACKER_PLUGINS_DISABLED": "tmdb,tmbd"}, "names tmbd, no plugin"),
    ],
)
def test_unwise_settings_are_warnings_without_secrets(tidy_app: MakeApp, settings: dict[str, str], told: str) -> None:
    exit_code, findings = examine(tidy_app(**settings))

    assert (exit_code, not_ok(findings)) == (0, [("configuration", "warning")])
    assert told in sentence(findings, "configuration")
    assert "xxx" not in json.dumps(findings)


def test_a_good_key_is_proved_by_a_real_call(tidy_app: MakeApp, standin: Standin) -> None:
    exit_code, findings = examine(tidy_app(**standin.settings))

    assert (exit_code, not_ok(findings)) == (0, [])
    assert sentence(findings, "tmdb") == "TMDB responds and accepts the key."
    assert {call.service for call in standin.calls} == {"tmdb", "omdb"}


def test_a_wrong_key_is_a_fault_that_names_the_provider_and_not_the_key(tidy_app: MakeApp, standin: Standin) -> None:
    exit_code, findings = examine(tidy_app(**{**standin.settings, "TMDB_API_KEY": "feedfacefeedface"}))

    assert (exit_code, not_ok(findings)) == (1, [("tmdb", "fault")])
    assert "feedface" not in json.dumps(findings)


def test_a_provider_that_cannot_be_reached_is_a_fault(tidy_app: MakeApp) -> None:
    settings = {"OMDB_API_KEY": "0d1e2f3a", "OMDB_BASE_URL": "http://127.0.0.1:9"}

    assert not_ok(examine(tidy_app(**settings))[1]) == [("omdb", "fault")]


def test_a_task_that_no_provider_is_ready_for_is_a_warning(tidy_app: MakeApp) -> None:
    exit_code, findings = examine(tidy_app(MOVIETRACKER_PLUGINS_DISABLED="offline"))

    assert exit_code == 0
    assert not_ok(findings) == [("metadata", "warning")] * 4
    assert "search" in sentence(findings, "metadata")


def test_an_installation_without_accounts_is_a_warning(make_app: MakeApp, instance_path: Path) -> None:
    assert ("users", "warning") in not_ok(examine(make_app())[1])


def test_migrations_that_are_due_are_a_fault(tidy_app: MakeApp) -> None:
    app = tidy_app()
    with at_revision(app, "0001"):
        exit_code, findings = examine(app)

    assert (exit_code, not_ok(findings)) == (1, [("migrations", "fault")])


def test_a_database_of_a_newer_version_is_a_fault(tidy_app: MakeApp) -> None:
    app = tidy_app()
    with at_revision(app, "9999"):
        exit_code, findings = examine(app)

    assert (exit_code, not_ok(findings)) == (1, [("migrations", "fault")])
    assert "9999, which this version does not know" in sentence(findings, "migrations")


@contextmanager
def at_revision(app: Flask, revision: str) -> Iterator[None]:
    """Let the database be of another revision; undone at the end, since tests on PostgreSQL share a database."""
    table = db.table("alembic_version", db.column("version_num"))
    with app.app_context(), write_connection() as connection:
        head = connection.execute(db.select(table.c.version_num)).scalar_one()
        connection.execute(db.update(table).values(version_num=revision))
    try:
        yield
    finally:
        with app.app_context(), write_connection() as connection:
            connection.execute(db.update(table).values(version_num=head))


def test_a_database_that_another_program_keeps_locked_is_a_fault(
    tidy_app: MakeApp, instance_path: Path, database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    if database_url:
        pytest.skip("only SQLite has one lock for everything")
    monkeypatch.setattr("movietracker.database.connections.BUSY_TIMEOUT_SECONDS", 0.1)
    app = tidy_app()
    with closing(sqlite3.connect(instance_path / "app.db")) as other:
        other.execute("BEGIN IMMEDIATE")
        exit_code, findings = examine(app)

    assert (exit_code, not_ok(findings)) == (1, [("database", "fault")])
    assert "database is locked" in sentence(findings, "database")


def test_a_damaged_file_of_sqlite_is_a_fault(tidy_app: MakeApp, instance_path: Path, database_url: str) -> None:
    if database_url:
        pytest.skip("PostgreSQL has no such check")
    app = tidy_app()
    damage_table(instance_path / "app.db", "viewings")
    exit_code, findings = examine(app)

    assert (exit_code, not_ok(findings)) == (1, [("database", "fault")])
    assert f"{instance_path / 'app.db'} is damaged: " in sentence(findings, "database")
    assert "can be read" not in sentence(findings, "database")
    assert "newest backups" in json.dumps(findings)


def test_a_file_that_is_no_database_any_more_is_to_be_restored(folder: Path) -> None:
    damage_table(folder / "instance" / "app.db", "sqlite_schema")
    result = run_program(folder, "doctor")

    assert result.returncode == 1
    assert "fault    start          The database cannot be used: file is not a database." in result.stdout
    assert "newest backups" in result.stdout


def damage_table(path: Path, name: str) -> None:
    """Overwrite the first page of a table, as a failing disk does."""
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        root = "SELECT coalesce((SELECT rootpage FROM sqlite_schema WHERE name = ?), 1)"
        ((page,),) = connection.execute(root, (name,))
        ((size,),) = connection.execute("PRAGMA page_size")
    with path.open("r+b") as file:
        file.seek((page - 1) * size)
        file.write(b"\xa5" * size)


@pytest.mark.each_database
def test_a_table_that_is_gone_is_a_fault(tidy_app: MakeApp) -> None:
    app = tidy_app()
    with renamed(app, "viewings", "viewings_of_old"):
        exit_code, findings = examine(app)

    assert (exit_code, not_ok(findings)) == (1, [("database", "fault")])
    assert sentence(findings, "database").endswith("The database lacks the tables viewings.")


@contextmanager
def renamed(app: Flask, table: str, name: str) -> Iterator[None]:
    """Let a table have another name; undone at the end, since tests on PostgreSQL share a database."""
    with app.app_context(), write_connection() as connection:
        connection.execute(db.text(f"ALTER TABLE {table} RENAME TO {name}"))
    try:
        yield
    finally:
        with app.app_context(), write_connection() as connection:
            connection.execute(db.text(f"ALTER TABLE {name} RENAME TO {table}"))


@pytest.mark.parametrize(
    ("folder_mode", "file_mode", "warnings"), [(0o700, 0o644, 1), (0o755, 0o600, 1), (0o755, 0o644, 2)]
)
def test_files_that_others_can_read_are_warnings(
    tidy_app: MakeApp, instance_path: Path, folder_mode: int, file_mode: int, warnings: int
) -> None:
    app = tidy_app()
    Path(".env").write_text("CACHE_MAX_ENTRIES=500\n")
    Path(".env").chmod(0o644)
    for path in instance_path.iterdir():
        path.chmod(0o700 if path.is_dir() else 0o600)
    (instance_path / "config.py").write_text("CACHE_MAX_ENTRIES = 500\n")
    (instance_path / "config.py").chmod(file_mode)
    instance_path.chmod(folder_mode)
    _, findings = examine(app)

    assert not_ok(findings) == [("folders", "warning")] * warnings
    assert "can read .env" in sentence(findings, "folders")
    assert ("config.py" in sentence(findings, "folders")) is (warnings == 2)


@pytest.mark.parametrize(
    ("free", "level", "expected_exit_code"), [(200 * doctor.MIB, "warning", 0), (20 * doctor.MIB, "fault", 1)]
)
def test_a_disk_that_fills_up_is_told(
    tidy_app: MakeApp, monkeypatch: pytest.MonkeyPatch, free: int, level: str, expected_exit_code: int
) -> None:
    app = tidy_app()
    monkeypatch.setattr(doctor.shutil, "disk_usage", lambda _: DiskUsage(10**9, 10**9 - free, free))
    exit_code, findings = examine(app)

    assert (exit_code, not_ok(findings)) == (expected_exit_code, [("folders", level)])
    assert f"{free // doctor.MIB} MiB" in sentence(findings, "folders")


def test_a_clock_that_was_never_set_is_a_fault(tidy_app: MakeApp, monkeypatch: pytest.MonkeyPatch) -> None:
    app = tidy_app()
    monkeypatch.setattr(doctor.time, "time", lambda: 1000.0)
    exit_code, findings = examine(app)

    assert (exit_code, not_ok(findings)) == (
        1,
        [("clock", "fault"), ("backups", "warning")],
    )  # the last run lies in the future
    assert "1970-01-01" in sentence(findings, "clock")


@pytest.mark.parametrize(("ahead", "told"), [(3600, "60 minutes"), (400 * 86_400, "400 days")])
def test_a_clock_that_was_ahead_once_is_a_warning(tidy_app: MakeApp, ahead: int, told: str) -> None:
    app = tidy_app()
    with app.app_context(), write_connection() as connection:
        connection.execute(db.update(HEAD).values(at=LibraryHead.at + ahead))
    exit_code, findings = examine(app)

    assert (exit_code, not_ok(findings)) == (0, [("clock", "warning")])
    told = f"The change clock is ahead: the newest change lies {told} in the future."
    assert sentence(findings, "clock") == told


def test_a_setting_that_stops_the_start_is_the_one_finding(tmp_path: Path) -> None:
    assert run_program(tmp_path, "db", "upgrade").returncode == 0

    result = run_program(tmp_path, "doctor", "--json", settings={"METADATA_PROVIDERS": "tmbd"})

    assert result.returncode == 1
    (finding,) = json.loads(result.stdout)["findings"]
    assert (finding["subject"], finding["level"]) == ("start", "fault")
    assert "METADATA_PROVIDERS names tmbd" in finding["sentence"]
    assert result.stderr == ""


def test_a_plugin_that_does_nothing_is_a_warning(tidy_app: MakeApp, instance_path: Path) -> None:
    (instance_path / "plugins").mkdir(mode=0o700)
    (instance_path / "plugins" / "idle.py").write_text("def register_settings_(register): ...\n")
    (instance_path / "plugins" / "idle.py").chmod(0o600)
    exit_code, findings = examine(tidy_app())

    assert (exit_code, not_ok(findings)) == (0, [("plugins", "warning")])
    assert sentence(findings, "plugins") == "idle (file idle.py) implements no hook, so it does nothing."


class TestBackupDestinations:
    def test_each_is_written_to(self, tidy_app: MakeApp, tmp_path: Path, instance_path: Path) -> None:
        (tmp_path / "disk").mkdir()
        code, findings = examine(tidy_app(BACKUP_REMOTE_URL=f"file://{tmp_path}/disk"))
        assert code == 0
        assert sentence(findings, "local") == f"Backups can be written to {instance_path / 'backups'}."
        assert sentence(findings, "remote") == "Backups can be written to BACKUP_REMOTE_URL."
        assert list((tmp_path / "disk").iterdir()) == []

    def test_one_without_an_address_is_no_fault(self, tidy_app: MakeApp) -> None:
        code, findings = examine(tidy_app())
        assert code == 0
        assert sentence(findings, "remote") == "Not configured, so no backups go there."

    def test_one_that_the_settings_name_must_be_configured(self, tidy_app: MakeApp) -> None:
        _, findings = examine(tidy_app(BACKUP_DESTINATIONS="local,remote"))
        assert not_ok(findings) == [("remote", "fault")]

    def test_one_that_cannot_be_written_is_a_fault(self, tidy_app: MakeApp, tmp_path: Path) -> None:
        (tmp_path / "file").write_text("")
        app = tidy_app(BACKUP_LOCAL_PATH=str(tmp_path / "file"), BACKUP_REMOTE_URL=f"file://{tmp_path}/unmounted")
        code, findings = examine(app)
        assert code == 1
        assert ("local", "fault") in not_ok(findings)
        assert ("remote", "fault") in not_ok(findings)
        assert sentence(findings, "local") == "local: BACKUP_LOCAL_PATH leads to a file, not to a folder."

    def test_a_folder_on_a_read_only_file_system_is_to_be_mounted_writable(self, folder: Path, tmp_path: Path) -> None:
        backups = tmp_path / "backups"
        backups.mkdir()
        (backups / "old").touch()
        mount = 'mount --bind "$0" "$0" && mount -o remount,bind,ro "$0" && exec "$@"'
        alone = ("unshare", "--mount", "sh", "-c", mount, str(backups))
        if shutil.which("unshare") is None or subprocess.run([*alone, "true"], check=False).returncode != 0:
            pytest.skip("nothing can be mounted here")

        settings = {"BACKUP_LOCAL_PATH": str(backups)}
        result = run_program(folder, "doctor", "--json", settings=settings, program=(*alone, *PROGRAM))

        told = {each["subject"]: each for each in json.loads(result.stdout)["findings"] if each["level"] == "fault"}
        for subject in ("folders", "local"):
            assert told[subject]["sentence"] == f"{backups} is on a read-only file system."
            assert "chown" not in told[subject]["remedy"]
        assert told["folders"]["remedy"] == "Mount it writable, or choose another folder."
        assert "address" not in told["local"]["remedy"]

    def test_none_at_all_is_worth_a_warning(self, tidy_app: MakeApp) -> None:
        code, findings = examine(tidy_app(MOVIETRACKER_PLUGINS_DISABLED="local_backup"))
        assert code == 0
        assert ("backup", "warning") in not_ok(findings)
