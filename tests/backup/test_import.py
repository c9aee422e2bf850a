"""An import adds missing records, keeps newer ones, and changes nothing the second time."""

from typing import Any

import pytest
from flask import Flask
from support.client import Client
from support.library import movie_of, stubs_of
from support.shapes import assert_problem

from movietracker.plugin.events import LibraryChanged
from movietracker.services import people
from movietracker.services.accounts import Account
from movietracker.services.transactions import library_changed, library_write

from .documents import (
    A_DAY_LATER,
    ALIEN,
    FAR_AHEAD,
    HEAT,
    LONG_AGO,
    MATRIX,
    QUICK_NAMES,
    RAINY,
    Json,
    Unchanged,
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
)

FULL = document(
    movie(MATRIX, vote("Anna"), vote("Ben", vote_type=False, date=LONG_AGO + 5), status="watched")
    | {"watch_history": {"date_watched": LONG_AGO, "my_rating": 8.5}},
    movie(HEAT, vote("Anna"), status="custom", custom_list_id=RAINY, media_type="tv"),
    movie(ALIEN, status="deleted"),
    people=[person("Anna", is_trusted=True, color="#ff375f", emoji="🎬"), person("Ben")],
    lists=[listing(RAINY, "Rainy", position=7, icon="cloud")],
)


def test_what_an_import_changes_on_its_way_does_not_count_as_newer_than_the_file(client: Client) -> None:
    """A rename touches the person's movies, of which the file says more: they are compared as they were before."""
    names = {"Google Search": "Kagi", "Random Person": "Passer-by"}
    bring(client, document(movie(MATRIX, vote("Google Search")), movie(HEAT, vote("Random Person"))))
    edited = export(client)
    for each in edited["people"]:
        each["name"] = names.get(each["name"], each["name"])
    for each in edited["movies"]:
        each["status"] = "deleted"
        each["recommendations"][0]["person_name"] = names[each["recommendations"][0]["person_name"]]
    edited["people"].sort(key=lambda each: each["name"])
    bring(client, edited)
    assert content(export(client)) == content(edited)


def test_the_file_of_an_account_makes_the_same_of_an_empty_one(client: Client, bens_client: Client) -> None:
    bring(client, FULL)
    theirs = export(client)
    result = bring(bens_client, theirs)
    mine = export(bens_client)
    (theirs_list,), (my_list,) = theirs["lists"], mine["lists"]
    assert my_list["id"] != theirs_list["id"]  # Anna has that list, so Ben's has an id of its own
    text = str(content(mine)).replace(my_list["id"], theirs_list["id"])
    assert text == str(content(theirs))
    assert result["imported_counts"] == counts(movies=3, people=2, lists=1)


def test_the_result_has_the_keys_of_both_generations_of_clients(client: Client) -> None:
    assert bring(client, FULL) == {
        "success": True,
        "imported_counts": counts(movies=3, people=2, lists=1),
        "movies_imported": 3,
        "people_imported": 2,
        "lists_imported": 1,
        "rankings_imported": 0,
        "imdb_ids_needing_enrichment": [MATRIX, HEAT, ALIEN],
        "errors": [],
    }


def test_imported_titles_look_as_if_they_had_been_added_here(client: Client, anna: Account) -> None:
    bring(client, FULL)
    shown = client.get(f"/api/movies/{MATRIX}").json
    assert shown["status"] == "watched"
    assert shown["watch_history"] == {"imdb_id": MATRIX, "user_id": anna.id, "date_watched": LONG_AGO, "my_rating": 8.5}
    assert {each["person_name"]: each["vote_type"] for each in shown["recommendations"]} == {"Anna": True, "Ben": False}
    assert client.get(f"/api/lists/{RAINY}/movies").json[0]["imdb_id"] == HEAT
    trusted = {each["name"]: each for each in client.get("/api/people").json}
    assert (trusted["Anna"]["is_trusted"], trusted["Anna"]["movie_count"]) == (True, 2)


def test_times_are_the_server_s_own(client: Client) -> None:
    bring(client, document(movie(MATRIX, last_modified=FAR_AHEAD), people=[person("Anna", last_modified=FAR_AHEAD)]))
    exported = export(client)
    assert by_key(exported, "movies", MATRIX)["last_modified"] < FAR_AHEAD
    assert by_key(exported, "people", "Anna")["last_modified"] == by_key(exported, "movies", MATRIX)["last_modified"]


def test_titles_are_sorted_as_added_by_the_dates_that_the_file_tells(client: Client) -> None:
    older = movie(MATRIX, vote("Anna", date=LONG_AGO - 9), last_modified=A_DAY_LATER)
    bring(client, document(movie(ALIEN), older, movie(HEAT, last_modified=A_DAY_LATER)))
    assert [each["imdb_id"] for each in client.get("/api/movies?sort=added").json] == [MATRIX, ALIEN, HEAT]


def test_titles_without_details_are_handed_to_enrichment(app: Flask, anna: Account, client: Client) -> None:
    seen: list[LibraryChanged] = []
    with library_changed.connected_to(lambda _, event: seen.append(event), sender=app):
        result = bring(client, FULL)
    (event,) = seen
    assert set(event.stubs) == set(result["imdb_ids_needing_enrichment"]) == {MATRIX, HEAT, ALIEN}
    with app.app_context():
        assert stubs_of(anna) == {MATRIX, HEAT, ALIEN}


def test_the_same_file_changes_nothing_the_second_time(client: Client, unchanged: Unchanged) -> None:
    bring(client, FULL)
    with unchanged():
        again = bring(client, FULL)
    assert again["imported_counts"] == counts()
    assert again["imdb_ids_needing_enrichment"] == []


def test_a_file_with_another_user_s_list_changes_nothing_the_second_time(client: Client, bens_client: Client) -> None:
    bring(bens_client, FULL)
    bring(client, FULL)
    before = export(client)
    assert bring(client, FULL)["imported_counts"] == counts()
    assert export(client)["lists"] == before["lists"]
    (rainy,) = before["lists"]
    assert rainy["id"] != RAINY
    assert by_key(before, "movies", HEAT)["custom_list_id"] == rainy["id"]
    assert export(bens_client)["lists"][0]["id"] == RAINY


def test_a_list_of_the_user_s_own_keeps_its_id_if_others_have_it_too(client: Client, bens_client: Client) -> None:
    for each in (client, bens_client):
        bring(each, document(lists=[listing(RAINY, "Rainy")]))
    (own,) = export(bens_client)["lists"]
    assert bring(bens_client, document(lists=[listing(own["id"], "Sunny", last_modified=FAR_AHEAD)]))
    assert [(each["id"], each["name"]) for each in export(bens_client)["lists"]] == [(own["id"], "Sunny")]


def test_both_spellings_of_one_list_make_two_lists(client: Client, bens_client: Client) -> None:
    bring(bens_client, document(lists=[listing(RAINY, "Rainy")]))
    bring(client, document(lists=[listing(RAINY, "Rainy")]))
    (own,) = export(client)["lists"]
    both = document(lists=[listing(RAINY, "Theirs"), listing(own["id"], "Mine")])
    bring(client, both)
    bring(client, both)
    assert sorted(each["name"] for each in export(client)["lists"]) == ["Rainy", "Theirs"]


class TestWhatIsNewerHere:
    def test_stays_wholly(self, client: Client, unchanged: Unchanged) -> None:
        bring(client, FULL)
        client.put(f"/api/movies/{MATRIX}/status", json={"status": "toWatch"})
        client.delete(f"/api/movies/{MATRIX}/recommendations/Ben")
        client.put("/api/people/Anna", json={"color": "#000000"})
        client.put(f"/api/lists/{RAINY}", json={"name": "Stormy"})
        with unchanged():
            assert bring(client, FULL)["imported_counts"] == counts()

    def test_stays_although_the_rest_of_the_file_is_taken(self, client: Client) -> None:
        client.put(f"/api/movies/{MATRIX}/status", json={"status": "deleted"})
        result = bring(client, FULL)
        assert result["imported_counts"] == counts(movies=2, people=2, lists=1)
        kept = by_key(export(client), "movies", MATRIX)
        assert (kept["status"], kept["recommendations"], kept["watch_history"]) == ("deleted", [], None)

    def test_is_told_by_the_export_when_a_record_tells_no_time(self, client: Client) -> None:
        client.post("/api/people", json={"name": "Anna"})
        client.put(f"/api/movies/{MATRIX}/status", json={"status": "deleted"})
        told = {"name": "Anna", "color": "#ff375f"}
        silent = document({"imdb_id": MATRIX, "status": "watched"}, people=[told], exported_at=FAR_AHEAD)
        assert bring(client, silent | {"exported_at": LONG_AGO})["imported_counts"] == counts()
        assert bring(client, {key: silent[key] for key in silent if key != "exported_at"})["movies_imported"] == 0
        assert bring(client, silent)["imported_counts"] == counts(movies=1, people=1)


class TestWhatIsNewerInTheFile:
    def test_is_taken_wholly(self, client: Client) -> None:
        bring(client, FULL)
        newer = movie(MATRIX, vote("Cleo", date=7.0), vote("Ben", date=8.0), added_at=9.0, last_modified=FAR_AHEAD)
        result = bring(client, document(newer, people=[person("Anna", last_modified=FAR_AHEAD)]))
        assert result["imported_counts"] == counts(movies=1, people=2)
        exported = content(export(client))
        assert by_key(exported, "movies", MATRIX) == content(as_written(document(newer)))["movies"][0] | {
            "recommendations": [vote("Cleo", date=7.0), vote("Ben", date=8.0)]
        }
        anna = by_key(exported, "people", "Anna")
        assert (anna["is_trusted"], anna["color"], anna["emoji"]) == (False, "#0a84ff", None)
        assert by_key(exported, "movies", HEAT)["status"] == "custom"  # what the file is silent about stays

    def test_is_taken_when_both_changed_at_the_same_time(self, client: Client) -> None:
        bring(client, FULL)
        edited = export(client)
        by_key(edited, "movies", MATRIX)["my_rating"] = 2.0
        assert bring(client, edited)["imported_counts"] == counts(movies=1)
        assert by_key(export(client), "movies", MATRIX)["watch_history"]["my_rating"] == 2.0

    def test_changes_the_counts_of_the_people_concerned(self, client: Client) -> None:
        bring(client, FULL)
        bring(client, document(movie(MATRIX, vote("Ben"), last_modified=FAR_AHEAD)))
        shown = {each["name"]: each["movie_count"] for each in client.get("/api/people").json}
        assert (shown["Anna"], shown["Ben"]) == (1, 1)

    def test_keeps_the_details_that_are_stored(self, app: Flask, anna: Account, client: Client) -> None:
        details = {"title": "The Matrix"}
        client.post(f"/api/movies/{MATRIX}/recommendations", json={"person": "Anna", "tmdb_data": details})
        result = bring(client, document(movie(MATRIX, status="deleted", last_modified=FAR_AHEAD)))
        assert (result["movies_imported"], result["imdb_ids_needing_enrichment"]) == (1, [])
        with app.app_context():
            assert movie_of(anna, MATRIX)["tmdb_data"] == details


def test_what_people_said_comes_with_their_recommendations(client: Client) -> None:
    said = vote("Anna") | {"note": "loud"}
    sent = document(movie(MATRIX, said, vote("Ben")), people=[person("Anna"), person("Ben")])
    bring(client, sent)
    assert by_key(export(client), "movies", MATRIX)["recommendations"] == [said, vote("Ben")]
    assert bring(client, sent)["imported_counts"] == counts()
    for note in ("", None):
        quiet = movie(MATRIX, said | {"note": note}, vote("Ben"), last_modified=FAR_AHEAD)
        assert bring(client, document(quiet))["imported_counts"] == counts(movies=1)
        assert by_key(export(client), "movies", MATRIX)["recommendations"] == [vote("Anna"), vote("Ben")]
        bring(client, document(movie(MATRIX, said, vote("Ben"), last_modified=FAR_AHEAD)))
    older = document(movie(MATRIX, vote("Anna"), vote("Ben"), last_modified=FAR_AHEAD))
    assert bring(client, older)["imported_counts"] == counts(movies=1), "a title is taken as a whole"
    refused = send(client, document(movie(HEAT, said | {"note": "x" * 2001})))
    assert_problem(refused, 422, "invalid_document")
    assert refused.json["errors"].keys() == {"movies[0].recommendations[0].note"}


def test_a_deleted_record_comes_back(client: Client) -> None:
    bring(client, FULL)
    client.delete("/api/people/Ben")
    client.delete(f"/api/lists/{RAINY}")
    assert bring(client, FULL)["imported_counts"] == counts(people=1, lists=1)
    exported = export(client)
    assert by_key(exported, "people", "Ben")
    assert by_key(exported, "lists", RAINY)["name"] == "Rainy"
    assert by_key(exported, "movies", HEAT)["status"] == "toWatch"  # newer here: it changed with its list


def test_people_whom_only_a_recommendation_names_are_added(client: Client) -> None:
    assert bring(client, document(movie(MATRIX, vote(" Zoë "))))["people_imported"] == 1
    assert by_key(export(client), "people", "Zoë")["color"] == "#0a84ff"


def test_names_are_compared_in_their_normal_form(client: Client) -> None:
    client.post("/api/people", json={"name": "Zo\u00eb"})
    bring(client, document(movie(MATRIX, vote("Zoe\u0308 "))))
    assert {each["name"] for each in export(client)["people"]} == {"Zo\u00eb", *QUICK_NAMES}


class TestQuickRecommenders:
    def test_are_matched_by_their_key(self, client: Client, bens_client: Client) -> None:
        client.put("/api/people/Google%20Search", json={"name": "Kagi", "color": "#000000", "emoji": None})
        client.put("/api/people/Oscar%20Winner%2FNominee", json={"is_trusted": True})
        client.post(f"/api/movies/{MATRIX}/recommendations", json={"person": "Kagi", "date_recommended": 5})
        theirs = export(client)
        assert bring(bens_client, theirs)["imported_counts"] == counts(movies=1, people=2)
        assert content(export(bens_client)) == content(theirs)
        assert len(bens_client.get("/api/people").json) == 4

    def test_may_have_taken_each_other_s_names(self, client: Client, bens_client: Client) -> None:
        self._swap_names(client)
        theirs = export(client)
        bring(bens_client, theirs)
        assert content(export(bens_client)) == content(theirs)

    def test_may_have_taken_each_other_s_names_here(self, client: Client, bens_client: Client) -> None:
        self._swap_names(bens_client)
        theirs = export(client) | {"exported_at": FAR_AHEAD}
        for each in theirs["people"]:
            each["last_modified"] = FAR_AHEAD
        bring(bens_client, theirs)
        assert content(export(bens_client)) == content(export(client))

    def test_and_a_person_with_their_first_name_are_two(self, client: Client, bens_client: Client) -> None:
        client.put("/api/people/Google%20Search", json={"name": "Kagi"})
        client.post("/api/people", json={"name": "Google Search", "emoji": "🕵"})
        theirs = export(client)
        bring(bens_client, theirs)
        assert content(export(bens_client)) == content(theirs)
        assert bring(bens_client, theirs)["imported_counts"] == counts()

    def test_that_were_changed_here_stay_when_they_are_newer(self, client: Client, bens_client: Client) -> None:
        theirs = export(client)
        bens_client.put("/api/people/Google%20Search", json={"name": "Kagi"})
        bens_client.put("/api/people/Kagi", json={"name": "Google Search"})
        bens_client.put("/api/people/Google%20Search", json={"is_trusted": True})
        assert bring(bens_client, theirs)["people_imported"] == 0

    def test_of_files_without_keys_are_known_by_their_first_names(self, client: Client) -> None:
        client.put("/api/people/Google%20Search", json={"name": "Kagi"})
        old = [{key: value for key, value in person("Google Search").items() if key != "quick_key"}]
        bring(client, document(movie(MATRIX, vote("Google Search")), people=old))
        (voter,) = by_key(export(client), "movies", MATRIX)["recommendations"]
        assert voter["person_name"] == "Kagi"

    def test_keep_their_name_when_another_person_has_the_new_one(self, client: Client) -> None:
        client.post("/api/people", json={"name": "Kagi"})
        renamed = person("Kagi", quick_key="google", color="#111111", last_modified=FAR_AHEAD)
        result = bring(client, document(movie(MATRIX, vote("Kagi")), people=[renamed]))
        (warning,) = result["warnings"]
        assert "Kagi" in warning
        exported = export(client)
        google = by_key(exported, "people", "Google Search")
        assert (google["quick_key"], google["color"]) == ("google", "#111111")
        (voter,) = by_key(exported, "movies", MATRIX)["recommendations"]
        assert voter["person_name"] == "Google Search"

    def test_of_later_versions_become_people(self, client: Client) -> None:
        result = bring(client, document(people=[person("Netflix", quick_key="netflix")]))
        assert result["ignored_fields"] == ["people[0].quick_key"]
        assert by_key(export(client), "people", "Netflix")["quick_key"] is None

    @staticmethod
    def _swap_names(client: Client) -> None:
        for old, new in (("Google Search", "x"), ("Random Person", "Google Search"), ("x", "Random Person")):
            assert client.put(f"/api/people/{old}", json={"name": new}).status_code == 200


def test_a_person_keeps_the_sync_protocol_s_memory_of_their_names(client: Client) -> None:
    bring(client, document(people=[person("Kagi", quick_key="google", last_modified=FAR_AHEAD)]))
    rename = {"action": "addRecommendation", "data": {"imdb_id": MATRIX, "person": "Google Search"}}
    assert client.post("/api/sync", json=rename).json["status"] == "applied"
    (voter,) = client.get(f"/api/movies/{MATRIX}").json["recommendations"]
    assert voter["person_name"] == "Kagi"  # who was called so before


def test_lists_of_the_same_name_stay_apart(client: Client, bens_client: Client) -> None:
    for position in range(3):
        client.post("/api/lists", json={"name": "Twin", "position": position % 2})
    theirs = export(client)
    bring(bens_client, theirs)
    assert [each["name"] for each in export(bens_client)["lists"]] == ["Twin"] * 3
    assert bring(bens_client, theirs)["imported_counts"] == counts()


def test_a_movie_off_every_list_of_the_file_is_no_part_of_any(client: Client) -> None:
    bring(client, document(movie(MATRIX, status="watched", custom_list_id="a list of older clients")))
    assert by_key(export(client), "movies", MATRIX)["custom_list_id"] is None


def test_fields_of_a_later_version_are_named(client: Client) -> None:
    later = FULL | {"theme": [{"imdb_id": MATRIX}], "people": [person("Anna", birthday="1999-01-01")]}
    later["movies"] = [movie(MATRIX, vote("Anna") | {"strength": 3}, notes="x") | {"watch_history": {"times": 2}}]
    assert bring(client, later)["ignored_fields"] == [
        "movies[].notes",
        "movies[].watch_history.times",
        "movies[].recommendations[].strength",
        "people[].birthday",
        "theme",
    ]


@pytest.mark.parametrize("version", [3, 0, -1, 2.5, "3", "two", True, [], {}, 10**15])
def test_an_unknown_version_is_named(client: Client, version: Any) -> None:
    body = assert_problem(send(client, FULL | {"version": version}), 422, "invalid_document")
    ((place, (message,)),) = body["errors"].items()
    assert place == "version"
    assert isinstance(version, list | dict) or str(version) in message
    assert export(client)["movies"] == []


def test_an_unknown_version_is_all_that_is_said_of_a_file_that_ends_with_it(client: Client) -> None:
    later: Json = {"movies": [{"id": 1}] * 200, "people": {}, "version": 9}
    body = assert_problem(send(client, later), 422, "invalid_document")
    assert list(body["errors"]) == ["version"]


@pytest.mark.parametrize("version", [2, 2.0, "2", "2.0"])
def test_version_2_may_be_spelt_differently(client: Client, version: Any) -> None:
    assert bring(client, FULL | {"version": version})["movies_imported"] == 3


def test_a_file_is_imported_whatever_the_order_of_its_keys(client: Client) -> None:
    assert bring(client, {key: FULL[key] for key in reversed(FULL)})["imported_counts"] == counts(3, 2, 1)


def test_many_people_and_lists_are_imported(client: Client) -> None:
    many = document(
        movie(MATRIX, *(vote(f"Person {number}") for number in range(1200))),
        people=[person(f"Person {number}") for number in range(1200)],
        lists=[listing(f"list-{number}", "List") for number in range(600)],
    )
    assert bring(client, many)["imported_counts"] == counts(1, 1200, 600)
    exported = export(client)
    assert len(by_key(exported, "movies", MATRIX)["recommendations"]) == 1200
    assert bring(client, many)["imported_counts"] == counts()


def test_seeded_people_count_as_untouched_after_they_recommended(app: Flask, anna: Account, client: Client) -> None:
    client.post(f"/api/movies/{HEAT}/recommendations", json={"person": "Google Search"})
    renamed = person("Kagi", quick_key="google")
    assert bring(client, document(people=[renamed]))["people_imported"] == 1
    with app.app_context(), library_write(anna.id) as tx:
        assert people.find_person(tx, "Kagi")
