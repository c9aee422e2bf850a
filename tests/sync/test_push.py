import json
import re
import uuid
from typing import Any
from urllib.parse import quote

import pytest
from flask import Flask
from support.client import Client
from support.shapes import assert_problem, assert_shape
from support.wall_clock import WallClock

from movietracker.services.accounts import Account
from movietracker.services.transactions import library_changed, library_read
from movietracker.sync import push as pushing
from movietracker.sync.actions import registry

from .interleave import count_statements
from .wire import ALIEN, HEAT, MATRIX, Json, Wire, action, codes, statuses, told

RESULT = {
    "success": bool,
    "status": str,
    "code": (str, type(None)),
    "error": (str, type(None)),
    "last_modified": (float, type(None)),
    "rev": (int, type(None)),
    "conflict": bool,
    "server_state": (dict, type(None)),
    "replayed": bool,
}
WHERE = {"server_timestamp": float, "cursor": str}
ADD = action("addMovie", imdb_id=MATRIX)
UNKNOWN = action("fly", imdb_id=MATRIX)


# Answers


def test_the_answer_to_one_action_and_to_a_batch_has_the_keys_that_clients_read(wire: Wire) -> None:
    assert_shape(wire.post(ADD, "/api/sync").json, RESULT | WHERE)
    batch = wire.post({"actions": [ADD, UNKNOWN, 7]}).json
    assert_shape(batch, {"results": [RESULT], **WHERE})
    assert statuses(batch["results"]) == ["noop", "rejected", "rejected"]


def test_an_applied_action_tells_the_records_number_and_time(wire: Wire) -> None:
    result = wire.do("addMovie", imdb_id=MATRIX)
    movie = wire.movie(MATRIX)
    assert (result["rev"], result["last_modified"]) == (movie["rev"], movie["last_modified"])
    assert (result["success"], result["code"], result["error"], result["server_state"]) == (True, None, None, None)


def test_where_the_server_stands_is_told_after_a_push(wire: Wire) -> None:
    answer = wire.post({"actions": [ADD, UNKNOWN]}).json
    assert answer["cursor"] == wire.cursor()
    assert answer["server_timestamp"] == wire.since().timestamp
    nothing = wire.post({"actions": []}).json
    assert (nothing["cursor"], nothing["server_timestamp"]) == (answer["cursor"], answer["server_timestamp"])


def test_an_error_is_one_plain_sentence(wire: Wire) -> None:
    for result in wire.push(UNKNOWN, {}, action("addMovie"), action("updateRating", imdb_id=MATRIX, my_rating=5)):
        assert result["error"].endswith(".")
        assert "\n" not in result["error"]
        assert not result["success"]


def test_a_rejected_action_says_why_by_a_code(wire: Wire) -> None:
    wire.do("addMovie", imdb_id=HEAT)
    wire.do("addPerson", name="Anna")
    queue = {
        "unknown_action": UNKNOWN,
        "validation_error": action("addMovie", imdb_id="603"),
        "viewing_not_found": action("updateViewing", imdb_id=HEAT, id=str(uuid.uuid4()), rating=5),
        "movie_not_found": action("updateRating", imdb_id=MATRIX, my_rating=5),
        "person_not_found": action("updatePerson", name="Unknown", color="red"),
        "list_not_found": action("updateMovieStatus", imdb_id=HEAT, status="custom", custom_list_id="none"),
        "recommendation_not_found": action("updateRecommendation", imdb_id=HEAT, person_name="Anna", vote_type=True),
        "quick_recommender_protected": action("deletePerson", name="Google Search"),
        "name_taken": action("updatePerson", name="Google Search", new_name="Random Person"),
    }
    results = wire.push(*queue.values())
    assert codes(results) == list(queue)
    assert set(statuses(results)) == {"rejected"}


# What each action does


def test_each_action_has_its_effect(wire: Wire) -> None:
    for name, data in (
        ("addMovie", {"imdb_id": HEAT, "recommender": "Anna", "media_type": "tv"}),
        ("addRecommendation", {"imdb_id": MATRIX, "person": "Ben", "vote_type": 0, "date_recommended": 1000}),
        ("addList", {"id": "list", "name": "List", "color": "red", "icon": "star", "position": 3}),
        ("updateMovieStatus", {"imdb_id": ALIEN, "status": "custom", "custom_list_id": "list"}),
        ("watchMovie", {"imdb_id": MATRIX, "my_rating": 8.5, "date_watched": 1_700_000_000_000}),
        ("addPerson", {"name": "Cleo", "is_trusted": True, "color": "blue", "emoji": "🎬"}),
    ):
        assert wire.do(name, **data)["success"]
    pulled = wire.pull()
    assert pulled.movies[HEAT]["media_type"] == "tv"
    assert [vote["person"] for vote in pulled.movies[HEAT]["recommendations"]] == ["Anna"]
    vote = pulled.movies[MATRIX]["recommendations"][0]
    assert (vote["person_name"], vote["vote_type"], vote["date_recommended"]) == ("Ben", False, 1000.0)
    watched = pulled.movies[MATRIX]["watch_history"]
    assert (watched["my_rating"], watched["date_watched"]) == (8.5, 1_700_000_000.0)
    assert pulled.movies[MATRIX]["status"] == "watched"
    assert (pulled.movies[ALIEN]["status"], pulled.movies[ALIEN]["custom_list_id"]) == ("custom", "list")
    made = pulled.lists["list"]
    assert (made["name"], made["color"], made["icon"], made["position"]) == ("List", "red", "star", 3)
    cleo = pulled.person("Cleo")
    assert (cleo["is_trusted"], cleo["color"], cleo["emoji"], cleo["quick_key"]) == (True, "blue", "🎬", None)


def test_what_a_person_said_is_added_changed_and_taken_away(wire: Wire) -> None:
    def change(**said: Any) -> Json:
        return action("updateRecommendation", imdb_id=HEAT, person_name="Anna", **said)

    def vote() -> tuple[bool, str | None]:
        (told,) = wire.movie(HEAT)["recommendations"]
        return told["vote_type"], told["note"]

    wire.do("addMovie", imdb_id=HEAT, recommender="Anna", note=" loud ")
    assert vote() == (True, "loud")
    wire.do("addRecommendation", imdb_id=HEAT, person_name="Anna", vote_type=False)
    assert vote() == (False, "loud"), "a vote without a note leaves the one that is there"
    for said, expected in (
        ({"note": "quiet"}, (False, "quiet")),
        ({"vote_type": True}, (True, "quiet")),
        ({"note": None}, (True, None)),
        ({"note": "x", "vote_type": False}, (False, "x")),
        ({"note": ""}, (False, None)),
    ):
        assert statuses(wire.push(change(**said))) == ["applied"]
        assert vote() == expected, said
        assert statuses(wire.push(change(**said))) == ["noop"]
    for wrong in ({}, {"note": "x" * 2001}, {"note": 7}, {"vote_type": None}):
        assert codes(wire.push(change(**wrong))) == ["validation_error"], wrong
    assert codes(wire.push(told(change(note="x"), data={**change(note="x")["data"], "person_name": "Ben"}))) == [
        "person_not_found"
    ]


def test_each_change_has_its_effect(wire: Wire) -> None:
    wire.do("addRecommendation", imdb_id=MATRIX, person_name="Anna")
    wire.do("watchMovie", imdb_id=MATRIX, my_rating=8)
    wire.do("addList", id="list", name="List")
    for name, data in (
        ("updateRecommendation", {"imdb_id": MATRIX, "person_name": "Anna", "vote_type": "downvote"}),
        ("updateRating", {"imdb_id": MATRIX, "rating": 3}),
        ("updatePerson", {"name": "Anna", "new_name": "Anne", "color": "red", "emoji": "🎬", "is_trusted": True}),
        ("updateList", {"id": "list", "name": "Name", "color": "red", "icon": "star", "position": -1}),
    ):
        assert wire.do(name, **data)["success"]
    pulled = wire.pull()
    assert pulled.movies[MATRIX]["recommendations"][0]["vote_type"] is False
    assert pulled.movies[MATRIX]["recommendations"][0]["person_name"] == "Anne"
    assert pulled.movies[MATRIX]["watch_history"]["my_rating"] == 3
    anne = pulled.person("Anne")
    assert (anne["color"], anne["emoji"], anne["is_trusted"]) == ("red", "🎬", True)
    made = pulled.lists["list"]
    assert (made["name"], made["color"], made["icon"], made["position"]) == ("Name", "red", "star", -1)


def test_a_rating_alone_leaves_status_and_date_as_they_are(wire: Wire) -> None:
    wire.do("watchMovie", imdb_id=MATRIX, my_rating=8, date_watched=1000)
    wire.do("updateMovieStatus", imdb_id=MATRIX, status="toWatch")
    wire.do("updateRating", imdb_id=MATRIX, my_rating=3)
    movie = wire.movie(MATRIX)
    assert movie["status"] == "toWatch"
    assert movie["watch_history"]["date_watched"] == 1000


def test_a_movie_that_is_watched_in_the_future_was_watched_when_the_user_said_so(wire: Wire, clock: WallClock) -> None:
    then = clock.time - 500
    tomorrow, next_week = clock.time + 86_400, clock.time + 7 * 86_400
    for date, kept in ((10_000_000_000, then), (next_week, then), (tomorrow, tomorrow)):
        item = action("watchMovie", imdb_id=MATRIX, my_rating=8, date_watched=date)
        assert wire.push(told(item, timestamp=then))[0]["success"]
        assert wire.movie(MATRIX)["watch_history"]["date_watched"] == kept


def test_a_movie_watched_without_a_date_was_watched_when_the_user_said_so(wire: Wire, clock: WallClock) -> None:
    then = clock.time - 500
    wire.push(told(action("watchMovie", imdb_id=MATRIX, my_rating=8), timestamp=then))
    assert wire.movie(MATRIX)["watch_history"]["date_watched"] == then
    wire.push(told(action("watchMovie", imdb_id=MATRIX, my_rating=9), timestamp=then + 100))
    assert wire.movie(MATRIX)["watch_history"]["date_watched"] == then


@pytest.mark.parametrize(("name", "field"), [("addMovie", "recommender"), ("addRecommendation", "person_name")])
def test_a_vote_without_a_date_is_of_when_its_user_acted(wire: Wire, clock: WallClock, name: str, field: str) -> None:
    then = clock.time - 500
    for at in (then, then + 100):  # the second is about the same vote, which keeps its date
        wire.push(told(action(name, imdb_id=MATRIX, **{field: "Anna"}), timestamp=at))
        assert wire.movie(MATRIX)["recommendations"][0]["date_recommended"] == then


def test_deleting_a_person_takes_their_votes_along_and_deleting_a_list_frees_its_movies(wire: Wire) -> None:
    wire.do("addRecommendation", imdb_id=MATRIX, person_name="Anna")
    wire.do("addList", id="list", name="List")
    wire.do("updateMovieStatus", imdb_id=MATRIX, status="custom", custom_list_id="list")
    wire.do("deletePerson", name="Anna")
    wire.do("deleteList", id="list")
    movie = wire.movie(MATRIX)
    assert (movie["recommendations"], movie["status"], movie["custom_list_id"]) == ([], "toWatch", None)


def test_a_quick_key_is_never_set(wire: Wire) -> None:
    wire.do("addPerson", name="Anna", quick_key="youtube")
    assert statuses(wire.push(action("updatePerson", name="Anna", quick_key="google"))) == ["rejected"]
    wire.do("updatePerson", name="Anna", color="red", quick_key="google")
    assert wire.person("Anna")["quick_key"] is None
    wire.do("updatePerson", name="Google Search", new_name="Search", quick_key=None)
    assert wire.person("Search")["quick_key"] == "google"


def test_what_a_client_sends_never_becomes_last_modified(wire: Wire, clock: WallClock) -> None:
    wire.push(told(action("addMovie", imdb_id=MATRIX, last_modified=5.0), timestamp=5.0))
    assert wire.movie(MATRIX)["last_modified"] == clock.time


def test_lists_are_found_by_name_by_clients_that_never_learnt_the_id(wire: Wire) -> None:
    made = wire.do("addList", name="List")
    assert statuses(wire.push(action("addList", name="List"))) == ["noop"]
    wire.do("updateList", name="List", color="red")
    wire.do("deleteList", name="List")
    assert made["rev"] is not None
    assert wire.pull().lists == {}


@pytest.mark.parametrize(
    ("alias", "name", "data"),
    [
        ("updateStatus", "updateMovieStatus", {"imdb_id": MATRIX, "status": "watched"}),
        ("markWatched", "watchMovie", {"imdb_id": MATRIX, "my_rating": 5, "date_watched": 1000}),
        ("updatePersonTrust", "updatePerson", {"name": "Google Search", "is_trusted": True}),
    ],
)
def test_an_alias_is_the_same_action(wire: Wire, alias: str, name: str, data: Json) -> None:
    assert statuses(wire.push(told(action(alias, **data), id="one"))) == ["applied"]
    assert statuses(wire.push(action(name, **data))) == ["noop"]
    again = wire.push(told(action(name, **data), id="one"))[0]
    assert (again["status"], again["replayed"]) == ("applied", True)


@pytest.mark.parametrize("list_id", ["a/b", "x/", "/", ".", ".."])
def test_a_list_gets_no_id_that_no_address_can_carry(wire: Wire, list_id: str) -> None:
    (result,) = wire.push(action("addList", id=list_id, name="List"))
    assert (result["status"], result["code"]) == ("rejected", "validation_error")
    assert wire.pull().lists == {}


@pytest.mark.parametrize("list_id", ["list", "a b", "%2F", "?", "#", "é", "...", "\\"])
def test_a_list_of_an_older_client_has_an_address_whatever_its_id(wire: Wire, client: Client, list_id: str) -> None:
    wire.do("addList", id=list_id, name="List")
    address = f"/api/lists/{quote(list_id, safe='')}"
    assert client.get(f"{address}/movies").json == []
    assert client.put(address, json={"name": "Other"}).json["id"] == list_id
    assert client.delete(address).status_code == 204


def test_the_actions_are_listed_with_their_schemas(client: Client) -> None:
    listed = client.get("/api/sync/actions").json
    assert {each["action"] for each in listed} == {each.name for each in registry.actions}
    assert {alias for each in listed for alias in each["aliases"]} == {
        "updateRecommendationVote",
        "updateStatus",
        "markWatched",
        "updatePersonTrust",
    }
    for each in listed:
        assert each["data"]["type"] == "object"
        assert each["summary"].endswith(".")
        assert "$ref" not in json.dumps(each), "which nothing here resolves"
    schema = next(each["data"] for each in listed if each["action"] == "rankMovie")
    assert schema["properties"]["comparisons"]["items"]["required"] == ["loser", "winner"]


# Done already


VIEWING = "3c5d0a52-5a0e-4d8e-9e27-0f2a6c1b7d90"

IDEMPOTENT = [
    action("addMovie", imdb_id=MATRIX, recommender="Anna"),
    action("addRecommendation", imdb_id=HEAT, person_name="Anna"),
    action("addRecommendation", imdb_id=HEAT, person_name="Anna", date_recommended=0),
    action("addList", id="list", name="List"),
    action("updateMovieStatus", imdb_id=ALIEN, status="custom", custom_list_id="list"),
    action("watchMovie", imdb_id=MATRIX, my_rating=8),
    action("watchMovie", imdb_id=MATRIX, my_rating=8, date_watched=1000),
    action("updateRating", imdb_id=MATRIX, my_rating=7),
    action("rankMovie", imdb_id=MATRIX, liked=True, after=None),
    action("unrankMovie", imdb_id=MATRIX),
    action("updateRating", imdb_id=MATRIX, my_rating=None),
    action("updateLiked", imdb_id=MATRIX, liked=True),
    action("addTag", imdb_id=MATRIX, tag="Noir"),
    action("removeTag", imdb_id=MATRIX, tag="noir"),
    action("addViewing", imdb_id=MATRIX, id=VIEWING, watched_on="1999-06", rating=9),
    action("updateViewing", imdb_id=MATRIX, id=VIEWING, note="with Anna", watched_on="1999"),
    action("removeViewing", imdb_id=MATRIX, id=VIEWING),
    action("updateRecommendation", imdb_id=HEAT, person_name="Anna", vote_type=False),
    action("updateRecommendation", imdb_id=HEAT, person_name="Anna", note="loud"),
    action("updateRecommendation", imdb_id=HEAT, person_name="Anna", note=None),
    action("addRecommendation", imdb_id=HEAT, person_name="Anna", note="quiet", vote_type=False),
    action("removeRecommendation", imdb_id=HEAT, person_name="Anna"),
    action("addPerson", name="Ben", color="red"),
    action("updatePerson", name="Ben", color="blue", emoji="🎬", is_trusted=True),
    action("addRecommendation", imdb_id=ALIEN, person_name="Ana"),
    action("mergePeople", name="Ana", into="Ben"),
    action("updateList", id="list", name="Name", position=7),
    action("deletePerson", name="Ben"),
    action("deleteList", id="list"),
]


def test_every_action_done_twice_is_done_once_also_without_an_id(wire: Wire) -> None:
    for item in IDEMPOTENT:
        assert statuses(wire.push(item)) == ["applied"], item
        before = wire.pull()
        result = wire.push(item)[0]
        assert (result["status"], result["success"], result["replayed"]) == ("noop", True, False), item
        after = wire.pull()
        assert after.cursor == before.cursor, "a noop uses no number"
        assert (after.movies, after.people, after.lists) == (before.movies, before.people, before.lists)


def test_a_batch_writes_the_numbers_of_its_records_once_at_its_end(app: Flask, wire: Wire) -> None:
    texts = count_statements(app, lambda: wire.push(*IDEMPOTENT))
    numbered = [text.startswith("UPDATE") and "last_modified=" in text for text in texts]
    assert any(numbered)
    for text in texts[numbered.index(True) :]:
        assert re.search(r"field_changes|last_modified|change_ledger|library_heads", text)


# Fields that are unknown


def test_unknown_fields_are_ignored_and_the_result_names_them(wire: Wire) -> None:
    for item, ignored in (
        (action("addPerson", name="Anna", emogi="🎬", colour="red"), ["colour", "emogi"]),
        (action("addMovie", imdb_id=MATRIX, recommendor="Anna"), ["recommendor"]),
        (action("updatePerson", name="Anna", color="red", emogi="🎬"), ["emogi"]),
        (action("deletePerson", name="Anna", reason="quarrel"), ["reason"]),
    ):
        result = wire.push(item)[0]
        assert (result["status"], result["ignored_fields"]) == ("applied", ignored)
        assert_shape(result, RESULT | {"ignored_fields": [str]})
    assert wire.post(action("addMovie", imdb_id=MATRIX, recommendor="Anna"), "/api/sync").json["ignored_fields"]


def test_of_a_batch_fields_beside_the_data_are_named_too(wire: Wire) -> None:
    (result,) = wire.push(action("addMovie", imdb_id=MATRIX, recommendor="Anna") | {"base_rv": 3, "timestmp": 1})
    assert (result["status"], result["ignored_fields"]) == ("applied", ["base_rv", "timestmp", "recommendor"])


def test_where_all_is_known_a_result_has_no_further_key(wire: Wire) -> None:
    results = wire.push(action("addPerson", name="Anna", emogi="🎬"), action("addPerson", name="Ben", emoji="🎬"))
    assert results[1].keys() == RESULT.keys()


def test_a_refused_action_names_them_too(wire: Wire) -> None:
    wire.add(MATRIX)
    misspelt, missing = wire.push(
        action("updateMovieStatus", imdb_id=MATRIX, statsu="watched"),
        action("updateRating", imdb_id=HEAT, my_rating=5, why="music"),
    )
    assert (misspelt["code"], misspelt["ignored_fields"]) == ("validation_error", ["statsu"])
    assert (missing["code"], missing["ignored_fields"]) == ("movie_not_found", ["why"])


@pytest.mark.parametrize("add", ["Person", "List"])
def test_a_change_of_which_nothing_is_known_is_rejected_as_by_rest(wire: Wire, client: Client, add: str) -> None:
    wire.do(f"add{add}", name="Anna")
    record = next(
        each for each in client.get(f"/api/{'people' if add == 'Person' else 'lists'}").json if each["name"] == "Anna"
    )
    for naming in ({"name": "Anna"}, {"id": record["id"]}, {"id": None, "name": "Anna"}):
        result = wire.push(action(f"update{add}", **naming, emogi="🎬"))[0]
        assert (result["status"], result["code"], result["ignored_fields"]) == (
            "rejected",
            "validation_error",
            ["emogi"],
        )
        assert result["error"].startswith("emogi: ")
        assert wire.push(action(f"update{add}", **naming))[0]["status"] == "noop"
    renamed = {"id": record["id"], "name" if add == "List" else "new_name": "Ben"}
    assert wire.push(action(f"update{add}", **renamed, emogi="🎬"))[0]["status"] == "applied"


@pytest.mark.parametrize("atomic", [False, True])
def test_an_action_that_is_sent_again_names_them_again(wire: Wire, atomic: bool) -> None:
    item = told(action("addPerson", name="Anna", emogi="🎬"), id="one")
    batch = (item, told(ADD, id="two"), *((UNKNOWN,) if atomic else ()))
    assert wire.push(*batch, atomic=atomic)[0]["ignored_fields"] == ["emogi"]
    first = wire.push(item)[0]
    again = wire.push(item, item)
    assert again == [first | {"replayed": True}] * 2
    assert first["ignored_fields"] == ["emogi"]
    assert "ignored_fields" not in wire.push(told(ADD, id="two"))[0]


def test_very_many_or_long_names_are_cut(wire: Wire) -> None:
    names = {f"field {number:04} {'x' * 100}\0": 1 for number in range(1000)}
    item = told({"action": "addPerson", "data": {"name": "Anna", **names}}, id="one")
    for result in (wire.push(item)[0], wire.push(item)[0]):
        assert result["ignored_fields"] == [name[:50] for name in sorted(names)[:10]]


# Exactly once


def test_the_same_id_answers_the_recorded_outcome_however_often_and_from_wherever(wire: Wire, client: Client) -> None:
    item = told(action("addPerson", name="Anna"), id="one")
    first = wire.push(item)[0]
    assert not first["replayed"]
    wire.do("deletePerson", name="Anna")
    for again in (
        wire.push(item)[0],
        wire.push(told(item, timestamp=1000))[0],
        wire.push(told(item, base_rev=1), cursor=wire.cursor(), device="another")[0],
        wire.post(item, "/api/sync").json,
    ):
        assert {key: again[key] for key in RESULT} == first | {"replayed": True}
    assert wire.pull().names() == set()


@pytest.mark.parametrize(
    "item",
    [
        action("addMovie", imdb_id=MATRIX),  # a noop
        action("updateRating", imdb_id=HEAT, my_rating=5),  # rejected
        action("deletePerson", name="Google Search"),  # forbidden
    ],
)
def test_outcomes_of_every_kind_are_recorded(wire: Wire, item: Json) -> None:
    wire.add(MATRIX, HEAT)
    first = wire.push(told(item, id="one"))[0]
    wire.do("watchMovie", imdb_id=HEAT, my_rating=7)
    assert wire.push(told(item, id="one"))[0] == first | {"replayed": True}


def test_the_same_id_for_something_else_is_rejected_and_does_nothing(wire: Wire) -> None:
    wire.push(told(ADD, id="one"))
    for other in (
        told(action("addMovie", imdb_id=HEAT), id="one"),
        told(action("updateMovieStatus", imdb_id=MATRIX, status="watched"), id="one"),
        told(action("addMovie", imdb_id=MATRIX, recommender="Anna"), id="one"),
    ):
        assert codes(wire.push(other)) == ["id_reused"]
    assert set(wire.pull().movies) == {MATRIX}
    assert wire.movie(MATRIX)["status"] == "toWatch"
    assert wire.push(told(ADD, id="one"))[0]["replayed"]


def test_the_order_of_keys_does_not_make_it_something_else(wire: Wire) -> None:
    wire.push(told(action("watchMovie", imdb_id=MATRIX, my_rating=5), id="one"))
    swapped = told({"data": {"my_rating": 5, "imdb_id": MATRIX}, "action": "watchMovie"}, id="one")
    assert wire.push(swapped)[0]["replayed"]


def test_the_same_id_twice_in_a_batch_is_done_once(wire: Wire) -> None:
    item = told(action("addPerson", name="Anna"), id="one")
    results = wire.push(item, action("deletePerson", name="Anna"), item, told(ADD, id="one"))
    assert statuses(results) == ["applied", "applied", "applied", "rejected"]
    assert [result["replayed"] for result in results] == [False, False, True, False]
    assert results[3]["code"] == "id_reused"
    assert wire.pull().names() == set()


def test_ids_of_two_users_are_nothing_to_each_other(wire: Wire, bens_wire: Wire) -> None:
    wire.push(told(ADD, id="one"))
    result = bens_wire.push(told(action("addMovie", imdb_id=HEAT), id="one"))[0]
    assert (result["status"], result["replayed"]) == ("applied", False)
    assert set(bens_wire.pull().movies) == {HEAT}
    assert set(wire.pull().movies) == {MATRIX}


@pytest.mark.parametrize(
    ("item", "code"),
    [
        (UNKNOWN, "unknown_action"),
        (action("addMovie", imdb_id="nonsense"), "validation_error"),
        (action("addMovie", imdb_id=MATRIX, extra="x" * 1_100_000), "data_too_large"),
    ],
)
def test_that_an_action_can_never_be_done_is_recorded_too(wire: Wire, item: Json, code: str) -> None:
    for is_replay in (False, True):
        result = wire.push(told(item, id="one"))[0]
        assert (result["status"], result["code"], result["replayed"]) == ("rejected", code, is_replay)
    assert codes(wire.push(told(ADD, id="one"))) == ["id_reused"]
    assert wire.pull().movies == {}


# Cursors


def test_a_base_rev_without_a_cursor_is_400_and_does_nothing(wire: Wire) -> None:
    assert_problem(wire.post(told(ADD, base_rev=5), "/api/sync"), 400, "cursor_required")
    assert_problem(wire.post({"actions": [ADD, told(ADD, base_rev=0)]}), 400, "cursor_required")
    assert wire.pull().movies == {}
    assert statuses(wire.push(told(ADD, base_rev=None))) == ["applied"]


def test_a_cursor_is_checked_before_anything_is_done(wire: Wire, bens_wire: Wire) -> None:
    theirs = bens_wire.cursor()
    for body, path in (
        ({"actions": [ADD], "cursor": theirs}, "/api/sync/batch"),
        (ADD | {"cursor": theirs}, "/api/sync"),
    ):
        answer = wire.post(body, path)
        assert answer.status_code == 410
        assert (answer.json["code"], answer.json["policy"]) == ("wrong_user", "apply_server")
        assert isinstance(answer.json["detail"], str)
    assert wire.pull().movies == {}


def test_a_mistyped_base_rev_spoils_its_own_action_only(wire: Wire) -> None:
    results = wire.push(told(ADD, base_rev="5"), action("addMovie", imdb_id=HEAT), told(ADD, base_rev=-1))
    assert statuses(results) == ["rejected", "applied", "rejected"]


# Batches


def test_a_failing_action_is_undone_and_uses_no_number(wire: Wire, monkeypatch: pytest.MonkeyPatch) -> None:
    wire.do("addMovie", imdb_id=MATRIX)
    before = wire.pull()
    # The person is made before the vote fails for want of a movie that can be.
    half = action("addRecommendation", imdb_id=HEAT, person_name="Anna", tmdb_data={"x": "y" * 300_000})
    assert statuses(wire.push(half)) == ["rejected"]
    after = wire.pull()
    assert after.cursor == before.cursor
    assert (after.movies, after.people) == (before.movies, before.people)
    results = wire.push(half, action("addMovie", imdb_id=ALIEN))
    assert statuses(results) == ["rejected", "applied"]
    assert results[1]["rev"] == before.pages[-1]["rev"] + 1


def test_an_atomic_batch_does_all_or_nothing(wire: Wire) -> None:
    good = told(ADD, id="good")
    bad = told(action("updateRating", imdb_id=HEAT, my_rating=5), id="bad")
    before = wire.cursor()
    results = wire.push(good, bad, UNKNOWN, atomic=True)
    assert codes(results) == ["batch_undone", "movie_not_found", "unknown_action"]
    assert statuses(results) == ["rejected"] * 3
    assert wire.cursor() == before
    # Nothing was recorded: it may be sent again once it can be done.
    watch = told(action("watchMovie", imdb_id=HEAT, my_rating=9), id="watch")
    results = wire.push(watch, good, bad, atomic=True)
    assert statuses(results) == ["applied", "applied", "applied"]
    assert not any(result["replayed"] for result in results)
    again = wire.push(watch, good, bad, atomic=True)
    assert [result["replayed"] for result in again] == [True] * 3


def test_an_id_that_comes_twice_in_an_undone_batch_is_acknowledged_neither_time(wire: Wire) -> None:
    item = told(ADD, id="one")
    bad = told(action("updateRating", imdb_id=HEAT, my_rating=5), id="bad")
    results = wire.push(item, item, bad, bad, atomic=True)
    assert codes(results) == ["batch_undone", "batch_undone", "movie_not_found", "movie_not_found"]
    assert not any(result["success"] or result["replayed"] for result in results)
    assert statuses(wire.push(item)) == ["applied"]
    results = wire.push(item, item, bad, atomic=True)
    assert [(result["status"], result["replayed"]) for result in results[:2]] == [("applied", True)] * 2


def test_a_conflict_undoes_an_atomic_batch_too_and_shows_the_state_that_stays(wire: Wire) -> None:
    wire.do("watchMovie", imdb_id=MATRIX, my_rating=5)
    seen = wire.pull()
    wire.do("updateRating", imdb_id=MATRIX, my_rating=7)
    rev = seen.movies[MATRIX]["rev"]
    results = wire.push(
        told(action("updateMovieStatus", imdb_id=MATRIX, status="toWatch"), base_rev=rev),
        told(action("updateRating", imdb_id=MATRIX, my_rating=9), base_rev=rev),
        cursor=seen.cursor,
        atomic=True,
    )
    assert codes(results) == ["batch_undone", "conflict"]
    stays = wire.movie(MATRIX)
    assert results[1]["server_state"] == stays
    assert (results[1]["rev"], results[1]["last_modified"]) == (stays["rev"], stays["last_modified"])
    assert stays["status"] == "watched"


def test_each_record_of_a_batch_has_a_number_of_its_own(wire: Wire) -> None:
    results = wire.push(ADD, action("addMovie", imdb_id=HEAT), action("addPerson", name="Anna"))
    assert len({result["rev"] for result in results}) == 3
    pulled = wire.pull()
    revs = [record["rev"] for kind in ("movies", "people", "lists") for record in pulled.kind(kind).values()]
    assert len(revs) == len(set(revs))
    assert len({result["last_modified"] for result in results}) == 1


# A fault of the server


class Fault(Exception):
    """An unforeseen fault."""


@pytest.mark.parametrize("when", ["before the effect", "after the effect", "at the record"])
def test_a_fault_leaves_nothing_and_the_client_sends_it_again(
    app: Flask, wire: Wire, monkeypatch: pytest.MonkeyPatch, when: str
) -> None:
    batch = [told(ADD, id="one"), told(action("addMovie", imdb_id=HEAT), id="two")]
    before = wire.pull()
    app.testing = False  # answer 500 as the real server does
    with monkeypatch.context() as patch:
        patch.setattr(*_fault(when))
        answer = wire.post({"actions": batch})
        assert answer.status_code in (500, 503)
    after = wire.pull()
    assert (after.cursor, after.movies) == (before.cursor, {})
    assert statuses(wire.push(*batch)) == ["applied", "applied"]


def _fault(when: str) -> tuple[Any, str, Any]:
    def fail(*_: Any, **__: Any) -> Any:
        raise Fault

    if when == "before the effect":
        return pushing, "ActionContext", fail
    if when == "after the effect":
        return pushing, "_of_record", fail
    return pushing, "_kept", fail


def test_effect_and_outcome_are_recorded_by_one_transaction(
    app: Flask, anna: Account, wire: Wire, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whatever another connection sees at any moment: both or none."""
    seen: list[tuple[int, int]] = []

    def look(*_: Any, **__: Any) -> None:
        with library_read(anna.id) as read:
            counts = (
                read.connection.exec_driver_sql(f"SELECT count(*) FROM {table}").scalar_one()
                for table in ("movies", "sync_actions")
            )
            seen.append(tuple(counts))  # type: ignore[arg-type]

    real = pushing._of_record

    def looking(*args: Any, **kwargs: Any) -> Any:
        look()
        return real(*args, **kwargs)

    monkeypatch.setattr(pushing, "_of_record", looking)
    with library_changed.connected_to(look):  # right after each commit
        wire.push(told(ADD, id="one"), told(action("addMovie", imdb_id=HEAT), id="two"))
    assert seen == [(0, 0), (0, 0), (2, 2)]
