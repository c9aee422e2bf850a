"""A name in a queued action means whom its user saw under it, also where the device itself moved names about."""

import pytest

from .wire import MATRIX, Json, Pulled, Wire, action, told


def pushed(wire: Wire, seen: Pulled, *actions: Json, device: str = "phone") -> list[str]:
    """What became of actions whose user saw that pull."""
    queue = [{"timestamp": 1000.0, "base_rev": seen.pages[-1]["rev"], **each} for each in actions]
    return [result["code"] or result["status"] for result in wire.push(*queue, cursor=seen.cursor, device=device)]


def recommend(name: str, **envelope: float) -> Json:
    return told(action("addRecommendation", imdb_id=MATRIX, person_name=name), **envelope)


def rename(old: str, new: str, **envelope: float) -> Json:
    return told(action("updatePerson", name=old, new_name=new), **envelope)


def recommenders(wire: Wire, key: str = "person_name") -> list[object]:
    return [vote[key] for vote in wire.movie(MATRIX)["recommendations"]]


@pytest.fixture
def wire(wire: Wire) -> Wire:
    """Anna's; she has a movie, and knows an Alma and a Bert."""
    wire.push(action("addMovie", imdb_id=MATRIX), action("addPerson", name="Alma"), action("addPerson", name="Bert"))
    return wire


def test_the_rev_of_a_pull_is_the_number_of_all_that_it_gave(wire: Wire) -> None:
    wire.do("deletePerson", name="Bert")
    page = wire.page()
    assert page["rev"] > max(record["rev"] for record in (*page["movies"], *page["people"]))  # the deletion came later
    assert wire.page(page["cursor"])["rev"] == wire.get("/api/sync").json["rev"] == page["rev"]


def test_after_names_were_swapped_and_pulled_they_mean_their_new_bearers(wire: Wire) -> None:
    bert = wire.person("Bert")["id"]
    for old, new in (("Alma", "Other"), ("Bert", "Alma"), ("Other", "Bert")):
        wire.do("updatePerson", name=old, new_name=new)
    assert pushed(wire, wire.pull(), recommend("Alma")) == ["applied"]
    assert recommenders(wire, "person_id") == [bert]


def test_a_name_whose_bearer_was_deleted_before_the_pull_makes_a_new_person(wire: Wire) -> None:
    wire.do("deletePerson", name="Alma")
    assert pushed(wire, wire.pull(), recommend("Alma")) == ["applied"]
    assert recommenders(wire) == ["Alma"]


@pytest.mark.parametrize("in_one_batch", [True, False])
def test_a_name_that_the_device_itself_gave_to_another_means_that_one(wire: Wire, in_one_batch: bool) -> None:
    seen = wire.pull()
    queue = [rename("Alma", "Alma Senior"), action("addPerson", name="Alma"), recommend("Alma")]
    for batch in [queue] if in_one_batch else [[each] for each in queue]:
        assert set(pushed(wire, seen, *batch)) == {"applied"}
    assert recommenders(wire) == ["Alma"]


def test_names_that_the_device_itself_swapped_mean_their_new_bearers(wire: Wire) -> None:
    seen = wire.pull()
    bert = seen.person("Bert")["id"]
    swap = [rename("Alma", "Other"), rename("Bert", "Alma"), rename("Other", "Bert")]
    assert pushed(wire, seen, *swap) == ["applied"] * 3
    assert pushed(wire, seen, recommend("Alma")) == ["applied"]
    assert recommenders(wire, "person_id") == [bert]


@pytest.mark.parametrize("in_one_batch", [True, False])
def test_a_person_whom_the_device_itself_deleted_may_be_made_again(wire: Wire, in_one_batch: bool) -> None:
    seen = wire.pull()
    queue = [action("deletePerson", name="Alma"), recommend("Alma")]
    for batch in [queue] if in_one_batch else [[each] for each in queue]:
        assert set(pushed(wire, seen, *batch)) == {"applied"}
    assert recommenders(wire) == ["Alma"]
    assert wire.pull().names() == {"Bert", "Alma"}


def test_a_person_may_be_added_and_renamed_again_and_again_in_one_batch(wire: Wire) -> None:
    seen = wire.pull()
    queue = [
        action("addPerson", name="Ana"),
        rename("Ana", "Anna"),
        recommend("Anna"),
        rename("Anna", "Ana"),
        rename("Ana", "Anna"),
        rename("Alma", "Elma"),
        rename("Elma", "Alma"),
        rename("Alma", "Elma"),
    ]
    assert pushed(wire, seen, *queue) == ["applied"] * len(queue)
    assert wire.pull().names() == {"Elma", "Bert", "Anna"}
    assert pushed(wire, seen, recommend("Ana", timestamp=500.0)) == ["noop"]  # a name that she bore within the batch
    assert recommenders(wire) == ["Anna"]


def test_an_action_from_before_the_devices_own_rename_that_comes_after_it_makes_no_twin(wire: Wire) -> None:
    seen = wire.pull()
    pushed(wire, seen, rename("Alma", "Alma Senior", timestamp=2000.0))
    assert pushed(wire, seen, recommend("Alma", timestamp=1000.0)) == ["applied"]
    assert recommenders(wire) == ["Alma Senior"]
    assert wire.pull().names() == {"Alma Senior", "Bert"}


def test_an_action_from_before_the_devices_own_delete_that_comes_after_it_brings_no_person_back(wire: Wire) -> None:
    seen = wire.pull()
    pushed(wire, seen, told(action("deletePerson", name="Alma"), timestamp=2000.0))
    assert pushed(wire, seen, recommend("Alma", timestamp=1000.0)) == ["deleted"]
    assert wire.pull().names() == {"Bert"}


def test_what_another_device_renamed_or_deleted_is_still_what_the_user_meant(wire: Wire) -> None:
    seen = wire.pull()
    away = [rename("Alma", "Alma Senior"), action("addPerson", name="Alma"), action("deletePerson", name="Bert")]
    assert set(pushed(wire, seen, *away, device="tablet")) == {"applied"}
    assert pushed(wire, seen, recommend("Alma"), recommend("Bert")) == ["applied", "deleted"]
    assert recommenders(wire) == ["Alma Senior"]
