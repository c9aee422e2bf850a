"""A day on which nothing goes wrong: no fault, no conflict, no deletion. It goes well under every seeded defect."""

from __future__ import annotations

from collections.abc import Callable

from support.wall_clock import WallClock

from .devices import OldPhone, Phone
from .wire import HEAT, MATRIX, Store


def test_on_a_plain_day_every_device_gets_everything(
    make_phone: Callable[..., Phone],
    make_old_phone: Callable[..., OldPhone],
    assert_converged: Callable[..., Store],
    clock: WallClock,
) -> None:
    clock.time += 60
    phone, tablet, old = make_phone("phone"), make_phone("tablet"), make_old_phone()
    phone.do("addRecommendation", imdb_id=MATRIX, person_name="Anna")
    phone.do("addList", id="list", name="List")
    clock.time += 60
    assert_converged(phone, tablet, old)
    tablet.do("updateMovieStatus", imdb_id=MATRIX, status="custom", custom_list_id="list")
    tablet.do("updatePerson", name="Anna", color="red")
    clock.time += 60
    assert_converged(tablet, phone, old)
    old.do("watchMovie", imdb_id=HEAT, my_rating=8)
    clock.time += 60
    truth = assert_converged(old, phone, tablet)
    assert (truth.movies[MATRIX]["status"], truth.movies[HEAT]["watch_history"]["my_rating"]) == ("custom", 8)
    assert truth.person("Anna")["color"] == "red"
    assert {result["status"] for device in (phone, tablet) for result in device.results.values()} == {"applied"}
    assert phone.refusals == tablet.refusals == []
