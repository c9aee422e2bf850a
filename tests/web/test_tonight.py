"""What to watch tonight, on the page."""

from playwright.sync_api import BrowserContext, Locator, Page, expect

from .conftest import User, eventually
from .inspection import PHONE, show
from .recommended import movie, recommend, two_advisers


def titles(page: Page) -> Locator:
    return page.get_by_role("article").get_by_role("heading")


def card(page: Page, title: str) -> Locator:
    return page.get_by_role("article", name=title)


def test_the_best_match_comes_first_and_says_why(page: Page, user: User) -> None:
    two_advisers(user.api)
    page.goto("/tonight")
    expect(titles(page)).to_have_text(["Film 22", "Film 21"])
    expect(card(page, "Film 22").get_by_role("img", name="% match")).to_be_visible()
    expect(card(page, "Film 22")).to_contain_text("Mum recommends it: you liked 4 of 4 before")


def test_a_title_leaves_when_it_is_watched_and_comes_back_by_undo(page: Page, user: User) -> None:
    two_advisers(user.api)
    page.goto("/tonight")
    card(page, "Film 22").get_by_role("button", name="Watched").click()
    expect(titles(page)).to_have_text(["Film 21"])
    expect(page.get_by_role("link", name="Film 21")).to_be_focused()
    page.get_by_role("button", name="Undo").click()
    expect(titles(page)).to_have_text(["Film 22", "Film 21"])
    eventually(lambda: movie(user.api, 22)["status"], "toWatch")


def test_it_works_by_keyboard(page: Page, user: User) -> None:
    two_advisers(user.api)
    page.goto("/tonight")
    expect(titles(page)).to_have_count(2)
    page.keyboard.press("j")
    page.keyboard.press("j")
    expect(page.get_by_role("link", name="Film 21")).to_be_focused()
    page.keyboard.press("w")
    expect(titles(page)).to_have_text(["Film 22"])
    expect(page.get_by_role("link", name="Film 22")).to_be_focused()
    expect(page.get_by_role("button", name="Undo")).to_be_visible()
    page.keyboard.press("u")
    expect(titles(page)).to_have_text(["Film 22", "Film 21"])


def test_one_tap_tells_that_it_was_watched_and_liked(page: Page, user: User) -> None:
    two_advisers(user.api)
    page.goto("/tonight")
    card(page, "Film 22").get_by_role("button", name="Liked").click()
    expect(titles(page)).to_have_text(["Film 21"])
    eventually(lambda: [movie(user.api, 22)[name] for name in ("status", "liked")], ["watched", True])


def test_a_phone_shows_filters_when_they_are_asked_for(page: Page, user: User) -> None:
    two_advisers(user.api)
    show(page, PHONE)
    page.goto("/tonight")
    expect(titles(page)).to_have_count(2)
    expect(page.get_by_label("Genre")).to_be_hidden()
    page.get_by_role("button", name="Filters").click()
    page.get_by_label("Kind").select_option("Series")
    expect(titles(page)).to_have_count(0)
    expect(page.get_by_role("button", name="Filters (1)")).to_be_visible()


def test_a_poster_is_whole_on_a_phone(page: Page, user: User) -> None:
    user.api.call("PUT", "/api/movies/tt9999991/status", {"status": "toWatch"})
    show(page, PHONE)
    page.goto("/tonight")
    article = page.get_by_role("article")
    end = article.locator(".poster").evaluate("(poster) => poster.getBoundingClientRect().bottom")
    assert end <= article.locator(".actions").evaluate("(deeds) => deeds.getBoundingClientRect().top")


def test_what_is_put_off_stays_away_until_it_is_asked_for(page: Page, user: User) -> None:
    two_advisers(user.api)
    page.goto("/tonight")
    card(page, "Film 22").get_by_role("button", name="Not tonight").click()
    expect(titles(page)).to_have_text(["Film 21"])
    page.reload()
    expect(titles(page)).to_have_text(["Film 21"])
    page.get_by_role("button", name="Show 1 title that was put off").click()
    expect(titles(page)).to_have_text(["Film 22", "Film 21"])


def test_what_is_put_off_is_back_on_the_next_day_on_a_page_that_stayed_open(page: Page, user: User) -> None:
    two_advisers(user.api)
    page.clock.install()
    page.goto("/tonight")
    card(page, "Film 22").get_by_role("button", name="Not tonight").click()
    expect(titles(page)).to_have_text(["Film 21"])
    page.clock.fast_forward("24:00:00")
    expect(titles(page)).to_have_text(["Film 22", "Film 21"])


def test_filters_are_in_the_address(page: Page, user: User) -> None:
    two_advisers(user.api)
    recommend(user.api, 30, "Mum", genres=["Western"], runtime=80)
    page.goto("/tonight?genre=Western")
    expect(titles(page)).to_have_text(["Film 30"])
    page.get_by_role("button", name="Clear filters").click()
    expect(titles(page)).to_have_count(3)
    page.get_by_label("Length").select_option("Up to 90 min")
    expect(titles(page)).to_have_text(["Film 30"])
    page.get_by_label("Length").select_option("Any")
    page.get_by_label("Recommended by").select_option("Dad")
    expect(titles(page)).to_have_text(["Film 21"])
    assert page.url.endswith("/tonight?person=Dad")


def test_little_evidence_is_explained(page: Page, user: User) -> None:
    recommend(user.api, 1)
    page.goto("/tonight")
    expect(page.get_by_text("0 titles are rated or ranked so far.")).to_be_visible()
    expect(card(page, "Film 1")).to_contain_text("Mum recommends it, and is not tested yet")


def test_an_empty_library_says_how_to_begin(page: Page) -> None:
    page.goto("/tonight")
    expect(page.get_by_role("heading", name="Nothing to watch yet")).to_be_visible()
    expect(page.get_by_role("link", name="Add a title")).to_have_attribute("href", "/add")


def test_offline_it_keeps_the_last_answer(page: Page, user: User, context: BrowserContext) -> None:
    two_advisers(user.api)
    page.goto("/tonight")
    expect(titles(page)).to_have_count(2)
    context.set_offline(True)
    expect(page.get_by_text("You are offline. This is as of")).to_be_visible()
    card(page, "Film 22").get_by_role("button", name="Watched").click()
    expect(titles(page)).to_have_text(["Film 21"])


def test_offline_without_an_answer_trusted_people_decide(page: Page, user: User, context: BrowserContext) -> None:
    two_advisers(user.api)
    user.api.call("PUT", "/api/people/Dad", {"is_trusted": True})
    page.goto("/tonight")
    expect(titles(page)).to_have_text(["Film 22", "Film 21"])
    context.set_offline(True)
    page.get_by_label("Length").select_option("Up to 120 min")
    expect(page.get_by_text("Matches need a connection")).to_be_visible()
    expect(titles(page)).to_have_text(["Film 21", "Film 22"])
