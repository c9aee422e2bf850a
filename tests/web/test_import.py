"""Importing on the page: upload, preview, decisions, confirmation, and taking it back."""

from pathlib import Path

import pytest
from playwright.sync_api import BrowserContext, FilePayload, Page, expect

from .conftest import User, eventually
from .library import CASABLANCA, METROPOLIS, RASHOMON

LIST = """# Films

### Nelly's Recommendations
- [x] Casablanca (1942)
- Metropolis (1927) (hannah)
- A film that nobody made (1931)
"""
UNCLEAR = "Date,Name,Year,Letterboxd URI\n" + "".join(
    f"2024-01-01,Film {number},,https://boxd.it/{number}\n" for number in range(1, 46)
)
DOUBTFUL = f"Title,Year,imdbID\nMetropolis,1927,{METROPOLIS}\nRashomon,1950,{RASHOMON}\n"
NOIR = """Letterboxd list export v7
Date,Name,Tags,URL,Description
2024-01-01,{name},,https://boxd.it/{name},

Position,Name,Year,URL,Description
1,{title},{year},https://boxd.it/{title},
"""


def file(name: str, text: str) -> FilePayload:
    return {"name": name, "mimeType": "text/plain", "buffer": text.encode()}


def upload(page: Page, *files: FilePayload) -> Page:
    """Upload files, and wait for the preview."""
    page.goto("/import")
    page.get_by_label("Files of one export").set_input_files(files)
    expect(page.get_by_text("Ready to be confirmed")).to_be_visible()
    return page


def bring_in(page: Page) -> None:
    page.get_by_role("button", name="Bring it in").click()
    expect(page.get_by_role("status").filter(has_text="Done")).to_be_visible()


@pytest.fixture
def preview(page: Page) -> Page:
    """The preview of a list that somebody keeps by hand."""
    return upload(page, file("films.md", LIST))


def test_titles_that_no_provider_knows_have_the_names_of_the_file(page: Page, user: User) -> None:
    bring_in(upload(page, file("films.csv", "title,year,imdb_id\nA Film of Ours,1998,tt9999991\n")))
    page.get_by_role("link", name="Library", exact=True).click()
    page.get_by_role("link", name="A Film of Ours").first.click()
    expect(page.get_by_role("heading", level=1)).to_have_text("A Film of Ours 1998")


def test_a_list_is_previewed_brought_in_and_taken_back(preview: Page, user: User) -> None:
    expect(preview.get_by_role("group", name="People who recommended something")).to_be_visible()
    preview.get_by_role("checkbox", name="Nelly").check()
    preview.get_by_role("combobox", name="Name of Nelly in the library").fill("Aunt Nelly")
    told = "Bring it in now, and this is left out: 1 title that was not found, what 1 person recommended."
    expect(preview.get_by_text(told)).to_be_visible()
    assert user.api.call("GET", "/api/movies").json == [], "nothing is written before it is confirmed"

    bring_in(preview)
    result = preview.get_by_role("heading", name="A list kept by hand")
    expect(result).to_be_focused()
    preview.get_by_text("Show what was left out").click()
    expect(preview.get_by_role("listitem").filter(has_text="A film that nobody made, 1931")).to_be_visible()
    movies = {movie["imdb_id"]: movie for movie in user.api.call("GET", "/api/movies").json}
    votes = {imdb_id: [vote["person"] for vote in movie["recommendations"]] for imdb_id, movie in movies.items()}
    assert votes == {CASABLANCA: ["Aunt Nelly"], METROPOLIS: ["Aunt Nelly"]}
    preview.get_by_role("link", name="Library", exact=True).click()
    expect(preview.get_by_role("link", name="Casablanca").first).to_be_visible()

    preview.get_by_role("link", name="Import", exact=True).click()
    preview.get_by_role("listitem").filter(has_text="Done").get_by_role("link").click()
    preview.get_by_role("button", name="Take it back").click()
    dialog = preview.get_by_role("dialog", name="Take this import back?")
    expect(dialog).to_contain_text("Titles added")
    dialog.get_by_role("button", name="Take it back").click()
    expect(preview.get_by_role("status").filter(has_text="Taken back")).to_be_visible()
    expect(result).to_be_focused()
    assert user.api.call("GET", "/api/movies").json == []


def test_it_is_told_whose_word_is_left_out_until_one_decides(preview: Page) -> None:
    told = preview.get_by_text("Bring it in now, and this is left out:")
    expect(told).to_contain_text("what 2 people recommended")
    preview.get_by_role("checkbox", name="Nelly").check()
    expect(told).to_contain_text("what 1 person recommended")
    preview.get_by_role("button", name="Leave all out").click()
    expect(told).to_have_text("Bring it in now, and this is left out: 1 title that was not found.")


def test_an_import_is_forgotten_only_after_a_question(preview: Page, user: User) -> None:
    bring_in(preview)
    preview.get_by_role("button", name="Forget this import").click()
    dialog = preview.get_by_role("dialog", name="Forget this import?")
    expect(dialog).to_contain_text("What it brought in stays")
    dialog.get_by_role("button", name="Cancel").click()
    preview.get_by_role("button", name="Forget this import").click()
    dialog.get_by_role("button", name="Forget this import").click()
    expect(preview.get_by_label("Files of one export")).to_be_visible()
    expect(preview.get_by_role("heading", name="Import", exact=True)).to_be_focused()
    assert user.api.call("GET", "/api/import").json == []
    assert len(user.api.call("GET", "/api/movies").json) == 2


def test_what_was_decided_is_there_again_after_a_reload(preview: Page, user: User) -> None:
    preview.get_by_role("checkbox", name="Nelly").check()
    preview.get_by_role("checkbox", name="hannah").check()
    name = preview.get_by_role("combobox", name="Name of hannah in the library")
    name.fill("Nelly")
    name.press("Tab")
    path = f"/api/import/{preview.url.rpartition('=')[2]}"
    eventually(lambda: user.api.call("GET", path).json["choices"]["people"], {"Nelly": "Nelly", "hannah": "Nelly"})
    preview.reload()
    expect(preview.get_by_role("checkbox", name="hannah")).to_be_checked()
    expect(preview.get_by_role("combobox", name="Name of hannah in the library")).to_have_value("Nelly")
    bring_in(preview)
    people = [each["name"] for each in user.api.call("GET", "/api/people").json if not each["quick_key"]]
    assert people == ["Nelly"], "two who get the same name are one"


def test_people_of_the_library_are_taken(page: Page, user: User) -> None:
    user.api.call("POST", "/api/people", {"name": "Hannah"})
    page.reload()
    page.get_by_text("Synced", exact=False).first.wait_for()
    upload(page, file("films.md", LIST))
    expect(page.get_by_role("checkbox", name="hannah")).to_be_checked()
    expect(page.get_by_role("checkbox", name="Nelly")).not_to_be_checked()
    bring_in(page)
    (movie,) = [each for each in user.api.call("GET", "/api/movies").json if each["imdb_id"] == METROPOLIS]
    assert [vote["person"] for vote in movie["recommendations"]] == ["Hannah"]


def test_rows_that_are_doubtful_for_one_reason_are_taken_together(page: Page, user: User) -> None:
    upload(page, file("films.csv", DOUBTFUL))
    take_all = page.get_by_role(
        "button", name="Take all: the file does not say whether this title was watched or is wanted"
    )
    take_all.click()
    expect(take_all).to_have_count(0)
    bring_in(page)
    assert {movie["imdb_id"] for movie in user.api.call("GET", "/api/movies").json} == {METROPOLIS, RASHOMON}


def test_unclear_rows_are_gone_through_and_searched_for_by_hand(page: Page, user: User) -> None:
    upload(page, file("films.csv", UNCLEAR))
    rows = page.get_by_role("listitem")
    expect(rows).to_have_count(20)
    page.get_by_role("button", name="Show more").click()
    expect(rows).to_have_count(40)
    page.get_by_role("button", name="Show more").click()
    expect(rows).to_have_count(45)
    expect(page.get_by_role("button", name="Show more")).to_have_count(0)

    page.get_by_role("button", name="Search for “Film 44”").click()
    page.get_by_role("searchbox").fill("rashomon")
    page.get_by_role("searchbox").press("Enter")
    page.get_by_role("button", name="Rashomon, 1950").click()
    expect(rows).to_have_count(44)
    expect(rows.filter(has_text="Film 45")).to_be_focused()
    page.get_by_role("button", name="Search for “Film 45”").click()
    page.get_by_role("searchbox").fill(f"https://www.imdb.com/title/{METROPOLIS}/")
    page.get_by_role("searchbox").press("Enter")
    page.get_by_role("button", name="Metropolis, 1927").click()
    expect(rows).to_have_count(43)
    page.get_by_role("button", name="Leave out “Film 1”").click()
    expect(rows).to_have_count(42)
    page.get_by_role("button", name="Leave out all that are left").click()
    expect(page.get_by_role("heading", name="Which title is meant?")).to_have_count(0)
    page.get_by_text("What you chose, now or in an earlier import").click()
    chosen = page.get_by_role("listitem").filter(has_text="taken as")
    expect(chosen).to_contain_text(["taken as Rashomon, 1950", "taken as Metropolis, 1927"])
    page.get_by_role("button", name="Leave out “Film 44”").click()
    expect(chosen).to_have_count(1)
    expect(chosen).to_be_focused()
    bring_in(page)
    eventually(lambda: {each["imdb_id"] for each in user.api.call("GET", "/api/movies").json}, {METROPOLIS})


def test_a_list_becomes_a_list_or_a_tag_or_nothing(page: Page, user: User) -> None:
    titles = {"Noir": ("Casablanca", 1942), "Silent": ("Metropolis", 1927), "Japan": ("Rashomon", 1950)}
    upload(
        page,
        *(
            file(f"{name}.csv", NOIR.format(name=name, title=title, year=year))
            for name, (title, year) in titles.items()
        ),
    )
    lists = page.get_by_role("group", name="Lists")
    lists.get_by_role("combobox", name="Silent 1 title").select_option("A tag")
    lists.get_by_role("combobox", name="Japan 1 title").select_option("Leave it out")
    bring_in(page)
    assert [each["name"] for each in user.api.call("GET", "/api/lists").json] == ["Noir"]
    movies = {each["imdb_id"]: each for each in user.api.call("GET", "/api/movies").json}
    assert movies[CASABLANCA]["status"] == "custom"
    assert movies[METROPOLIS]["tags"] == ["Silent"]


def test_hundreds_of_lists_are_decided(page: Page, user: User) -> None:
    table = "imdb_id,title,list\n" + "".join(f"{CASABLANCA},Casablanca,List {number}\n" for number in range(501))
    upload(page, file("mine.csv", table))
    page.get_by_role("button", name="All as tags").click()
    bring_in(page)


def test_a_file_of_no_format_is_told(page: Page) -> None:
    page.goto("/import")
    page.get_by_label("Files of one export").set_input_files(
        {"name": "x.bin", "mimeType": "text/csv", "buffer": bytes(range(256)) * 20}
    )
    expect(page.get_by_text("Failed").or_(page.get_by_role("alert")).first).to_be_visible()
    expect(page.get_by_text("No importer recognizes x.bin.")).to_be_visible()


def test_a_file_that_is_too_large_is_refused_before_it_is_sent(page: Page, tmp_path: Path) -> None:
    with (tmp_path / "large.zip").open("wb") as large:
        large.truncate(256 * 2**20 + 1)
    page.goto("/import")
    sent: list[str] = []
    page.on("request", lambda request: sent.append(request.method))
    page.get_by_label("Files of one export").set_input_files(tmp_path / "large.zip")
    expect(page.get_by_role("alert")).to_have_text(
        "The files have more than 256 MiB together. Export less at once, such as without pictures."
    )
    assert "POST" not in sent


def test_an_upload_tells_how_far_it_is_and_can_be_canceled(
    page: Page, context: BrowserContext, tmp_path: Path, user: User
) -> None:
    with (tmp_path / "films.csv").open("wb") as large:
        large.truncate(60 * 2**20)
    page.goto("/import")
    network = context.new_cdp_session(page)
    network.send("Network.enable")
    slow = {"offline": False, "latency": 0, "downloadThroughput": -1, "uploadThroughput": 2**20}
    network.send("Network.emulateNetworkConditions", slow)
    page.get_by_label("Files of one export").set_input_files(tmp_path / "films.csv")
    progress = page.get_by_role("progressbar")
    expect(progress).to_be_visible()
    eventually(lambda: progress.evaluate("(bar) => bar.value > 0"), True)
    page.get_by_role("button", name="Cancel").click()
    expect(progress).to_have_count(0)
    expect(page.get_by_label("Files of one export")).to_be_enabled()
    assert user.api.call("GET", "/api/import").json == []


def test_offline_the_preview_says_what_needs_a_connection_and_then_goes_on(page: Page, context: BrowserContext) -> None:
    upload(page, file("films.csv", UNCLEAR))
    more = page.get_by_role("button", name="Show more")
    expect(more).to_be_visible()
    context.set_offline(True)
    told = page.get_by_role("alert").filter(has_text="This needs a connection to the server.")
    more.click()
    expect(told).to_be_visible()
    leave_out = page.get_by_role("button", name="Leave out all that are left")
    leave_out.click()
    expect(leave_out).to_be_enabled()
    context.set_offline(False)
    leave_out.click()
    expect(leave_out).to_have_count(0)
    expect(told).to_have_count(0)


def test_an_import_that_is_gone_is_told_once(page: Page) -> None:
    page.goto("/import?job=00000000-0000-4000-8000-000000000000")
    expect(page.get_by_role("alert").first).not_to_be_empty()
    page.get_by_role("link", name="Import something else").click()
    expect(page.get_by_label("Files of one export")).to_be_visible()
