import io
import os
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
from flask import Flask
from support.applications import MakeApp

from movietracker.backup.document.importing import import_document
from movietracker.backup.document.merging import ImportReport
from movietracker.database import connections
from movietracker.errors import DatabaseUnavailable
from movietracker.services import people, transactions
from movietracker.services.accounts import Account, create_account
from movietracker.services.transactions import library_read, library_write

WRITERS = 32


def test_many_writers_of_a_process_take_turns_however_short_the_databases_own_patience(
    make_app: MakeApp, monkeypatch: pytest.MonkeyPatch
) -> None:
    # SQLite itself would turn every second writer away; PostgreSQL has locks of its own, and needs its patience.
    if not os.environ.get("TEST_DATABASE"):
        monkeypatch.setattr(connections, "BUSY_TIMEOUT_SECONDS", 0.001)
    app = make_app()
    with app.app_context():
        anna = create_account("anna@example.com", "anna", "a long secret")
    start = threading.Barrier(WRITERS)

    def add(number: int) -> None:
        with app.app_context():
            start.wait()
            with library_write(anna.id) as tx:
                people.add_person(tx, f"Person {number}")

    with ThreadPoolExecutor(WRITERS) as pool:
        list(pool.map(add, range(WRITERS)))
    with app.app_context(), library_read(anna.id) as read:
        assert len(people.list_people(read)) == 4 + WRITERS


def test_a_write_that_waits_too_long_has_to_retry(app: Flask, anna: Account, monkeypatch: pytest.MonkeyPatch) -> None:
    if app.config["SQLALCHEMY_DATABASE_URI"].get_backend_name() != "sqlite":
        pytest.skip("PostgreSQL has many writers at a time")
    monkeypatch.setattr(transactions, "QUEUE_SECONDS", 0.01)

    def write() -> None:
        with app.app_context(), library_write(anna.id):
            pass

    with app.app_context(), library_write(anna.id), ThreadPoolExecutor(1) as pool:
        waiting = pool.submit(write)
        with pytest.raises(DatabaseUnavailable):
            waiting.result()


def test_a_dry_run_waits_for_no_writer_and_none_for_it(app: Flask, anna: Account) -> None:
    sent = b'{"version":2,"movies":[{"imdb_id":"tt0133093","status":"watched"}],"people":[],"lists":[]}'

    def plan() -> ImportReport:
        with app.app_context():
            return import_document(anna.id, io.BytesIO(sent), dry_run=True)

    with app.app_context(), library_write(anna.id) as tx, ThreadPoolExecutor(1) as pool:
        before = tx.head().seq
        people.add_person(tx, "Alma")
        report = pool.submit(plan).result(20)
    assert report.added["movies"] == 1
    with app.app_context(), library_read(anna.id) as read:
        assert read.head().seq == before + 1
