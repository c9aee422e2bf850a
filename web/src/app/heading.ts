/** A screen is named by its heading: in the title of the window, and by the focus, which screen readers follow. */

import type { Attachment } from "svelte/attachments";
import { t } from "../i18n/index.svelte";

/** Keeps the title of the window equal to the first heading in an element. */
export const titled: Attachment = (element) => {
    const tell = () => {
        const heading = element.querySelector("h1")?.textContent?.replace(/\s+/g, " ").trim();
        const title = [heading, t("app.name")].filter((each, place, all) => each && all.indexOf(each) === place);
        if (document.title !== title.join(" · ")) document.title = title.join(" · ");
    };
    const observer = new MutationObserver(tell);
    observer.observe(element, { childList: true, characterData: true, subtree: true });
    tell();
    return () => observer.disconnect();
};

/** Put the focus on the heading of the screen, or of a part of it, for when what had it is gone. */
export function focusHeading(heading = document.querySelector<HTMLElement>("main h1")): void {
    if (!heading) return;
    heading.tabIndex = -1;
    heading.focus({ preventScroll: true });
}

/** Put the focus on the heading of a new screen, unless the screen has put it elsewhere by itself. */
export function focusScreen(): void {
    if (!document.querySelector("main")?.contains(document.activeElement)) focusHeading();
}

/** Put the focus on the heading of the part around whatever has it when that goes or is disabled, until then. */
export function keepFocus(): () => void {
    let had: Element | null = null;
    let around: Element[] = [];
    const isLost = (element: Element) => !element.isConnected || element.matches(":disabled");
    const listening = new AbortController();
    addEventListener(
        "focusin",
        ({ target }) => {
            [had, around] = [target as Element, []];
            for (let each = had.parentElement; each; each = each.parentElement) around.push(each);
        },
        listening,
    );
    // Where the user leaves it by themselves, as by a click beside it, nothing is lost.
    addEventListener("focusout", ({ target }) => setTimeout(() => had === target && !isLost(had!) && (had = null)), {
        signal: listening.signal,
    });
    const observer = new MutationObserver(() => {
        if (!had || !isLost(had)) return;
        // Whoever takes it away may put the focus elsewhere first.
        setTimeout(() => {
            if (!had || !isLost(had) || ![had, document.body].includes(document.activeElement!)) return;
            const part = around.find((each) => each.isConnected && each.querySelector("h1, h2, h3"));
            focusHeading(part?.querySelector<HTMLElement>("h1, h2, h3"));
        });
    });
    observer.observe(document.body, { childList: true, subtree: true, attributeFilter: ["disabled"] });
    return () => (observer.disconnect(), listening.abort());
}
