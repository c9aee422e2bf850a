"""The scenarios of what hangs on a title, as test_scenarios.py has those of the protocol, on both kinds of database."""

import pytest
from support.wall_clock import WallClock

from .devices import Family
from .wire import ALIEN, HEAT, MATRIX, Store

pytestmark = pytest.mark.each_database

DAY = 86_400.0
VIEWING = "3c5d0a52-5a0e-4d8e-9e27-0f2a6c1b7d90"


def ranked(truth: Store, *, liked: bool) -> list[str]:
    """The titles of a group, the best first."""
    places = [(movie["ranking"], imdb_id) for imdb_id, movie in truth.movies.items() if movie["ranking"]]
    return [
        imdb_id for place, imdb_id in sorted(places, key=lambda each: each[0]["order_key"]) if place["liked"] == liked
    ]


def test_two_devices_rank_different_titles_offline_for_a_week(family: Family, clock: WallClock) -> None:
    titles = [f"tt00000{number:02}" for number in range(16)]
    start = family.phone("start")
    for imdb_id in titles:
        start.do("watchMovie", imdb_id=imdb_id)
    start.do("rankMovie", imdb_id=titles[14], liked=True, after=None)
    start.do("rankMovie", imdb_id=titles[15], liked=True, after=titles[14])
    start.sync()
    phone, tablet = family.phone("phone"), family.phone("tablet")
    for day in range(7):
        clock.time += DAY
        phone.do("rankMovie", imdb_id=titles[day], liked=True, after=titles[14])
        tablet.do("rankMovie", imdb_id=titles[7 + day], liked=day % 2 == 0, after=None if day % 2 else titles[15])
    tablet.do("updateMovieStatus", imdb_id=titles[15], status="toWatch")
    truth = family.converge(phone, tablet)
    assert ranked(truth, liked=True) == [
        *(titles[number] for number in (14, 6, 5, 4, 3, 2, 1, 0)),  # the phone's, each before the one of the day before
        *(titles[number] for number in (13, 11, 9, 7)),  # the tablet's, next to where the one that left had been
    ]
    assert ranked(truth, liked=False) == [titles[12], titles[10], titles[8]]
    assert {result["status"] for device in (phone, tablet) for result in device.results.values()} == {"applied"}


def test_two_people_are_merged_while_another_device_votes_for_one_of_them(family: Family, clock: WallClock) -> None:
    start = family.phone("start")
    start.do("addRecommendation", imdb_id=MATRIX, person_name="Anna", note="loud", date_recommended=clock.time - DAY)
    start.do("addRecommendation", imdb_id=MATRIX, person_name="Anne", vote_type=False, note="twice")
    start.sync()
    phone, tablet, old = family.phone("phone"), family.phone("tablet"), family.old_phone()
    phone.do("addRecommendation", imdb_id=HEAT, person_name="Anna", note="at night")
    old.do("addRecommendation", imdb_id=ALIEN, person_name="ANNA")
    clock.time += 60
    tablet.do("mergePeople", name="Anna", into="Anne")
    tablet.sync()
    truth = family.converge(phone, old, tablet)
    assert truth.names() == {"Anne"}
    said = {imdb_id: movie["recommendations"] for imdb_id, movie in truth.movies.items()}
    assert [(vote["vote_type"], vote["note"]) for vote in said[MATRIX]] == [(False, "twice\nloud")]
    assert [vote["note"] for vote in said[HEAT]] == ["at night"]
    assert [vote["person_name"] for vote in said[ALIEN]] == ["Anne"]


@pytest.mark.parametrize("is_removed_first", [True, False])
def test_a_viewing_is_removed_on_one_device_and_changed_on_another(family: Family, is_removed_first: bool) -> None:
    start = family.phone("start")
    start.do("addViewing", imdb_id=MATRIX, id=VIEWING, watched_on="1999", rating=7)
    start.sync()
    phone, tablet = family.phone("phone"), family.phone("tablet")
    removal = phone.do("removeViewing", imdb_id=MATRIX, id=VIEWING)
    change = tablet.do("updateViewing", imdb_id=MATRIX, id=VIEWING, note="with Anna")
    truth = family.converge(*((phone, tablet) if is_removed_first else (tablet, phone)))
    codes = phone.results[removal]["code"], tablet.results[change]["code"]
    assert codes == ((None, "deleted") if is_removed_first else ("conflict", None)), "one wins, the other is told"
    movie = truth.movies[MATRIX]
    assert [viewing["note"] for viewing in movie["viewings"]] == ([] if is_removed_first else ["with Anna"])
    assert (movie["status"], movie["my_rating"]) == ("watched", 7.0)
    assert (movie["watch_history"] is None) == is_removed_first
