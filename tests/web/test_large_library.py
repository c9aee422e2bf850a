"""Twenty thousand titles: only what is on the screen is in the page, and everything is found."""

import re

import pytest
from playwright.sync_api import Page, Route, expect

COUNT = 20_000

# Straight into the device's database: pulling as many takes longer than the test.
FILL = """async (count) => {
    const opened = indexedDB.open("movietracker");
    const db = await new Promise((resolve) => (opened.onsuccess = () => resolve(opened.result)));
    const tx = db.transaction("records", "readwrite");
    for (let n = 0; n < count; n++) {
        const imdb_id = `tt9${String(n).padStart(6, "0")}`;
        const person_name = `Person ${n % 50}`;
        const tmdb_data = {
            tmdbId: n, imdbId: imdb_id, title: `Title ${String(n).padStart(5, "0")} é`, year: String(1920 + (n % 100)),
            mediaType: "movie", poster: null, posterSmall: `https://image.tmdb.org/${n}.svg`,
            plot: "A plot that says in a few words what happens.",
            genres: ["Drama", "Crime"], cast: ["Ada Lovelace", "Grace Hopper"], director: "Élise Noir", runtime: 100,
        };
        const vote = {
            id: n, imdb_id, user_id: "u", person_id: n % 50, person_name, person: person_name, vote_type: true,
            date_recommended: 1.7e9 + n, note: "seé it",
        };
        const body = {
            imdb_id, user_id: "u", media_type: "movie", tmdb_data, omdb_data: null, last_modified: 1.7e9 + n,
            rev: 1, status: n % 3 ? "watched" : "toWatch", custom_list_id: null, recommendations: [vote],
            my_rating: n % 3 ? 1 + (n % 19) / 2 : null, liked: n % 7 === 0, tags: [], viewings: [],
            watch_history: null, ranking: null,
        };
        tx.objectStore("records").put({ kind: "movies", key: imdb_id, body });
    }
    await new Promise((resolve) => (tx.oncomplete = resolve));
    db.close();
}"""


# How many elements show titles while one scrolls down screen by screen: in all, and at most at once.
SCROLL = """async () => {
    const seen = new Set();
    let most = 0;
    for (let n = 1; n <= 100; n++) {
        scrollBy(0, innerHeight);
        await new Promise(requestAnimationFrame);
        const there = document.querySelectorAll("[data-index]");
        there.forEach((each) => seen.add(each));
        most = Math.max(most, there.length);
    }
    return [seen.size, most];
}"""
# Titles and the colors of their posters, where all on the screen are there.
COLORS = """() => {
    const tiles = [...document.querySelectorAll("[data-index]")];
    if (!tiles.length || tiles.some((each) => !each.querySelector("img")?.complete)) return null;
    const context = document.createElement("canvas").getContext("2d", { willReadFrequently: true });
    return tiles.map((tile) => {
        context.drawImage(tile.querySelector("img"), 0, 0, 1, 1);
        const [red, green, blue] = context.getImageData(0, 0, 1, 1).data;
        return [Number(tile.innerText.match(/Title (\\d+)/)[1]), red * 65536 + green * 256 + blue];
    });
}"""


@pytest.fixture
def library(page: Page) -> Page:
    """The screen of such a library."""
    page.evaluate(FILL, COUNT)
    page.goto("/library?sort=title")
    expect(page.get_by_text("20,000 titles", exact=True)).to_be_visible()
    return page


@pytest.mark.parametrize("view", ["Posters", "Table"])
def test_only_what_is_on_the_screen_is_in_the_page(library: Page, view: str) -> None:
    library.get_by_role("button", name=view).click()
    titles = library.locator("[data-index]")
    expect(library.get_by_role("link", name="Title 00000 é")).to_be_visible()
    library.evaluate("scrollTo(0, document.body.scrollHeight)")
    expect(library.get_by_role("link", name="Title 19999 é")).to_be_visible()
    expect(library.get_by_role("link", name="Title 00000 é")).to_have_count(0)
    assert titles.count() < 200
    library.get_by_role("link", name="Title 19999 é").focus()
    library.keyboard.press("k")
    expect(library.locator(":focus")).to_contain_text("Title 199")


@pytest.mark.parametrize("view", ["Posters", "Table"])
def test_scrolling_shows_other_titles_in_the_elements_that_are_there(library: Page, view: str) -> None:
    library.get_by_role("button", name=view).click()
    expect(library.get_by_role("link", name="Title 00000 é")).to_be_visible()
    seen, most = library.evaluate(SCROLL)
    assert 0 < seen == most < 200
    expect(library.get_by_role("link", name="Title 00000 é")).to_have_count(0)


@pytest.mark.parametrize("view", ["Posters", "Table"])
def test_a_title_that_leaves_gives_the_focus_to_the_next_one_and_not_to_one_that_comes(
    library: Page, view: str
) -> None:
    library.goto("/library?sort=title&status=toWatch")  # every third
    library.get_by_role("button", name=view).click()
    library.get_by_role("link", name="Title 00003 é").focus()
    library.keyboard.press("w")
    expect(library.locator(":focus")).to_contain_text("Title 00006 é")
    library.evaluate("scrollTo(0, document.body.scrollHeight)")
    expect(library.get_by_role("link", name="Title 19998 é")).to_be_visible()
    expect(library.locator("[data-index] :focus")).to_have_count(0)


def paint(route: Route) -> None:
    """Respond with a poster whose color is the number of its title."""
    found = re.search(r"(\d+)\.svg", route.request.url)
    assert found
    picture = f'<rect width="2" height="3" fill="#{int(found[1]):06x}"/>'
    body = f'<svg xmlns="http://www.w3.org/2000/svg" width="2" height="3">{picture}</svg>'
    route.fulfill(content_type="image/svg+xml", body=body)


def test_each_title_has_its_own_poster_after_scrolling(page: Page) -> None:
    page.route("**/api/images/**", paint)
    page.evaluate(FILL, 1_000)
    page.goto("/library?sort=title")
    for place in ("0", "document.body.scrollHeight / 2", "document.body.scrollHeight", "0"):
        page.evaluate(f"scrollTo(0, {place}); new Promise((then) => requestAnimationFrame(() => setTimeout(then)))")
        posters = page.wait_for_function(COLORS).json_value()
        assert all(title == color for title, color in posters)


def test_each_of_them_is_found(library: Page) -> None:
    library.get_by_role("searchbox").fill("title 12345 E")
    expect(library.locator("[data-index]")).to_have_count(1)
