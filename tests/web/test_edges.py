"""Where syncing gets difficult: two tabs, sessions that end, and a device that is slow or has no room."""

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, Request, Route, expect
from support.client import PASSWORD
from support.live_server import LiveServer
from support.serving import Serving

from .conftest import CHROMIUM, FLAGS, User, eventually, log_in, new_user
from .library import CASABLANCA, METROPOLIS, RASHOMON, add_titles
from .test_offline import until_stored

TOKEN = """async () => {
    const opened = indexedDB.open("movietracker");
    const db = await new Promise((resolve) => (opened.onsuccess = () => resolve(opened.result)));
    const asked = db.transaction("state").objectStore("state").get("token");
    return await new Promise((resolve) => (asked.onsuccess = () => resolve(asked.result)));
}"""


def watched(user: User) -> dict[str, int]:
    """The watched titles on the server, and how many viewings each has."""
    movies = user.api.call("GET", "/api/movies").json
    return {each["imdb_id"]: len(each["viewings"]) for each in movies if each["status"] == "watched"}


def mark_watched(page: Page, title: str) -> None:
    """Mark a title of the library watched by the keyboard."""
    page.get_by_role("link", name=title, exact=True).first.focus()
    page.keyboard.press("w")


def sync(page: Page) -> None:
    """Sync, to the end."""
    page.get_by_role("button", name="Sync now").click()
    expect(page.get_by_text("waiting")).to_be_hidden()
    expect(page.get_by_text("Synced", exact=True)).to_be_visible()


@pytest.fixture
def shelf(user: User, page: Page) -> Page:
    """The library's screen, with titles."""
    add_titles(user)
    page.goto("/library")
    expect(page.get_by_text("12 titles", exact=True)).to_be_visible()
    return page


def test_a_change_in_one_tab_appears_in_the_other(shelf: Page, context: BrowserContext) -> None:
    other = context.new_page()
    other.goto("/library?status=watched")
    expect(other.get_by_role("heading", name="Library")).to_be_visible()
    expect(other.get_by_role("link", name="Casablanca", exact=True)).to_have_count(0)
    mark_watched(shelf, "Casablanca")
    expect(other.get_by_role("link", name="Casablanca", exact=True).first).to_be_visible()


@pytest.mark.parametrize("service_worker", [True])
def test_two_tabs_offline_send_all_of_it_once(shelf: Page, context: BrowserContext, user: User) -> None:
    until_stored(shelf)
    other = context.new_page()
    other.goto("/library")
    expect(other.get_by_text("12 titles", exact=True)).to_be_visible()
    context.set_offline(True)
    mark_watched(shelf, "Casablanca")
    mark_watched(other, "Metropolis")
    mark_watched(shelf, "Rashomon")
    for tab in (shelf, other):
        expect(tab.get_by_text("3 changes waiting")).to_be_visible()
    requests: list[Request] = []
    context.on("request", lambda request: requests.append(request))
    context.set_offline(False)
    for tab in (shelf, other):
        sync(tab)
    assert watched(user) == {CASABLANCA: 1, METROPOLIS: 1, RASHOMON: 1}
    arrived = [request for request in requests if request.failure is None]  # a tab may try just before it is online
    sent = [each for request in arrived for each in ids_in(request)]
    assert len(sent) == len(set(sent)) == 3, "one tab sends for both"


def ids_in(request: Request) -> list[str]:
    """The ids of the actions that a request sends."""
    is_push = request.url.endswith("/api/sync/batch")
    return [each["id"] for each in request.post_data_json["actions"]] if is_push and request.post_data_json else []


def test_what_a_tab_was_sending_when_it_was_closed_is_sent_by_another(
    shelf: Page, context: BrowserContext, user: User
) -> None:
    other = context.new_page()
    other.goto("/library")
    expect(other.get_by_text("12 titles", exact=True)).to_be_visible()
    senders: list[Page] = []

    def leave_unanswered(route: Route) -> None:
        route.fetch()
        senders.append(route.request.frame.page)

    context.route("**/api/sync/batch", leave_unanswered, times=1)
    mark_watched(shelf, "Casablanca")
    eventually(lambda: (shelf.title(), len(senders))[1], 1)  # routes are served while the page is asked something
    senders[0].close()
    (left,) = context.pages
    sync(left)
    mark_watched(left, "Metropolis")
    sync(left)
    assert watched(user) == {CASABLANCA: 1, METROPOLIS: 1}


# The device keeps nothing until it is released, like one whose disk is slow.
HOLD = """async () => {
    const opened = indexedDB.open("movietracker");
    const db = await new Promise((resolve) => (opened.onsuccess = () => resolve(opened.result)));
    const queue = db.transaction("queue", "readwrite").objectStore("queue");
    const hold = () => (window.isReleased ? db.close() : (queue.count().onsuccess = hold));
    hold();
}"""
# The text of the title that has the focus, in the frame after the key.
PRESS = """(key) => {
    const title = document.activeElement.closest("[data-index]");
    document.activeElement.dispatchEvent(new KeyboardEvent("keydown", { key, bubbles: true }));
    return new Promise((resolve) => requestAnimationFrame(() => resolve(title.innerText)));
}"""


def test_a_change_is_painted_in_the_next_frame_and_told_when_it_is_kept(
    shelf: Page, context: BrowserContext, user: User
) -> None:
    context.set_offline(True)
    shelf.evaluate(HOLD)
    shelf.get_by_role("link", name="Casablanca", exact=True).first.focus()
    assert "Watched" in shelf.evaluate(PRESS, "w")
    expect(shelf.get_by_text("marked as watched")).to_have_count(0)
    expect(shelf.get_by_text("waiting")).to_have_count(0)
    shelf.evaluate("window.isReleased = true")
    expect(shelf.get_by_text("marked as watched")).to_be_visible()
    expect(shelf.get_by_text("1 change waiting")).to_be_visible()
    context.set_offline(False)
    sync(shelf)
    assert watched(user) == {CASABLANCA: 1}


def test_what_is_not_kept_yet_is_asked_about_before_logging_out(shelf: Page) -> None:
    shelf.evaluate(HOLD)
    mark_watched(shelf, "Casablanca")
    shelf.get_by_role("link", name="Account").click()
    shelf.get_by_role("button", name="Log out", exact=True).click()
    expect(shelf.get_by_role("dialog")).to_contain_text("1 change is not sent yet")


def test_what_is_not_kept_yet_is_asked_about_before_the_page_closes(
    shelf: Page, user: User, problems: list[str]
) -> None:
    shelf.evaluate(HOLD)
    mark_watched(shelf, "Casablanca")
    shelf.close(run_before_unload=True)
    eventually(lambda: (shelf.title(), problems)[1], ["beforeunload"])
    problems.clear()
    shelf.evaluate("window.isReleased = true")
    eventually(lambda: watched(user), {CASABLANCA: 1})
    with shelf.expect_event("close"):
        shelf.close(run_before_unload=True)


def test_a_session_that_ended_keeps_what_waits_until_the_password_is_given(
    shelf: Page, context: BrowserContext, user: User
) -> None:
    context.set_offline(True)
    mark_watched(shelf, "Casablanca")
    expect(shelf.get_by_text("1 change waiting")).to_be_visible()
    change = {"current_password": PASSWORD, "new_password": PASSWORD + "!"}
    assert user.api.call("POST", "/api/auth/password", change).status == 204
    context.set_offline(False)
    expect(shelf.get_by_role("heading", name="Log in again")).to_be_visible()
    expect(shelf.get_by_text("Logged out · 1 change waiting")).to_be_visible()
    mark_watched(shelf, "Metropolis")
    expect(shelf.get_by_text("2 changes waiting")).to_be_visible()
    shelf.get_by_label("Password").fill(PASSWORD + "!")
    shelf.get_by_role("button", name="Log in").click()
    expect(shelf.get_by_text("Synced", exact=True)).to_be_visible()
    expect(shelf.get_by_role("heading", name="Library")).to_be_focused()
    login = {"email": user.email, "password": PASSWORD + "!"}
    token = user.api.call("POST", "/api/auth/login", login).json["access_token"]
    again = User(user.email, LiveServer(user.api.port, f"Bearer {token}"))
    assert watched(again) == {CASABLANCA: 1, METROPOLIS: 1}


def test_another_account_neither_gets_nor_loses_what_is_on_the_device(
    shelf: Page, context: BrowserContext, user: User
) -> None:
    other = new_user(user.api.port)
    context.set_offline(True)
    mark_watched(shelf, "Casablanca")
    assert user.api.call("POST", "/api/auth/logout").status == 204
    token = shelf.evaluate(TOKEN)
    assert LiveServer(user.api.port, f"Bearer {token}").call("POST", "/api/auth/logout").status == 204
    context.set_offline(False)
    expect(shelf.get_by_role("heading", name="Log in again")).to_be_visible()
    shelf.get_by_label("Email").fill(other.email)
    shelf.get_by_label("Password").fill(PASSWORD)
    shelf.get_by_role("button", name="Log in").click()
    expect(shelf.get_by_role("alert")).to_contain_text("This device holds the library of another account.")
    expect(shelf.get_by_text("1 change waiting")).to_be_visible()
    assert watched(other) == {}

    shelf.get_by_role("alert").get_by_role("link", name="log out").click()
    shelf.get_by_role("button", name="Log out", exact=True).click()
    shelf.get_by_role("dialog").get_by_role("button", name="Log out anyway").click()
    expect(shelf.get_by_role("heading", name="movietracker")).to_be_visible()
    log_in(shelf, other)
    expect(shelf.get_by_role("heading", name="Library")).to_be_visible()
    expect(shelf.get_by_role("link", name="Casablanca", exact=True)).to_have_count(0)
    assert (watched(other), other.api.call("GET", "/api/movies").json) == ({}, [])


def test_what_is_undone_before_it_is_kept_is_undone(shelf: Page, context: BrowserContext, user: User) -> None:
    mark_watched(shelf, "Metropolis")
    sync(shelf)
    context.set_offline(True)
    shelf.evaluate(HOLD)
    mark_watched(shelf, "Casablanca")
    shelf.keyboard.press("u")
    shelf.evaluate("window.isReleased = true")
    expect(shelf.get_by_text("Undone: ")).to_contain_text("Casablanca")
    expect(shelf.get_by_title("Watched")).to_have_count(1)
    context.set_offline(False)
    sync(shelf)
    assert watched(user) == {METROPOLIS: 1}


# Smaller and smaller, until the device has no room for anything.
FILL = """async () => {
    const opened = indexedDB.open("filler", 1);
    opened.onupgradeneeded = () => opened.result.createObjectStore("filler", { autoIncrement: true });
    const db = await new Promise((resolve) => (opened.onsuccess = () => resolve(opened.result)));
    for (let size = 1 << 20; size >= 16; size /= 4)
        for (let fits = true; fits; ) {
            const tx = db.transaction("filler", "readwrite");
            tx.objectStore("filler").put(crypto.getRandomValues(new Uint8Array(Math.min(size, 65_536))));
            for (let n = 1; n < size / 65_536; n++) tx.objectStore("filler").put(new Uint8Array(65_536));
            fits = await new Promise((resolve) => {
                tx.oncomplete = () => resolve(true);
                tx.onabort = () => resolve(false);
            });
        }
    db.close();
}"""
ROOM = 8_000_000


def test_a_device_without_room_says_so_and_goes_on_when_there_is(
    context: BrowserContext, server: Serving, user: User
) -> None:
    add_titles(user)
    page = context.new_page()
    storage = context.new_cdp_session(page)
    storage.send("Storage.overrideQuotaForOrigin", {"origin": server.url, "quotaSize": ROOM})
    log_in(page, user)
    expect(page.get_by_text("12 titles", exact=True)).to_be_visible()
    context.set_offline(True)
    page.evaluate(FILL)
    mark_watched(page, "Casablanca")
    expect(page.get_by_role("alert")).to_contain_text("could not be saved")
    expect(page.get_by_text("waiting")).to_have_count(0)
    expect(page.get_by_text("marked as watched")).to_have_count(0)
    expect(page.get_by_title("Watched")).to_have_count(0)
    storage.send("Storage.overrideQuotaForOrigin", {"origin": server.url})
    mark_watched(page, "Metropolis")
    expect(page.get_by_role("alert")).to_have_count(0)
    expect(page.get_by_text("1 change waiting")).to_be_visible()
    context.set_offline(False)
    sync(page)
    assert watched(user) == {METROPOLIS: 1}


def test_the_page_works_where_the_address_is_not_secure(browser: Browser, server: Serving, user: User) -> None:
    """Plain http in a home network: browsers offer neither locks nor service workers there."""
    port = server.url.rpartition(":")[2]
    rules = "--host-resolver-rules=MAP movies.example 127.0.0.1"
    other = browser.browser_type.launch(executable_path=CHROMIUM, args=[*FLAGS, rules])
    page = other.new_context(base_url=f"http://movies.example:{port}", locale="en-US").new_page()
    log_in(page, user)
    assert page.evaluate("isSecureContext") is False
    user.api.call("POST", f"/api/movies/{CASABLANCA}/recommendations", {"person_name": "Alma"})
    mark_watched(page, "Casablanca")
    sync(page)
    other.close()
    assert watched(user) == {CASABLANCA: 1}


# What browsers do that refuse a site its data.
REFUSALS = (
    """for (const name of ["localStorage", "sessionStorage"])
        Object.defineProperty(window, name, { get() { throw new DOMException("no", "SecurityError"); } });""",
    "IDBFactory.prototype.open = () => { throw new DOMException('no', 'SecurityError'); }",
)


@pytest.mark.parametrize("refusal", REFUSALS, ids=["storage", "database"])
def test_a_browser_that_stores_nothing_for_the_page_is_told(context: BrowserContext, refusal: str) -> None:
    page = context.new_page()
    page.add_init_script(refusal)
    page.goto("/library")
    expect(page.get_by_role("alert")).to_contain_text("Your browser lets this page store nothing")
