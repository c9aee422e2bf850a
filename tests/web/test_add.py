"""Adding titles: by searching, by an address, and by name alone without a network."""

from urllib.parse import parse_qs, urlsplit

from playwright.sync_api import BrowserContext, Page, expect

from .conftest import User, eventually
from .library import CASABLANCA, RASHOMON, add_titles


def votes(user: User) -> dict[str, bool]:
    movie = user.api.call("GET", f"/api/movies/{CASABLANCA}").json
    return {vote["person_name"]: vote["vote_type"] for vote in movie["recommendations"]}


def test_a_title_is_found_and_added_for_several_people(page: Page, user: User) -> None:
    add_titles(user, 3)
    page.keyboard.press("a")
    expect(page.get_by_role("searchbox", name="What is it called?")).to_be_focused()
    page.keyboard.type("casabl")
    page.get_by_role("button", name="Casablanca").click()
    page.get_by_role("button", name="Alma").click()
    page.get_by_label("Name of a person").fill("Dóra")
    page.get_by_label("Name of a person").press("Enter")
    page.get_by_label("What they said").fill("the ending!")
    page.get_by_role("button", name="Add", exact=True).click()
    expect(page.get_by_text("“Casablanca” added.")).to_be_visible()
    expect(page.get_by_role("searchbox")).to_be_focused()
    page.get_by_role("link", name="Open “Casablanca”").click()
    expect(page.get_by_role("heading", name="Casablanca 1942")).to_be_visible()
    expect(page.get_by_text("the ending!")).to_have_count(2)
    page.keyboard.press("u")
    expect(page.get_by_role("button", name="Put it back")).to_be_visible()


def test_what_is_in_the_library_is_told(page: Page, user: User) -> None:
    user.api.call("POST", "/api/movies", {"imdb_id": CASABLANCA, "recommender": "Alma"})
    page.goto("/add?q=casablanca")
    expect(page.get_by_role("button", name="Casablanca 1942")).to_contain_text("In your library")
    expect(page.get_by_role("link", name="Casablanca")).to_be_visible()


def test_what_comes_into_the_library_after_it_was_chosen_is_told(page: Page, user: User) -> None:
    page.goto("/add?q=casablanca")
    page.get_by_role("button", name="Casablanca 1942").click()
    expect(page.get_by_role("button", name="Add without a recommender")).to_be_visible()
    user.api.call("POST", "/api/movies", {"imdb_id": CASABLANCA, "recommender": "Alma"})
    expect(page.get_by_text("In your library")).to_be_visible()
    expect(page.get_by_text("Already from: Alma")).to_be_visible()


def test_a_title_without_a_recommender_is_added_alone(page: Page, user: User) -> None:
    page.goto(f"/add?url=https://www.imdb.com/title/{RASHOMON}/?ref_=x")
    page.get_by_role("button", name="Rashomon").click()
    page.get_by_role("button", name="Add without a recommender").click()
    page.get_by_role("link", name="Open “Rashomon”").click()
    expect(page.get_by_role("heading", name="Rashomon 1950")).to_be_visible()


def test_who_is_typed_counts_also_without_being_chosen(page: Page, user: User) -> None:
    page.goto(f"/add?url=https://www.imdb.com/title/{CASABLANCA}/")
    page.get_by_role("button", name="Casablanca").click()
    page.get_by_label("Name of a person").fill("Dóra")
    expect(page.get_by_role("button", name="Add without a recommender")).to_have_count(0)
    page.get_by_label("Advises against it").check()
    page.get_by_role("button", name="Add", exact=True).click()
    page.get_by_role("link", name="Open “Casablanca”").click()
    page.get_by_role("button", name="Add a recommendation").click()
    page.get_by_label("Name of a person").fill("dora")
    expect(page.get_by_role("button", name="Save")).to_be_disabled()  # she has told already
    page.get_by_label("Name of a person").fill("Alma")
    page.get_by_role("button", name="Save").click()
    eventually(lambda: votes(user), {"Dóra": False, "Alma": True})


def test_shared_pages_are_understood(page: Page) -> None:
    page.goto("/add?text=Check+out+https://letterboxd.com/film/the-third-man/")
    expect(page.get_by_role("button", name="The Third Man 1949")).to_be_visible()
    page.goto("/add?title=Ikiru+(1952)+directed+by+Akira+Kurosawa")
    expect(page.get_by_role("button", name="Ikiru 1952")).to_be_visible()


def test_an_address_that_tells_no_title_is_explained(page: Page) -> None:
    page.goto("/add?url=https://boxd.it/2a9q")
    expect(page.get_by_text("only Letterboxd knows", exact=False)).to_be_visible()
    page.get_by_role("searchbox").fill("https://example.org/a/page")
    expect(page.get_by_text("does not tell which title", exact=False)).to_be_visible()
    unknown = page.get_by_text("The metadata provider does not know this title.")
    page.get_by_role("searchbox").fill("https://www.themoviedb.org/movie/999999999-not-there")
    expect(unknown).to_be_visible()
    page.get_by_role("searchbox").fill("a name that is far too long " * 10)
    expect(page.get_by_text("Nothing found.")).to_be_visible()
    page.get_by_role("searchbox").fill("tt99999999999")
    expect(unknown).to_be_visible()
    expect(page.get_by_role("button", name="tt99999999999")).to_have_count(0)


def test_the_bookmarklet_brings_the_page_of_another_site(page: Page, context: BrowserContext) -> None:
    page.goto("/account")
    bookmark = page.get_by_role("link", name="Add to movietracker")
    bookmark.click()
    expect(page.get_by_text("Drag it to the bookmarks bar")).to_be_visible()
    address = page.get_by_label("Address of the bookmark").input_value()
    assert bookmark.get_attribute("href") == address
    html = "<!doctype html><meta charset=utf-8><title>The Third Man (1949) • Letterboxd</title>"
    context.route("https://letterboxd.com/**", lambda route: route.fulfill(content_type="text/html", body=html))
    elsewhere = context.new_page()
    elsewhere.goto("https://letterboxd.com/film/the-third-man/?a=1&b=ü")
    with context.expect_page() as opened:
        elsewhere.evaluate("(address) => { location.href = address; }", address)
    added = opened.value
    expect(added.get_by_role("button", name="The Third Man 1949")).to_be_visible()
    told = parse_qs(urlsplit(added.url).query)
    assert told == {
        "url": ["https://letterboxd.com/film/the-third-man/?a=1&b=%C3%BC"],
        "title": ["The Third Man (1949) • Letterboxd"],
    }
    assert elsewhere.url.startswith("https://letterboxd.com/")


def test_a_vote_for_what_is_in_the_library_is_added_and_can_be_undone(page: Page, user: User) -> None:
    user.api.call("POST", f"/api/movies/{CASABLANCA}/recommendations", {"person_name": "Alma"})
    user.api.call("POST", f"/api/movies/{CASABLANCA}/refresh")
    page.goto("/add?q=casablanca")
    page.get_by_role("button", name="Casablanca 1942").click()
    expect(page.get_by_text("Already from: Alma")).to_be_visible()
    for name in ("Alma", "Oscar Winner/Nominee"):
        page.get_by_role("button", name=name).click()
    page.get_by_label("Advises against it").check()
    page.get_by_role("button", name="Add", exact=True).click()
    expect(page.get_by_text("was in your library already. Noted what Alma, Oscar Winner/Nominee said.")).to_be_visible()
    eventually(lambda: votes(user), {"Alma": False, "Oscar Winner/Nominee": False})
    page.get_by_role("button", name="Undo").click()
    eventually(lambda: votes(user), {"Alma": True})


def test_without_a_network_a_name_is_noted_and_matched_later(page: Page, context: BrowserContext) -> None:
    page.goto("/add")
    expect(page.get_by_role("searchbox")).to_be_visible()
    context.set_offline(True)
    page.get_by_role("searchbox").fill("third man")
    expect(page.get_by_text("This needs a connection", exact=False)).to_be_visible()
    page.get_by_role("button", name="Note “third man” by its name alone").click()
    page.get_by_label("Name of a person").fill("Alma")
    page.get_by_role("button", name="Add “Alma”").click()
    page.get_by_role("button", name="Add", exact=True).click()
    expect(page.get_by_role("heading", name="1 title waits to be found")).to_be_visible()
    context.set_offline(False)
    page.get_by_role("link", name="Tonight").click()
    page.get_by_role("region", name="1 title waits to be found").get_by_role("link", name="Find").click()
    page.get_by_role("button", name="Find “third man”").click()
    page.get_by_role("button", name="The Third Man 1949").click()
    expect(page.get_by_text("“The Third Man” added.")).to_be_visible()
    expect(page.get_by_role("heading", name="1 title waits to be found")).to_have_count(0)
    page.get_by_role("button", name="Undo").click()
    expect(page.get_by_role("heading", name="1 title waits to be found")).to_be_visible()
    page.get_by_role("button", name="Find “third man”").click()
    page.get_by_role("button", name="The Third Man 1949").click()
    page.get_by_role("link", name="Open “The Third Man”").click()
    expect(page.get_by_role("link", name="Alma")).to_be_visible()
    expect(page.get_by_text("Carol Reed")).to_be_visible()
    expect(page.get_by_role("definition").filter(has_text="8.1").first).to_be_visible()


def test_what_two_tabs_note_is_in_both(page: Page, context: BrowserContext) -> None:
    tabs = (page, context.new_page())
    for tab in tabs:
        tab.goto("/add")
    for tab, title in zip(tabs, ("First note", "Second note"), strict=True):
        tab.get_by_role("searchbox").fill(title)
        tab.get_by_role("button", name=f"Note “{title}” by its name alone").click()
        tab.get_by_role("button", name="Add without a recommender").click()
    for tab in tabs:
        expect(tab.get_by_role("heading", name="2 titles wait to be found")).to_be_visible()
