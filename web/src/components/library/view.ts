/** What the grid and the table of the library have in common. */

import type { Movie } from "../../sync/records";

export interface ViewProperties {
    movies: readonly Movie[];
    isSelecting: boolean;
    /** IMDb ids. */
    selected: ReadonlySet<string>;
    /** Select a title, or no longer; with `isRange` all from the one before. */
    ontoggle: (index: number, isRange: boolean) => void;
}

/** What the library asks of the grid or the table. */
export interface View {
    /** How many titles the next row is away. */
    step: () => number;
    /** Scroll to a title; afterwards it is in the page. */
    reveal: (index: number, headroom: number) => void;
}
