"""A day on which nothing goes wrong: no fault, no conflict, no deletion."""

from support.wall_clock import WallClock

from .devices import Family
from .wire import HEAT, MATRIX


def test_on_a_plain_day_every_device_gets_everything(family: Family, clock: WallClock) -> None:
    clock.time += 60
    phone, tablet, old = family.phone("phone"), family.phone("tablet"), family.old_phone()
    phone.do("addRecommendation", imdb_id=MATRIX, person_name="Anna")
    phone.do("addList", id="list", name="List")
    clock.time += 60
    family.converge(phone, tablet, old)
    tablet.do("updateMovieStatus", imdb_id=MATRIX, status="custom", custom_list_id="list")
    tablet.do("updatePerson", name="Anna", color="red")
    clock.time += 60
    family.converge(tablet, phone, old)
    old.do("watchMovie", imdb_id=HEAT, my_rating=8)
    clock.time += 60
    truth = family.converge(old, phone, tablet)
    assert (truth.movies[MATRIX]["status"], truth.movies[HEAT]["watch_history"]["my_rating"]) == ("custom", 8)
    assert truth.person("Anna")["color"] == "red"
    assert {result["status"] for device in (phone, tablet) for result in device.results.values()} == {"applied"}
    assert phone.refusals == tablet.refusals == []
