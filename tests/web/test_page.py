"""What holds on every screen: the content security policy, titles, announcements, and no motion for who wants none."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect
from support.serving import Serving

from .conftest import User, log_in, new_user, port_of
from .states import OPENED, SCREENS, fill

REPORT = """addEventListener("securitypolicyviolation", ({ violatedDirective, blockedURI, sample }) =>
    violated(`${location.pathname}: ${violatedDirective}: ${blockedURI} ${sample}`));"""


@pytest.fixture(scope="module")
def reader(server: Serving) -> User:
    """A user whose library has something on every screen."""
    return fill(new_user(port_of(server)))


@pytest.fixture
def violations() -> list[str]:
    """What the page did and its policy forbids."""
    return []


@pytest.fixture
def watched_page(browser: Browser, server: Serving, reader: User, violations: list[str]) -> Iterator[Page]:
    """A page that tells of violations, where the reader is logged in."""
    context = browser.new_context(base_url=server.url, locale="en-US", timezone_id="UTC")
    context.expose_binding("violated", lambda _, told: violations.append(told))
    context.add_init_script(REPORT)
    page = context.new_page()
    log_in(page, reader)
    yield page
    context.close()


def test_no_screen_violates_the_policy_which_allows_nothing_unsafe(watched_page: Page, violations: list[str]) -> None:
    for screen in SCREENS:
        answer = watched_page.goto(screen)
        assert answer is not None
        policy = answer.headers["content-security-policy"]
        assert policy.startswith("default-src 'self';")
        assert "unsafe-" not in policy
        expect(watched_page.get_by_role("heading", level=1)).to_have_count(1)
    for screen, open_it in OPENED.values():
        watched_page.goto(screen)
        open_it(watched_page)
        expect(watched_page.get_by_role("heading", level=1)).to_have_count(1)
    assert violations == []


def test_a_violation_would_be_noticed(watched_page: Page, violations: list[str]) -> None:
    watched_page.evaluate("document.querySelector('main').innerHTML = '<p style=\"color: red\">'")
    expect(watched_page.locator("main p")).to_have_count(1)
    assert [told.split()[1] for told in violations] == ["style-src-attr:"]


@pytest.mark.parametrize(("wanted", "seconds"), [("no-preference", "1s"), ("reduce", "0s")])
def test_nothing_moves_for_those_who_want_less_motion(page: Page, wanted: str, seconds: str) -> None:
    page.emulate_media(reduced_motion=wanted)  # type: ignore[arg-type]
    durations = page.evaluate(
        """() => {
            const main = document.querySelector("main");
            const { style } = main;
            [style.transition, style.animation, style.scrollBehavior] = ["color 1s", "spin 1s", "smooth"];
            const { transitionDuration, animationDuration, scrollBehavior } = getComputedStyle(main);
            return [transitionDuration, animationDuration, scrollBehavior];
        }"""
    )
    assert durations == [seconds, seconds, "auto" if wanted == "reduce" else "smooth"]


def test_each_screen_names_the_window(page: Page) -> None:
    for screen in ("Tonight", "Library", "Add", "Lists", "People", "Rank", "Import", "Statistics", "Account"):
        page.get_by_role("link", name=screen, exact=True).first.click()
        heading = page.get_by_role("heading", level=1)
        expect(heading).to_have_text({"Add": "Add a title"}.get(screen, screen))
        expect(page).to_have_title(f"{heading.inner_text()} · movietracker")
        expect(page.locator("main :focus")).to_have_count(1)


def test_trouble_and_its_end_are_announced_once_and_no_sync_is(page: Page, context: BrowserContext) -> None:
    page.evaluate(
        """() => {
            window.told = [];
            const tell = () => told.push(document.querySelector(".status > [role=status]").textContent);
            new MutationObserver(tell).observe(document.querySelector(".status > [role=status]"), {
                childList: true, characterData: true, subtree: true,
            });
        }"""
    )
    sync = page.get_by_role("button", name="Sync now")
    status = page.get_by_role("banner").get_by_text("Synced", exact=True)
    for _ in range(3):
        sync.click()
        expect(status).to_be_visible()
    context.set_offline(True)
    expect(page.get_by_text("Offline", exact=True)).to_be_visible()
    sync.click()
    expect(page.get_by_text("Offline", exact=True)).to_be_visible()
    context.set_offline(False)
    expect(status).to_be_visible()
    assert page.evaluate("told") == [
        "No connection. What you do is kept on this device and sent later.",
        "Connected again. Everything is sent.",
    ]
