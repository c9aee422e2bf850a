"""Logging in on the page."""

from playwright.sync_api import BrowserContext, Page, expect

from .conftest import User


def test_the_page_asks_who_one_is_and_shows_the_library(page: Page) -> None:
    expect(page.get_by_role("navigation", name="Screens")).to_be_visible()
    expect(page.get_by_role("heading", name="Library")).to_be_visible()


def test_a_wrong_password_is_told(context: BrowserContext, user: User) -> None:
    page = context.new_page()
    page.goto("/")
    page.get_by_label("Email").fill(user.email)
    page.get_by_label("Password").fill("wrong")
    page.get_by_role("button", name="Log in").click()
    expect(page.get_by_role("alert")).to_have_text("The email or the password is wrong.")
    expect(page.get_by_role("button", name="Log in")).to_be_focused()


def test_what_another_client_adds_appears_by_itself(page: Page, user: User) -> None:
    user.api.call("POST", "/api/movies/tt0034583/recommendations", {"person_name": "Alma"})
    expect(page.get_by_role("link", name="Casablanca")).to_be_visible()
