import threading
import time
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import insert, select
from support.applications import MakeApp
from support.client import Client
from support.destinations import Hanging
from support.endless_catalogue import EndlessCatalogue
from support.library import add_stubs, imdb_ids, notes, stubs_of
from support.stopwatch import Stopwatch
from support.waiting import PATIENCE, wait_until

from movietracker import clock, scheduler
from movietracker.backup.catalog.run import LEASE_NAME as BACKUP_LEASE
from movietracker.extensions import db
from movietracker.metadata.enrichment import LEASE_NAME, Report
from movietracker.models import REVOKED
from movietracker.models.library import Tombstone
from movietracker.services import people, sessions
from movietracker.services.accounts import Account, set_backup_enabled
from movietracker.services.enrichment_queue import queue_refresh
from movietracker.services.leases import acquire
from movietracker.services.transactions import library_write, write_connection

MATRIX = "tt0133093"


@pytest.fixture
def app(catalogue_app: Flask) -> Flask:
    return catalogue_app


@pytest.fixture(autouse=True)
def stopped_at_the_end(app: Flask) -> Iterator[None]:
    yield
    scheduler.stop(app)


def test_the_application_factory_starts_no_threads(make_app: MakeApp) -> None:
    before = threading.active_count()
    make_app()
    assert threading.active_count() == before


def test_a_stub_is_filled_at_once(app: Flask, anna: Account) -> None:
    scheduler.start(app)
    time.sleep(0.4)  # the run at the start is over
    watch = Stopwatch()
    add_stubs(anna, [MATRIX])
    wait_until(lambda: stubs_of(anna) == set())
    assert watch.seconds() < 5, "long before the run every five minutes"


def test_stubs_from_before_the_start_are_filled(app: Flask, anna: Account) -> None:
    add_stubs(anna, imdb_ids(3))
    scheduler.start(app)
    wait_until(lambda: stubs_of(anna) == set())


def test_a_queued_refresh_is_done_at_once(app: Flask, anna: Account, catalogue: EndlessCatalogue) -> None:
    add_stubs(anna, [MATRIX])
    scheduler.start(app)
    wait_until(lambda: stubs_of(anna) == set())
    catalogue.forget_calls()
    queue_refresh(MATRIX)
    wait_until(lambda: notes() == {})
    assert catalogue.titles_found == [MATRIX]


def test_what_sync_need_not_remember_is_collected(app: Flask, anna: Account, monkeypatch: pytest.MonkeyPatch) -> None:
    with library_write(anna.id) as tx:
        people.delete_person(tx, people.add_person(tx, "Zoe"))
    add_stubs(anna, [MATRIX])
    assert tombstones() != []
    half_a_year_later = time.time() + 181 * 86_400
    monkeypatch.setattr(clock, "now", lambda: half_a_year_later)
    scheduler.start(app)
    wait_until(lambda: tombstones() == [])


def tombstones() -> list[Any]:
    with db.engine.connect() as connection:
        return list(connection.execute(select(Tombstone.key)))


def test_stubs_that_come_in_quick_succession_do_not_put_the_run_off(app: Flask, anna: Account) -> None:
    scheduler.start(app)
    time.sleep(0.4)
    for imdb_id in imdb_ids(10):
        add_stubs(anna, [imdb_id])
        time.sleep(0.1)
    assert len(stubs_of(anna)) < 10, "the first are filled while the last come in"
    wait_until(lambda: stubs_of(anna) == set())


def test_stubs_are_filled_at_once_also_while_those_of_another_user_wait_for_requests(
    make_app: MakeApp, anna: Account, ben: Account, catalogue: EndlessCatalogue, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(scheduler, "LEFT_AFTER", timedelta(hours=1))
    app = make_app(**catalogue.settings, PROXY_RATE_LIMIT="9 per hour")
    with app.app_context():
        add_stubs(anna, imdb_ids(10))
        scheduler.start(app)
        try:
            wait_until(lambda: app.apscheduler.get_job("kick") is not None)  # type: ignore[attr-defined]
            add_stubs(ben, [MATRIX])
            wait_until(lambda: stubs_of(ben) == set())
            assert stubs_of(anna) != set()
        finally:
            scheduler.stop(app)


def test_a_run_that_leaves_titles_while_the_server_stops_does_not_hold_it_up(
    app: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    begun = threading.Event()

    def enrich(_: object, stop: threading.Event) -> Report:
        begun.set()
        assert stop.wait(PATIENCE)
        time.sleep(0.3)  # until the scheduler waits for its jobs
        return Report(left=1)

    monkeypatch.setattr(scheduler, "enrich", enrich)
    scheduler.start(app)
    assert begun.wait(PATIENCE)
    stopping = threading.Thread(target=scheduler.stop, args=(app,), daemon=True)
    stopping.start()
    stopping.join(PATIENCE)
    assert not stopping.is_alive()


def test_stubs_that_came_while_another_process_was_at_it_are_filled_in_the_next_run(
    app: Flask, anna: Account, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(scheduler, "ENRICHMENT_EVERY", timedelta(seconds=0.5))
    monkeypatch.setattr(scheduler, "JITTER_SECONDS", None)
    other = acquire(LEASE_NAME, 60)
    assert other is not None
    scheduler.start(app)
    add_stubs(anna, [MATRIX])
    time.sleep(0.6)
    assert stubs_of(anna) == {MATRIX}
    other.release()
    wait_until(lambda: stubs_of(anna) == set())


def test_it_can_be_switched_off(make_app: MakeApp) -> None:
    app = make_app(MOVIETRACKER_SCHEDULER=False)
    before = threading.active_count()
    scheduler.start(app)
    assert threading.active_count() == before
    scheduler.stop(app)


def test_it_runs_in_debug_mode_too(app: Flask, anna: Account, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FLASK_DEBUG", "1")
    add_stubs(anna, [MATRIX])
    scheduler.start(app)
    wait_until(lambda: stubs_of(anna) == set())


def test_stopping_leaves_no_thread_and_hears_no_stubs(app: Flask, anna: Account, catalogue: EndlessCatalogue) -> None:
    before = set(threading.enumerate())
    scheduler.start(app)
    scheduler.start(app)
    add_stubs(anna, imdb_ids(2))
    wait_until(lambda: stubs_of(anna) == set())
    scheduler.stop(app)
    scheduler.stop(app)
    others = ("lookup", "process_request_thread")  # the application's own, and the catalogue's
    left = {thread.name for thread in set(threading.enumerate()) - before}
    assert [name for name in left if not any(other in name for other in others)] == []
    catalogue.forget_calls()
    add_stubs(anna, [MATRIX])
    time.sleep(0.4)
    assert catalogue.calls == []


def test_stopping_ends_a_long_run_after_current_titles(app: Flask, anna: Account, catalogue: EndlessCatalogue) -> None:
    add_stubs(anna, imdb_ids(500))
    scheduler.start(app)
    wait_until(lambda: catalogue.titles_found)
    watch = Stopwatch()
    scheduler.stop(app)
    assert watch.seconds() < 5
    assert len(stubs_of(anna)) > 400
    assert acquire(LEASE_NAME, 60) is not None


def test_two_applications_of_one_process_have_jobs_of_their_own(
    app: Flask, anna: Account, make_app: MakeApp, catalogue: EndlessCatalogue
) -> None:
    other = make_app(**catalogue.settings)
    scheduler.start(app)
    scheduler.start(other)
    scheduler.stop(other)
    add_stubs(anna, [MATRIX])
    wait_until(lambda: stubs_of(anna) == set())


def test_a_locked_database_is_a_line_in_the_log_and_no_more(
    app: Flask, anna: Account, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(scheduler, "ENRICHMENT_EVERY", timedelta(seconds=0.3))
    monkeypatch.setattr(scheduler, "JITTER_SECONDS", None)
    with write_connection() as connection:
        connection.exec_driver_sql("ALTER TABLE movies RENAME TO movies_away")
    scheduler.start(app)
    wait_until(lambda: "not available" in caplog.text)
    assert "Traceback" not in caplog.text
    with write_connection() as connection:
        connection.exec_driver_sql("ALTER TABLE movies_away RENAME TO movies")
    add_stubs(anna, [MATRIX])
    wait_until(lambda: stubs_of(anna) == set())


def test_expired_tokens_are_forgotten_and_others_are_not(app: Flask, anna: Account) -> None:
    rows: list[dict[str, Any]] = [
        {"user_id": anna.id, "jti": "expired", "expires_at": clock.now() - 1},
        {"user_id": anna.id, "jti": "alive", "expires_at": clock.now() + 3600},
    ]
    with write_connection() as connection:
        connection.execute(insert(REVOKED), rows)
    scheduler.start(app)
    wait_until(lambda: _revoked() == ["alive"])


def test_it_is_noted_which_sessions_were_used(
    app: Flask, anna: Account, client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sessions, "NOTED_EVERY", 0)
    client.login(anna.email)

    def last_used() -> float:
        (session,) = sessions.list_sessions(anna.id)
        return session.last_used_at - session.created_at

    assert last_used() == 0
    client.get("/api/movies")
    scheduler.start(app)
    wait_until(lambda: last_used() > 0)
    assert client.get("/api/movies").status_code == 200


def _revoked() -> list[str]:
    with db.engine.connect() as connection:
        return list(connection.execute(select(REVOKED.c.jti)).scalars())


def test_a_nightly_backup_that_was_missed_is_made_at_the_start(app: Flask, anna: Account, instance_path: Path) -> None:
    set_backup_enabled(anna.id, True)
    scheduler.start(app)
    wait_until(lambda: list((instance_path / "backups" / anna.id).glob("*.json")))


def test_a_job_that_a_busy_machine_starts_late_runs_all_the_same(
    app: Flask, anna: Account, instance_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(scheduler, "KICK_AFTER", timedelta(seconds=-3))
    set_backup_enabled(anna.id, True)
    scheduler.start(app)
    wait_until(lambda: list((instance_path / "backups" / anna.id).glob("*.json")))


def test_a_nightly_backup_that_another_process_had_begun_is_finished_soon_after_its_death(
    app: Flask, anna: Account, instance_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(scheduler, "BACKUP_CHECK_EVERY", timedelta(seconds=0.3))
    monkeypatch.setattr(scheduler, "JITTER_SECONDS", None)
    set_backup_enabled(anna.id, True)
    assert acquire(BACKUP_LEASE, 1.0) is not None  # by a process that was killed: no other renews or releases it
    scheduler.start(app)
    time.sleep(0.5)
    assert not (instance_path / "backups").exists()
    wait_until(lambda: list((instance_path / "backups" / anna.id).glob("*.json")))


def test_the_nightly_backup_is_planned_for_its_hour_of_its_time_zone(make_app: MakeApp) -> None:
    app = make_app(BACKUP_HOUR=4, BACKUP_MINUTE=30, TIMEZONE="Asia/Tokyo")
    scheduler.start(app)
    try:
        planned = app.apscheduler.get_job("backup").next_run_time  # type: ignore[attr-defined]
        assert (planned.hour, planned.minute, planned.utcoffset()) == (4, 30, timedelta(hours=9))
    finally:
        scheduler.stop(app)


def test_stopping_waits_for_no_hanging_destination(app: Flask, anna: Account, monkeypatch: pytest.MonkeyPatch) -> None:
    set_backup_enabled(anna.id, True)
    hanging = Hanging()
    catalog = app.extensions["movietracker"].backups
    app.extensions["movietracker"].backups = replace(catalog, chosen=(hanging,), call_seconds=60)
    scheduler.start(app)
    wait_until(lambda: hanging.calls)
    watch = Stopwatch()
    scheduler.stop(app)
    assert watch.seconds() < 5
    hanging.released.set()
