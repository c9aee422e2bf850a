/** The title that has the focus in a grid or a table, and the keys that go on from it. */

import { tick } from "svelte";
import type { View } from "../components/library/view";
import type { Movie } from "../sync/records";
import { like, markWatched } from "./deeds";
import type { Keys } from "./keys";

/** Space for what sticks to the top of the page. */
const HEADROOM = 140;

export class Cursor {
    /** Where the focus was last. */
    last = 0;

    constructor(
        private readonly movies: () => readonly Movie[],
        private readonly view: () => View | undefined,
    ) {}

    get keys(): Keys {
        return {
            j: () => void this.move(1),
            k: () => void this.move(-1),
            w: () => void this.act(markWatched),
            l: () => void this.act((movie) => like(movie, !movie.liked)),
        };
    }

    /** The place of the title that has the focus. */
    current(): number | null {
        const index = document.activeElement?.closest<HTMLElement>("[data-index]")?.dataset.index;
        return index === undefined ? null : Number(index);
    }

    /** Do something to the title that has the focus; if it goes, the next one has it. */
    async act(deed: (movie: Movie) => unknown): Promise<void> {
        const place = this.current();
        const movie = place === null ? undefined : this.movies()[place];
        if (!movie) return;
        const kept = deed(movie);
        await tick(); // it is shown before the device has kept it
        const isElsewhere = document.querySelector("dialog[open]") !== null;
        if (!isElsewhere && this.current() === null && this.movies().length) await this.focus(place!);
        await kept;
    }

    private async move(by: number): Promise<void> {
        const here = this.current();
        if (this.movies().length) await this.focus(here === null ? this.last : here + by);
        this.last = this.current() ?? 0;
    }

    private async focus(index: number): Promise<void> {
        const place = Math.min(Math.max(0, index), this.movies().length - 1);
        this.view()?.reveal(place, HEADROOM);
        await tick();
        document.querySelector<HTMLElement>(`[data-index="${place}"] a`)?.focus({ preventScroll: true });
    }
}
