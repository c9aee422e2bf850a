"""The migrations: from nothing to the models and back, on both databases."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from flask import Flask, current_app
from flask_migrate import downgrade, upgrade
from movietracker_migrations import helpers
from sqlalchemy import bindparam, inspect, select, text
from support import postgresql
from support.applications import MakeApp, close_app
from support.client import Client, client_of
from support.serving import run_on_machines

from movietracker import create_app
from movietracker.extensions import db
from movietracker.models import NAMES, PEOPLE
from movietracker.services import people
from movietracker.services.accounts import create_account
from movietracker.services.names import folded_name
from movietracker.services.transactions import library_read, library_write


@pytest.fixture(params=["sqlite", "postgresql"])
def app(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Flask]:
    """An application on an empty database of its own."""
    settings: dict[str, Any] = {"MOVIETRACKER_INSTANCE_PATH": str(tmp_path / "instance"), "TESTING": True}
    if request.param == "sqlite":
        made = create_app(settings)
        yield made
        close_app(made)
    else:
        postgresql.require_server()
        with postgresql.temporary_database() as url:
            made = create_app(settings | {"DATABASE_URL": url})
            yield made
            close_app(made)


@pytest.fixture
def inside(app: Flask) -> Iterator[None]:
    with app.app_context():
        yield


def revisions() -> list[str]:
    """All revisions, the oldest first."""
    scripts = ScriptDirectory(current_app.extensions["migrate"].directory)
    return [script.revision for script in scripts.walk_revisions()][::-1]


def tables() -> set[str]:
    return set(inspect(db.engine).get_table_names()) - {"alembic_version"}


def differences() -> list[Any]:
    """What a new migration would have to do."""
    with db.engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True, "compare_server_default": True})
        return list(compare_metadata(context, db.metadata))


@pytest.mark.usefixtures("inside")
class TestMigrations:
    def test_lead_from_nothing_to_the_models(self) -> None:
        assert tables() == set()
        upgrade()

        assert tables() == set(db.metadata.tables)
        assert differences() == []

    def test_lead_back_to_nothing_and_up_again(self) -> None:
        upgrade()
        downgrade(revision="base")
        assert tables() == set()

        upgrade()
        assert differences() == []

    def test_can_be_taken_one_by_one_in_both_directions(self) -> None:
        steps = revisions()
        for revision in steps:
            upgrade(revision=revision)
        for revision in ["base", *steps][-2::-1]:
            downgrade(revision=revision)
            upgrade()
            downgrade(revision=revision)
        assert tables() == set()

    def test_done_twice_do_nothing_the_second_time(self) -> None:
        upgrade()
        upgrade()
        assert differences() == []

    def test_keep_what_is_there(self) -> None:
        """From the first revision that could hold a library to the newest."""
        upgrade()
        account = create_account("anna@example.com", "anna", "a long secret")
        client: Client = client_of(current_app._get_current_object(), account)  # type: ignore[attr-defined]
        client.post("/api/movies/tt0133093/recommendations", json={"person_name": "Mum"})
        client.put("/api/movies/tt0133093/watch", json={"date_watched": 1.7e9, "my_rating": 8})
        before = {address: client.get(address).json for address in ("/api/movies", "/api/people", "/api/lists")}

        for revision in revisions()[-2::-1]:
            downgrade(revision=revision)
            upgrade()
            after = {address: client.get(address).json for address in before}
            assert _without_ids_of_viewings(after) == _without_ids_of_viewings(before), revision

    def test_fold_what_is_searched_of_all_titles(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(helpers, "ROWS_AT_ONCE", 2)
        upgrade()
        account = create_account("anna@example.com", "anna", "a long secret")
        client: Client = client_of(current_app._get_current_object(), account)  # type: ignore[attr-defined]
        for number in range(5):
            body = {"person_name": "Mum", "tmdb_data": {"title": f"Amélie {number}"}, "note": "Très drôle"}
            client.post(f"/api/movies/tt000000{number}/recommendations", json=body)
        client.put("/api/movies/tt0000009/status", json={"status": "toWatch"})  # nothing is known of it
        downgrade(revision="0008")
        movies = db.metadata.tables["movies"]
        with db.engine.begin() as connection:
            connection.execution_options(library_write=True)
            connection.execute(movies.update().values(search_text="amélie\nwall·e").where(movies.c.title.is_not(None)))
        upgrade()

        for typed in ("amelie", "wall-e", "walle", "tres drole"):
            assert len(client.get("/api/movies", query_string={"q": typed}).json) == 5

    def test_fold_the_names_that_are_there(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """Also of two people who could be only one today."""
        monkeypatch.setattr(helpers, "ROWS_AT_ONCE", 3)
        upgrade()
        account = create_account("anna@example.com", "anna", "a long secret")
        names = ["Zoë", "zoe", *(f"Ánn {number}" for number in range(10))]
        with library_write(account.id) as tx:
            people.add_people(tx, [{"name": name} for name in names])
        downgrade(revision="0010")
        upgrade()
        with library_read(account.id) as read:
            for table in (PEOPLE, NAMES):
                rows = read.execute(select(table.c.name, table.c.folded).where(table.c.user_id == bindparam("of_user")))
                assert {(row.name, row.folded) for row in rows} >= {("Zoë", "zoe"), ("zoe", "zoe"), ("Ánn 9", "ann 9")}
                assert [row.folded for row in rows] == [folded_name(row.name) for row in rows]

    def test_leave_constraints_with_names(self) -> None:
        """A later migration can drop only what has a name, on every database."""
        upgrade()
        found = inspect(db.engine)
        for table in tables():
            assert found.get_pk_constraint(table)["name"] == f"pk_{table}"
            for constraint in (*found.get_foreign_keys(table), *found.get_unique_constraints(table)):
                assert constraint["name"]


def _without_ids_of_viewings(told: dict[str, Any]) -> dict[str, Any]:
    """What was read, without what earlier revisions have no place for."""
    own = ("id", "created_at")
    movies = [
        {**movie, "viewings": [{key: each[key] for key in each.keys() - own} for each in movie["viewings"]]}
        for movie in told["/api/movies"]
    ]
    return told | {"/api/movies": movies}


@pytest.mark.slow
def test_several_machines_may_migrate_at_once(tmp_path: Path) -> None:
    """Each has an instance folder of its own, so no lock file is between them."""
    postgresql.require_server()
    with postgresql.temporary_database() as url:
        ends = run_on_machines(tmp_path, 3, "db", "upgrade", settings={"DATABASE_URL": url})

    assert [end.returncode for end in ends] == [0, 0, 0], ends


def test_revisions_are_numbered_in_a_line(make_app: MakeApp) -> None:
    with make_app().app_context():
        assert revisions() == [f"{number:04}" for number in range(1, len(revisions()) + 1)]


def test_every_key_of_a_users_table_holds_the_user() -> None:
    """So that the data can be spread by user."""
    for table in db.metadata.sorted_tables:
        if "user_id" in table.c:
            assert table.primary_key.columns.keys()[0] == "user_id", table.name
            for constraint in table.foreign_key_constraints:
                assert "user_id" in constraint.column_keys, table.name


def test_the_columns_of_the_issue_are_there(app: Flask) -> None:
    expected = {
        "users": "id email username hashed_password created_at is_active backup_enabled",
        "movies": "imdb_id user_id tmdb_data omdb_data media_type last_modified",
        "people": "id user_id name is_trusted color emoji quick_key last_modified",
        "recommendations": "id imdb_id user_id person_id date_recommended vote_type",
        "watch_history": "imdb_id user_id date_watched my_rating",
        "movie_status": "imdb_id user_id status custom_list_id",
        "custom_lists": "id user_id name color icon position created_at last_modified",
    }
    for table, columns in expected.items():
        assert set(columns.split()) <= set(db.metadata.tables[table].c.keys())
    with app.app_context():
        upgrade()
        with db.engine.connect() as connection:
            assert connection.execute(text("SELECT count(*) FROM users")).scalar_one() == 0
