/** What statistics need beside the server's figures. */

import type { components } from "../api/schema";
import type { Movie } from "../sync/records";
import { dayOf, localDay } from "./deeds";

export type Stats = components["schemas"]["Stats"];
export type Highlight = components["schemas"]["Highlight"];

const DAY = 86_400_000;

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
    const asked = localDay(from);
    const first = movie.viewings
        .flatMap((viewing) => dayOf(viewing) ?? [])
        .filter((day) => day.length === asked.length && day >= asked)
        .sort()[0];
    if (first === undefined || (year !== null && Number(first.slice(0, 4)) !== year)) return null;
    return (Date.parse(first) - Date.parse(asked)) / DAY;
}
