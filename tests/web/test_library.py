"""The library: finding titles, and changing one or many of them."""

import pytest
from playwright.sync_api import Browser, BrowserContext, Locator, Page, expect
from support.serving import Serving

from .conftest import User, eventually, log_in
from .library import CASABLANCA, add_titles


@pytest.fixture
def library(page: Page, user: User) -> Page:
    """The screen, with twelve titles."""
    add_titles(user)
    expect(page.get_by_text("12 titles", exact=True)).to_be_visible()
    return page


def titles(page: Page) -> Locator:
    return page.locator("[data-index]")


def test_an_empty_library_says_what_to_do(page: Page) -> None:
    expect(page.get_by_text("Your library is empty.")).to_be_visible()
    expect(page.get_by_role("link", name="Add a title")).to_have_attribute("href", "/add")


def test_a_search_ignores_accents_and_finds_people(library: Page) -> None:
    search = library.get_by_role("searchbox")
    search.fill("carli")
    expect(titles(library)).to_have_count(3)
    search.fill("rashomon CARLI")
    expect(titles(library)).to_have_count(1)
    search.fill("nothing like that")
    expect(library.get_by_text("No title matches.")).to_be_visible()
    search.press("Escape")
    expect(titles(library)).to_have_count(12)
    expect(search).to_be_focused()
    search.press("Escape")
    expect(search).not_to_be_focused()


def test_filters_and_sorting_are_in_the_address(library: Page) -> None:
    library.get_by_label("Sort by").select_option("Title")
    library.get_by_role("button", name="Filters").click()
    library.get_by_label("Recommended by").select_option("Bruno")
    library.get_by_label("From year").fill("1930")
    expect(titles(library).get_by_role("link")).to_contain_text(["It's a Wonderful Life", "M"])
    library.reload()
    expect(titles(library).get_by_role("link")).to_contain_text(["It's a Wonderful Life", "M"])
    assert "sort=title" in library.url
    library.get_by_role("button", name="Clear filters").click()
    expect(titles(library)).to_have_count(12)


def test_the_table_sorts_by_its_columns_and_is_remembered(library: Page) -> None:
    library.get_by_role("button", name="Table").click()
    library.get_by_role("button", name="Year").click()
    expect(library.get_by_role("columnheader", name="Year")).to_have_attribute("aria-sort", "descending")
    library.get_by_role("button", name="Year").click()
    expect(titles(library).first).to_contain_text("Metropolis")
    library.reload()
    expect(library.get_by_role("table")).to_be_visible()


def test_days_are_those_at_the_user_s_place(browser: Browser, server: Serving, user: User) -> None:
    evening = 1_777_696_200  # 9:30 p.m. of May 1, 2026 in Los Angeles
    vote = {"person_name": "Alma", "date_recommended": evening}
    user.api.call("POST", f"/api/movies/{CASABLANCA}/recommendations", vote)
    user.api.call("PUT", f"/api/movies/{CASABLANCA}/watch", {"date_watched": evening})
    context = browser.new_context(base_url=server.url, locale="en-US", timezone_id="America/Los_Angeles")
    page = context.new_page()
    log_in(page, user)
    page.get_by_role("button", name="Table").click()
    expect(page.get_by_role("cell", name="May 1, 2026")).to_have_count(2)  # when it was watched, and when added
    page.goto(f"/title/{CASABLANCA}")
    for card in ("Who told me", "When I watched it"):
        expect(page.get_by_role("region", name=card)).to_contain_text("May 1, 2026")
    context.close()


def test_the_keyboard_goes_through_the_titles_and_marks_them(library: Page) -> None:
    library.get_by_label("Sort by").select_option("Title")
    library.get_by_label("Status").select_option("To watch")
    library.get_by_role("heading", name="Library").click()
    library.keyboard.press("j")
    expect(library.get_by_role("link", name="Casablanca")).to_be_focused()
    library.keyboard.press("j")
    expect(library.get_by_role("link", name="Citizen Kane")).to_be_focused()
    library.keyboard.press("w")
    expect(library.get_by_role("status").get_by_text("“Citizen Kane” marked as watched.")).to_be_visible()
    expect(library.get_by_role("link", name="City Lights")).to_be_focused()
    library.keyboard.press("u")
    expect(library.get_by_role("link", name="Citizen Kane")).to_be_visible()
    library.keyboard.press("/")
    expect(library.get_by_role("searchbox")).to_be_focused()


def test_a_title_is_rated_by_the_keyboard(library: Page) -> None:
    library.get_by_role("link", name="Casablanca").focus()
    library.keyboard.press("r")
    expect(library.get_by_role("dialog")).to_contain_text("Rate “Casablanca”")
    for _ in range(3):
        library.keyboard.press("ArrowRight")
    expect(library.get_by_role("slider")).to_have_attribute("aria-valuetext", "2 of 10")
    library.keyboard.press("Enter")
    expect(library.get_by_role("dialog")).to_have_count(0)
    expect(library.get_by_text("“Casablanca” rated 2.0.")).to_be_visible()


def test_many_titles_are_changed_at_once_and_undone_at_once(library: Page, user: User) -> None:
    library.get_by_role("button", name="Select").click()
    library.get_by_role("checkbox", name="Select “Casablanca”").check()
    library.get_by_role("checkbox", name="Select “Rashomon”").check()
    bar = library.get_by_role("region", name="Selected titles")
    expect(bar).to_contain_text("2 selected")
    bar.get_by_label("Tag").fill("rainy")
    bar.get_by_role("button", name="Add tag").click()
    bar.get_by_role("button", name="Mark as watched").click()
    expect(library.get_by_text("2 titles marked as watched.")).to_be_visible()
    library.get_by_label("Status").select_option("Watched")
    expect(titles(library)).to_have_count(2)
    library.get_by_role("button", name="Undo").click()
    expect(titles(library)).to_have_count(0)
    library.get_by_label("Status").select_option("All titles")
    bar.get_by_role("button", name="Select none").click()
    expect(bar).to_contain_text("0 selected")
    bar.get_by_role("button", name="Select all").click()
    bar.get_by_role("button", name="Remove").click()
    expect(titles(library)).to_have_count(0)
    expect(library.get_by_text("You have removed all your titles.")).to_be_visible()
    library.get_by_role("link", name="Show them").click()
    expect(titles(library)).to_have_count(12)
    library.get_by_label("Status").select_option("All titles")
    library.keyboard.press("u")
    expect(titles(library)).to_have_count(12)


def test_without_a_network_titles_are_found_and_marked_and_sent_later(
    library: Page, context: BrowserContext, user: User
) -> None:
    context.set_offline(True)
    library.get_by_role("searchbox").fill("casa")
    library.get_by_role("link", name="Casablanca").focus()
    library.keyboard.press("w")
    expect(library.get_by_text("1 change waiting", exact=False)).to_be_visible()
    context.set_offline(False)
    expect(library.get_by_text("Synced", exact=True)).to_be_visible()
    assert user.api.call("GET", "/api/movies/tt0034583").json["status"] == "watched"


def test_the_keys_are_explained(page: Page) -> None:
    page.keyboard.press("?")
    for text in ("Mark as watched", "Not tonight"):
        expect(page.get_by_role("dialog", name="Keyboard")).to_contain_text(text)
    page.keyboard.press("Escape")
    expect(page.get_by_role("dialog")).to_have_count(0)


def test_nothing_found_offers_to_clear_the_filters(library: Page) -> None:
    library.goto("/library?status=watched&genre=Western&q=x&sort=title")
    expect(library.get_by_label("Genre").locator("option:checked")).to_have_text("Not in your library")
    expect(library.get_by_text("No title matches.")).to_be_visible()
    library.get_by_role("main").get_by_role("button", name="Show all titles").click()
    expect(titles(library)).to_have_count(12)
    assert library.url.endswith("/library?sort=title")
    expect(library.get_by_role("searchbox")).to_be_focused()


def test_coming_back_from_a_title_the_filters_and_the_place_are_as_they_were(library: Page) -> None:
    library.set_viewport_size({"width": 390, "height": 500})
    library.goto("/library?sort=title&reverse=1&from=1900")
    expect(titles(library).first).to_be_visible()
    library.mouse.wheel(0, 5_000)
    last = library.get_by_role("link", name="Casablanca")
    expect(last).to_be_in_viewport()
    place = library.evaluate("scrollY")
    last.click()
    expect(library.get_by_role("heading", name="Casablanca 1942")).to_be_visible()
    assert library.evaluate("scrollY") == 0
    library.go_back()
    expect(last).to_be_in_viewport()
    eventually(lambda: library.evaluate("scrollY"), place)
    assert library.url.endswith("/library?sort=title&reverse=1&from=1900")
    library.reload()
    expect(last).to_be_in_viewport()
    eventually(lambda: library.evaluate("scrollY"), place)


def test_selected_titles_go_on_a_list_at_once(library: Page, user: User) -> None:
    user.api.call("POST", "/api/lists", {"name": "Noir"})
    library.get_by_role("button", name="Select").click()
    bar = library.get_by_role("region", name="Selected titles")
    bar.get_by_role("button", name="Select all").click()
    bar.get_by_label("Move to list").select_option("Noir")
    expect(library.get_by_role("status").get_by_text("12 titles", exact=False).first).to_be_visible()
    eventually(lambda: {each["status"] for each in user.api.call("GET", "/api/movies").json}, {"custom"})
    library.get_by_role("button", name="Undo").click()
    eventually(lambda: {each["status"] for each in user.api.call("GET", "/api/movies").json}, {"toWatch"})


def test_undoing_a_tag_leaves_it_where_it_was_before_in_another_spelling(library: Page, user: User) -> None:
    assert user.api.call(
        "POST", "/api/sync", {"action": "addTag", "data": {"imdb_id": "tt0034583", "tag": "rainy"}, "timestamp": 1}
    ).json["success"]
    expect(library.get_by_role("link", name="Casablanca")).to_be_visible()
    library.get_by_role("button", name="Select").click()
    bar = library.get_by_role("region", name="Selected titles")
    bar.get_by_role("button", name="Select all").click()
    bar.get_by_label("Tag").fill("Rainy")
    bar.get_by_role("button", name="Add tag").click()
    library.get_by_role("button", name="Undo").click()

    def tagged() -> dict[str, list[str]]:
        return {each["imdb_id"]: each["tags"] for each in user.api.call("GET", "/api/movies").json if each["tags"]}

    eventually(tagged, {"tt0034583": ["rainy"]})
