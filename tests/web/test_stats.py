"""Statistics and the year in review, on the page."""

from playwright.sync_api import BrowserContext, Page, expect

from .conftest import User
from .recommended import imdb_id, recommend, two_advisers, watch

YEAR = 1.78e9  # in May 2026


def test_the_library_is_shown_in_figures(page: Page, user: User) -> None:
    two_advisers(user.api)
    page.goto("/stats")
    expect(page.get_by_role("definition").first).to_have_text("10")
    expect(page.get_by_role("region", name="Whom to trust")).to_contain_text("Mum")
    genres = page.get_by_role("region", name="Genres")
    expect(genres.get_by_role("row", name="Drama")).to_contain_text("4 of 8")
    ratings = page.get_by_role("region", name="Your ratings")
    ratings.get_by_text("As a table").click()
    expect(ratings.get_by_role("row", name="9 stars")).to_contain_text("4 titles")


def test_a_year_is_looked_back_on(page: Page, user: User) -> None:
    two_advisers(user.api)
    recommend(user.api, 30, "Mum", title="The Best")
    watch(user.api, 30, 10, at=YEAR)
    page.goto("/stats")
    page.get_by_role("navigation", name="Years").get_by_role("link", name="2026").click()
    expect(page.get_by_role("heading", name="Your 2026 in movies")).to_be_visible()
    expect(page.get_by_role("listitem").filter(has_text="The Best").first).to_contain_text("Best")
    expect(page.get_by_text("Mum was your best adviser")).to_be_visible()
    months = page.get_by_role("region", name="By month")
    months.get_by_text("As a table").click()
    expect(months.get_by_role("row", name="May 2026")).to_contain_text("9 viewings")


def test_an_empty_year_says_so_and_what_is_no_year_is_no_page(page: Page) -> None:
    page.goto("/stats/1999")
    expect(page.get_by_text("You watched nothing in 1999")).to_be_visible()
    for address in ("abc", "1869", "10000"):
        page.goto(f"/stats/{address}")
        expect(page.get_by_role("heading", name="There is no such page.")).to_be_visible()


def test_an_empty_library_says_so(page: Page) -> None:
    page.goto("/stats")
    expect(page.get_by_text("Nothing to count yet")).to_be_visible()


def test_figures_that_were_kept_name_titles_as_the_library_does(page: Page, user: User) -> None:
    user.api.call("POST", f"/api/movies/{imdb_id(30)}/recommendations", {"person_name": "Mum"})
    watch(user.api, 30, 10, at=YEAR)
    page.goto("/stats/2026")
    best = page.get_by_role("listitem").filter(has_text="Best")
    expect(best).to_contain_text(imdb_id(30))
    page.route("**/api/stats?*", lambda route: route.abort())
    recommend(user.api, 30, "Dad", title="Parasite")
    expect(best).to_contain_text("Parasite")


def test_offline_the_last_figures_stay(page: Page, user: User, context: BrowserContext) -> None:
    two_advisers(user.api)
    recommend(user.api, 30, runtime=None)
    watch(user.api, 30)
    page.goto("/stats")
    expect(page.get_by_role("region", name="Genres")).to_be_visible()
    expect(page.get_by_text("The hours leave out 1 viewing of unknown length.")).to_be_visible()
    context.set_offline(True)
    expect(page.get_by_text("You are offline. This is as of")).to_be_visible()
    expect(page.get_by_role("region", name="Genres")).to_be_visible()
