"""What is different on PostgreSQL: no counter of commits, and a connection that may break."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import text
from support.client import Client
from support.library import add_stubs
from support.pooler import pgbouncer

from movietracker.extensions import db
from movietracker.services import movies
from movietracker.services.accounts import Account
from movietracker.services.transactions import library_write

from .conftest import Listen, token_of

MATRIX = "tt0133093"
LATE = "tt0078748"


@pytest.fixture(params=["direct", "pooled"])
def database_url(request: pytest.FixtureRequest, postgresql_url: str, tmp_path: Path) -> Iterator[str]:
    """These tests run on PostgreSQL in any case, also behind a pooler, where no connection has a session of its own."""
    if request.param == "direct":
        yield postgresql_url
    else:
        with pgbouncer(tmp_path, postgresql_url, sessions=5) as url:
            yield url


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
            movies.ensure_movie(slow, MATRIX)
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
