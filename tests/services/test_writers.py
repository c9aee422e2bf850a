from __future__ import annotations

import os
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest
from flask import Flask

from movietracker import database
from movietracker.errors import DatabaseUnavailable
from movietracker.services import people, transactions
from movietracker.services.accounts import Account, create_account
from movietracker.services.transactions import library_read, library_write

WRITERS = 32


def test_many_writers_of_a_process_take_turns_however_short_the_databases_own_patience(
    make_app: Callable[..., Flask], monkeypatch: pytest.MonkeyPatch
) -> None:
    # SQLite itself would turn every second writer away; PostgreSQL has locks of its own, and needs its patience.
    if not os.environ.get("TEST_DATABASE"):
        monkeypatch.setattr(database, "BUSY_TIMEOUT_SECONDS", 0.001)
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


def test_a_write_that_waits_too_long_is_told_to_come_again(
    app: Flask, anna: Account, monkeypatch: pytest.MonkeyPatch
) -> None:
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
