"""Two devices that are offline for a week, one of them with a wrong clock, and then meet."""

import random
import time

import pytest

from movietracker.client import Client

from .devices import Devices, assert_in_step

DAY = 86_400.0
SHARED = [f"tt{number:07}" for number in range(1, 11)]
STATUSES = ("toWatch", "watched", "deleted")


def a_week(device: Client, name: str, clock_error: float, seed: int) -> tuple[dict[str, set[str]], dict[str, str]]:
    """What somebody does with a device in a week: whom they noted for which title, and how shared ones ended."""
    chance, start = random.Random(seed), time.time() - 7 * DAY
    noted: dict[str, set[str]] = {}
    decided: dict[str, str] = {}
    for hour in range(0, 7 * 24, 2):
        device.clock = lambda hour=hour: start + hour * 3600 + clock_error
        imdb_id = f"tt{chance.randrange(1, 41):07}"
        person = f"{name}'s friend {chance.randrange(5)}"
        device.do("addRecommendation", {"imdb_id": imdb_id, "person_name": person})
        noted.setdefault(imdb_id, set()).add(person)
        if hour % 6 == 0:
            shared, status = chance.choice(SHARED), chance.choice(STATUSES)
            device.do("updateMovieStatus", {"imdb_id": shared, "status": status})
            decided[shared] = status
    old, new = f"{name}'s friend 0", f"{name}'s best friend"
    device.do("updatePerson", {"name": old, "new_name": new})
    noted = {imdb_id: {new if person == old else person for person in people} for imdb_id, people in noted.items()}
    device.clock = time.time
    return noted, decided


@pytest.mark.parametrize("clock_error", [-3600.0, 0.0, DAY])
@pytest.mark.parametrize("seed", [1, 2])
def test_after_a_week_offline_both_agree_and_hear_what_lost(devices: Devices, clock_error: float, seed: int) -> None:
    phone, tablet = devices.make("phone"), devices.make("tablet")
    for imdb_id in SHARED:
        phone.do("addMovie", {"imdb_id": imdb_id})
    phone.sync()
    tablet.sync()
    noted_on_phone, decided_on_phone = a_week(phone, "Phone", clock_error, seed)
    noted_on_tablet, decided_on_tablet = a_week(tablet, "Tablet", 0.0, seed + 100)
    for device in (phone, tablet, phone):
        device.sync()
    assert_in_step(phone, tablet)
    for noted in (noted_on_phone, noted_on_tablet):
        for imdb_id, people in noted.items():
            assert people <= {vote["person_name"] for vote in phone.movies[imdb_id]["recommendations"]}
    assert phone.conflicts == phone.rejections == tablet.rejections == []
    told = {report["data"]["imdb_id"] for report in tablet.conflicts}
    for imdb_id in SHARED:
        mine, theirs = decided_on_tablet.get(imdb_id), decided_on_phone.get(imdb_id)
        now = phone.movies[imdb_id]["status"]
        assert now == (theirs or mine or "toWatch") or (now == mine and imdb_id not in told)
        if mine and now != mine:
            assert imdb_id in told
