/** The viewings of a movie as the user sees them: what queued actions make of them. */

import { type Data, type Movie, NoEffect, type Viewing } from "./records";

const DAY = 86_400;
const BLANK = { watched_on: null, watched_at: null, rating: null, note: null };
export const CONTENT = Object.keys(BLANK) as (keyof typeof BLANK)[];

/** Add a viewing, unless it is there. */
export function addViewing(movie: Movie, data: Data, at: number): void {
    if (movie.viewings.some((each) => each.id === data.id)) return;
    const made: Viewing = { ...BLANK, id: data.id as string, source: null, created_at: at };
    movie.viewings.push(made);
    Object.assign(movie, { status: "watched", custom_list_id: null });
    changeViewing(movie, made, data);
}

/** Change the newest viewing, or add one; the server chooses its id, so until it is pulled it has none. */
export function watch(movie: Movie, date: number | null, rating: number | null, at: number): void {
    let newest = movie.viewings[0];
    const day = Math.floor((date ?? at) / DAY);
    if (!newest || (movie.status !== "watched" && Math.floor(moment(newest) / DAY) !== day)) {
        newest = { ...BLANK, id: null, source: null, watched_at: date ?? at, created_at: at };
        movie.viewings.push(newest);
    }
    Object.assign(movie, { status: "watched", custom_list_id: null, my_rating: rating ?? movie.my_rating });
    changeViewing(movie, newest, { ...(date !== null && { watched_at: date }), ...(rating !== null && { rating }) });
}

/** Change a viewing; a rating given with the newest one is the movie's as well. */
export function changeViewing(movie: Movie, viewing: Viewing, data: Data): void {
    sayOf(viewing, data);
    movie.viewings.sort(
        (a, b) => moment(b) - moment(a) || b.created_at - a.created_at || ((a.id ?? "") < (b.id ?? "") ? 1 : -1),
    );
    if (data.rating != null && movie.viewings[0] === viewing) movie.my_rating = data.rating as number;
}

/** A date that is said alone replaces another; throws NoEffect for two that contradict each other. */
export function sayOf(viewing: Viewing, data: Data): void {
    const after = { ...viewing };
    for (const name of CONTENT) if (name in data) Object.assign(after, { [name]: data[name] });
    after.note = after.note?.trim() || null;
    if (contradicts(after)) {
        if (data.watched_on != null && data.watched_at != null) throw new NoEffect("the dates contradict each other");
        if (data.watched_on == null) after.watched_on = null;
        else after.watched_at = null;
    }
    Object.assign(viewing, after);
}

/** When a viewing was, as far as it is known (Unix seconds): noon UTC of the first day that it can have been. */
export function moment(viewing: Viewing): number {
    if (viewing.watched_at !== null || viewing.watched_on === null) return viewing.watched_at ?? viewing.created_at;
    const [year = 1970, month = 1, day = 1] = viewing.watched_on.split("-").map(Number);
    return Date.UTC(year, month - 1, day, 12) / 1000;
}

function contradicts({ watched_on: date, watched_at: at }: Viewing): boolean {
    if (date === null || at === null) return false;
    const [first, last] = [-12, 14].map((zone) =>
        new Date((at + 3600 * zone) * 1000).toISOString().slice(0, date.length),
    );
    return date < first! || date > last!;
}

/** What older clients read of viewings; shown as the server makes it. */
export function showWatchRecord(movie: Movie): void {
    const newest = movie.viewings[0];
    const { imdb_id, user_id, my_rating } = movie;
    movie.watch_history =
        newest && my_rating !== null ? { imdb_id, user_id, date_watched: moment(newest), my_rating } : null;
}
