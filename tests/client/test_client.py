"""What the user of one device sees and does, and what becomes of it."""

import stat
import uuid
from pathlib import Path
from typing import Any

import pytest

from movietracker.client import Client, LoggedOut, Refused, Unreachable

from .devices import ALIEN, EMAIL, HEAT, MATRIX, PASSWORD, Devices, assert_in_step, shown, truth

VIEWING = "3c5d0a52-5a0e-4d8e-9e27-0f2a6c1b7d90"


def test_a_new_device_shows_the_library_after_its_first_sync(devices: Devices, browser: Any) -> None:
    browser.post(f"/api/movies/{MATRIX}/recommendations", json={"person_name": "Alma"})
    phone = devices.make("phone")
    assert phone.movies[MATRIX]["recommendations"][0]["person_name"] == "Alma"
    assert phone.people["Alma"]["movie_count"] == 1
    assert_in_step(phone)


def test_what_the_user_does_is_seen_at_once_and_without_a_connection(devices: Devices) -> None:
    phone = devices.make("phone", "http://127.0.0.1:9", logged_in=False)
    phone.do("addRecommendation", {"imdb_id": MATRIX, "person_name": "Alma"})
    phone.do("watchMovie", {"imdb_id": MATRIX, "my_rating": 9.0, "date_watched": 1000.0})
    assert phone.movies[MATRIX]["status"] == "watched"
    assert phone.movies[MATRIX]["watch_history"]["my_rating"] == 9.0
    assert "Alma" in phone.people
    assert phone.unsent == 2


def test_what_was_done_before_the_first_login_is_sent_after_it(devices: Devices) -> None:
    phone = devices.make("phone", logged_in=False)
    phone.do("addMovie", {"imdb_id": MATRIX, "recommender": "Alma"})
    phone.login(EMAIL, PASSWORD)
    phone.sync()
    assert phone.movies[MATRIX]["recommendations"][0]["person_name"] == "Alma"
    assert_in_step(phone)


def test_what_the_server_acknowledged_stays_in_sight_until_it_is_pulled(phone: Client) -> None:
    phone.do("addMovie", {"imdb_id": MATRIX})
    phone.push()
    assert phone.unsent == 0
    assert "rev" not in phone.movies[MATRIX]  # it is ours still
    phone.pull()
    assert "rev" in phone.movies[MATRIX]
    assert_in_step(phone)


def test_everything_that_a_user_can_do_arrives(phone: Client) -> None:
    for action, data in [
        ("addMovie", {"imdb_id": MATRIX, "recommender": "Alma"}),
        ("addRecommendation", {"imdb_id": HEAT, "person_name": "Bert", "vote_type": False}),
        ("updateRecommendation", {"imdb_id": HEAT, "person_name": "Bert", "vote_type": True, "note": "loud"}),
        ("removeRecommendation", {"imdb_id": MATRIX, "person_name": "Alma"}),
        ("watchMovie", {"imdb_id": MATRIX, "my_rating": 8.0}),
        ("updateRating", {"imdb_id": MATRIX, "my_rating": 8.5}),
        ("updateLiked", {"imdb_id": MATRIX, "liked": True}),
        ("addTag", {"imdb_id": MATRIX, "tag": "Noir"}),
        ("addTag", {"imdb_id": HEAT, "tag": " NO\u00cdR "}),
        ("addTag", {"imdb_id": HEAT, "tag": "loud"}),
        ("removeTag", {"imdb_id": HEAT, "tag": "Loud"}),
        ("rankMovie", {"imdb_id": MATRIX, "liked": True, "after": None}),
        ("unrankMovie", {"imdb_id": MATRIX}),
        ("addPerson", {"name": "Cleo", "color": "#ff0000"}),
        ("updatePerson", {"name": "Cleo", "new_name": "Clea", "is_trusted": True}),
        ("mergePeople", {"name": "Clea", "into": "Bert"}),
        ("deletePerson", {"name": "Alma"}),
        ("addList", {"id": "list-1", "name": "Rainy Sundays"}),
        ("updateList", {"id": "list-1", "icon": "rain"}),
        ("updateMovieStatus", {"imdb_id": HEAT, "status": "custom", "custom_list_id": "list-1"}),
        ("addList", {"id": "list-2", "name": "Never"}),
        ("deleteList", {"id": "list-2"}),
    ]:
        phone.do(action, data)
    marks = {imdb_id: (movie["liked"], movie["tags"]) for imdb_id, movie in phone.movies.items()}
    phone.sync()
    assert (phone.conflicts, phone.rejections) == ([], [])
    assert phone.movies[MATRIX]["watch_history"]["my_rating"] == 8.5
    assert {each: (movie["liked"], movie["tags"]) for each, movie in phone.movies.items()} == marks
    assert marks == {MATRIX: (True, ["Noir"]), HEAT: (False, ["Noir"])}
    assert phone.movies[HEAT]["custom_list_id"] == "list-1"
    assert "Bert" in phone.people
    assert not {"Alma", "Clea"} & set(phone.people)
    assert list(phone.lists) == ["list-1"]
    assert_in_step(phone)


def test_a_list_made_without_an_id_gets_one(phone: Client) -> None:
    phone.do("addList", {"name": "Rainy Sundays"})
    (before,) = phone.lists
    phone.sync()
    assert list(phone.lists) == [before]


def test_a_rejected_action_leaves_the_queue_and_is_reported_until_dismissed(devices: Devices, phone: Client) -> None:
    done = phone.do("updateRating", {"imdb_id": MATRIX, "my_rating": 5.0})
    phone.do("addMovie", {"imdb_id": HEAT})
    phone.sync()
    (report,) = phone.rejections
    assert (report["id"], report["code"], report["data"]["imdb_id"]) == (done, "movie_not_found", MATRIX)
    assert report["error"]
    assert_in_step(phone)
    phone = devices.again(phone)
    assert phone.rejections == [report]
    phone.dismiss(done)
    assert phone.rejections == []


def test_fields_that_the_server_ignored_are_reported_until_dismissed(devices: Devices, phone: Client) -> None:
    done = phone.do("addPerson", {"name": "Alma", "emogi": "🎬"})
    phone.do("addPerson", {"name": "Bert", "emoji": "🎬"})
    phone.sync()
    (report,) = phone.incomplete
    assert (report["id"], report["status"], report["ignored_fields"]) == (done, "applied", ["emogi"])
    assert (phone.conflicts, phone.rejections) == ([], [])
    assert_in_step(phone)
    phone = devices.again(phone)
    phone.sync()
    assert phone.incomplete == [report]
    phone.dismiss(done)
    assert phone.incomplete == []


@pytest.mark.parametrize(
    ("action", "data"),
    [
        ("addViewing", {"id": VIEWING, "watched_on": "2021-13"}),
        ("addViewing", {"id": VIEWING, "watched_on": "yesterday"}),
        ("addViewing", {"id": VIEWING, "watched_at": "yesterday"}),
        ("addViewing", {"id": VIEWING, "watched_at": 1e300, "watched_on": "2021"}),
        ("watchMovie", {"date_watched": "yesterday"}),
        ("addTag", {"tag": 5}),
        ("addRecommendation", {"person_name": "Alma", "note": 5}),
        ("addRecommendation", {"person_name": 5}),
    ],
)
def test_what_cannot_be_shown_hides_nothing_else_and_is_reported(
    phone: Client, action: str, data: dict[str, Any]
) -> None:
    phone.do("addMovie", {"imdb_id": MATRIX})
    phone.do(action, {"imdb_id": MATRIX, **data})
    phone.do("addViewing", {"imdb_id": MATRIX, "id": str(uuid.uuid4()), "watched_on": "2021", "rating": 7.0})
    phone.do("addMovie", {"imdb_id": HEAT})
    assert {*phone.movies} == {MATRIX, HEAT}
    movie = phone.movies[MATRIX]
    assert (movie["my_rating"], len(movie["viewings"]), movie["recommendations"]) == (7.0, 1, [])
    phone.sync()
    assert [report["action"] for report in phone.rejections] == [action]
    assert_in_step(phone)


def test_times_in_milliseconds_and_votes_in_words_are_shown_as_the_server_takes_them(phone: Client) -> None:
    at = 1_700_000_000_000
    phone.do("watchMovie", {"imdb_id": MATRIX, "date_watched": at, "my_rating": 8.0})
    phone.do("addViewing", {"imdb_id": HEAT, "id": VIEWING, "watched_at": at})
    vote = {"imdb_id": HEAT, "person_name": "Alma", "date_recommended": at, "vote_type": "downvote"}
    phone.do("addRecommendation", vote)
    phone.do("addRecommendation", {**vote, "person_name": "Bert", "vote_type": 1})

    def told() -> list[Any]:
        return [
            *(viewing["watched_at"] for imdb_id in (MATRIX, HEAT) for viewing in phone.movies[imdb_id]["viewings"]),
            *((vote["vote_type"], vote["date_recommended"]) for vote in phone.movies[HEAT]["recommendations"]),
        ]

    before = told()
    phone.sync()
    assert told() == before == [at / 1000, at / 1000, (False, at / 1000), (True, at / 1000)]
    assert (phone.conflicts, phone.rejections) == ([], [])
    assert_in_step(phone)


def test_a_conflict_is_reported_with_the_servers_state_and_not_shown_as_done(phone: Client, tablet: Client) -> None:
    phone.do("addMovie", {"imdb_id": MATRIX})
    phone.sync()
    tablet.sync()
    tablet.do("updateMovieStatus", {"imdb_id": MATRIX, "status": "watched"})
    tablet.sync()
    phone.do("updateMovieStatus", {"imdb_id": MATRIX, "status": "deleted"})
    assert phone.movies[MATRIX]["status"] == "deleted"
    phone.sync()
    (report,) = phone.conflicts
    assert report["server_state"]["status"] == "watched"
    assert phone.movies[MATRIX]["status"] == "watched"
    assert_in_step(phone, tablet)


def test_two_devices_that_change_different_things_of_one_movie_both_win(phone: Client, tablet: Client) -> None:
    phone.do("addMovie", {"imdb_id": MATRIX})
    phone.sync()
    tablet.sync()
    tablet.do("addRecommendation", {"imdb_id": MATRIX, "person_name": "Alma"})
    phone.do("watchMovie", {"imdb_id": MATRIX, "my_rating": 7.0})
    for device in (tablet, phone, tablet):
        device.sync()
    assert phone.movies[MATRIX]["status"] == "watched"
    assert len(phone.movies[MATRIX]["recommendations"]) == 1
    assert phone.conflicts == tablet.conflicts == []
    assert_in_step(phone, tablet)


def test_the_devices_own_changes_are_no_conflict_when_it_goes_on_before_it_has_pulled(phone: Client) -> None:
    phone.do("addMovie", {"imdb_id": MATRIX})
    phone.sync()
    for status in ("watched", "deleted", "toWatch"):
        phone.do("updateMovieStatus", {"imdb_id": MATRIX, "status": status})
        phone.push()
    phone.pull()
    assert phone.conflicts == []
    assert phone.movies[MATRIX]["status"] == "toWatch"
    assert_in_step(phone)


def test_a_person_that_was_renamed_on_another_device_gets_no_twin(phone: Client, tablet: Client) -> None:
    phone.do("addPerson", {"name": "Alma"})
    phone.sync()
    tablet.sync()
    tablet.do("updatePerson", {"name": "Alma", "new_name": "Alma Senior"})
    tablet.sync()
    phone.do("addRecommendation", {"imdb_id": MATRIX, "person_name": "Alma"})
    phone.sync()
    tablet.sync()
    assert phone.movies[MATRIX]["recommendations"][0]["person_name"] == "Alma Senior"
    assert "Alma" not in phone.people
    assert_in_step(phone, tablet)


def test_more_actions_than_a_batch_takes_go_in_several(phone: Client) -> None:
    ids = [f"tt{number:07}" for number in range(1, 251)]
    for imdb_id in ids:
        phone.do("addMovie", {"imdb_id": imdb_id})
    phone.sync()
    assert set(ids) == set(phone.movies)
    assert_in_step(phone)


def test_pages_of_one_change_each_add_up_while_others_write(devices: Devices, phone: Client, browser: Any) -> None:
    for imdb_id in (MATRIX, HEAT, ALIEN):
        browser.post(f"/api/movies/{imdb_id}/recommendations", json={"person_name": "Alma"})
    slow = devices.make("slow", logged_in=False, page_size=1)
    slow.login(EMAIL, PASSWORD)
    pages = 0
    take = slow._stage

    def take_and_disturb(page: dict[str, Any]) -> None:
        nonlocal pages
        pages += 1
        take(page)
        if page["has_more"]:
            assert shown(slow) == {"movies": {}, "people": {}, "lists": {}}  # nothing half
        if any(person["name"] == "Alma" for person in page["people"]):
            browser.delete("/api/people/Alma")
        if pages % 4 == 1 and pages < 20:
            browser.put(f"/api/movies/{HEAT}/status", json={"status": ("watched", "toWatch")[pages // 4 % 2]})

    slow._stage = take_and_disturb
    slow.pull()
    assert pages >= 8
    assert "Alma" not in slow.people
    assert_in_step(slow)


def test_a_pull_that_was_interrupted_goes_on_where_it_was(devices: Devices, phone: Client, browser: Any) -> None:
    for imdb_id in (MATRIX, HEAT, ALIEN):
        browser.put(f"/api/movies/{imdb_id}/status", json={"status": "watched"})
    slow = devices.make("slow", logged_in=False, page_size=1)
    slow.login(EMAIL, PASSWORD)
    take, taken = slow._stage, []

    def take_three(page: dict[str, Any]) -> None:
        if len(taken) == 3:
            raise KeyboardInterrupt
        taken.append(page["cursor"])
        take(page)

    slow._stage = take_three
    with pytest.raises(KeyboardInterrupt):
        slow.pull()
    slow = devices.again(slow, page_size=1)
    assert shown(slow) == {"movies": {}, "people": {}, "lists": {}}
    assert slow._get("page") == taken[-1]
    slow.pull()
    assert_in_step(slow)


def test_a_deleted_record_goes_from_every_device(phone: Client, tablet: Client) -> None:
    phone.do("addRecommendation", {"imdb_id": MATRIX, "person_name": "Alma"})
    phone.do("addList", {"id": "list-1", "name": "Rainy Sundays"})
    phone.sync()
    tablet.sync()
    tablet.do("deletePerson", {"name": "Alma"})
    tablet.do("deleteList", {"id": "list-1"})
    tablet.sync()
    phone.sync()
    assert "Alma" not in phone.people
    assert phone.lists == {}
    assert phone.movies[MATRIX]["recommendations"] == []
    assert_in_step(phone, tablet)


def test_a_dead_token_logs_out_and_keeps_the_queue(phone: Client, browser: Any) -> None:
    browser.post("/api/auth/password", json={"current_password": PASSWORD, "new_password": "another long secret"})
    phone.do("addMovie", {"imdb_id": MATRIX})
    for _ in range(2):
        with pytest.raises(LoggedOut):
            phone.sync()
    assert phone.unsent == 1
    assert phone.movies[MATRIX]["status"] == "toWatch"
    phone.login(EMAIL, "another long secret")
    phone.sync()
    assert_in_step(phone)


def test_a_wrong_password_is_refused_and_changes_nothing(phone: Client) -> None:
    with pytest.raises(Refused) as refused:
        phone.login(EMAIL, "wrong")
    assert refused.value.args == (401, "bad_credentials")
    phone.sync()


def test_another_accounts_login_is_refused_so_that_no_user_gets_anothers_queue(phone: Client, ben: Any) -> None:
    phone.do("addMovie", {"imdb_id": MATRIX})
    with pytest.raises(Refused) as refused:
        phone.login("ben@example.com", PASSWORD)
    assert refused.value.args == (410, "wrong_user")
    phone.sync()
    assert MATRIX in truth(phone)["movies"]


@pytest.mark.parametrize("data", [{"name": "x" * 100_001}, {"name": float("nan")}, {"name": "\ud800"}, {"x": 10**400}])
def test_what_could_never_be_sent_is_not_queued(phone: Client, data: dict[str, Any]) -> None:
    with pytest.raises(ValueError):
        phone.do("addPerson", data)
    assert phone.unsent == 0


def test_a_queue_of_the_largest_actions_fits_into_requests(phone: Client) -> None:
    for number in range(101):
        phone.do("addPerson", {"name": f"Name {number}", "note": "ж" * 49_000})
    phone.sync()
    assert len(phone.people) == 4 + 101
    assert_in_step(phone)


def test_no_other_user_of_the_machine_may_read_the_file(devices: Devices, phone: Client, tmp_path: Path) -> None:
    phone.do("addMovie", {"imdb_id": MATRIX})
    files = list(tmp_path.glob("phone.sqlite*"))
    assert files
    assert {stat.S_IMODE(file.stat().st_mode) for file in files} == {0o600}


def test_no_server_at_all_is_unreachable_and_nothing_is_lost(devices: Devices) -> None:
    phone = devices.make("phone", "http://127.0.0.1:9", logged_in=False, attempts=2)
    phone.do("addMovie", {"imdb_id": MATRIX})
    with pytest.raises(Unreachable):
        phone.sync()
    assert phone.unsent == 1
