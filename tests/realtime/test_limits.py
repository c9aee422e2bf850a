"""How much a client may send, with a token and without one."""

import time
from contextlib import suppress

import pytest
from flask import Flask
from support.client import Client
from support.frames import BINARY, CLOSE, CONTINUATION, PING, PONG, TEXT, frame
from support.listening import Listener
from wsproto.frame_protocol import FrameDecoder, Opcode, RsvBits

from movietracker.realtime import connection, meter
from movietracker.realtime.meter import Meter
from movietracker.services.accounts import Account

from .conftest import Listen, token_of

KIB = 1024

TOO_MUCH = {
    "empty fragments": (frame(TEXT, fin=False) + frame(CONTINUATION, fin=False) * 2000, 1008),
    "pings": (frame(PING) * 100, 1008),
    "pongs": (frame(PONG, b"x" * 125) * 50, 1008),
    "a frame announced far too large": (frame(BINARY, announced=2**62), 1009),
    "a fragment announced far too large": (frame(TEXT, fin=False) + frame(CONTINUATION, announced=2**40), 1009),
    "a compressed frame": (frame(TEXT, b"\x00", reserved=4), 1002),
    "a reserved opcode": (frame(3), 1002),
    "a ping in fragments": (frame(PING, fin=False), 1002),
    "a fragment of nothing": (frame(CONTINUATION, b"x"), 1002),
    "a close frame of one byte": (frame(CLOSE, b"x"), 1002),
    "text that is not UTF-8": (frame(TEXT, b"\xff", fin=False), 1007),
}

TOO_MUCH_WITHOUT_TOKEN = {
    "a frame announced larger than 8 KiB": (frame(TEXT, announced=8 * KIB + 1), 1009),
    "fragments of more than 8 KiB": ((frame(TEXT, b"x" * 5000, fin=False) + frame(0, b"x" * 5000, fin=False)), 1009),
    "8 KiB in all, of several kinds": (frame(TEXT, b"x" * 8100, fin=False) + frame(PING, b"x" * 125), 1009),
    "8 KiB in frames of a byte": (frame(TEXT, b"x", fin=False) + frame(0, b"x", fin=False) * 8 * KIB, 1008),
}

TOO_MUCH_WITH_TOKEN = {
    "a frame announced larger than 64 KiB": (frame(TEXT, announced=64 * KIB + 1), 1009),
    "fragments of more than 64 KiB": (frame(TEXT, b"x" * 40_000, fin=False) + frame(0, announced=40_000), 1009),
    "many messages": (frame(TEXT, b"x") * 1000, 1008),
    "many large messages": (frame(TEXT, b"x" * 60_000) * 4, 1008),
}


def cases(*tables: dict[str, tuple[bytes, int]]) -> list[object]:
    return [pytest.param(*case, id=name) for table in tables for name, case in table.items()]


def code_after(listener: Listener, sent: bytes) -> int:
    with suppress(ConnectionError):  # the server may have cut the connection before it has taken everything
        listener.sock.sendall(sent)
    return listener.close_code()


@pytest.mark.parametrize(("sent", "code"), cases(TOO_MUCH, TOO_MUCH_WITHOUT_TOKEN))
def test_too_much_without_a_token_closes_the_connection(connect: Listen, sent: bytes, code: int) -> None:
    assert code_after(connect(), sent) == code


@pytest.mark.parametrize(("sent", "code"), cases(TOO_MUCH, TOO_MUCH_WITH_TOKEN))
def test_too_much_with_a_token_closes_that_connection_only(
    listen: Listen, anna: Account, client: Client, sent: bytes, code: int
) -> None:
    talker, other = listen(anna), listen(anna)
    assert code_after(talker, sent) == code
    client.post("/api/people", json={"name": "Zoe"})
    assert other.next()["type"] == "peopleUpdated"


@pytest.mark.parametrize("mistake", [frame(3), frame(BINARY, announced=2**40), frame(PING) * 100], ids=len)
def test_a_refused_client_cannot_go_on_sending(
    connect: Listen, monkeypatch: pytest.MonkeyPatch, mistake: bytes
) -> None:
    monkeypatch.setattr(connection, "CLOSE_WITHIN", 60)
    listener = connect()
    listener.sock.sendall(mistake)
    begun = time.monotonic()
    with pytest.raises(ConnectionError):
        listener.sock.sendall(bytes(32 * KIB * KIB))  # the system buffers a few of them
    assert time.monotonic() - begun < 30


def test_a_token_may_come_byte_by_byte(connect: Listen, app: Flask, anna: Account) -> None:
    listener = connect()
    for byte in frame(TEXT, token_of(app, anna).encode()):
        listener.sock.sendall(bytes([byte]))
        time.sleep(0.001)
    assert listener.next()["type"] == "connected"


def test_a_token_may_come_in_fragments_with_pings_between_them(connect: Listen, app: Flask, anna: Account) -> None:
    listener = connect()
    token = token_of(app, anna).encode()
    parts = [token[start : start + 50] for start in range(0, len(token), 50)]
    for number, part in enumerate(parts):
        listener.sock.sendall(frame(PING) + frame(CONTINUATION if number else TEXT, part, fin=part is parts[-1]))
    for _ in parts:
        assert listener.answer_to_ping() == b""
    assert listener.next()["type"] == "connected"


def test_a_close_that_never_ends_does_not_keep_a_connection_without_a_token(
    connect: Listen, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(connection, "TOKEN_WITHIN", 0.3)
    listener = connect()
    listener.sock.sendall(frame(CLOSE, b"\x03\xe8", announced=100))
    assert listener.close_code() == 1008


def test_a_client_that_talks_all_day_at_a_moderate_pace_stays(monkeypatch: pytest.MonkeyPatch) -> None:
    now = 1000.0
    monkeypatch.setattr(meter, "monotonic", lambda: now)
    talk, decoder, bits = Meter(), FrameDecoder(client=False), RsvBits(False, False, False)
    talk.sign_in()
    for _ in range(10_000):
        now += 1
        for opcode in (Opcode.PING, Opcode.PING, Opcode.TEXT):
            assert talk.count_read(1000)
            assert talk.frame_inbound_header(decoder, opcode, bits, 900) == bits
            assert talk.frame_inbound_complete(decoder, True) is None
