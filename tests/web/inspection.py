"""What programs can find against a screen: axe's rules, targets that are too small, and what is cut off or scrolls."""

from pathlib import Path

from playwright.sync_api import Page, expect

AXE = Path(__file__).parents[2] / "web" / "node_modules" / "axe-core" / "axe.min.js"
DESKTOP = (1280, 800)
PHONE = (390, 800)
NARROW = (320, 640)
TABLET = (1024, 768)
LAPTOP = (1125, 700)
_TEXT_PIXELS = 16
"""As browsers have it unless the user wants it larger."""

_AXE = """async () => {
    const tags = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"];
    const { violations } = await axe.run(document, { runOnly: tags });
    return violations.flatMap(({ id, nodes }) =>
        nodes.map(({ target, failureSummary }) => `${id}: ${target.join(" ")}: ${failureSummary}`));
}"""

# A link within a sentence may be as high as its line, and what is beside an equal target and not focused is no target.
_SMALL_TARGETS = """() => {
    const LEAST = 23.95; // of 24, with the errors of fractions
    const isInSentence = (element) =>
        element.tagName === "A" && getComputedStyle(element).display === "inline" &&
        [...element.closest("p, li, td, blockquote").childNodes].some(
            (node) => node.nodeType === Node.TEXT_NODE && node.textContent.trim());
    const boxOf = (element) => {
        const label = element.matches("input, select, textarea") ? element.labels[0] : null;
        const boxes = [element, label].filter(Boolean).map((each) => each.getBoundingClientRect());
        const whole = (low, high) => Math.max(...boxes.map((b) => b[high])) - Math.min(...boxes.map((b) => b[low]));
        return { width: whole("left", "right"), height: whole("top", "bottom") };
    };
    const scope = document.querySelector("dialog[open]") ?? document;
    return [...scope.querySelectorAll("a[href], button, input, select, textarea, summary")]
        .filter((each) => each.checkVisibility() && each.tabIndex >= 0 && !each.matches(".skip:not(:focus)"))
        .filter((each) => !(each.tagName === "A" && each.closest("p, li, td, blockquote") && isInSentence(each)))
        .map((each) => ({ each, ...boxOf(each) }))
        .filter(({ width, height }) => width < LEAST || height < LEAST)
        .map(({ each, width, height }) =>
            `target of ${width.toFixed(1)} x ${height.toFixed(1)}: ${each.outerHTML.slice(0, 160)}`);
}"""

_OVERFLOWING = """() => {
    const scope = document.querySelector("dialog[open]") ?? document.scrollingElement;
    if (scope.scrollWidth <= scope.clientWidth) return [];
    const edge = scope.getBoundingClientRect().left + scope.clientWidth;
    const beyond = [...scope.querySelectorAll(":is(main, header, dialog) *")]
        .filter((each) => each.getBoundingClientRect().right > edge + 1)
        .map((each) => each.outerHTML.slice(0, 120));
    return [`${scope.scrollWidth} wide at ${scope.clientWidth}: ${beyond.slice(0, 3).join(" ... ")}`];
}"""

_COVERED = """(within) => [...document.querySelectorAll(`:is(${within}) :is(a[href], button, input, select, summary)`)]
    .filter((each) => each.checkVisibility())
    .flatMap((each) => {
        const { left, top, width, height } = each.getBoundingClientRect();
        const front = document.elementFromPoint(left + width / 2, top + height / 2);
        return each.contains(front) ? [] : [`${front?.outerHTML.slice(0, 80)} covers ${each.outerHTML}`];
    })"""

# Names may be longer than the longest word of a language, as may addresses, and then they may break anywhere.
_BROKEN_WORDS = """() => {
    const LONGEST = 24;
    const scope = document.querySelector("dialog[open]") ?? document.body;
    const texts = document.createTreeWalker(scope, NodeFilter.SHOW_TEXT);
    const found = [];
    for (let text = texts.nextNode(); text; text = texts.nextNode()) {
        if (!text.parentElement.checkVisibility() || text.parentElement.closest(".hidden, select")) continue;
        for (const { 0: word, index } of text.data.matchAll(/[\\p{L}\\p{M}\\p{N}.,%\\u00a0\\u202f]+/gu)) {
            const [before, after] = [text.data.slice(0, index), text.data.slice(index)];
            const whole = before.match(/[^ \\n]*$/)[0] + after.match(/^[^ \\n]*/)[0];
            const range = new Range();
            range.setStart(text, index);
            range.setEnd(text, index + word.length);
            const lines = new Set([...range.getClientRects()].map(({ top }) => Math.round(top)));
            if (whole.length < LONGEST && lines.size > 1)
                found.push(`broken: ${word} in ${text.data.trim().slice(0, 60)}`);
        }
    }
    return found;
}"""


COUNT_REQUESTS = """{
    const { fetch } = window;
    window.pending = 0;
    window.fetch = (...given) => (window.pending++, fetch(...given).finally(() => window.pending--));
}"""

_REST = """() => new Promise((resolve) => {
    let busy = performance.now();
    const look = () => {
        if (window.pending) busy = performance.now();
        if (performance.now() - busy > 200) resolve();
        else requestAnimationFrame(look);
    };
    look();
})"""


def settle(page: Page) -> None:
    """Wait until the screen is there, with what it asks the server for if COUNT_REQUESTS is in the page."""
    expect(page.get_by_role("heading", level=1)).to_have_count(1)
    page.evaluate(_REST)  # Playwright's "networkidle" takes half a second


def show(page: Page, size: tuple[int, int]) -> None:
    """Give the page a size."""
    page.set_viewport_size({"width": size[0], "height": size[1]})


def axe_findings(page: Page) -> list[str]:
    """What axe has against the screen as it is."""
    return page.evaluate(_AXE)  # type: ignore[no-any-return]


def small_targets(page: Page) -> list[str]:
    """What can be pressed and is smaller than 24 pixels."""
    return page.evaluate(_SMALL_TARGETS)  # type: ignore[no-any-return]


def overflow(page: Page) -> list[str]:
    """What makes the page, or the dialog on it, scroll sideways."""
    return page.evaluate(_OVERFLOWING)  # type: ignore[no-any-return]


def misfits(page: Page) -> list[str]:
    """What is too wide: it makes the page scroll sideways, or breaks a word of a usual length."""
    return [*overflow(page), *page.evaluate(_BROKEN_WORDS)]


def covered(page: Page, within: str) -> list[str]:
    """What can be pressed within some elements, and has something else in front of its middle."""
    return page.evaluate(_COVERED, within)  # type: ignore[no-any-return]


def inspect(page: Page) -> list[str]:
    """All findings: light on a desktop, dark on a phone, 320 pixels wide, and with text twice as large."""
    found = []
    for scheme, size in (("light", DESKTOP), ("dark", PHONE)):
        page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
        show(page, size)
        where = f"{scheme}, {size[0]} px"
        found += [f"{where}: {each}" for each in (*axe_findings(page), *small_targets(page), *misfits(page))]
    show(page, NARROW)
    found += misfits(page)
    show(page, DESKTOP)
    settings = page.context.new_cdp_session(page)
    settings.send("Page.setFontSizes", {"fontSizes": {"standard": 2 * _TEXT_PIXELS}})
    found += [f"with large text: {each}" for each in overflow(page)]
    settings.send("Page.setFontSizes", {"fontSizes": {"standard": _TEXT_PIXELS}})
    settings.detach()
    page.emulate_media(color_scheme="light")
    return found
