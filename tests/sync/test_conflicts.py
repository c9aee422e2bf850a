"""When an action contradicts what another device did since the base, and when it does not."""

from typing import Any

import pytest
from support.client import Client
from support.shapes import MOVIE, assert_shape
from support.wall_clock import WallClock

from .below import Remove
from .wire import HEAT, MATRIX, Json, Pulled, Wire, action, codes, statuses, told

WATCHED = action("updateMovieStatus", imdb_id=MATRIX, status="watched")
TO_WATCH = action("updateMovieStatus", imdb_id=MATRIX, status="toWatch")


def outcome(result: Json) -> str:
    """What became of it, in one word: the code, or the status where there is no code."""
    return str(result["code"] or result["status"])


@pytest.fixture
def seen(wire: Wire) -> Pulled:
    """What a device knows: a watched movie with a rating, and Anna; before anybody changes anything."""
    wire.do("addRecommendation", imdb_id=MATRIX, person_name="Anna")
    wire.do("watchMovie", imdb_id=MATRIX, my_rating=5, date_watched=1000)
    wire.do("addList", id="list", name="List", color="red")
    return wire.pull()


@pytest.fixture
def look(wire: Wire, seen: Pulled) -> Any:
    """Pushes one action whose user saw what ``seen`` holds."""

    def push(item: Json, rev: int, cursor: str | None = None, **envelope: Any) -> Json:
        return wire.push(told(item, base_rev=rev), cursor=cursor or seen.cursor, **envelope)[0]

    return push


def rate(rating: float) -> Json:
    return action("updateRating", imdb_id=MATRIX, my_rating=rating)


# Of one field


def test_the_same_field_set_to_another_value_by_someone_else_is_a_conflict(wire: Wire, seen: Pulled, look: Any) -> None:
    wire.do("updateRating", imdb_id=MATRIX, my_rating=7)
    before = wire.movie(MATRIX)
    result = look(rate(8), seen.movies[MATRIX]["rev"])
    assert (result["status"], result["code"], result["success"], result["conflict"]) == (
        "conflict",
        "conflict",
        False,
        True,
    )
    assert isinstance(result["error"], str)
    assert result["server_state"] == before
    assert_shape(result["server_state"], MOVIE | {"rev": int})
    assert (result["rev"], result["last_modified"]) == (before["rev"], before["last_modified"])
    assert wire.movie(MATRIX) == before


def test_the_same_field_set_to_the_same_value_is_a_noop(wire: Wire, seen: Pulled, look: Any) -> None:
    wire.do("updateRating", imdb_id=MATRIX, my_rating=8)
    assert look(rate(8), seen.movies[MATRIX]["rev"])["status"] == "noop"


def test_another_field_of_the_same_record_is_none(wire: Wire, seen: Pulled, look: Any) -> None:
    rev = seen.movies[MATRIX]["rev"]
    wire.do("updateMovieStatus", imdb_id=MATRIX, status="toWatch")
    wire.do("updateRecommendation", imdb_id=MATRIX, person_name="Anna", vote_type=False)
    assert look(rate(8), rev)["status"] == "applied"
    movie = wire.movie(MATRIX)
    assert movie["status"] == "toWatch"
    assert movie["watch_history"]["my_rating"] == 8


def test_a_change_that_the_user_saw_is_none(wire: Wire, seen: Pulled, look: Any) -> None:
    wire.do("updateRating", imdb_id=MATRIX, my_rating=7)
    pulled = wire.pull()
    assert look(rate(8), pulled.movies[MATRIX]["rev"], pulled.cursor)["status"] == "applied"


def test_a_number_beyond_the_cursor_that_the_record_never_had_is_capped(wire: Wire, seen: Pulled, look: Any) -> None:
    wire.do("updateRating", imdb_id=MATRIX, my_rating=7)
    wire.do("addMovie", imdb_id=HEAT)
    rev = wire.movie(HEAT)["rev"]
    assert outcome(look(rate(8), rev, seen.cursor)) == "conflict"
    assert outcome(look(rate(8), 2**63 - 1, seen.cursor)) == "conflict"


def test_the_number_in_the_answer_to_a_push_serves_as_base_without_a_pull(wire: Wire, seen: Pulled, look: Any) -> None:
    first = look(rate(6), seen.movies[MATRIX]["rev"])
    second = look(rate(7), first["rev"])
    assert (first["status"], second["status"]) == ("applied", "applied")
    status = wire.do("updateMovieStatus", imdb_id=MATRIX, status="toWatch")
    assert look(rate(8), status["rev"])["status"] == "applied"
    assert look(WATCHED, status["rev"])["status"] == "applied"
    assert outcome(look(rate(9), second["rev"])) == "conflict"


def test_who_was_shown_the_servers_state_with_a_conflict_may_overrule_it(wire: Wire, seen: Pulled, look: Any) -> None:
    wire.do("updateRating", imdb_id=MATRIX, my_rating=7)
    wire.do("updateMovieStatus", imdb_id=MATRIX, status="toWatch")
    refused = look(rate(8), seen.movies[MATRIX]["rev"])
    assert outcome(refused) == "conflict"
    assert look(rate(8), refused["server_state"]["rev"])["status"] == "applied"


def test_two_actions_of_a_batch_may_stand_on_the_same_number_beyond_the_cursor(wire: Wire, seen: Pulled) -> None:
    wire.do("updateMovieStatus", imdb_id=MATRIX, status="toWatch")
    rev = wire.do("updateRating", imdb_id=MATRIX, my_rating=7)["rev"]
    queue = [told(each, base_rev=rev) for each in (WATCHED, rate(8))]
    assert statuses(wire.push(*queue, cursor=seen.cursor)) == ["applied"] * 2


def test_who_was_told_of_a_deletion_by_its_answer_may_recreate_the_record(wire: Wire, seen: Pulled, look: Any) -> None:
    gone = wire.do("deleteList", id="list")
    again = action("addList", id="list", name="Again")
    assert outcome(look(again, gone["rev"] - 1)) == "deleted"
    made = look(again, gone["rev"])
    assert made["status"] == "applied"
    assert look(action("updateList", id="list", color="blue"), made["rev"])["status"] == "applied"
    assert outcome(look(action("updateList", id="list", color="green"), seen.lists["list"]["rev"])) == "recreated"


def test_the_numbers_of_the_pull_itself_serve_as_base(wire: Wire, seen: Pulled, look: Any) -> None:
    rev = seen.pages[-1]["rev"]
    assert look(rate(6), rev)["status"] == "applied"
    assert outcome(look(rate(8), rev)) == "conflict"


def test_what_the_same_batch_changed_before_is_none(wire: Wire, seen: Pulled) -> None:
    rev = seen.movies[MATRIX]["rev"]
    queue = [told(each, base_rev=rev) for each in (rate(6), rate(7), TO_WATCH, WATCHED, rate(8))]
    assert statuses(wire.push(*queue, cursor=seen.cursor)) == ["applied"] * 5
    assert wire.movie(MATRIX)["watch_history"]["my_rating"] == 8


def test_what_the_same_device_changed_before_is_none(wire: Wire, seen: Pulled, look: Any) -> None:
    rev = seen.movies[MATRIX]["rev"]
    for rating in (6, 7, 8):
        assert look(rate(rating), rev, device="phone")["status"] == "applied"
    assert outcome(look(rate(9), rev, device="tablet")) == "conflict"
    assert look(rate(9), rev, device="phone")["status"] == "applied"


def test_what_the_same_device_did_later_is_not_undone_by_an_action_that_comes_late(
    wire: Wire, clock: WallClock, seen: Pulled, look: Any
) -> None:
    rev = seen.movies[MATRIX]["rev"]
    clock.time += 1000
    later = told(rate(9), timestamp=clock.time - 100)
    earlier = told(rate(6), timestamp=clock.time - 200)
    assert look(later, rev, device="phone")["status"] == "applied"
    assert outcome(look(earlier, rev, device="phone")) == "conflict"
    assert wire.movie(MATRIX)["watch_history"]["my_rating"] == 9


def test_a_device_whose_clock_was_set_back_sends_both_in_a_batch_or_the_number_that_it_was_told(
    wire: Wire, clock: WallClock, seen: Pulled, look: Any
) -> None:
    rev = seen.movies[MATRIX]["rev"]
    first, second, third = (told(rate(6 + hour), timestamp=clock.time - hour * 3600) for hour in range(3))
    both = wire.push(*(told(each, base_rev=rev) for each in (first, second)), cursor=seen.cursor, device="phone")
    assert statuses(both) == ["applied"] * 2
    assert outcome(look(third, rev, device="phone")) == "conflict"
    assert look(third, both[-1]["rev"], device="phone")["status"] == "applied"


def test_a_change_between_two_of_the_same_device_is_none_of_its_own(wire: Wire, seen: Pulled, look: Any) -> None:
    rev = seen.movies[MATRIX]["rev"]
    assert look(rate(6), rev, device="phone")["status"] == "applied"
    wire.do("updateRating", imdb_id=MATRIX, my_rating=7)
    assert outcome(look(rate(8), rev, device="phone")) == "conflict"


def test_a_device_may_be_named_by_each_action_too(wire: Wire, seen: Pulled, look: Any) -> None:
    rev = seen.movies[MATRIX]["rev"]
    assert look(told(rate(6), device="phone"), rev)["status"] == "applied"
    assert look(told(rate(7), device="phone"), rev)["status"] == "applied"
    assert outcome(look(told(rate(8), device="tablet"), rev, device="phone")) == "conflict"


@pytest.mark.parametrize(
    ("kind", "of", "change", "contradiction", "other"),
    [
        ("people", "Anna", {"color": "red"}, {"color": "blue"}, {"emoji": "🎬"}),
        ("people", "Anna", {"is_trusted": True}, {"is_trusted": False, "color": "blue"}, {"color": "green"}),
        ("people", "Anna", {"new_name": "Anne"}, {"new_name": "Anja"}, {"is_trusted": True}),
        ("lists", "List", {"color": "green"}, {"color": "blue"}, {"position": 7}),
        ("lists", "List", {"name": "Name"}, {"name": "Other"}, {"icon": "star"}),
    ],
)
def test_people_and_lists_conflict_field_by_field_too(
    wire: Wire, seen: Pulled, look: Any, kind: str, of: str, change: Json, contradiction: Json, other: Json
) -> None:
    record = next(each for each in seen.kind(kind).values() if each["name"] == of)
    name = "updatePerson" if kind == "people" else "updateList"
    wire.do(name, id=record["id"], **change)
    conflict = look(action(name, id=record["id"], **contradiction), record["rev"])
    assert outcome(conflict) == "conflict"
    assert conflict["server_state"]["id"] == record["id"]
    assert look(action(name, id=record["id"], **other), record["rev"])["status"] == "applied"
    after = wire.pull().kind(kind)[record["id"]]
    merged = {key.replace("new_name", "name"): value for key, value in (change | other).items()}
    assert {key: after[key] for key in merged} == merged


def test_an_action_that_contradicts_in_one_field_changes_none(wire: Wire, seen: Pulled, look: Any) -> None:
    anna = seen.person("Anna")
    wire.do("updatePerson", id=anna["id"], color="red")
    result = look(action("updatePerson", id=anna["id"], color="blue", emoji="🎬"), anna["rev"])
    assert outcome(result) == "conflict"
    assert wire.person("Anna")["emoji"] is None


def test_watching_contradicts_another_rating_and_another_status(wire: Wire, seen: Pulled, look: Any) -> None:
    watch = action("watchMovie", imdb_id=MATRIX, my_rating=9, date_watched=1000)
    wire.do("updateRating", imdb_id=MATRIX, my_rating=7)
    assert outcome(look(watch, seen.movies[MATRIX]["rev"])) == "conflict"
    wire.do("updateMovieStatus", imdb_id=MATRIX, status="toWatch")
    same_rating = action("watchMovie", imdb_id=MATRIX, my_rating=7, date_watched=1000)
    assert outcome(look(same_rating, seen.movies[MATRIX]["rev"])) == "conflict"


def test_votes_conflict_person_by_person(wire: Wire, seen: Pulled, look: Any) -> None:
    wire.do("addRecommendation", imdb_id=MATRIX, person_name="Ben")
    seen = wire.pull()
    rev = seen.movies[MATRIX]["rev"]

    def vote(name: str, vote_type: bool) -> Json:
        return action("updateRecommendation", imdb_id=MATRIX, person_name=name, vote_type=vote_type)

    wire.do("updateRecommendation", imdb_id=MATRIX, person_name="Ben", vote_type=False)
    assert look(vote("Anna", False), rev, seen.cursor)["status"] == "applied"
    assert look(vote("Ben", False), rev, seen.cursor)["status"] == "noop"
    wire.do("removeRecommendation", imdb_id=MATRIX, person_name="Ben")
    assert outcome(look(vote("Ben", True), rev, seen.cursor)) == "conflict"
    assert look(action("removeRecommendation", imdb_id=MATRIX, person_name="Ben"), rev, seen.cursor)["success"]


def test_a_vote_and_what_was_said_with_it_are_two_fields(wire: Wire, seen: Pulled, look: Any) -> None:
    rev = seen.movies[MATRIX]["rev"]

    def change(**said: Any) -> Json:
        return action("updateRecommendation", imdb_id=MATRIX, person_name="Anna", **said)

    wire.push(change(vote_type=False))
    assert look(change(note="loud"), rev)["status"] == "applied"
    assert outcome(look(change(vote_type=True), rev)) == "conflict"
    assert outcome(look(change(note="quiet"), rev)) == "conflict"
    assert look(change(note="loud"), rev)["status"] == "noop"
    assert outcome(look(change(note=None, vote_type=False), rev)) == "conflict"
    (vote,) = wire.movie(MATRIX)["recommendations"]
    assert (vote["vote_type"], vote["note"]) == (False, "loud")


@pytest.mark.parametrize("said", [{"note": "loud"}, {"vote_type": False}])
def test_a_recommendation_made_or_removed_is_a_change_of_both(
    wire: Wire, seen: Pulled, look: Any, said: dict[str, Any]
) -> None:
    rev = seen.movies[MATRIX]["rev"]
    wire.do("addRecommendation", imdb_id=MATRIX, person_name="Ben")
    wire.do("removeRecommendation", imdb_id=MATRIX, person_name="Anna")
    for name in ("Anna", "Ben"):
        change = action("updateRecommendation", imdb_id=MATRIX, person_name=name, **said)
        assert outcome(look(change, rev)) == "conflict", name


def test_removing_what_someone_has_noted_is_a_conflict(wire: Wire, seen: Pulled, look: Any) -> None:
    wire.do("updateRecommendation", imdb_id=MATRIX, person_name="Anna", note="loud")
    result = look(action("removeRecommendation", imdb_id=MATRIX, person_name="Anna"), seen.movies[MATRIX]["rev"])
    assert outcome(result) == "conflict"
    assert result["server_state"]["recommendations"][0]["note"] == "loud"


def test_removing_a_vote_that_someone_changed_is_a_conflict(wire: Wire, seen: Pulled, look: Any) -> None:
    wire.do("updateRecommendation", imdb_id=MATRIX, person_name="Anna", vote_type=False)
    result = look(action("removeRecommendation", imdb_id=MATRIX, person_name="Anna"), seen.movies[MATRIX]["rev"])
    assert outcome(result) == "conflict"
    assert len(wire.movie(MATRIX)["recommendations"]) == 1


def test_adding_votes_people_movies_and_lists_never_conflicts(wire: Wire, seen: Pulled, look: Any) -> None:
    rev = seen.movies[MATRIX]["rev"]
    wire.do("updateRecommendation", imdb_id=MATRIX, person_name="Anna", vote_type=False)
    wire.do("updatePerson", name="Anna", color="red")
    wire.do("updateList", id="list", color="blue")
    wire.do("updateMovieStatus", imdb_id=MATRIX, status="toWatch")
    for item in (
        action("addRecommendation", imdb_id=MATRIX, person_name="Anna"),
        action("addPerson", name="Anna", color="green"),
        action("addMovie", imdb_id=MATRIX, recommender="Anna"),
        action("addList", id="list", name="Other", color="green"),
    ):
        assert look(item, rev)["success"], item


def test_that_somebody_added_a_movie_contradicts_nothing_that_is_done_to_it(wire: Wire, clock: WallClock) -> None:
    seen = wire.pull()
    offline = clock.time
    clock.time += 1000
    wire.do("addMovie", imdb_id=MATRIX)
    queue = [told(action("addMovie", imdb_id=MATRIX), timestamp=offline), told(WATCHED, timestamp=offline + 5)]
    assert statuses(wire.push(*queue)) == ["noop", "applied"]
    wire.do("addMovie", imdb_id="tt0000001")
    other = action("watchMovie", imdb_id="tt0000001", my_rating=5)
    assert statuses(wire.push(told(other, base_rev=0), cursor=seen.cursor)) == ["applied"]


def test_that_somebody_said_to_watch_contradicts_having_watched(wire: Wire, clock: WallClock) -> None:
    offline = clock.time
    clock.time += 1000
    wire.do("updateMovieStatus", imdb_id=MATRIX, status="toWatch")
    assert codes(wire.push(told(WATCHED, timestamp=offline))) == ["conflict"]


# Without base_rev: by time


def test_a_change_later_than_the_action_is_a_conflict(wire: Wire, clock: WallClock, seen: Pulled) -> None:
    offline = clock.time
    clock.time += 100
    wire.do("updateRating", imdb_id=MATRIX, my_rating=7)
    assert codes(wire.push(told(rate(8), timestamp=offline))) == ["conflict"]
    assert codes(wire.push(told(rate(8), timestamp=offline * 1000))) == ["conflict"]  # milliseconds, as some send
    assert statuses(wire.push(told(rate(8), timestamp=clock.time))) == ["applied"]


def test_a_second_of_grace_is_given(wire: Wire, clock: WallClock, seen: Pulled) -> None:
    clock.time += 100
    wire.do("updateRating", imdb_id=MATRIX, my_rating=7)
    assert codes(wire.push(told(rate(8), timestamp=clock.time - 1.1))) == ["conflict"]
    assert statuses(wire.push(told(rate(8), timestamp=clock.time - 0.9))) == ["applied"]


def test_an_action_without_a_time_or_from_the_future_counts_as_now(wire: Wire, clock: WallClock, seen: Pulled) -> None:
    clock.time += 100
    wire.do("updateRating", imdb_id=MATRIX, my_rating=7)
    assert statuses(wire.push(rate(8))) == ["applied"]
    assert statuses(wire.push(told(rate(9), timestamp=clock.time + 86_400))) == ["applied"]
    clock.time += 10
    # What came from the future happened when it came, so that it does not stand in the way of what is done later.
    assert statuses(wire.push(told(rate(6), timestamp=clock.time))) == ["applied"]


def test_of_two_devices_offline_the_later_action_wins_in_any_order(wire: Wire, clock: WallClock, seen: Pulled) -> None:
    clock.time += 1000
    monday, tuesday = told(rate(6), timestamp=clock.time - 800), told(rate(8), timestamp=clock.time - 400)
    assert statuses(wire.push(monday) + wire.push(tuesday)) == ["applied", "applied"]
    assert wire.movie(MATRIX)["watch_history"]["my_rating"] == 8
    clock.time += 1000
    monday, tuesday = told(rate(2), timestamp=clock.time - 800), told(rate(3), timestamp=clock.time - 400)
    assert statuses(wire.push(tuesday) + wire.push(monday)) == ["applied", "conflict"]
    assert wire.movie(MATRIX)["watch_history"]["my_rating"] == 3


# Deleted, and made again


def test_writing_to_what_was_deleted_is_a_conflict_without_a_state(
    wire: Wire, seen: Pulled, look: Any, remove: Remove
) -> None:
    person = seen.person("Anna")
    wire.do("deletePerson", name="Anna")
    wire.do("deleteList", id="list")
    remove(MATRIX)
    for item, rev in (
        (action("updatePerson", id=person["id"], color="red"), person["rev"]),
        (action("updateList", id="list", color="blue"), seen.lists["list"]["rev"]),
        (action("updateMovieStatus", imdb_id=MATRIX, status="toWatch"), seen.movies[MATRIX]["rev"]),
        (rate(8), seen.movies[MATRIX]["rev"]),
        (action("watchMovie", imdb_id=MATRIX, my_rating=3), seen.movies[MATRIX]["rev"]),
        (action("addRecommendation", imdb_id=MATRIX, person_id=person["id"]), seen.movies[MATRIX]["rev"]),
        (action("addRecommendation", imdb_id=MATRIX, person_name="Zoe"), seen.movies[MATRIX]["rev"]),
        (action("addMovie", imdb_id=MATRIX), seen.movies[MATRIX]["rev"]),
        (action("addList", id="list", name="List"), seen.lists["list"]["rev"]),
    ):
        result = look(item, rev)
        assert (result["status"], result["code"], result["server_state"]) == ("conflict", "deleted", None), item
    after = wire.pull()
    assert (after.movies, after.lists, after.names()) == ({}, {}, set())


def test_an_action_before_the_deletion_conflicts(wire: Wire, clock: WallClock, seen: Pulled, remove: Remove) -> None:
    offline = clock.time
    clock.time += 100
    wire.do("deleteList", id="list")
    remove(MATRIX)
    queue = [
        action("addMovie", imdb_id=MATRIX),
        WATCHED,
        action("addList", id="list", name="List"),
        action("updateMovieStatus", imdb_id="tt0000001", status="custom", custom_list_id="list"),
    ]
    assert codes(wire.push(*(told(each, timestamp=offline) for each in queue))) == ["deleted"] * 4
    after = wire.pull()
    assert (after.movies, after.lists) == ({}, {})


def test_who_knows_of_the_deletion_may_recreate_it(wire: Wire, clock: WallClock, seen: Pulled, remove: Remove) -> None:
    wire.do("deleteList", id="list")
    remove(MATRIX)
    clock.time += 100
    queue = [action("addMovie", imdb_id=MATRIX), action("addList", id="list", name="List")]
    assert statuses(wire.push(*(told(each, timestamp=clock.time) for each in queue))) == ["applied"] * 2


def test_a_device_may_make_again_what_it_deleted_itself(wire: Wire, seen: Pulled) -> None:
    envelope = {"cursor": seen.cursor, "device": "phone"}
    rev = seen.lists["list"]["rev"]
    assert wire.push(told(action("deleteList", id="list"), base_rev=rev), **envelope)[0]["status"] == "applied"
    again = told(action("addList", id="list", name="Again"), base_rev=rev)
    assert wire.push(again, **(envelope | {"device": "tablet"}))[0]["code"] == "deleted"
    assert wire.push(again, **envelope)[0]["status"] == "applied"
    paint = told(action("updateList", id="list", color="blue"), base_rev=rev)
    assert wire.push(paint, **envelope)[0]["status"] == "applied"


def test_writing_to_what_was_recreated_is_a_conflict(wire: Wire, seen: Pulled, look: Any, remove: Remove) -> None:
    wire.do("deleteList", id="list")
    wire.do("addList", id="list", name="List", color="red")
    remove(MATRIX)
    wire.do("watchMovie", imdb_id=MATRIX, my_rating=5)
    for item, rev in (
        (action("updateList", id="list", color="blue"), seen.lists["list"]["rev"]),
        (action("updateList", id="list", color="red"), seen.lists["list"]["rev"]),
        (action("deleteList", id="list"), seen.lists["list"]["rev"]),
        (rate(8), seen.movies[MATRIX]["rev"]),
        (TO_WATCH, seen.movies[MATRIX]["rev"]),
    ):
        result = look(item, rev)
        assert (result["status"], result["code"]) == ("conflict", "recreated"), item
        assert result["server_state"] is not None
    after = wire.pull()
    assert after.lists["list"]["color"] == "red"
    assert after.movies[MATRIX]["watch_history"]["my_rating"] == 5


def test_an_action_from_before_the_deletion_does_not_touch_what_was_made_again(
    wire: Wire, clock: WallClock, seen: Pulled, remove: Remove
) -> None:
    offline = clock.time
    clock.time += 100
    wire.do("deleteList", id="list")
    wire.do("deletePerson", name="Anna")
    remove(MATRIX)
    clock.time += 100
    wire.do("addList", id="list", name="List", color="red")
    wire.do("addRecommendation", imdb_id=MATRIX, person_name="Anna")
    stale = [
        action("deleteList", id="list"),
        action("updateList", id="list", color="blue"),
        WATCHED,
        action("deletePerson", name="Anna"),
    ]
    assert codes(wire.push(*(told(each, timestamp=offline) for each in stale))) == ["recreated"] * 4
    after = wire.pull()
    assert after.lists["list"]["color"] == "red"
    assert after.movies[MATRIX]["status"] == "toWatch"
    assert after.names() == {"Anna"}
    later = [told(each, timestamp=clock.time) for each in stale]
    assert statuses(wire.push(*later)) == ["applied", "conflict", "applied", "applied"]


@pytest.mark.parametrize("is_made", [True, False])
def test_a_name_does_not_mean_a_list_that_took_it_unknown_to_the_user(
    wire: Wire, clock: WallClock, is_made: bool
) -> None:
    wire.do("addList", id="first", name="Noir")
    wire.do("addList", id="second", name="Later")
    wire.do("updateMovieStatus", imdb_id=MATRIX, status="custom", custom_list_id="second")
    seen, offline = wire.pull(), clock.time
    clock.time += 100
    if is_made:
        wire.do("deleteList", id="first")
        wire.do("addList", id="third", name="Noir")
    else:
        wire.do("updateList", id="first", name="Crime")
        wire.do("updateList", id="second", name="Noir")
    before = wire.pull()
    items = [action("updateList", name="Noir", color="red"), action("deleteList", name="Noir")]
    rev = seen.pages[-1]["rev"]
    results = wire.push(*(told(each, base_rev=rev) for each in items), cursor=seen.cursor)
    results += wire.push(*(told(each, timestamp=offline) for each in items))
    assert codes(results) == ["conflict"] * 4
    assert results[0]["server_state"] == before.lists["third" if is_made else "second"]
    assert (wire.pull().lists, wire.pull().movies) == (before.lists, before.movies)
    assert statuses(wire.push(*(told(each, timestamp=clock.time) for each in items))) == ["applied"] * 2


def test_a_name_means_the_list_to_which_the_same_device_gave_it(wire: Wire, clock: WallClock, seen: Pulled) -> None:
    rev, offline = seen.pages[-1]["rev"], clock.time
    clock.time += 100
    items = [
        action("updateList", id="list", name="Noir"),
        action("updateList", name="Noir", color="blue"),
        action("deleteList", name="Noir"),
        action("addList", name="Noir"),
        action("updateList", name="Noir", color="green"),
    ]
    for number, item in enumerate(items):
        queued = told(item, base_rev=rev, device="phone", timestamp=offline + number)
        assert statuses(wire.push(queued, cursor=seen.cursor)) == ["applied"], item
    names = {"addList": {}, "updateList": {"icon": "star"}, "deleteList": {}}
    for number, (name, looks) in enumerate(names.items()):  # as older clients do
        item = action(name, name="Old", **looks)
        assert statuses(wire.push(told(item, timestamp=offline + number))) == ["applied"], item


def test_deleting_wins_over_a_change_and_deleting_twice_is_a_noop(wire: Wire, seen: Pulled, look: Any) -> None:
    person = seen.person("Anna")
    wire.do("updatePerson", id=person["id"], color="red")
    wire.do("updateList", id="list", color="blue")
    gone = [
        (action("deletePerson", id=person["id"]), person["rev"]),
        (action("deleteList", id="list"), seen.lists["list"]["rev"]),
    ]
    assert [look(item, rev)["status"] for item, rev in gone] == ["applied", "applied"]
    assert [look(item, rev)["status"] for item, rev in gone] == ["noop", "noop"]
    assert statuses(wire.push(*(item for item, _ in gone))) == ["noop", "noop"]


def test_deleting_the_unknown_is_rejected(wire: Wire) -> None:
    results = wire.push(
        action("deletePerson", id=999_999_999),
        action("deletePerson", name="Unknown"),
        action("deleteList", id="nothing"),
        action("deleteList", name="Nothing"),
    )
    assert codes(results) == ["person_not_found", "person_not_found", "list_not_found", "list_not_found"]
    assert results[-1]["error"] == "You have no such list."
    assert statuses(results) == ["rejected"] * 4


def test_an_old_action_brings_no_hidden_movie_back(wire: Wire, clock: WallClock, seen: Pulled, look: Any) -> None:
    offline = clock.time
    clock.time += 100
    wire.do("updateMovieStatus", imdb_id=MATRIX, status="deleted")
    rev = seen.movies[MATRIX]["rev"]
    old = [action("addMovie", imdb_id=MATRIX), TO_WATCH, action("watchMovie", imdb_id=MATRIX, my_rating=5)]
    assert [outcome(look(each, rev)) for each in old] == ["noop", "conflict", "conflict"]
    by_time = wire.push(*(told(each, timestamp=offline) for each in old))
    assert [outcome(result) for result in by_time] == ["noop", "conflict", "conflict"]
    assert wire.movie(MATRIX)["status"] == "deleted"
    assert wire.push(old[0])[0]["status"] == "applied"
    assert wire.movie(MATRIX)["status"] == "toWatch"


def test_a_replayed_conflict_shows_the_state_of_today(wire: Wire, client: Client, seen: Pulled, look: Any) -> None:
    wire.do("updateRating", imdb_id=MATRIX, my_rating=7)
    mine = told(rate(8), id="one")
    assert look(mine, seen.movies[MATRIX]["rev"])["server_state"]["watch_history"]["my_rating"] == 7
    wire.do("updateRating", imdb_id=MATRIX, my_rating=3)
    again = look(mine, seen.movies[MATRIX]["rev"])
    assert (again["status"], again["replayed"]) == ("conflict", True)
    assert again["server_state"]["watch_history"]["my_rating"] == 3
