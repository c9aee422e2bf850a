"""The documentation page: everything that it needs is served by the application, so it works with no internet."""

import gzip
import re
import shutil
import subprocess
from pathlib import Path
from urllib.parse import urljoin

import pytest
from flask import Flask
from support.applications import MakeApp
from support.client import Client
from support.live_server import serve

BROWSERS = ("chromium-headless-shell", "chromium", "chromium-browser", "google-chrome")


def assets(page: str) -> list[str]:
    """The addresses of what a page needs, as a browser at /docs reads them."""
    return [urljoin("/docs", found) for found in re.findall(r'(?:src|href)="([^"]+)"', page)]


def fetch(client: Client, address: str) -> str:
    """The text at an address; the file behind it is closed."""
    with client.get(address) as answer:
        assert answer.status_code == 200, address
        return answer.get_data().decode("latin-1")


def test_the_page_is_html(anonymous: Client) -> None:
    answer = anonymous.get("/docs")

    assert answer.status_code == 200
    assert answer.headers["Content-Type"] == "text/html; charset=utf-8"
    assert "<title>movietracker</title>" in answer.text


def test_everything_on_the_page_is_served_by_the_application(anonymous: Client) -> None:
    found = assets(anonymous.get("/docs").text)

    assert len(found) >= 3
    for address in found:
        assert address.startswith("/docs/"), "assets come from the application"
        assert fetch(anonymous, address)


def test_the_page_and_its_start_script_name_no_other_server(anonymous: Client) -> None:
    for address in ("/docs", "/docs/start.js"):
        assert "//" not in fetch(anonymous, address).replace("http://www.w3.org", "")


def test_the_styles_load_nothing_from_elsewhere(anonymous: Client) -> None:
    for address in assets(anonymous.get("/docs").text):
        if address.endswith(".css"):
            assert not re.search(r"(?:url\(|@import)\s*['\"]?(?:https?:)?//", fetch(anonymous, address))


def test_assets_arrive_whole_when_they_are_compressed(app: Flask, anonymous: Client) -> None:
    with serve(app) as server:
        for address in assets(anonymous.get("/docs").text):
            plain = server.call("GET", address)
            packed = server.call("GET", address, headers={"Accept-Encoding": "gzip"})
            is_packed = not address.endswith(".png") and len(plain.body) >= 1024
            assert (packed.headers.get("Content-Encoding") == "gzip") == is_packed
            assert (gzip.decompress(packed.body) if is_packed else packed.body) == plain.body
            again = server.call("GET", address, headers={"If-None-Match": str(packed.headers["ETag"])})
            assert again.status == 304


def test_the_start_script_points_at_the_document(anonymous: Client) -> None:
    script = anonymous.get("/docs/start.js")

    assert script.headers["Content-Type"].startswith("text/javascript")
    (address,) = re.findall(r'url: "([^"]+)"', script.text)
    assert anonymous.get(address).json["openapi"].startswith("3.1")


@pytest.fixture
def browser() -> str:
    """A browser without a window."""
    found = next((path for name in BROWSERS if (path := shutil.which(name))), None)
    if found is None:
        pytest.skip(f"none of {', '.join(BROWSERS)} is installed")
    return found


@pytest.mark.slow
def test_a_browser_without_internet_shows_every_endpoint_and_has_nothing_to_complain_of(
    make_app: MakeApp, browser: str, tmp_path: Path
) -> None:
    with serve(make_app()) as server:
        seen = look_at(browser, f"http://127.0.0.1:{server.port}/docs", tmp_path / "profile")

    shown = re.sub(r"<[^>]+>|\u200b", "", seen.stdout)
    for address in ("/api/auth/login", "/api/movies/{imdb_id}/recommendations", "/api/people/{name}/stats"):
        assert address in shown, shown[:500]
    assert "The library" in shown
    assert "Failed to load" not in shown
    assert complaints_of(seen) == []


@pytest.mark.slow
def test_the_browser_of_this_test_complains_of_what_the_policy_forbids(browser: str, tmp_path: Path) -> None:
    page = tmp_path / "page.html"
    page.write_text(
        "<meta http-equiv=Content-Security-Policy content=\"script-src 'none'\"><script>document.title = 1</script>"
    )
    (complaint,) = complaints_of(look_at(browser, page.as_uri(), tmp_path / "profile"))
    assert "violates the following Content Security Policy directive" in complaint


def look_at(browser: str, address: str, profile: Path) -> subprocess.CompletedProcess[str]:
    """Show a page without a window; the page as it is then, and what the browser says of it."""
    options = [
        "--headless=new",
        "--no-sandbox",
        "--disable-gpu",
        "--enable-logging=stderr",
        f"--user-data-dir={profile}",
        "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1",
        "--virtual-time-budget=20000",
        "--dump-dom",
    ]
    return subprocess.run([browser, *options, address], capture_output=True, text=True, timeout=120, check=True)


def complaints_of(seen: subprocess.CompletedProcess[str]) -> list[str]:
    """The lines of the page's console: errors, warnings, what the Content-Security-Policy forbids."""
    return [line for line in seen.stderr.splitlines() if ":CONSOLE" in line]
