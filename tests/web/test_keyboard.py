"""The page without a mouse: each task by keys alone, and where the focus is afterwards."""

import pytest
from playwright.sync_api import BrowserContext, Locator, Page, expect
from support.client import PASSWORD

from .conftest import User, eventually
from .library import CASABLANCA, METROPOLIS, add_titles
from .recommended import recommend, two_advisers


@pytest.fixture
def library(page: Page, user: User) -> Page:
    """The screen, with seven titles."""
    add_titles(user, 7)
    expect(page.get_by_text("7 titles", exact=True)).to_be_visible()
    return page


def tab_to(page: Page, wanted: Locator, key: str = "Tab") -> None:
    """Press a key until something has the focus."""
    expect(wanted).to_be_visible()
    for _ in range(80):
        if wanted.evaluate("(element) => element === document.activeElement"):
            return
        page.keyboard.press(key)
    pytest.fail(f"{wanted} is not reached by {key}")


def press(page: Page, name: str, *, exact: bool = True) -> None:
    """Go to a button, and press it."""
    tab_to(page, page.get_by_role("button", name=name, exact=exact).first)
    page.keyboard.press("Enter")


def status(user: User, title: str) -> object:
    return user.api.call("GET", f"/api/movies/{title}").json["status"]


def test_logging_in_finding_a_title_watching_and_rating_it(context: BrowserContext, user: User) -> None:
    add_titles(user, 7)
    page = context.new_page()
    page.goto("/")
    tab_to(page, page.get_by_label("Email"))
    page.keyboard.type(user.email)
    page.keyboard.press("Tab")
    page.keyboard.type(PASSWORD)
    page.keyboard.press("Enter")
    expect(page.get_by_text("7 titles", exact=True)).to_be_visible()
    page.keyboard.press("/")
    page.keyboard.type("casab")
    expect(page.get_by_text("1 of 7 titles")).to_be_visible()
    tab_to(page, page.get_by_role("link", name="Casablanca"))
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Casablanca 1942")).to_be_focused()
    page.keyboard.press("w")
    eventually(lambda: status(user, CASABLANCA), "watched")
    page.keyboard.press("r")
    expect(page.get_by_role("slider", name="My rating")).to_be_focused()
    page.keyboard.press("End")
    eventually(lambda: user.api.call("GET", f"/api/movies/{CASABLANCA}").json["my_rating"], 10)
    page.keyboard.press("u")
    page.keyboard.press("u")
    eventually(lambda: status(user, CASABLANCA), "toWatch")


def test_adding_a_title_that_somebody_recommended(library: Page, user: User) -> None:
    library.keyboard.press("a")
    expect(library.get_by_role("searchbox")).to_be_focused()
    library.keyboard.type("rashomon")
    press(library, "Rashomon 1950", exact=False)
    expect(library.get_by_role("heading", name="Rashomon 1950")).to_be_focused()
    press(library, "Alma")
    press(library, "Add")
    expect(library.get_by_role("searchbox")).to_be_focused()
    eventually(lambda: len(user.api.call("GET", "/api/movies").json), 8)


def test_noting_what_somebody_said(library: Page, user: User) -> None:
    library.goto(f"/title/{CASABLANCA}")
    press(library, "Add a viewing")
    expect(library.get_by_label("What I know of the date")).to_be_focused()
    press(library, "Cancel")
    press(library, "Add a recommendation")
    expect(library.get_by_role("group", name="Who").get_by_role("button").first).to_be_focused()
    press(library, "Bruno")
    tab_to(library, library.get_by_label("What they said"))
    library.keyboard.type("twice")
    press(library, "Save")
    expect(library.get_by_role("button", name="Add a recommendation")).to_be_focused()
    path = f"/api/movies/{CASABLANCA}"
    eventually(lambda: [vote["note"] for vote in user.api.call("GET", path).json["recommendations"]], [None, "twice"])


def test_changing_many_titles(library: Page, user: User) -> None:
    library.get_by_role("heading", name="Library").wait_for()
    for _ in range(3):
        library.keyboard.press("j")
        library.keyboard.press("x")
    expect(library.get_by_text("3 selected")).to_be_visible()
    tab_to(library, library.get_by_role("button", name="Mark as watched", exact=True), "Shift+Tab")
    library.keyboard.press("Enter")
    expect(library.get_by_text("3 titles marked as watched.")).to_be_visible()
    library.keyboard.press("u")
    watched = "/api/movies?status=watched"
    eventually(lambda: user.api.call("GET", watched).json, [])


def test_merging_people(library: Page, user: User) -> None:
    library.goto("/people")
    library.get_by_role("link", name="Alma").wait_for()
    library.keyboard.press("j")
    tab_to(library, library.get_by_role("link", name="Alma"), "j")
    library.keyboard.press("Enter")
    expect(library.get_by_role("heading", name="Alma")).to_be_focused()
    press(library, "Merge …")
    tab_to(library, library.get_by_label("Who stays"))
    library.keyboard.type("Bruno")
    press(library, "Merge")
    expect(library.get_by_role("heading", name="Bruno")).to_be_focused()
    people = "/api/people"
    eventually(lambda: "Alma" in {person["name"] for person in user.api.call("GET", people).json}, False)


def test_choosing_in_a_conflict(library: Page, user: User, context: BrowserContext) -> None:
    library.goto(f"/title/{METROPOLIS}")
    tab_to(library, library.get_by_role("slider", name="My rating"))
    context.set_offline(True)
    library.keyboard.press("End")
    expect(library.get_by_text("1 change waiting")).to_be_visible()
    user.api.call("PUT", f"/api/movies/{METROPOLIS}/rating", {"my_rating": 5})
    context.set_offline(False)
    report = library.get_by_role("region", name="The server has not done everything")
    expect(report).to_be_visible()
    tab_to(library, report.get_by_role("button", name="Use mine"), "Shift+Tab")
    library.keyboard.press("Enter")
    eventually(lambda: user.api.call("GET", f"/api/movies/{METROPOLIS}").json["my_rating"], 10)
    expect(library.get_by_role("heading", name="Metropolis 1927")).to_be_focused()


def test_rows_are_gone_through_by_keys(page: Page, user: User) -> None:
    for name in ("Noir", "Rainy Sundays"):
        made = user.api.call("POST", "/api/lists", {"name": name}).json
    add_titles(user, 7)
    for title in (CASABLANCA, METROPOLIS):
        user.api.call("PUT", f"/api/movies/{title}/status", {"status": "custom", "custom_list_id": made["id"]})
    page.goto("/lists")
    expect(page.get_by_role("link", name="Rainy Sundays")).to_contain_text("2 titles")
    for key, name in (("j", "Noir"), ("j", "Rainy Sundays"), ("k", "Noir"), ("k", "Noir"), ("j", "Rainy Sundays")):
        page.keyboard.press(key)
        expect(page.get_by_role("link", name=name)).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Rainy Sundays")).to_be_focused()
    page.keyboard.press("j")
    page.keyboard.press("j")
    page.keyboard.press("k")
    first = page.locator("[data-index='0'] a")
    expect(first).to_be_focused()
    page.keyboard.press("r")
    expect(page.get_by_role("dialog")).to_be_visible()
    page.keyboard.press("Escape")
    expect(first).to_be_focused()
    page.keyboard.press("w")
    expect(page.get_by_text("1 title", exact=True)).to_be_visible()
    expect(first).to_be_focused()


def test_a_title_of_tonight_is_rated(page: Page, user: User) -> None:
    two_advisers(user.api)
    page.goto("/tonight")
    expect(page.get_by_role("link", name="Film 22")).to_be_visible()
    page.keyboard.press("j")
    page.keyboard.press("r")
    expect(page.get_by_role("dialog", name="Rate “Film 22”")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.get_by_role("link", name="Film 22")).to_be_focused()


def test_keys_do_nothing_while_one_types_or_holds_another_key(library: Page, user: User) -> None:
    library.keyboard.press("/")
    library.keyboard.type("jkwrau?")
    expect(library.get_by_role("searchbox")).to_have_value("jkwrau?")
    library.get_by_role("searchbox").fill("")
    library.keyboard.press("Tab")
    library.get_by_role("link", name="Casablanca").focus()
    for held in ("Control", "Meta", "Alt"):
        for key in ("a", "r", "w"):
            library.keyboard.down(held)
            library.keyboard.press(key)
            library.keyboard.up(held)
    library.keyboard.press("l")
    eventually(lambda: user.api.call("GET", f"/api/movies/{CASABLANCA}").json["liked"], True)
    assert status(user, CASABLANCA) == "toWatch"
    expect(library.get_by_role("heading", name="Library")).to_be_visible()
    expect(library.get_by_role("dialog")).to_have_count(0)


def test_the_focus_comes_back_to_what_opened_a_dialog_or_had_it_before_a_notice(page: Page, user: User) -> None:
    recommend(user.api, 1, "Mum")
    page.goto("/people/Mum")
    for name in ("Edit", "Merge …", "Delete …"):
        press(page, name)
        expect(page.get_by_role("dialog")).to_be_visible()
        page.keyboard.press("Escape")
        expect(page.get_by_role("button", name=name, exact=True)).to_be_focused()
    press(page, "Edit")
    press(page, "Cancel")
    expect(page.get_by_role("dialog")).to_have_count(0)
    expect(page.get_by_role("button", name="Edit")).to_be_focused()
    trusted = page.get_by_role("button", name="Trusted")
    tab_to(page, trusted, "Shift+Tab")
    page.keyboard.press("Enter")
    press(page, "Undo", exact=False)
    expect(trusted).to_have_attribute("aria-pressed", "false")
    page.get_by_text("Undone:", exact=False).wait_for()
    assert page.evaluate("document.activeElement.tagName") != "BODY"


def test_the_focus_stays_on_the_page_when_what_had_it_goes(library: Page) -> None:
    library.goto("/library?genre=Drama")
    press(library, "Clear filters")
    expect(library.get_by_role("searchbox")).to_be_focused()
    library.goto("/tonight?genre=Drama")
    press(library, "Clear filters")
    expect(library.get_by_label("Genre")).to_be_focused()
    library.goto("/library")
    press(library, "Select")
    press(library, "Done")
    expect(library.get_by_role("heading", name="Library")).to_be_focused()


def test_a_first_press_of_tab_skips_to_the_content(library: Page) -> None:
    library.reload()
    library.get_by_text("7 titles", exact=True).wait_for()
    library.keyboard.press("Tab")
    expect(library.get_by_role("link", name="Skip to content")).to_be_focused()
    entries = library.evaluate("history.length")
    library.keyboard.press("Enter")
    expect(library.get_by_role("main")).to_be_focused()
    assert library.evaluate("history.length") == entries
