"""How the database finds what it is asked for: by an index, no more of the library than the answer needs.

SQLite is held to all of it. PostgreSQL weighs its ways by how full the tables are; with those of a test it can only be
asked whether there is an index to go by at all.
"""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from flask import Flask
from support.client import Client
from support.imports import preview
from support.postgresql import ON_POSTGRESQL
from support.statements import hearing_statements

from movietracker.models.movie import Watch
from movietracker.services.accounts import Account, TokenIdentity
from movietracker.services.lists import add_list
from movietracker.services.movies import add_tag, ensure_movie, recommend, set_status, watch
from movietracker.services.movies.metadata import Metadata
from movietracker.services.ranking import insert
from movietracker.services.sessions import begin_session
from movietracker.services.transactions import library_write

MOVIE = "tt0000004"
WATCHED, RANKED = "tt0000006", "tt0000009"
COMPARED = [{"winner": WATCHED, "loser": RANKED}]

WHOLE_LIBRARY = {
    "/api/movies": {"movies", "viewings", "tags", "recommendations", "people"},
    "/api/sync?since=0": {"movies", "viewings", "tags", "recommendations", "people", "custom_lists"},
    "/api/tags": {"tags"},
    "/api/movies?liked=false": {"movies"},
    "/api/backup/export": {"people", "custom_lists", "rankings"},
    "/api/export/csv": {"movies", "people", "custom_lists", "rankings"},
    "/api/export/letterboxd": {"movies", "people", "custom_lists"},
    "/api/ranking": {"rankings"},
    "/api/stats": {"movies", "movie_status", "viewings", "recommendations"},
    "/api/stats?year=2023&tz=Europe/Vienna": {"movies", "movie_status", "viewings", "recommendations"},
    "/api/trust": {"movies", "movie_status", "recommendations", "people"},
    "/api/queue?limit=2": {"movies", "movie_status", "recommendations", "people"},
    f"/api/queue?imdb_id={MOVIE}": {"movies", "movie_status", "recommendations", "people"},
    "/api/people/Person%201/stats": {"movies", "movie_status", "recommendations", "people"},
    "/api/movies?q=film": {"movies"},
    "/api/movies?genre=drama": {"movies"},
    "/api/movies?rated=false": {"movies"},
}
"""Addresses that answer with all rows of these tables, or look at all of them."""

ONLY_WANTED = re.compile("INDEX ix_(viewings_notes|recommendations_notes|movies_liked)")
"""What these indexes lead to is all to be read."""

FEW_OF_EACH_USER = {"people", "custom_lists", "library_heads", "users", "import_jobs", "sessions"}

READS = [
    *WHOLE_LIBRARY,
    *(
        "/api/auth/me",
        "/api/auth/sessions",
        f"/api/movies/{MOVIE}",
        "/api/movies?status=watched",
        "/api/movies?status=toWatch,custom",
    ),
    *(
        "/api/movies?year_from=1990&year_to=1999",
        "/api/movies?min_rating=8",
        "/api/movies?watched_from=2020&watched_to=2024",
        "/api/movies?rated=true&sort=imdb_id",
        "/api/movies?liked=true",
        "/api/movies?tag=noir",
    ),
    *("/api/movies?person=Person%201", "/api/movies?limit=2", "/api/people"),
    *("/api/lists", "/api/lists/{list}/movies", "/api/sync?since={since}", "/api/sync/changes?limit=5"),
    *("/api/sync/changes?cursor={cursor}", "/api/ranking/unranked"),
    f"/api/movies/{WATCHED}/viewings",
    *(
        "/api/import",
        "/api/import/{import}",
        "/api/import/{import}/rows?limit=2",
        "/api/import/{import}/rows?state=new",
    ),
]

SESSION = "6f6c8a2e-9a53-4d0c-8c0b-0e3d2a1b4c5d"
VIEWING = "3c5d0a52-5a0e-4d8e-9e27-0f2a6c1b7d90"
ACTION = {"action": "updateMovieStatus", "data": {"imdb_id": MOVIE, "status": "watched"}}
WRITES: list[tuple[str, str, Any]] = [
    ("PUT", f"/api/movies/{MOVIE}/status", {"status": "watched"}),
    ("PUT", f"/api/movies/{MOVIE}/watch", {"date_watched": 1_700_000_000, "my_rating": 8}),
    ("POST", f"/api/movies/{MOVIE}/viewings", {"id": VIEWING, "watched_on": "1999", "rating": 8}),
    ("PUT", f"/api/movies/{WATCHED}/rating", {"my_rating": 5}),
    ("PUT", f"/api/movies/{WATCHED}/liked", {"liked": True}),
    ("PUT", f"/api/movies/{WATCHED}/tags/noir", None),
    ("DELETE", f"/api/movies/{RANKED}/tags/noir", None),
    ("POST", f"/api/movies/{MOVIE}/recommendations", {"person_name": "Person 1", "vote_type": False}),
    ("POST", f"/api/movies/{MOVIE}/recommendations", {"person_name": "Somebody new"}),
    ("POST", "/api/ranking/insert", {"imdb_id": WATCHED, "position": 2, "liked": True, "comparisons": COMPARED}),
    ("PUT", f"/api/ranking/{RANKED}", {"position": 2, "liked": True}),
    ("DELETE", f"/api/ranking/{RANKED}", None),
    ("POST", "/api/sync", {"id": "one", **ACTION}),
    ("POST", "/api/sync/batch", {"actions": [{"id": f"a{n}", **ACTION} for n in range(3)], "cursor": "{cursor}"}),
    ("DELETE", f"/api/movies/{MOVIE}/recommendations/Person%204", None),
    ("POST", "/api/import/{import}/confirm", None),
    ("POST", "/api/import/{import}/cancel", None),
    ("DELETE", "/api/import/{import}", None),
    ("DELETE", "/api/auth/sessions/{session}", None),
]


@pytest.fixture
def places(app: Flask, anna: Account, client: Client) -> dict[str, str]:
    """What the addresses above have gaps for, once Anna has a library."""
    with app.app_context(), library_write(anna.id) as tx:
        list_id = add_list(tx, "Rainy Sundays")
        for number in range(30):
            imdb_id = f"tt{number:07}"
            ensure_movie(tx, imdb_id, Metadata(tmdb_data={"title": f"Film {number}", "year": str(1980 + number)}))
            recommend(tx, imdb_id, f"Person {number % 5}")
            if number % 3 == 0:
                watch(tx, imdb_id, Watch(1_700_000_000, 7))
            elif number % 3 == 1:
                set_status(tx, imdb_id, "custom", list_id)
        for number in (0, 3, 9):
            insert(tx, f"tt{number:07}", liked=True, position=1)
        add_tag(tx, RANKED, "noir")
    before = client.get("/api/sync/changes?limit=500").json
    client.put(f"/api/movies/{MOVIE}/status", json={"status": "toWatch"})
    with app.app_context():
        begin_session(TokenIdentity(anna.id, SESSION, 0, 9e9), "curl")
        job = preview(anna, *({"row_id": str(number), "imdb_id": f"tt{number:07}"} for number in range(50)))
    return {
        "import": job.id,
        "session": SESSION,
        "list": list_id,
        "since": repr(before["timestamp"]),
        "cursor": before["cursor"],
    }


@contextmanager
def plans(app: Flask) -> Iterator[list[tuple[str, list[str]]]]:
    """Each statement that is run, with the lines of its plan."""
    found: list[tuple[str, list[str]]] = []

    def read_plan(_connection: Any, cursor: Any, statement: str, parameters: Any, _context: Any, many: bool) -> None:
        if re.match(r"SELECT|UPDATE|DELETE", statement):
            of_one = parameters[0] if many else parameters
            if ON_POSTGRESQL:
                cursor.connection.execute("SET LOCAL enable_seqscan = off")  # it takes that as a price, not as a ban
            explain = "EXPLAIN" if ON_POSTGRESQL else "EXPLAIN QUERY PLAN"
            lines = cursor.connection.execute(f"{explain} {statement}", of_one).fetchall()
            found.append((statement, [line[-1] for line in lines]))

    with hearing_statements(app, read_plan):
        yield found


def reads_too_much(statement: str, line: str, whole: set[str]) -> bool:
    """Whether a line of a plan reads a whole table, or all that a user has in one where only a part is asked for."""
    if "Seq Scan" in line:  # as PostgreSQL has it
        return True
    if line.startswith("SCAN") and "CONSTANT ROW" not in line and "(subquery" not in line:
        return True
    if "TEMP B-TREE" in line:
        return "FROM custom_lists" not in statement  # a user has a few
    of_user = re.fullmatch(r"SEARCH (\w+) USING .*\(user_id=\?\)( LEFT-JOIN)?", line)
    stops_early = "LIMIT" in statement  # as there is no sorting
    if of_user is None or stops_early or ONLY_WANTED.search(line):
        return False
    return of_user[1] not in whole | FEW_OF_EACH_USER


def faults(found: list[tuple[str, list[str]]], whole: set[str]) -> list[tuple[str, list[str]]]:
    assert found
    return [each for each in found if any(reads_too_much(each[0], line, whole) for line in each[1])]


@pytest.mark.parametrize("address", READS)
def test_a_read_finds_its_rows_in_index_order(app: Flask, client: Client, places: dict[str, str], address: str) -> None:
    with plans(app) as found:
        assert client.get(address.format(**places)).status_code == 200
    assert faults(found, WHOLE_LIBRARY.get(address, set())) == []


@pytest.mark.parametrize(("method", "address", "body"), WRITES)
def test_a_write_finds_its_rows_by_an_index(
    app: Flask, client: Client, places: dict[str, str], method: str, address: str, body: Any
) -> None:
    if body is not None and "cursor" in body:
        body = {**body, "cursor": places["cursor"]}
    with plans(app) as found:
        assert client.open(address.format(**places), method=method, json=body).status_code < 300
    assert faults(found, set()) == []


def test_an_import_finds_out_by_an_index_whether_ids_of_lists_are_anothers(
    app: Flask, client: Client, bens_client: Client, places: dict[str, str]
) -> None:
    with plans(app) as found:
        assert bens_client.post("/api/backup/import", json=client.get("/api/backup/export").json).status_code == 200
    asked = [(statement, lines) for statement, lines in found if "custom_lists.user_id !=" in statement]
    assert len(asked) == 1
    assert faults(asked, set()) == []


@pytest.mark.parametrize(
    ("statement", "line"),
    [
        ("SELECT", "SCAN movies"),
        ("SELECT", "SCAN movies USING INDEX ix_movies_user_id_seq"),
        ("SELECT", "SEARCH recommendations USING INDEX sqlite_autoindex_recommendations_1 (user_id=?)"),
        ("SELECT", "SEARCH recommendations USING COVERING INDEX sqlite_autoindex_recommendations_2 (user_id=?)"),
        ("SELECT * FROM movies ORDER BY title LIMIT 2", "USE TEMP B-TREE FOR ORDER BY"),
        ("SELECT", "  ->  Seq Scan on movies  (cost=0.00..1.04 rows=1 width=8)"),
    ],
)
def test_a_fault_would_be_seen(statement: str, line: str) -> None:
    assert faults([(statement, [line])], {"movies"})
