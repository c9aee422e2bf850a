"""Who may listen, and for how long."""

import json
from collections.abc import Callable
from time import monotonic

import pytest
import simple_websocket
from flask import Flask
from support.client import PASSWORD, Client, client_of
from support.listening import Listener
from support.live_server import LiveServer
from wsproto.events import Ping

from movietracker.api import authentication
from movietracker.realtime import connection, loop, subscribers, unsigned
from movietracker.services import accounts
from movietracker.services.accounts import Account

from .conftest import Listen, token_of


@pytest.fixture
def quick_ticks(monkeypatch: pytest.MonkeyPatch) -> None:
    """Look at tokens and time-outs many times a second."""
    monkeypatch.setattr(subscribers, "CHECK_TOKENS_EVERY", 0.1)
    monkeypatch.setattr(loop, "TICK_EVERY", 0.05)


def test_the_token_may_come_in_the_address(connect: Listen, app: Flask, anna: Account) -> None:
    assert connect(token_of(app, anna)).next()["type"] == "connected"


def test_the_token_may_come_as_a_subprotocol_and_is_not_repeated(connect: Listen, app: Flask, anna: Account) -> None:
    listener = connect(subprotocols=["bearer", token_of(app, anna)])
    assert listener.subprotocol == "bearer"
    assert listener.next()["type"] == "connected"


@pytest.mark.parametrize("labels", [[], ["access_token"], ["movietracker", "v1"]], ids=len)
def test_the_token_may_come_as_a_subprotocol_alone_or_beside_any_others(
    connect: Listen, app: Flask, anna: Account, labels: list[str]
) -> None:
    """Browsers give up unless one of those that they offered is chosen."""
    token = token_of(app, anna)
    listener = connect(subprotocols=[*labels, token])
    assert listener.subprotocol == [*labels, token][0]
    assert listener.next()["type"] == "connected"


def test_other_subprotocols_are_not_taken_for_a_token(connect: Listen, app: Flask, anna: Account) -> None:
    listener = connect(subprotocols=["graphql-ws"])
    assert listener.subprotocol is None
    listener.say(token_of(app, anna))
    assert listener.next()["type"] == "connected"


@pytest.mark.parametrize(
    "written",
    [str, lambda token: json.dumps({"token": token}), lambda token: json.dumps({"type": "auth", "token": token})],
    ids=["plain", "token", "auth"],
)
def test_the_token_may_come_first(connect: Listen, app: Flask, anna: Account, written: Callable[[str], str]) -> None:
    listener = connect()
    listener.say(written(token_of(app, anna)))
    assert listener.next()["type"] == "connected"


def test_an_ordinary_client_library_can_listen(server: LiveServer, app: Flask, anna: Account, client: Client) -> None:
    socket = simple_websocket.Client.connect(f"ws://127.0.0.1:{server.port}/ws/sync?token={token_of(app, anna)}")
    try:
        assert json.loads(socket.receive(timeout=20))["type"] == "connected"
        client.post("/api/people", json={"name": "Zoe"})
        assert json.loads(socket.receive(timeout=20))["type"] == "peopleUpdated"
    finally:
        socket.close()
        socket.thread.join()


@pytest.mark.parametrize("is_good", [True, False])
def test_nothing_is_said_along_with_the_answer_to_the_handshake(
    monkeypatch: pytest.MonkeyPatch, connect: Listen, app: Flask, anna: Account, is_good: bool
) -> None:
    """Clients that read both at once overlook it: of 150 greetings that simple-websocket's were sent, they saw 120."""
    monkeypatch.setattr(loop, "QUIET_SECONDS", 1.0)
    before = monotonic()
    listener = connect(token_of(app, anna) if is_good else "nonsense")
    if is_good:
        assert listener.next()["type"] == "connected"
    else:
        assert listener.close_code() == 1008
    assert monotonic() - before >= 1.0


@pytest.mark.parametrize("message", ["", "nonsense", "{}", '{"token": 5}', "[]", "null", "\ud7ff\x00", b"\x00\xff"])
def test_a_first_message_without_a_token_closes_the_connection(connect: Listen, message: str | bytes) -> None:
    listener = connect()
    listener.say(message)
    assert listener.close_code() == 1008


def test_a_bad_token_in_the_address_closes_the_connection(connect: Listen) -> None:
    assert connect("nonsense").close_code() == 1008


def test_a_bad_token_as_a_subprotocol_closes_the_connection(connect: Listen) -> None:
    assert connect(subprotocols=["bearer", "nonsense"]).close_code() == 1008


def test_an_expired_token_closes_the_connection(
    connect: Listen, app: Flask, anna: Account, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(app.config, "USER_TOKEN_DAYS", -1)
    assert connect(token_of(app, anna)).close_code() == 1008


def test_a_token_of_an_earlier_password_closes_the_connection(connect: Listen, app: Flask, anna: Account) -> None:
    assert connect(token_of(app, anna, version=-1)).close_code() == 1008


def test_an_administrators_token_closes_the_connection(connect: Listen, app: Flask) -> None:
    with app.app_context():
        token = authentication.admin_token()
    assert connect(token).close_code() == 1008


def test_a_connection_without_a_token_is_closed_after_a_while(
    connect: Listen, quick_ticks: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(connection, "TOKEN_WITHIN", 0.3)
    assert connect().close_code() == 1008


def test_a_logout_closes_the_connections_of_that_token_and_no_others(
    connect: Listen, app: Flask, anna: Account, client: Client, quick_ticks: None
) -> None:
    token = token_of(app, anna)
    leaving, staying = connect(token), connect(token_of(app, anna))
    for listener in (leaving, staying):
        listener.next()
    client_of(app).post("/api/auth/logout", headers={"Authorization": f"Bearer {token}"})
    assert leaving.close_code() == 1008
    client.post("/api/people", json={"name": "Zoe"})
    assert staying.next()["type"] == "peopleUpdated"


def test_ending_a_session_elsewhere_closes_its_connections(
    connect: Listen, app: Flask, anna: Account, client: Client, quick_ticks: None
) -> None:
    lost = client_of(app).post("/api/auth/login", json={"email": anna.email, "password": PASSWORD}).json
    leaving, staying = connect(lost["access_token"]), connect(token_of(app, anna))
    for listener in (leaving, staying):
        listener.next()
    (session,) = client.get("/api/auth/sessions").json
    client.delete(f"/api/auth/sessions/{session['id']}")
    assert leaving.close_code() == 1008
    client.post("/api/people", json={"name": "Zoe"})
    assert staying.next()["type"] == "peopleUpdated"


def change_password(app: Flask, account: Account) -> None:
    body = {"current_password": PASSWORD, "new_password": "another long secret"}
    assert client_of(app, account).post("/api/auth/password", json=body).status_code == 204


def disable(app: Flask, account: Account) -> None:
    with app.app_context():
        accounts.set_active(account.id, False)


def delete(app: Flask, account: Account) -> None:
    with app.app_context():
        accounts.delete_account(account.id)


@pytest.mark.parametrize("deed", [change_password, disable, delete])
def test_what_kills_a_users_tokens_closes_their_connections(
    listen: Listen, app: Flask, anna: Account, ben: Account, quick_ticks: None, deed: Callable[[Flask, Account], None]
) -> None:
    annas, bens = listen(anna), listen(ben)
    deed(app, anna)
    assert annas.close_code() == 1008
    assert bens.all_until_quiet() == []


def test_a_token_that_expires_while_connected_closes_the_connection(
    listen: Listen, app: Flask, anna: Account, quick_ticks: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(app.config, "USER_TOKEN_DAYS", 3 / 86_400)
    assert listen(anna).close_code() == 1008


def test_a_user_may_have_so_many_connections_and_no_more(
    connect: Listen, listen: Listen, app: Flask, anna: Account, ben: Account, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(subscribers, "MAX_CONNECTIONS_OF_A_USER", 2)
    first: Listener = listen(anna)
    listen(anna)
    assert connect(token_of(app, anna)).close_code() == 1013
    listen(ben)
    first.leave()
    listen(anna)


def test_a_process_takes_so_many_connections_and_no_more(
    connect: Listen, listen: Listen, app: Flask, anna: Account, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(loop, "MAX_SOCKETS", 1)
    listen(anna)
    assert connect(token_of(app, anna)).close_code() == 1013


def admitted(listener: Listener) -> Listener:
    """The same, once it is counted: of two that come at once either may be the first."""
    listener.send(Ping(b"here"))
    assert listener.answer_to_ping() == b"here"
    return listener


def test_an_address_may_have_so_many_connections_without_a_token_and_no_more(
    connect: Listen, listen: Listen, app: Flask, anna: Account, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(unsigned, "MAX_OF_AN_ADDRESS", 4)
    monkeypatch.setattr(connection, "TOKEN_WITHIN", 60.0)  # a busy machine must not close them meanwhile
    app.extensions["movietracker"].hub.share_with(2)
    first, _ = admitted(connect()), admitted(connect())
    assert connect().close_code() == 1013
    assert connect("nonsense").close_code() == 1008
    listen(anna)
    first.say(token_of(app, anna))
    assert first.next()["type"] == "connected"
    third = admitted(connect())
    assert connect().close_code() == 1013
    third.leave()
    fourth = connect()
    fourth.say(token_of(app, anna))
    assert fourth.next()["type"] == "connected"


def test_what_is_no_handshake_is_a_bad_request(server: LiveServer) -> None:
    upgrade = {"Upgrade": "websocket", "Connection": "Upgrade"}
    for headers in ({}, upgrade, {**upgrade, "Sec-WebSocket-Key": "x", "Sec-WebSocket-Version": "12"}):
        answer = server.call("GET", "/ws/sync", headers=headers)
        assert (answer.status, answer.json["code"]) == (400, "bad_request")
