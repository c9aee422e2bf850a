"""The page without a network: it starts, shows everything, takes changes, and sends them later, once."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from playwright.sync_api import APIResponse, Browser, BrowserContext, Page, Route, expect
from support.serving import Serving

from .conftest import CHROMIUM, FLAGS, User, eventually, log_in
from .recommended import two_advisers

FILMS = {"tt0034583": "Casablanca", "tt0040522": "Bicycle Thieves", "tt0017136": "Metropolis"}


def until_stored(page: Page) -> None:
    """Wait until the service worker has the page."""
    page.evaluate("navigator.serviceWorker.ready")
    page.wait_for_function("navigator.serviceWorker.controller !== null")


@pytest.fixture
def service_worker() -> bool:
    """It makes the page start without a network."""
    return True


@pytest.fixture
def filled(user: User) -> User:
    for imdb_id in FILMS:
        user.api.call("POST", f"/api/movies/{imdb_id}/recommendations", {"person_name": "Alma"})
    return user


def test_a_sync_that_ends_when_the_network_is_gone_says_nothing_else(page: Page, context: BrowserContext) -> None:
    held: list[tuple[Route, APIResponse]] = []

    def hold_the_first(route: Route) -> None:
        if held:
            route.abort()
        else:
            held.append((route, route.fetch()))

    page.route("**/api/sync/changes*", hold_the_first)
    page.get_by_role("button", name="Sync now").click()
    while not held:
        page.wait_for_timeout(20)  # Playwright answers the page meanwhile
    context.set_offline(True)
    expect(page.get_by_text("Offline", exact=True)).to_be_visible()
    synced = page.evaluate_handle("""() => {
        const tabs = new BroadcastChannel("movietracker");
        return { told: new Promise((resolve) => (tabs.onmessage = resolve)) };
    }""")
    route, response = held[0]
    route.fulfill(response=response)
    synced.evaluate("async ({ told }) => void (await told)")
    expect(page.get_by_text("Offline", exact=True)).to_be_visible()


def test_the_page_starts_without_a_network(context: BrowserContext, filled: User) -> None:
    page = context.new_page()
    log_in(page, filled)
    until_stored(page)
    context.set_offline(True)
    page.reload()
    expect(page.get_by_role("heading", name="Library")).to_be_visible()
    expect(page.get_by_text("Casablanca").first).to_be_visible()
    expect(page.get_by_text("Offline")).to_be_visible()
    again = context.new_page()
    again.goto("/people")
    expect(again.get_by_role("heading", name="People")).to_be_visible()


def test_changes_made_offline_survive_closing_the_page_and_arrive_once(context: BrowserContext, filled: User) -> None:
    page = context.new_page()
    log_in(page, filled)
    until_stored(page)
    context.set_offline(True)
    for _ in FILMS:
        page.keyboard.press("j")
        page.keyboard.press("w")
    expect(page.get_by_text("3 changes waiting")).to_be_visible()
    page.close()

    page = context.new_page()
    page.goto("/library")
    expect(page.get_by_text("changes waiting")).to_be_visible()
    context.set_offline(False)
    page.get_by_role("button", name="Sync now").click()
    expect(page.get_by_text("changes waiting")).to_be_hidden()
    movies = {movie["imdb_id"]: movie for movie in filled.api.call("GET", "/api/movies").json}
    assert {imdb_id: (movie["status"], len(movie["viewings"])) for imdb_id, movie in movies.items()} == dict.fromkeys(
        FILMS, ("watched", 1)
    )


@contextmanager
def opened(browser: Browser, server: Serving, profile: Path, *, offline: bool = False) -> Iterator[Page]:
    """A page of a browser of its own, whose profile stays on the disk when it is closed."""
    context = browser.browser_type.launch_persistent_context(
        profile,
        executable_path=CHROMIUM,
        args=FLAGS,
        base_url=server.url,
        locale="en-US",
        timezone_id="UTC",
        offline=offline,
    )
    yield context.new_page()
    context.close()


KEPT_ANSWERS = """() => new Promise((resolve) => {
    const opened = indexedDB.open("movietracker-answers");
    opened.onupgradeneeded = () => opened.transaction.abort();
    opened.onerror = () => resolve(0);
    opened.onsuccess = () => {
        const db = opened.result;
        const counted = db.transaction("answers").objectStore("answers").count();
        counted.onsuccess = () => (db.close(), resolve(counted.result));
    };
})"""


def test_every_screen_works_offline_after_one_visit_and_a_restart_of_the_browser(
    browser: Browser, server: Serving, user: User, tmp_path: Path
) -> None:
    two_advisers(user.api)
    with opened(browser, server, tmp_path) as page:
        log_in(page, user)
        until_stored(page)
        eventually(lambda: page.evaluate(KEPT_ANSWERS), 4)
    with opened(browser, server, tmp_path, offline=True) as page:
        page.goto("/tonight")
        expect(page.get_by_role("article", name="Film 22").get_by_role("img", name="% match")).to_be_visible()
        expect(page.get_by_text("You are offline. This is as of")).to_be_visible()
        page.goto("/people")
        expect(page.get_by_role("listitem").filter(has_text="Mum")).to_contain_text("60%")
        page.goto("/people/Mum")
        expect(page.get_by_text("You are offline. This is as of")).to_be_visible()
        page.goto("/stats")
        expect(page.get_by_role("region", name="Whom to trust")).to_contain_text("Mum")
        page.get_by_role("navigation", name="Years").get_by_role("link", name="2026").click()
        expect(page.get_by_role("heading", name="Your 2026 in movies")).to_be_visible()
        expect(page.get_by_role("region", name="By month")).to_be_visible()
        page.goto("/account")
        for part in ("Sessions", "Backups"):
            alert = page.locator("section").filter(has_text=part).get_by_role("alert")
            expect(alert.filter(has_text="This needs a connection to the server.")).to_have_count(1)
        expect(page.get_by_text("There is no backup yet.")).to_be_hidden()


def test_what_was_asked_ahead_is_asked_again_after_many_changes(
    page: Page, context: BrowserContext, user: User
) -> None:
    until_stored(page)
    eventually(lambda: page.evaluate(KEPT_ANSWERS), 3)
    context.set_offline(True)
    two_advisers(user.api)
    context.set_offline(False)
    eventually(lambda: page.evaluate(KEPT_ANSWERS), 4)  # a year to look back on came last
    context.set_offline(True)
    page.get_by_role("link", name="Statistics").click()
    expect(page.get_by_text("You are offline. This is as of")).to_be_visible()
    expect(page.get_by_role("definition").first).to_have_text("10")


def test_what_the_server_said_is_forgotten_with_the_account(page: Page, user: User) -> None:
    two_advisers(user.api)
    page.goto("/people")
    eventually(lambda: page.evaluate(KEPT_ANSWERS) > 0, True)
    page.goto("/account")
    page.get_by_role("button", name="Log out", exact=True).click()
    expect(page.get_by_role("button", name="Log in")).to_be_visible()
    eventually(lambda: page.evaluate(KEPT_ANSWERS), 0)
