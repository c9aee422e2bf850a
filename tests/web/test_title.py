"""The page of a title: what people said of it, and what the user makes of it."""

from operator import itemgetter

import pytest
from playwright.sync_api import BrowserContext, Locator, Page, expect

from .conftest import User, eventually
from .library import CASABLANCA, METROPOLIS, RASHOMON, add_titles
from .recommended import imdb_id, two_advisers


@pytest.fixture
def title(page: Page, user: User) -> Page:
    """The page of Casablanca, which Alma recommended."""
    add_titles(user)
    page.get_by_role("link", name="Casablanca").click()
    expect(page.get_by_role("heading", name="Casablanca 1942")).to_be_visible()
    return page


def card(page: Page, name: str) -> Locator:
    return page.get_by_role("region", name=name)


def test_it_tells_who_recommended_it_and_the_facts(title: Page) -> None:
    expect(card(title, "Who told me")).to_contain_text("1 person recommends it")
    expect(card(title, "Who told me").get_by_role("link", name="Alma")).to_have_attribute("href", "/people/Alma")
    expect(title.get_by_text("102 min", exact=False)).to_be_visible()


def test_several_people_advise_against_it_and_one_changes_their_mind(title: Page) -> None:
    votes = card(title, "Who told me")
    votes.get_by_role("button", name="Add a recommendation").click()
    votes.get_by_role("button", name="Bruno").click()
    votes.get_by_label("Name of a person").fill("ALMA")
    votes.get_by_label("Name of a person").press("Enter")
    expect(votes.get_by_text("Alma has already told you about this title.")).to_be_visible()
    expect(votes.get_by_role("button", name="Add “ALMA”")).to_have_count(0)
    votes.get_by_label("Name of a person").fill("Dóra")
    votes.get_by_role("button", name="Add “Dóra”").click()
    votes.get_by_label("Advises against it").check()
    votes.get_by_label("What they said").fill("too sad")
    votes.get_by_role("button", name="Save").click()
    expect(votes).to_contain_text("2 people advise against it")
    votes.get_by_role("button", name="Edit what Bruno said").click()
    votes.get_by_label("Recommends it").check()
    votes.get_by_role("button", name="Save").click()
    expect(votes).to_contain_text("2 people recommend it")
    expect(votes.get_by_role("button", name="Add a recommendation")).to_be_focused()
    votes.get_by_role("button", name="Remove what Dóra said").click()
    expect(votes.get_by_text("too sad")).to_have_count(1)
    title.get_by_role("button", name="Undo").click()
    expect(votes.get_by_role("link", name="Dóra")).to_be_visible()


def test_what_somebody_said_is_typed_on_while_another_device_renames_them(title: Page, user: User) -> None:
    votes = card(title, "Who told me")
    votes.get_by_role("button", name="Edit what Alma said").click()
    votes.get_by_label("What they said").fill("see")
    assert user.api.call("PUT", "/api/people/Alma", {"name": "Almut"}).status == 200
    expect(votes.get_by_role("link", name="Almut")).to_be_visible()
    title.keyboard.type(" it")
    votes.get_by_role("button", name="Save").click()
    expect(votes.get_by_role("button", name="Add a recommendation")).to_be_focused()
    told = itemgetter("person_name", "note")
    eventually(
        lambda: [told(each) for each in user.api.call("GET", f"/api/movies/{CASABLANCA}").json["recommendations"]],
        [("Almut", "see it")],
    )


def test_a_viewing_is_noted_as_far_as_its_date_is_known(title: Page) -> None:
    viewings = card(title, "When I watched it")
    viewings.get_by_role("button", name="Add a viewing").click()
    viewings.get_by_label("Day", exact=True).fill("0025-03-04")  # as 03/04/25 is read
    viewings.get_by_role("button", name="Save").click()
    assert viewings.get_by_label("Day", exact=True).evaluate("field => field.validity.rangeUnderflow")
    viewings.get_by_label("Day", exact=True).fill("2999-12-31")
    viewings.get_by_label("What I know of the date").select_option("The year")
    expect(viewings.get_by_role("spinbutton", name="Year")).to_have_js_property("validity.valid", True)
    viewings.get_by_label("What I know of the date").select_option("The day")
    viewings.get_by_label("Day", exact=True).fill("2025-03-04")
    viewings.get_by_label("What I know of the date").select_option("The month")
    viewings.get_by_role("combobox", name="Month").select_option("July")
    viewings.get_by_role("spinbutton", name="Year").fill("1998")
    viewings.get_by_role("slider").press("End")
    viewings.get_by_label("Note").fill("open-air cinema")
    viewings.get_by_role("button", name="Save").click()
    expect(viewings).to_contain_text("July 1998")
    expect(viewings).to_contain_text("10 of 10")
    expect(title.get_by_label("Where it stands")).to_have_value("watched")
    viewings.get_by_role("button", name="Edit the viewing: July 1998").click()
    viewings.get_by_label("What I know of the date").select_option("The year")
    viewings.get_by_role("spinbutton", name="Year").press("Enter")
    expect(viewings.get_by_text("1998", exact=True)).to_be_visible()
    expect(viewings).to_contain_text("10 of 10")
    viewings.get_by_role("button", name="Remove the viewing: 1998").click()
    expect(viewings.get_by_role("listitem")).to_have_count(0)
    title.keyboard.press("u")
    expect(viewings.get_by_text("1998", exact=True)).to_be_visible()


def test_one_tap_each_says_watched_and_liked_and_rated(title: Page, user: User) -> None:
    title.get_by_role("button", name="Watched today").click()
    expect(title.get_by_role("button", name="Watched today", disabled=True)).to_be_focused()
    title.get_by_role("button", name="Like").click()
    expect(title.get_by_role("button", name="Like")).to_have_attribute("aria-pressed", "true")
    stars = title.get_by_role("slider", name="My rating")
    box = stars.bounding_box()
    assert box is not None
    title.mouse.click(box["x"] + 0.795 * box["width"], box["y"] + box["height"] / 2)
    expect(stars).to_have_attribute("aria-valuetext", "8 of 10")
    kept = itemgetter("status", "liked", "my_rating")
    eventually(lambda: kept(user.api.call("GET", f"/api/movies/{CASABLANCA}").json), ("watched", True, 8))


# Both before the rating is kept, which waits for further steps.
RATE_AND_LIKE = """() => {
    const slider = document.getElementById("my-rating");
    slider.value = "10";
    slider.dispatchEvent(new Event("input", { bubbles: true }));
    document.querySelector("button.like").click();
}"""


def test_a_rating_that_is_being_chosen_outlives_another_change_of_the_title(title: Page, user: User) -> None:
    expect(title.get_by_role("slider", name="My rating")).to_be_visible()
    title.evaluate(RATE_AND_LIKE)

    def said() -> tuple[float | None, bool]:
        movie = user.api.call("GET", f"/api/movies/{CASABLANCA}").json
        return movie["my_rating"], movie["liked"]

    eventually(said, (10, True))


def add_tag(title: Page, tag: str) -> None:
    title.get_by_label("Add a tag").fill(tag)
    title.get_by_label("Add a tag").press("Enter")


def test_tags_are_added_once_and_removed(title: Page) -> None:
    add_tag(title, "rainy day")
    expect(title.get_by_role("link", name="#rainy day")).to_be_visible()
    add_tag(title, "Rainy Day")
    expect(title.get_by_text("The title has the tag “Rainy Day” already.")).to_be_visible()
    title.get_by_role("button", name="Remove the tag “rainy day”").click()
    expect(title.get_by_role("link", name="#rainy day")).to_have_count(0)


def test_a_tag_is_as_long_as_the_server_takes_it(title: Page) -> None:
    title.get_by_label("Add a tag").press_sequentially("t" * 65)
    expect(title.get_by_label("Add a tag")).to_have_value("t" * 64)


def test_without_a_network_everything_but_the_servers_work_is_done(title: Page, context: BrowserContext) -> None:
    context.set_offline(True)
    title.get_by_role("button", name="Watched today").click()
    expect(title.get_by_role("button", name="Watched today", disabled=True)).to_be_visible()
    title.get_by_role("button", name="Refresh details").click()
    expect(title.get_by_role("alert")).to_contain_text("needs a connection")
    context.set_offline(False)
    title.get_by_role("button", name="Refresh details").click()
    expect(title.get_by_text("The details of “Casablanca” are up to date.")).to_be_visible()


def test_deleting_for_good_asks_first(title: Page, user: User) -> None:
    title.get_by_role("button", name="Delete for good").click()
    dialog = title.get_by_role("dialog", name="Delete “Casablanca” for good?")
    expect(dialog.get_by_role("button", name="Cancel")).to_be_focused()
    dialog.get_by_role("button", name="Delete", exact=True).click()
    expect(title.get_by_text("“Casablanca” is deleted.")).to_be_visible()
    expect(title.get_by_text("11 titles")).to_be_visible()
    assert user.api.call("GET", f"/api/movies/{CASABLANCA}").status == 404


def test_a_removed_title_can_be_put_back(title: Page) -> None:
    title.get_by_label("Where it stands").select_option("Removed")
    title.get_by_role("button", name="Put it back").click()
    expect(title.get_by_label("Where it stands")).to_have_value("toWatch")


def test_it_says_how_well_it_matches_and_why_until_it_is_watched(page: Page, user: User) -> None:
    two_advisers(user.api)
    page.goto(f"/title/{imdb_id(22)}")
    chances = card(page, "How well it matches")
    expect(chances.get_by_role("img", name="% match")).to_be_visible()
    expect(chances).to_contain_text("Mum recommends it: you liked 4 of 4 before")
    page.get_by_role("button", name="Watched today").click()
    expect(chances).to_have_count(0)


def test_offline_the_match_is_the_last_one_that_was_told(page: Page, user: User, context: BrowserContext) -> None:
    two_advisers(user.api)
    page.goto(f"/title/{imdb_id(22)}")
    chances = card(page, "How well it matches")
    expect(chances.get_by_role("img", name="% match")).to_be_visible()
    page.goto("/tonight")
    expect(page.get_by_role("article")).to_have_count(2)
    context.set_offline(True)
    for name in ("Film 22", "Film 21"):
        page.get_by_role("link", name=name).click()
        expect(chances.get_by_text("You are offline. This is as of")).to_be_visible()
        expect(chances.get_by_role("img", name="% match")).to_be_visible()
        chances.get_by_role("link", name="Everything for tonight").click()


def test_it_tells_its_place_in_the_ranking_and_the_list_it_is_on(title: Page, user: User) -> None:
    for place, ranked in enumerate((METROPOLIS, CASABLANCA, RASHOMON), start=1):
        user.api.call("PUT", f"/api/movies/{ranked}/watch", {"my_rating": None})
        user.api.call("POST", "/api/ranking/insert", {"imdb_id": ranked, "position": place, "liked": True})
    expect(title.get_by_text("Number 2 of 3 that you liked")).to_be_visible()
    title.get_by_role("link", name="Ranking").click()
    expect(title.get_by_role("heading", name="Rank", exact=True)).to_be_visible()
    rainy = user.api.call("POST", "/api/lists", {"name": "Rainy days"}).json["id"]
    body = {"status": "custom", "custom_list_id": rainy}
    user.api.call("PUT", f"/api/movies/{CASABLANCA}/status", body)
    title.go_back()
    title.get_by_role("link", name="Rainy days").click()
    expect(title.get_by_role("heading", name="Rainy days")).to_be_visible()


def test_nothing_moves_under_the_pointer_when_changes_wait(title: Page, context: BrowserContext) -> None:
    acted_on = (title.get_by_role("button", name="Like"), title.get_by_role("heading", name="When I watched it"))
    context.set_offline(True)
    expect(title.get_by_text("Offline", exact=True)).to_be_visible()
    before = [each.bounding_box() for each in acted_on]
    title.get_by_role("slider", name="My rating").press("End")
    expect(title.get_by_text("1 change to it waits to be sent.")).to_be_visible()
    assert [each.bounding_box() for each in acted_on] == before


def test_it_tells_what_waits_to_be_sent_and_what_the_server_did_not_do(
    title: Page, user: User, context: BrowserContext
) -> None:
    context.set_offline(True)
    title.get_by_role("slider", name="My rating").press("End")
    expect(title.get_by_text("1 change to it waits to be sent.")).to_be_visible()
    user.api.call("PUT", f"/api/movies/{CASABLANCA}/rating", {"my_rating": 3})
    context.set_offline(False)
    title.get_by_role("link", name="See what").click()
    expect(title.get_by_role("heading", name="The server has not done everything")).to_be_focused()
    title.get_by_role("button", name="Use mine").click()
    expect(title.get_by_role("link", name="See what")).to_have_count(0)
    eventually(lambda: user.api.call("GET", f"/api/movies/{CASABLANCA}").json["my_rating"], 10)
