/** Which rows of a long list are on the screen, so that only those are in the page. */

import { untrack } from "svelte";

/** Rows beyond the edges of the screen that are there before one scrolls to them. */
const MORE = 2;
/** Milliseconds after which one who jumped through the list is taken to stay. */
const REST = 100;

export interface Shape {
    rows: number;
    /** In pixels; all rows are as high. */
    height: number;
}

export class Viewport {
    first = $state(0);
    /** The row after the last one. */
    end = $state(0);
    private rest: ReturnType<typeof setTimeout> | undefined;

    constructor(
        private readonly element: () => HTMLElement | undefined,
        private readonly shape: () => Shape,
    ) {
        $effect(() => {
            void this.shape();
            untrack(() => this.measure());
        });
        $effect(() => {
            const measure = () => this.measure();
            addEventListener("scroll", measure, { passive: true });
            addEventListener("resize", measure, { passive: true });
            return () => {
                removeEventListener("scroll", measure);
                removeEventListener("resize", measure);
                clearTimeout(this.rest);
            };
        });
    }

    measure(): void {
        const { rows, height } = this.shape();
        const element = this.element();
        if (!element || !height) return;
        const top = element.getBoundingClientRect().top;
        const first = Math.floor(-top / height);
        const onScreen = Math.ceil(innerHeight / height) + 1;
        const isJump = first > this.end || first + onScreen < this.first;
        const more = isJump ? 0 : MORE; // who drags the scrollbar sees other rows in each frame
        this.first = Math.max(0, Math.min(first - more, rows - onScreen));
        this.end = Math.max(0, Math.min(first + onScreen + more, rows));
        clearTimeout(this.rest);
        if (isJump) this.rest = setTimeout(() => this.measure(), REST);
    }

    /** Scroll as little as needed to have a row wholly below the page's header and above the end of the screen. */
    reveal(row: number, headroom: number): void {
        const element = this.element();
        if (!element) return;
        const { height } = this.shape();
        const top = element.getBoundingClientRect().top + row * height;
        if (top < headroom) scrollBy({ top: top - headroom, behavior: "instant" });
        else if (top + height > innerHeight) scrollBy({ top: top + height - innerHeight, behavior: "instant" });
        this.measure();
    }
}
