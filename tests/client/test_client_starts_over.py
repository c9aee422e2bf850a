"""When the server cannot go on from the client's cursor: too old, another history, or none that it gave."""

import uuid
from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask
from support.wall_clock import WallClock
from sync.restoring import Backup

from movietracker.client import Client
from movietracker.sync import upkeep

from .devices import ALIEN, EMAIL, HEAT, MATRIX, PASSWORD, Devices, assert_in_step, shown, truth

DAY = 86_400


def recommend(device: Client, imdb_id: str, name: str) -> None:
    device.do("addRecommendation", {"imdb_id": imdb_id, "person_name": name})


def set_status(device: Client, imdb_id: str, status: str) -> None:
    device.do("updateMovieStatus", {"imdb_id": imdb_id, "status": status})


def recommenders(device: Client, imdb_id: str) -> set[str]:
    return {vote["person_name"] for vote in device.movies[imdb_id]["recommendations"]}


def assert_all_comes_back(phone: Client, restore: Callable[[], None]) -> None:
    """What a server that was restored forgot is as it was, and nothing is left to decide."""
    before = essence(phone)
    restore()
    phone.sync()
    assert essence(phone) == before
    assert (phone.conflicts, phone.rejections) == ([], [])
    assert_in_step(phone)


def test_a_device_away_too_long_keeps_its_queue(app: Flask, phone: Client, browser: Any, wall_clock: WallClock) -> None:
    recommend(phone, MATRIX, "Alma")
    recommend(phone, MATRIX, "Bert")
    phone.sync()
    browser.delete("/api/people/Alma")
    set_status(phone, HEAT, "watched")
    wall_clock.time += 181 * DAY
    browser.put(f"/api/movies/{ALIEN}/status", json={"status": "watched"})
    with app.app_context():
        assert upkeep.collect_all() > 0
    phone.sync()
    assert recommenders(phone, MATRIX) == {"Bert"}
    assert "Alma" not in phone.people
    assert phone.movies[HEAT]["status"] == phone.movies[ALIEN]["status"] == "watched"
    assert_in_step(phone)


def test_a_cursor_that_no_server_gave_starts_over(phone: Client, browser: Any) -> None:
    browser.put(f"/api/movies/{MATRIX}/status", json={"status": "watched"})
    phone._set(cursor="this is none")
    set_status(phone, HEAT, "watched")
    phone.sync()
    assert set(phone.movies) == {MATRIX, HEAT}
    assert_in_step(phone)


def test_the_library_stays_in_sight_while_it_is_fetched_again(devices: Devices, phone: Client) -> None:
    recommend(phone, MATRIX, "Alma")
    phone.sync()
    phone = devices.again(phone, page_size=1)
    before = shown(phone)
    phone._set(cursor="this is none")
    take, seen = phone._stage, []
    phone._stage = lambda page: (seen.append(shown(phone)), take(page))
    phone.pull()
    assert len(seen) == 6
    assert all(each == before for each in seen)
    assert_in_step(phone)


Forget = Callable[[], Callable[[], None]]
"""Makes the server forget: takes a backup, and returns what restores it."""


@pytest.fixture
def forget(app: Flask) -> Forget:
    """Remembers the state of the server, and returns a function that puts the server back to it."""
    return lambda: Backup(app).restore


def test_what_a_restored_server_forgot_is_brought_back(phone: Client, forget: Forget, browser: Any) -> None:
    recommend(phone, MATRIX, "Alma")
    phone.sync()
    restore = forget()
    phone.do("addRecommendation", {"imdb_id": HEAT, "person_name": "Bert", "note": "loud"})
    phone.do("updateRecommendation", {"imdb_id": MATRIX, "person_name": "Alma", "note": "quiet"})
    phone.do("watchMovie", {"imdb_id": MATRIX, "my_rating": 9.0, "date_watched": 1000.0})
    phone.do("updateLiked", {"imdb_id": MATRIX, "liked": True})
    phone.do("addTag", {"imdb_id": HEAT, "tag": "noir"})
    phone.do("updatePerson", {"name": "Alma", "color": "#ff0000", "is_trusted": True})
    phone.do("addList", {"id": "list-1", "name": "Rainy Sundays"})
    phone.do("updateMovieStatus", {"imdb_id": HEAT, "status": "custom", "custom_list_id": "list-1"})
    phone.sync()
    before = essence(phone)
    restore()
    assert set(truth(phone)["movies"]) == {MATRIX}
    phone.sync()
    assert essence(phone) == before
    assert (phone.conflicts, phone.rejections, phone.incomplete) == ([], [], [])
    assert_in_step(phone)


def test_a_viewing_of_which_nothing_is_known_is_brought_back(phone: Client, forget: Forget) -> None:
    phone.sync()
    restore = forget()
    phone.do("addViewing", {"imdb_id": HEAT, "id": "7d9d2b1e-6f0e-4f43-9f0a-0d6f4d1c2b3a"})
    phone.sync()
    restore()
    phone.sync()
    assert len(phone.movies[HEAT]["viewings"]) == 1
    assert_in_step(phone)


@pytest.mark.parametrize("status", ["toWatch", "custom", "deleted", "watched"])
def test_a_title_that_was_seen_comes_back_with_the_status_it_was_given_since(
    phone: Client, forget: Forget, status: str
) -> None:
    phone.do("addMovie", {"imdb_id": HEAT})
    phone.sync()
    restore = forget()
    phone.do("addList", {"id": "list-1", "name": "Again"})
    for imdb_id in (MATRIX, HEAT):
        phone.do("addViewing", {"imdb_id": imdb_id, "id": str(uuid.uuid4()), "watched_at": 1000.0, "rating": 8})
        phone.do("updateMovieStatus", {"imdb_id": imdb_id, "status": status, "custom_list_id": "list-1"})
    phone.sync()
    before = essence(phone)
    restore()
    phone.sync()
    assert essence(phone) == before
    assert {movie["status"] for movie in phone.movies.values()} == {status}
    assert (phone.conflicts, phone.rejections) == ([], [])
    assert_in_step(phone)


def test_what_came_from_a_browser_is_brought_back_too(phone: Client, forget: Forget, browser: Any) -> None:
    restore = forget()
    browser.post(f"/api/movies/{MATRIX}/recommendations", json={"person_name": "Alma", "vote_type": False})
    browser.put(f"/api/movies/{MATRIX}/watch", json={"date_watched": 1000.0, "my_rating": 3.0})
    phone.sync()
    before = essence(phone)
    restore()
    phone.sync()
    assert essence(phone) == before
    assert_in_step(phone)


def test_what_was_queued_or_acknowledged_but_not_pulled_arrives_after_a_restore(phone: Client, forget: Forget) -> None:
    recommend(phone, MATRIX, "Alma")
    phone.push()
    restore = forget()
    recommend(phone, HEAT, "Bert")
    phone.push()
    set_status(phone, HEAT, "watched")
    restore()
    phone.sync()
    assert recommenders(phone, MATRIX) == {"Alma"}
    assert recommenders(phone, HEAT) == {"Bert"}
    assert phone.movies[HEAT]["status"] == "watched"
    assert (phone.conflicts, phone.rejections) == ([], [])
    assert_in_step(phone)


def test_numbers_grown_past_the_cursor_do_not_hide_a_restore(phone: Client, forget: Forget, browser: Any) -> None:
    restore = forget()
    recommend(phone, MATRIX, "Alma")
    phone.sync()
    restore()
    for number in range(1, 10):
        browser.put(f"/api/movies/tt{number:07}/status", json={"status": "watched"})
    phone.sync()
    assert recommenders(phone, MATRIX) == {"Alma"}
    assert len(phone.movies) == 10
    assert_in_step(phone)


def test_what_was_deleted_after_the_restore_stays_deleted(phone: Client, forget: Forget, browser: Any) -> None:
    recommend(phone, MATRIX, "Alma")
    recommend(phone, HEAT, "Bert")
    phone.sync()
    restore = forget()
    set_status(phone, ALIEN, "watched")
    phone.sync()
    restore()
    browser.delete("/api/people/Alma")
    phone.sync()
    assert "Alma" not in phone.people
    assert recommenders(phone, MATRIX) == set()
    assert phone.movies[ALIEN]["status"] == "watched"
    assert_in_step(phone)


def test_a_deletion_that_the_server_forgot_is_not_done_again(phone: Client, forget: Forget) -> None:
    recommend(phone, MATRIX, "Alma")
    phone.do("addList", {"id": "list-1", "name": "Rainy Sundays"})
    phone.sync()
    restore = forget()
    phone.do("deletePerson", {"name": "Alma"})
    phone.do("deleteList", {"id": "list-1"})
    phone.sync()
    restore()
    phone.sync()
    assert recommenders(phone, MATRIX) == {"Alma"}
    assert "list-1" in phone.lists
    assert_in_step(phone)


def test_a_rename_that_the_server_forgot_is_done_again_and_makes_no_twin(phone: Client, forget: Forget) -> None:
    recommend(phone, MATRIX, "Alma")
    phone.sync()
    restore = forget()
    phone.do("updatePerson", {"name": "Alma", "new_name": "Alma Senior"})
    phone.do("addPerson", {"name": "Alma", "emoji": "🌱"})
    recommend(phone, HEAT, "Alma")
    phone.sync()
    assert_all_comes_back(phone, restore)


def test_names_that_went_from_one_to_the_next_come_back_to_whose_they_are(phone: Client, forget: Forget) -> None:
    for imdb_id, name in ((MATRIX, "Alma"), (HEAT, "Bert")):
        recommend(phone, imdb_id, name)
    phone.sync()
    restore = forget()
    phone.do("updatePerson", {"name": "Alma", "new_name": "Zoe"})
    phone.do("updatePerson", {"name": "Bert", "new_name": "Alma"})
    phone.do("addPerson", {"name": "Bert", "emoji": "🌱", "color": "#123456"})
    phone.sync()
    phone.do("updatePerson", {"name": "Zoe", "is_trusted": True})
    phone.sync()
    assert_all_comes_back(phone, restore)


def test_what_others_did_after_the_restore_stands_and_is_told(phone: Client, forget: Forget, browser: Any) -> None:
    set_status(phone, MATRIX, "toWatch")
    phone.sync()
    restore = forget()
    phone.do("watchMovie", {"imdb_id": MATRIX, "my_rating": 9.0})
    recommend(phone, MATRIX, "Alma")
    phone.sync()
    phone._db.execute("UPDATE records SET body = json_set(body, '$.last_modified', 1000.0) WHERE kind = 'movies'")
    phone._db.commit()  # as if it had been long ago
    restore()
    browser.put(f"/api/movies/{MATRIX}/status", json={"status": "deleted"})
    phone.sync()
    assert phone.movies[MATRIX]["status"] == "deleted"
    assert recommenders(phone, MATRIX) == {"Alma"}
    assert {report["action"] for report in phone.conflicts} == {"updateMovieStatus"}
    assert [viewing["rating"] for viewing in phone.movies[MATRIX]["viewings"]] == [9.0], "no occasion is lost"
    assert_in_step(phone)


def test_an_id_that_the_server_has_given_to_another_does_no_harm(phone: Client, forget: Forget, browser: Any) -> None:
    restore = forget()
    recommend(phone, MATRIX, "Alma")
    phone.sync()
    restore()
    browser.post("/api/people", json={"name": "Bert"})
    assert truth(phone)["people"]["Bert"]["id"] == phone.people["Alma"]["id"]
    phone.sync()
    assert recommenders(phone, MATRIX) == {"Alma"}
    assert {"Alma", "Bert"} <= set(phone.people)
    assert_in_step(phone)


@pytest.mark.parametrize("pages_before", [1, 3, 5])
def test_a_restore_between_two_pages_is_noticed(
    devices: Devices, phone: Client, forget: Forget, browser: Any, pages_before: int
) -> None:
    restore = forget()
    for imdb_id in (MATRIX, HEAT, ALIEN):
        browser.post(f"/api/movies/{imdb_id}/recommendations", json={"person_name": f"Recommender of {imdb_id}"})
    slow = devices.make("slow", logged_in=False, page_size=1)
    slow.login(EMAIL, PASSWORD)
    take, pages = slow._stage, []

    def take_and_restore(page: dict[str, Any]) -> None:
        pages.append(page)
        take(page)
        if len(pages) == pages_before:
            restore()
            browser.put(f"/api/movies/{ALIEN}/status", json={"status": "watched"})

    slow._stage = take_and_restore
    slow.pull()
    assert_in_step(slow)


def test_pages_that_a_restored_server_forgot_are_not_shown_after_a_push(
    devices: Devices, phone: Client, tablet: Client, forget: Forget
) -> None:
    restore = forget()
    for imdb_id in (MATRIX, HEAT, ALIEN):
        set_status(tablet, imdb_id, "watched")
    tablet.sync()
    phone.page_size = 1
    take = phone._stage

    def take_one(page: dict[str, Any]) -> None:
        if phone._get("page") is not None:
            raise KeyboardInterrupt
        take(page)

    phone._stage = take_one
    with pytest.raises(KeyboardInterrupt):
        phone.pull()
    phone = devices.again(phone)
    restore()
    recommend(phone, "tt0000001", "Alma")
    phone.sync()
    assert set(phone.movies) == {"tt0000001"}
    assert_in_step(phone)


def test_two_devices_bring_back_together_what_each_of_them_knew(phone: Client, tablet: Client, forget: Forget) -> None:
    restore = forget()
    recommend(phone, MATRIX, "Alma")
    phone.sync()
    tablet.sync()
    recommend(tablet, MATRIX, "Bert")
    recommend(tablet, HEAT, "Alma")
    set_status(tablet, MATRIX, "watched")
    tablet.sync()
    recommend(phone, ALIEN, "Cleo")
    phone.push()
    restore()
    for device in (phone, tablet, phone):
        device.sync()
    assert recommenders(phone, MATRIX) == {"Alma", "Bert"}
    assert recommenders(phone, HEAT) == {"Alma"}
    assert recommenders(phone, ALIEN) == {"Cleo"}
    assert phone.movies[MATRIX]["status"] == "watched"
    assert [*phone.conflicts, *phone.rejections, *tablet.conflicts, *tablet.rejections] == []
    assert_in_step(phone, tablet)


def essence(device: Client) -> Any:
    """What the user would miss, without the server's numbers and times."""
    library = device.library()
    movies = {
        imdb_id: (
            movie["status"],
            movie["custom_list_id"],
            (movie["liked"], movie["tags"]),
            movie["watch_history"] and (movie["watch_history"]["my_rating"], movie["watch_history"]["date_watched"]),
            {vote["person_name"]: (vote["vote_type"], vote["date_recommended"]) for vote in movie["recommendations"]},
        )
        for imdb_id, movie in library.movies.items()
    }
    people = {name: (each["color"], each["emoji"], each["is_trusted"]) for name, each in library.people.items()}
    lists = {key: (each["name"], each["color"], each["icon"], each["position"]) for key, each in library.lists.items()}
    return movies, people, lists
