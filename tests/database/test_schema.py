"""A newer program that meets an older SQLite file adds the columns that it needs, and does nothing else."""

import sqlite3
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path
from threading import Barrier

import pytest
from sqlalchemy import Engine, create_engine
from support.applications import MakeApp
from support.client import client_of
from support.postgresql import ON_POSTGRESQL

from movietracker.database import ensure_additive_schema, prepare_engine
from movietracker.services.accounts import Account

pytestmark = pytest.mark.skipif(ON_POSTGRESQL, reason="PostgreSQL is brought up to date by migrations only")

# Columns that can be null or have a default, of different types.
OLDER_LACKS = [
    ("people", "emoji"),
    ("people", "is_trusted"),
    ("people", "color"),
    ("movies", "search_text"),
    ("movies", "media_type"),
    ("users", "backup_enabled"),
    ("custom_lists", "position"),
]


@pytest.fixture
def path(database_url: str, instance_path: Path) -> Path:
    """A migrated file."""
    return instance_path / "app.db"


@pytest.fixture
def engine(path: Path) -> Iterator[Engine]:
    """The application's kind of engine on it."""
    made = engine_of(path)
    yield made
    made.dispose()


def engine_of(path: Path) -> Engine:
    engine = create_engine(f"sqlite:///{path}")
    prepare_engine(engine)
    return engine


def run(path: Path, *statements: str) -> None:
    with closing(sqlite3.connect(path)) as connection:
        for statement in statements:
            connection.execute(statement)
        connection.commit()


def schema(path: Path) -> dict[str, object]:
    """Everything that the file says about itself, but for the order of columns and the wording of their types."""
    with closing(sqlite3.connect(path)) as connection:
        tables = [name for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
        return {
            table: sorted(
                (name, not_null, default)
                for _, name, _, not_null, default, _ in connection.execute(f'PRAGMA table_info("{table}")')
            )
            for table in tables
        } | {"indexes": sorted(connection.execute("SELECT name, sql FROM sqlite_master WHERE type = 'index'"), key=str)}


def make_older(path: Path) -> None:
    """Take away columns, as if the file were from before they were added."""
    with closing(sqlite3.connect(path)) as connection:
        (movies,) = connection.execute("SELECT sql FROM sqlite_master WHERE name = 'movies'").fetchone()
        connection.execute("PRAGMA writable_schema = ON")
        without_check = "\n".join(line for line in movies.splitlines() if "ck_movies_media_type" not in line)
        connection.execute("UPDATE sqlite_master SET sql = ? WHERE name = 'movies'", (without_check,))
        connection.commit()
    run(path, *(f"ALTER TABLE {table} DROP COLUMN {column}" for table, column in OLDER_LACKS))


def test_a_file_that_lacks_nothing_is_left_alone(path: Path, engine: Engine) -> None:
    before = path.read_bytes()

    assert ensure_additive_schema(engine) == []
    assert path.read_bytes() == before


def test_missing_columns_are_added_with_their_defaults(path: Path, engine: Engine) -> None:
    whole = schema(path)
    make_older(path)
    assert schema(path) != whole

    assert sorted(ensure_additive_schema(engine)) == sorted(f"{table}.{column}" for table, column in OLDER_LACKS)
    assert schema(path) == whole
    assert ensure_additive_schema(engine) == []


def test_rows_from_before_get_the_default(
    make_app: MakeApp, path: Path, make_account: Callable[[str], Account]
) -> None:
    account = make_account("carla")
    run(
        path,
        "DROP INDEX IF EXISTS none",
        *(f"ALTER TABLE people DROP COLUMN {c}" for c in ("emoji", "is_trusted", "color")),
    )

    people = client_of(make_app(), account).get("/api/people").json
    assert {(p["is_trusted"], p["color"], p["emoji"]) for p in people} == {(False, "#0a84ff", None)}


def test_nothing_else_is_mended(path: Path, engine: Engine) -> None:
    """Missing tables and indexes, and columns that can be neither null nor defaulted, are for the migrations."""
    run(
        path,
        "DROP TABLE leases",
        "DROP INDEX ix_people_user_id_seq",
        "ALTER TABLE people DROP COLUMN seq",
        "ALTER TABLE users ADD COLUMN of_a_newer_program TEXT",
    )
    before = schema(path)

    assert ensure_additive_schema(engine) == []
    assert schema(path) == before


def test_an_empty_file_stays_empty(tmp_path: Path) -> None:
    engine = engine_of(tmp_path / "new.db")
    assert ensure_additive_schema(engine) == []
    engine.dispose()
    with closing(sqlite3.connect(tmp_path / "new.db")) as connection:
        assert connection.execute("SELECT count(*) FROM sqlite_master").fetchone() == (0,)


def test_processes_that_start_at_once_do_not_disturb_each_other(path: Path) -> None:
    whole = schema(path)
    make_older(path)
    barrier = Barrier(4)

    def start(_: int) -> list[str]:
        engine = engine_of(path)
        barrier.wait(10)
        added = ensure_additive_schema(engine)
        engine.dispose()
        return added

    with ThreadPoolExecutor(4) as pool:
        added = [column for found in pool.map(start, range(4)) for column in found]

    assert sorted(added) == sorted(f"{table}.{column}" for table, column in OLDER_LACKS)
    assert schema(path) == whole
