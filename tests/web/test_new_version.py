"""A newer version of the page on the server, which another one shows that is open."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import BrowserContext, Page, expect
from support.serving import Serving, serving

from .conftest import SETTINGS, STATIC, log_in, new_user, port_of
from .inspection import PHONE, show

NEWER = "A new version of movietracker is here."


@pytest.fixture
def service_worker() -> bool:
    return True


@pytest.fixture
def static(tmp_path: Path) -> Path:
    """The built page, in a folder in which a test may change it."""
    return Path(shutil.copytree(STATIC, tmp_path / "static"))


@pytest.fixture
def server(tmp_path: Path, static: Path) -> Iterator[Serving]:
    (tmp_path / "folder").mkdir()
    with serving(tmp_path / "folder", "--workers", "1", settings=SETTINGS | {"WEB_ROOT": str(static)}) as server:
        yield server


@pytest.fixture
def page(context: BrowserContext, server: Serving) -> Page:
    page = context.new_page()
    log_in(page, new_user(port_of(server)))
    return page


def meet_a_newer_version(page: Page, static: Path) -> None:
    page.evaluate("navigator.serviceWorker.ready")
    with (static / "sw.js").open("a") as script:
        script.write("\n// newer\n")
    page.reload()
    expect(page.get_by_text(NEWER)).to_be_visible()


def test_a_newer_version_can_wait_until_the_page_is_loaded_again(page: Page, static: Path) -> None:
    meet_a_newer_version(page, static)
    page.get_by_role("button", name="Later").click()
    expect(page.get_by_text(NEWER)).to_be_hidden()
    page.reload()
    expect(page.get_by_text(NEWER)).to_be_visible()


def test_all_tabs_load_a_newer_version_also_that_of_the_first_visit(
    page: Page, context: BrowserContext, static: Path
) -> None:
    page.wait_for_function("navigator.serviceWorker.controller !== null")
    other = context.new_page()
    other.goto("/")
    meet_a_newer_version(other, static)
    for tab in (page, other):
        tab.evaluate("() => { window.isOld = true; }")
    page.get_by_role("button", name="Load it").click()
    for tab in (page, other):
        tab.wait_for_function("() => !window.isOld")


def test_a_newer_version_is_told_of_beside_the_navigation_of_a_phone(page: Page, static: Path) -> None:
    show(page, PHONE)
    meet_a_newer_version(page, static)
    page.get_by_text("More", exact=True).click()
    expect(page.get_by_role("link", name="Statistics")).to_be_visible()
