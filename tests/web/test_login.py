"""Logging in on the page."""

import json

from playwright.sync_api import BrowserContext, Page, Route, expect

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


def test_after_too_many_tries_it_is_told_at_once_how_long_to_wait(context: BrowserContext, user: User) -> None:
    page = context.new_page()
    page.goto("/")
    tries: list[Route] = []
    page.route("**/api/auth/login", lambda route: tries.append(route))
    page.get_by_label("Email").fill(user.email)
    page.get_by_label("Password").fill("wrong")
    button = page.get_by_role("button", name="Log in")
    button.click()
    expect(button).to_be_disabled()
    problem = json.dumps({"detail": "Too many requests; please wait a moment.", "code": "rate_limited"})
    tries[0].fulfill(status=429, headers={"Retry-After": "40"}, content_type="application/json", body=problem)
    expect(page.get_by_role("alert")).to_have_text("Too many requests. Try again in 40 seconds.")
    expect(button).to_be_enabled()
    expect(button).to_be_focused()


def test_what_another_client_adds_appears_by_itself(page: Page, user: User) -> None:
    user.api.call("POST", "/api/movies/tt0034583/recommendations", {"person_name": "Alma"})
    expect(page.get_by_role("link", name="Casablanca")).to_be_visible()
