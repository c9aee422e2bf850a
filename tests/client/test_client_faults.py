"""The client behind a network that loses, repeats, cuts and replaces what goes through it."""

import json
import random
from collections.abc import Iterator
from typing import Any, get_args

import pytest
from support.faulty_proxy import Fault, FaultyProxy
from support.live_server import LiveServer

from movietracker.client import Client, Unreachable

from .devices import HEAT, MATRIX, Devices, assert_in_step

BATCH = "/api/sync/batch"
FAULTS: tuple[Fault, ...] = get_args(Fault)


@pytest.fixture
def proxy(server: LiveServer) -> Iterator[FaultyProxy]:
    """What stands between Anna's phone and the server."""
    with FaultyProxy(server.port).running() as running:
        yield running


@pytest.fixture
def phone(devices: Devices, proxy: FaultyProxy) -> Client:
    """Anna's phone, behind the proxy, logged in and in step."""
    return devices.make("phone", proxy.url)


@pytest.mark.parametrize("fault", [fault for fault in FAULTS if fault != "none"])
@pytest.mark.parametrize("steps_before", [0, 1])
def test_one_sync_is_enough_after_one_fault(phone: Client, proxy: FaultyProxy, fault: Fault, steps_before: int) -> None:
    phone.do("addMovie", {"imdb_id": MATRIX, "recommender": "Alma"})
    phone.do("updatePerson", {"name": "Alma", "new_name": "Alma Senior"})
    proxy.next(*["none"] * steps_before, fault)
    phone.sync()
    assert (phone.conflicts, phone.rejections) == ([], [])
    assert phone.movies[MATRIX]["recommendations"][0]["person_name"] == "Alma Senior"
    assert_in_step(phone)


def test_a_batch_whose_answer_was_lost_is_sent_again_as_it_was_though_more_was_done_since(
    devices: Devices, phone: Client, proxy: FaultyProxy
) -> None:
    phone.attempts = 1
    phone.do("addMovie", {"imdb_id": MATRIX})
    proxy.next("lose answer")
    with pytest.raises(Unreachable):
        phone.sync()
    assert phone.unsent == 1
    phone.do("addMovie", {"imdb_id": HEAT})
    phone = devices.again(phone, proxy.url)
    phone.sync()
    first, again, last = (json.loads(body) for body in proxy.bodies(BATCH))
    assert first == again
    assert [action["data"]["imdb_id"] for action in last["actions"]] == [HEAT]
    assert_in_step(phone)


def test_an_action_whose_answer_was_lost_does_not_undo_what_was_done_after_it(
    devices: Devices, phone: Client, tablet: Client, proxy: FaultyProxy
) -> None:
    phone.do("addMovie", {"imdb_id": MATRIX})
    phone.sync()
    tablet.sync()
    phone.attempts = 1
    phone.do("updateMovieStatus", {"imdb_id": MATRIX, "status": "watched"})
    proxy.next("lose answer")
    with pytest.raises(Unreachable):
        phone.push()
    tablet.sync()
    tablet.do("updateMovieStatus", {"imdb_id": MATRIX, "status": "deleted"})
    tablet.sync()
    phone.sync()
    assert phone.movies[MATRIX]["status"] == "deleted"
    assert phone.conflicts == []
    assert_in_step(phone, tablet)


def test_a_hotels_login_page_neither_logs_out_nor_counts_as_an_answer(phone: Client, proxy: FaultyProxy) -> None:
    proxy.choose = lambda path: "portal"
    phone.do("addMovie", {"imdb_id": MATRIX})
    with pytest.raises(Unreachable):
        phone.sync()
    assert phone.unsent == 1
    proxy.choose = lambda path: "none"
    phone.sync()
    assert_in_step(phone)


def test_a_client_that_is_told_to_wait_waits_that_long_and_longer_each_time(
    phone: Client, proxy: FaultyProxy, monkeypatch: pytest.MonkeyPatch
) -> None:
    waits: list[float] = []
    monkeypatch.setattr("movietracker.client.client.time.sleep", waits.append)
    phone.pause, phone.attempts = 0.5, 8
    proxy.choose, proxy.retry_after = lambda path: "busy", 7
    with pytest.raises(Unreachable):
        phone.pull()
    assert len(waits) == 8
    assert waits[0] == 0
    for failures, wait in enumerate(waits[1:]):
        assert 7 <= wait <= 7 + min(60, 0.5 * 2**failures)


def test_clients_do_not_come_back_in_step(phone: Client) -> None:
    phone.pause = 0.5
    for failures in range(20):
        waits = [phone._jitter(failures) for _ in range(200)]
        bound = min(60, 0.5 * 2**failures)
        assert 0 <= min(waits) < bound / 4
        assert bound * 3 / 4 < max(waits) <= bound


@pytest.mark.parametrize("seed", range(4))
def test_everything_arrives_once_through_a_network_that_is_never_well(
    devices: Devices, phone: Client, tablet: Client, proxy: FaultyProxy, seed: int
) -> None:
    chance = random.Random(seed)
    proxy.choose = lambda path: chance.choice(FAULTS)
    phone.attempts = 2
    status_of: dict[str, str] = {}
    for turn in range(60):
        imdb_id = f"tt{chance.randrange(1, 6):07}"
        status_of[imdb_id] = chance.choice([each for each in ("toWatch", "watched") if each != status_of.get(imdb_id)])
        phone.do("updateMovieStatus", {"imdb_id": imdb_id, "status": status_of[imdb_id]})
        if turn % 3 == 0:
            sync_if_possible(phone)
        if turn % 10 == 9:
            tablet.do("addRecommendation", {"imdb_id": imdb_id, "person_name": f"Person {turn}"})
            tablet.sync()
            phone = devices.again(phone, proxy.url, attempts=2)
        assert {movie: phone.movies[movie]["status"] for movie in status_of} == status_of
    proxy.choose = lambda path: "none"
    phone.sync()
    tablet.sync()
    assert {movie: phone.movies[movie]["status"] for movie in status_of} == status_of
    assert (phone.conflicts, phone.rejections) == ([], [])
    assert_in_step(phone, tablet)


def sync_if_possible(device: Client) -> Any:
    try:
        device.sync()
    except Unreachable:
        return None
