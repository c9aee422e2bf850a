"""Several devices of one account: what one does appears on the others, by itself, once."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect
from support.serving import Serving

from .conftest import BROWSER, User, eventually, log_in, new_user
from .instance import Instance
from .library import CASABLANCA, METROPOLIS, RASHOMON, add_titles
from .test_edges import mark_watched, sync
from .test_offline import until_stored

TITLES = "12 titles"
THIRD_MAN = "tt0041959"


@pytest.fixture
def device(browser: Browser) -> Iterator[Callable[[User], Page]]:
    """Makes another device of an account, which has synced."""
    contexts: list[BrowserContext] = []

    def opened(user: User) -> Page:
        address = f"http://127.0.0.1:{user.api.port}"
        context = browser.new_context(base_url=address, locale="en-US", timezone_id="UTC")
        contexts.append(context)
        page = context.new_page()
        log_in(page, user)
        return page

    yield opened
    for context in contexts:
        context.close()


def test_what_one_device_does_appears_on_another(user: User, device: Callable[[User], Page]) -> None:
    add_titles(user)
    phone, laptop = device(user), device(user)
    laptop.goto("/library?status=watched")
    expect(laptop.get_by_role("heading", name="Library")).to_be_visible()
    mark_watched(phone, "Casablanca")
    expect(laptop.get_by_role("link", name="Casablanca", exact=True)).to_be_visible()
    phone.keyboard.press("u")
    expect(laptop.get_by_role("link", name="Casablanca", exact=True)).to_have_count(0)


def test_changes_appear_by_themselves_again_when_the_server_is_back(
    instance: Instance, device: Callable[[User], Page]
) -> None:
    user = new_user(instance.port)
    page = device(user)
    instance.stop()
    instance.start()
    add_titles(user, 1)
    expect(page.get_by_text("1 title", exact=True)).to_be_visible()


def test_who_logs_in_late_hears_of_changes_at_once(context: BrowserContext, user: User) -> None:
    page = context.new_page()
    page.clock.install()
    page.goto("/")
    expect(page.get_by_label("Email")).to_be_visible()
    page.clock.run_for(300_000)  # the page has long ceased to try every second
    page.clock.resume()
    with page.expect_websocket(timeout=20_000):
        log_in(page, user)
    add_titles(user, 1)
    expect(page.get_by_text("1 title", exact=True)).to_be_visible(timeout=20_000)


def test_a_page_that_was_asleep_catches_up_when_it_is_seen(user: User, device: Callable[[User], Page]) -> None:
    page = device(user)
    page.route_web_socket("**/ws/sync", lambda socket: None)  # a network that swallows all messages
    page.reload()
    expect(page.get_by_text("Synced", exact=True)).to_be_visible()
    add_titles(user, 1)
    expect(page.get_by_text("1 title", exact=True)).to_have_count(0)
    page.evaluate("document.dispatchEvent(new Event('visibilitychange'))")
    expect(page.get_by_text("1 title", exact=True)).to_be_visible()


def test_when_the_tab_that_listens_is_closed_another_does(user: User, device: Callable[[User], Page]) -> None:
    first = device(user)
    other = first.context.new_page()
    other.goto("/library")
    expect(other.get_by_text("Your library is empty.")).to_be_visible()
    with other.expect_websocket():
        first.close()
    add_titles(user, 1)
    expect(other.get_by_text("1 title", exact=True)).to_be_visible()


def test_it_is_seen_how_the_device_stands_with_the_server(page: Page, context: BrowserContext, user: User) -> None:
    add_titles(user)
    expect(page.get_by_text(TITLES, exact=True)).to_be_visible()
    page.set_viewport_size({"width": 390, "height": 800})
    banner = page.get_by_role("banner")
    expect(banner.get_by_text("Synced", exact=True)).to_be_visible()
    context.set_offline(True)
    expect(banner.get_by_text("Offline", exact=True)).to_be_visible()
    for title in ("Casablanca", "Metropolis", "Rashomon"):
        mark_watched(page, title)
    expect(banner.get_by_text("Offline · 3 changes waiting", exact=True)).to_be_visible()
    expect(banner.get_by_text("Last synced")).to_be_in_viewport(ratio=1)
    assert page.evaluate("document.documentElement.scrollWidth") == 390


def voters(user: User, imdb_id: str) -> set[str]:
    return {vote["person"] for vote in user.api.call("GET", f"/api/movies/{imdb_id}").json["recommendations"]}


class Profile:
    """A browser with a folder of its own, which keeps what it stores when it is closed."""

    def __init__(self, browser: Browser, folder: Path, address: str) -> None:
        self._launch = browser.browser_type.launch_persistent_context
        self._options = {**BROWSER, "base_url": address, "locale": "en-US", "timezone_id": "UTC"}
        self._folder = folder

    def open(self, *, offline: bool = False) -> Page:
        """Start the browser."""
        self.context = self._launch(self._folder, **self._options, offline=offline)
        return self.context.pages[0]


@pytest.fixture
def profile(browser: Browser, server: Serving, tmp_path: Path) -> Iterator[Profile]:
    profile = Profile(browser, tmp_path / "profile", server.url)
    yield profile
    profile.context.close()


def do_ten_things(page: Page) -> None:
    """Something of each kind, without a network."""
    page.goto(f"/title/{CASABLANCA}")
    page.get_by_label("Where it stands").select_option("List: Noir")
    page.get_by_role("slider", name="My rating").press("End")
    page.get_by_role("button", name="Like").click()
    page.get_by_label("Add a tag").fill("rainy")
    page.get_by_label("Add a tag").press("Enter")
    votes = page.get_by_role("region", name="Who told me")
    votes.get_by_role("button", name="Add a recommendation").click()
    votes.get_by_label("Name of a person").fill("Dóra")
    votes.get_by_role("button", name="Add “Dóra”").click()
    votes.get_by_label("Advises against it").check()
    votes.get_by_label("What they said").fill("too sad")
    votes.get_by_role("button", name="Save").click()
    expect(votes).to_contain_text("1 person advises against it")
    expect(page.get_by_text("Offline · 5 changes waiting")).to_be_visible()
    page.goto(f"/title/{METROPOLIS}")
    page.get_by_role("button", name="Watched today").click()
    expect(page.get_by_role("button", name="Watched today", disabled=True)).to_be_visible()
    expect(page.get_by_text("Offline · 6 changes waiting")).to_be_visible()
    page.goto("/rank")
    page.get_by_role("button", name="Yes, I liked it").click()
    expect(page.get_by_text("All that you watched is ranked.")).to_be_visible()
    expect(page.get_by_text("Offline · 7 changes waiting")).to_be_visible()
    page.goto("/lists")
    page.get_by_role("button", name="New list").click()
    page.get_by_label("Name").fill("Sundays")
    page.get_by_role("button", name="Make the list").click()
    expect(page.get_by_role("link", name="Sundays")).to_be_visible()
    expect(page.get_by_text("Offline · 8 changes waiting")).to_be_visible()
    page.goto("/people/Bruno")
    page.get_by_role("button", name="Edit").click()
    page.get_by_role("textbox", name="Name").fill("Uncle Bruno")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_role("heading", name="Uncle Bruno")).to_be_visible()
    expect(page.get_by_text("Offline · 9 changes waiting")).to_be_visible()
    page.goto("/add")
    page.get_by_role("searchbox").fill("third man")
    page.get_by_role("button", name="Note “third man” by its name alone").click()
    page.get_by_label("Name of a person").fill("Zoë")
    page.get_by_role("button", name="Add “Zoë”").click()
    page.get_by_role("button", name="Add", exact=True).click()
    expect(page.get_by_role("heading", name="1 title waits to be found")).to_be_visible()


def expect_ten_things(page: Page) -> None:
    """All of it is shown."""
    page.goto(f"/title/{CASABLANCA}")
    expect(page.get_by_label("Where it stands").locator("option:checked")).to_have_text("List: Noir")
    expect(page.get_by_role("slider", name="My rating")).to_have_attribute("aria-valuetext", "10 of 10")
    expect(page.get_by_role("button", name="Like")).to_have_attribute("aria-pressed", "true")
    expect(page.get_by_role("link", name="#rainy")).to_be_visible()
    expect(page.get_by_role("region", name="Who told me")).to_contain_text("too sad")
    page.goto(f"/title/{METROPOLIS}")
    expect(page.get_by_role("region", name="When I watched it").get_by_role("listitem")).to_have_count(1)
    page.goto("/rank")
    expect(page.get_by_role("region", name="What you liked")).to_contain_text("Metropolis")
    page.goto("/lists")
    expect(page.get_by_role("link", name="Sundays")).to_be_visible()
    page.goto("/people")
    expect(page.get_by_role("link", name="Uncle Bruno")).to_be_visible()


def test_ten_things_done_offline_survive_closing_the_browser_and_arrive_once(
    profile: Profile, user: User, device: Callable[[User], Page]
) -> None:
    add_titles(user)
    user.api.call("POST", "/api/lists", {"name": "Noir"})
    page = profile.open()
    log_in(page, user)
    expect(page.get_by_text(TITLES, exact=True)).to_be_visible()
    until_stored(page)
    profile.context.set_offline(True)
    do_ten_things(page)
    profile.context.close()

    page = profile.open(offline=True)
    expect_ten_things(page)
    expect(page.get_by_role("banner").get_by_text("changes waiting")).to_be_visible()
    page.goto("/add")
    expect(page.get_by_role("heading", name="1 title waits to be found")).to_be_visible()
    profile.context.set_offline(False)
    sync(page)
    page.get_by_role("button", name="Find “third man”").click()
    page.get_by_role("button", name="The Third Man 1949").click()
    expect(page.get_by_role("heading", name="1 title waits to be found")).to_have_count(0)
    eventually(lambda: voters(user, THIRD_MAN), {"Alma", "Zoë"})

    movie = user.api.call("GET", f"/api/movies/{CASABLANCA}").json
    votes = {vote["person"]: (vote["vote_type"], vote["note"]) for vote in movie["recommendations"]}
    assert (movie["my_rating"], movie["liked"], movie["tags"]) == (10, True, ["rainy"])
    assert votes == {"Alma": (True, None), "Dóra": (False, "too sad")}
    assert len(user.api.call("GET", f"/api/movies/{METROPOLIS}").json["viewings"]) == 1
    assert [each["imdb_id"] for each in user.api.call("GET", "/api/ranking").json] == [METROPOLIS]
    assert [each["name"] for each in user.api.call("GET", "/api/lists").json] == ["Noir", "Sundays"]
    expect_ten_things(device(user))
    expect(page.get_by_text("waiting", exact=False)).to_have_count(0)


@pytest.mark.parametrize("choice", ["Use mine", "Keep the server’s"])
def test_of_two_values_for_one_field_the_user_chooses(user: User, device: Callable[[User], Page], choice: str) -> None:
    add_titles(user)
    phone, laptop = device(user), device(user)
    for page in (phone, laptop):
        page.goto(f"/title/{RASHOMON}")
        expect(page.get_by_role("slider", name="My rating")).to_be_visible()
    phone.context.set_offline(True)
    phone.get_by_role("slider", name="My rating").press("ArrowRight")
    phone.get_by_role("button", name="Like").click()
    laptop.get_by_role("slider", name="My rating").press("End")
    sync(laptop)
    phone.context.set_offline(False)
    report = phone.get_by_role("region", name="The server has not done everything")
    expect(report.get_by_role("row", name="Rating").get_by_role("cell")).to_have_text(["1", "10"])
    report.get_by_role("button", name=choice).click()
    sync(phone)
    wanted = 1 if choice == "Use mine" else 10
    for page in (phone, laptop):
        expect(page.get_by_role("slider", name="My rating")).to_have_attribute("aria-valuetext", f"{wanted} of 10")
        expect(page.get_by_role("button", name="Like")).to_have_attribute("aria-pressed", "true")
    movie = user.api.call("GET", f"/api/movies/{RASHOMON}").json
    assert (movie["my_rating"], movie["liked"]) == (wanted, True)
