"""When a request is whole: neither too early, which would break it off, nor too late, which would hold it up."""

import pytest

from movietracker.cli.arrival import Arrival

HEAD = b"POST / HTTP/1.1\r\nHost: x\r\n"

WHOLE = {
    "no body": b"GET / HTTP/1.1\r\nHost: x\r\n\r\n",
    "no headers": b"GET / HTTP/1.1\r\n\r\n",
    "an empty line first": b"\r\nGET / HTTP/1.1\r\nHost: x\r\n\r\n",
    "a length": HEAD + b"Content-Length: 5\r\n\r\n12345",
    "a length in capitals, with blanks": HEAD + b"CONTENT-LENGTH:  5  \r\n\r\n12345",
    "no length": HEAD + b"Content-Length: 0\r\n\r\n",
    "chunks": HEAD + b"Transfer-Encoding: chunked\r\n\r\n5\r\n12345\r\nA;x=y\r\n0\r\n\r\n67890\r\n0\r\n\r\n",
    "chunks and trailers": HEAD + b"Transfer-Encoding: Chunked\r\n\r\n1\r\n1\r\n0\r\nA: b\r\nC: d\r\n\r\n",
}


@pytest.mark.parametrize("request_bytes", WHOLE.values(), ids=WHOLE)
@pytest.mark.parametrize("step", [1, 3, 1000])
def test_a_request_is_whole_with_its_last_byte(request_bytes: bytes, step: int) -> None:
    arrival = Arrival()
    pieces = [request_bytes[at : at + step] for at in range(0, len(request_bytes), step)]
    told = []
    for piece in pieces:
        arrival.add(piece)
        told.append(arrival.is_whole())

    assert told == [False] * (len(pieces) - 1) + [True]
    assert bytes(arrival.data) == request_bytes


@pytest.mark.parametrize(
    "malformed",
    [
        b"HELLO\n",
        b"GET / HTTP/1.1\nHost: x\n\n",
        HEAD + b"Content-Length: many\r\n\r\n",
        HEAD + b"Content-Length: -1\r\n\r\n",
        HEAD + b"Transfer-Encoding: gzip\r\n\r\n",
        HEAD + b"Transfer-Encoding: chunked\r\n\r\nno size\r\n",
    ],
)
def test_what_is_malformed_waits_for_no_more(malformed: bytes) -> None:
    arrival = Arrival()
    arrival.add(malformed)
    assert arrival.is_whole()


@pytest.mark.parametrize(
    ("fields", "body", "waits"),
    [
        (b"Expect: 100-continue\r\nContent-Length: 5", b"", True),
        (b"expect: 100-Continue\r\nTransfer-Encoding: chunked", b"", True),
        (b"Expect: 100-continue\r\nContent-Length: 5", b"1", False),
        (b"Expect: 100-continue\r\nContent-Length: 0", b"", False),
        (b"Expect: something\r\nContent-Length: 5", b"", False),
        (b"Content-Length: 5", b"", False),
    ],
)
def test_a_client_that_waits_for_continue_is_known(fields: bytes, body: bytes, waits: bool) -> None:
    arrival = Arrival()
    arrival.add(HEAD + fields + b"\r\n\r\n" + body)
    assert arrival.waits_for_continue is waits


def test_a_client_was_told_to_continue_when_its_body_comes() -> None:
    arrival = Arrival()
    arrival.add(HEAD + b"Expect: 100-continue\r\nContent-Length: 2\r\n\r\n")
    arrival.add(b"1")
    assert not arrival.waits_for_continue
    assert not arrival.is_whole()
