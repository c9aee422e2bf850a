/** What statistics need beside the server's figures. */

import type { components } from "../api/schema";
import type { Movie, Viewing } from "../sync/records";
import { moment } from "../sync/viewings";

export type Stats = components["schemas"]["Stats"];
export type Highlight = components["schemas"]["Highlight"];

const DAY = 86_400;

/** The most days of each group; what takes longer is in one more. */
export const WAITS = [1, 7, 30, 90, 365] as const;

/** Where the server tells the figures of all years, or of one. */
export function statsAddress(year: string | null): string {
    const tz = Intl.DateTimeFormat().resolvedOptions().timeZone;
    return `/api/stats?${new URLSearchParams({ ...(year && { year }), tz })}`;
}

/** How many recommended titles were watched within each of the WAITS, and later; of viewings in a year, or all. */
export function waitsOf(movies: Iterable<Movie>, year: number | null): number[] {
    const counts = new Array<number>(WAITS.length + 1).fill(0);
    for (const movie of movies)
        for (const vote of movie.recommendations) {
            const days = vote.vote_type && daysUntilWatched(movie, vote.date_recommended, year);
            if (typeof days === "number") {
                const at = WAITS.findIndex((most) => days <= most);
                counts[at < 0 ? WAITS.length : at]!++;
            }
        }
    return counts;
}

function daysUntilWatched(movie: Movie, from: number, year: number | null): number | null {
    const first = movie.viewings
        .filter(hasDay)
        .map(moment)
        .filter((at) => dayOf(at) >= dayOf(from))
        .sort((a, b) => a - b)[0];
    if (first === undefined || (year !== null && new Date(first * 1000).getFullYear() !== year)) return null;
    return dayOf(first) - dayOf(from);
}

function hasDay({ watched_at, watched_on }: Viewing): boolean {
    return watched_at !== null || watched_on?.length === 10;
}

function dayOf(at: number): number {
    return Math.floor(at / DAY);
}
