"""Ranking by comparison, on the page."""

import pytest
from playwright.sync_api import BrowserContext, Locator, Page, expect

from .conftest import User, eventually
from .inspection import DESKTOP, PHONE, covered, show
from .recommended import imdb_id, recommend, watch


@pytest.fixture
def watched(page: Page, user: User) -> Page:
    """Films 1 to 4 were watched, the last first; 1 to 3 are ranked as liked, the first first."""
    for number in range(1, 5):
        recommend(user.api, number)
        watch(user.api, number)
    for number in range(1, 4):
        body = {"imdb_id": imdb_id(number), "position": number, "liked": True}
        assert user.api.call("POST", "/api/ranking/insert", body).status == 201
    page.goto("/rank")
    expect(page.get_by_role("region", name="What you liked").get_by_role("listitem")).to_have_count(3)
    expect(question(page)).to_have_text("Did you like “Film 4”?")
    return page


def question(page: Page) -> Locator:
    return page.get_by_role("region").get_by_role("heading").first


def ranking(user: User, *, liked: bool = True) -> list[str]:
    entries = user.api.call("GET", "/api/ranking").json
    return [entry["title"] for entry in entries if entry["liked"] is liked]


def prefer(page: Page, title: str) -> None:
    page.get_by_role("button", name=f"I enjoyed more: {title}").click()


def test_a_title_finds_its_place_by_comparisons(watched: Page, user: User) -> None:
    watched.get_by_role("button", name="Yes, I liked it").click()
    expect(question(watched)).to_have_text("Did you enjoy “Film 4” more than “Film 2”?")
    prefer(watched, "Film 4")
    expect(question(watched)).to_have_text("Did you enjoy “Film 4” more than “Film 1”?")
    prefer(watched, "Film 1")
    expect(watched.get_by_text("“Film 4” is number 2 of the 4 that you liked.")).to_be_visible()
    expect(watched.get_by_text("All that you watched is ranked.")).to_be_visible()
    eventually(lambda: ranking(user), ["Film 1", "Film 4", "Film 2", "Film 3"])


def test_a_heart_has_answered_whether_a_title_was_liked(watched: Page) -> None:
    watched.goto(f"/title/{imdb_id(4)}")
    watched.get_by_role("button", name="Like").click()
    watched.get_by_role("link", name="Rank", exact=True).click()
    expect(question(watched)).to_have_text("Did you enjoy “Film 4” more than “Film 2”?")
    watched.get_by_role("button", name="Back").click()
    expect(question(watched)).to_have_text("Did you like “Film 4”?")


def test_the_first_of_a_group_needs_no_comparison(watched: Page, user: User) -> None:
    watched.get_by_role("button", name="No, not really").click()
    expect(watched.get_by_text("“Film 4” is the first one that you did not like.")).to_be_visible()
    eventually(lambda: ranking(user, liked=False), ["Film 4"])


def test_an_answer_can_be_taken_back(watched: Page) -> None:
    watched.get_by_role("button", name="Yes, I liked it").click()
    prefer(watched, "Film 4")
    watched.get_by_role("button", name="Back").click()
    expect(question(watched)).to_have_text("Did you enjoy “Film 4” more than “Film 2”?")
    watched.get_by_role("button", name="Back").click()
    expect(question(watched)).to_have_text("Did you like “Film 4”?")


def test_who_cannot_say_is_asked_about_another(watched: Page, user: User) -> None:
    watched.get_by_role("button", name="Yes, I liked it").click()
    asked = []
    for _ in range(3):
        asked.append(question(watched).inner_text().split("“")[-1])
        watched.get_by_role("button", name="I cannot say").click()
    expect(watched.get_by_text("that you liked.")).to_be_visible()
    assert len(set(asked)) == 3
    eventually(lambda: len(ranking(user)), 4)


def test_what_is_told_of_one_title_covers_nothing_of_the_next(watched: Page) -> None:
    watched.get_by_role("button", name="No, not really").click()
    watched.get_by_role("link", name="Rank “Film 1” again").click()
    watched.get_by_role("button", name="Yes, I liked it").click()
    expect(watched.get_by_role("button", name="Back")).to_be_visible()
    for size in (PHONE, (1200, 800), DESKTOP):
        show(watched, size)
        expect(watched.get_by_role("button", name="Undo")).to_be_visible()
        assert covered(watched, "nav, [aria-labelledby=question]") == []


def test_the_whole_of_it_can_be_undone(watched: Page, user: User) -> None:
    watched.get_by_role("button", name="No, not really").click()
    watched.get_by_role("button", name="Undo").click()
    expect(question(watched)).to_have_text("Did you like “Film 4”?")
    eventually(lambda: ranking(user, liked=False), [])


def test_it_works_by_keyboard(watched: Page, user: User) -> None:
    watched.keyboard.press("ArrowLeft")
    expect(question(watched)).to_have_text("Did you enjoy “Film 4” more than “Film 2”?")
    expect(question(watched)).to_be_focused()
    watched.keyboard.press("ArrowRight")
    expect(question(watched)).to_have_text("Did you enjoy “Film 4” more than “Film 3”?")
    watched.keyboard.press("ArrowRight")
    expect(watched.get_by_text("“Film 4” is number 4 of the 4 that you liked.")).to_be_visible()


def test_a_title_is_ranked_again_and_taken_out(watched: Page, user: User) -> None:
    watched.get_by_role("link", name="Rank “Film 1” again").click()
    expect(question(watched)).to_have_text("Did you like “Film 1”?")
    watched.get_by_role("button", name="No, not really").click()
    expect(watched.get_by_role("region", name="What you did not")).to_contain_text("Film 1")
    eventually(lambda: (ranking(user), ranking(user, liked=False)), (["Film 2", "Film 3"], ["Film 1"]))
    watched.get_by_role("button", name="Take “Film 2” out of the ranking").click()
    expect(watched.get_by_role("link", name="Film 2", exact=True)).to_be_hidden()
    eventually(lambda: ranking(user), ["Film 3"])
    watched.get_by_role("button", name="Undo").click()
    expect(watched.get_by_role("link", name="Film 2", exact=True)).to_be_visible()
    eventually(lambda: ranking(user), ["Film 2", "Film 3"])


def test_what_is_for_later_waits(watched: Page) -> None:
    watched.get_by_role("button", name="Later").click()
    expect(watched.get_by_text("1 title waits for later.")).to_be_visible()
    watched.get_by_role("button", name="Rank them now").click()
    expect(question(watched)).to_have_text("Did you like “Film 4”?")


def test_offline_it_works_as_well(watched: Page, user: User, context: BrowserContext) -> None:
    context.set_offline(True)
    watched.get_by_role("button", name="No, not really").click()
    expect(watched.get_by_role("region", name="What you did not")).to_contain_text("Film 4")
    context.set_offline(False)
    eventually(lambda: ranking(user, liked=False), ["Film 4"])


def test_with_nothing_watched_it_says_what_comes_here(page: Page) -> None:
    page.goto("/rank")
    expect(page.get_by_text("Nothing to rank yet.")).to_be_visible()
