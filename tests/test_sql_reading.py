"""Which tables a statement writes to, however it is written."""

from __future__ import annotations

import pytest

from movietracker.sql_reading import Write, writes_in

PLAIN = [
    "INSERT INTO {t} (user_id) VALUES ('x')",
    "UPDATE {t} SET user_id = user_id",
    "DELETE FROM {t}",
    "insert into {t} (user_id) values ('x')",
    "  \n\tUpDaTe\n{t}\nSET user_id = user_id",
    "INSERT INTO\t{t}(user_id) VALUES ('x')",
    "INSERT INTO \"{t}\" (user_id) VALUES ('x')",
    "-- a comment\nDELETE FROM {t}",
    "/* a comment */ DELETE FROM {t}",
    "/* one */ -- two\n /* three\n */UPDATE /* four */ {t} -- five\n SET user_id = user_id",
    "DELETE FROM/**/{t}",
    "WITH old AS (SELECT 1) DELETE FROM {t}",
    "WITH old AS (SELECT ')' AS a), older AS (SELECT 2) UPDATE {t} SET user_id = user_id",
    "WITH RECURSIVE n(i) AS (SELECT 1 UNION SELECT i + 1 FROM n) INSERT INTO {t} (user_id) SELECT 'x' FROM n",
    "INSERT INTO {t} (user_id) SELECT user_id FROM {t} WHERE 1 = 0",
    "EXPLAIN ANALYZE DELETE FROM {t}",
    "DROP TABLE {t}",
    "DROP TABLE IF EXISTS {t}",
    "ALTER TABLE {t} ADD COLUMN x INTEGER",
]
SQLITE_ONLY = [
    "INSERT OR REPLACE INTO {t} (user_id) VALUES ('x')",
    "INSERT OR IGNORE INTO {t} (user_id) VALUES ('x')",
    "REPLACE INTO {t} (user_id) VALUES ('x')",
    "UPDATE OR IGNORE {t} SET user_id = user_id",
    "UPDATE OR ROLLBACK {t} SET user_id = user_id",
    "DELETE FROM main.{t}",
    'DELETE FROM "main"."{t}"',
    "DELETE FROM main . {t}",
    "DELETE FROM [{t}]",
    "DELETE FROM [main].[{t}]",
    "DELETE FROM `{t}`",
    "DELETE FROM '{t}'",
    "INSERT INTO {T} (user_id) VALUES ('x')",
    "UPDATE {t} AS m SET user_id = user_id",
    "UPDATE {t} INDEXED BY nothing SET user_id = user_id",
    "; DELETE FROM {t}",
]
POSTGRESQL_ONLY = [
    "UPDATE ONLY {t} SET user_id = user_id",
    "DELETE FROM ONLY {t}",
    "DELETE FROM ONLY ({t})",
    "DELETE FROM public.{t}",
    'DELETE FROM "public" . "{t}"',
    "TRUNCATE {t}",
    "TRUNCATE TABLE users, {t} CASCADE",
    "TRUNCATE ONLY {t}",
    "WITH gone AS (DELETE FROM {t} RETURNING 1) SELECT 1",
    "MERGE INTO {t} USING users ON false WHEN MATCHED THEN DELETE",
    "COPY {t} FROM STDIN",
    "SELECT 1; DELETE FROM {t}",
    "DO $$ BEGIN DELETE FROM {t}; END $$",
    'DELETE FROM U&"{t}"',
]


def tables_in(statement: str) -> set[str]:
    return {write.table for write in writes_in(statement)}


@pytest.mark.parametrize("statement", PLAIN + SQLITE_ONLY + POSTGRESQL_ONLY)
def test_a_write_is_seen(statement: str) -> None:
    for table in ("movies", "people"):
        assert table in tables_in(statement.replace("{t}", table).replace("{T}", table.upper()))


@pytest.mark.parametrize(
    "statement",
    [
        "SELECT count(*) FROM movies",
        "SELECT 'DELETE FROM movies'",
        "SELECT 'it''s; DELETE FROM movies' AS \"UPDATE movies\"",
        "SELECT E'it\\'s; DELETE FROM movies; '",
        "SELECT 1 -- DELETE FROM movies",
        "SELECT 1 /* UPDATE movies SET x */",
        "SELECT 1 /* DELETE FROM movies",
        "SELECT replace(movies.title, 'a', 'b') FROM movies",
        "SELECT * FROM movies FOR UPDATE",
        "SELECT * FROM movies, people FOR UPDATE OF movies",
        "WITH movies_too AS (SELECT * FROM movies) SELECT count(*) FROM movies_too",
        "SELECT last_update FROM movies",
        "PRAGMA table_info(movies)",
        "CREATE TABLE x (id TEXT REFERENCES movies ON DELETE CASCADE ON UPDATE CASCADE)",
        "DELETE FROM movies_archive",
        "UPDATE leases SET holder = (SELECT max(imdb_id) FROM movies)",
        "INSERT INTO leases (name) VALUES ('x') ON CONFLICT (name) DO UPDATE SET holder = 'movies'",
        "DELETE FROM",
        "UPDATE",
        "TRUNCATE users,",
        "",
    ],
)
def test_reading_and_writing_elsewhere_are_no_writes(statement: str) -> None:
    assert not tables_in(statement) & {"movies", "people"}


@pytest.mark.parametrize(
    ("statement", "removes_rows"),
    [
        ("DELETE FROM users", True),
        ("TRUNCATE users", True),
        ("DROP TABLE users", True),
        ("REPLACE INTO users VALUES (1)", True),
        ("INSERT OR REPLACE INTO users VALUES (1)", True),
        ("UPDATE OR REPLACE users SET id = 1", True),
        ("INSERT INTO users VALUES (1)", False),
        ("UPDATE users SET id = 1", False),
    ],
)
def test_it_is_told_whether_rows_may_go(statement: str, removes_rows: bool) -> None:
    assert set(writes_in(statement)) == {Write("users", removes_rows)}


def test_several_writes_are_all_seen() -> None:
    assert tables_in('DELETE FROM a; UPDATE b SET x = 1; TRUNCATE c, d, "E" CASCADE') == {"a", "b", "c", "d", "e"}
