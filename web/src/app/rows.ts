/** Rows of a screen between which the keys move the focus; the link that leads on from a row has `data-row`. */

import type { Keys } from "./keys";

export const ROW_KEYS: Keys = { j: () => move(1), k: () => move(-1) };

function move(by: number): void {
    const links = [...document.querySelectorAll<HTMLElement>("main [data-row]")];
    const here = links.findIndex((link) => link === document.activeElement || isBeside(link));
    const wanted = here < 0 ? 0 : Math.min(Math.max(0, here + by), links.length - 1);
    links[wanted]?.focus();
}

/** Whether something else in the same row has the focus. */
function isBeside(link: HTMLElement): boolean {
    return link.closest("li")?.contains(document.activeElement) ?? false;
}
