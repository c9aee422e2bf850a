"""Ranking by comparison: watched titles in two groups, each in an order of its own."""

import random
from typing import Any

import pytest
from flask import Flask
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select, update
from support.client import Client
from support.shapes import TEXT_OR_NULL, assert_invalid, assert_problem, assert_shape

from movietracker.models import RANKINGS
from movietracker.services.accounts import Account
from movietracker.services.change_clock import LibraryWrite
from movietracker.services.movies import Metadata, ensure_movie, set_status
from movietracker.services.order_keys import MAX_LENGTH
from movietracker.services.transactions import library_read, library_write

UNRANKED = {"imdb_id": str, "title": str, "poster_path": TEXT_OR_NULL, "year": TEXT_OR_NULL}
ENTRY = UNRANKED | {"position": int, "score": float, "liked": bool, "ranked_at": float}
STRANGER = "tt9999999"


def imdb_id(number: int) -> str:
    """The IMDb id of a title of these tests."""
    return f"tt{number:07}"


@pytest.fixture
def watched(app: Flask, anna: Account, client: Client) -> Client:
    """A client whose library has eight watched titles, and one to watch (number 9)."""
    with app.app_context(), library_write(anna.id) as tx:
        watch_all(tx, range(1, 9))
        ensure_movie(tx, imdb_id(9))
    return client


def watch_all(tx: LibraryWrite, numbers: Any) -> None:
    """Have these titles watched."""
    for number in numbers:
        details = {"title": f"Film {number}", "year": "1999", "poster": f"https://example.com/{number}.jpg"}
        ensure_movie(tx, imdb_id(number), Metadata(tmdb_data=details))
        set_status(tx, imdb_id(number), "watched")


def insert(client: Client, number: int, position: int = 1, *, liked: bool = True, **other: Any) -> Any:
    """The entry of a title that is ranked."""
    body = {"imdb_id": imdb_id(number), "position": position, "liked": liked, **other}
    answer = client.post("/api/ranking/insert", json=body)
    assert answer.status_code == 201, answer.text
    return answer.json


def again(client: Client, number: int, position: int, *, liked: bool = True, **other: Any) -> Any:
    """The entry of a title that is ranked again."""
    answer = client.put(f"/api/ranking/{imdb_id(number)}", json={"position": position, "liked": liked, **other})
    assert answer.status_code == 200, answer.text
    return answer.json


def order(client: Client) -> tuple[str, str]:
    """The last digits of the liked titles and of the others, in the order of the ranking."""
    entries = client.get("/api/ranking").json
    groups = [[each for each in entries if each["liked"] is liked] for liked in (True, False)]
    assert entries == groups[0] + groups[1]
    for group in groups:
        assert [each["position"] for each in group] == [*range(1, len(group) + 1)]
    return tuple("".join(each["imdb_id"][-1] for each in group) for group in groups)  # type: ignore[return-value]


def set_status_of(client: Client, number: int, status: str) -> None:
    assert client.put(f"/api/movies/{imdb_id(number)}/status", json={"status": status}).status_code == 200


# Placing


@pytest.mark.each_database
def test_a_title_goes_to_its_position_in_its_group(watched: Client) -> None:
    for number, position, liked in (
        (1, 1, True),
        (2, 1, True),
        (3, 2, True),
        (4, 3, True),
        (5, 1, False),
        (6, 2, False),
    ):
        entry = insert(watched, number, position, liked=liked)
        assert_shape(entry, ENTRY)
        assert (entry["imdb_id"], entry["position"], entry["liked"]) == (imdb_id(number), position, liked)
    assert order(watched) == ("2341", "56")


@pytest.mark.each_database
def test_a_ranked_title_goes_to_another_place_in_one_step(watched: Client) -> None:
    for number in (4, 3, 2, 1):
        insert(watched, number)
    assert again(watched, 1, 3)["position"] == 3
    assert order(watched) == ("2314", "")
    assert again(watched, 4, 1)["position"] == 1
    assert order(watched) == ("4231", "")
    entry = again(watched, 2, 1, liked=False)
    assert (entry["position"], entry["liked"]) == (1, False)
    assert order(watched) == ("431", "2")
    again(watched, 2, 2, imdb_id=imdb_id(2))
    assert order(watched) == ("4231", "")


def test_a_position_beyond_the_end_is_the_last(watched: Client) -> None:
    assert insert(watched, 1, 10**9)["position"] == 1
    assert insert(watched, 2, 2**53 - 1)["position"] == 2
    assert again(watched, 1, 1_000_000_000.0)["position"] == 2
    assert order(watched) == ("21", "")


def test_the_score_falls_evenly_from_ten_to_five_and_from_five_to_one(watched: Client) -> None:
    for number in range(1, 4):
        insert(watched, number, number)
        insert(watched, number + 3, number, liked=False)
    assert [each["score"] for each in watched.get("/api/ranking").json] == [10.0, 8.3, 6.7, 5.0, 3.7, 2.3]
    assert insert(watched, 7, 2)["score"] == 8.8
    assert insert(watched, 8, 9, liked=False)["score"] == 2.0


def test_an_entry_shows_the_title_its_poster_and_its_year(watched: Client) -> None:
    watched.put(f"/api/movies/{STRANGER}/status", json={"status": "watched"})
    shown = {"title": "Film 1", "poster_path": "https://example.com/1.jpg", "year": "1999"}
    assert shown.items() <= insert(watched, 1).items()
    assert shown.items() <= watched.get("/api/ranking").json[0].items()
    unknown = next(each for each in watched.get("/api/ranking/unranked").json if each["imdb_id"] == STRANGER)
    assert unknown == {"imdb_id": STRANGER, "title": STRANGER, "poster_path": None, "year": None}


def test_the_movie_shows_its_place(watched: Client) -> None:
    entry = insert(watched, 1)
    movie = watched.get(f"/api/movies/{imdb_id(1)}").json
    assert movie["ranking"] == {"liked": True, "order_key": "V", "ranked_at": entry["ranked_at"]}
    assert movie["last_modified"] > entry["ranked_at"] - 1
    assert next(each for each in watched.get("/api/movies").json if each["imdb_id"] == imdb_id(1)) == movie
    assert watched.get(f"/api/movies/{imdb_id(2)}").json["ranking"] is None


def test_ranking_a_title_changes_no_other(watched: Client) -> None:
    for number in (1, 2, 3):
        insert(watched, number)
    before = {each["imdb_id"]: each for each in watched.get("/api/movies").json}
    insert(watched, 4, 2)
    after = {each["imdb_id"]: each for each in watched.get("/api/movies").json}
    assert {key for key, movie in after.items() if movie != before[key]} == {imdb_id(4)}


def test_what_is_said_again_changes_nothing(watched: Client) -> None:
    compared = [{"winner": imdb_id(2), "loser": imdb_id(1)}]
    insert(watched, 1)
    entry = insert(watched, 2, comparisons=compared)
    before = watched.get("/api/sync/changes").json["rev"]
    assert again(watched, 2, 1) == again(watched, 2, 1, comparisons=compared) == entry
    assert watched.get("/api/sync/changes").json["rev"] == before
    assert again(watched, 2, 1, comparisons=[])["ranked_at"] > entry["ranked_at"]


def test_a_title_is_taken_out(watched: Client) -> None:
    for number in (1, 2, 3):
        insert(watched, number)
    assert watched.delete(f"/api/ranking/{imdb_id(2)}").status_code == 204
    assert order(watched) == ("31", "")
    assert watched.get(f"/api/movies/{imdb_id(2)}").json["ranking"] is None
    assert_problem(watched.delete(f"/api/ranking/{imdb_id(2)}"), 404, "not_ranked")
    insert(watched, 2, 1)
    assert order(watched) == ("231", "")


# Titles that are no longer watched


@pytest.mark.each_database
@pytest.mark.parametrize("status", ["toWatch", "deleted"])
def test_a_title_that_is_no_longer_watched_leaves_the_ranking_and_comes_back_to_its_place(
    watched: Client, status: str
) -> None:
    for number in (3, 2, 1):
        insert(watched, number)
    place = watched.get(f"/api/movies/{imdb_id(2)}").json["ranking"]
    set_status_of(watched, 2, status)
    assert order(watched) == ("13", "")
    assert watched.get(f"/api/movies/{imdb_id(2)}").json["ranking"] is None
    assert_problem(watched.delete(f"/api/ranking/{imdb_id(2)}"), 404, "not_ranked")
    assert insert(watched, 4, 2)["position"] == 2
    set_status_of(watched, 2, "watched")
    assert watched.get(f"/api/movies/{imdb_id(2)}").json["ranking"] == place
    assert order(watched)[0] == "1423", "directly after the first, also of those that are not shown"


def test_a_title_that_is_removed_for_good_has_no_place_to_come_back_to(watched: Client) -> None:
    insert(watched, 1)
    watched.delete(f"/api/movies/{imdb_id(1)}")
    set_status_of(watched, 1, "watched")
    assert order(watched) == ("", "")


# What is not ranked


@pytest.mark.each_database
def test_watched_titles_that_are_not_ranked_come_newest_viewing_first(watched: Client) -> None:
    for number, date in ((3, 3000), (5, 5000), (4, 4000)):
        watched.put(f"/api/movies/{imdb_id(number)}/watch", json={"date_watched": date, "my_rating": 8})
    insert(watched, 4)
    insert(watched, 1)
    set_status_of(watched, 2, "toWatch")
    unranked = watched.get("/api/ranking/unranked").json
    assert_shape(unranked, [UNRANKED])
    assert [each["imdb_id"][-1] for each in unranked] == ["5", "3", "6", "7", "8"]
    watched.delete(f"/api/ranking/{imdb_id(4)}")
    assert watched.get("/api/ranking/unranked").json[1]["imdb_id"] == imdb_id(4)


# Lists


def pages(client: Client, address: str, limit: int) -> list[Any]:
    """What the pages of a list come to."""
    rows: list[Any] = []
    mark = "&" if "?" in address else "?"
    address += f"{mark}limit={limit}"
    cursor = ""
    while True:
        answer = client.get(address + cursor)
        assert len(answer.json) <= limit
        rows += answer.json
        if "X-Next-Cursor" not in answer.headers:
            return rows
        cursor = f"&cursor={answer.headers['X-Next-Cursor']}"


@pytest.mark.parametrize("limit", [1, 2, 3, 4, 5])
@pytest.mark.each_database
def test_pages_come_to_the_whole_list(watched: Client, limit: int) -> None:
    for number in (1, 2, 3):
        insert(watched, number)
    insert(watched, 4, liked=False)
    for address in ("/api/ranking", "/api/ranking/unranked", "/api/movies?sort=rank", "/api/movies?sort=-rank"):
        assert pages(watched, address, limit) == watched.get(address).json


def test_a_page_goes_on_after_the_title_it_ended_with_whatever_is_ranked_before(watched: Client) -> None:
    for number in (3, 2, 1):
        insert(watched, number)
    cursor = watched.get("/api/ranking?limit=2").headers["X-Next-Cursor"]
    insert(watched, 4)
    assert [each["imdb_id"] for each in watched.get(f"/api/ranking?cursor={cursor}").json] == [imdb_id(3)]


@pytest.mark.parametrize("address", ["/api/ranking", "/api/ranking/unranked"])
def test_a_list_that_the_client_has_is_not_sent_again(watched: Client, address: str) -> None:
    insert(watched, 1)
    tag = watched.get(address).headers["ETag"]
    assert watched.get(address, headers={"If-None-Match": tag}).status_code == 304
    insert(watched, 2)
    assert watched.get(address, headers={"If-None-Match": tag}).status_code == 200


@pytest.mark.each_database
def test_movies_are_listed_in_the_order_of_the_ranking_the_rest_last(watched: Client) -> None:
    for number, liked in ((2, True), (3, True), (5, False), (4, False)):
        insert(watched, number, 9, liked=liked)

    def digits(address: str) -> str:
        return "".join(each["imdb_id"][-1] for each in watched.get(address).json)

    assert digits("/api/movies?sort=rank") == "235416789"
    assert digits("/api/movies?sort=-rank") == "453216789"
    assert digits("/api/movies?sort=rank&status=watched") == "23541678"


# Comparisons


def test_comparisons_are_kept_with_the_ranking_until_it_is_made_anew(
    app: Flask, anna: Account, watched: Client
) -> None:
    def kept() -> str | None:
        with app.app_context(), library_read(anna.id) as read:
            row = read.execute(select(RANKINGS.c.comparisons).where(RANKINGS.c.user_id == anna.id)).one()
        comparisons: str | None = row.comparisons
        return comparisons

    first = [{"winner": imdb_id(1), "loser": imdb_id(number)} for number in (2, 3)]
    insert(watched, 1, comparisons=[each | {"why": "music"} for each in first])
    assert kept() == '[{"winner":"tt0000001","loser":"tt0000002"},{"winner":"tt0000001","loser":"tt0000003"}]'
    again(watched, 1, 1, liked=False)
    assert kept() is not None
    again(watched, 1, 1, comparisons=first[:1])
    assert kept() == '[{"winner":"tt0000001","loser":"tt0000002"}]'
    watched.delete(f"/api/ranking/{imdb_id(1)}")
    assert kept() is None


# What cannot be


def test_a_title_that_cannot_be_ranked_is_refused(watched: Client) -> None:
    insert(watched, 1)
    for number, status, code in ((1, 400, "already_ranked"), (9, 400, "not_watched"), (10, 404, "movie_not_found")):
        body = {"imdb_id": imdb_id(number), "position": 1, "liked": True}
        assert_problem(watched.post("/api/ranking/insert", json=body), status, code)
    for number, status, code in ((2, 404, "not_ranked"), (9, 400, "not_watched"), (10, 404, "movie_not_found")):
        body = {"position": 1, "liked": True}
        assert_problem(watched.put(f"/api/ranking/{imdb_id(number)}", json=body), status, code)
    assert_problem(watched.delete(f"/api/ranking/{imdb_id(2)}"), 404, "not_ranked")
    assert_problem(watched.delete(f"/api/ranking/{imdb_id(10)}"), 404, "movie_not_found")
    assert_problem(watched.delete("/api/ranking/insert"), 404, "movie_not_found")
    assert order(watched) == ("1", "")


@pytest.mark.parametrize("position", [0, -1, "1", 1.5, True, None, 2**53])
def test_a_position_that_is_none_is_refused(watched: Client, position: Any) -> None:
    body = {"imdb_id": imdb_id(1), "position": position, "liked": True}
    assert_invalid(watched.post("/api/ranking/insert", json=body), "position")
    assert order(watched) == ("", "")


@pytest.mark.parametrize(
    ("comparisons", "field"),
    [
        ([{"winner": imdb_id(1), "loser": STRANGER}], "comparisons"),
        ([{"winner": imdb_id(1), "loser": imdb_id(1)}], "comparisons[0].loser"),
        ([{"winner": imdb_id(1)}], "comparisons[0].loser"),
        ([{"winner": "603", "loser": imdb_id(2)}], "comparisons[0].winner"),
        ([{"winner": imdb_id(1), "loser": imdb_id(2)}] * 65, "comparisons"),
        ([{"winner": imdb_id(1), "loser": imdb_id(2)}] * 10_000, "comparisons"),
        ([7], "comparisons[0]"),
        ("all", "comparisons"),
    ],
)
def test_comparisons_that_say_nothing_are_refused(watched: Client, comparisons: Any, field: str) -> None:
    body = {"imdb_id": imdb_id(1), "position": 1, "liked": True, "comparisons": comparisons}
    assert_invalid(watched.post("/api/ranking/insert", json=body), field)
    assert order(watched) == ("", "")


def test_a_body_about_another_title_than_the_address_is_refused(watched: Client) -> None:
    insert(watched, 1)
    body = {"imdb_id": imdb_id(2), "position": 1, "liked": True}
    assert_invalid(watched.put(f"/api/ranking/{imdb_id(1)}", json=body), "imdb_id")
    assert_invalid(watched.put("/api/ranking/603", json=body), "imdb_id")
    assert_invalid(watched.post("/api/ranking/insert", json={"position": 1}), "liked", "imdb_id")


# Keys


@pytest.mark.each_database
def test_where_there_is_no_room_neighbors_get_other_keys_and_every_client_hears_of_them(
    app: Flask, anna: Account, watched: Client
) -> None:
    for number in range(1, 5):
        insert(watched, number, number)
    zeros = "0" * (MAX_LENGTH - 2)
    crowded = {1: "1", 2: f"V{zeros}1", 3: f"V{zeros}2", 4: "z"}
    with app.app_context(), library_write(anna.id) as tx:
        for number, key in crowded.items():
            mine = (RANKINGS.c.user_id == anna.id) & (RANKINGS.c.imdb_id == imdb_id(number))
            tx.execute(update(RANKINGS).where(mine).values(order_key=key))
    before = watched.get("/api/sync/changes").json
    insert(watched, 5, 3)
    assert order(watched) == ("12534", "")
    changed = watched.get(f"/api/sync/changes?cursor={before['cursor']}").json["movies"]
    assert {each["imdb_id"] for each in changed} == {imdb_id(number) for number in (2, 3, 5)}
    keys = [each["ranking"]["order_key"] for each in watched.get("/api/movies?sort=rank").json[:5]]
    assert keys == sorted(keys)
    assert (keys[0], keys[-1]) == ("1", "z")
    assert max(map(len, keys)) <= MAX_LENGTH


@pytest.mark.slow
def test_many_insertions_in_one_place_keep_the_order(app: Flask, anna: Account, client: Client) -> None:
    with app.app_context(), library_write(anna.id) as tx:
        watch_all(tx, range(1, 701))
    expected: list[int] = []
    for number in range(1, 701):
        position = min(2, number)
        insert(client, number, position)
        expected.insert(position - 1, number)
    assert [each["imdb_id"] for each in client.get("/api/ranking").json] == [imdb_id(number) for number in expected]
    keys = [each["ranking"]["order_key"] for each in client.get("/api/movies?sort=rank").json]
    assert max(map(len, keys)) < 40


STEPS = st.lists(
    st.tuples(
        st.sampled_from(["insert", "again", "unrank", "toWatch", "watched"]),
        st.integers(1, 8),
        st.integers(1, 9),
        st.booleans(),
    ),
    max_size=40,
)


@given(STEPS)
@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_whatever_is_done_the_ranking_is_as_in_two_plain_lists(watched: Client, steps: list[Any]) -> None:
    for entry in watched.get("/api/ranking").json:
        watched.delete(f"/api/ranking/{entry['imdb_id']}")
    groups: dict[bool, list[int]] = {True: [], False: []}
    is_watched = dict.fromkeys(range(1, 9), True)
    for number in range(1, 9):
        set_status_of(watched, number, "watched")
        watched.delete(f"/api/ranking/{imdb_id(number)}")
    for what, number, position, liked in steps:
        ranked = next((group for group in groups.values() if number in group), None)
        body = {"imdb_id": imdb_id(number), "position": position, "liked": liked}
        if what in ("toWatch", "watched"):
            set_status_of(watched, number, what)
            is_watched[number] = what == "watched"
        elif what == "unrank":
            answer = watched.delete(f"/api/ranking/{imdb_id(number)}")
            can = ranked is not None and is_watched[number]
            assert answer.status_code == (204 if can else 404)
            if can and ranked is not None:
                ranked.remove(number)
        else:
            is_new = what == "insert"
            ask = watched.post if is_new else watched.put
            answer = ask(f"/api/ranking/{'insert' if is_new else imdb_id(number)}", json=body)
            can = is_watched[number] and (ranked is None) == is_new
            assert (answer.status_code < 300) == can
            if can:
                if ranked is not None:
                    ranked.remove(number)
                shown = [each for each in groups[liked] if is_watched[each]]
                before = shown[: position - 1]
                at = groups[liked].index(before[-1]) + 1 if before else 0
                groups[liked].insert(at, number)
        shown_now = [
            "".join(str(each) for each in groups[each_liked] if is_watched[each]) for each_liked in (True, False)
        ]
        assert order(watched) == tuple(shown_now)


def test_a_ranking_of_many_titles_in_random_places_is_in_order(app: Flask, anna: Account, client: Client) -> None:
    with app.app_context(), library_write(anna.id) as tx:
        watch_all(tx, range(1, 61))
    chance, expected = random.Random(1), list[int]()
    for number in range(1, 61):
        position = chance.randint(1, number)
        insert(client, number, position)
        expected.insert(position - 1, number)
    assert [each["imdb_id"] for each in client.get("/api/ranking").json] == [imdb_id(number) for number in expected]


@pytest.mark.each_database
def test_counts_and_lists_agree_on_what_is_shown_however_a_status_changes(watched: Client) -> None:
    for number in range(1, 6):
        insert(watched, number, number)
    export = watched.get("/api/backup/export").json
    set_status_of(watched, 1, "toWatch")
    assert insert(watched, 6, 9)["position"] == 5
    list_id = watched.post("/api/lists", json={"name": "Rainy"}).json["id"]
    body = {"status": "custom", "custom_list_id": list_id}
    watched.put(f"/api/movies/{imdb_id(2)}/status", json=body)
    assert again(watched, 6, 9)["position"] == 4
    watched.delete(f"/api/lists/{list_id}")
    assert again(watched, 6, 1)["position"] == 1
    assert again(watched, 6, 9)["position"] == 4
    watched.put(f"/api/movies/{imdb_id(1)}/watch", json={"date_watched": 1000, "my_rating": 8})
    assert again(watched, 6, 9)["position"] == 5
    watched.post("/api/backup/import?mode=replace", json=export)
    assert order(watched) == ("12345", "")
    assert insert(watched, 7, 9)["position"] == 6
