"""Posters through this server: from origins that are allowed, kept in files of a limited size."""

import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from support.applications import MakeApp
from support.client import Client, client_of
from support.shapes import assert_problem

from movietracker import images
from movietracker.errors import ImageNotFound
from movietracker.images import ImageCache
from movietracker.services.accounts import Account

POSTER = b"\xff\xd8\xff\xe0 a poster"


class Posters(ThreadingHTTPServer):
    """A server of images, which counts what it is asked for."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.asked: list[str] = []

    @property
    def host(self) -> str:
        return f"127.0.0.1:{self.server_port}"


class _Handler(BaseHTTPRequestHandler):
    server: Posters

    def do_GET(self) -> None:
        self.server.asked.append(self.path)
        status, media_type, body = {
            "/page.jpg": (200, "text/html", b"<h1>"),
            "/drawing.svg": (200, "image/svg+xml", b"<svg/>"),
            "/moved.jpg": (302, "image/jpeg", b""),
            "/gone.jpg": (404, "image/jpeg", b""),
            "/large.jpg": (200, "image/jpeg", b"x" * (images.MAX_BYTES + 1)),
        }.get(self.path, (200, "image/jpeg", POSTER))
        self.send_response(status)
        self.send_header("Content-Type", media_type)
        self.send_header("Content-Length", str(len(body)))
        self.send_header("Location", "http://127.0.0.1:1/elsewhere.jpg")
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: Any) -> None:
        pass


@pytest.fixture
def posters() -> Iterator[Posters]:
    with Posters() as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        yield server
        server.shutdown()
        thread.join()


@pytest.fixture
def client(make_app: MakeApp, posters: Posters, anna: Account) -> Client:
    return client_of(make_app(IMAGE_ORIGINS=f"http://{posters.host}"), anna)


def test_an_image_is_fetched_once_and_then_kept(client: Client, posters: Posters) -> None:
    for _ in range(2):
        answer = client.get(f"/api/images/{posters.host}/t/p/w200/a%20b.jpg")
        assert (answer.status_code, answer.mimetype, answer.data) == (200, "image/jpeg", POSTER)
    assert posters.asked == ["/t/p/w200/a%20b.jpg"]
    assert "private" in answer.headers["Cache-Control"]
    assert client.get(answer.request.path, headers={"If-None-Match": answer.headers["ETag"]}).status_code == 304


def test_an_image_needs_a_token(make_app: MakeApp) -> None:
    assert_problem(make_app().test_client().get("/api/images/image.tmdb.org/a.jpg"), 401, "bad_token")


@pytest.mark.parametrize("address", ["evil.example/a.jpg", "{host}/../secret", "{host}", "{host}.evil.example/a.jpg"])
def test_other_origins_are_not_asked(client: Client, posters: Posters, address: str) -> None:
    assert_problem(client.get(f"/api/images/{address.format(host=posters.host)}"), 404, "image_not_found")
    assert posters.asked == []


@pytest.mark.parametrize(
    ("path", "status", "code"),
    [
        ("page.jpg", 502, "provider_error"),
        ("drawing.svg", 502, "provider_error"),
        ("moved.jpg", 502, "provider_error"),
        ("large.jpg", 502, "provider_error"),
        ("gone.jpg", 404, "image_not_found"),
    ],
)
def test_what_is_no_image_is_not_passed_on(client: Client, posters: Posters, path: str, status: int, code: str) -> None:
    assert_problem(client.get(f"/api/images/{posters.host}/{path}"), status, code)


def test_a_server_that_is_away_is_told(make_app: MakeApp, anna: Account) -> None:
    client = client_of(make_app(IMAGE_ORIGINS="http://127.0.0.1:1"), anna)
    assert_problem(client.get("/api/images/127.0.0.1:1/a.jpg"), 503, "provider_unavailable")


def test_the_oldest_images_go_when_there_are_too_many(posters: Posters, tmp_path: Path) -> None:
    cache = ImageCache(tmp_path, [f"http://{posters.host}"], max_bytes=len(POSTER) * 10)
    for number in range(30):
        cache.get(f"{posters.host}/{number}.jpg")
    kept = list(tmp_path.glob("*/*"))
    assert 5 <= len(kept) <= 10
    asked = len(posters.asked)
    cache.get(f"{posters.host}/29.jpg")
    assert len(posters.asked) == asked


def test_without_origins_there_are_no_images(tmp_path: Path) -> None:
    with pytest.raises(ImageNotFound):
        ImageCache(tmp_path, [], max_bytes=1).get("image.tmdb.org/a.jpg")
