"""The ranking on a device: what is shown before the server has answered, and what a restored server forgot."""

import random

import pytest
from flask import Flask
from sync.restoring import Backup

from movietracker.client import Client
from movietracker.client.ranking import in_order

from .devices import Devices, assert_in_step

IDS = [f"tt{number:07}" for number in range(1, 9)]


def order(device: Client) -> tuple[str, str]:
    """The last digits of the liked titles and of the others, as the device shows them."""
    return tuple(  # type: ignore[return-value]
        "".join(movie["imdb_id"][-1] for movie in in_order(device.movies, liked=liked)) for liked in (True, False)
    )


def watch(device: Client, *imdb_ids: str) -> None:
    for imdb_id in imdb_ids:
        device.do("updateMovieStatus", {"imdb_id": imdb_id, "status": "watched"})


def rank(device: Client, imdb_id: str, after: str | None, *, liked: bool = True) -> None:
    device.do("rankMovie", {"imdb_id": imdb_id, "liked": liked, "after": after})


@pytest.mark.parametrize("seed", range(5))
def test_the_device_shows_at_once_where_the_server_puts_each_title(phone: Client, seed: int) -> None:
    chance = random.Random(seed)
    watch(phone, *IDS)
    for _ in range(3):
        for _ in range(12):
            imdb_id, liked = chance.choice(IDS), chance.random() < 0.7
            others = [each["imdb_id"] for each in in_order(phone.movies, liked=liked) if each["imdb_id"] != imdb_id]
            if chance.random() < 0.2:
                phone.do("unrankMovie", {"imdb_id": imdb_id})
            else:
                rank(phone, imdb_id, chance.choice([None, *others]), liked=liked)
        before = order(phone)
        phone.push()
        assert order(phone) == before
        phone.pull()
        assert order(phone) == before
        assert (phone.conflicts, phone.rejections) == ([], [])
        assert_in_step(phone)


def test_what_cannot_be_ranked_is_not_shown_and_reported(phone: Client) -> None:
    phone.do("addMovie", {"imdb_id": IDS[0]})
    watch(phone, IDS[1])
    rank(phone, IDS[0], None)
    rank(phone, IDS[1], IDS[0])
    assert order(phone) == ("", "")
    phone.sync()
    assert [report["code"] for report in phone.rejections] == ["not_watched", "not_ranked"]
    assert_in_step(phone)


def test_a_title_that_is_no_longer_watched_leaves_the_ranking_at_once(phone: Client) -> None:
    watch(phone, IDS[0])
    rank(phone, IDS[0], None)
    phone.sync()
    phone.do("updateMovieStatus", {"imdb_id": IDS[0], "status": "toWatch"})
    assert order(phone) == ("", "")
    phone.sync()
    assert_in_step(phone)


def test_two_devices_that_rank_offline_both_keep_what_they_said(phone: Client, devices: Devices) -> None:
    watch(phone, *IDS[:4])
    rank(phone, IDS[0], None)
    rank(phone, IDS[1], IDS[0])
    phone.sync()
    tablet = devices.make("tablet")
    rank(phone, IDS[2], IDS[0])
    rank(tablet, IDS[3], IDS[1])
    for device in (phone, tablet, phone):
        device.sync()
    assert order(phone) == order(tablet) == ("1324", "")
    assert_in_step(phone, tablet)


def test_places_that_a_restored_server_forgot_are_brought_back(app: Flask, phone: Client) -> None:
    watch(phone, *IDS[:5])
    rank(phone, IDS[0], None)
    rank(phone, IDS[1], IDS[0])
    rank(phone, IDS[4], None, liked=False)
    phone.sync()
    backup = Backup(app)
    rank(phone, IDS[3], None)
    rank(phone, IDS[2], IDS[3])
    rank(phone, IDS[1], IDS[2])
    phone.do("unrankMovie", {"imdb_id": IDS[4]})
    phone.sync()
    before = order(phone)
    backup.restore()
    phone.sync()
    assert order(phone) == before == ("4321", "")
    assert (phone.conflicts, phone.rejections) == ([], [])
    assert_in_step(phone)
