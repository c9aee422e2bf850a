"""Backup runs: users and destinations, the journal, failures, leases, and runs that were missed or interrupted."""

import hashlib
import re
import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import orjson
import pytest
from sqlalchemy import Table, delete, insert
from support.backups import MakeCatalog, due, ran, rows, switch_on
from support.destinations import Broken, Forgetful, Full, Hanging, Shelf
from support.library import add_stubs, imdb_ids
from support.wall_clock import WallClock

from movietracker.backup.catalog import Catalog, verification
from movietracker.backup.catalog.journal import states_of
from movietracker.backup.catalog.run import LEASE_NAME, RunReport, run_if_due, run_now
from movietracker.backup.catalog.schedule import Schedule
from movietracker.metrics import DestinationState
from movietracker.models import BACKUP_FILES, BACKUP_RUNS
from movietracker.services import accounts
from movietracker.services.accounts import Account
from movietracker.services.leases import acquire
from movietracker.services.transactions import write_connection

pytestmark = pytest.mark.each_database

MakeAccount = Callable[[str], Account]


def files_in(folder: Path) -> list[str]:
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file())


def today(catalog: Catalog) -> str:
    return catalog.schedule.local(time.time()).strftime("%Y-%m-%d")


def copy_of_the_journal() -> dict[Table, list[Any]]:
    return {table: [row._asdict() for row in rows(table)] for table in (BACKUP_RUNS, BACKUP_FILES)}


def put_back(copy: dict[Table, list[Any]]) -> None:
    """As if the database were an older copy of itself."""
    with write_connection() as connection:
        for table, former in copy.items():
            connection.execute(delete(table))
            if former:
                connection.execute(insert(table), former)


def added_beside_the_newest(make_catalog: MakeCatalog, shelf: Shelf) -> set[tuple[str, str]]:
    """Run, put back the database of before, and run again, which replaces nothing; returns the files that it adds."""
    copy = copy_of_the_journal()
    due(make_catalog(shelf))
    newest = dict(shelf.files)
    put_back(copy)
    due(make_catalog(shelf))
    assert newest.items() < shelf.files.items()
    return shelf.files.keys() - newest.keys()


class Stopping(Full):
    """Sets ``stop`` as soon as it has the file of this user; has no room for those in ``refused``."""

    def __init__(self, last: str, refused: tuple[str, ...] = ()) -> None:
        super().__init__(refused={*refused})
        self.last, self.stop = last, threading.Event()

    def write(self, user_id: str, name: str, content: Any) -> None:
        super().write(user_id, name, content)
        if user_id == self.last:
            self.stop.set()


class Stuck(Hanging):
    """Hangs on this user alone, and then sets ``stop``."""

    def __init__(self, user_id: str) -> None:
        super().__init__()
        self.user_id, self.stop = user_id, threading.Event()

    def write(self, user_id: str, name: str, content: Any) -> None:
        if user_id != self.user_id:
            Shelf.write(self, user_id, name, content)
        else:
            self.stop.set()
            self.released.wait(30)


class TestWhoAndWhere:
    def test_every_active_user_with_backups_on_has_their_newest_state_at_every_destination(
        self,
        make_catalog: MakeCatalog,
        catalog: Catalog,
        saved: Account,
        ben: Account,
        make_account: MakeAccount,
        folder: Path,
    ) -> None:
        cora, dora = make_account("cora"), make_account("dora")
        switch_on(cora, dora)
        accounts.set_active(dora.id, False)
        add_stubs(saved, imdb_ids(3))
        add_stubs(ben, imdb_ids(2))
        shelf = Shelf()

        report = due(make_catalog(*catalog.chosen, shelf))

        assert (report.status, report.users, report.failed_users) == ("ok", 2, 0)
        (name,) = {name for _, name in shelf.files}
        assert name.startswith(f"{today(catalog)}-at-")
        assert files_in(folder) == sorted([f"{saved.id}/{name}", f"{cora.id}/{name}"])
        assert set(shelf.files) == {(saved.id, name), (cora.id, name)}
        document = orjson.loads((folder / saved.id / name).read_bytes())
        assert document["version"] == 2
        assert [movie["imdb_id"] for movie in document["movies"]] == imdb_ids(3)
        assert shelf.files[saved.id, name][0] == (folder / saved.id / name).read_bytes()

    def test_a_run_on_request_leaves_the_files_of_the_day_as_they_are(
        self, catalog: Catalog, saved: Account, folder: Path
    ) -> None:
        due(catalog)
        (nightly,) = (folder / saved.id).iterdir()
        before = nightly.read_bytes()
        for _ in range(2):
            add_stubs(saved, imdb_ids(1))
            ran(catalog)

        others = [path.name for path in (folder / saved.id).iterdir() if path != nightly]
        assert nightly.read_bytes() == before
        assert len(others) == 2
        assert all(re.fullmatch(rf"{today(catalog)}-at-[0-9]{{6}}-[0-9]{{6}}\.json", name) for name in others)

    def test_the_nightly_run_leaves_the_file_of_another_nightly_run_of_the_day(
        self, make_catalog: MakeCatalog, saved: Account, wall_clock: WallClock
    ) -> None:
        """The hour was changed, or the machine was off when yesterday's run was due."""
        shelf = Shelf()
        for hour in (3, 15):
            wall_clock.time = datetime(2026, 11, 22, hour, 30, tzinfo=UTC).timestamp()
            due(make_catalog(shelf, schedule=Schedule(hour, 0, UTC)))
        assert [name[:20] for _, name in shelf.files] == ["2026-11-22-at-033000", "2026-11-22-at-153000"]

    def test_an_older_copy_of_the_database_that_was_put_back_replaces_no_file_even_in_the_same_second(
        self, make_catalog: MakeCatalog, saved: Account, wall_clock: WallClock
    ) -> None:
        """The same are two installations, one of which is a copy, with one destination."""
        shelf = Shelf()
        assert added_beside_the_newest(make_catalog, shelf)

    def test_nor_does_one_that_was_made_in_the_middle_of_the_run(
        self, make_catalog: MakeCatalog, saved: Account, ben: Account, wall_clock: WallClock
    ) -> None:
        first, second = switch_on(saved, ben)
        shelf = Stopping(first)
        due(make_catalog(shelf), shelf.stop)
        assert second in {user for user, _ in added_beside_the_newest(make_catalog, shelf)}

    def test_a_destination_that_is_not_configured_is_skipped(self, make_catalog: MakeCatalog, saved: Account) -> None:
        idle, shelf = Shelf("idle"), Shelf()
        idle.is_configured = lambda: False  # type: ignore[method-assign]
        assert ran(make_catalog(idle, shelf)).status == "ok"
        assert (len(idle.files), len(shelf.files)) == (0, 1)

    def test_more_users_than_are_read_at_a_time(
        self, make_catalog: MakeCatalog, make_account: MakeAccount, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("movietracker.backup.catalog.journal.BATCH", 2)
        users = switch_on(*(make_account(f"user{number}") for number in range(5)))
        shelf = Shelf()
        assert ran(make_catalog(shelf)).users == 5
        assert [user for user, _ in shelf.writes] == users


class TestWhatIsRemembered:
    def test_each_run_and_each_file(self, catalog: Catalog, saved: Account, folder: Path) -> None:
        before = time.time()
        report = ran(catalog)

        (run,) = rows(BACKUP_RUNS)
        assert (run.id, run.kind, run.status, run.users, run.failed_users) == (report.run_id, "manual", "ok", 1, 0)
        assert before <= run.started_at <= run.finished_at <= time.time()
        (record,) = rows(BACKUP_FILES)
        (path,) = (folder / saved.id).iterdir()
        assert (record.user_id, record.run_id, record.destination) == (saved.id, report.run_id, "local")
        assert (record.name, record.size) == (path.name, path.stat().st_size)
        assert (record.verified, record.error) == (True, None)
        assert len(record.sha256) == 64
        assert before <= record.at <= time.time()
        assert 0 < record.seconds < 60

    def test_a_file_that_was_written_before_something_failed(
        self, make_catalog: MakeCatalog, saved: Account, tmp_path: Path
    ) -> None:
        temporary = tmp_path / "temporary"
        temporary.mkdir()

        class Clearing(Shelf):
            def write(self, user_id: str, name: str, content: Any) -> None:
                super().write(user_id, name, content)
                temporary.rmdir()  # so that the file cannot be read back

        shelf = Clearing()
        assert ran(make_catalog(shelf, folder=temporary)).status == "failed"
        ((content, _),) = shelf.files.values()
        (record,) = rows(BACKUP_FILES)
        assert (record.size, record.verified) == (len(content), False)
        assert record.sha256 == hashlib.sha256(content).hexdigest()

    def test_the_records_of_files_outlive_the_account(self, catalog: Catalog, saved: Account) -> None:
        ran(catalog)
        accounts.delete_account(saved.id)
        assert [record.user_id for record in rows(BACKUP_FILES)] == [saved.id]


class TestFailures:
    def test_a_full_disk_keeps_the_old_file(self, make_catalog: MakeCatalog, saved: Account, ben: Account) -> None:
        switch_on(ben)
        full = Full(refused=set())
        catalog = make_catalog(full)
        ran(catalog)
        before = dict(full.files)
        full.refused = {saved.id}
        add_stubs(saved, imdb_ids(1))

        report = ran(catalog)

        assert (report.status, report.users, report.failed_users) == ("partial", 2, 1)
        (failure,) = report.failures
        assert (failure.user, failure.destination) == ("anna@example.com", "full")
        assert failure.error == "full: No space left on device."
        assert before.items() <= full.files.items()
        assert [user for user, _ in full.files.keys() - before.keys()] == [ben.id]
        failed = [record for record in rows(BACKUP_FILES) if record.run_id == report.run_id and not record.verified]
        assert [(record.user_id, record.error) for record in failed] == [(saved.id, "full: No space left on device.")]

    def test_a_destination_that_fails_does_not_keep_the_others_from_their_files(
        self, make_catalog: MakeCatalog, saved: Account, caplog: pytest.LogCaptureFixture
    ) -> None:
        shelf = Shelf()
        report = ran(make_catalog(Full(), Broken("broken"), shelf))

        assert report.status == "partial"
        assert len(shelf.files) == 1
        assert [(failure.destination, failure.error) for failure in report.failures] == [
            ("full", "full: No space left on device."),
            ("broken", "broken failed: KeyError."),
        ]
        assert "destinations.py" in caplog.text, "the log says where"
        assert Broken.secret not in caplog.text

    def test_a_run_without_any_good_file_has_failed(self, make_catalog: MakeCatalog, saved: Account) -> None:
        assert ran(make_catalog(Full())).status == "failed"
        assert rows(BACKUP_RUNS)[0].status == "failed"

    def test_a_library_that_cannot_be_exported_is_one_user_s_failure(
        self, catalog: Catalog, saved: Account, ben: Account, monkeypatch: pytest.MonkeyPatch, folder: Path
    ) -> None:
        switch_on(ben)
        export = verification.export_document

        def torn(read: Any) -> Any:
            if read.user_id == saved.id:
                raise ValueError("a broken row")
            return export(read)

        monkeypatch.setattr(verification, "export_document", torn)
        report = ran(catalog)
        assert (report.status, report.users, report.failed_users) == ("partial", 2, 1)
        assert report.failures[0].error == "The library could not be exported: ValueError."
        assert [path.name for path in folder.iterdir()] == [ben.id]
        (failed,) = (record for record in rows(BACKUP_FILES) if not record.verified)
        assert (failed.user_id, failed.sha256, failed.size) == (saved.id, None, None)

    def test_a_hanging_destination_is_left_at_the_time_limit(self, make_catalog: MakeCatalog, saved: Account) -> None:
        hanging, shelf = Hanging(), Shelf()
        begun = time.monotonic()
        report = ran(make_catalog(hanging, shelf, call_seconds=0.3))
        hanging.released.set()

        assert 0.3 <= time.monotonic() - begun < 10
        assert [failure.error for failure in report.failures] == ["hanging did not respond within 0.3 seconds."]
        assert len(shelf.files) == 1, "and what it was reading is still whole for the next one"

    def test_one_that_hangs_again_and_again_is_not_waited_for_by_every_user(
        self, make_catalog: MakeCatalog, make_account: MakeAccount
    ) -> None:
        switch_on(*(make_account(f"user{number}") for number in range(6)))
        hanging, shelf = Hanging(), Shelf()
        report = ran(make_catalog(hanging, shelf, call_seconds=0.1))
        hanging.released.set()

        assert hanging.calls == 3
        assert (report.status, report.users, report.failed_users, len(shelf.files)) == ("partial", 6, 6, 6)
        assert report.failures[-1].error == "hanging is skipped for now, because it did not respond."

    @pytest.mark.parametrize("spoil", [lambda data: data[:-1], lambda data: b"", lambda data: data.replace(b"2", b"3")])
    def test_a_destination_that_gives_back_something_else_is_found_out(
        self, make_catalog: MakeCatalog, saved: Account, spoil: Any
    ) -> None:
        report = ran(make_catalog(Forgetful(spoil)))
        assert report.status == "failed"
        assert report.failures[0].error == "forgetful returned something else than what was written."
        assert not rows(BACKUP_FILES)[0].verified

    def test_a_destination_that_loses_the_file_is_found_out(self, make_catalog: MakeCatalog, saved: Account) -> None:
        losing = Shelf("losing")
        losing.files = Nowhere()
        report = ran(make_catalog(losing))
        assert report.status == "failed"
        assert report.failures[0].error == "losing does not have the file that was just written there."


class Nowhere(dict[Any, Any]):
    def __setitem__(self, key: Any, value: Any) -> None:
        pass


class TestTakingTurns:
    def test_nothing_is_done_while_another_process_runs(self, catalog: Catalog, saved: Account, folder: Path) -> None:
        other = acquire(LEASE_NAME, 60)
        assert other is not None
        assert run_now(catalog) is None
        assert run_if_due(catalog) is None
        assert not folder.exists()
        other.release()
        assert ran(catalog).users == 1

    def test_of_many_threads_one_does_a_due_run(self, make_catalog: MakeCatalog, saved: Account, app: Any) -> None:
        shelf = Shelf()
        catalog = make_catalog(shelf)
        reports: list[RunReport | None] = []
        start = threading.Barrier(6)

        def work() -> None:
            with app.app_context():
                start.wait()
                reports.append(run_if_due(catalog))

        threads = [threading.Thread(target=work) for _ in range(6)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert sorted(report is not None for report in reports) == [False] * 5 + [True]
        assert len(shelf.writes) == 1

    def test_a_run_stops_between_users_when_the_lease_is_lost(
        self, make_catalog: MakeCatalog, saved: Account, ben: Account, wall_clock: WallClock
    ) -> None:
        switch_on(ben)

        class Slow(Shelf):
            def write(self, user_id: str, name: str, content: Any) -> None:
                super().write(user_id, name, content)
                wall_clock.time += 3600  # the machine was suspended; another one has taken over by now

        report = ran(make_catalog(Slow()))
        assert (report.status, report.users) == ("running", 1)


class TestMakingUpForRuns:
    def at(self, wall_clock: WallClock, catalog: Catalog, text: str) -> None:
        wall_clock.time = datetime.fromisoformat(text).replace(tzinfo=catalog.schedule.zone).timestamp()

    def test_a_run_is_due_once(self, make_catalog: MakeCatalog, saved: Account, wall_clock: WallClock) -> None:
        shelf = Shelf()
        catalog = make_catalog(shelf)
        self.at(wall_clock, catalog, "2026-11-22 12:00")
        run_if_due(catalog)
        done = []
        for moment in ("22 23:59", "23 02:59", "23 03:00", "23 03:01", "23 18:00", "24 02:59", "24 03:05"):
            self.at(wall_clock, catalog, f"2026-11-{moment}")
            if run_if_due(catalog):
                done.append(moment)
        assert done == ["23 03:00", "24 03:05"]
        assert [name[:10] for _, name in shelf.files] == ["2026-11-22", "2026-11-23", "2026-11-24"]

    def test_a_missed_run_is_made_up_for_once_however_many_were_missed(
        self, make_catalog: MakeCatalog, saved: Account, wall_clock: WallClock
    ) -> None:
        shelf = Shelf()
        catalog = make_catalog(shelf)
        self.at(wall_clock, catalog, "2026-11-01 03:00")
        assert run_if_due(catalog)
        self.at(wall_clock, catalog, "2026-11-09 14:30")
        assert run_if_due(catalog)
        assert run_if_due(catalog) is None
        assert [name[:10] for _, name in shelf.files] == ["2026-11-01", "2026-11-09"]

    def test_a_manual_run_does_not_stand_for_the_nightly_one(
        self, make_catalog: MakeCatalog, saved: Account, wall_clock: WallClock
    ) -> None:
        catalog = make_catalog(Shelf())
        assert run_if_due(catalog)
        wall_clock.time += 86_400
        ran(catalog)
        assert run_if_due(catalog)

    def test_a_run_that_was_partial_is_not_repeated_all_day(self, make_catalog: MakeCatalog, saved: Account) -> None:
        catalog = make_catalog(Full(), Shelf())
        assert due(catalog).status == "partial"
        assert run_if_due(catalog) is None

    def test_a_run_that_was_stopped_is_resumed_after_the_last_user_who_was_done(
        self, make_catalog: MakeCatalog, make_account: MakeAccount
    ) -> None:
        users = switch_on(*(make_account(f"user{number}") for number in range(5)))
        stopping = Stopping(users[1])
        catalog = make_catalog(stopping)
        first = due(catalog, stopping.stop)
        assert first.status == "running"
        assert first.users < 5
        (run,) = rows(BACKUP_RUNS)
        assert (run.status, run.finished_at) == ("running", None)
        done_before = {record.user_id for record in rows(BACKUP_FILES) if record.verified}
        assert done_before < set(users)

        stopping.writes.clear()
        second = due(catalog)
        assert (second.status, second.users) == ("ok", 5)
        assert sorted((run.status, run.users) for run in rows(BACKUP_RUNS)) == [("interrupted", 0), ("ok", 5)]
        assert {user for user, _ in stopping.writes} == set(users) - done_before
        assert {record.user_id for record in rows(BACKUP_FILES)} == set(users)

    def test_a_library_that_ends_the_run_again_and_again_holds_up_the_others_three_times(
        self, make_catalog: MakeCatalog, saved: Account, ben: Account
    ) -> None:
        first, second = switch_on(saved, ben)
        stuck = Stuck(first)
        catalog = make_catalog(stuck)
        for _ in range(3):
            assert due(catalog, stuck.stop).users == 0
            stuck.stop.clear()
        report = due(catalog, stuck.stop)
        stuck.released.set()
        assert (report.status, report.users, report.failed_users) == ("partial", 2, 1)
        assert [failure.error for failure in report.failures] == [
            "The backup was interrupted 3 times; the log may say why."
        ]
        assert [user for user, _ in stuck.writes] == [second]

    def test_what_failed_before_a_run_was_stopped_counts_when_it_is_resumed(
        self, make_catalog: MakeCatalog, make_account: MakeAccount
    ) -> None:
        users = switch_on(*(make_account(f"user{number}") for number in range(3)))
        stopping = Stopping(users[1], refused=(users[0],))
        catalog = make_catalog(stopping)
        due(catalog, stopping.stop)
        report = due(catalog)
        assert (report.status, report.users, report.saved_users, report.failed_users) == ("partial", 3, 2, 1)
        assert [state.is_last_ok for state in states_of(["full"])] == [False]

    def test_stopping_does_not_wait_for_a_hanging_destination(self, make_catalog: MakeCatalog, saved: Account) -> None:
        stuck = Stuck(saved.id)
        catalog = make_catalog(stuck, call_seconds=30)
        begun = time.monotonic()
        report = due(catalog, stuck.stop)
        stuck.released.set()
        assert time.monotonic() - begun < 10
        assert report.status == "running"
        (record,) = rows(BACKUP_FILES)
        assert (record.verified, record.error) == (False, None), "so the next run begins with this user"
        assert states_of(["hanging"]) == [DestinationState("hanging", None, None)]

    def test_the_next_run_marks_one_that_was_not_resumed_in_time_as_interrupted(
        self, make_catalog: MakeCatalog, saved: Account, wall_clock: WallClock
    ) -> None:
        catalog = make_catalog(Shelf())
        stop = threading.Event()
        stop.set()
        run_if_due(catalog, stop)
        wall_clock.time += 2 * 86_400
        assert run_if_due(catalog)
        assert sorted(run.status for run in rows(BACKUP_RUNS)) == ["interrupted", "ok"]

    def test_without_a_destination_nothing_happens(
        self, make_catalog: MakeCatalog, saved: Account, caplog: pytest.LogCaptureFixture
    ) -> None:
        idle = Shelf()
        idle.is_configured = lambda: False  # type: ignore[method-assign]
        assert run_if_due(make_catalog(idle)) is None
        assert "No backup destination is configured" in caplog.text
        assert rows(BACKUP_RUNS) == []


def test_an_account_deleted_in_the_middle_of_the_run_is_no_failure_and_leaves_no_file(
    make_catalog: MakeCatalog, saved: Account, ben: Account
) -> None:
    switch_on(ben)
    first, second = sorted([saved.id, ben.id])
    shelf = Shelf()

    def delete(report: RunReport, total: int) -> None:
        if any(account.id == second for account in accounts.list_accounts()):
            accounts.delete_account(second)

    report = ran(make_catalog(shelf), progress=delete)
    assert (report.status, report.users) == ("ok", 1)
    assert [user for user, _ in shelf.writes] == [first]
