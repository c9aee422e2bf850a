"""A server that stops says so to its clients."""

import threading

from flask import Flask
from support.waiting import wait_until

from movietracker.services.accounts import Account

from .conftest import Listen, token_of


def test_listeners_are_told_that_the_server_stops(listen: Listen, app: Flask, anna: Account, ben: Account) -> None:
    listeners = [listen(anna), listen(ben)]
    stopping = threading.Thread(target=app.extensions["movietracker"].hub.stop)
    stopping.start()
    assert [listener.close_code() for listener in listeners] == [1001, 1001]
    stopping.join()


def test_a_client_that_does_not_answer_does_not_hold_up_the_stop(listen: Listen, app: Flask, anna: Account) -> None:
    listen(anna)
    stopping = threading.Thread(target=app.extensions["movietracker"].hub.stop)
    stopping.start()
    stopping.join(15)
    assert not stopping.is_alive()
    assert not any(thread.name == "realtime" for thread in threading.enumerate())


def test_who_comes_after_the_stop_is_turned_away(connect: Listen, app: Flask, anna: Account) -> None:
    app.extensions["movietracker"].hub.stop()
    assert connect(token_of(app, anna)).close_code() == 1001


def test_listeners_are_told_at_once_of_a_stop(listen: Listen, connect: Listen, app: Flask, anna: Account) -> None:
    is_serving = threading.Event()
    is_serving.set()
    app.extensions["movietracker"].hub.serve_while(is_serving.is_set)
    listener = listen(anna)
    is_serving.clear()
    assert listener.close_code() == 1001
    assert connect(token_of(app, anna)).close_code() == 1001
    wait_until(lambda: not any(thread.name == "realtime" for thread in threading.enumerate()))
