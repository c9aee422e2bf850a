"""How fast the web app is in Chromium with a large library, in milliseconds.

    python benchmarks/web_bench.py [--sizes 2000 20000] [--times 5]

For each size it builds a library, starts the server and logs in a browser, which pulls everything. It measures this
first sync; the start from the server (no service worker) and from the service worker without a network, until the
titles can be used; a status change by the keyboard, until it is painted and until it is kept; and the longest task of
the page while the library is scrolled, with flings and by dragging the scrollbar through all of it. Tasks are also told
in CPU time, which other programs on the machine hardly change. Each target of the web app is told as kept or missed.
It needs Debian's Chromium and the built page (make web).
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import shutil
import statistics
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import date
from typing import Any, TypeVar

from driving import PROGRAM, serving
from playwright.sync_api import Browser, Page, sync_playwright
from requests_bench import EMAIL, PASSWORD, library

FLAGS = ("--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-component-update", "--disable-sync")

# After the frame in which the titles are there.
READY = """() => new Promise((resolve) => {
    const look = () => document.querySelector("[data-index] a")
        ? requestAnimationFrame(() => setTimeout(() => resolve(performance.now()))) : setTimeout(look, 2);
    look();
})"""
# From the key to the end of the frame in which the title has left the list, and until the device has kept it.
CHANGE = """() => new Promise((resolve, reject) => {
    const title = document.querySelector("[data-index] a");
    const before = title.href;
    title.focus();
    requestAnimationFrame(() => {
        const begun = performance.now();
        title.dispatchEvent(new KeyboardEvent("keydown", { key: "w", bubbles: true }));
        setTimeout(() => {
            const painted = performance.now() - begun;
            if (document.querySelector("[data-index] a").href === before) reject(new Error("not in this frame"));
            const look = () => document.querySelector(".toast.shown")
                ? resolve([painted, performance.now() - begun]) : setTimeout(look, 1);
            look();
        });
    });
})"""
# In so many frames by so many pixels, or through all.
SCROLL = """async ([frames, pixels]) => {
    const by = pixels ?? document.documentElement.scrollHeight / frames;
    scrollTo(0, 0);
    for (let n = 1; n <= frames; n++) {
        scrollTo(0, n * by);
        await new Promise(requestAnimationFrame);
    }
    await new Promise((resolve) => setTimeout(resolve, 300));
}"""
DRAG = [300, None]
FLING = [300, 600]

FIRST, OFFLINE, SERVER = "login and first sync", "start without a network", "start from a warm server"
PAINTED, KEPT = "status change, painted", "status change, kept on the device"
FRAME = 1000 / 60
# The most that a figure may be, where it has a target.
TARGETS = {
    (SERVER, 2_000): 1_000.0,
    (OFFLINE, 2_000): 300.0,
    (f"{PAINTED}, CPU", 2_000): FRAME,
    (f"{PAINTED}, CPU", 20_000): FRAME,
    ("fling: longest task, CPU", 20_000): 50.0,
    ("drag: longest task, CPU", 20_000): 50.0,
}


Figure = TypeVar("Figure")


def tasks_of(trace: dict[str, Any]) -> list[tuple[float, float]]:
    """Of each task of the page's main thread, the time from its begin to its end and its CPU time (milliseconds)."""
    events = trace["traceEvents"]
    named = [each for each in events if each["name"] == "thread_name"]
    pages = {(each["pid"], each["tid"]) for each in named if each["args"]["name"] == "CrRendererMain"}
    tasks = [each for each in events if each["name"].endswith("RunTask") and (each["pid"], each["tid"]) in pages]
    return [(each["dur"] / 1000, each.get("tdur", each["dur"]) / 1000) for each in tasks if "dur" in each]


class Bench:
    """The figures of one size."""

    def __init__(self, browser: Browser, origin: str, times: int) -> None:
        self._browser, self._origin, self._times = browser, origin, times
        self.rows: list[tuple[str, float, float]] = []

    def run(self) -> None:
        """Measure everything."""
        with self._device("allow") as page:
            context = page.context
            page.evaluate("navigator.serviceWorker.ready")
            page.wait_for_function("navigator.serviceWorker.controller !== null")
            self._start(page)
            page.evaluate("new Promise((resolve) => requestIdleCallback(resolve))")  # search prepares itself until then
            page.wait_for_timeout(1_000)
            self._scroll(page, "fling", FLING)
            self._scroll(page, "drag", DRAG)
            context.set_offline(True)
            self._note(OFFLINE, self._repeat(lambda: self._start(page)))
            changes = self._repeat(lambda: self._change(page))
            for name, figures in zip((PAINTED, f"{PAINTED}, CPU", KEPT), zip(*changes, strict=True), strict=True):
                self._note(name, list(figures))
        with self._device("block") as page:
            self._note(SERVER, self._repeat(lambda: self._start(page)))

    @contextmanager
    def _device(self, workers: str) -> Iterator[Page]:
        """A browser profile that has logged in and pulled everything."""
        context = self._browser.new_context(base_url=self._origin, service_workers=workers, locale="en-US")  # type: ignore[arg-type]
        context.set_default_timeout(180_000)
        page = context.new_page()
        page.goto("/library")
        page.get_by_label("Email").fill(EMAIL)
        page.get_by_label("Password").fill(PASSWORD)
        begun = time.perf_counter()
        page.get_by_role("button", name="Log in").click()
        page.evaluate(READY)
        if workers == "allow":
            self._note(FIRST, [1000 * (time.perf_counter() - begun)])
        yield page
        context.close()

    def _start(self, page: Page) -> float:
        page.goto("/library", wait_until="commit")
        return float(page.evaluate(READY))

    def _change(self, page: Page) -> tuple[float, float, float]:
        page.goto("/library?status=toWatch")
        page.evaluate(READY)
        page.wait_for_timeout(500)
        self._browser.start_tracing(page=page, categories=["toplevel", "__metadata"])
        painted, kept = page.evaluate(CHANGE)
        cpu = max(cpu for _, cpu in tasks_of(json.loads(self._browser.stop_tracing())))
        return painted, cpu, kept

    def _scroll(self, page: Page, way: str, how: Sequence[int | None]) -> None:
        self._browser.start_tracing(page=page, categories=["toplevel", "__metadata"])
        page.evaluate(SCROLL, how)
        tasks = tasks_of(json.loads(self._browser.stop_tracing()))
        self._note(f"{way}: longest task", [max(wall for wall, _ in tasks)])
        self._note(f"{way}: longest task, CPU", [max(cpu for _, cpu in tasks)])

    def _repeat(self, once: Callable[[], Figure]) -> list[Figure]:
        once()
        return [once() for _ in range(self._times)]

    def _note(self, name: str, figures: list[float]) -> None:
        self.rows.append((name, statistics.median(figures), max(figures)))


def main() -> None:
    """Run it from the shell."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sizes", type=int, nargs="*", default=[2_000, 20_000])
    parser.add_argument("--times", type=int, default=5)
    options = parser.parse_args()
    print(f"Milliseconds, {date.today()}, {os.cpu_count()} cores, {platform.machine()}\n")
    print("| web app | titles | median | maximum | target | | load |\n| --- | ---: | ---: | ---: | ---: | --- | ---: |")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=FLAGS)
        for size in options.sizes:
            with library(size) as folder, serving([*PROGRAM, "serve", "--workers", "1"], folder) as server:
                bench = Bench(browser, f"http://127.0.0.1:{server.port}", options.times)
                bench.run()
            for name, median, most in bench.rows:
                target = TARGETS.get((name, size))
                verdict = "| " if target is None else f"{target:.0f} | {'kept' if median <= target else 'MISSED'}"
                row = f"| {name} | {size:,} | {median:.1f} | {most:.1f} | {verdict} | {os.getloadavg()[0]:.1f} |"
                print(row, flush=True)
        browser.close()


if __name__ == "__main__":
    main()
