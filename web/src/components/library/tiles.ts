/** Which element of a long list shows which title. */

import type { Movie } from "../../sync/records";

/**
 * A title that stays on the screen keeps its tile; one that comes gets the tile of one that has left, since to make
 * and to lay out a new one takes most of the time of scrolling. A tile with the focus goes with its title, so that no
 * key acts on a title that the user did not choose.
 */
export class Tiles {
    /** Tiles by IMDb id, in the order of the page. */
    private tiles = new Map<string, number>();
    private made = 0;

    /** Give each of these titles a tile. */
    show(movies: readonly Movie[]): readonly Movie[] {
        const before = this.tiles;
        const ids = movies.map((movie) => movie.imdb_id);
        const kept = new Set(ids).add(focused());
        const free = [...before].filter(([id]) => !kept.has(id)).map(([, tile]) => tile);
        let next = 0;
        this.tiles = new Map(ids.map((id) => [id, before.get(id) ?? free[next++] ?? this.made++]));
        return movies;
    }

    /** The tile of a title that is shown. */
    of(movie: Movie): number {
        return this.tiles.get(movie.imdb_id)!;
    }
}

/** The title whose tile has the focus, if any. */
function focused(): string {
    return document.activeElement?.closest<HTMLElement>("[data-title]")?.dataset.title ?? "";
}
