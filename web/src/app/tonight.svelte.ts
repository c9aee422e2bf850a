/** What may be watched tonight: filters, what was put off until tomorrow, and an order that needs no server. */

import { createSubscriber } from "svelte/reactivity";
import type { Library } from "../sync/library";
import type { Movie } from "../sync/records";
import { factsOf } from "./facts";
import { isToWatch } from "./opinions";
import { recommendersOf } from "./people";
import { Stored } from "./stored.svelte";
import { genresOf } from "./titles";

export interface Filters {
    genre: string;
    list: string;
    person: string;
    media_type: string;
    max_runtime: string;
}

const MOST = 100;

export function filtersIn(query: URLSearchParams): Filters {
    const of = (name: string) => query.get(name) ?? "";
    return {
        genre: of("genre"),
        list: of("list"),
        person: of("person"),
        media_type: of("media_type"),
        max_runtime: of("max_runtime"),
    };
}

export const NO_FILTERS = filtersIn(new URLSearchParams());

/** Where the server tells how well one title matches; an empty answer if it is not to be watched. */
export function matchAddress(imdbId: string): string {
    return `/api/queue?${new URLSearchParams({ imdb_id: imdbId })}`;
}

/** Where the server tells what to watch next. */
export function queueAddress(filters: Filters): string {
    const given = Object.entries(filters).filter(([, value]) => value);
    return `/api/queue?${new URLSearchParams([...given, ["limit", String(MOST)]])}`;
}

/** The titles to watch by how many trusted people recommended them, then by how many did at all. */
export function watchlist(library: Library, filters: Filters): Movie[] {
    const worth = (movie: Movie) => {
        const people = recommendersOf(movie, library);
        const warnings = movie.recommendations.filter((vote) => !vote.vote_type).length;
        return people.filter((each) => each.is_trusted).length * 1000 + people.length - warnings;
    };
    return [...library.movies.values()]
        .filter((movie) => isToWatch(movie) && fits(movie, filters))
        .map((movie) => ({ movie, worth: worth(movie) }))
        .sort((a, b) => b.worth - a.worth || (factsOf(a.movie).title < factsOf(b.movie).title ? -1 : 1))
        .slice(0, MOST)
        .map(({ movie }) => movie);
}

function fits(movie: Movie, { genre, list, person, media_type, max_runtime }: Filters): boolean {
    const minutes = runtimeOf(movie);
    return (
        (!genre || genresOf(movie).includes(genre)) &&
        (!list || movie.custom_list_id === list) &&
        (!person || movie.recommendations.some((vote) => vote.vote_type && vote.person_name === person)) &&
        (!media_type || movie.media_type === media_type) &&
        (!max_runtime || (minutes !== null && minutes <= Number(max_runtime)))
    );
}

/** Minutes, of a series those of an episode; null if not known. */
export function runtimeOf(movie: Movie): number | null {
    return (parseInt(String(movie.tmdb_data?.runtime ?? movie.omdb_data?.runtime ?? "")) || null) as number | null;
}

interface Night {
    day: string;
    ids: readonly string[];
}

const eachMinute = createSubscriber((update) => {
    const timer = setInterval(update, 60_000);
    return () => clearInterval(timer);
});

/** The titles that the user does not want tonight; all may come again tomorrow, also on a page that stays open. */
class NotTonight {
    private readonly stored = new Stored("movietracker-not-tonight", (kept) => (kept ?? { day: "", ids: [] }) as Night);

    get ids(): ReadonlySet<string> {
        eachMinute();
        return new Set(idsOf(this.stored.value));
    }

    add(id: string): void {
        this.set((ids) => [...ids, id]);
    }

    remove(id: string): void {
        this.set((ids) => ids.filter((each) => each !== id));
    }

    clear(): void {
        this.stored.forget();
    }

    private set(change: (ids: readonly string[]) => string[]): void {
        this.stored.change((night) => ({ day: today(), ids: change(idsOf(night)) }));
    }
}

/** What was put off, unless another day has begun since. */
function idsOf({ day, ids }: Night): readonly string[] {
    return day === today() ? ids : [];
}

/** A night belongs to the day on which it begins. */
function today(): string {
    return new Date(Date.now() - 6 * 3_600_000).toDateString();
}

export const notTonight = new NotTonight();
