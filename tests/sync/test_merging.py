"""Merging two people while other devices' actions name either of them: no vote is lost, and no ghost appears."""

from typing import Any

import pytest
from support.wall_clock import WallClock

from .wire import ALIEN, HEAT, MATRIX, Json, Pulled, Wire, action, codes, statuses, told

pytestmark = pytest.mark.each_database


def recommend(name: Any, imdb_id: str = HEAT, **more: Any) -> Json:
    key = "person_id" if isinstance(name, int) else "person_name"
    return action("addRecommendation", imdb_id=imdb_id, **{key: name}, **more)


def merge(who: Any, into: Any) -> Json:
    return action("mergePeople", **{"id" if isinstance(who, int) else "name": who}, into=into)


def voters(wire: Wire, imdb_id: str) -> dict[str, bool]:
    return {vote["person_name"]: vote["vote_type"] for vote in wire.movie(imdb_id)["recommendations"]}


class Late:
    """A device that pulled before the others did anything, and pushes what it queued then."""

    def __init__(self, wire: Wire, seen: Pulled) -> None:
        self.wire, self.seen = wire, seen

    def push(self, *items: Json) -> list[str]:
        """What became of these actions, in one word each."""
        rev = self.seen.pages[-1]["rev"]
        based = [told(item, base_rev=rev, timestamp=1000.0) for item in items]
        results = self.wire.push(*based, cursor=self.seen.cursor, device="late")
        return [result["code"] or result["status"] for result in results]


@pytest.fixture
def ids(wire: Wire) -> dict[str, int]:
    """The ids of Ana, Anna and Cleo; both Ana and Anna have seen a title."""
    wire.push(*(action("addPerson", name=name) for name in ("Ana", "Anna", "Cleo")))
    wire.push(
        recommend("Ana", MATRIX, vote_type=False, date_recommended=2000, note="loud"),
        recommend("Anna", MATRIX, date_recommended=1000),
        recommend("Ana", ALIEN),
    )
    people = wire.pull()
    return {name: people.person(name)["id"] for name in ("Ana", "Anna", "Cleo")}


@pytest.fixture
def late(wire: Wire, ids: dict[str, int]) -> Late:
    return Late(wire, wire.pull())


def test_votes_and_notes_move_and_the_first_is_gone(wire: Wire, ids: dict[str, int]) -> None:
    cursor = wire.cursor()
    result = wire.do("mergePeople", name="ANA", into="Anna")
    pulled = wire.pull(cursor)
    assert (pulled.deleted["people"], set(pulled.movies), set(pulled.people)) == (
        [ids["Ana"]],
        {MATRIX, ALIEN},
        {ids["Anna"]},
    )
    assert result["rev"] == pulled.people[ids["Anna"]]["rev"]
    assert voters(wire, MATRIX) == {"Anna": False}
    assert wire.movie(MATRIX)["recommendations"][0]["note"] == "loud"
    assert voters(wire, ALIEN) == {"Anna": True}


@pytest.mark.parametrize("by_id", [True, False])
def test_the_same_again_is_a_noop(wire: Wire, ids: dict[str, int], late: Late, by_id: bool) -> None:
    item = merge(ids["Ana"], ids["Anna"]) if by_id else merge("Ana", "Anna")
    assert late.push(item) == ["applied"]
    assert late.push(item) == ["noop"]
    assert statuses(wire.push(item)) == ["noop"]
    assert statuses(wire.push(item, cursor=wire.cursor())) == ["noop"]


def test_who_cannot_be_merged_is_rejected(wire: Wire, bens_wire: Wire, ids: dict[str, int]) -> None:
    bens = bens_wire.do("addPerson", name="Uncle") and bens_wire.person("Uncle")["id"]
    before = wire.pull()
    for item, code in (
        (merge("Random Person", "Anna"), "quick_recommender_protected"),
        (merge("Ana", "ÁNA"), "validation_error"),
        (merge(ids["Ana"], ids["Ana"]), "validation_error"),
        (merge("Ana", bens), "person_not_found"),
        (merge("Ana", "Uncle"), "person_not_found"),
        (merge(bens, "Anna"), "person_not_found"),
        (merge("Uncle", "Anna"), "person_not_found"),
        (merge("Ana", None), "validation_error"),
        (merge("Ana", ""), "validation_error"),
        (merge("Ana", "x" * 10_000), "validation_error"),
        (merge("Ana", 2**63), "validation_error"),
        (merge("Ana", True), "validation_error"),
        (action("mergePeople", name="Ana"), "validation_error"),
        (action("mergePeople", into="Ana"), "validation_error"),
    ):
        assert codes(wire.push(item)) == [code], item
    assert wire.pull().cursor == before.cursor
    assert statuses(wire.push(merge("Ana", "Google Search"))) == ["applied"]


def test_a_vote_that_another_device_added_meanwhile_goes_along(wire: Wire, ids: dict[str, int], late: Late) -> None:
    wire.push(recommend("Ana", HEAT, note="new"), action("updatePerson", name="Ana", color="red"))
    assert late.push(merge("Ana", "Anna")) == ["applied"]
    assert voters(wire, HEAT) == {"Anna": True}


@pytest.mark.parametrize("by_id", [True, False])
def test_what_is_queued_about_the_first_is_about_the_other(
    wire: Wire, ids: dict[str, int], late: Late, by_id: bool
) -> None:
    ana = ids["Ana"] if by_id else "Ana"
    wire.push(merge("Ana", "Anna"))
    assert late.push(recommend(ana, HEAT), action("addPerson", name="Ana")) == ["applied", "noop"]
    assert voters(wire, HEAT) == {"Anna": True}
    assert late.push(action("addMovie", imdb_id="tt0000001", recommender="Ana")) == ["applied"]
    assert voters(wire, "tt0000001") == {"Anna": True}
    key = {"person_id" if by_id else "person_name": ana}
    same = action("updateRecommendation", imdb_id=MATRIX, **key, vote_type=False, note="loud")
    assert late.push(same) == ["noop"]
    for changed in ({"vote_type": True}, {"note": "quiet"}):
        assert late.push(action("updateRecommendation", imdb_id=MATRIX, **key, **changed)) == ["conflict"]
    assert late.push(action("removeRecommendation", imdb_id=MATRIX, **key)) == ["conflict"]
    assert wire.pull().names() == {"Anna", "Cleo"}


def test_removing_the_vote_of_the_first_takes_no_vote_of_the_other(wire: Wire, ids: dict[str, int]) -> None:
    wire.push(action("updateRecommendation", imdb_id=MATRIX, person_name="Anna", note="hers"))
    wire.push(recommend("Anna", MATRIX, date_recommended=9000))
    late = Late(wire, wire.pull())
    wire.push(merge("Ana", "Anna"))
    assert late.push(action("removeRecommendation", imdb_id=MATRIX, person_name="Ana")) == ["conflict"]
    assert voters(wire, MATRIX) == {"Anna": True}
    assert late.push(action("removeRecommendation", imdb_id=HEAT, person_name="Ana")) == ["movie_not_found"]


def test_a_deletion_of_the_first_spares_the_other(wire: Wire, ids: dict[str, int], late: Late) -> None:
    wire.push(merge("Ana", "Anna"))
    for item in (action("deletePerson", name="Ana"), action("deletePerson", id=ids["Ana"])):
        assert late.push(item) == ["noop"]
        assert statuses(wire.push(item)) == ["noop"]
    assert wire.pull().names() == {"Anna", "Cleo"}


def test_a_change_of_the_first_contradicts_the_other_s_marks(wire: Wire, ids: dict[str, int], late: Late) -> None:
    wire.push(action("updatePerson", name="Anna", color="blue"))
    late.seen = wire.pull()
    wire.push(merge("Ana", "Anna"))
    for who in ({"name": "Ana"}, {"id": ids["Ana"]}):
        item = told(action("updatePerson", **who, color="red"), base_rev=late.seen.pages[-1]["rev"])
        (result,) = wire.push(item, cursor=late.seen.cursor)
        assert (result["code"], result["server_state"]["id"]) == ("conflict", ids["Anna"])
        assert late.push(action("updatePerson", **who, color="blue")) == ["noop"]
    assert late.push(action("updatePerson", name="Ana", new_name="Annie")) == ["conflict"]
    knowing = action("updatePerson", id=ids["Ana"], color="red")
    assert statuses(wire.push(knowing, cursor=wire.cursor())) == ["applied"]
    assert wire.person("Anna")["color"] == "red"


def test_who_knows_of_the_merge_may_use_the_name_again(wire: Wire, ids: dict[str, int], late: Late) -> None:
    assert late.push(merge("Ana", "Anna"), recommend("Ana", HEAT)) == ["applied", "applied"]
    assert voters(wire, HEAT) == {"Ana": True}
    assert wire.pull().names() == {"Ana", "Anna", "Cleo"}
    assert wire.person("Ana")["id"] != ids["Ana"]


def test_who_was_merged_again_and_again_is_found_at_last(wire: Wire, ids: dict[str, int], late: Late) -> None:
    wire.push(merge("Ana", "Anna"), merge("Anna", "Cleo"), action("updatePerson", name="Cleo", new_name="Clea"))
    assert late.push(recommend("Ana", HEAT), recommend(ids["Anna"], HEAT)) == ["applied", "noop"]
    assert voters(wire, HEAT) == {"Clea": True}
    assert late.push(merge("Ana", "Cleo")) == ["noop"]


def test_two_devices_that_merge_the_same_two_agree(wire: Wire, ids: dict[str, int], late: Late) -> None:
    wire.push(merge("Ana", "Anna"))
    assert late.push(merge("Anna", "Ana"), merge(ids["Anna"], ids["Ana"]), merge("Ana", "Anna")) == ["noop"] * 3
    assert wire.pull().names() == {"Anna", "Cleo"}


def test_two_devices_that_merge_one_into_two_others_are_told(wire: Wire, ids: dict[str, int], late: Late) -> None:
    wire.push(merge("Ana", "Anna"))
    assert late.push(merge("Ana", "Cleo")) == ["deleted"]
    assert late.push(merge("Cleo", "Ana")) == ["applied"], "who takes in is who they became"
    assert wire.pull().names() == {"Anna"}


def test_a_merge_with_who_was_deleted_meanwhile_is_a_conflict(wire: Wire, ids: dict[str, int], late: Late) -> None:
    wire.push(action("deletePerson", name="Cleo"))
    assert late.push(merge("Ana", "Cleo"), merge("Cleo", "Ana"), merge(ids["Ana"], ids["Cleo"])) == ["deleted"] * 3
    wire.push(merge("Ana", "Anna"), action("deletePerson", name="Anna"))
    assert late.push(recommend("Ana", HEAT), recommend(ids["Ana"], HEAT)) == ["deleted"] * 2
    assert wire.pull().names() == set()


def test_a_merge_by_name_does_not_hit_a_namesake_of_later(wire: Wire, ids: dict[str, int]) -> None:
    wire.push(action("updatePerson", name="Ana", new_name="Dora"), action("updatePerson", name="Cleo", new_name="Ana"))
    stale = [told(item, timestamp=1000.0) for item in (merge("Ana", "Anna"), merge("Anna", "Ana"))]
    assert codes(wire.push(*stale)) == ["recreated"] * 2
    assert wire.pull().names() == {"Dora", "Ana", "Anna"}


def test_a_merge_that_is_undone_leaves_both(wire: Wire, ids: dict[str, int]) -> None:
    before = wire.pull()
    results = wire.push(merge("Ana", "Anna"), action("updateRating", imdb_id="tt0000009", my_rating=5), atomic=True)
    assert codes(results) == ["batch_undone", "movie_not_found"]
    after = wire.pull()
    assert (after.movies, after.people) == (before.movies, before.people)


def test_a_name_means_who_bore_it_last_in_whatever_spelling(wire: Wire, clock: WallClock) -> None:
    wire.push(action("addPerson", name="Anna"), action("deletePerson", name="Anna"))
    wire.push(action("addPerson", name="anna"), action("addPerson", name="Ben"))
    clock.time += 10
    acted = clock.time
    clock.time += 10
    wire.push(merge("anna", "Ben"))
    assert statuses(wire.push(told(recommend("Anna"), timestamp=acted))) == ["applied"]
    assert voters(wire, HEAT) == {"Ben": True}, "no ghost of her first namesake"
