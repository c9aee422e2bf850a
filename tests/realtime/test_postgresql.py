"""What is different on PostgreSQL: no counter of commits, and a connection that may break."""

from __future__ import annotations

import pytest
from conftest import Client
from flask import Flask
from sqlalchemy import text
from support.library import add_stubs

from movietracker.extensions import db
from movietracker.services import library
from movietracker.services.accounts import Account
from movietracker.services.transactions import library_write

from .conftest import Listen, token_of

MATRIX = "tt0133093"
LATE = "tt0078748"


@pytest.fixture
def database_url(postgresql_url: str) -> str:
    """These tests run on PostgreSQL in any case."""
    return postgresql_url


def end_all_connections(app: Flask) -> None:
    with app.app_context():
        with db.engine.connect() as connection:
            connection.execute(
                text(
                    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                    " WHERE datname = current_database() AND pid <> pg_backend_pid()"
                )
            )
        db.engine.dispose()


def test_a_commit_is_told(listen: Listen, anna: Account, client: Client) -> None:
    listener = listen(anna)
    client.post("/api/people", json={"name": "Zoe"})
    assert listener.next()["type"] == "peopleUpdated"


def test_a_commit_that_another_one_overtakes_is_told(listen: Listen, app: Flask, anna: Account, ben: Account) -> None:
    listener = listen(anna)
    with app.app_context():
        with library_write(anna.id) as slow:
            library.ensure_movie(slow, MATRIX)
            add_stubs(ben, [LATE])
            assert listener.all_until_quiet() == []
        assert listener.next()["imdb_id"] == MATRIX


def test_what_is_committed_while_the_connection_is_broken_is_told_later(
    listen: Listen, connect: Listen, app: Flask, anna: Account
) -> None:
    listener = listen(anna)
    end_all_connections(app)
    with app.app_context():
        add_stubs(anna, [MATRIX])
    assert listener.until("movieAdded")["imdb_id"] == MATRIX
    assert connect(token_of(app, anna)).next()["type"] == "connected"
