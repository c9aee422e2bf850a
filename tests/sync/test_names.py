"""Names in queued actions, beside test_names_as_seen.py: no ghost twins, no namesakes hit, no name that breaks."""

import pytest
from support.wall_clock import WallClock

from .wire import HEAT, MATRIX, Json, Wire, action, codes, statuses, told


def rename(old: str, new: str) -> Json:
    return action("updatePerson", name=old, new_name=new)


def recommend(name: str) -> Json:
    return action("addRecommendation", imdb_id=MATRIX, person_name=name)


def recommenders(wire: Wire) -> list[int]:
    return [vote["person_id"] for vote in wire.movie(MATRIX)["recommendations"]]


@pytest.fixture
def ids(wire: Wire) -> dict[str, int]:
    """The ids of Anna and Ben."""
    wire.push(action("addPerson", name="Anna"), action("addPerson", name="Ben"))
    people = wire.pull()
    return {name: people.person(name)["id"] for name in ("Anna", "Ben")}


def test_a_name_means_who_bore_it_at_the_base_also_when_the_cursor_is_newer(wire: Wire, ids: dict[str, int]) -> None:
    rev = wire.pull().pages[-1]["rev"]
    wire.push(rename("Anna", "Other"), rename("Ben", "Anna"), rename("Other", "Ben"))
    wire.push(told(recommend("Anna"), base_rev=rev), cursor=wire.cursor())
    assert recommenders(wire) == [ids["Anna"]]


def test_without_a_base_a_name_is_read_at_the_cursor(wire: Wire, ids: dict[str, int]) -> None:
    cursor = wire.cursor()
    wire.push(rename("Anna", "Other"), rename("Ben", "Anna"), rename("Other", "Ben"))
    wire.push(recommend("Anna"), cursor=cursor)
    assert recommenders(wire) == [ids["Anna"]]
    wire.push(recommend("Anna"), cursor=wire.cursor())
    assert recommenders(wire) == [ids["Anna"], ids["Ben"]]


def test_a_name_that_no_person_bore_at_the_cursor_means_who_bore_it_at_a_base_beyond(wire: Wire) -> None:
    cursor = wire.cursor()
    rev = wire.do("addPerson", name="Ann")["rev"]
    meant = wire.person("Ann")["id"]
    wire.do("updatePerson", name="Ann", new_name="Bea")
    wire.do("addPerson", name="Ann")
    item = told(action("addRecommendation", imdb_id=MATRIX, person_name="Ann"), base_rev=rev)
    assert statuses(wire.push(item, cursor=cursor)) == ["applied"]
    assert [vote["person_id"] for vote in wire.movie(MATRIX)["recommendations"]] == [meant]


def test_without_both_a_name_means_todays_bearer_and_else_the_last(wire: Wire, ids: dict[str, int]) -> None:
    wire.push(rename("Anna", "Anne"))
    assert statuses(wire.push(recommend("Anna"))) == ["applied"]
    assert recommenders(wire) == [ids["Anna"]]
    wire.push(rename("Ben", "Anna"))
    wire.push(recommend("Anna"))
    assert recommenders(wire) == [ids["Anna"], ids["Ben"]]
    assert wire.pull().names() == {"Anne", "Anna"}


def test_a_rev_within_a_commit_stands_for_the_whole_of_it(wire: Wire, bens_wire: Wire, ids: dict[str, int]) -> None:
    wire.push(rename("Anna", "Other"), rename("Ben", "Anna"), rename("Other", "Ben"))
    pulled = wire.pull()
    wire.push(rename("Anna", "Cleo"), rename("Ben", "Dora"))
    wire.push(action("addPerson", name="Anna"), action("addPerson", name="Ben"))
    for number in range(10):  # another user's commits end at the numbers in the middle
        bens_wire.do("addMovie", imdb_id=f"tt{number:07}")
    for name, bearer in (("Anna", ids["Ben"]), ("Ben", ids["Anna"])):
        for person_id in ids.values():  # their numbers are of one commit
            paint = told(action("updatePerson", name=name, emoji="🎬"), base_rev=pulled.people[person_id]["rev"])
            result = wire.push(paint, cursor=pulled.cursor)[0]
            assert result["success"], result
        assert wire.pull().people[bearer]["emoji"] == "🎬"


def test_adding_again_whom_another_renamed_makes_no_twin(wire: Wire, clock: WallClock, ids: dict[str, int]) -> None:
    cursor, offline = wire.cursor(), clock.time
    clock.time += 100
    wire.push(rename("Anna", "Anne"))
    again = action("addPerson", name="Anna")
    assert statuses(wire.push(again, cursor=cursor)) == ["noop"]
    assert statuses(wire.push(told(again, timestamp=offline))) == ["noop"]
    assert wire.pull().names() == {"Anne", "Ben"}


def test_who_knows_of_a_rename_may_reuse_the_old_name(wire: Wire, clock: WallClock, ids: dict[str, int]) -> None:
    wire.push(rename("Anna", "Anne"), rename("Ben", "Benjamin"))
    clock.time += 100
    assert statuses(wire.push(told(action("addPerson", name="Anna"), timestamp=clock.time))) == ["applied"]
    assert statuses(wire.push(action("addPerson", name="Ben"), cursor=wire.cursor())) == ["applied"]
    assert wire.pull().names() == {"Anne", "Benjamin", "Anna", "Ben"}


def test_somebody_may_be_added_again_after_they_were_deleted(wire: Wire, clock: WallClock, ids: dict[str, int]) -> None:
    cursor, offline = wire.cursor(), clock.time
    clock.time += 100
    wire.do("deletePerson", name="Anna")
    wire.do("deletePerson", name="Ben")
    assert statuses(wire.push(action("addPerson", name="Anna"), cursor=cursor)) == ["applied"]
    assert statuses(wire.push(told(action("addPerson", name="Ben"), timestamp=offline))) == ["applied"]
    assert set(ids.values()).isdisjoint(set(wire.pull().people))


def test_a_deletion_by_name_does_not_hit_a_namesake_of_later(wire: Wire, clock: WallClock, ids: dict[str, int]) -> None:
    pulled, offline = wire.pull(), clock.time
    clock.time += 100
    wire.push(rename("Anna", "Anne"), rename("Ben", "Anna"))
    stale = action("deletePerson", name="Anna")
    assert codes(wire.push(told(stale, timestamp=offline))) == ["recreated"]
    assert wire.pull().names() == {"Anne", "Anna"}
    based = told(stale, base_rev=pulled.person("Anna")["rev"])
    assert statuses(wire.push(based, cursor=pulled.cursor)) == ["applied"]
    assert wire.pull().names() == {"Anna"}
    assert wire.person("Anna")["id"] == ids["Ben"]


def test_a_recommendation_by_a_deleted_person_is_a_conflict(wire: Wire, clock: WallClock, ids: dict[str, int]) -> None:
    cursor, offline = wire.cursor(), clock.time
    clock.time += 100
    wire.do("deletePerson", name="Anna")
    for item, envelope in (
        (recommend("Anna"), {"cursor": cursor}),
        (told(recommend("Anna"), timestamp=offline), {}),
        (told(recommend("x"), data={"imdb_id": MATRIX, "person_id": ids["Anna"]}), {}),
        (action("addMovie", imdb_id=HEAT, recommender="Anna"), {"cursor": cursor}),
        (action("updatePerson", name="Anna", color="red"), {"cursor": cursor}),
    ):
        assert codes(wire.push(item, **envelope)) == ["deleted"], item
    assert wire.pull().names() == {"Ben"}
    assert wire.pull().movies == {}
    assert statuses(wire.push(told(recommend("Anna"), timestamp=clock.time))) == ["applied"]
    assert wire.pull().names() == {"Anna", "Ben"}


def test_removing_a_vote_of_whom_somebody_deleted_is_a_noop(wire: Wire, ids: dict[str, int]) -> None:
    wire.push(recommend("Anna"))
    cursor = wire.cursor()
    wire.do("deletePerson", name="Anna")
    gone = action("removeRecommendation", imdb_id=MATRIX, person_name="Anna")
    assert statuses(wire.push(gone, cursor=cursor)) == ["noop"]


@pytest.mark.parametrize("spelling", ["person_name", "person", "person_id"])
def test_a_person_is_named_in_each_of_the_three_ways(wire: Wire, ids: dict[str, int], spelling: str) -> None:
    who = ids["Anna"] if spelling == "person_id" else " Anna "
    for name, extra in (
        ("addRecommendation", {}),
        ("updateRecommendation", {"vote_type": "downvote"}),
        ("removeRecommendation", {}),
    ):
        data = {"imdb_id": MATRIX, spelling: who, **extra}
        assert statuses(wire.push(action(name, **data))) == ["applied"], name
        assert statuses(wire.push(action(name, **data)))[0] in ("noop", "noop"), name


def test_names_are_equal_after_trimming_and_composition(wire: Wire) -> None:
    wire.do("addPerson", name="Zoe\u0308")
    assert statuses(wire.push(action("addPerson", name="  Zo\u00eb "))) == ["noop"]
    assert wire.pull().names() == {"Zo\u00eb"}


def test_names_of_two_users_are_nothing_to_each_other(wire: Wire, bens_wire: Wire, ids: dict[str, int]) -> None:
    assert codes(bens_wire.push(rename("Anna", "Anne"))) == ["person_not_found"]
    assert codes(bens_wire.push(action("updatePerson", id=ids["Anna"], color="red"))) == ["person_not_found"]
    assert codes(bens_wire.push(action("deletePerson", id=ids["Anna"]))) == ["person_not_found"]
    by_id = action("addRecommendation", imdb_id=MATRIX, person_id=ids["Anna"])
    assert codes(bens_wire.push(by_id)) == ["person_not_found"]
    assert bens_wire.pull().movies == {}
    bens_wire.do("addPerson", name="Anna")
    bens_wire.do("updatePerson", name="Anna", color="red")
    assert wire.person("Anna")["color"] == "#0a84ff"


def test_a_name_that_is_taken_is_not_given_twice(wire: Wire, ids: dict[str, int]) -> None:
    assert codes(wire.push(rename("Anna", "Ben"))) == ["name_taken"]
    assert wire.pull().names() == {"Anna", "Ben"}
