import { tick } from "svelte";

/** Give the focus to what matches first in a part of the page, once that shows what has just changed. */
export async function focusIn(part: HTMLElement, selector: string): Promise<void> {
    await tick();
    part.querySelector<HTMLElement>(selector)?.focus();
}
