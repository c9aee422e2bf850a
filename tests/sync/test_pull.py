from typing import Any

import pytest
from support.client import Client
from support.shapes import LIST, MOVIE, PERSON, assert_problem, assert_shape
from support.wall_clock import WallClock

from .below import Remove
from .wire import ALIEN, HEAT, MATRIX, Wire, action

IDS = {"movies": [str], "people": [int], "lists": [str]}
ANSWER = {
    "movies": [MOVIE | {"rev": int}],
    "people": [PERSON | {"rev": int}],
    "lists": [LIST | {"rev": int}],
    "deleted_movie_ids": [str],
    "deleted": IDS,
    "full_sync": bool,
    "has_more": bool,
    "next_offset": (int, type(None)),
    "rev": int,
    "timestamp": float,
    "server_timestamp": float,
    "cursor": (str, type(None)),
}


@pytest.fixture
def full_library(wire: Wire) -> None:
    """A library with something of each kind, and something deleted of each kind."""
    wire.do("addRecommendation", imdb_id=MATRIX, person_name="Anna")
    wire.do("watchMovie", imdb_id=MATRIX, my_rating=9)
    wire.do("addMovie", imdb_id=HEAT)
    wire.do("updateMovieStatus", imdb_id=HEAT, status="deleted")
    wire.do("addList", id="list", name="Rainy Sundays")
    wire.do("updateMovieStatus", imdb_id=ALIEN, status="custom", custom_list_id="list")
    wire.do("addPerson", name="Ben")
    wire.do("deletePerson", name="Ben")
    wire.do("addList", id="other", name="Other")
    wire.do("deleteList", id="other")


# By time, as older clients do


@pytest.mark.usefixtures("full_library")
def test_a_pull_by_time_has_the_keys_that_both_generations_of_clients_read(wire: Wire) -> None:
    everything = wire.get("/api/sync").json
    assert_shape(everything, ANSWER | {"live_ids": IDS})
    changed = wire.get("/api/sync", since=everything["timestamp"]).json
    assert_shape(changed, ANSWER)
    assert everything["timestamp"] == everything["server_timestamp"]
    assert everything["next_offset"] is None


@pytest.mark.usefixtures("full_library")
def test_records_are_as_the_rest_api_shows_them_with_their_rev(wire: Wire, client: Client) -> None:
    pulled = wire.since()
    for path, kind in (("/api/movies", "movies"), ("/api/people", "people"), ("/api/lists", "lists")):
        shown = client.get(path).json
        given = [{key: value for key, value in record.items() if key != "rev"} for record in pulled.pages[0][kind]]
        assert sorted(given, key=str) == sorted(shown, key=str)


@pytest.mark.usefixtures("full_library")
def test_a_movie_with_status_deleted_is_given_and_named_as_deleted(wire: Wire) -> None:
    pulled = wire.since()
    assert pulled.movies[HEAT]["status"] == "deleted"
    assert pulled.deleted_movie_ids == [HEAT]
    assert pulled.deleted["movies"] == []


def test_the_timestamp_handed_back_gives_nothing_twice_and_misses_nothing(wire: Wire, clock: WallClock) -> None:
    since = wire.since().timestamp
    assert wire.since(since).is_empty
    for imdb_id in (MATRIX, HEAT, ALIEN):  # the clock stands still: all of them happen at one time
        wire.do("addMovie", imdb_id=imdb_id)
        pulled = wire.since(since)
        assert set(pulled.movies) == {imdb_id}
        assert not pulled.full_sync
        since = pulled.timestamp


def test_the_returned_timestamp_is_exact_also_when_the_servers_clock_was_set_back(wire: Wire, clock: WallClock) -> None:
    wire.do("addMovie", imdb_id=MATRIX)
    since = wire.since().timestamp
    clock.time -= 86_400
    assert wire.since(since).is_empty
    wire.do("addMovie", imdb_id=HEAT)
    pulled = wire.since(since)
    assert set(pulled.movies) == {HEAT}
    assert pulled.timestamp > since
    assert not pulled.full_sync


def test_a_time_that_the_server_did_not_give_is_taken_five_minutes_earlier(wire: Wire, clock: WallClock) -> None:
    clock.time += 1000
    wire.do("addMovie", imdb_id=MATRIX)
    clock.time += 100
    wire.do("addMovie", imdb_id=HEAT)
    added = clock.time
    clock.time += 1000
    wire.do("addMovie", imdb_id=ALIEN)
    assert set(wire.since(added + 299.9).movies) == {HEAT, ALIEN}
    assert set(wire.since(added + 300.1).movies) == {ALIEN}
    assert set(wire.since(added + 150).movies) == {MATRIX, HEAT, ALIEN}


@pytest.mark.usefixtures("full_library")
@pytest.mark.parametrize("ahead", [0.0, -1.0, 1e300, "future"])
def test_a_time_of_zero_or_the_future_gives_the_whole_library(wire: Wire, clock: WallClock, ahead: float | str) -> None:
    since = clock.time + 1 if isinstance(ahead, str) else ahead
    pulled = wire.since(since)
    assert pulled.full_sync
    assert set(pulled.movies) == {MATRIX, HEAT, ALIEN}
    assert len(pulled.people) == 5
    assert set(pulled.lists) == {"list"}
    live = pulled.pages[0]["live_ids"]
    assert {kind: set(keys) for kind, keys in live.items()} == {
        "movies": set(pulled.movies),
        "people": set(pulled.people),
        "lists": set(pulled.lists),
    }


def test_a_time_before_the_horizon_gives_the_whole_library(wire: Wire, clock: WallClock) -> None:
    wire.do("addMovie", imdb_id=MATRIX)
    since = wire.since().timestamp
    clock.time += 86_400
    wire.do("addMovie", imdb_id=HEAT)
    clock.time += 180 * 86_400
    assert not wire.since(since).full_sync  # all that happened after it is remembered
    clock.time += 1
    assert wire.since(since).full_sync
    assert set(wire.since(since).movies) == {MATRIX, HEAT}


def test_a_library_that_rested_longer_than_the_horizon_is_not_given_again(wire: Wire, clock: WallClock) -> None:
    wire.do("addMovie", imdb_id=MATRIX)
    pulled = wire.pull()
    clock.time += 400 * 86_400
    assert not wire.since(pulled.timestamp).full_sync
    assert wire.pull(pulled.cursor).is_empty
    wire.do("addMovie", imdb_id=HEAT)
    assert set(wire.since(pulled.timestamp).movies) == {HEAT}
    assert set(wire.pull(pulled.cursor).movies) == {HEAT}


@pytest.mark.parametrize("since", ["nan", "inf", "yesterday", "", "1e999"])
def test_a_since_that_is_no_time_is_422(wire: Wire, since: str) -> None:
    assert_problem(wire.get("/api/sync", since=since), 422, "validation_error")
    assert_problem(wire.get(since=since), 422, "validation_error")


def test_what_was_deleted_since_is_named(wire: Wire, remove: Remove) -> None:
    wire.do("addRecommendation", imdb_id=MATRIX, person_name="Anna")
    wire.do("addList", id="list", name="List")
    before = wire.since()
    wire.do("deletePerson", name="Anna")
    wire.do("deleteList", id="list")
    remove(MATRIX)
    for after in (wire.since(before.timestamp), wire.pull(before.cursor)):
        person_id = before.person("Anna")["id"]
        assert after.deleted == {"movies": [MATRIX], "people": [person_id], "lists": ["list"]}
        assert after.deleted_movie_ids == [MATRIX]
        assert not after.movies


def test_what_was_deleted_and_made_again_is_given_and_not_named_as_deleted(wire: Wire, remove: Remove) -> None:
    wire.do("addMovie", imdb_id=MATRIX)
    wire.do("addList", id="list", name="List")
    before = wire.pull()
    remove(MATRIX)
    wire.do("deleteList", id="list")
    wire.do("addMovie", imdb_id=MATRIX)
    wire.do("addList", id="list", name="List")
    after = wire.pull(before.cursor)
    assert set(after.movies) == {MATRIX}
    assert set(after.lists) == {"list"}
    assert not any(after.deleted.values())


# What hangs on a record changes it


def test_what_changes_a_movies_json_gives_the_movie_again(wire: Wire) -> None:
    wire.do("addRecommendation", imdb_id=MATRIX, person_name="Anna")
    wire.do("addList", id="list", name="List")
    wire.do("updateMovieStatus", imdb_id=MATRIX, status="custom", custom_list_id="list")
    for name, data in (
        ("updatePerson", {"name": "Anna", "new_name": "Anne"}),
        ("deleteList", {"id": "list"}),
        ("watchMovie", {"imdb_id": MATRIX, "my_rating": 5}),
        ("updateRating", {"imdb_id": MATRIX, "my_rating": 6}),
        ("updateRecommendation", {"imdb_id": MATRIX, "person_name": "Anne", "vote_type": False}),
        ("removeRecommendation", {"imdb_id": MATRIX, "person_name": "Anne"}),
        ("addRecommendation", {"imdb_id": MATRIX, "person_name": "Anne"}),
        ("deletePerson", {"name": "Anne"}),
    ):
        before = wire.pull()
        wire.do(name, **data)
        after = wire.pull(before.cursor)
        assert set(after.movies) == {MATRIX}, name
        assert after.movies[MATRIX] != before.movies[MATRIX], name
        assert after.movies[MATRIX]["last_modified"] > before.movies[MATRIX]["last_modified"], name


def test_a_vote_gives_the_person_again_whose_movies_are_counted(wire: Wire) -> None:
    wire.do("addPerson", name="Anna")
    cursor = wire.cursor()
    wire.do("addRecommendation", imdb_id=MATRIX, person_name="Anna")
    assert wire.pull(cursor).person("Anna")["movie_count"] == 1
    cursor = wire.cursor()
    wire.do("removeRecommendation", imdb_id=MATRIX, person_name="Anna")
    assert wire.pull(cursor).person("Anna")["movie_count"] == 0


# In pages, by cursor


@pytest.mark.usefixtures("full_library")
def test_a_page_has_the_same_keys(wire: Wire) -> None:
    assert_shape(wire.page(), ANSWER)
    assert_shape(wire.page(limit=1), ANSWER)


@pytest.mark.usefixtures("full_library")
@pytest.mark.parametrize("limit", [1, 2, 3, 7, 100, 500])
def test_pages_of_any_size_give_the_same_library_and_come_to_an_end(wire: Wire, limit: int) -> None:
    pulled, whole = wire.pull(limit=limit), wire.since()
    assert (pulled.movies, pulled.people, pulled.lists) == (whole.movies, whole.people, whole.lists)
    assert pulled.full_sync
    records = [sum(len(page[kind]) for kind in ("movies", "people", "lists")) for page in pulled.pages]
    assert all(count <= limit for count in records)
    assert sum(records) == len(whole.movies) + len(whole.people) + len(whole.lists)
    assert not any(pulled.deleted.values())  # it never had what was deleted before it began
    assert wire.pull(pulled.cursor).is_empty


def test_a_page_that_holds_all_is_the_last(wire: Wire) -> None:
    start = wire.cursor()
    wire.add(MATRIX, HEAT)
    assert wire.page(start, limit=1)["has_more"]
    assert not wire.page(start, limit=2)["has_more"]
    assert not wire.page(start, limit=3)["has_more"]


def test_a_page_holds_100_unless_asked_otherwise_and_500_at_most(wire: Wire) -> None:
    start = wire.cursor()
    wire.push(*(action("addMovie", imdb_id=f"tt{number:07}") for number in range(500)))
    wire.push(*(action("addMovie", imdb_id=f"tt{number:07}") for number in range(500, 501)))
    assert len(wire.get(cursor=start).json["movies"]) == 100
    assert len(wire.page(start, limit=500)["movies"]) == 500
    assert len(wire.page(start, limit=10_000)["movies"]) == 500
    assert wire.page(start, limit=10_000)["has_more"]
    assert_problem(wire.get(limit=0), 422, "validation_error")
    assert_problem(wire.get(limit=-1), 422, "validation_error")
    assert_problem(wire.get(limit="many"), 422, "validation_error")


def test_a_later_pull_says_that_it_is_not_everything(wire: Wire) -> None:
    pulled = wire.pull(limit=2)
    assert [page["full_sync"] for page in pulled.pages] == [True] * len(pulled.pages)
    wire.add(MATRIX, HEAT)
    later = wire.pull(pulled.cursor, limit=1)
    assert [page["full_sync"] for page in later.pages] == [False, False]


def test_each_page_says_everything_of_a_first_pull_also_beyond_the_head_that_it_began_at(wire: Wire) -> None:
    first = wire.page(limit=3)
    wire.add(MATRIX, HEAT, ALIEN)
    rest = wire.pull(first["cursor"], limit=1)
    assert [page["full_sync"] for page in rest.pages] == [True] * 4


def test_a_record_that_changes_while_a_client_pages_comes_again_and_hides_no_other(wire: Wire) -> None:
    start = wire.cursor()
    wire.add(MATRIX, HEAT, ALIEN)
    first = wire.page(start, limit=1)
    wire.do("updateMovieStatus", imdb_id=MATRIX, status="watched")
    wire.do("updateMovieStatus", imdb_id=HEAT, status="watched")
    rest = wire.pull(first["cursor"], limit=1)
    given = [movie["imdb_id"] for page in rest.pages for movie in page["movies"]]
    assert given == [ALIEN, MATRIX, HEAT]
    assert rest.movies[HEAT]["status"] == "watched"


def test_what_is_deleted_while_a_first_pull_pages_is_named_also_if_it_was_given(wire: Wire) -> None:
    wire.do("addPerson", name="Anna")
    wire.do("addPerson", name="Ben")
    wire.do("addMovie", imdb_id=MATRIX)
    anna, ben = wire.person("Anna")["id"], wire.person("Ben")["id"]
    first = wire.page(limit=5)
    assert anna in [person["id"] for person in first["people"]]
    wire.do("deletePerson", name="Anna")
    wire.do("deletePerson", name="Ben")
    rest = wire.pull(first["cursor"], limit=1)
    assert rest.deleted["people"] == [anna, ben]
    assert rest.names() == set()


def test_a_page_does_not_skip_the_rest_of_a_commit_that_it_cuts(wire: Wire) -> None:
    start = wire.cursor()
    ids = [f"tt{number:07}" for number in range(50)]
    wire.push(*(action("addMovie", imdb_id=imdb_id) for imdb_id in ids))
    assert sorted(wire.pull(start, limit=7).movies) == ids


def test_a_writer_between_every_two_pages_does_not_make_a_pull_endless_or_leaky(wire: Wire) -> None:
    ids = [f"tt{number:07}" for number in range(10)]
    wire.push(*(action("addMovie", imdb_id=imdb_id) for imdb_id in ids))
    pulled, cursor, page = set(), None, {"has_more": True}
    for round_trip in range(100):
        page = wire.page(cursor, limit=2)
        cursor = page["cursor"]
        pulled |= {movie["imdb_id"] for movie in page["movies"]}
        if not page["has_more"]:
            break
        wire.do("updateMovieStatus", imdb_id=ids[0], status=("watched", "toWatch")[round_trip % 2])
    assert not page["has_more"]
    assert pulled == set(ids)


@pytest.mark.usefixtures("full_library")
def test_an_unchanged_library_is_answered_by_304(wire: Wire, client: Client) -> None:
    cursor = wire.cursor()
    for path in ("/api/sync?since=1", f"/api/sync/changes?cursor={cursor}"):
        tag = client.get(path).headers["ETag"]
        assert client.get(path, headers={"If-None-Match": tag}).status_code == 304
    wire.do("addMovie", imdb_id="tt0000001")
    assert client.get(path, headers={"If-None-Match": tag}).status_code == 200


# In pages, by time and offset


def pull_by_offset(wire: Wire, since: float, limit: int) -> list[dict[str, object]]:
    """The pages of a pull by time."""
    pages, offset = [], 0
    while len(pages) < 200:
        answer = wire.get(since=repr(since), limit=limit, offset=offset)
        assert answer.status_code == 200, answer.text
        pages.append(answer.json)
        if not answer.json["has_more"]:
            return pages
        assert answer.json["cursor"] is None
        offset = answer.json["next_offset"]
        assert offset < 2**53
    raise AssertionError("the pull does not end")


def sets_of(ids: Any) -> dict[str, set[str]]:
    """The ids of each kind."""
    return {kind: set(of_kind) for kind, of_kind in ids.items()}


@pytest.mark.usefixtures("full_library")
@pytest.mark.parametrize("limit", [1, 2, 5, 100])
def test_a_pull_by_time_in_pages_gives_the_same(wire: Wire, limit: int) -> None:
    pages = pull_by_offset(wire, 0, limit)
    whole = wire.since()
    assert [each["imdb_id"] for page in pages for each in page["movies"]] != []  # type: ignore[attr-defined,index]
    for kind, key in (("movies", "imdb_id"), ("people", "id"), ("lists", "id")):
        given = {each[key]: each for page in pages for each in page[kind]}  # type: ignore[attr-defined]
        assert given == whole.kind(kind)
    assert all(page["full_sync"] for page in pages)
    assert pages[-1]["next_offset"] is None
    assert sets_of(pages[-1]["live_ids"]) == sets_of(wire.get("/api/sync").json["live_ids"])  # in no order
    assert [page for page in pages[:-1] if "live_ids" in page] == []
    assert wire.pull(str(pages[-1]["cursor"])).is_empty
    assert wire.since(float(str(pages[-1]["timestamp"]))).is_empty


def test_a_pull_by_time_in_pages_gives_what_changes_between_pages(wire: Wire) -> None:
    since = wire.since().timestamp
    wire.add(MATRIX, HEAT, ALIEN)
    first = wire.get(since=repr(since), limit=1).json
    wire.do("updateMovieStatus", imdb_id=HEAT, status="watched")
    second = wire.get(since=repr(since), limit=1, offset=first["next_offset"]).json
    third = wire.get(since=repr(since), limit=1, offset=second["next_offset"]).json
    assert [page["movies"][0]["imdb_id"] for page in (first, second, third)] == [MATRIX, ALIEN, HEAT]
    assert third["movies"][0]["status"] == "watched"
    assert not third["has_more"]
    assert wire.since(third["timestamp"]).is_empty


def test_an_offset_that_the_server_did_not_give_starts_over(wire: Wire) -> None:
    wire.add(MATRIX, HEAT)
    first = wire.get(since=0, limit=5).json
    for offset in (1, 100, first["next_offset"] + 1, 2**62):
        assert wire.get(since=0, limit=5, offset=offset).json == first
    assert_problem(wire.get(since=0, offset=-1), 422, "validation_error")
    assert_problem(wire.get(since=0, offset=2**63), 422, "validation_error")


def test_a_whole_pull_stays_whole_though_its_time_comes_to_be_known_between_pages(wire: Wire, clock: WallClock) -> None:
    wire.add(MATRIX, HEAT)
    since = clock.time + 1000  # a client whose clock is ahead
    first = wire.get(since=repr(since), limit=5).json
    assert first["full_sync"]
    clock.time += 2000
    second = wire.get(since=repr(since), limit=5, offset=first["next_offset"]).json
    assert second["full_sync"]
    assert [movie["imdb_id"] for movie in second["movies"]] == [HEAT]


def test_a_pull_whose_time_passes_the_horizon_between_two_pages_starts_over_whole(wire: Wire, clock: WallClock) -> None:
    since = wire.since().timestamp
    for imdb_id in (MATRIX, HEAT):
        clock.time += 1
        wire.do("addMovie", imdb_id=imdb_id)
    first = wire.get(since=repr(since), limit=1).json
    assert not first["full_sync"]
    clock.time += 180 * 86_400
    second = wire.get(since=repr(since), limit=100, offset=first["next_offset"]).json
    assert second["full_sync"]
    assert {movie["imdb_id"] for movie in second["movies"]} == {MATRIX, HEAT}
    assert len(second["people"]) == 4
