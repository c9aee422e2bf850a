"""Replacing makes the account what the file says and leaves tombstones; a dry run only says what would happen."""

from typing import Any

import pytest
from flask import Flask
from support.client import Client
from support.shapes import assert_problem
from sync.wire import Pulled, Wire, action, take, told

from movietracker.backup.document.importing import import_document
from movietracker.errors import DatabaseUnavailable, InvalidDocument
from movietracker.services import people
from movietracker.services.accounts import Account
from movietracker.services.transactions import library_changed, library_write

from .documents import (
    ALIEN,
    FAR_AHEAD,
    HEAT,
    LONG_AGO,
    MATRIX,
    QUICK_NAMES,
    RAINY,
    Json,
    Unchanged,
    as_file,
    as_written,
    bring,
    by_key,
    content,
    counts,
    document,
    export,
    listing,
    movie,
    person,
    send,
    vote,
    without_ids,
)

OLD = document(
    movie(MATRIX, vote("Anna"), vote("Ben"), status="watched")
    | {"watch_history": {"date_watched": LONG_AGO, "my_rating": 8.0}},
    movie(HEAT, vote("Google Search"), status="custom", custom_list_id=RAINY),
    people=[
        person("Anna", is_trusted=True),
        person("Ben"),
        person("Random YouTube Video", quick_key="youtube", color="#bf5af2", emoji="📺"),
        person("Oscar Winner/Nominee", quick_key="oscar", color="#ffd60a", emoji="🏆"),
        person("Random Person", quick_key="random_person", color="#30d158", emoji="🤝"),
        person("Google Search", quick_key="google", color="#64d2ff", emoji="🔎"),
    ],
    lists=[listing(RAINY, "Rainy")],
)


@pytest.fixture
def changed(client: Client) -> Client:
    """A client whose library was OLD, and has changed in every way since."""
    bring(client, OLD)
    client.put(f"/api/movies/{MATRIX}/watch", json={"date_watched": 5, "my_rating": 1})
    client.delete(f"/api/movies/{MATRIX}/recommendations/Ben")
    client.post(f"/api/movies/{ALIEN}/recommendations", json={"person": "Cleo"})
    client.put("/api/people/Anna", json={"name": "Anna K.", "color": "#000000"})
    client.put("/api/people/Google%20Search", json={"name": "Kagi", "is_trusted": True})
    sunny = client.post("/api/lists", json={"name": "Sunny"}).json["id"]
    client.put(f"/api/movies/{ALIEN}/status", json={"status": "custom", "custom_list_id": sunny})
    client.delete(f"/api/lists/{RAINY}")
    return client


@pytest.fixture
def wire(changed: Client) -> Wire:
    """The sync protocol's end at that client."""
    return Wire(changed)


def replace(client: Client, new: Json, **query: Any) -> Json:
    """Replace the library by a document; returns the ImportResult."""
    return bring(client, new, mode="replace", **query)


class TestReplacing:
    def test_makes_the_account_what_the_file_says(self, changed: Client) -> None:
        replace(changed, OLD)
        before = without_ids(content(as_written(OLD))) | {"rankings": []}
        before["movies"].sort(key=lambda each: each["imdb_id"])
        before["people"].sort(key=lambda each: each["name"])
        assert without_ids(content(export(changed))) == before

    def test_counts_what_it_did(self, changed: Client) -> None:
        result = replace(changed, OLD)
        assert (result["mode"], result["dry_run"]) == ("replace", False)
        assert result["added"] == counts(people=1, lists=1)  # Anna, whose name here is another
        assert result["changed"] == counts(movies=2, people=1)
        assert result["removed"] == counts(movies=1, people=2, lists=1)
        assert result["kept"] == counts(people=4)
        assert result["imported_counts"] == counts(movies=2, people=2, lists=1)

    def test_takes_what_is_older_than_the_library(self, changed: Client) -> None:
        replace(changed, OLD)
        assert by_key(export(changed), "movies", MATRIX)["watch_history"]["my_rating"] == 8.0

    def test_changes_nothing_the_second_time(self, changed: Client, unchanged: Unchanged) -> None:
        replace(changed, OLD)
        with unchanged():
            again = replace(changed, OLD)
        assert again["imported_counts"] == again["removed"] == counts()
        assert again["kept"] == counts(movies=2, people=6, lists=1)

    def test_by_an_empty_file_leaves_the_quick_recommenders(self, changed: Client) -> None:
        replace(changed, document())
        exported = export(changed)
        assert exported["movies"] == exported["lists"] == []
        names = {each["name"] for each in exported["people"]}
        assert names == (QUICK_NAMES - {"Google Search"}) | {"Kagi"}  # the file does not speak of it

    def test_keeps_the_details_of_the_titles_that_stay(self, client: Client) -> None:
        details = {"title": "The Matrix"}
        client.post(f"/api/movies/{MATRIX}/recommendations", json={"person": "Anna", "tmdb_data": details})
        result = replace(client, document(movie(MATRIX, status="deleted")))
        assert result["imdb_ids_needing_enrichment"] == []
        assert client.get(f"/api/movies/{MATRIX}").json["tmdb_data"] == details

    def test_frees_the_names_of_those_who_go(self, client: Client) -> None:
        client.post("/api/people", json={"name": "Kagi"})
        result = replace(client, document(people=[person("Kagi", quick_key="google")]))
        assert "warnings" not in result
        assert by_key(export(client), "people", "Kagi")["quick_key"] == "google"

    def test_lets_quick_recommenders_take_each_other_s_names(self, client: Client) -> None:
        keys = ["youtube", "oscar", "random_person", "google"]
        names = ["Oscar Winner/Nominee", "Random Person", "Google Search", "Random YouTube Video"]
        replace(client, document(people=_quick(keys, names)))
        assert {each["quick_key"]: each["name"] for each in export(client)["people"]} == dict(
            zip(keys, names, strict=True)
        )

    def test_of_a_large_library_leaves_nothing_over(self, client: Client) -> None:
        many = [movie(f"tt{number:07}", vote("Anna")) for number in range(1200)]
        bring(client, document(*many))
        result = replace(client, document(*many[:100], people=[person("Anna")]))
        assert result["removed"] == counts(movies=1100)
        assert {each["name"]: each["movie_count"] for each in client.get("/api/people").json}["Anna"] == 100

    def test_leaves_the_libraries_of_others_as_they_are(self, changed: Client, bens_client: Client) -> None:
        bring(bens_client, OLD)
        before = export(bens_client) | {"exported_at": 0}
        replace(changed, document())
        assert export(bens_client) | {"exported_at": 0} == before

    @pytest.mark.parametrize("wrong", [document(movie("tt1")), document(movie(MATRIX)) | {"version": 3}])
    def test_by_a_wrong_file_changes_nothing(self, changed: Client, unchanged: Unchanged, wrong: Json) -> None:
        with unchanged():
            assert_problem(send(changed, wrong, mode="replace"), 422, "invalid_document")


def _quick(keys: list[str], names: list[str]) -> list[Json]:
    return [person(name, quick_key=key) for key, name in zip(keys, names, strict=True)]


def assert_caught_up(store: Pulled, news: Pulled, fresh: Pulled) -> None:
    """Fail unless a store that takes in, page by page, what was pulled since holds the same as a fresh one."""
    for page in news.pages:
        take(store, page)
    assert (store.movies, store.people, store.lists) == (fresh.movies, fresh.people, fresh.lists)


class TestSyncingClients:
    @pytest.mark.parametrize("limit", [100, 1])
    def test_that_were_offline_end_with_the_server_s_state(self, changed: Client, wire: Wire, limit: int) -> None:
        store = wire.pull(limit=limit)
        replace(changed, OLD)
        assert_caught_up(store, wire.pull(store.cursor, limit=limit), wire.pull())
        assert ALIEN not in store.movies

    def test_that_are_older_end_with_it_too(self, changed: Client, wire: Wire) -> None:
        store = wire.since()
        replace(changed, OLD)
        assert_caught_up(store, wire.since(store.timestamp), wire.since())

    def test_hear_of_what_is_gone(self, changed: Client, wire: Wire) -> None:
        before = wire.pull()
        replace(changed, OLD)
        news = wire.pull(before.cursor)
        assert news.deleted["movies"] == [ALIEN]
        assert set(news.deleted["people"]) == {before.person(name)["id"] for name in ("Anna K.", "Cleo")}
        assert len(news.deleted["lists"]) == 1

    def test_of_a_merge_end_with_the_server_s_state(self, changed: Client, wire: Wire) -> None:
        store = wire.pull()
        newer = OLD | {"exported_at": FAR_AHEAD}
        for kind in ("movies", "people", "lists"):
            newer = newer | {kind: [each | {"last_modified": FAR_AHEAD} for each in newer[kind]]}
        bring(changed, newer)
        assert_caught_up(store, wire.pull(store.cursor), wire.pull())

    def test_are_told_when_their_queue_contradicts_what_was_restored(self, changed: Client, wire: Wire) -> None:
        seen = wire.pull()
        replace(changed, OLD)
        queued = [
            told(action("updateRating", imdb_id=MATRIX, rating=3), base_rev=seen.movies[MATRIX]["rev"]),
            told(action("updateStatus", imdb_id=ALIEN, status="watched"), base_rev=seen.movies[ALIEN]["rev"]),
            told(action("addRecommendation", imdb_id=MATRIX, person="Zoë"), base_rev=1),
        ]
        results = wire.push(*queued, cursor=seen.cursor)
        assert [(each["status"], each["code"]) for each in results] == [
            ("conflict", "conflict"),
            ("conflict", "deleted"),
            ("applied", None),
        ]

    def test_whose_queue_names_a_restored_person_mean_them(self, changed: Client, wire: Wire) -> None:
        seen = wire.pull()
        replace(changed, OLD)
        queued = told(action("addRecommendation", imdb_id=MATRIX, person="Kagi"), base_rev=1)
        (result,) = wire.push(queued, cursor=seen.cursor)
        assert result["status"] == "applied"
        voters = {each["person_name"] for each in wire.movie(MATRIX)["recommendations"]}
        assert voters == {"Anna", "Ben", "Google Search"}  # as Kagi is called again


class TestADryRun:
    @pytest.mark.parametrize("mode", ["merge", "replace"])
    def test_says_what_the_import_then_does(self, changed: Client, unchanged: Unchanged, mode: str) -> None:
        exported = export(changed) | {"exported_at": 0}
        with unchanged():
            planned = bring(changed, OLD, mode=mode, dry_run="true")
        assert planned["dry_run"] is True
        assert "safety_backup" not in planned
        assert export(changed) | {"exported_at": 0} == exported
        done = bring(changed, OLD, mode=mode)
        for key in ("imported_counts", "imdb_ids_needing_enrichment"):
            assert planned[key] == done[key]

    def test_of_a_merge_counts_what_would_be_added_changed_and_kept(self, changed: Client) -> None:
        planned = bring(changed, OLD, dry_run="1")
        assert planned["mode"] == "merge"
        assert planned["added"] == counts(people=1, lists=1)  # Anna, whose name here is another
        assert planned["changed"] == counts()
        assert planned["removed"] == counts()
        assert planned["kept"] == counts(movies=3, people=7, lists=1)

    def test_names_faults_like_the_import(self, changed: Client) -> None:
        assert_problem(send(changed, document(movie("tt1")), dry_run="true"), 422, "invalid_document")

    def test_kicks_no_enrichment(self, app: Flask, client: Client) -> None:
        seen: list[Any] = []
        with library_changed.connected_to(lambda _, event: seen.append(event), sender=app):
            bring(client, OLD, dry_run="true")
        assert seen == []


class TestTheSafetyBackup:
    """Written before a replacement by the catalog of backups; here by a function that records its calls."""

    def test_is_written_before_anything_changes(self, app: Flask, anna: Account, changed: Client) -> None:
        states: list[Json] = []

        def write(user_id: str) -> str:
            assert user_id == anna.id
            states.append(content(export(changed)))
            return "safe.json"

        before = content(export(changed))
        with app.app_context():
            report = import_document(anna.id, as_file(OLD), mode="replace", safety_backup=write)
        assert states == [before]
        assert report.to_json()["safety_backup"] == "safe.json"

    def test_is_written_again_when_the_library_has_changed(self, app: Flask, anna: Account) -> None:
        written: list[str] = []

        def write(user_id: str) -> str:
            written.append(f"{len(written)}.json")
            if len(written) < 3:  # another client writes between the backup and the replacement
                with library_write(user_id) as tx:
                    people.add_person(tx, f"Late {len(written)}")
            return written[-1]

        with app.app_context():
            report = import_document(anna.id, as_file(document()), mode="replace", safety_backup=write)
        assert report.safety_backup == "2.json"
        assert report.removed["people"] == 2

    def test_that_is_never_up_to_date_keeps_the_library_as_it_is(self, app: Flask, anna: Account) -> None:
        def write(user_id: str) -> str:
            with library_write(user_id) as tx:
                tx.note_commit()
            return "never.json"

        with app.app_context(), pytest.raises(DatabaseUnavailable):
            import_document(anna.id, as_file(document()), mode="replace", safety_backup=write)

    @pytest.mark.parametrize("how", [{"mode": "merge"}, {"mode": "replace", "dry_run": True}])
    def test_is_not_written_when_nothing_can_be_lost(self, app: Flask, anna: Account, how: dict[str, Any]) -> None:
        with app.app_context():
            report = import_document(anna.id, as_file(OLD), safety_backup=_unwanted, **how)
        assert report.safety_backup is None

    def test_is_not_written_for_a_file_that_is_refused(self, app: Flask, anna: Account) -> None:
        with app.app_context(), pytest.raises(InvalidDocument):
            import_document(anna.id, as_file({"version": 3}), mode="replace", safety_backup=_unwanted)

    def test_that_cannot_be_written_changes_no_library(self, app: Flask, anna: Account, changed: Client) -> None:
        def fail(_user_id: str) -> str:
            raise OSError("disk full")

        before = content(export(changed))
        with app.app_context(), pytest.raises(OSError, match="disk full"):
            import_document(anna.id, as_file(OLD), mode="replace", safety_backup=fail)
        assert content(export(changed)) == before

    def test_of_a_replacement_over_the_api_is_named_in_the_answer(self, changed: Client) -> None:
        before = content(export(changed))
        name = replace(changed, OLD)["safety_backup"]
        assert name in {each["filename"] for each in changed.get("/api/backup/list").json["backups"]}
        assert changed.post(f"/api/backup/restore/{name}?mode=replace").status_code == 200
        assert content(export(changed)) == before


def _unwanted(_user_id: str) -> str:
    raise AssertionError("no safety backup is needed here")
