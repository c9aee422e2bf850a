"""Backing up everybody: whom, where, what becomes of failures, and what is remembered of it."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import orjson
import pytest
from sqlalchemy import select
from support.databases import database_url
from support.destinations import Broken, Forgetful, Full, Hanging, Shelf
from support.library import add_stubs, imdb_ids
from support.wall_clock import WallClock

from movietracker.backup.vault.run import LEASE_NAME, RunReport, run_if_due, run_now
from movietracker.backup.vault.vault import Vault
from movietracker.extensions import db
from movietracker.models import BackupRecord, BackupRun
from movietracker.services import accounts
from movietracker.services.accounts import Account
from movietracker.services.backup_settings import set_backup_enabled
from movietracker.services.leases import acquire

__all__ = ["database_url"]

MakeVault = Callable[..., Vault]
MakeAccount = Callable[[str], Account]

RECORDS, RUNS = BackupRecord.__table__, BackupRun.__table__


def rows(table: Any) -> list[Any]:
    with db.engine.connect() as connection:
        return list(connection.execute(select(table)))


def ran(vault: Vault, **options: Any) -> RunReport:
    report = run_now(vault, **options)
    assert report is not None
    return report


def files_in(folder: Path) -> list[str]:
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file())


def today(vault: Vault) -> str:
    return vault.schedule.local(time.time()).strftime("%Y-%m-%d")


class TestWhoAndWhere:
    def test_every_active_user_with_backups_on_has_their_newest_state_in_every_destination(
        self, make_vault: MakeVault, vault: Vault, saved: Account, ben: Account, make_account: MakeAccount, folder: Path
    ) -> None:
        cora = make_account("cora")
        dora = make_account("dora")
        for account in (cora, dora):
            set_backup_enabled(account.id, True)
        accounts.set_active(dora.id, False)
        add_stubs(saved, imdb_ids(3))
        add_stubs(ben, imdb_ids(2))
        shelf = Shelf()

        report = ran(make_vault(*vault.chosen, shelf))

        assert (report.status, report.users, report.failed_users) == ("ok", 2, 0)
        name = f"{today(vault)}.json"
        assert files_in(folder) == sorted([f"{saved.id}/{name}", f"{cora.id}/{name}"])
        assert set(shelf.files) == {(saved.id, name), (cora.id, name)}
        document = orjson.loads((folder / saved.id / name).read_bytes())
        assert document["version"] == 2
        assert [movie["imdb_id"] for movie in document["movies"]] == imdb_ids(3)
        assert shelf.files[saved.id, name][0] == (folder / saved.id / name).read_bytes()

    def test_a_second_run_on_the_same_day_replaces_the_file(self, vault: Vault, saved: Account, folder: Path) -> None:
        ran(vault)
        add_stubs(saved, imdb_ids(1))
        ran(vault)

        (path,) = (folder / saved.id).iterdir()
        assert len(orjson.loads(path.read_bytes())["movies"]) == 1

    def test_one_user_on_request_whatever_their_settings_say(
        self, vault: Vault, saved: Account, ben: Account, folder: Path
    ) -> None:
        assert ran(vault, user_id=ben.id).users == 1
        assert [path.name for path in folder.iterdir()] == [ben.id]

    def test_one_destination_on_request(self, make_vault: MakeVault, saved: Account) -> None:
        one, other = Shelf("one"), Shelf("other")
        ran(make_vault(one, other), destination="other")
        assert (len(one.files), len(other.files)) == (0, 1)

    def test_a_destination_that_is_not_configured_is_passed_over(self, make_vault: MakeVault, saved: Account) -> None:
        idle, shelf = Shelf("idle"), Shelf()
        idle.is_configured = lambda: False  # type: ignore[method-assign]
        assert ran(make_vault(idle, shelf)).status == "ok"
        assert (len(idle.files), len(shelf.files)) == (0, 1)

    def test_more_users_than_are_read_at_a_time(
        self, make_vault: MakeVault, make_account: MakeAccount, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("movietracker.backup.vault.targets.BATCH", 2)
        users = [make_account(f"user{number}") for number in range(5)]
        for user in users:
            set_backup_enabled(user.id, True)
        shelf = Shelf()
        assert ran(make_vault(shelf)).users == 5
        assert [user for user, _ in shelf.writes] == sorted(user.id for user in users)


class TestWhatIsRemembered:
    def test_each_run_and_each_file(self, vault: Vault, saved: Account, folder: Path) -> None:
        before = time.time()
        report = ran(vault)

        (run,) = rows(RUNS)
        assert (run.id, run.kind, run.status, run.users, run.failed_users) == (report.run_id, "manual", "ok", 1, 0)
        assert before <= run.started_at <= run.finished_at <= time.time()
        (record,) = rows(RECORDS)
        (path,) = (folder / saved.id).iterdir()
        assert (record.user_id, record.run_id, record.destination) == (saved.id, report.run_id, "local")
        assert (record.name, record.size, record.verified, record.error) == (
            path.name,
            path.stat().st_size,
            True,
            None,
        )
        assert len(record.sha256) == 64
        assert before <= record.at <= time.time()
        assert 0 < record.seconds < 60

    def test_what_is_remembered_of_an_account_s_files_outlives_the_account(self, vault: Vault, saved: Account) -> None:
        ran(vault)
        accounts.delete_account(saved.id)
        assert [record.user_id for record in rows(RECORDS)] == [saved.id]


class TestFailures:
    def test_a_full_disk_fails_the_user_by_name_keeps_the_old_file_and_stops_nobody_else(
        self, make_vault: MakeVault, saved: Account, ben: Account
    ) -> None:
        set_backup_enabled(ben.id, True)
        full = Full(refused=set())
        vault = make_vault(full)
        ran(vault)
        before = dict(full.files)
        full.refused = {saved.id}
        add_stubs(saved, imdb_ids(1))

        report = ran(vault)

        assert (report.status, report.users, report.failed_users) == ("partial", 2, 1)
        (failure,) = report.failures
        assert (failure.user, failure.destination) == ("anna@example.com", "full")
        assert failure.error == "full: No space left on device."
        key = (saved.id, f"{today(vault)}.json")
        assert full.files[key] == before[key]
        failed = [record for record in rows(RECORDS) if record.run_id == report.run_id and not record.verified]
        assert [(record.user_id, record.error) for record in failed] == [(saved.id, "full: No space left on device.")]

    def test_a_destination_that_fails_does_not_keep_the_others_from_their_files(
        self, make_vault: MakeVault, saved: Account, caplog: pytest.LogCaptureFixture
    ) -> None:
        shelf = Shelf()
        report = ran(make_vault(Full(), Broken("broken"), shelf))

        assert report.status == "partial"
        assert len(shelf.files) == 1
        assert [(failure.destination, failure.error) for failure in report.failures] == [
            ("full", "full: No space left on device."),
            ("broken", "broken failed: KeyError."),
        ]
        assert "destinations.py" in caplog.text, "the log says where"
        assert Broken.secret not in caplog.text

    def test_a_run_without_any_good_file_has_failed(self, make_vault: MakeVault, saved: Account) -> None:
        assert ran(make_vault(Full())).status == "failed"
        assert rows(RUNS)[0].status == "failed"

    def test_a_library_that_cannot_be_exported_is_one_user_s_failure(
        self, vault: Vault, saved: Account, ben: Account, monkeypatch: pytest.MonkeyPatch, folder: Path
    ) -> None:
        set_backup_enabled(ben.id, True)
        from movietracker.backup.vault import writing

        export = writing.export_document

        def torn(read: Any) -> Any:
            if read.user_id == saved.id:
                raise ValueError("a broken row")
            return export(read)

        monkeypatch.setattr(writing, "export_document", torn)
        report = ran(vault)
        assert (report.status, report.users, report.failed_users) == ("partial", 2, 1)
        assert report.failures[0].error == "The library could not be exported: ValueError."
        assert [path.name for path in folder.iterdir()] == [ben.id]
        (failed,) = (record for record in rows(RECORDS) if not record.verified)
        assert (failed.user_id, failed.sha256, failed.size) == (saved.id, None, None)

    def test_a_destination_that_hangs_is_left_after_the_time_limit(self, make_vault: MakeVault, saved: Account) -> None:
        hanging, shelf = Hanging(), Shelf()
        begun = time.monotonic()
        report = ran(make_vault(hanging, shelf, call_seconds=0.3))
        hanging.released.set()

        assert 0.3 <= time.monotonic() - begun < 10
        assert [failure.error for failure in report.failures] == ["hanging did not answer within 0.3 seconds."]
        assert len(shelf.files) == 1, "and what it was reading is still whole for the next one"

    def test_one_that_hangs_again_and_again_is_not_waited_for_by_every_user(
        self, make_vault: MakeVault, make_account: MakeAccount
    ) -> None:
        for number in range(6):
            set_backup_enabled(make_account(f"user{number}").id, True)
        hanging, shelf = Hanging(), Shelf()
        report = ran(make_vault(hanging, shelf, call_seconds=0.1))
        hanging.released.set()

        assert hanging.calls == 3
        assert (report.status, report.users, report.failed_users, len(shelf.files)) == ("partial", 6, 6, 6)
        assert report.failures[-1].error == "hanging is left alone for now, because it did not answer."

    @pytest.mark.parametrize("spoil", [lambda data: data[:-1], lambda data: b"", lambda data: data.replace(b"2", b"3")])
    def test_a_destination_that_gives_back_something_else_is_found_out(
        self, make_vault: MakeVault, saved: Account, spoil: Any
    ) -> None:
        report = ran(make_vault(Forgetful(spoil)))
        assert report.status == "failed"
        assert report.failures[0].error == "forgetful gave back something else than what was written."
        assert not rows(RECORDS)[0].verified

    def test_a_destination_that_loses_the_file_is_found_out(self, make_vault: MakeVault, saved: Account) -> None:
        losing = Shelf("losing")
        losing.files = Nowhere()
        report = ran(make_vault(losing))
        assert report.status == "failed"
        assert report.failures[0].error == "losing does not have the file that was just written there."


class Nowhere(dict[Any, Any]):
    def __setitem__(self, key: Any, value: Any) -> None:
        pass


class TestTakingTurns:
    def test_nothing_is_done_while_another_process_does_it(self, vault: Vault, saved: Account, folder: Path) -> None:
        other = acquire(LEASE_NAME, 60)
        assert other is not None
        assert run_now(vault) is None
        assert run_if_due(vault) is None
        assert not folder.exists()
        other.release()
        assert ran(vault).users == 1

    def test_of_many_threads_that_find_a_run_due_one_does_it(
        self, make_vault: MakeVault, saved: Account, app: Any
    ) -> None:
        shelf = Shelf()
        vault = make_vault(shelf)
        reports: list[RunReport | None] = []
        start = threading.Barrier(6)

        def work() -> None:
            with app.app_context():
                start.wait()
                reports.append(run_if_due(vault))

        threads = [threading.Thread(target=work) for _ in range(6)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert sorted(report is not None for report in reports) == [False] * 5 + [True]
        assert len(shelf.writes) == 1

    def test_a_run_stops_between_users_when_the_lease_is_lost(
        self, make_vault: MakeVault, saved: Account, ben: Account, wall_clock: WallClock
    ) -> None:
        set_backup_enabled(ben.id, True)

        class Slow(Shelf):
            def write(self, user_id: str, name: str, content: Any) -> None:
                super().write(user_id, name, content)
                wall_clock.time += 3600  # the machine was suspended; another one has taken over by now

        report = run_now(make_vault(Slow()))
        assert report is not None
        assert (report.status, report.users) == ("running", 1)


class TestMakingUpForRuns:
    def at(self, wall_clock: WallClock, vault: Vault, text: str) -> None:
        moment = vault.schedule.local(wall_clock.time).replace(
            year=int(text[:4]), month=int(text[5:7]), day=int(text[8:10]), microsecond=0, second=0
        )
        wall_clock.time = moment.replace(hour=int(text[11:13]), minute=int(text[14:16])).timestamp()

    def test_a_run_is_due_at_its_time_once(self, make_vault: MakeVault, saved: Account, wall_clock: WallClock) -> None:
        shelf = Shelf()
        vault = make_vault(shelf)
        self.at(wall_clock, vault, "2026-11-22 12:00")
        run_if_due(vault)
        done = []
        for moment in ("22 23:59", "23 02:59", "23 03:00", "23 03:01", "23 18:00", "24 02:59", "24 03:05"):
            self.at(wall_clock, vault, f"2026-11-{moment}")
            if run_if_due(vault):
                done.append(moment)
        assert done == ["23 03:00", "24 03:05"]
        assert sorted(name for _, name in shelf.files) == ["2026-11-22.json", "2026-11-23.json", "2026-11-24.json"]

    def test_a_missed_run_is_made_up_for_once_however_many_were_missed(
        self, make_vault: MakeVault, saved: Account, wall_clock: WallClock
    ) -> None:
        shelf = Shelf()
        vault = make_vault(shelf)
        self.at(wall_clock, vault, "2026-11-01 03:00")
        assert run_if_due(vault)
        self.at(wall_clock, vault, "2026-11-09 14:30")
        assert run_if_due(vault)
        assert run_if_due(vault) is None
        assert sorted(name for _, name in shelf.files) == ["2026-11-01.json", "2026-11-09.json"]

    def test_a_manual_run_does_not_stand_for_the_nightly_one(
        self, make_vault: MakeVault, saved: Account, wall_clock: WallClock
    ) -> None:
        vault = make_vault(Shelf())
        assert run_if_due(vault)
        wall_clock.time += 86_400
        ran(vault)
        assert run_if_due(vault)

    def test_a_run_that_was_partial_is_not_repeated_all_day(self, make_vault: MakeVault, saved: Account) -> None:
        vault = make_vault(Full(), Shelf())
        report = run_if_due(vault)
        assert report is not None
        assert report.status == "partial"
        assert run_if_due(vault) is None

    def test_a_run_that_was_stopped_is_resumed_after_the_last_user_who_was_done(
        self, make_vault: MakeVault, make_account: MakeAccount
    ) -> None:
        users = sorted(make_account(f"user{number}").id for number in range(5))
        for user in users:
            set_backup_enabled(user, True)
        stop = threading.Event()

        class Stopping(Shelf):
            def write(self, user_id: str, name: str, content: Any) -> None:
                super().write(user_id, name, content)
                if user_id == users[1]:
                    stop.set()

        stopping = Stopping()
        vault = make_vault(stopping)
        first = run_if_due(vault, stop)
        assert first is not None
        assert first.status == "running"
        assert first.users < 5
        (run,) = rows(RUNS)
        assert (run.status, run.finished_at) == ("running", None)
        done_before = {record.user_id for record in rows(RECORDS)}
        assert done_before < set(users)

        stopping.writes.clear()
        second = run_if_due(vault)
        assert second is not None
        assert (second.run_id, second.status, second.users) == (first.run_id, "ok", 5)
        assert {user for user, _ in stopping.writes} == set(users) - done_before
        assert {record.user_id for record in rows(RECORDS)} == set(users)

    def test_stopping_does_not_wait_for_a_destination_that_hangs(self, make_vault: MakeVault, saved: Account) -> None:
        hanging = Hanging()
        vault = make_vault(hanging, call_seconds=30)
        stop = threading.Event()
        threading.Timer(0.3, stop.set).start()
        begun = time.monotonic()
        report = run_if_due(vault, stop)
        hanging.released.set()
        assert time.monotonic() - begun < 10
        assert report is not None
        assert report.status == "running"
        assert rows(RECORDS) == [], "nothing is known of it, so the next run begins with this user"

    def test_a_run_that_nobody_resumed_in_time_is_noted_as_interrupted_by_the_next(
        self, make_vault: MakeVault, saved: Account, wall_clock: WallClock
    ) -> None:
        vault = make_vault(Shelf())
        stop = threading.Event()
        stop.set()
        run_if_due(vault, stop)
        wall_clock.time += 2 * 86_400
        assert run_if_due(vault)
        assert sorted(run.status for run in rows(RUNS)) == ["interrupted", "ok"]

    def test_without_a_destination_nothing_happens(
        self, make_vault: MakeVault, saved: Account, caplog: pytest.LogCaptureFixture
    ) -> None:
        idle = Shelf()
        idle.is_configured = lambda: False  # type: ignore[method-assign]
        assert run_if_due(make_vault(idle)) is None
        assert "No backup destination is configured" in caplog.text
        assert rows(RUNS) == []


def test_an_account_deleted_in_the_middle_of_the_run_is_no_failure_and_leaves_no_file(
    make_vault: MakeVault, saved: Account, ben: Account
) -> None:
    set_backup_enabled(ben.id, True)
    first, second = sorted([saved.id, ben.id])
    shelf = Shelf()

    def delete(report: RunReport, total: int) -> None:
        if any(account.id == second for account in accounts.list_accounts()):
            accounts.delete_account(second)

    report = ran(make_vault(shelf), progress=delete)
    assert (report.status, report.users) == ("ok", 1)
    assert [user for user, _ in shelf.writes] == [first]
