"""The first start, as after ``make run``: the owner's account, an empty library, and the example in it."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, Route, expect
from support.client import PASSWORD
from support.services import missing_service
from support.serving import Serving, serving

from .conftest import STATIC, User, eventually, log_in
from .inspection import AXE, inspect, settle

OWNER = "owner@movietracker.local"
HINT = "This is a new installation"
GENERATED = "Your password is the one that was generated for you."
RASHOMON = "tt0042876"


@pytest.fixture
def fresh(tmp_path: Path) -> Iterator[Serving]:
    """A server that has never run before."""
    if not (STATIC / "index.html").is_file():
        missing_service("The page is not built: make web.")
    with serving(tmp_path, "--workers", "1", settings={"METADATA_PROVIDERS": "offline"}) as server:
        yield server


@pytest.fixture
def owners(browser: Browser, fresh: Serving) -> Iterator[Page]:
    """The owner's browser, before they have logged in."""
    options = {"locale": "en-US", "timezone_id": "UTC", "bypass_csp": True, "reduced_motion": "reduce"}
    context = browser.new_context(base_url=fresh.url, **options)  # type: ignore[arg-type]
    if AXE.is_file():
        context.add_init_script(path=AXE)
    yield context.new_page()
    context.close()


def log_in_as_owner(page: Page, password: str) -> None:
    page.get_by_label("Email").fill(OWNER)
    page.get_by_label("Password").fill(password)
    page.get_by_role("button", name="Log in").click()


def test_the_owner_is_led_from_the_generated_password_to_one_of_their_own(owners: Page, fresh: Serving) -> None:
    owners.goto("/")
    expect(owners.get_by_text(HINT)).to_contain_text(OWNER)
    expect(owners.get_by_text(HINT)).to_contain_text("first_password")
    log_in_as_owner(owners, fresh.password)
    expect(owners.get_by_text(GENERATED)).to_be_visible()
    owners.reload()
    owners.get_by_role("link", name="Change it").click()
    expect(owners.get_by_text("Your password is the generated one.")).to_be_visible()
    file = fresh.stderr_path.parent / "instance" / "first_password"
    assert file.is_file()
    owners.get_by_label("Current password").fill(fresh.password)
    owners.get_by_label("New password").fill("a password of my own")
    owners.get_by_role("button", name="Change it").click()
    expect(owners.get_by_text("The password is changed.")).to_be_visible()
    expect(owners.get_by_text("Your password is the generated one.")).to_be_hidden()
    assert not file.exists()

    owners.get_by_role("link", name="Library").first.click()
    expect(owners.get_by_role("heading", name="Welcome to movietracker")).to_be_visible()
    expect(owners.get_by_text(GENERATED)).to_be_hidden()
    owners.goto("/account")
    owners.get_by_role("button", name="Log out", exact=True).click()
    expect(owners.get_by_role("button", name="Log in")).to_be_visible()
    expect(owners.get_by_text(HINT)).to_be_hidden()


def test_whoever_wants_to_change_the_password_later_is_left_alone(owners: Page, fresh: Serving) -> None:
    owners.goto("/")
    log_in_as_owner(owners, fresh.password)
    owners.get_by_role("button", name="Later").click()
    expect(owners.get_by_text(GENERATED)).to_be_hidden()
    owners.get_by_role("link", name="Tonight").first.click()
    expect(owners.get_by_role("heading", name="Nothing to watch yet")).to_be_visible()
    expect(owners.get_by_text(GENERATED)).to_be_hidden()


def test_what_is_said_at_first_has_no_findings(owners: Page, fresh: Serving) -> None:
    if not AXE.is_file():
        missing_service("axe-core is not installed: make web.")
    owners.goto("/")
    expect(owners.get_by_text(HINT)).to_be_visible()
    found = {"login": inspect(owners)}
    log_in_as_owner(owners, fresh.password)
    expect(owners.get_by_role("button", name="Load the example")).to_be_enabled()
    found["empty"] = inspect(owners)
    load_example(owners)
    for screen in ("/", "/account"):
        owners.goto(screen)
        settle(owners)
        found[screen] = inspect(owners)
    assert {screen: faults for screen, faults in found.items() if faults} == {}


def test_nobody_else_is_told_of_a_generated_password(page: Page) -> None:
    expect(page.get_by_role("heading", name="Welcome to movietracker")).to_be_visible()
    expect(page.get_by_text(GENERATED)).to_be_hidden()


@pytest.mark.parametrize("screen", ["/", "/tonight"])
def test_an_empty_library_says_what_it_is_for_and_three_ways_on(page: Page, screen: str) -> None:
    page.goto(screen)
    expect(page.get_by_text("movietracker remembers who recommended each title")).to_be_visible()
    expect(page.get_by_role("link", name="Add a title")).to_have_attribute("href", "/add")
    expect(page.get_by_role("main").get_by_role("link", name="Import")).to_have_attribute("href", "/import")
    expect(page.get_by_role("button", name="Load the example")).to_be_enabled()


NOTE_THE_WELCOME = """new MutationObserver(() => {
    if (document.body?.innerText.includes("Load the example")) window.wasWelcome = true;
}).observe(document, { childList: true, subtree: true });"""


def test_the_first_sync_of_a_large_library_tells_how_far_it_is(context: BrowserContext, user: User) -> None:
    actions = [{"action": "addMovie", "data": {"imdb_id": f"tt8{n:06}"}, "timestamp": 1.7e9} for n in range(1_200)]
    for at in range(0, len(actions), 500):
        user.api.call("POST", "/api/sync/batch", {"actions": actions[at : at + 500]})
    pages: list[Route] = []

    def hold_the_third(route: Route) -> None:
        pages.append(route)
        if len(pages) != 3:
            route.continue_()

    context.route("**/api/sync/changes?**", hold_the_third)
    page = context.new_page()
    page.add_init_script(NOTE_THE_WELCOME)
    page.goto("/")
    page.get_by_label("Email").fill(user.email)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Log in").click()
    expect(page.get_by_text("Fetching your library: 996 titles so far")).to_be_visible()
    pages[2].continue_()
    expect(page.get_by_text("1,200 titles")).to_be_visible()
    assert not page.evaluate("window.wasWelcome"), "the library is not empty"


def test_the_example_shows_what_every_screen_is_for(page: Page, user: User) -> None:
    load_example(page)
    expect(page.get_by_text("48 titles")).to_be_visible()
    eventually(lambda: [each for each in details_of(user) if not (each and each["genres"] and each["year"])], [])
    assert all(each["runtime"] and each["director"] for each in details_of(user) if each["mediaType"] == "movie")

    page.goto("/tonight")
    expect(page.get_by_role("listitem").filter(has_text="Rashomon")).to_contain_text("Mr. Ito recommends it")
    expect(page.get_by_text("are rated or ranked so far")).to_be_hidden()
    page.goto("/people")
    expect(page.get_by_role("listitem").filter(has_text="Anna").first).to_contain_text("Reliable")
    expect(page.get_by_role("listitem").filter(has_text="Jonas").first).to_contain_text("Not your taste")
    page.goto("/stats")
    expect(page.get_by_role("heading", name="Whom to trust")).to_be_visible()
    expect(page.get_by_role("heading", name="From recommendation to watching")).to_be_visible()
    page.get_by_role("navigation", name="Years").get_by_role("link").nth(2).click()
    expect(page.get_by_role("heading", name="in movies")).to_be_visible()
    expect(page.get_by_text("was your best adviser")).to_be_visible()
    page.goto("/lists")
    expect(page.get_by_role("link", name="Rainy Sundays")).to_be_visible()


def test_the_example_speaks_the_language_of_the_page(browser: Browser, server: Serving, user: User) -> None:
    context = browser.new_context(base_url=server.url, locale="de-DE")
    page = context.new_page()
    page.goto("/")
    page.get_by_label("E-Mail").fill(user.email)
    page.get_by_label("Passwort").fill(PASSWORD)
    page.keyboard.press("Enter")
    page.get_by_role("button", name="Beispiel laden").click()
    expect(page.get_by_role("button", name="Beispiel entfernen")).to_be_enabled()
    names = {person["name"] for person in user.api.call("GET", "/api/people").json}
    assert {"Oma Ruth", "Herr Ito", "Anna"} <= names
    context.close()


def test_the_example_goes_without_a_trace_also_after_what_was_undone(page: Page, user: User) -> None:
    user.api.call("POST", "/api/people", {"name": "Anna", "color": "#0f766e"})
    before = library_of(user)
    load_example(page)
    assert len(library_of(user)["movies"]) == 48
    page.goto("/people/Ben")
    page.get_by_role("button", name="Merge").click()
    page.get_by_label("Who stays").select_option("Anna")
    page.get_by_role("button", name="Merge", exact=True).click()
    expect(page.get_by_role("heading", name="Anna")).to_be_visible()
    page.get_by_role("button", name="Undo").click()
    expect(page.get_by_text("Undone: Ben is merged into Anna.")).to_be_visible()
    page.get_by_role("link", name="Lists").click()
    page.get_by_role("link", name="Rainy Sundays").click()
    page.get_by_role("button", name="Delete list").click()
    page.get_by_role("button", name="Undo").click()
    expect(page.get_by_text("Undone: List “Rainy Sundays” deleted")).to_be_visible()
    expect(page.get_by_role("link", name="Rainy Sundays")).to_contain_text("3 titles")
    page.goto("/account")
    remove_example(page)
    expect(page.get_by_text("The example is removed.", exact=True)).to_be_visible()
    expect(page.get_by_role("heading", name="Account", exact=True)).to_be_focused()
    page.goto("/")
    expect(page.get_by_role("heading", name="Welcome to movietracker")).to_be_visible()
    assert library_of(user) == before


def test_what_the_user_changed_of_the_example_stays(page: Page, user: User) -> None:
    load_example(page)
    page.goto(f"/title/{RASHOMON}")
    page.get_by_role("button", name="Watched").first.click()
    eventually(lambda: user.api.call("GET", f"/api/movies/{RASHOMON}").json["status"], "watched")
    page.goto("/account")
    remove_example(page)
    expect(page.get_by_text("The example is removed, but for what you changed.")).to_be_visible()
    document = library_of(user)
    (mine,) = document["movies"]
    assert (mine["imdb_id"], mine["recommendations"], "tags" in mine) == (RASHOMON, [], False)
    assert [person["name"] for person in document["people"] if not person["quick_key"]] == []
    assert document["lists"] == []


def test_the_example_can_come_again(page: Page, user: User) -> None:
    before = library_of(user)
    for _ in range(2):
        load_example(page)
        assert sum(len(movie["viewings"]) for movie in library_of(user)["movies"]) == 36
        remove_example(page)
        expect(page.get_by_role("heading", name="Welcome to movietracker")).to_be_visible()
    assert library_of(user) == before


def test_another_device_can_remove_the_example(page: Page, context: BrowserContext, user: User) -> None:
    load_example(page)
    other = context.browser.new_context(base_url=page.url)  # type: ignore[union-attr]
    tablet = other.new_page()
    log_in(tablet, user)
    remove_example(tablet)
    expect(page.get_by_role("heading", name="Welcome to movietracker")).to_be_visible()
    expect(page.get_by_role("button", name="Remove the example")).to_be_hidden()
    other.close()


def test_an_import_that_was_interrupted_goes_on_when_the_example_is_wanted_again(page: Page, user: User) -> None:
    body = b"example until\n2026-01-31\n"
    begun = user.api.call("POST", "/api/import", body, {"Content-Type": "text/csv"}).json
    eventually(lambda: user.api.call("GET", f"/api/import/{begun['id']}").json["state"], "ready")
    load_example(page)
    (only,) = user.api.call("GET", "/api/import").json
    assert (only["id"], only["state"]) == (begun["id"], "done")


def test_offline_the_example_needs_the_server(page: Page, context: BrowserContext) -> None:
    expect(page.get_by_role("button", name="Load the example")).to_be_enabled()
    context.set_offline(True)
    expect(page.get_by_role("button", name="Load the example")).to_be_disabled()
    expect(page.get_by_text("This needs a connection to the server.")).to_be_visible()
    context.set_offline(False)
    expect(page.get_by_role("button", name="Load the example")).to_be_enabled()


def test_a_server_that_goes_away_meanwhile_is_told_and_the_example_comes_later(
    page: Page, context: BrowserContext, user: User
) -> None:
    context.route("**/api/import/*/confirm", lambda route: route.abort())
    page.goto("/")
    page.get_by_role("button", name="Load the example").click()
    expect(page.get_by_role("alert").filter(has_text="connection to the server")).to_be_visible()
    assert library_of(user)["movies"] == []
    context.unroute_all()
    load_example(page)
    assert [job["state"] for job in user.api.call("GET", "/api/import").json] == ["done"]


def load_example(page: Page) -> None:
    page.goto("/")
    page.get_by_role("button", name="Load the example").click()
    expect(page.get_by_role("button", name="Remove the example")).to_be_enabled()


def remove_example(page: Page) -> None:
    page.get_by_role("button", name="Remove the example").click()
    expect(page.get_by_role("button", name="Remove the example")).to_be_hidden()


def details_of(user: User) -> list[Any]:
    return [movie["tmdb_data"] for movie in user.api.call("GET", "/api/movies").json]


def library_of(user: User) -> Any:
    """The library as a document, without moments at which it was changed and written."""
    document = json.loads(user.api.call("GET", "/api/backup/export").body)
    del document["exported_at"]
    for person in document["people"]:
        del person["last_modified"]
    return document
