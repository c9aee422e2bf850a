"""Destinations as plugins: offered, chosen, ordered, refused."""

import threading
from collections.abc import Callable
from pathlib import Path

import pytest
from flask import Flask
from support.applications import MakeApp

from movietracker.backup.catalog import MAX_CALLS, GuardedDestination
from movietracker.backup.catalog.run import run_if_due, run_now
from movietracker.circuit_breaker import CircuitBreaker
from movietracker.errors import DestinationNotConfigured, DestinationUnreachable, PluginError, SettingsError
from movietracker.pluginapi import BackupFile, BaseDestination
from movietracker.state import state
from movietracker.threads import calls_under_way

TAPE = """
from movietracker.pluginapi import BaseDestination, hookimpl

class Tape(BaseDestination):
    name = "{name}"
    priority = {priority}
    def check(self): ...
    def write(self, user_id, name, content): ...
    def list_files(self, user_id): ...
    def read(self, user_id, name, into): ...
    def delete(self, user_id, name): ...

@hookimpl
def register_backup_destinations(register, context):
    register(Tape())
"""


@pytest.fixture
def plugin(instance_path: Path) -> Callable[[str, str], None]:
    """Saves a plugin in the plugin folder."""

    def save(name: str, source: str) -> None:
        folder = instance_path / "plugins"
        folder.mkdir(parents=True, exist_ok=True)
        (folder / f"{name}.py").write_text(source)

    return save


def chosen(app: Flask) -> list[str]:
    with app.app_context():
        return [destination.name for destination in state().backups.chosen]


def ready(app: Flask) -> list[str]:
    with app.app_context():
        return [destination.name for destination in state().backups.ready()]


def test_all_that_are_configured_are_used_by_priority(make_app: MakeApp, plugin: Callable[[str, str], None]) -> None:
    plugin("tape", TAPE.format(name="tape", priority=15))
    app = make_app()
    assert chosen(app) == ["local", "tape", "remote"]
    assert ready(app) == ["local", "tape"], "remote has no address"


def test_the_setting_chooses_and_orders(make_app: MakeApp, plugin: Callable[[str, str], None]) -> None:
    plugin("tape", TAPE.format(name="tape", priority=15))
    assert chosen(make_app(BACKUP_DESTINATIONS="tape, local, tape")) == ["tape", "local"]


def test_a_name_that_no_destination_bears_stops_the_start(make_app: MakeApp) -> None:
    with pytest.raises(SettingsError) as error:
        make_app(BACKUP_DESTINATIONS="local,moon")
    assert str(error.value) == "BACKUP_DESTINATIONS names moon, but the backup destinations are: local, remote."


def test_two_with_the_same_name_stop_the_start(make_app: MakeApp, plugin: Callable[[str, str], None]) -> None:
    plugin("tape", TAPE.format(name="local", priority=15))
    with pytest.raises(PluginError) as error:
        make_app()
    assert str(error.value) == "Plugin tape registers a backup destination named local, which there is already."


@pytest.mark.parametrize(
    ("right", "wrong", "reason"),
    [
        (
            "register(Tape())",
            "register('tape')",
            "it lacks name, priority, is_configured, check, write, list_files, read, delete",
        ),
        ("register(Tape())", "register(Tape)", "it is a class, not an object"),
        ("def check", "def chek", "it lacks check"),
        ("(BaseDestination)", "", "it lacks is_configured"),
        (
            "def list_files(self, user_id): ...",
            "list_files = []",
            "its list_files must be a method that takes (user_id)",
        ),
        (
            "read(self, user_id, name, into)",
            "read(self, name)",
            "its read must be a method that takes (user_id, name, into)",
        ),
        ("def delete", "async def delete", "its delete must be a method that takes (user_id, name)"),
        ("priority = 15", "priority = 'high'", "its priority is 'high', not a whole number"),
        ("priority = 15", "priority = True", "its priority is True, not a whole number"),
        ('name = "tape"', 'name = ""', "its name is '', not a lower-case word"),
    ],
)
def test_what_is_no_destination_stops_the_start_and_says_what_is_missing(
    make_app: MakeApp, plugin: Callable[[str, str], None], right: str, wrong: str, reason: str
) -> None:
    source = TAPE.format(name="tape", priority=15)
    assert right in source
    plugin("tape", source.replace(right, wrong))
    with pytest.raises(PluginError) as error:
        make_app()
    kind = "str" if "'tape'" in wrong else "Tape"
    assert str(error.value) == f"Plugin tape registers {kind}, which is not a backup destination: {reason}."


def test_a_destination_that_is_not_there_or_not_configured_is_told(make_app: MakeApp) -> None:
    with make_app().app_context():
        for name in ("remote", "moon"):
            with pytest.raises(DestinationNotConfigured, match=f"no configured backup destination named {name}"):
                state().backups.destinations(name)


def test_each_run_reports_one_that_is_not_configured(make_app: MakeApp, caplog: pytest.LogCaptureFixture) -> None:
    with make_app(BACKUP_DESTINATIONS="local,remote").app_context():
        said = "BACKUP_DESTINATIONS names remote, which is not configured: no backups go there."
        for run in (run_if_due, run_now):
            caplog.clear()
            assert run(state().backups)
            assert caplog.messages == [said]
        caplog.clear()
        run_now(state().backups, destination="local")
        assert not caplog.messages
    with make_app().app_context():
        run_now(state().backups)
        assert not caplog.messages, "the setting does not name it"


def test_the_core_works_without_any(make_app: MakeApp) -> None:
    app = make_app(MOVIETRACKER_PLUGINS_DISABLED="local_backup,remote_backup")
    assert chosen(app) == []
    with app.app_context(), pytest.raises(DestinationNotConfigured, match="No backup destination is configured"):
        state().backups.destinations()


@pytest.mark.parametrize(
    ("name", "wrong", "expected"),
    [
        ("BACKUP_HOUR", "24", "a whole number from 0 to 23"),
        ("BACKUP_MINUTE", "-1", "a whole number from 0 to 59"),
        ("BACKUP_RETENTION_DAYS", "0", "a whole number from 1 to 36500"),
        ("BACKUP_TIMEOUT", "0", "a whole number from 1 to 86400"),
        ("TIMEZONE", "Europe/Atlantis", "a time zone such as Europe/Vienna"),
        ("TIMEZONE", "Europe", "a time zone such as Europe/Vienna"),
        ("TIMEZONE", "../../etc/passwd", "a time zone such as Europe/Vienna"),
    ],
)
def test_settings_that_make_no_sense_stop_the_start(make_app: MakeApp, name: str, wrong: str, expected: str) -> None:
    with pytest.raises(SettingsError) as error:
        make_app(**{name: wrong})
    assert str(error.value) == f"{name} must be {expected}, not {wrong!r} (from the overrides)."


def test_one_that_hangs_for_ever_keeps_a_limited_number_of_threads() -> None:
    never = threading.Event()

    class Silent(BaseDestination):
        name = "silent"

        def list_files(self, user_id: str) -> list[BackupFile]:
            never.wait()
            return []

    def ask() -> None:
        # Each run has a breaker of its own.
        guarded = GuardedDestination(Silent(), 0.001, 0.001, threading.Event(), CircuitBreaker(60))
        with pytest.raises(DestinationUnreachable):
            guarded.list_files("3c5d0a52-5a0e-4d8e-9e27-0f2a6c1b7d90")

    try:
        for _ in range(MAX_CALLS + 5):
            ask()
        assert calls_under_way("backup-silent") == MAX_CALLS
    finally:
        never.set()
