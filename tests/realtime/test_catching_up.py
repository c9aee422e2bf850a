"""A message may be lost, merged or come twice: a client that pulls by its cursor has everything nevertheless."""

import threading
from typing import Any

from flask import Flask
from support.client import Client, client_of
from support.library import imdb_ids
from support.listening import Listener

from movietracker.services.accounts import Account

from .conftest import Listen, token_of


class Device:
    """Keeps the names of people, by pulling; asks again while there is more."""

    def __init__(self, client: Client) -> None:
        self._client = client
        self.cursor: str | None = None
        self.names: dict[int, str] = {}
        self.pull()

    def pull(self) -> None:
        has_more = True
        while has_more:
            query = {} if self.cursor is None else {"cursor": self.cursor}
            page: dict[str, Any] = self._client.get("/api/sync/changes", query_string=query).json
            self.names.update({person["id"]: person["name"] for person in page["people"]})
            for person_id in page["deleted"]["people"]:
                self.names.pop(person_id, None)
            self.cursor, has_more = page["cursor"], page["has_more"]

    def hear(self, message: dict[str, Any]) -> None:
        """Pull, unless it is told of what it knows."""
        if message["cursor"] != self.cursor:
            self.pull()


def names_at_server(client: Client) -> dict[int, str]:
    return {person["id"]: person["name"] for person in client.get("/api/people").json}


def add(client: Client, name: str) -> None:
    assert client.post("/api/people", json={"name": name}).status_code == 201


def test_what_it_missed_is_pulled_on_reconnecting(connect: Listen, app: Flask, anna: Account, client: Client) -> None:
    device = Device(client)
    listener = connect(token_of(app, anna))
    device.hear(listener.next())
    listener.close()  # whatever is sent from now on is lost
    add(client, "Zoe")
    client.delete("/api/people/Zoe")
    add(client, "Yann")
    device.hear(connect(token_of(app, anna)).next())
    assert device.names == names_at_server(client)


def test_a_reconnecting_client_that_missed_nothing_sees_so(
    connect: Listen, app: Flask, anna: Account, client: Client
) -> None:
    add(client, "Zoe")
    device = Device(client)
    assert connect(token_of(app, anna)).next()["cursor"] == device.cursor


def test_what_is_written_between_pull_and_subscription_shows_in_the_greeting(
    connect: Listen, app: Flask, anna: Account, client: Client
) -> None:
    device = Device(client)
    add(client, "Zoe")
    greeting = connect(token_of(app, anna)).next()
    assert greeting["cursor"] != device.cursor
    device.hear(greeting)
    assert device.names == names_at_server(client)


def test_a_message_that_comes_twice_does_no_harm(listen: Listen, anna: Account, client: Client) -> None:
    device = Device(client)
    listener = listen(anna)
    add(client, "Zoe")
    message = listener.next()
    device.hear(message)
    device.hear(message)
    device.pull()
    assert device.names == names_at_server(client)


def test_a_write_at_the_moment_of_subscription_is_either_in_the_greeting_or_told(
    connect: Listen, app: Flask, anna: Account, client: Client
) -> None:
    for number in range(15):
        writer = threading.Thread(target=add, args=(client_of(app, anna), f"Guest {number}"))
        device = Device(client)
        writer.start()
        listener = connect(token_of(app, anna))
        device.hear(listener.next())
        writer.join()
        if device.names != names_at_server(client):
            device.hear(listener.until("peopleUpdated"))
        assert device.names == names_at_server(client)
        listener.close()


def test_many_writes_reach_every_listener_whole(listen: Listen, app: Flask, anna: Account, client: Client) -> None:
    def write(part: int) -> None:
        writer = client_of(app, anna)
        for imdb_id in imdb_ids(20, first=100 * part):
            body = {"person_name": f"Guest {imdb_id}"}
            assert writer.post(f"/api/movies/{imdb_id}/recommendations", json=body).status_code == 201

    devices: list[tuple[Device, Listener]] = [(Device(client_of(app, anna)), listen(anna)) for _ in range(3)]
    writers = [threading.Thread(target=write, args=(part,)) for part in range(1, 4)]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join()
    for device, listener in devices:
        messages = listener.some_until_quiet()
        assert {each["imdb_id"] for each in messages if each["type"] == "movieAdded"} == {
            imdb_id for part in range(1, 4) for imdb_id in imdb_ids(20, first=100 * part)
        }
        device.hear(messages[-1])
        assert device.cursor == messages[-1]["cursor"]
        assert device.names == names_at_server(client)
