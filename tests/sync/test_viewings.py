"""Occasions of watching in queued actions: every field of each is one of its own, and what is removed stays so."""

from datetime import UTC, datetime
from typing import Any

import pytest
from support.wall_clock import WallClock

from .wire import HEAT, MATRIX, Json, Pulled, Wire, action, codes, statuses, told

DAY = 86_400.0
FIRST = "3c5d0a52-5a0e-4d8e-9e27-0f2a6c1b7d90"
SECOND = "5d0c3a52-5a0e-4d8e-9e27-0f2a6c1b7d91"


def viewing(name: str, viewing_id: str = FIRST, imdb_id: str = MATRIX, **said: Any) -> Json:
    return action(f"{name}Viewing", imdb_id=imdb_id, id=viewing_id, **said)


@pytest.fixture
def seen(wire: Wire) -> Pulled:
    """What a device knows: a title that was watched in 1999."""
    wire.push(viewing("add", watched_on="1999", rating=7))
    return wire.pull()


def late(wire: Wire, seen: Pulled, *items: Json) -> list[Json]:
    """The results of actions whose user saw what ``seen`` holds."""
    rev = seen.movies[MATRIX]["rev"]
    return wire.push(*(told(item, base_rev=rev) for item in items), cursor=seen.cursor)


def test_two_devices_that_change_different_fields_of_a_viewing_both_win(wire: Wire, seen: Pulled) -> None:
    assert wire.push(viewing("update", note="with Anna"))[0]["status"] == "applied"
    assert statuses(late(wire, seen, viewing("update", watched_on="1999-06"))) == ["applied"]
    (found,) = wire.movie(MATRIX)["viewings"]
    assert (found["note"], found["watched_on"], found["rating"]) == ("with Anna", "1999-06", 7.0)


def test_the_same_field_of_a_viewing_set_to_another_value_is_a_conflict(wire: Wire, seen: Pulled) -> None:
    wire.push(viewing("update", note="with Anna"))
    (result,) = late(wire, seen, viewing("update", note="alone"))
    assert (result["status"], result["server_state"]["viewings"][0]["note"]) == ("conflict", "with Anna")
    assert statuses(late(wire, seen, viewing("update", note="with Anna"))) == ["noop"]


def test_two_devices_add_a_viewing_each(wire: Wire, seen: Pulled) -> None:
    wire.push(viewing("add", SECOND, watched_on="2001"))
    third = "00000000-5a0e-4d8e-9e27-0f2a6c1b7d91"
    assert statuses(late(wire, seen, viewing("add", third, watched_on="2003"))) == ["applied"]
    assert [each["id"] for each in wire.movie(MATRIX)["viewings"]] == [third, SECOND, FIRST]


def test_adding_one_leaves_what_another_device_made_of_the_title_meanwhile(wire: Wire, seen: Pulled) -> None:
    wire.push(
        action("updateMovieStatus", imdb_id=MATRIX, status="deleted"),
        action("updateRating", imdb_id=MATRIX, my_rating=3),
    )
    assert statuses(late(wire, seen, viewing("add", SECOND, watched_on="2001", rating=9))) == ["applied"]
    found = wire.movie(MATRIX)
    assert (found["status"], found["my_rating"], len(found["viewings"])) == ("deleted", 3.0, 2)


def test_a_removed_viewing_is_not_resurrected(wire: Wire, seen: Pulled) -> None:
    assert statuses(wire.push(viewing("remove"))) == ["applied"]
    assert codes(late(wire, seen, viewing("update", note="late"), viewing("add", rating=9))) == ["deleted"] * 2
    assert codes(wire.push(viewing("add"))) == ["deleted"], "also for one who knows"
    assert statuses(wire.push(viewing("remove"))) == ["noop"]
    assert wire.movie(MATRIX)["viewings"] == []


def test_removing_what_another_device_has_changed_is_a_conflict(wire: Wire, seen: Pulled) -> None:
    wire.push(viewing("update", rating=2))
    assert statuses(late(wire, seen, viewing("remove"))) == ["conflict"]
    pulled = wire.pull()
    assert statuses(late(wire, pulled, viewing("remove"))) == ["applied"]


def test_a_viewing_made_in_a_batch_can_be_changed_and_removed_in_it(wire: Wire) -> None:
    queue = [viewing("add", watched_on="1999"), viewing("update", note="loud"), viewing("remove"), viewing("add")]
    results = wire.push(*(told(item, id=str(number)) for number, item in enumerate(queue)))
    assert statuses(results) == ["applied", "applied", "applied", "conflict"]


def test_what_is_wrong_is_rejected_and_changes_nothing(wire: Wire, seen: Pulled, bens_wire: Wire) -> None:
    bens_wire.push(viewing("add", SECOND, HEAT))
    wire.add(HEAT)
    before = wire.pull()
    results = wire.push(
        viewing("update", SECOND, note="of nobody here"),
        viewing("update", FIRST, HEAT, note="of another title"),
        viewing("add", FIRST, HEAT),
        viewing("add", SECOND, watched_on="2026-02-30"),
        viewing("add", SECOND, watched_on="1999", watched_at=1.7e9),
        viewing("add", SECOND, watched_at=4e9),
        viewing("add", "1"),
        viewing("update", FIRST, note="x" * 1_000_000),
        action("updateRating", imdb_id=MATRIX),
    )
    assert statuses(results) == ["rejected"] * len(results)
    assert wire.pull().movies == before.movies


def test_watching_offline_on_two_devices_tells_the_second_of_the_first(wire: Wire) -> None:
    wire.add(MATRIX)
    seen = wire.pull()
    wire.push(action("watchMovie", imdb_id=MATRIX, my_rating=8, date_watched=1_700_000_000))
    watch = action("watchMovie", imdb_id=MATRIX, my_rating=6, date_watched=1_700_090_000)
    assert statuses(late(wire, seen, watch)) == ["conflict"]


def test_the_newest_client_marks_a_title_as_watched_without_a_rating(wire: Wire) -> None:
    for rating, status in (({"my_rating": None}, "applied"), ({}, "noop")):
        item = action("markWatched", imdb_id=MATRIX, date_watched=1_700_000_000, **rating)
        assert statuses(wire.push(item)) == [status]
    found = wire.movie(MATRIX)
    assert (found["status"], found["my_rating"], len(found["viewings"])) == ("watched", None, 1)


def test_a_rating_is_taken_away_by_null(wire: Wire, seen: Pulled) -> None:
    assert statuses(late(wire, seen, action("updateRating", imdb_id=MATRIX, rating=None))) == ["applied"]
    assert wire.movie(MATRIX)["my_rating"] is None


def test_a_viewing_that_is_rated_leaves_what_another_device_thinks_of_the_title_meanwhile(
    wire: Wire, seen: Pulled
) -> None:
    wire.push(action("updateRating", imdb_id=MATRIX, my_rating=3))
    assert statuses(late(wire, seen, viewing("update", rating=9))) == ["applied"]
    found = wire.movie(MATRIX)
    assert (found["my_rating"], found["viewings"][0]["rating"]) == (3.0, 9.0)


def test_watching_at_a_time_that_contradicts_the_date_of_another_device_is_a_conflict(wire: Wire, seen: Pulled) -> None:
    wire.push(viewing("update", watched_on="2001"))
    assert statuses(late(wire, seen, action("watchMovie", imdb_id=MATRIX, date_watched=1_700_000_000))) == ["conflict"]
    assert wire.movie(MATRIX)["viewings"][0]["watched_on"] == "2001"


def test_a_viewing_changed_in_one_moment_by_two_devices_can_be_changed_again(wire: Wire) -> None:
    add, change = viewing("add"), viewing("update", note="loud")
    assert (
        statuses(wire.push(told(add, timestamp=1000.0, device="phone"), told(change, timestamp=1000.0)))
        == ["applied"] * 2
    )
    assert statuses(wire.push(viewing("update", note="soft"))) == ["applied"]


# The future, by two clocks


@pytest.mark.parametrize("behind", [3 * DAY, 20 * 365 * DAY])
def test_dates_are_kept_that_only_a_server_whose_clock_is_behind_takes_for_the_future(
    wire: Wire, clock: WallClock, behind: float
) -> None:
    wire.add(HEAT)  # the server's times never go back, so it is later than this at least
    now = clock.time + DAY
    today = f"{datetime.fromtimestamp(now, UTC):%Y-%m-%d}"
    queue = [
        viewing("add", watched_on=today),
        viewing("update", watched_at=now),
        viewing("add", SECOND, watched_at=now - 60),
        action("watchMovie", imdb_id=HEAT, my_rating=8, date_watched=now),
    ]
    clock.time -= behind
    queue = [told(item, timestamp=now, id=str(number)) for number, item in enumerate(queue)]
    assert statuses(wire.push(*queue)) == ["applied"] * 4
    found = {each["id"]: (each["watched_on"], each["watched_at"]) for each in wire.movie(MATRIX)["viewings"]}
    assert found == {FIRST: (today, now), SECOND: (None, now - 60)}
    assert wire.movie(HEAT)["viewings"][0]["watched_at"] == now


@pytest.mark.parametrize(("ahead", "further"), [(0, 2 * DAY), (3 * DAY, 2 * DAY), (365 * DAY, 0), (200 * 365 * DAY, 0)])
def test_dates_beyond_the_clock_of_the_device_and_what_a_server_may_be_behind_are_refused(
    wire: Wire, clock: WallClock, ahead: float, further: float
) -> None:
    said = clock.time + ahead
    queue = [viewing("add", watched_at=said + further), action("watchMovie", imdb_id=HEAT, date_watched=said + further)]
    added, watched = wire.push(*(told(item, timestamp=said) for item in queue))
    assert (added["status"], watched["status"]) == ("rejected", "applied")
    assert wire.movie(HEAT)["viewings"][0]["watched_at"] == clock.time
