"""Every way to write a library, one after the other: what changed has moved the head and reaches every puller."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest
from flask import Flask
from standin import Standin
from support.applications import MakeApp
from support.client import Client
from support.imports import preview, take_back, work

from movietracker.imports import jobs
from movietracker.metadata.enrichment import enrich
from movietracker.services import movies
from movietracker.services.accounts import Account, create_account
from movietracker.services.movies.metadata import Metadata
from movietracker.services.transactions import library_write
from movietracker.state import state
from movietracker.sync.actions import registry
from movietracker.sync.upkeep import collect_all, mark_restored

from .below import remove_movie
from .dump import LIBRARY, library_of, rows_of
from .test_push import IDEMPOTENT
from .wire import ALIEN, HEAT, MATRIX, Store, Wire, action

VIEWING = "3c5d0a52-5a0e-4d8e-9e27-0f2a6c1b7d90"

# How the walk below calls each route that writes: method, path and body.
REST: list[tuple[str, str, Any]] = [
    ("POST", "/api/movies", {"imdb_id": MATRIX, "recommender": "Anna"}),
    ("POST", "/api/movies", {"imdb_id": HEAT}),
    ("POST", f"/api/movies/{MATRIX}/refresh", None),
    ("POST", "/api/lists", {"name": "List"}),
    ("PUT", "/api/lists/{list}", {"name": "Name", "color": "red", "position": 3}),
    ("POST", f"/api/movies/{ALIEN}/recommendations", {"person_name": "Ben", "vote_type": False}),
    ("POST", f"/api/movies/{HEAT}/recommendations/bulk", {"people": ["Anna", "Ben", "Cleo"]}),
    ("PUT", f"/api/movies/{HEAT}/status", {"status": "custom", "custom_list_id": "{list}"}),
    ("PUT", f"/api/movies/{MATRIX}/watch", {"date_watched": 1000, "my_rating": 8}),
    ("POST", f"/api/movies/{MATRIX}/viewings", {"id": VIEWING, "watched_on": "1999-06", "rating": 9}),
    ("PUT", f"/api/movies/{MATRIX}/viewings/{VIEWING}", {"note": "with Anna"}),
    ("DELETE", f"/api/movies/{MATRIX}/viewings/{VIEWING}", None),
    ("PUT", f"/api/movies/{HEAT}/rating", {"my_rating": 6}),
    ("PUT", f"/api/movies/{HEAT}/liked", {"liked": True}),
    ("PUT", f"/api/movies/{HEAT}/tags/noir", None),
    ("PUT", f"/api/movies/{HEAT}/tags/1/2", None),
    ("DELETE", f"/api/movies/{HEAT}/tags/NOIR", None),
    ("POST", "/api/ranking/insert", {"imdb_id": MATRIX, "position": 1, "liked": True}),
    ("PUT", f"/api/ranking/{MATRIX}", {"position": 1, "liked": False}),
    ("DELETE", f"/api/ranking/{MATRIX}", None),
    ("POST", "/api/people", {"name": "Dora"}),
    ("PUT", "/api/people/Anna", {"name": "Anne", "color": "red"}),
    ("DELETE", f"/api/movies/{HEAT}/recommendations/Cleo", None),
    ("POST", "/api/people/Ben/merge", {"into": "Anne"}),
    ("DELETE", "/api/people/Dora", None),
    ("DELETE", "/api/lists/{list}", None),
    ("PUT", f"/api/movies/{HEAT}/status", {"status": "deleted"}),
    ("DELETE", f"/api/movies/{HEAT}", None),
    ("POST", "/api/backup/import?mode=merge", "{document}"),
    ("POST", "/api/backup/import?mode=replace", "{document}"),
    ("POST", "/api/sync", action("addMovie", imdb_id="tt0000001")),
    ("POST", "/api/sync/batch", {"actions": [action("addMovie", imdb_id="tt0000002")]}),
]

# Routes that write nothing of a library.
ELSEWHERE = {
    "/api/auth/login",
    "/api/auth/logout",
    "/api/auth/logout/everywhere",
    "/api/auth/me",
    "/api/auth/password",
    "/api/auth/sessions/<string:session_id>",
    "/api/auth/admin/login",
    "/api/auth/admin/logout",
    "/api/auth/admin/users",
    "/api/auth/admin/users/<string:user_id>",
    "/api/backup/settings",
    "/api/backup/restore/<string:filename>",  # as an import that replaces
    "/api/backup/backups",
    # Imports are applied and undone in the background, as below.
    "/api/import",
    "/api/import/<string:job_id>",
    *(f"/api/import/<string:job_id>/{what}" for what in ("resolve", "confirm", "cancel", "undo")),
}


@pytest.fixture
def app(make_app: MakeApp, standin: Standin) -> Iterator[Flask]:
    made = make_app(**standin.settings, METADATA_PROVIDERS="tmdb,omdb")
    with made.app_context():
        yield made


@dataclass
class Watcher:
    """Looks at both libraries after each write."""

    app: Flask
    anna: Account
    ben: Account
    wire: Wire

    def __post_init__(self) -> None:
        self._rows = rows_of(self.app, self.anna.id)
        self._bens = rows_of(self.app, self.ben.id)
        self._by_cursor = self.wire.pull()
        self._by_time = self.wire.since()
        self._cursor, self._since = self._by_cursor.cursor, self._by_time.timestamp

    def look(self, what: object, *, changes: bool = True) -> None:
        """Fail unless what changed in the tables has moved the head, and both kinds of clients have it now."""
        rows = rows_of(self.app, self.anna.id)
        has_changed = any(rows[table] != self._rows[table] for table in LIBRARY)
        assert has_changed == changes, what
        has_moved = rows["library_heads"] != self._rows["library_heads"]
        assert has_moved or not has_changed, f"{what} did not move the head"
        assert has_moved == (rows["change_ledger"] != self._rows["change_ledger"]), what
        self._pull(what)
        assert rows_of(self.app, self.ben.id) == self._bens, f"{what} touched another library"
        self._rows = rows

    def _pull(self, what: object) -> None:
        by_cursor, by_time = self.wire.pull(self._cursor, limit=3), self.wire.since(self._since)
        assert not by_cursor.full_sync, what
        for page in by_cursor.pages:
            self._by_cursor.merge(page)
        self._by_time.merge(by_time.pages[0])
        truth = library_of(self.app, self.anna.id)
        for store in (self._by_cursor, self._by_time):
            assert Store(store.movies, store.people, store.lists) == truth, what
        self._cursor, self._since = by_cursor.cursor, by_time.timestamp


@pytest.fixture
def watcher(app: Flask, anna: Account, ben: Account, wire: Wire, bens_wire: Wire) -> Watcher:
    bens_wire.push(
        action("addMovie", imdb_id="tt0000404", recommender="Anna"),
        action("addList", id="list", name="List"),
        action("addPerson", name="Ben"),
        action("deletePerson", name="Ben"),
    )
    return Watcher(app, anna, ben, wire)


def filled(value: Any, list_id: str | None, document: Any) -> Any:
    """A path or body with what was learnt on the way."""
    if value == "{document}":
        return document
    if isinstance(value, dict):
        return {key: filled(each, list_id, document) for key, each in value.items()}
    return value.replace("{list}", list_id) if isinstance(value, str) and list_id else value


def test_every_route_that_writes_moves_the_head_and_is_delivered(watcher: Watcher, client: Client) -> None:
    list_id, document = None, None
    for method, path, body in REST:
        if body == "{document}" and document is None:
            document = client.get("/api/backup/export").json
            document["movies"] = [movie for movie in document["movies"] if movie["imdb_id"] != MATRIX]
            document["movies"][0]["status"] = "watched"
            document["movies"][0]["last_modified"] += 1e6
            document["people"][-1]["name"] += " Junior"
            document["lists"].append({"id": "0b6f6a5e-7c6b-4bb0-9a5c-2f4f8f9c1d11", "name": "Imported"})
        answer = client.open(filled(path, list_id, None), method=method, json=filled(body, list_id, document))
        assert answer.status_code in (200, 201, 204), (path, answer.text)
        if path == "/api/lists":
            list_id = answer.json["id"]
        watcher.look((method, path), changes="refresh" not in path)


def test_there_is_no_other_route_that_writes(app: Flask) -> None:
    """A new one belongs into REST above, or, if it writes no library, into ELSEWHERE."""
    addresses = app.url_map.bind("localhost")
    known = {
        (method, addresses.match(path.partition("?")[0], method, return_rule=True)[0].rule) for method, path, _ in REST
    }
    for rule in app.url_map.iter_rules():
        for method in (rule.methods or set()) & {"POST", "PUT", "PATCH", "DELETE"}:
            assert (method, rule.rule) in known or rule.rule in ELSEWHERE, (method, rule.rule)


def test_every_action_moves_the_head_and_is_delivered(watcher: Watcher, wire: Wire) -> None:
    done = set()
    for item in IDEMPOTENT:
        assert wire.push(item)[0]["status"] == "applied", item
        watcher.look(item)
        assert wire.push(item)[0]["status"] == "noop", item
        watcher.look(item, changes=False)
        done.add(item["action"])
    assert done == {each.name for each in registry.actions}


def test_what_happens_in_the_background_moves_the_head_and_is_delivered(
    watcher: Watcher, app: Flask, anna: Account, wire: Wire, standin: Standin
) -> None:
    wire.do("addMovie", imdb_id=MATRIX)
    watcher.look("a stub")
    report = enrich(state().lookup)
    assert report is not None
    assert report.filled == 1
    watcher.look("its enrichment")
    with library_write(anna.id) as tx:
        movies.refresh_metadata(tx, MATRIX, Metadata("movie", {"title": "Anew"}, {"title": "Anew"}))
    watcher.look("a refresh")
    remove_movie(anna, MATRIX)
    watcher.look("a removal")
    create_account("cleo@example.com", "cleo", "a long secret")
    watcher.look("another account", changes=False)
    rows = {"row_id": "1", "imdb_id": HEAT, "rating": 7.0}, {"row_id": "2", "title": "X", "imdb_id": MATRIX}
    job = preview(anna, *rows)
    watcher.look("the preview of an import", changes=False)
    work(jobs.confirm(anna.id, job.id))
    watcher.look("an import")
    take_back(job)
    watcher.look("an import that is taken back")
    collect_all()
    watcher.look("a collection", changes=False)


def test_the_mark_of_a_restore_moves_the_head_of_every_library(
    app: Flask, anna: Account, ben: Account, wire: Wire, bens_wire: Wire
) -> None:
    before = [wire.pull().pages[-1]["rev"], bens_wire.pull().pages[-1]["rev"]]
    assert mark_restored() == 2
    assert [wire.pull().pages[-1]["rev"], bens_wire.pull().pages[-1]["rev"]] == [rev + 1 for rev in before]


def test_a_new_account_is_delivered_whole(app: Flask, anna: Account, wire: Wire) -> None:
    pulled = wire.pull()
    assert Store(pulled.movies, pulled.people, pulled.lists) == library_of(app, anna.id)
    assert [person["rev"] for person in pulled.people.values()] == [1, 2, 3, 4]
