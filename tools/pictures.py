"""Take the pictures of the web app in docs/web.md, in Chromium, of the example library.

    python tools/pictures.py

It needs Debian's Chromium and the built page (make web). Posters would need a network and a key, so there are none.
"""

import shutil
import sys
import tempfile
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, BrowserContext, Page, expect, sync_playwright

ROOT = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT), str(ROOT / "tests")]

from support.serving import Serving, serving  # noqa: E402 - of the tests' folder

from movietracker.cli.serve import OWNER_EMAIL  # noqa: E402

PICTURES = ROOT / "docs" / "pictures"
FLAGS = ("--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking", "--disable-sync")
SCREENS = {
    "tonight": "/tonight",
    "library": "/library",
    "title": "/title/tt0034583",
    "people": "/people",
    "statistics": "/stats",
    "year": f"/stats/{datetime.now(UTC).year - 1}",
}
# The example and the generated password are told of in the same place on every screen.
NO_NOTICES = "main > section:is([aria-label='Example library'], [aria-label='Password']) { display: none }"
QUALITY = 85
DEVICES = (("light", 1200, 800, tuple(SCREENS)), ("dark", 390, 800, ("library",)))


def main() -> None:
    """Take them all."""
    PICTURES.mkdir(exist_ok=True)
    settings = {"METADATA_PROVIDERS": "offline"}
    with tempfile.TemporaryDirectory() as folder, serving(Path(folder), "--workers", "1", settings=settings) as server:
        take_all(server)


def take_all(server: Serving) -> None:
    """Take them of a server that has never run before."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=FLAGS)
        for scheme, width, height, names in DEVICES:
            context = context_of(browser, server, scheme, (width, height))
            page = log_in(context, server)
            for name in names:
                take(page, name, PICTURES / f"{name}-{scheme}.jpg")
            context.close()
        browser.close()


def context_of(browser: Browser, server: Serving, scheme: Any, size: tuple[int, int]) -> BrowserContext:
    """A browser's profile of a device, of a size in pixels."""
    viewport: Any = {"width": size[0], "height": size[1]}
    # The policy of the page would refuse NO_NOTICES, too.
    options: Any = {"color_scheme": scheme, "locale": "en-US", "bypass_csp": True}
    return browser.new_context(base_url=server.url, viewport=viewport, **options)


def log_in(context: BrowserContext, server: Serving) -> Page:
    """The owner's page with the example in it."""
    page = context.new_page()
    page.goto("/")
    page.get_by_label("Email").fill(OWNER_EMAIL)
    page.get_by_label("Password").fill(server.password)
    page.get_by_role("button", name="Log in").click()
    load, loaded = (page.get_by_role("button", name=f"{each} the example") for each in ("Load", "Remove"))
    expect(load.or_(loaded)).to_be_enabled()
    if load.is_visible():
        load.click()
    expect(loaded).to_be_enabled(timeout=30_000)
    return page


def take(page: Page, name: str, path: Path) -> None:
    """Take the picture of one screen."""
    page.goto(SCREENS[name])
    page.get_by_role("heading", level=1).wait_for()
    page.wait_for_load_state("networkidle")
    page.screenshot(path=path, type="jpeg", quality=QUALITY, style=NO_NOTICES)


if __name__ == "__main__":
    main()
