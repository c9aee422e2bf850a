/** Where the page was scrolled at each entry of the browser's history: lists are drawn too late for it to do that itself. */

import { stored } from "./stored.svelte";
import { uuid } from "../sync/uuid";

const STORED = "scrolled";
/** How long a list may take until it is long enough, in milliseconds. */
const PATIENCE = 2_000;
/** How many frames a place must last, since the next screen may be shorter. */
const FRAMES = 3;

export class Scrolling {
    private readonly places = new Map<string, number>(JSON.parse(stored(STORED, "sessionStorage") ?? "[]"));
    /** Counts the returns; one ends when the user scrolls, or another begins. */
    private returns = 0;
    private isReturning = false;

    constructor() {
        history.scrollRestoration = "manual";
        if (!here()) history.replaceState(newEntry(), "");
        addEventListener("scroll", () => this.isReturning || this.places.set(here(), scrollY), { passive: true });
        addEventListener("pagehide", () => sessionStorage.setItem(STORED, JSON.stringify([...this.places])));
        for (const type of ["wheel", "touchmove", "pointerdown", "keydown"])
            addEventListener(type, () => this.end(), { passive: true });
        this.comeBack();
    }

    /** Scroll to where the user left the present entry. */
    comeBack(): void {
        const number = ++this.returns;
        const wanted = this.places.get(here()) ?? 0;
        const late = performance.now() + PATIENCE;
        let frames = 0;
        this.isReturning = true;
        const scroll = () => {
            if (number !== this.returns) return;
            frames = Math.abs(scrollY - wanted) < 2 ? frames + 1 : 0;
            if (frames === FRAMES || performance.now() > late) return this.end();
            scrollTo({ top: wanted, behavior: "instant" });
            requestAnimationFrame(scroll);
        };
        scroll();
    }

    /** At a new entry the page begins at its top. */
    begin(): void {
        this.end();
        scrollTo(0, 0);
    }

    private end(): void {
        this.returns++;
        this.isReturning = false;
    }
}

/** What a new entry is called by. */
export function newEntry(): { entry: string } {
    return { entry: uuid() };
}

/** The name of the present entry. */
function here(): string {
    return (history.state as { entry?: string } | null)?.entry ?? "";
}
