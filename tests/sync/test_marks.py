"""Marks of titles in queued actions: each tag is a field of its own, and liked is another."""

from typing import Any

import pytest

from .wire import HEAT, MATRIX, Json, Pulled, Wire, action, codes, statuses, told


def like(liked: bool) -> Json:
    return action("updateLiked", imdb_id=MATRIX, liked=liked)


def add(tag: str) -> Json:
    return action("addTag", imdb_id=MATRIX, tag=tag)


def remove(tag: str) -> Json:
    return action("removeTag", imdb_id=MATRIX, tag=tag)


@pytest.fixture
def seen(wire: Wire) -> Pulled:
    """What a device knows: a title with a tag."""
    wire.add(MATRIX)
    wire.push(add("noir"))
    return wire.pull()


def late(wire: Wire, seen: Pulled, *items: Json) -> list[Json]:
    """The results of actions whose user saw what ``seen`` holds."""
    rev = seen.movies[MATRIX]["rev"]
    return wire.push(*(told(item, base_rev=rev) for item in items), cursor=seen.cursor)


def marks(wire: Wire) -> tuple[Any, Any]:
    found = wire.movie(MATRIX)
    return found["liked"], found["tags"]


def test_two_devices_that_set_different_marks_both_win(wire: Wire, seen: Pulled) -> None:
    wire.push(like(liked=True), add("loud"), remove("noir"))
    assert statuses(late(wire, seen, add("quiet"), action("updateRating", imdb_id=MATRIX, my_rating=5))) == [
        "applied",
        "applied",
    ]
    assert marks(wire) == (True, ["loud", "quiet"])


def test_liked_set_to_another_value_is_a_conflict(wire: Wire, seen: Pulled) -> None:
    wire.push(like(liked=True), like(liked=False))
    (result,) = late(wire, seen, like(liked=True))
    assert (result["status"], result["server_state"]["liked"]) == ("conflict", False)
    assert statuses(late(wire, seen, like(liked=False))) == ["noop"]


def test_adding_a_tag_never_conflicts(wire: Wire, seen: Pulled) -> None:
    wire.push(remove("noir"), add("Loud"))
    assert statuses(late(wire, seen, add("noir"), add("LOUD"))) == ["applied", "noop"]
    assert marks(wire) == (False, ["Loud", "noir"])


def test_removing_a_tag_that_another_device_has_added_again_is_a_conflict(wire: Wire, seen: Pulled) -> None:
    wire.push(remove("noir"), add("noir"))
    assert statuses(late(wire, seen, remove("noir"))) == ["conflict"]
    assert statuses(late(wire, wire.pull(), remove("Noir"))) == ["applied"]
    assert statuses(late(wire, seen, remove("noir"))) == ["noop"]


def test_a_tag_with_a_colon_is_another_than_the_one_before_it(wire: Wire, seen: Pulled) -> None:
    wire.push(add("a:b"))
    seen = wire.pull()
    wire.push(add("a"))
    assert statuses(late(wire, seen, remove("a:b"))) == ["applied"]


def test_marks_of_a_title_that_is_gone_are_refused(wire: Wire, seen: Pulled, client: Any) -> None:
    client.delete(f"/api/movies/{MATRIX}")
    assert codes(late(wire, seen, like(liked=True), add("loud"), remove("noir"))) == ["deleted"] * 3
    unknown = (action("updateLiked", imdb_id=HEAT, liked=True), action("addTag", imdb_id=HEAT, tag="noir"))
    assert codes(wire.push(*unknown)) == ["movie_not_found"] * 2


def test_what_is_wrong_is_rejected_and_changes_nothing(wire: Wire, seen: Pulled) -> None:
    results = wire.push(
        action("updateLiked", imdb_id=MATRIX),
        action("updateLiked", imdb_id=MATRIX, liked=1),
        add(" "),
        add("x" * 65),
        add("\u200b"),
        action("addTag", imdb_id=MATRIX, tag=None),
        action("removeTag", imdb_id=MATRIX),
    )
    assert codes(results) == ["validation_error"] * len(results)
    assert wire.pull().movies == seen.movies
