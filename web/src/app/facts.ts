/** What searching, filtering and sorting need of a movie, computed once for each version of its record. */

import { language } from "../i18n/index.svelte";
import { fold } from "../sync/library";
import type { Movie } from "../sync/records";
import { moment } from "../sync/viewings";
import { calledOf } from "./names";
import { genresOf, nameOf, yearOf } from "./titles";

export interface Facts {
    /** Folded, for sorting. */
    title: string;
    year: number | null;
    genres: readonly string[];
    /** When it came into the library, as far as its record tells (Unix seconds). */
    added: number;
    /** When it was watched last; null if never. */
    watched: number | null;
    /** How many people recommend it. */
    recommenders: number;
}

const facts = new WeakMap<Movie, Facts>();
let texts = new WeakMap<Movie, string>();
/** The language that people have their names in there. */
let textsIn = "";

export function factsOf(movie: Movie): Facts {
    let found = facts.get(movie);
    if (!found) facts.set(movie, (found = compute(movie)));
    return found;
}

function compute(movie: Movie): Facts {
    const { recommendations, viewings, last_modified } = movie;
    const told = [
        ...recommendations.map((vote) => vote.date_recommended),
        ...viewings.map((viewing) => viewing.created_at),
    ];
    return {
        title: fold(nameOf(movie)),
        year: Number.parseInt(yearOf(movie), 10) || null,
        genres: genresOf(movie),
        added: told.length ? Math.min(...told) : (last_modified ?? Infinity),
        watched: viewings[0] ? moment(viewings[0]) : null,
        recommenders: recommendations.filter((vote) => vote.vote_type).length,
    };
}

/** Everything that a search finds a movie by, folded. */
export function textOf(movie: Movie): string {
    if (textsIn !== language.code) [texts, textsIn] = [new WeakMap(), language.code];
    let found = texts.get(movie);
    if (found === undefined) texts.set(movie, (found = fold(words(movie).filter(Boolean).join("\n"))));
    return found;
}

function words(movie: Movie): (string | null | undefined)[] {
    const { tmdb_data, omdb_data, recommendations, viewings, tags, imdb_id } = movie;
    return [
        nameOf(movie),
        omdb_data?.title,
        imdb_id,
        tmdb_data?.director ?? omdb_data?.director,
        ...(tmdb_data?.cast ?? omdb_data?.actors ?? []),
        ...recommendations.flatMap((vote) => [vote.person_name, calledOf(vote.person_name), vote.note]),
        ...viewings.map((viewing) => viewing.note),
        ...(tags ?? []),
    ];
}

/** Asking for the time that remains takes longer than a movie. */
const AT_ONCE = 16;

/** Prepare searching while the page has nothing else to do; the returned function ends it. */
export function warm(movies: Iterable<Movie>): () => void {
    if (!("requestIdleCallback" in globalThis)) return () => {}; // Safari: the first search computes it
    const rest = movies[Symbol.iterator]();
    let handle = requestIdleCallback(go);
    function go(deadline: IdleDeadline): void {
        do
            for (let n = 0; n < AT_ONCE; n++) {
                const { value, done } = rest.next();
                if (done) return;
                textOf(value);
            }
        while (deadline.timeRemaining() > 2);
        handle = requestIdleCallback(go);
    }
    return () => cancelIdleCallback(handle);
}
