"""Every screen and what opens on it, as programs see it: nothing against WCAG 2.2 AA, in both color schemes."""

from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect
from support.client import ADMIN_TOKEN, PASSWORD
from support.services import missing_service
from support.serving import Serving, run_program

from .conftest import SETTINGS, User, log_in, new_user, port_of
from .inspection import (
    AXE,
    COUNT_REQUESTS,
    LAPTOP,
    NARROW,
    TABLET,
    axe_findings,
    inspect,
    misfits,
    overflow,
    settle,
    show,
    small_targets,
)
from .library import METROPOLIS, add_titles
from .states import OPENED, SCREENS, fill

IMPORTED = "# Films\n\n### Nelly's Recommendations\n- [x] Casablanca (1942)\n- A film that nobody made (1931)\n"


@pytest.fixture(scope="module")
def visit(browser: Browser, server: Serving) -> Iterator[Callable[..., Page]]:
    """Opens pages into which axe may come, whatever its content security policy says."""
    if not AXE.is_file():
        missing_service("axe-core is not installed: make web.")
    contexts: list[BrowserContext] = []

    def visit(locale: str = "en-US") -> Page:
        context = browser.new_context(
            base_url=server.url, locale=locale, timezone_id="UTC", bypass_csp=True, reduced_motion="reduce"
        )
        context.add_init_script(path=AXE)
        context.add_init_script(COUNT_REQUESTS)
        contexts.append(context)
        return context.new_page()

    yield visit
    for context in contexts:
        context.close()


@pytest.fixture(scope="module")
def reader(server: Serving) -> User:
    """A user whose library has something on every screen."""
    return fill(new_user(port_of(server)))


@pytest.fixture(scope="module")
def page(visit: Callable[..., Page], reader: User) -> Page:
    """Where that user is logged in; for tests that change nothing."""
    page = visit()
    log_in(page, reader)
    return page


class Findings(dict[str, list[str]]):
    """What is found on each screen that was looked at."""

    def on(self, page: Page, *names: str) -> None:
        settle(page)
        if found := inspect(page):
            self["/".join(names)] = found


def test_no_screen_has_findings(page: Page) -> None:
    found = Findings()
    for screen in SCREENS:
        page.goto(screen)
        found.on(page, screen)
    assert found == {}


def test_no_screen_is_cut_off_in_german(visit: Callable[..., Page], reader: User) -> None:
    page = visit("de-DE")
    page.goto("/")
    page.get_by_label("E-Mail").fill(reader.email)
    page.get_by_label("Passwort").fill(PASSWORD)
    page.keyboard.press("Enter")
    page.get_by_role("navigation", name="Seiten").wait_for()
    assert page.evaluate("document.documentElement.lang") == "de"
    found = {}
    for screen in SCREENS:
        page.goto(screen)
        settle(page)
        found[screen] = []
        for size in (NARROW, TABLET, LAPTOP):
            show(page, size)
            found[screen] += [*small_targets(page), *misfits(page)]
    assert {screen: faults for screen, faults in found.items() if faults} == {}


def test_logging_in_has_no_findings(visit: Callable[..., Page]) -> None:
    page, found = visit(), Findings()
    page.goto("/")
    found.on(page, "login")
    page.get_by_label("Email").fill("nobody@example.org")
    page.get_by_label("Password").fill("wrong")
    page.get_by_role("button", name="Log in").click()
    expect(page.get_by_role("alert")).not_to_be_empty()
    found.on(page, "refused")
    assert found == {}


def test_empty_screens_have_no_findings(visit: Callable[..., Page], user: User) -> None:
    page, found = visit(), Findings()
    log_in(page, user)
    for screen in ("/tonight", "/library", "/lists", "/people", "/rank", "/stats", "/import"):
        page.goto(screen)
        found.on(page, "empty", screen)
    assert found == {}


def test_what_opens_on_a_screen_has_no_findings(page: Page) -> None:
    found = Findings()
    for name, (screen, open_it) in OPENED.items():
        page.goto(screen)
        open_it(page)
        found.on(page, name)
    assert found == {}


def test_an_import_has_no_findings(visit: Callable[..., Page], user: User) -> None:
    page, found = visit(), Findings()
    log_in(page, user)
    page.goto("/import")
    files = {"name": "films.md", "mimeType": "text/plain", "buffer": IMPORTED.encode()}
    page.get_by_label("Files of one export").set_input_files(files)
    expect(page.get_by_text("Ready to be confirmed")).to_be_visible()
    found.on(page, "preview")
    page.get_by_role("button", name="Bring it in").click()
    expect(page.get_by_role("status").filter(has_text="Done")).to_be_visible()
    found.on(page, "done")
    page.get_by_role("button", name="Take it back").click()
    found.on(page, "take it back")
    page.goto("/import")
    found.on(page, "earlier")
    assert found == {}


def test_an_import_at_work_has_no_findings(visit: Callable[..., Page], user: User) -> None:
    page = visit()
    log_in(page, user)
    page.goto("/import")
    rows = "".join(f"tt{1_000_000 + number},Film {number},1950\n" for number in range(20_000))
    files = {"name": "films.csv", "mimeType": "text/csv", "buffer": f"imdb_id,title,year\n{rows}".encode()}
    page.get_by_label("Files of one export").set_input_files(files)
    page.get_by_role("progressbar").wait_for()
    assert axe_findings(page) == []
    expect(page.get_by_role("button", name="Cancel")).to_be_visible()


def test_restoring_has_no_findings(visit: Callable[..., Page], user: User, server: Serving) -> None:
    page, found = visit(), Findings()
    log_in(page, user)
    page.goto("/account")
    page.get_by_role("button", name="Turn on").click()
    expect(page.get_by_text("Backed up every night.")).to_be_visible()
    assert run_program(server.stderr_path.parent, "backup", "run", settings=SETTINGS).returncode == 0
    page.reload()
    page.get_by_role("button", name="Restore").click()
    page.get_by_role("dialog", name="Restore this backup?").wait_for()
    found.on(page, "restore")
    assert found == {}


def test_accounts_have_no_findings(visit: Callable[..., Page], user: User) -> None:
    page, found = visit(), Findings()
    log_in(page, user)
    page.goto("/admin")
    page.get_by_label("Administrator’s token").fill(ADMIN_TOKEN)
    page.get_by_role("button", name="Enter").click()
    page.get_by_role("button", name="Delete").first.click()
    found.on(page, "account gone")
    assert found == {}


def test_trouble_has_no_findings(visit: Callable[..., Page], user: User) -> None:
    """Offline, changes that wait, a draft, a conflict, and a session that ended."""
    page, found = visit(), Findings()
    add_titles(user, 3)
    log_in(page, user)
    page.goto(f"/title/{METROPOLIS}")
    page.get_by_role("slider", name="My rating").wait_for()
    page.context.set_offline(True)
    page.get_by_role("slider", name="My rating").press("ArrowRight")
    page.get_by_role("slider", name="My rating").blur()
    expect(page.get_by_text("change waiting", exact=False)).to_be_visible()
    page.get_by_role("link", name="Add", exact=True).click()
    page.get_by_role("searchbox").fill("third man")
    page.get_by_role("button", name="Note “third man” by its name alone").click()
    page.get_by_role("button", name="Add without a recommender").click()
    found.on(page, "offline", "draft")
    page.get_by_role("link", name="Account").click()
    page.get_by_role("button", name="Log out", exact=True).click()
    found.on(page, "unsent changes")
    page.keyboard.press("Escape")
    user.api.call("PUT", f"/api/movies/{METROPOLIS}/rating", {"my_rating": 9})
    page.context.set_offline(False)
    page.get_by_role("region", name="The server has not done everything").wait_for()
    found.on(page, "conflict")
    body = {"current_password": PASSWORD, "new_password": PASSWORD + "!"}
    user.api.call("POST", "/api/auth/password", body)
    page.get_by_role("button", name="Sync now").click()
    page.get_by_role("heading", name="Log in again").wait_for()
    found.on(page, "session that ended")
    assert found == {}


def test_faults_would_be_found(visit: Callable[..., Page], user: User) -> None:
    page = visit()
    log_in(page, user)
    page.evaluate("document.querySelector('main').append(Object.assign(new Image(), { src: '/poster.jpg' }))")
    page.evaluate("document.querySelector('h1').style.color = 'color-mix(in srgb, currentColor 20%, transparent)'")
    settle(page)
    assert {finding.partition(":")[0] for finding in axe_findings(page)} == {"image-alt", "color-contrast"}
    assert (small_targets(page), overflow(page)) == ([], [])
    page.evaluate("document.querySelector('main button').style.cssText = 'min-height: 0; height: 20px; padding: 0'")
    page.evaluate("document.querySelector('h1').style.minWidth = '3000px'")
    assert [len(found) for found in (small_targets(page), overflow(page))] == [1, 1]
