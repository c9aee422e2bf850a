"""People and what their word is worth, on the page."""

from urllib.parse import quote

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from .conftest import User, eventually, log_in
from .recommended import movie, recommend, two_advisers


def names(user: User) -> set[str]:
    return {person["name"] for person in user.api.call("GET", "/api/people").json if not person["quick_key"]}


def votes(user: User, number: int) -> list[tuple[str, bool]]:
    return [(vote["person_name"], vote["vote_type"]) for vote in movie(user.api, number)["recommendations"]]


def test_people_are_listed_with_what_their_word_is_worth(page: Page, user: User) -> None:
    two_advisers(user.api)
    page.goto("/people")
    mum = page.get_by_role("listitem").filter(has=page.get_by_role("link", name="Mum"))
    expect(mum).to_contain_text("Liked 4 of 4 that you watched and rated")
    expect(mum).to_contain_text("1 to watch")
    expect(mum.get_by_role("img", name="probably")).to_be_visible()
    expect(page.get_by_role("listitem").first).to_contain_text("Mum")
    page.get_by_label("Order").select_option("By name")
    expect(page.get_by_role("listitem").first).to_contain_text("Dad")
    expect(page.get_by_role("heading", name="Quick recommenders")).to_be_visible()


def test_without_people_the_page_says_how_they_come(page: Page) -> None:
    page.goto("/people")
    expect(page.get_by_text("Nobody has recommended anything yet.")).to_be_visible()


def test_a_person_is_added(page: Page, user: User) -> None:
    page.goto("/people")
    page.get_by_label("New person").fill("  ")
    page.get_by_role("button", name="Add", exact=True).click()
    assert page.get_by_label("New person").evaluate("field => field.validationMessage") == "A person needs a name."
    page.get_by_label("New person").fill("Aunt May")
    page.get_by_role("button", name="Add", exact=True).click()
    expect(page.get_by_role("heading", name="Aunt May")).to_be_visible()
    eventually(lambda: names(user), {"Aunt May"})


def test_a_name_that_is_taken_is_refused(page: Page, user: User) -> None:
    recommend(user.api, 1, "Zoë")
    page.goto("/people")
    page.get_by_role("link", name="Zoë").first.wait_for()
    page.get_by_label("New person").fill("zoe")
    page.get_by_role("button", name="Add", exact=True).click()
    expect(page.get_by_role("alert")).to_have_text("There is already somebody named Zoë.")


def test_a_persons_page_tells_their_record_and_titles(page: Page, user: User) -> None:
    two_advisers(user.api)
    recommend(user.api, 2, "Mum", upvote=False)
    page.goto("/people/Mum")
    expect(page.get_by_text("You liked 4 of the 4 that you watched and rated.")).to_be_visible()
    expect(page.get_by_text("Their warnings were right on 1 of 1.")).to_be_visible()
    expect(page.get_by_role("region", name="Still to watch")).to_contain_text("Film 22")
    expect(page.get_by_role("region", name="Watched").get_by_text("Liked")).to_have_count(4)
    expect(page.get_by_role("region", name="Warned of")).to_contain_text("Film 2")


@pytest.mark.parametrize("name", ["Oscar Winner/Nominee", "50% & more? #1", "日本の友"])
def test_a_name_may_hold_any_character(page: Page, user: User, name: str) -> None:
    recommend(user.api, 1, name)
    page.goto("/people")
    page.get_by_role("link", name=name).click()
    expect(page.get_by_role("heading", name=name)).to_be_visible()
    page.reload()
    expect(page.get_by_role("heading", name=name)).to_be_visible()
    assert page.url.endswith(quote(name, safe=""))


def test_a_person_gets_another_name_color_and_emoji(page: Page, user: User) -> None:
    recommend(user.api, 1, "Mum")
    page.goto("/people/Mum")
    page.get_by_role("button", name="Edit").click()
    page.get_by_role("textbox", name="Name").fill("Mother")
    page.get_by_label("Purple").check(force=True)
    page.get_by_role("button", name="🦉").click()
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_role("heading", name="Mother")).to_be_visible()
    eventually(lambda: names(user), {"Mother"})
    mother = user.api.call("GET", "/api/people/Mother").json
    assert (mother["color"], mother["emoji"], mother["movie_count"]) == ("#bf5af2", "🦉", 1)
    page.get_by_role("button", name="Undo").click()
    expect(page.get_by_role("heading", name="Mum")).to_be_visible()
    eventually(lambda: names(user), {"Mum"})


def test_renaming_a_person_who_is_not_sent_yet_is_undone(page: Page, user: User, context: BrowserContext) -> None:
    recommend(user.api, 1, "Dad")
    page.goto("/people")
    page.get_by_role("link", name="Dad").click()
    page.get_by_role("button", name="Edit").wait_for()
    context.set_offline(True)
    page.get_by_role("link", name="← People").click()
    page.get_by_label("New person").fill("Mum")
    page.get_by_label("New person").press("Enter")
    page.get_by_role("button", name="Edit").click()
    page.get_by_role("textbox", name="Name").fill("Mother")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_role("heading", name="Mother")).to_be_visible()
    page.get_by_role("button", name="Undo").click()
    expect(page.get_by_role("heading", name="Mum")).to_be_visible()


def test_trust_is_the_users_own_mark(page: Page, user: User) -> None:
    recommend(user.api, 1, "Mum")
    page.goto("/people/Mum")
    trusted = page.get_by_role("button", name="Trusted")
    expect(trusted).to_have_attribute("aria-pressed", "false")
    trusted.click()
    expect(trusted).to_have_attribute("aria-pressed", "true")
    eventually(lambda: user.api.call("GET", "/api/people/Mum").json["is_trusted"], True)


def test_two_names_of_a_person_are_merged_after_a_preview(page: Page, user: User) -> None:
    for number, name in ((1, "Mum"), (2, "Mum"), (2, "Mom")):
        recommend(user.api, number, name)
    page.goto("/people/Mom")
    page.get_by_role("button", name="Merge").click()
    page.get_by_label("Who stays").select_option("Mum")
    expect(page.get_by_role("dialog")).to_contain_text("1 recommendation moves to Mum.")
    expect(page.get_by_role("dialog")).to_contain_text("On 1 title both have said something")
    page.get_by_role("button", name="Merge", exact=True).click()
    expect(page.get_by_role("heading", name="Mum")).to_be_visible()
    eventually(lambda: names(user), {"Mum"})


def test_a_deleted_person_comes_back_with_their_word_by_undo(page: Page, user: User) -> None:
    recommend(user.api, 1, "Mum")
    recommend(user.api, 2, "Mum", upvote=False)
    page.goto("/people/Mum")
    page.get_by_role("button", name="Delete").click()
    expect(page.get_by_role("dialog")).to_contain_text("2 recommendations go, too")
    page.get_by_role("button", name="Delete", exact=True).click()
    expect(page.get_by_role("heading", name="People")).to_be_visible()
    expect(page.get_by_role("link", name="Mum")).to_be_hidden()
    eventually(lambda: names(user), set())
    page.get_by_role("button", name="Undo").click()
    expect(page.get_by_role("link", name="Mum")).to_be_visible()
    eventually(lambda: [votes(user, number) for number in (1, 2)], [[("Mum", True)], [("Mum", False)]])


def test_a_deletion_is_undone_offline_as_well(page: Page, user: User, context: BrowserContext) -> None:
    recommend(user.api, 1, "Mum")
    page.goto("/people")
    page.get_by_role("link", name="Mum").click()
    page.get_by_role("button", name="Delete").wait_for()
    context.set_offline(True)
    page.get_by_role("button", name="Delete").click()
    page.get_by_role("button", name="Delete", exact=True).click()
    expect(page.get_by_role("heading", name="People")).to_be_visible()
    page.get_by_role("button", name="Undo").click()
    expect(page.get_by_role("link", name="Mum")).to_be_visible()
    context.set_offline(False)
    expect(page.get_by_text("Undone: Mum is deleted")).to_be_visible()
    eventually(lambda: (votes(user, 1), names(user)), ([("Mum", True)], {"Mum"}))


def test_offline_the_library_tells_without_scores(user: User, context: BrowserContext) -> None:
    two_advisers(user.api)
    page = context.new_page()
    page.route("**/api/trust", lambda route: route.abort())  # before it is asked for ahead
    log_in(page, user)
    page.goto("/people/Mum")
    page.get_by_role("link", name="← People").click()
    expect(page.get_by_role("link", name="Mum")).to_be_visible()
    context.set_offline(True)
    expect(page.get_by_text("Scores need a connection.")).to_be_visible()
    page.get_by_role("link", name="Mum").click()
    expect(page.get_by_text("You liked 4 of the 4 that you watched and rated.")).to_be_visible()
    expect(page.get_by_role("region", name="Still to watch")).to_contain_text("Film 22")
