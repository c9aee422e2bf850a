"""The account on the page: password, backups, moving out, logging out; accounts for the administrator."""

import json
import uuid
import zipfile
from pathlib import Path

import pytest
from playwright.sync_api import BrowserContext, Page, expect
from support.client import ADMIN_TOKEN, PASSWORD
from support.serving import Serving, run_program

from .conftest import SETTINGS, User, log_in
from .library import CASABLANCA

# How much of the account is on the device.
KEPT = """async () => {
    const opened = indexedDB.open("movietracker");
    const db = await new Promise((resolve) => (opened.onsuccess = () => resolve(opened.result)));
    const counted = [...db.objectStoreNames].map((name) => {
        const asked = db.transaction(name).objectStore(name).count();
        return new Promise((resolve) => (asked.onsuccess = () => resolve(asked.result)));
    });
    return (await Promise.all(counted)).reduce((sum, count) => sum + count);
}"""
# Pixels between a choice and the name within its label.
SPACE_TO_NAME = """(choice) => {
    const name = document.createRange();
    name.selectNodeContents(choice.parentElement);
    name.setStartAfter(choice);
    return name.getBoundingClientRect().left - choice.getBoundingClientRect().right;
}"""
FORMATS = ("csv", "letterboxd", "imdb", "trakt", "trakt-import")


def test_a_choice_of_colors_stands_beside_its_name(page: Page) -> None:
    page.goto("/account")
    assert 0 < page.get_by_label("Dark").evaluate(SPACE_TO_NAME) < 20


def test_a_new_password_ends_other_sessions_and_this_one_goes_on(page: Page, user: User) -> None:
    page.goto("/account")
    page.get_by_label("Current password").fill(PASSWORD)
    page.get_by_label("New password").fill("another long password")
    page.get_by_role("button", name="Change it").click()
    expect(page.get_by_text("The password is changed.")).to_be_visible()
    assert user.api.call("GET", "/api/auth/me").status == 401
    page.get_by_role("button", name="Turn on").click()
    expect(page.get_by_text("Backed up every night.")).to_be_visible()


@pytest.mark.parametrize(
    ("current", "wanted", "told"),
    [
        ("not the password", "another long password", "This is not your current password."),
        (PASSWORD, "password1234", "Many people use this password, so it is guessed first. Choose another one."),
    ],
)
def test_a_password_that_is_refused_is_told(page: Page, current: str, wanted: str, told: str) -> None:
    page.goto("/account")
    page.get_by_label("Current password").fill(current)
    page.get_by_label("New password").fill(wanted)
    page.get_by_role("button", name="Change it").click()
    expect(page.get_by_role("alert").filter(has_text="password")).to_have_text(told)


def test_the_library_is_downloaded(page: Page, user: User) -> None:
    user.api.call("POST", "/api/movies/tt0034583/recommendations", {"person_name": "Alma"})
    page.goto("/account")
    with page.expect_download() as told:
        page.get_by_role("button", name="Download").click()
    document = json.loads(Path(told.value.path()).read_text())
    assert [movie["imdb_id"] for movie in document["movies"]] == ["tt0034583"]


def test_logging_out_with_unsent_changes_asks(page: Page, context: BrowserContext, user: User) -> None:
    user.api.call("POST", "/api/movies/tt0034583/recommendations", {"person_name": "Alma"})
    expect(page.get_by_role("link", name="Casablanca").first).to_be_visible()
    page.get_by_role("link", name="Account").click()
    expect(page.get_by_role("heading", name="Log out")).to_be_visible()
    page.get_by_role("link", name="Library").click()
    expect(page.get_by_role("link", name="Casablanca").first).to_be_visible()
    context.set_offline(True)
    page.keyboard.press("j")
    page.keyboard.press("w")
    expect(page.get_by_text("1 change waiting")).to_be_visible()
    page.get_by_role("link", name="Account").click()
    page.get_by_role("button", name="Log out", exact=True).click()
    expect(page.get_by_role("dialog")).to_contain_text(
        "1 change is not sent yet It is lost if you log out now.", use_inner_text=True
    )
    page.get_by_role("button", name="Cancel").click()
    context.set_offline(False)
    page.get_by_role("button", name="Sync now").click()
    expect(page.get_by_text("1 change waiting")).to_be_hidden()
    page.get_by_role("button", name="Log out", exact=True).click()
    expect(page.get_by_role("heading", name="movietracker")).to_be_visible()
    assert page.evaluate(KEPT) == 0


def test_a_session_that_ended_asks_for_the_password_and_loses_nothing(page: Page, user: User) -> None:
    user.api.call("POST", "/api/auth/password", {"current_password": PASSWORD, "new_password": PASSWORD + "!"})
    page.get_by_role("button", name="Sync now").click()
    expect(page.get_by_role("heading", name="Log in again")).to_be_visible()
    page.get_by_label("Password").fill(PASSWORD + "!")
    page.get_by_role("button", name="Log in").click()
    expect(page.get_by_role("heading", name="Log in again")).to_be_hidden()


def test_a_conflict_shows_both_values_and_the_user_chooses(page: Page, context: BrowserContext, user: User) -> None:
    user.api.call("POST", "/api/movies/tt0034583/recommendations", {"person_name": "Alma"})
    user.api.call("PUT", "/api/movies/tt0034583/watch", {"my_rating": 5})
    expect(page.get_by_role("link", name="Casablanca").first).to_be_visible()
    other = context.browser.new_context(base_url=page.url.rstrip("/"))  # type: ignore[union-attr]
    tablet = other.new_page()
    log_in(tablet, user)
    expect(tablet.get_by_role("link", name="Casablanca").first).to_be_visible()
    other.set_offline(True)
    tablet.get_by_role("link", name="Casablanca").first.focus()
    tablet.keyboard.press("r")
    slider = tablet.get_by_role("slider")
    expect(slider).to_be_focused()
    slider.press("ArrowRight")
    slider.press("Escape")
    expect(tablet.get_by_text("change waiting").or_(tablet.get_by_text("changes waiting"))).to_be_visible()
    user.api.call("PUT", "/api/movies/tt0034583/rating", {"my_rating": 9})
    other.set_offline(False)
    tablet.get_by_role("button", name="Sync now").click()
    report = tablet.get_by_role("region", name="The server has not done everything")
    expect(report).to_contain_text("9")
    report.get_by_role("button", name="Keep the server’s").click()
    expect(report).to_be_hidden()
    other.close()


def test_the_administrator_makes_and_deletes_accounts(page: Page) -> None:
    page.goto("/admin")
    page.get_by_label("Administrator’s token").fill(ADMIN_TOKEN)
    page.get_by_role("button", name="Enter").click()
    name = f"new-{uuid.uuid4()}"
    page.get_by_label("Email").fill(f"{name}@example.org")
    page.get_by_label("Username").fill(name)
    page.get_by_label("Password").fill("password1")
    page.get_by_role("button", name="Create an account").click()
    expect(page.get_by_role("alert")).to_contain_text("Many people use this password")
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Create an account").click()
    expect(page.locator("form").get_by_text(f"{name}@example.org is created.")).to_be_visible()
    entry = page.get_by_role("listitem").filter(has_text=name)
    entry.get_by_role("button", name="Delete").click()
    page.get_by_role("dialog").get_by_role("button", name="Delete").click()
    expect(page.get_by_text(f"{name}@example.org is deleted.")).to_be_visible()


def test_logging_out_everywhere_ends_every_session(page: Page, user: User) -> None:
    page.goto("/account")
    page.get_by_role("button", name="Log out everywhere").click()
    expect(page.get_by_label("Email")).to_be_visible()
    assert user.api.call("GET", "/api/auth/me").status == 401
    log_in(page, user)


@pytest.mark.parametrize("format", FORMATS)
def test_the_library_is_downloaded_in_each_format(page: Page, user: User, format: str) -> None:
    user.api.call("POST", f"/api/movies/{CASABLANCA}/recommendations", {"person_name": "Alma"})
    page.goto("/account")
    page.get_by_label("Format").select_option(format)
    with page.expect_download() as told:
        page.get_by_role("button", name="Download").click()
    content = Path(told.value.path()).read_bytes()
    suffix = Path(told.value.suggested_filename).suffix
    assert (suffix == ".zip") == zipfile.is_zipfile(told.value.path())
    assert suffix == ".zip" or b"tt0034583" in content or b"Casablanca" in content


def test_a_backup_is_tried_out_and_restored(page: Page, user: User, server: Serving) -> None:
    user.api.call("POST", f"/api/movies/{CASABLANCA}/recommendations", {"person_name": "Alma"})
    page.goto("/account")
    page.get_by_role("button", name="Turn on").click()
    expect(page.get_by_text("Backed up every night.")).to_be_visible()
    done = run_program(server.stderr_path.parent, "backup", "run", settings=SETTINGS)
    assert done.returncode == 0, done.stderr
    assert user.api.call("DELETE", f"/api/movies/{CASABLANCA}").status < 300
    page.goto("/")
    expect(page.get_by_text("Your library is empty.")).to_be_visible()
    page.goto("/account")
    page.get_by_role("button", name="Restore").click()
    dialog = page.get_by_role("dialog", name="Restore this backup?")
    expect(dialog).to_contain_text("what you changed since stays")
    expect(dialog).to_contain_text("Added or changed by it: 1 title")
    assert user.api.call("GET", "/api/movies").json == [], "nothing is written to try it out"
    dialog.get_by_role("button", name="Restore").click()
    expect(page.get_by_text("The backup is restored.")).to_be_visible()
    page.get_by_role("link", name="Library").click()
    expect(page.get_by_role("link", name="Casablanca").first).to_be_visible()


def test_backups_are_shown_once_there_is_a_connection_again(page: Page, context: BrowserContext) -> None:
    page.get_by_role("link", name="Account").click()
    part = page.locator("section").filter(has=page.get_by_role("heading", name="Backups"))
    expect(part.get_by_role("button", name="Turn on")).to_be_visible()
    context.set_offline(True)
    part.get_by_role("button", name="Turn on").click()
    told = part.get_by_text("This needs a connection to the server.")
    expect(told).to_be_visible()
    context.set_offline(False)
    expect(told).to_be_hidden()


def test_a_wrong_token_of_the_administrator_is_told(page: Page) -> None:
    page.goto("/admin")
    page.get_by_label("Administrator’s token").fill("wrong")
    page.get_by_role("button", name="Enter").click()
    expect(page.get_by_role("alert")).to_have_text("This is not the administrator’s token.")
    expect(page.get_by_role("button", name="Create an account")).to_have_count(0)


def test_the_administrator_sets_a_password_and_leaves_nothing_behind(page: Page, user: User) -> None:
    page.goto("/admin")
    page.get_by_label("Administrator’s token").fill(ADMIN_TOKEN)
    page.get_by_role("button", name="Enter").click()
    entries = page.get_by_role("listitem").filter(has=page.get_by_role("button", name="New password"))
    entries.filter(has_not_text=user.email).first.get_by_role("button", name="New password").click()
    page.get_by_role("textbox", name="New password").fill("for somebody else")
    page.get_by_role("button", name="Cancel").click()
    entries.filter(has_text=user.email).get_by_role("button", name="New password").click()
    dialog = page.get_by_role("dialog", name=f"A new password for {user.email}")
    expect(dialog.get_by_label("New password")).to_have_value("")
    dialog.get_by_label("New password").fill("quite another one")
    dialog.get_by_role("button", name="Set it").click()
    expect(page.get_by_text(f"{user.email} has a new password.")).to_be_visible()
    login = {"email": user.email, "password": "quite another one"}
    assert user.api.call("POST", "/api/auth/login", login).status == 200
    page.get_by_role("link", name="Library").click()
    page.go_back()
    expect(page.get_by_label("Administrator’s token")).to_have_value("")
    stored = page.evaluate("JSON.stringify([{ ...localStorage }, { ...sessionStorage }])")
    assert ADMIN_TOKEN not in stored
