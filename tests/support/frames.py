"""Frames of a client of /ws/sync as bytes, valid or not."""

import base64
import os
import socket
import struct

CONTINUATION, TEXT, BINARY, CLOSE, PING, PONG = 0, 1, 2, 8, 9, 10


def frame(
    opcode: int, payload: bytes = b"", *, fin: bool = True, reserved: int = 0, announced: int | None = None
) -> bytes:
    """A frame masked with zeros, which announces its length or the one that is given."""
    length = len(payload) if announced is None else announced
    if length < 126:
        size = bytes([0x80 | length])
    elif length < 65_536:
        size = struct.pack("!BH", 0x80 | 126, length)
    else:
        size = struct.pack("!BQ", 0x80 | 127, length)
    return bytes([fin << 7 | reserved << 4 | opcode]) + size + bytes(4) + payload


def handshake(target: str = "/ws/sync", **headers: str) -> bytes:
    """The request that opens a socket, with more headers or others."""
    key = base64.b64encode(os.urandom(16)).decode()
    lines = {
        "Host": "127.0.0.1",
        "Upgrade": "websocket",
        "Connection": "Upgrade",
        "Sec-WebSocket-Key": key,
        "Sec-WebSocket-Version": "13",
    } | {name.replace("_", "-"): value for name, value in headers.items()}
    head = "".join(f"{name}: {value}\r\n" for name, value in lines.items())
    return f"GET {target} HTTP/1.1\r\n{head}\r\n".encode()


def open_socket(port: int, target: str = "/ws/sync", **headers: str) -> socket.socket:
    """A socket after its handshake."""
    sock = socket.create_connection(("127.0.0.1", port), timeout=20)
    sock.sendall(handshake(target, **headers))
    head = b""
    while not head.endswith(b"\r\n\r\n"):
        received = sock.recv(1)
        assert received, head
        head += received
    assert head.startswith(b"HTTP/1.1 101 "), head
    return sock
