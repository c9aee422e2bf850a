"""Names in queued actions, beside test_names_as_seen.py: no ghost twins, no namesakes hit, no name that breaks."""

import itertools

import pytest
from flask import Flask
from support.wall_clock import WallClock

from movietracker.services import people
from movietracker.services.accounts import Account
from movietracker.services.transactions import library_write

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


def test_a_name_beside_an_id_does_not_rename_a_person(wire: Wire, ids: dict[str, int]) -> None:
    assert statuses(wire.push(action("updatePerson", id=ids["Anna"], name="Bea"))) == ["noop"]
    wire.do("updatePerson", id=ids["Anna"], name="Ben", color="red")
    assert (wire.person("Anna")["color"], wire.person("Ben")["color"]) == ("red", "#0a84ff")


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


def test_names_are_equal_without_case_accents_and_invisible_characters(wire: Wire, ids: dict[str, int]) -> None:
    assert statuses(wire.push(action("addPerson", name="ÁNN\u200bA"), action("addPerson", name="ben"))) == ["noop"] * 2
    wire.push(recommend("anna"), action("addMovie", imdb_id=HEAT, recommender="ANNA"))
    assert recommenders(wire) == [ids["Anna"]]
    assert statuses(wire.push(action("updatePerson", name="ánna", color="red"))) == ["applied"]
    assert codes(wire.push(rename("anna", "BEN"))) == ["name_taken"]
    assert statuses(wire.push(rename("anna", "ANNA"), action("deletePerson", name="BeN"))) == ["applied"] * 2
    assert wire.pull().names() == {"ANNA"}
    assert (
        codes(wire.push(action("addPerson", name="\u200b"), recommend("\u0301"), rename("anna", "\u2060")))
        == ["validation_error"] * 3
    )
    assert codes(wire.push(action("addPerson", name="x" * 10_000))) == ["validation_error"]


def test_another_spelling_means_who_bore_the_name_at_the_base(wire: Wire, ids: dict[str, int]) -> None:
    pulled = wire.pull()
    wire.push(rename("Anna", "Other"), rename("Ben", "ANNA"))
    wire.push(told(recommend("anna"), base_rev=pulled.pages[-1]["rev"]), cursor=pulled.cursor)
    assert recommenders(wire) == [ids["Anna"]]
    wire.push(recommend("anna"), cursor=wire.cursor())
    assert recommenders(wire) == [ids["Anna"], ids["Ben"]]


def test_a_name_goes_on_under_another_spelling(wire: Wire, ids: dict[str, int]) -> None:
    """Else who spelled it anew would be taken to have given it up."""
    seen = wire.pull()
    own, base = {"cursor": seen.cursor, "device": "phone"}, {"base_rev": seen.pages[-1]["rev"]}
    assert statuses(wire.push(told(rename("Anna", "anna"), timestamp=1.0, **base), **own)) == ["applied"]
    wire.push(rename("anna", "ANNA"), rename("ANNA", "Cleo"), device="tablet")
    assert statuses(wire.push(told(recommend("Anna"), timestamp=2.0, **base), **own)) == ["applied"]
    assert recommenders(wire) == [ids["Anna"]]
    assert wire.pull().names() == {"Cleo", "Ben"}


def test_a_name_may_be_spelled_anew_again_and_again_in_one_batch(wire: Wire, ids: dict[str, int]) -> None:
    names = ["anna", "ANNA", "Cleo", "anna", "ANNA", "Cleo", "anna", "ANNA"]
    queue = [rename(old, new) for old, new in itertools.pairwise(["Anna", *names])]
    assert statuses(wire.push(*queue)) == ["applied"] * len(names)
    assert wire.person("ANNA")["id"] == ids["Anna"]
    assert statuses(wire.push(recommend("Anna"))) == ["applied"]
    assert recommenders(wire) == [ids["Anna"]]


def test_of_two_people_from_before_the_exact_spelling_is_meant_else_who_was_first(
    app: Flask, anna: Account, wire: Wire, ids: dict[str, int]
) -> None:
    with app.app_context(), library_write(anna.id) as tx:
        (twin,) = people.add_people(tx, [{"name": "anna"}])
    seen = wire.pull()
    rev = seen.pages[-1]["rev"]
    for name, meant in (("Anna", ids["Anna"]), ("anna", twin), ("ANNA", ids["Anna"])):
        movie = action("addRecommendation", imdb_id=MATRIX, person_name=name)
        wire.push(movie)
        assert meant in recommenders(wire)
        wire.push(action("removeRecommendation", imdb_id=MATRIX, person_id=meant))
    assert statuses(wire.push(rename("anna", "ANNA"))) == ["applied"]
    assert wire.person("ANNA")["id"] == twin
    wire.push(told(recommend("anna"), base_rev=rev), cursor=seen.cursor)
    wire.push(told(recommend("Anna"), base_rev=rev), cursor=seen.cursor)
    assert recommenders(wire) == [twin, ids["Anna"]]


def test_digits_that_are_nobody_s_name_are_an_id(wire: Wire, bens_wire: Wire, ids: dict[str, int]) -> None:
    named = str(ids["Anna"])
    assert statuses(wire.push(recommend(named), action("addMovie", imdb_id=HEAT, recommender=named))) == ["applied"] * 2
    assert statuses(wire.push(action("updatePerson", name=named, color="red"))) == ["applied"]
    assert recommenders(wire) == [ids["Anna"]]
    change = action("updateRecommendation", imdb_id=MATRIX, person=named, note="loud")
    assert statuses(wire.push(change, action("removeRecommendation", imdb_id=MATRIX, person=named))) == ["applied"] * 2
    wire.do("addPerson", name=named)
    wire.push(recommend(named))
    assert recommenders(wire) == [wire.person(named)["id"]]
    assert codes(bens_wire.push(action("updatePerson", name=named, color="red"))) == ["person_not_found"]
    assert statuses(wire.push(*[action("deletePerson", name=named)] * 2)) == ["applied"] * 2
    assert wire.pull().names() == {"Ben"}


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
