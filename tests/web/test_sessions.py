"""Where the account is logged in, as the page shows it, and ending the session of another device."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, BrowserContext, Locator, Page, expect
from support.client import PASSWORD
from support.serving import Serving

from .conftest import User, eventually, log_in
from .library import CASABLANCA, add_titles
from .test_edges import mark_watched

FIREFOX = "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:145.0) Gecko/20100101 Firefox/145.0"
END_FIREFOX = "End it: Firefox on Windows"


@pytest.fixture
def other(browser: Browser, server: Serving, user: User) -> Iterator[Page]:
    """A page on another device, with another browser."""
    context = browser.new_context(base_url=server.url, locale="en-US", timezone_id="UTC", user_agent=FIREFOX)
    other = context.new_page()
    log_in(other, user)
    yield other
    context.close()


def listed(page: Page) -> Locator:
    """The entries of the list."""
    part = page.locator("section").filter(has=page.get_by_role("heading", name="Sessions", exact=True))
    return part.get_by_role("listitem")


def end_the_other(page: Page) -> None:
    page.get_by_role("button", name=END_FIREFOX).click()
    dialog = page.get_by_role("dialog", name="End the session of Firefox on Windows?")
    dialog.get_by_role("button", name="End it").click()


def test_sessions_are_listed_by_readable_names_and_this_one_is_marked(page: Page, other: Page) -> None:
    page.goto("/account")
    expect(listed(page)).to_have_count(3)
    expect(listed(page).nth(0)).to_contain_text("Firefox on Windows")
    expect(listed(page).nth(0).get_by_title(FIREFOX)).to_be_visible()
    expect(listed(page).nth(1)).to_contain_text("Chrome on Linux This one", use_inner_text=True)
    expect(listed(page).nth(2)).to_contain_text("An unknown program")
    expect(listed(page).get_by_role("button")).to_have_count(2)


def test_a_device_whose_session_is_ended_elsewhere_asks_for_the_password_and_loses_nothing(
    page: Page, other: Page, user: User
) -> None:
    add_titles(user)
    expect(other.get_by_text("12 titles", exact=True)).to_be_visible()
    other.context.set_offline(True)
    mark_watched(other, "Casablanca")
    expect(other.get_by_text("1 change waiting")).to_be_visible()
    page.goto("/account")
    end_the_other(page)
    expect(page.get_by_text("The session of Firefox on Windows has ended.")).to_be_visible()

    other.context.set_offline(False)
    expect(other.get_by_role("heading", name="Log in again")).to_be_visible()
    other.get_by_label("Password").fill(PASSWORD)
    other.get_by_role("button", name="Log in").click()

    expect(other.get_by_role("heading", name="Log in again")).to_be_hidden()
    eventually(lambda: user.api.call("GET", f"/api/movies/{CASABLANCA}").json["status"], "watched")


def test_a_device_that_listens_learns_at_once_that_its_session_has_ended(page: Page, other: Page) -> None:
    page.goto("/account")
    end_the_other(page)
    expect(other.get_by_role("heading", name="Log in again")).to_be_visible()


def test_ending_a_session_asks_first_keeps_the_focus_and_is_announced(page: Page, other: Page) -> None:
    page.goto("/account")
    button = page.get_by_role("button", name=END_FIREFOX)
    button.click()
    page.get_by_role("dialog").get_by_role("button", name="Cancel").click()
    expect(button).to_be_focused()
    expect(listed(page)).to_have_count(3)

    end_the_other(page)

    expect(page.get_by_role("status").filter(has_text="has ended")).to_be_visible()
    expect(listed(page)).to_have_count(2)
    expect(page.get_by_role("heading", name="Sessions", exact=True)).to_be_focused()


def test_a_session_that_has_ended_meanwhile_leaves_the_list(page: Page, user: User) -> None:
    page.goto("/account")
    page.get_by_role("button", name="End it: An unknown program").click()
    assert user.api.call("POST", "/api/auth/logout").status == 204
    page.get_by_role("dialog").get_by_role("button", name="End it").click()
    expect(page.get_by_role("status").filter(has_text="has ended")).to_be_visible()
    expect(listed(page)).to_have_count(1)


def test_offline_it_is_said_that_the_list_needs_the_server(page: Page, context: BrowserContext) -> None:
    page.get_by_role("link", name="Account").click()
    expect(listed(page)).to_have_count(2)
    context.set_offline(True)
    page.get_by_role("button", name="End it: An unknown program").click()
    page.get_by_role("dialog").get_by_role("button", name="End it").click()
    part = page.locator("section").filter(has=page.get_by_role("heading", name="Sessions", exact=True))
    told = part.get_by_text("This needs a connection to the server.")
    expect(told).to_be_visible()
    context.set_offline(False)
    expect(told).to_be_hidden()
    expect(listed(page)).to_have_count(2)


def test_a_new_password_takes_the_other_sessions_off_the_list(page: Page, other: Page) -> None:
    page.goto("/account")
    expect(listed(page)).to_have_count(3)
    page.get_by_label("Current password").fill(PASSWORD)
    page.get_by_label("New password").fill("another long password")
    page.get_by_role("button", name="Change it").click()
    expect(listed(page)).to_have_count(1)
    expect(listed(page)).to_contain_text("This one")
