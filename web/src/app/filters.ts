/** Which titles of the library are shown, and in which order; the address of the page tells it. */

import type { Layered } from "../sync/layered";
import { fold } from "../sync/library";
import type { Movie } from "../sync/records";
import { type Facts, factsOf, textOf } from "./facts";

export const STATUSES = ["toWatch", "watched", "custom", "deleted"] as const;
export const SORTS = ["added", "title", "year", "rating", "watched", "recommenders"] as const;
export type Sort = (typeof SORTS)[number];

/** The names in the query of the address, besides `sort` and `reverse`. An empty value filters nothing. */
export const FILTERS = [
    ...(["q", "status", "kind", "genre", "list", "person", "tag"] as const),
    ...(["liked", "rated", "from", "to"] as const),
] as const;
export type Filters = Record<(typeof FILTERS)[number], string> & { sort: Sort; reverse: boolean };

export function filtersOf(query: URLSearchParams): Filters {
    const values = Object.fromEntries(FILTERS.map((name) => [name, query.get(name) ?? ""]));
    const sort = SORTS.find((each) => each === query.get("sort")) ?? "added";
    return { ...(values as Record<(typeof FILTERS)[number], string>), sort, reverse: query.has("reverse") };
}

/** What takes all filters away. */
export const NO_FILTERS: Readonly<Record<string, string>> = Object.fromEntries(FILTERS.map((name) => [name, ""]));

/** How many filters are set besides the search and the status, which are always seen. */
export function hiddenFilters(filters: Filters): number {
    return FILTERS.filter((name) => name !== "q" && name !== "status" && filters[name]).length;
}

/** The titles that match, in order. */
export function select(movies: Iterable<Movie>, filters: Filters): Movie[] {
    const matches = matcher(filters);
    const found: Entry[] = [];
    for (const movie of movies) if (matches(movie)) found.push(entryOf(movie, filters));
    return found.sort(order(filters)).map((entry) => entry.movie);
}

/** After a change of more titles all are looked at again. */
const FEW = 100;

/** The titles of a library that match, in order; after a change of a few titles, only those are looked at again. */
export class Selection {
    private last: { movies: Layered<Movie>; filters: Filters; found: readonly Movie[] } | null = null;

    of(movies: Layered<Movie>, filters: Filters): readonly Movie[] {
        const { last } = this;
        const changed = last && isSame(last.filters, filters) ? movies.differences(last.movies) : null;
        const found =
            last && changed && changed.length <= FEW
                ? this.changed(last.found, changed, movies, filters)
                : select(movies.values(), filters);
        this.last = { movies, filters, found };
        return found;
    }

    private changed(
        found: readonly Movie[],
        ids: readonly string[],
        movies: Layered<Movie>,
        filters: Filters,
    ): readonly Movie[] {
        if (!ids.length) return found;
        const [matches, compare] = [matcher(filters), order(filters)];
        const others = found.filter(({ imdb_id }) => !ids.includes(imdb_id));
        for (const movie of ids.flatMap((id) => movies.get(id) ?? []))
            if (matches(movie)) others.splice(placeIn(others, entryOf(movie, filters), filters, compare), 0, movie);
        return others;
    }
}

/** Where an entry belongs among titles that are in order. */
function placeIn(titles: readonly Movie[], entry: Entry, filters: Filters, compare: Order): number {
    let [low, high] = [0, titles.length];
    while (low < high) {
        const middle = (low + high) >> 1;
        if (compare(entryOf(titles[middle]!, filters), entry) < 0) low = middle + 1;
        else high = middle;
    }
    return low;
}

function isSame(one: Filters, other: Filters): boolean {
    return (
        one.sort === other.sort && one.reverse === other.reverse && FILTERS.every((name) => one[name] === other[name])
    );
}

function matcher(filters: Filters): (movie: Movie) => boolean {
    const words = fold(filters.q).split(/\s+/).filter(Boolean);
    const [from, to] = [Number(filters.from) || 0, Number(filters.to) || Infinity];
    return (movie) =>
        hasStatus(movie, filters.status) &&
        isChosen(movie, filters) &&
        (!(from || to < Infinity) || isBetween(factsOf(movie).year, from, to)) &&
        hasWords(movie, words);
}

function hasStatus({ status }: Movie, wanted: string): boolean {
    return wanted ? status === wanted : status !== "deleted";
}

function isChosen(movie: Movie, { kind, genre, list, person, tag, liked, rated }: Filters): boolean {
    return (
        (!kind || movie.media_type === kind) &&
        (!list || movie.custom_list_id === list) &&
        (!liked || movie.liked === (liked === "yes")) &&
        (!rated || (movie.my_rating !== null) === (rated === "yes")) &&
        (!tag || (movie.tags ?? []).includes(tag)) &&
        (!genre || factsOf(movie).genres.includes(genre)) &&
        (!person || movie.recommendations.some((vote) => vote.person_name === person))
    );
}

function isBetween(year: number | null, from: number, to: number): boolean {
    return year !== null && from <= year && year <= to;
}

function hasWords(movie: Movie, words: readonly string[]): boolean {
    return words.every((word) => textOf(movie).includes(word));
}

const KEYS: Record<Sort, (facts: Facts, movie: Movie) => string | number | null> = {
    added: (facts) => facts.added,
    title: (facts) => facts.title,
    year: (facts) => facts.year,
    rating: (_, movie) => movie.my_rating,
    watched: (facts) => facts.watched,
    recommenders: (facts) => facts.recommenders,
};

interface Entry {
    movie: Movie;
    key: string | number | null;
    title: string;
}
type Order = (a: Entry, b: Entry) => number;

function entryOf(movie: Movie, { sort }: Filters): Entry {
    const facts = factsOf(movie);
    return { movie, key: KEYS[sort](facts, movie), title: facts.title };
}

/** Names from A, everything else from the newest or highest; what has no value comes last, either way. */
function order({ sort, reverse }: Filters): Order {
    const direction = (sort === "title") !== reverse ? 1 : -1;
    return (a, b) => {
        if (a.key === b.key) return a.title < b.title ? -1 : a.title > b.title ? 1 : byId(a.movie, b.movie);
        if (a.key === null) return 1;
        if (b.key === null) return -1;
        return a.key < b.key ? -direction : direction;
    };
}

function byId(one: Movie, other: Movie): number {
    return one.imdb_id < other.imdb_id ? -1 : 1;
}

/** What there is to choose from. */
export interface Choices {
    genres: string[];
    tags: string[];
}

export function choicesOf(movies: Iterable<Movie>): Choices {
    const [genres, tags] = [new Set<string>(), new Set<string>()];
    for (const movie of movies) {
        for (const genre of factsOf(movie).genres) genres.add(genre);
        for (const tag of movie.tags ?? []) tags.add(tag);
    }
    const inOrder = (names: Set<string>) => [...names].sort((a, b) => a.localeCompare(b));
    return { genres: inOrder(genres), tags: inOrder(tags) };
}
