"""The page in a real browser: Debian's Chromium, driven by Playwright, against a served instance."""

import shutil
import time
import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect, sync_playwright
from support.client import ADMIN_TOKEN, PASSWORD
from support.live_server import LiveServer
from support.services import missing_service
from support.serving import Serving, serving
from support.waiting import PATIENCE

from .instance import Instance

expect.set_options(timeout=PATIENCE * 1000)

STATIC = Path(__file__).parents[2] / "plugins" / "web" / "static"
FLAGS = (
    *("--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-component-update"),
    *("--disable-background-networking", "--disable-sync"),
)
# The one without windows takes a third less of the processor's time.
CHROMIUM = shutil.which("chromium-headless-shell") or shutil.which("chromium")
BROWSER: dict[str, Any] = {"executable_path": CHROMIUM, "args": FLAGS}
SETTINGS = {"ADMIN_TOKEN": ADMIN_TOKEN, "METADATA_PROVIDERS": "offline", "LOGIN_RATE_LIMIT": ""}


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Serving]:
    """A served instance with the built page."""
    if not (STATIC / "index.html").is_file():
        missing_service("The page is not built: make web.")
    with serving(tmp_path_factory.mktemp("web"), "--workers", "1", settings=SETTINGS) as server:
        yield server


@pytest.fixture(scope="module")
def served_instance(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Instance]:
    """The instance that the tests of a module take in turn."""
    if not (STATIC / "index.html").is_file():
        missing_service("The page is not built: make web.")
    folder = tmp_path_factory.mktemp("instance") / "folder"
    folder.mkdir()
    instance = Instance(folder, SETTINGS)
    yield instance
    instance.stop()


@pytest.fixture
def instance(served_instance: Instance) -> Instance:
    """A served instance that a test may stop, kill and restore."""
    served_instance.start()
    return served_instance


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """Chromium without a window."""
    if CHROMIUM is None:
        missing_service("Chromium is not installed: apt-get install chromium-headless-shell.")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(**BROWSER)
        yield browser
        browser.close()


@dataclass(frozen=True)
class User:
    """An account of the served instance, and its requests beside the page."""

    email: str
    api: LiveServer


@pytest.fixture
def user(server: Serving) -> User:
    """A new account."""
    return new_user(port_of(server))


def port_of(server: Serving) -> int:
    """Where a served instance listens."""
    return int(server.url.rpartition(":")[2])


def new_user(port: int) -> User:
    """A new account of the server at this port."""
    admin = LiveServer(port).call("POST", "/api/auth/admin/login", {"token": ADMIN_TOKEN}).json
    name = f"user-{uuid.uuid4()}"
    account = {"email": f"{name}@example.org", "username": name, "password": PASSWORD}
    LiveServer(port, f"Bearer {admin['access_token']}").call("POST", "/api/auth/admin/users", account)
    login = LiveServer(port).call("POST", "/api/auth/login", {"email": account["email"], "password": PASSWORD}).json
    return User(account["email"], LiveServer(port, f"Bearer {login['access_token']}"))


@pytest.fixture
def service_worker() -> bool:
    """Whether pages have one; making it takes a fifth of a test's time, so only modules that need it do."""
    return False


@pytest.fixture
def problems() -> list[str]:
    """Errors of pages, and "beforeunload" where a test leaves one that has not kept yet what was done."""
    return []


@pytest.fixture
def context(browser: Browser, server: Serving, service_worker: bool, problems: list[str]) -> Iterator[BrowserContext]:
    """A browser's profile of its own, whose pages must report no problem."""
    context = browser.new_context(base_url=server.url, locale="en-US", timezone_id="UTC")
    if not service_worker:
        context.add_init_script("delete Navigator.prototype.serviceWorker")
    context.on("weberror", lambda error: problems.append(str(error.error)))
    context.on("dialog", lambda dialog: (problems.append(dialog.type), dialog.dismiss()))
    yield context
    context.close()
    assert problems == []


@pytest.fixture
def page(context: BrowserContext, user: User) -> Page:
    """A page on which the user is logged in."""
    page = context.new_page()
    log_in(page, user)
    return page


def log_in(page: Page, user: User) -> None:
    """Log in on a new page, and wait for the first sync."""
    page.goto("/")
    page.get_by_label("Email").fill(user.email)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Log in").click()
    page.get_by_text("Synced", exact=False).first.wait_for()


def eventually(told: Callable[[], Any], wanted: Any) -> None:
    """Wait until the server tells what is wanted, since the page sends what the user did in the background."""
    deadline = time.monotonic() + PATIENCE
    while (found := told()) != wanted and time.monotonic() < deadline:
        time.sleep(0.05)
    assert found == wanted
