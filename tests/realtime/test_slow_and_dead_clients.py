"""Clients that read slowly or not at all, are gone, or talk too much."""

import threading
from collections.abc import Callable

import pytest
from flask import Flask
from support.client import Client
from support.library import add_stubs, imdb_ids
from support.listening import ABNORMAL, Listener
from support.waiting import wait_until
from wsproto.events import CloseConnection, Ping, TextMessage

from movietracker.realtime import connection, endpoint, loop
from movietracker.services.accounts import Account
from movietracker.services.transactions import library_write

from .conftest import Listen, token_of

TITLES = imdb_ids(1000)
ChangeMuch = Callable[..., None]


@pytest.fixture(autouse=True)
def _patience(monkeypatch: pytest.MonkeyPatch) -> None:
    """Look at time-outs often and keep little for clients, but let them take their time to read the close."""
    monkeypatch.setattr(loop, "TICK_EVERY", 0.05)
    monkeypatch.setattr(connection, "CLOSE_WITHIN", 60)
    monkeypatch.setattr(endpoint, "SEND_BUFFER", 8192)


@pytest.fixture
def change_much(app: Flask, anna: Account) -> ChangeMuch:
    """Changes so much, again and again, that what a client does not read fills every buffer on the way to it.

    ``after_each`` is what another client does after each change.
    """

    def change(after_each: Callable[[], object] = lambda: None) -> None:
        with app.app_context():
            add_stubs(anna, TITLES)
            after_each()
            for _ in range(6):
                with library_write(anna.id) as tx:
                    tx.touch_all("movie", TITLES)
                after_each()

    return change


def hears_of_a_change(listener: Listener, client: Client) -> bool:
    client.post("/api/people", json={"name": "Zoe"})
    return listener.until("peopleUpdated") is not None


@pytest.mark.parametrize("is_token_good", [True, False])
def test_a_client_that_sends_its_token_and_leaves_at_once_disturbs_no_other(
    listen: Listen, connect: Listen, app: Flask, anna: Account, client: Client, is_token_good: bool
) -> None:
    other = listen(anna)
    hasty = connect()
    token = token_of(app, anna) if is_token_good else "nonsense"
    hasty.send(TextMessage(data=token), CloseConnection(code=1000))
    assert hasty.close_code() == 1000
    assert hears_of_a_change(other, client)


def test_a_client_that_falls_too_far_behind_is_sent_away_to_catch_up(
    listen: Listen, anna: Account, client: Client, change_much: ChangeMuch
) -> None:
    slow, quick = listen(anna, receive_buffer=4096), listen(anna)
    change_much(after_each=quick.all_until_quiet)
    assert hears_of_a_change(quick, client)
    assert slow.close_code() == 1013


def test_a_client_that_takes_nothing_for_a_while_is_sent_away(
    listen: Listen, anna: Account, change_much: ChangeMuch, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(connection, "STUCK_FOR", 0.2)
    given_up = threading.Event()
    close = connection.Connection._close_as_too_slow
    monkeypatch.setattr(connection.Connection, "_close_as_too_slow", lambda self: (close(self), given_up.set()))
    slow = listen(anna, receive_buffer=4096)
    change_much()
    assert given_up.wait(20)
    assert slow.close_code() == 1013


def test_a_client_that_does_not_even_take_the_close_is_cut(
    listen: Listen, app: Flask, anna: Account, change_much: ChangeMuch, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(connection, "CLOSE_WITHIN", 0.1)
    slow = listen(anna, receive_buffer=4096)
    change_much()
    wait_until(lambda: not any(thread.name == "realtime" for thread in threading.enumerate()))
    assert slow.close_code() == ABNORMAL


def test_a_client_is_pinged_and_stays_while_it_answers(
    listen: Listen, anna: Account, client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(connection, "PING_EVERY", 0.5)
    listener = listen(anna)
    while listener.pings < 3:
        listener.all_until_quiet()
    assert hears_of_a_change(listener, client)


def test_a_client_that_ignores_pings_is_dropped(listen: Listen, anna: Account, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connection, "PING_EVERY", 0.3)
    dead = listen(anna)
    dead.answers_pings = False
    assert dead.close_code() == ABNORMAL
    assert dead.pings == 1


def test_what_a_client_says_later_is_ignored(listen: Listen, anna: Account, client: Client) -> None:
    listener = listen(anna)
    for message in ("nonsense", '{"token": "another"}', b"\x00", "x" * 65_536):
        listener.say(message)
    assert hears_of_a_change(listener, client)


def test_a_message_beyond_64_kib_closes_the_connection(listen: Listen, anna: Account) -> None:
    listener = listen(anna)
    listener.say("x" * 65_537)
    assert listener.close_code() == 1009


def test_a_first_message_beyond_64_kib_closes_the_connection(connect: Listen) -> None:
    listener = connect()
    listener.say("x" * 70_000)
    assert listener.close_code() == 1009


def test_a_clients_ping_is_answered(listen: Listen, anna: Account, client: Client) -> None:
    listener = listen(anna)
    listener.send(Ping(payload=b"there?"))
    assert listener.answer_to_ping() == b"there?"
    assert hears_of_a_change(listener, client)


def test_bytes_that_are_no_frames_close_the_connection(listen: Listen, anna: Account, client: Client) -> None:
    talker, listener = listen(anna), listen(anna)
    talker.sock.sendall(b"\xff\xff" * 100)
    assert talker.close_code() == 1002
    assert hears_of_a_change(listener, client)


def test_a_client_that_breaks_off_harms_no_other(listen: Listen, anna: Account, client: Client) -> None:
    gone, listener = listen(anna), listen(anna)
    gone.close()
    assert hears_of_a_change(listener, client)


def test_a_close_is_answered(listen: Listen, anna: Account) -> None:
    listener = listen(anna)
    listener.send(CloseConnection(code=1000))
    assert listener.close_code() == 1000
