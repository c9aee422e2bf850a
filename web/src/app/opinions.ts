/** How well the user liked what they watched, as the server reckons it (docs/trust.md), so that it works offline. */

import { inOrder } from "../sync/ranking";
import type { Movie } from "../sync/records";

const FEW_OPINIONS = 8;
const LIKED_RATING = 7;

export interface Opinion {
    /** The score of its place in the ranking, else the rating, else nothing but a like. */
    value: number | null;
    liked: boolean;
}

/** Whether the user has seen it, which they may want to again. */
export function isWatched(movie: Movie): boolean {
    return movie.status === "watched" || (movie.status !== "deleted" && movie.viewings.length > 0);
}

export function isToWatch(movie: Movie): boolean {
    return movie.status === "toWatch" || (movie.status === "custom" && !movie.viewings.length);
}

/** The score of a place in a group of the ranking; places begin at 1. */
export function scoreOf(place: number, count: number, liked: boolean): number {
    return liked ? 10 - ((place - 1) * 5) / count : 5 - ((place - 1) * 4) / count;
}

/** Opinions on watched titles, by IMDb id; a title counts by its place among all of them. */
export function opinionsOf(movies: Iterable<Movie>): Map<string, Opinion> {
    const watched = [...movies].filter(isWatched);
    const values = new Map<string, number>();
    for (const movie of watched) if (movie.my_rating !== null) values.set(movie.imdb_id, movie.my_rating);
    for (const liked of [true, false]) {
        const group = inOrder(watched, liked);
        group.forEach((movie, at) => values.set(movie.imdb_id, scoreOf(at + 1, group.length, liked)));
    }
    const inRow = [...values.values()].sort((a, b) => a - b);
    const opinions = new Map<string, Opinion>();
    for (const movie of watched) {
        const value = values.get(movie.imdb_id);
        if (value !== undefined) opinions.set(movie.imdb_id, { value, liked: isLiked(movie, value, inRow) });
        else if (movie.liked) opinions.set(movie.imdb_id, { value: null, liked: true });
    }
    return opinions;
}

function isLiked(movie: Movie, value: number, inRow: number[]): boolean {
    if (inRow.length < FEW_OPINIONS) return movie.ranking?.liked ?? value >= LIKED_RATING;
    const [below, upTo] = [firstNotBelow(inRow, value, false), firstNotBelow(inRow, value, true)];
    return below + (upTo - below - 1) / 2 > (inRow.length - 1) / 2;
}

/** Where a value begins in a sorted row, or ends. */
function firstNotBelow(row: number[], value: number, orEqual: boolean): number {
    let [low, high] = [0, row.length];
    while (low < high) {
        const middle = (low + high) >> 1;
        if (row[middle]! < value || (orEqual && row[middle] === value)) low = middle + 1;
        else high = middle;
    }
    return low;
}
