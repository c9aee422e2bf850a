"""A built client at /, from the folder WEB_ROOT and from nowhere else."""

import os
import re
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from support.applications import MakeApp
from support.client import Client
from support.live_server import LiveServer, Reply, serve
from support.shapes import assert_problem

from movietracker.errors import PluginError, SettingsError

INDEX = "<!doctype html><title>client</title><script src=/assets/index-DiwrgTda.js></script>"
SCRIPT = "console.log('client');\n" * 100


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A built client, beside a secret."""
    folder = tmp_path / "dist"
    (folder / "assets").mkdir(parents=True)
    (folder / "index.html").write_text(INDEX)
    (folder / "favicon.svg").write_text("<svg/>")
    (folder / ".env").write_text("SECRET=1")
    (folder / "assets" / "index-DiwrgTda.js").write_text(SCRIPT)
    (folder / "assets" / ".hidden-0123abcd.js").write_text("hidden")
    (tmp_path / "secret.txt").write_text("the secret")
    (folder / "link.txt").symlink_to(tmp_path / "secret.txt")
    (folder / "assets" / "up").symlink_to(tmp_path)
    (folder / "circle").symlink_to("circle")
    return folder


class Browser(Client):
    """A client that reads answers to their end, so that the files behind them are closed."""

    def open(self, *args: Any, **options: Any) -> Any:
        return super().open(*args, buffered=True, **options)


@pytest.fixture
def web(make_app: MakeApp, root: Path) -> Browser:
    return Browser(make_app(WEB_ROOT=str(root)), Flask.response_class)


@pytest.mark.parametrize(
    "path", ["/", "/index.html", "/movies/tt0133093", "/people/J.%20Smith", "/a/b/c?q=1", "/apiary"]
)
def test_every_path_of_the_clients_shows_its_page(web: Client, path: str) -> None:
    answer = web.get(path)

    assert (answer.status_code, answer.text) == (200, INDEX)
    assert answer.mimetype == "text/html"
    assert answer.headers["Cache-Control"] == "no-cache", "a new deployment is seen at once"
    assert "default-src 'self'" in answer.headers["Content-Security-Policy"]
    assert "style-src 'self' 'unsafe-inline'" in answer.headers["Content-Security-Policy"]
    assert answer.headers["X-Content-Type-Options"] == "nosniff"


@pytest.mark.parametrize("path", ["/api", "/api/nothing", "/ws", "/ws/nothing", "/docs/nothing", "/metrics/nothing"])
def test_the_apis_own_paths_are_never_the_clients(web: Client, path: str) -> None:
    assert_problem(web.get(path), 404, "not_found")


def test_the_api_answers_as_without_a_client(web: Client) -> None:
    assert web.get("/api/health").json["status"] == "healthy"
    assert web.get("/docs").status_code == 200
    assert_problem(web.delete("/api/health"), 405, "method_not_allowed")
    assert_problem(web.post("/movies/tt0133093"), 404, "not_found")


def test_hashed_assets_are_kept_for_a_year_and_others_are_asked_for(web: Client) -> None:
    hashed, plain = web.get("/assets/index-DiwrgTda.js"), web.get("/favicon.svg")

    assert hashed.text == SCRIPT
    assert {"public", "max-age=31536000", "immutable"} == set(hashed.headers["Cache-Control"].split(", "))
    assert plain.headers["Cache-Control"] == "no-cache"


@pytest.mark.parametrize(
    ("name", "is_kept"),
    [
        ("main.8e5f7b2a.chunk.css", True),
        ("chunk-ABCDEFGH.js", True),
        ("workbox-4754cb34.js.map", True),
        ("apple-touch-icon.png", False),
        ("service-worker.js", False),
        ("some-component.js", False),
        ("manifest.webmanifest", False),
        ("index.html", False),
    ],
)
def test_only_names_with_a_hash_in_them_are_kept(web: Client, root: Path, name: str, is_kept: bool) -> None:
    (root / name).write_text("x")
    assert ("max-age=31536000" in web.get(f"/{name}").headers["Cache-Control"]) == is_kept


def test_an_asset_of_an_older_build_is_not_found(web: Client) -> None:
    assert_problem(web.get("/assets/index-0ldBui1d.js"), 404, "not_found")


@pytest.mark.parametrize("path", ["/.env", "/assets/.hidden-0123abcd.js", "/.git/config", "/x/../.env"])
def test_dotfiles_are_not_served(web: Client, path: str) -> None:
    assert_problem(web.get(path), 404, "not_found")


ESCAPES = [
    *("/../secret.txt", "/assets/../../secret.txt", "/%2e%2e/secret.txt", "/..%2fsecret.txt"),
    *("/assets/..%2f..%2fsecret.txt", "/..%5csecret.txt", "//secret.txt", "/link.txt", "/assets/up/secret.txt"),
    *("/circle", "/favicon.svg%00.txt", "/" + "x" * 3000),
]


def test_no_file_outside_the_folder_is_served(make_app: MakeApp, root: Path) -> None:
    outside = str(root.parent / "secret.txt")
    with serve(make_app(WEB_ROOT=str(root))) as server:
        for address in (*ESCAPES, "/" + outside, outside.replace("/", "%2f")):
            target = address if address.startswith("/") else "/" + address
            answer = server.call("GET", target)
            assert b"the secret" not in answer.body, address
            assert answer.status in (200, 404), address
            assert answer.status == 404 or answer.body == INDEX.encode(), address


def test_what_the_browser_has_is_not_sent_again(web: Client) -> None:
    for path in ("/", "/assets/index-DiwrgTda.js"):
        tag = web.get(path).headers["ETag"]
        assert web.get(path, headers={"If-None-Match": tag}).status_code == 304


def test_parts_of_a_file_can_be_had(make_app: MakeApp, root: Path) -> None:
    with serve(make_app(WEB_ROOT=str(root))) as server:
        part = get_range(server, "bytes=8-10")
        assert (part.status, part.body) == (206, b"log")
        assert part.headers["Content-Range"] == f"bytes 8-10/{len(SCRIPT)}"
        assert get_range(server, "bytes=999999-").status == 416


def get_range(server: LiveServer, wanted: str) -> Reply:
    return server.call("GET", "/assets/index-DiwrgTda.js", headers={"Range": wanted})


def test_head_has_no_body(make_app: MakeApp, root: Path) -> None:
    with serve(make_app(WEB_ROOT=str(root))) as server:
        answer = server.call("HEAD", "/movies")
    assert (answer.status, answer.body, answer.headers["Content-Length"]) == (200, b"", str(len(INDEX)))


def test_a_client_may_have_a_policy_of_its_own(make_app: MakeApp, root: Path) -> None:
    policy = "script-src 'self' 'wasm-unsafe-eval'"
    web = Browser(make_app(WEB_ROOT=str(root), WEB_CONTENT_SECURITY_POLICY=policy), Flask.response_class)

    assert web.get("/").headers["Content-Security-Policy"] == policy
    assert web.get("/api/health").headers["Content-Security-Policy"] != policy


def test_without_the_setting_there_is_no_client(anonymous: Client) -> None:
    answer = anonymous.get("/")
    assert (answer.status_code, answer.headers["Location"]) == (308, "docs")


def test_a_folder_that_cannot_be_meant_stops_the_start(make_app: MakeApp, root: Path, instance_path: Path) -> None:
    with pytest.raises(SettingsError, match=r"WEB_ROOT must be a folder with an index\.html"):
        make_app(WEB_ROOT=str(root / "assets"))
    (instance_path.parent / "index.html").write_text("x")
    with pytest.raises(SettingsError, match="WEB_ROOT must not hold the instance folder"):
        make_app(WEB_ROOT=os.fspath(instance_path.parent))


CLIENT = """
from pathlib import Path
from movietracker.pluginapi import hookimpl

@hookimpl
def register_web_clients(register):
    register(Path({folder!r}))
"""


class TestClientsOfPlugins:
    @pytest.fixture
    def plugins(self, tmp_path: Path) -> Path:
        (tmp_path / "plugins").mkdir()
        return tmp_path / "plugins"

    def test_the_client_of_a_plugin_is_served(self, make_app: MakeApp, plugins: Path, root: Path) -> None:
        (plugins / "page.py").write_text(CLIENT.format(folder=str(root)))
        app = make_app(MOVIETRACKER_PLUGIN_DIR=str(plugins))
        answer = Browser(app, Flask.response_class).get("/movies")
        assert answer.text == INDEX
        assert "unsafe-" not in answer.headers["Content-Security-Policy"]

    def test_web_root_overrides_it(self, make_app: MakeApp, plugins: Path, root: Path, tmp_path: Path) -> None:
        (plugins / "page.py").write_text(CLIENT.format(folder=str(root)))
        (tmp_path / "own").mkdir()
        (tmp_path / "own" / "index.html").write_text("own")
        app = make_app(MOVIETRACKER_PLUGIN_DIR=str(plugins), WEB_ROOT=str(tmp_path / "own"))
        assert Browser(app, Flask.response_class).get("/").text == "own"

    @pytest.mark.parametrize(
        ("names", "said"),
        [
            (["page", "site"], "Plugin site registers a web client, as page does already."),
            (["nowhere"], "which is no folder with an index.html"),
        ],
    )
    def test_two_clients_and_no_client_stop_the_start(
        self, make_app: MakeApp, plugins: Path, root: Path, names: list[str], said: str
    ) -> None:
        for name in names:
            folder = root / "nothing" if name == "nowhere" else root
            (plugins / f"{name}.py").write_text(CLIENT.format(folder=str(folder)))
        with pytest.raises(PluginError, match=re.escape(said)):
            make_app(MOVIETRACKER_PLUGIN_DIR=str(plugins))
