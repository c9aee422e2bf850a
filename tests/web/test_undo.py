"""Undoing: everything that was done comes back as it was, and nothing of an account that has left."""

from typing import Any

import pytest
from playwright.sync_api import BrowserContext, Page, expect
from support.client import PASSWORD

from .conftest import User, eventually, log_in
from .library import CASABLANCA, add_titles
from .recommended import imdb_id, movie, recommend, watch


def names(user: User) -> set[str]:
    return {person["name"] for person in user.api.call("GET", "/api/people").json if not person["quick_key"]}


def votes(user: User, number: int) -> set[tuple[Any, ...]]:
    found = movie(user.api, number)["recommendations"]
    return {(vote["person_name"], vote["vote_type"], vote["note"], vote["date_recommended"]) for vote in found}


def ranking(user: User) -> list[str]:
    return [entry["title"] for entry in user.api.call("GET", "/api/ranking").json]


@pytest.fixture
def ranked(page: Page, user: User) -> Page:
    """The library, with Film 1 to 3 in the ranking, the first first."""
    for number in range(1, 4):
        recommend(user.api, number)
        watch(user.api, number)
        user.api.call("POST", "/api/ranking/insert", {"imdb_id": imdb_id(number), "position": number, "liked": True})
    expect(page.get_by_text("3 titles", exact=True)).to_be_visible()
    return page


def test_titles_come_back_into_their_places_of_the_ranking(ranked: Page, user: User) -> None:
    before = user.api.call("GET", "/api/movies").json
    ranked.get_by_role("button", name="Select", exact=True).click()
    for number in (2, 1):
        ranked.get_by_role("checkbox", name=f"Select “Film {number}”").check()
    ranked.get_by_role("button", name="Remove", exact=True).click()
    eventually(lambda: ranking(user), ["Film 3"])
    ranked.keyboard.press("u")
    eventually(lambda: ranking(user), ["Film 1", "Film 2", "Film 3"])
    after = user.api.call("GET", "/api/movies").json
    assert [each["viewings"] for each in after] == [each["viewings"] for each in before]


@pytest.mark.parametrize("is_online", [True, False], ids=["online", "offline"])
def test_people_who_were_merged_are_parted_again(
    page: Page, user: User, context: BrowserContext, is_online: bool
) -> None:
    for number, name in ((1, "Mum"), (2, "Mum"), (2, "Mom"), (3, "Mom")):
        recommend(user.api, number, name, upvote=number != 3)
    said = {"person_name": "Mom", "note": "see it", "vote_type": True}
    user.api.call("POST", f"/api/movies/{imdb_id(2)}/recommendations", said)
    user.api.call("PUT", "/api/people/Mom", {"emoji": "🦉", "is_trusted": True})
    before = [votes(user, number) for number in (1, 2, 3)]
    page.goto("/people/Mom")
    page.get_by_role("button", name="Merge").click()
    page.get_by_label("Who stays").select_option("Mum")
    context.set_offline(not is_online)
    page.get_by_role("button", name="Merge", exact=True).click()
    expect(page.get_by_role("heading", name="Mum")).to_be_visible()
    if is_online:
        eventually(lambda: names(user), {"Mum"})
    page.get_by_role("button", name="Undo").click()
    if not is_online:
        expect(page.get_by_text("changes waiting")).to_be_visible()
        context.set_offline(False)
        expect(page.get_by_text("changes waiting")).to_be_hidden()
    eventually(lambda: names(user), {"Mum", "Mom"})
    eventually(lambda: [votes(user, number) for number in (1, 2, 3)], before)
    mom = user.api.call("GET", "/api/people/Mom").json
    assert (mom["emoji"], mom["is_trusted"]) == ("🦉", True)


def test_a_person_who_was_made_for_a_vote_goes_with_it_also_after_a_reload(page: Page, user: User) -> None:
    add_titles(user, 7)
    page.goto(f"/title/{CASABLANCA}")
    page.get_by_role("button", name="Add a recommendation").click()
    for name in ("Dóra", "Alma Two"):
        page.get_by_label("Name of a person").fill(name)
        page.get_by_label("Name of a person").press("Enter")
    page.get_by_role("button", name="Save").click()
    eventually(lambda: {"Dóra", "Alma Two"} <= names(user), True)
    recommend(user.api, 1, "Alma Two")
    page.get_by_role("button", name="Sync now").click()
    page.get_by_role("link", name="Library", exact=True).click()
    expect(page.get_by_role("link", name="Film 1")).to_be_visible()
    page.reload()
    expect(page.get_by_role("link", name="Film 1")).to_be_visible()
    page.keyboard.press("u")
    eventually(lambda: names(user), {"Alma", "Bruno", "Čarli", "Alma Two"})
    assert len(user.api.call("GET", f"/api/movies/{CASABLANCA}").json["recommendations"]) == 1


def test_a_title_that_is_noted_by_name_comes_back(page: Page, context: BrowserContext) -> None:
    page.goto("/add")
    expect(page.get_by_role("searchbox")).to_be_visible()
    context.set_offline(True)
    page.get_by_role("searchbox").fill("third man")
    page.get_by_role("button", name="Note “third man” by its name alone").click()
    page.get_by_role("button", name="Add without a recommender").click()
    page.get_by_role("button", name="Forget “third man”").click()
    expect(page.get_by_role("button", name="Find “third man”")).to_be_hidden()
    page.get_by_role("button", name="Undo").click()
    expect(page.get_by_role("button", name="Find “third man”")).to_be_visible()


def test_what_is_noted_is_not_lost_by_logging_out_without_a_question(page: Page, user: User) -> None:
    page.goto("/add")
    page.get_by_role("searchbox").fill("nothing of that name")
    page.get_by_role("button", name="Note “nothing of that name” by its name alone").click()
    page.get_by_role("button", name="Add without a recommender").click()
    page.goto("/account")
    page.get_by_role("button", name="Log out", exact=True).click()
    expect(page.get_by_role("dialog")).to_contain_text("1 change is not sent yet")
    page.get_by_role("button", name="Log out anyway").click()
    expect(page.get_by_label("Email")).to_be_visible()
    assert page.evaluate("localStorage.getItem('drafts')") is None
    log_in(page, user)
    page.goto("/add")
    expect(page.get_by_role("searchbox")).to_be_visible()
    expect(page.get_by_role("heading", name="1 title waits to be found")).to_have_count(0)


def test_another_account_undoes_nothing_of_the_one_before(page: Page, user: User) -> None:
    add_titles(user, 7)
    page.get_by_role("link", name="Casablanca").focus()
    page.keyboard.press("w")
    eventually(lambda: user.api.call("GET", f"/api/movies/{CASABLANCA}").json["status"], "watched")
    expect(page.get_by_role("banner").get_by_text("Synced", exact=True)).to_be_visible()
    page.get_by_role("link", name="Account").click()
    page.get_by_role("button", name="Log out", exact=True).click()
    page.get_by_label("Email").fill(user.email)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Log in").click()
    expect(page.get_by_role("heading", name="Account")).to_be_visible()
    page.reload()
    expect(page.get_by_role("heading", name="Account")).to_be_visible()
    page.keyboard.press("u")
    expect(page.get_by_text("There is nothing to undo.")).to_be_visible()


@pytest.fixture
def conflict(page: Page, user: User, context: BrowserContext) -> Page:
    """The same viewing was changed on two devices while this one was offline."""
    viewing = {"watched_on": "2020-05-01", "rating": 5, "note": "at home"}
    add_titles(user, 7)
    made = user.api.call("POST", f"/api/movies/{CASABLANCA}/viewings", viewing)
    assert made.status == 201, made.body
    page.goto(f"/title/{CASABLANCA}")
    viewings = page.get_by_role("region", name="When I watched it")
    expect(viewings).to_contain_text("May 1, 2020")
    context.set_offline(True)
    viewings.get_by_role("button", name="Edit the viewing").click()
    viewings.get_by_label("What I know of the date").select_option("The year")
    viewings.get_by_label("Note").fill("at the cinema")
    viewings.get_by_role("button", name="Save").click()
    path = f"/api/movies/{CASABLANCA}/viewings/{made.json['id']}"
    assert user.api.call("PUT", path, {"note": "at Bruno's", "watched_on": "2021"}).status == 200
    context.set_offline(False)
    expect(page.get_by_role("region", name="The server has not done everything")).to_be_visible()
    return page


def noted(user: User) -> tuple[str, str]:
    (viewing,) = user.api.call("GET", f"/api/movies/{CASABLANCA}").json["viewings"]
    return viewing["watched_on"], viewing["note"]


def test_two_devices_changed_a_viewing_and_each_field_is_shown(conflict: Page, user: User) -> None:
    report = conflict.get_by_role("region", name="The server has not done everything")
    expect(report.get_by_role("row")).to_have_text(
        ["What\tYours\tOn the server", "Watched on\t2020\t2021", "Note\tat the cinema\tat Bruno's"], use_inner_text=True
    )
    report.get_by_role("button", name="Use mine").click()
    eventually(lambda: noted(user), ("2020", "at the cinema"))
    conflict.get_by_role("button", name="Undo").click()
    eventually(lambda: noted(user), ("2021", "at Bruno's"))


def test_the_choice_for_the_server_is_undone_as_well(conflict: Page, user: User) -> None:
    conflict.get_by_role("button", name="Keep the server’s").click()
    expect(conflict.get_by_role("region", name="The server has not done everything")).to_be_hidden()
    assert noted(user) == ("2021", "at Bruno's")
    conflict.get_by_role("button", name="Undo").click()
    eventually(lambda: noted(user), ("2020", "at the cinema"))
