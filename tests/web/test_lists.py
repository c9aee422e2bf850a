"""Lists: making, ordering and deleting them, and what is on one."""

from playwright.sync_api import Page, expect

from .conftest import User
from .library import add_titles


def test_lists_are_made_and_put_in_order(page: Page) -> None:
    page.get_by_role("link", name="Lists").click()
    expect(page.get_by_text("You have no lists yet.", exact=False)).to_be_visible()
    for name in ("Noir", "Rainy Sundays"):
        page.get_by_role("button", name="New list").click()
        page.get_by_label("Name").fill(name)
        page.get_by_label("Indigo").check()
        page.get_by_role("radio", name="Umbrella", exact=True).check()
        page.get_by_role("button", name="Make the list").click()
    names = page.get_by_role("main").get_by_role("listitem")
    page.get_by_role("button", name="New list").click()
    page.get_by_label("Name").fill("NOIR")
    expect(page.get_by_text("You already have a list named “Noir”.")).to_be_visible()
    page.get_by_label("Name").fill("  ")
    page.get_by_role("button", name="Make the list").click()
    assert page.get_by_label("Name").evaluate("field => field.validationMessage") == "A list needs a name."
    page.get_by_role("button", name="Cancel").click()
    expect(names).to_contain_text(["Noir", "Rainy Sundays"])
    page.get_by_role("button", name="Move “Rainy Sundays” up").click()
    expect(names).to_contain_text(["Rainy Sundays", "Noir"])
    expect(page.get_by_role("button", name="Move “Rainy Sundays” down")).to_be_focused()
    page.keyboard.press("u")
    expect(names).to_contain_text(["Noir", "Rainy Sundays"])


def test_a_list_shows_its_titles_and_deleting_it_is_undone(page: Page, user: User) -> None:
    add_titles(user)
    made = user.api.call("POST", "/api/lists", {"name": "Noir"}).json
    status = {"status": "custom", "custom_list_id": made["id"]}
    user.api.call("PUT", "/api/movies/tt0041959/status", status)
    page.get_by_role("link", name="Lists").click()
    page.get_by_role("link", name="Noir").click()
    expect(page.get_by_role("link", name="The Third Man")).to_be_visible()
    page.get_by_role("button", name="Edit").click()
    page.get_by_label("Name").fill("Film noir")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_role("heading", name="Film noir")).to_be_visible()
    page.get_by_role("button", name="Delete list").click()
    expect(page.get_by_text("You have no lists yet.", exact=False)).to_be_visible()
    page.keyboard.press("u")
    expect(page.get_by_role("link", name="Film noir")).to_contain_text("1 title")
