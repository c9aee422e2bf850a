"""The client that is told of changes."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from flask import Flask
from support.client import PASSWORD
from support.live_server import LiveServer
from support.waiting import wait_until

from movietracker.client import Client, LoggedOut

from .devices import HEAT, MATRIX, Devices, assert_in_step


@pytest.fixture
def server(app: Flask, server: LiveServer) -> Iterator[LiveServer]:
    """The application, whose sockets are closed at the end."""
    yield server
    app.extensions["movietracker"].hub.stop()


@contextmanager
def listening(device: Client) -> Iterator[tuple[threading.Thread, list[BaseException]]]:
    """Let a device listen in a thread of its own; what it raises ends up in the list."""
    stop, raised, heard = threading.Event(), [], threading.Event()

    def listen() -> None:
        try:
            device.listen(stop, heard.set)
        except LoggedOut as error:
            raised.append(error)

    thread = threading.Thread(target=listen)
    thread.start()
    try:
        assert heard.wait(10)  # the server's greeting
        yield thread, raised
    finally:
        stop.set()
        thread.join(10)
        assert not thread.is_alive()


def test_a_change_made_elsewhere_is_shown_at_once(phone: Client, browser: Any) -> None:
    with listening(phone):
        browser.put(f"/api/movies/{MATRIX}/status", json={"status": "watched"})
        wait_until(lambda: MATRIX in phone.movies)
        browser.post("/api/people", json={"name": "Alma"})
        wait_until(lambda: "Alma" in phone.people)
    assert_in_step(phone)


def test_what_was_queued_while_listening_goes_with_the_next_news(phone: Client, tablet: Client) -> None:
    with listening(phone):
        phone.do("addMovie", {"imdb_id": MATRIX})
        tablet.do("addMovie", {"imdb_id": HEAT})
        tablet.sync()
        wait_until(lambda: phone.unsent == 0)
    tablet.sync()
    assert set(tablet.movies) == {MATRIX, HEAT}


def test_a_connection_that_breaks_is_made_again_and_nothing_is_missed(app: Flask, phone: Client, browser: Any) -> None:
    with listening(phone):
        app.extensions["movietracker"].hub.stop()
        browser.put(f"/api/movies/{MATRIX}/status", json={"status": "watched"})
        wait_until(lambda: MATRIX in phone.movies)


def test_a_token_that_dies_ends_it_and_the_user_is_told(phone: Client, browser: Any) -> None:
    with listening(phone) as (thread, raised):
        body = {"current_password": PASSWORD, "new_password": "another long secret"}
        assert browser.post("/api/auth/password", json=body).status_code == 204
        thread.join(40)
        assert not thread.is_alive()
    assert [type(error) for error in raised] == [LoggedOut]


def test_the_user_may_act_and_sync_while_listening(devices: Devices, phone: Client, tablet: Client) -> None:
    with listening(phone), listening(tablet):
        for number in range(1, 16):
            phone.do("updateMovieStatus", {"imdb_id": f"tt{number:07}", "status": "watched"})
            tablet.do("addRecommendation", {"imdb_id": f"tt{number:07}", "person_name": f"Person {number % 3}"})
            phone.sync()
            tablet.sync()
        wait_until(lambda: len(phone.movies) == len(tablet.movies) == 15)
    for device in (phone, tablet):
        device.sync()
    assert phone.conflicts == tablet.conflicts == []
    assert_in_step(phone, tablet)
