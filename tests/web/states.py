"""What the page can show: its screens, and what opens on them."""

from collections.abc import Callable

from playwright.sync_api import Page
from support.client import PASSWORD

from .conftest import User
from .inspection import PHONE, settle, show
from .library import CASABLANCA, METROPOLIS, add_titles
from .recommended import imdb_id, recommend, two_advisers, watch

LONG_LIST, LONG_PERSON, LONG_TAG, LONG_TITLE = "L" * 100, "P" * 200, "T" * 64, "M" * 200
"""The longest names that are allowed, of one word each."""
LONG_AGENT = "A" * 300
"""What the other session of the account says of itself."""
LONG_NUMBER = 30
"""Of the title that has them all; the next one is watched."""
LONG, LONGS_PERSON = f"/title/{imdb_id(LONG_NUMBER)}", f"/people/{LONG_PERSON}"

SCREENS = (
    *("/tonight", "/library", "/add", "/lists", "/people", "/people/Alma", "/people/Mum"),
    *("/rank", "/stats", "/stats/2026", "/import", "/account", "/admin", f"/title/{CASABLANCA}", "/nowhere"),
    *(LONG, LONGS_PERSON, f"/add?q={LONG_TITLE}", f"/rank?title={imdb_id(LONG_NUMBER + 1)}"),
)


def fill(user: User) -> User:
    """Give every screen something to show."""
    add_titles(user)
    login = {"email": user.email, "password": PASSWORD}
    user.api.call("POST", "/api/auth/login", login, {"User-Agent": LONG_AGENT})
    two_advisers(user.api)
    watch(user.api, 21, 7, at=1.7672e9)
    recommend(user.api, 23, "Oscar Winner/Nominee")
    watch(user.api, 23, 8)
    user.api.call("PUT", f"/api/movies/{CASABLANCA}/watch", {"my_rating": 8, "date_watched": 1.78e9})
    for number in (LONG_NUMBER, LONG_NUMBER + 1):
        recommend(user.api, number, LONG_PERSON, title=LONG_TITLE)
    watch(user.api, LONG_NUMBER + 1)
    user.api.call("PUT", f"/api/movies/{imdb_id(LONG_NUMBER)}/tags/{LONG_TAG}")
    made = user.api.call("POST", "/api/lists", {"name": LONG_LIST}).json
    for title in (METROPOLIS, imdb_id(LONG_NUMBER)):
        user.api.call("PUT", f"/api/movies/{title}/status", {"status": "custom", "custom_list_id": made["id"]})
    return user


def press(*names: str) -> Callable[[Page], None]:
    """Press buttons, one after the other."""

    def press_all(page: Page) -> None:
        for name in names:
            page.get_by_role("button", name=name, exact=True).first.click()

    return press_all


def rate(page: Page) -> None:
    page.get_by_role("link", name=LONG_TITLE).first.focus()
    page.keyboard.press("r")


def select_two(page: Page) -> None:
    press("Select")(page)
    for title in ("Casablanca", "Metropolis"):
        page.get_by_role("checkbox", name=title).check()


def notice(page: Page) -> None:
    page.get_by_role("button", name="Like", exact=True).click()
    page.get_by_role("button", name="Undo").wait_for()


def more(page: Page) -> None:
    show(page, PHONE)
    page.get_by_text("More", exact=True).click()


def explain(page: Page) -> None:
    settle(page)
    page.keyboard.press("?")


def search(page: Page) -> None:
    page.get_by_role("button", name="Casablanca 1942").wait_for()


def choose(page: Page) -> None:
    page.get_by_role("button", name="Casablanca 1942").click()
    page.get_by_role("button", name="Alma").click()


def change_what_was_said(page: Page) -> None:
    page.get_by_role("button", name=f"Edit what {LONG_PERSON} said").click()


def note(page: Page) -> None:
    page.get_by_role("button", name="by its name alone").click()


def merge(page: Page) -> None:
    press("Merge …")(page)
    page.get_by_label("Who stays").select_option(LONG_PERSON)


def change_a_list(page: Page) -> None:
    page.get_by_role("link", name=LONG_LIST).click()
    page.get_by_role("button", name="Edit", exact=True).click()


def end_a_session(page: Page) -> None:
    page.get_by_role("button", name=f"End it: {LONG_AGENT}").click()


OPENED: dict[str, tuple[str, Callable[[Page], None]]] = {
    "rating": ("/library", rate),
    "keys": ("/people", explain),
    "selection": ("/library", select_two),
    "filters": ("/library", press("Filters")),
    "table": ("/library", press("Table")),
    "posters": ("/library", press("Posters")),
    "more screens": ("/library", more),
    "hits": ("/add?q=casablanca", search),
    "who said it": ("/add?q=casablanca", choose),
    "noted by its name": (f"/add?q={LONG_TITLE}", note),
    "new vote": (f"/title/{CASABLANCA}", press("Add a recommendation")),
    "vote": (LONG, change_what_was_said),
    "viewing": (f"/title/{CASABLANCA}", press("Add a viewing")),
    "notice": (LONG, notice),
    "session gone": ("/account", end_a_session),
    "title for good": (LONG, press("Delete for good")),
    "looks": (LONGS_PERSON, press("Edit")),
    "merge": ("/people/Alma", merge),
    "person gone": (LONGS_PERSON, press("Delete …")),
    "comparison": ("/rank", press("Yes, I liked it")),
    "new list": ("/lists", press("New list")),
    "list": ("/lists", change_a_list),
}
