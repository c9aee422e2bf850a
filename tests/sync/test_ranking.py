"""Ranking on several devices: one record changes, and where a title is to go is what its user saw."""

from typing import Any

import pytest
from support.client import Client
from support.wall_clock import WallClock

from .devices import Family
from .wire import Json, Pulled, Wire, action, codes, told

A, B, C, D, E = IDS = [f"tt000000{number}" for number in range(1, 6)]
STRANGER = "tt9999999"

pytestmark = pytest.mark.each_database


@pytest.fixture
def seen(wire: Wire) -> Pulled:
    """What a device knows: five watched titles, of which the first three are ranked in their order."""
    for imdb_id in IDS:
        wire.do("updateMovieStatus", imdb_id=imdb_id, status="watched")
    for imdb_id, after in ((A, None), (B, A), (C, B)):
        wire.do("rankMovie", imdb_id=imdb_id, liked=True, after=after)
    return wire.pull()


def order(wire: Wire) -> tuple[str, str]:
    """The last digits of the liked titles and of the others, in the order of their keys."""
    ranked = [movie for movie in wire.pull(limit=500).movies.values() if movie["ranking"] is not None]
    ranked.sort(key=lambda movie: movie["ranking"]["order_key"])
    return tuple(  # type: ignore[return-value]
        "".join(movie["imdb_id"][-1] for movie in ranked if movie["ranking"]["liked"] is liked)
        for liked in (True, False)
    )


def rank(imdb_id: str, after: str | None, *, liked: bool = True, **more: Any) -> Json:
    return action("rankMovie", imdb_id=imdb_id, liked=liked, after=after, **more)


def late(wire: Wire, seen: Pulled, item: Json) -> Json:
    """The result of an action whose user saw what ``seen`` holds, and nothing that was done since."""
    return wire.push(told(item, base_rev=seen.pages[-1]["rev"]), cursor=seen.cursor)[0]


def outcome(result: Json) -> str:
    return str(result["code"] or result["status"])


# Placing


def test_a_title_goes_directly_after_another_or_first(wire: Wire, seen: Pulled) -> None:
    assert order(wire) == ("123", "")
    wire.do("rankMovie", imdb_id=D, liked=True, after=A)
    wire.do("rankMovie", imdb_id=E, liked=True, after=None)
    assert order(wire) == ("51423", "")
    wire.do("rankMovie", imdb_id=E, liked=True, after=C)
    wire.do("rankMovie", imdb_id=A, liked=False, after=None)
    assert order(wire) == ("4235", "1")


def test_one_record_changes(wire: Wire, seen: Pulled) -> None:
    result = wire.do("rankMovie", imdb_id=D, liked=True, after=A, comparisons=[{"winner": D, "loser": B}])
    news = wire.pull(seen.cursor)
    assert news.movies.keys() == {D}
    assert news.movies[D]["rev"] == result["rev"]


def test_a_place_that_a_title_has_already_is_a_noop(wire: Wire, seen: Pulled) -> None:
    compared = [{"winner": B, "loser": C}]
    wire.do("rankMovie", imdb_id=B, liked=True, after=A, comparisons=compared)
    for item in (rank(A, None), rank(B, A), rank(B, A, comparisons=compared), action("unrankMovie", imdb_id=E)):
        assert outcome(wire.push(item)[0]) == "noop", item


def test_a_ranking_says_when_its_user_made_it(wire: Wire, seen: Pulled, clock: WallClock) -> None:
    wire.push(told(rank(D, A), timestamp=clock.time - 5000))
    assert wire.movie(D)["ranking"]["ranked_at"] == clock.time - 5000
    wire.push(told(rank(D, None), timestamp=clock.time + 5000))
    assert wire.movie(D)["ranking"]["ranked_at"] == clock.time


def test_a_title_can_be_watched_and_ranked_in_one_batch(wire: Wire, seen: Pulled) -> None:
    results = wire.push(action("watchMovie", imdb_id=STRANGER, my_rating=8), rank(STRANGER, C))
    assert codes(results) == [None, None]
    assert order(wire) == ("1239", "")


# Two devices


def test_two_devices_that_rank_different_titles_in_one_place_both_keep_what_they_said(wire: Wire, seen: Pulled) -> None:
    assert outcome(late(wire, seen, rank(D, A))) == "applied"
    assert outcome(late(wire, seen, rank(E, A))) == "applied"
    assert order(wire) == ("15423", "")


def test_two_devices_that_rank_the_same_title_in_different_places_conflict(wire: Wire, seen: Pulled) -> None:
    assert outcome(late(wire, seen, rank(D, A))) == "applied"
    refused = late(wire, seen, rank(D, C))
    assert outcome(refused) == "conflict"
    assert refused["server_state"] == wire.movie(D)
    assert outcome(late(wire, seen, rank(D, None, liked=False))) == "conflict"
    assert outcome(late(wire, seen, action("unrankMovie", imdb_id=D))) == "conflict"
    assert outcome(late(wire, seen, rank(D, A))) == "noop"
    assert order(wire) == ("1423", "")


def test_a_ranking_does_not_conflict_with_other_fields(wire: Wire, seen: Pulled) -> None:
    wire.do("addRecommendation", imdb_id=D, person_name="Anna")
    wire.do("watchMovie", imdb_id=D, my_rating=5, date_watched=1000)
    assert outcome(late(wire, seen, rank(D, A))) == "applied"
    assert outcome(late(wire, seen, action("updateMovieStatus", imdb_id=B, status="toWatch"))) == "applied"


def test_a_title_that_one_device_ranks_and_another_takes_out_conflicts(wire: Wire, seen: Pulled) -> None:
    wire.do("unrankMovie", imdb_id=B)
    assert outcome(late(wire, seen, rank(B, C))) == "conflict"
    assert outcome(late(wire, seen, action("unrankMovie", imdb_id=B))) == "noop"


def test_devices_that_were_offline_end_with_one_ranking(family: Family) -> None:
    phone, tablet = family.phone("phone"), family.phone("tablet")
    for imdb_id, after in ((A, None), (B, A), (C, B)):
        phone.do("updateMovieStatus", imdb_id=imdb_id, status="watched")
        phone.do("rankMovie", imdb_id=imdb_id, liked=True, after=after)
    for each in (D, E):
        phone.do("updateMovieStatus", imdb_id=each, status="watched")
    phone.sync()
    tablet.sync()
    phone.do("rankMovie", imdb_id=D, liked=True, after=B)
    tablet.do("unrankMovie", imdb_id=A)
    tablet.do("rankMovie", imdb_id=B, liked=False, after=None)
    tablet.do("rankMovie", imdb_id=E, liked=True, after=C)
    tablet.sync()
    family.converge(phone, tablet)
    assert order(phone.wire) == ("435", "2")
    assert not [result for result in (phone.results | tablet.results).values() if not result["success"]]


# Where the title is no longer that it is to come after


@pytest.mark.parametrize(
    "leave",
    [
        action("updateMovieStatus", imdb_id=B, status="toWatch"),
        action("updateMovieStatus", imdb_id=B, status="deleted"),
        action("unrankMovie", imdb_id=B),
        rank(B, None, liked=False),
    ],
    ids=["not watched", "deleted", "unranked", "in the other group"],
)
def test_a_title_goes_next_to_where_the_other_one_was(wire: Wire, seen: Pulled, leave: Json) -> None:
    assert outcome(wire.push(leave)[0]) == "applied"
    assert outcome(late(wire, seen, rank(D, B))) == "applied"
    assert order(wire)[0] == "143"
    assert outcome(late(wire, seen, rank(D, B))) == "noop"
    assert outcome(wire.push(rank(D, A))[0]) == "noop"


def test_a_title_that_came_back_to_another_place_is_where_it_is_now(wire: Wire, seen: Pulled) -> None:
    wire.push(rank(B, None, liked=False), rank(B, C))
    assert outcome(late(wire, seen, rank(D, B))) == "applied"
    assert order(wire) == ("1324", "")


def test_after_a_title_that_was_deleted_the_comparisons_say_where(wire: Wire, seen: Pulled, client: Client) -> None:
    assert client.delete(f"/api/movies/{B}").status_code == 204
    compared = [{"winner": B, "loser": D}, {"winner": D, "loser": C}]
    assert outcome(late(wire, seen, rank(D, B, comparisons=compared))) == "applied"
    assert order(wire) == ("143", "")
    assert outcome(late(wire, seen, rank(E, B))) == "applied"
    assert order(wire) == ("1435", "")


def test_a_deleted_title_that_was_added_again_is_no_longer_the_one_that_was_ranked(
    wire: Wire, seen: Pulled, client: Client
) -> None:
    client.delete(f"/api/movies/{B}")
    wire.do("updateMovieStatus", imdb_id=B, status="watched")
    assert outcome(late(wire, seen, rank(D, B))) == "applied"
    assert order(wire) == ("134", "")
    assert outcome(late(wire, seen, rank(B, C))) == "recreated"


def test_a_title_that_was_hidden_and_taken_out_does_not_come_back(wire: Wire, seen: Pulled) -> None:
    wire.do("updateMovieStatus", imdb_id=B, status="toWatch")
    assert outcome(late(wire, seen, action("unrankMovie", imdb_id=B))) == "applied"
    wire.do("updateMovieStatus", imdb_id=B, status="watched")
    assert order(wire) == ("13", "")


# What cannot be


def test_what_cannot_be_ranked_is_rejected(wire: Wire, seen: Pulled, client: Client) -> None:
    wire.do("updateMovieStatus", imdb_id=E, status="toWatch")
    client.delete(f"/api/movies/{C}")
    for item, code in (
        (rank(E, A), "not_watched"),
        (rank(STRANGER, A), "movie_not_found"),
        (rank(D, STRANGER), "not_ranked"),
        (rank(A, D), "not_ranked"),
        (rank(A, A), "validation_error"),
        (rank(C, A), "deleted"),
        (action("unrankMovie", imdb_id=C), "deleted"),
        (action("unrankMovie", imdb_id=STRANGER), "movie_not_found"),
        (action("rankMovie", imdb_id=D, liked=True), "validation_error"),
        (action("rankMovie", imdb_id=D, liked=None, after=A), "validation_error"),
        (rank(D, A, comparisons=[{"winner": D, "loser": STRANGER}]), "validation_error"),
        (rank(D, A, comparisons=[{"winner": D, "loser": A}] * 10_000), "validation_error"),
        (rank(D, "1"), "validation_error"),
    ):
        assert outcome(wire.push(item)[0]) == code, item
    assert order(wire) == ("12", "")


def test_a_title_with_which_another_was_compared_may_be_deleted_meanwhile(
    wire: Wire, seen: Pulled, client: Client
) -> None:
    client.delete(f"/api/movies/{B}")
    compared = [{"winner": A, "loser": D}, {"winner": D, "loser": B}]
    assert outcome(late(wire, seen, rank(D, A, comparisons=compared))) == "applied"
    assert client.get("/api/backup/export").status_code == 200
    assert order(wire) == ("143", "")


def test_other_keys_for_neighbors_are_delivered_and_conflict_with_nothing(wire: Wire, seen: Pulled) -> None:
    """Insertions in one place, until neighbors have to give way."""

    def insert(numbers: range) -> None:
        for number in numbers:
            imdb_id = f"tt1{number:06}"
            watched = action("updateMovieStatus", imdb_id=imdb_id, status="watched")
            assert codes(wire.push(watched, rank(imdb_id, A))) == [None, None]

    insert(range(150))
    before = wire.pull(limit=500)
    expected = order(wire)
    insert(range(150, 230))
    news = wire.pull(before.cursor)
    moved = [
        imdb_id
        for imdb_id, movie in news.movies.items()
        if imdb_id in before.movies and movie["ranking"] != before.movies[imdb_id]["ranking"]
    ]
    assert moved
    keys = [movie["ranking"]["order_key"] for movie in wire.pull(limit=500).movies.values() if movie["ranking"]]
    assert len(set(keys)) == len(keys)
    assert max(map(len, keys)) < 40
    assert order(wire)[0].endswith(expected[0][1:])
    assert outcome(late(wire, before, rank(moved[0], None))) == "applied"
