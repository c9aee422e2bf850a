"""How the running server serves the page that was built, and how a deployer turns it off or replaces it."""

from pathlib import Path

import pytest
from support.live_server import LiveServer, Reply
from support.serving import Serving, serving

from .conftest import SETTINGS, STATIC


def at(server: Serving) -> LiveServer:
    return LiveServer(int(server.url.rpartition(":")[2]))


def caching(reply: Reply) -> set[str]:
    return set(reply.headers["Cache-Control"].split(", "))


@pytest.mark.parametrize("path", ["/", "/index.html", "/library?sort=title", "/title/tt0034583", "/nowhere/at/all"])
def test_every_path_of_the_page_is_the_page_and_asked_for_anew(server: Serving, path: str) -> None:
    reply = at(server).call("GET", path)
    assert (reply.status, reply.headers.get_content_type(), caching(reply)) == (200, "text/html", {"no-cache"})
    assert reply.body == (STATIC / "index.html").read_bytes()
    head = at(server).call("HEAD", path)
    assert (head.status, head.body) == (200, b"")


def test_the_service_worker_is_asked_for_anew_and_assets_are_kept_for_a_year(server: Serving) -> None:
    worker = at(server).call("GET", "/sw.js")
    assert (worker.headers.get_content_type(), caching(worker)) == ("text/javascript", {"no-cache"})
    assets = [f"/assets/{path.name}" for path in (STATIC / "assets").iterdir()]
    assert {Path(asset).suffix for asset in assets} == {".js", ".css"}
    kept = {asset: caching(at(server).call("GET", asset)) for asset in assets}
    assert all(each == {"public", "max-age=31536000", "immutable"} for each in kept.values()), kept


@pytest.mark.parametrize("path", ["/api/nothing", "/ws/nothing", "/docs/nothing", "/metrics/nothing", "/api"])
def test_unknown_paths_of_the_server_are_not_the_page(server: Serving, path: str) -> None:
    reply = at(server).call("GET", path, headers={"Accept": "text/html"})
    assert (reply.status, reply.json["code"]) == (404, "not_found")


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE"])
def test_the_page_is_only_read(server: Serving, method: str) -> None:
    assert at(server).call(method, "/library").status == 404


def test_a_deployer_turns_the_page_off_or_serves_another(tmp_path: Path) -> None:
    settings = {**SETTINGS, "MOVIETRACKER_PLUGINS_DISABLED": "web"}
    with serving(tmp_path, "--workers", "1", settings=settings) as server:
        reply = at(server).call("GET", "/")
        assert (reply.status, reply.headers["Location"]) == (308, "docs")
        assert at(server).call("GET", "/library").status == 404
    (tmp_path / "own").mkdir()
    (tmp_path / "own" / "index.html").write_text("my own page")
    with serving(tmp_path, "--workers", "1", settings={**SETTINGS, "WEB_ROOT": str(tmp_path / "own")}) as server:
        assert at(server).call("GET", "/library").body == b"my own page"
