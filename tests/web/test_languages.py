"""Languages: the browser's unless the user chooses one, which is kept on the device."""

import re
from collections.abc import Iterator
from typing import cast

import pytest
from playwright.sync_api import Browser, FilePayload, Page, expect
from support.client import PASSWORD
from support.serving import Serving

from .conftest import User
from .library import CASABLANCA, METROPOLIS, add_titles

DIARY = "Date,Name,Year,Letterboxd URI,Rating,Rewatch,Tags,Watched Date\n2024-01-01,Ikiru,1952,,,,,2024-01-01\n"


@pytest.fixture
def german(browser: Browser, server: Serving, user: User) -> Iterator[Page]:
    """The page in a German browser."""
    context = browser.new_context(base_url=server.url, locale="de-AT", timezone_id="UTC")
    page = context.new_page()
    page.goto("/account")
    page.get_by_label("E-Mail").fill(user.email)
    page.get_by_label("Passwort").fill(PASSWORD)
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Konto", exact=True)).to_be_visible()
    yield page
    context.close()


def test_the_page_speaks_the_language_of_the_browser(german: Page, user: User) -> None:
    add_titles(user, 7)
    user.api.call("PUT", f"/api/movies/{CASABLANCA}/rating", {"my_rating": 8.5})
    user.api.call("POST", f"/api/movies/{CASABLANCA}/viewings", {"watched_on": "2020-05-01"})
    vote = {"person_name": "Alma", "note": "Zweimal sehen"}
    user.api.call("POST", f"/api/movies/{METROPOLIS}/recommendations", vote)
    german.goto("/tonight")
    quote = german.get_by_text("Zweimal sehen", exact=True)
    assert quote.evaluate("(element) => element.tagName") == "Q", "with the quotation marks of the language"
    german.goto(f"/title/{CASABLANCA}")
    expect(german.get_by_text("8,5", exact=True).first).to_be_visible()
    expect(german.get_by_text("1. Mai 2020")).to_be_visible()
    expect(german).to_have_title("Casablanca 1942 · movietracker")
    assert german.evaluate("document.documentElement.lang") == "de"


def test_the_server_s_reasons_are_told_in_the_language_of_the_page(german: Page, user: User) -> None:
    german.goto("/import?job=00000000-0000-4000-8000-000000000000")
    expect(german.get_by_role("alert").first).to_have_text("Diesen Import gibt es nicht mehr.")
    user.api.call("POST", "/api/movies", {"imdb_id": "tt9999999"})
    german.goto("/title/tt9999999")
    german.get_by_role("button", name="Angaben neu laden").click()
    expect(german.get_by_role("alert").filter(has_text="Datenanbieter")).to_be_visible()


def test_what_is_wrong_with_files_is_told_in_the_language_of_the_page(german: Page) -> None:
    def upload(name: str, text: str) -> None:
        german.goto("/import")
        content = {"name": name, "mimeType": "text/plain", "buffer": text.encode()}
        german.get_by_label("Dateien eines Exports").set_input_files(cast(FilePayload, content))

    upload("diary.csv", DIARY + ",".join(["x"] * 1001))
    expect(german.get_by_text("Letterboxd hat diesen Titel entfernt · diary.csv, Zeile 2")).to_be_visible()
    german.get_by_text("Was nicht gefunden wurde, weggelassen ist oder nicht lesbar ist").click()
    expect(german.get_by_text("hat mehr als 1.000 Spalten · diary.csv, Zeile 3")).to_be_visible()
    upload("theme.json", '{"theme": "dark"}')
    expect(german.get_by_text("Kein Importer erkennt theme.json.")).to_be_visible()


def recommend(user: User, person: str) -> None:
    """Have somebody recommend a film of genres that all providers have, and of one that none has."""
    details = {"title": "Paths of Glory", "year": "1957", "genres": ["War", "Anti-war"]}
    vote = {"person_name": person, "tmdb_data": details}
    user.api.call("POST", "/api/movies/tt0050825/recommendations", vote)


def test_a_quick_recommender_is_called_and_found_in_the_language_of_the_page(german: Page, user: User) -> None:
    recommend(user, "Google Search")
    german.goto("/title/tt0050825")
    german.get_by_role("link", name="Google-Suche").click()
    expect(german).to_have_title("Google-Suche · movietracker")
    for name in ("google-suche", "google search"):
        german.goto(f"/library?q={name}")
        expect(german.get_by_role("link", name="Paths of Glory").first).to_be_visible()
        german.goto(f"/people?q={name}")
        expect(german.get_by_role("link", name="Google-Suche")).to_be_visible()
    german.goto("/tonight?person=Google+Search")
    expect(german.get_by_label("Empfohlen von")).to_have_value("Google Search")
    expect(german.get_by_role("link", name="Paths of Glory").first).to_be_visible()
    user.api.call("PUT", "/api/movies/tt0050825/watch", {"my_rating": 9})
    german.goto("/stats")
    for figure in ("Wem du trauen kannst", "Wessen Empfehlungen du gesehen hast"):
        expect(german.get_by_role("region", name=figure).get_by_role("link", name="Google-Suche")).to_be_visible()


def test_a_quick_recommender_is_called_so_also_where_what_they_said_is_noted(german: Page, user: User) -> None:
    def note(title: str) -> None:
        german.get_by_role("button", name=title).click()
        german.get_by_role("button", name="Google-Suche").click()
        german.get_by_role("button", name="Hinzufügen", exact=True).click()

    add_titles(user, 7)
    german.goto("/add?q=casablanca")
    note("Casablanca 1942")
    expect(german.get_by_text("Empfehlung notiert: Google-Suche.")).to_be_visible()
    german.get_by_role("searchbox").fill("Metropole")
    note("„Metropole“ nur mit dem Namen notieren")
    expect(german.get_by_role("listitem").filter(has_text="Metropole")).to_contain_text("Google-Suche")


def test_a_quick_recommender_that_the_user_renamed_is_called_so(german: Page, user: User) -> None:
    german.goto("/people/Google%20Search")
    german.get_by_role("button", name="Bearbeiten").click()
    name = german.get_by_role("textbox", name="Name", exact=True)
    expect(name).to_have_value("Google-Suche")
    german.get_by_role("button", name="Speichern").click()
    expect(german.get_by_role("heading", name="Google-Suche")).to_be_visible()
    german.get_by_role("button", name="Bearbeiten").click()
    name.fill("Die Maschine")
    german.get_by_role("button", name="Speichern").click()
    expect(german.get_by_role("heading", name="Die Maschine")).to_be_visible()
    german.goto("/people")
    expect(german.get_by_role("link", name="Die Maschine")).to_be_visible()
    expect(german.get_by_role("link", name="Zufällige Person")).to_be_visible()
    expect(german.get_by_role("link", name="Google-Suche")).to_have_count(0)


def test_genres_are_told_in_the_language_of_the_page_unless_they_are_unknown(german: Page, user: User) -> None:
    recommend(user, "Alma")
    german.goto("/title/tt0050825")
    expect(german.get_by_role("link", name="Anti-war")).to_be_visible()
    german.get_by_role("link", name="Krieg").click()
    expect(german).to_have_url(re.compile(r"/library\?genre=War$"))
    expect(german.get_by_role("link", name="Paths of Glory").first).to_be_visible()
    german.goto("/tonight?genre=War")
    expect(german.get_by_label("Genre").locator("option:checked")).to_have_text("Krieg")
    expect(german.get_by_role("article").filter(has_text="Krieg, Anti-war")).to_be_visible()


def test_the_user_chooses_another_which_this_device_keeps(german: Page) -> None:
    german.get_by_label("Sprache").select_option("English")
    expect(german.get_by_role("heading", name="Account", exact=True)).to_be_visible()
    expect(german).to_have_title("Account · movietracker")
    german.reload()
    expect(german.get_by_role("heading", name="Account", exact=True)).to_be_visible()
    assert german.evaluate("document.documentElement.lang") == "en"
    german.get_by_label("Language").select_option("As the browser")
    expect(german.get_by_role("heading", name="Konto", exact=True)).to_be_visible()
    expect(german.get_by_role("option", name="Deutsch")).to_have_attribute("lang", "de")
