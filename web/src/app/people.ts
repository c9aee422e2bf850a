/** What the library tells of people: their votes, and what became of them. */

import type { Library } from "../sync/library";
import type { Movie, Person, Vote } from "../sync/records";
import { factsOf } from "./facts";
import { isWatched, type Opinion, opinionsOf } from "./opinions";

export interface Told {
    movie: Movie;
    vote: Vote;
    opinion: Opinion | null;
}

export interface Summary {
    person: Person;
    /** Recommended and not watched yet, the newest recommendation first. */
    toWatch: Told[];
    /** Recommended and watched, the last watched first. */
    watched: Told[];
    /** Titles that they warned of, the newest first. */
    warnings: Told[];
    /** Of the watched ones those that the user has an opinion on, and liked. */
    evidence: number;
    liked: number;
}

export type Trend = "better" | "worse" | "steady";

/** Fewer on each side say nothing of a trend. */
const LEAST_TREND = 3;
const RECENT = 5;
const CLEAR = 0.2;

/** All people by name, the most liked first. */
export function summariesOf(library: Library): Map<string, Summary> {
    const summaries = new Map<string, Summary>();
    for (const person of library.people.values())
        summaries.set(person.name, { person, toWatch: [], watched: [], warnings: [], evidence: 0, liked: 0 });
    const opinions = opinionsOf(library.movies.values());
    for (const movie of library.movies.values())
        for (const vote of movie.recommendations) {
            const summary = summaries.get(vote.person_name);
            if (summary && movie.status !== "deleted")
                add(summary, { movie, vote, opinion: opinions.get(movie.imdb_id) ?? null });
        }
    for (const { toWatch, watched, warnings } of summaries.values()) {
        toWatch.sort((a, b) => b.vote.date_recommended - a.vote.date_recommended);
        warnings.sort((a, b) => b.vote.date_recommended - a.vote.date_recommended);
        watched.sort((a, b) => lastSeen(b.movie) - lastSeen(a.movie));
    }
    return summaries;
}

function add(summary: Summary, told: Told): void {
    if (!told.vote.vote_type) summary.warnings.push(told);
    else if (!isWatched(told.movie)) summary.toWatch.push(told);
    else {
        summary.watched.push(told);
        if (told.opinion) summary.evidence++;
        if (told.opinion?.liked) summary.liked++;
    }
}

/** Whether their recent recommendations were liked more often than those before; null with too few. */
export function trendOf({ watched }: Summary): Trend | null {
    const liked = watched.flatMap(({ opinion }) => (opinion ? [opinion.liked] : []));
    const [recent, before] = [liked.slice(0, RECENT), liked.slice(RECENT)];
    if (recent.length < LEAST_TREND || before.length < LEAST_TREND) return null;
    const change = shareOf(recent) - shareOf(before);
    return change > CLEAR ? "better" : change < -CLEAR ? "worse" : "steady";
}

/** The one whose recommendation was noted last comes first; who has none, by name. */
export function lastUsedFirst({ movies, people }: Library): Person[] {
    const last = new Map<string, number>();
    for (const { recommendations } of movies.values())
        for (const { person_name: name, date_recommended: at } of recommendations)
            if (at > (last.get(name) ?? 0)) last.set(name, at);
    return [...people.values()].sort(
        (a, b) => (last.get(b.name) ?? 0) - (last.get(a.name) ?? 0) || a.name.localeCompare(b.name),
    );
}

/** Where the page of a person is; the name of dots alone would be a step in the path. */
export function personPath({ id, name }: Pick<Person, "id" | "name">): string {
    return `/people/${/^\.{1,2}$/.test(name) && id !== null ? id : encodeURIComponent(name)}`;
}

/** The people who recommended a title to the user, those whom they trust first. */
export function recommendersOf(movie: Movie, library: Library): Person[] {
    return movie.recommendations
        .filter((vote) => vote.vote_type)
        .flatMap((vote) => library.people.get(vote.person_name) ?? [])
        .sort((a, b) => Number(b.is_trusted) - Number(a.is_trusted) || a.name.localeCompare(b.name));
}

export function lastSeen(movie: Movie): number {
    return factsOf(movie).watched ?? 0;
}

function shareOf(values: boolean[]): number {
    return values.filter(Boolean).length / values.length;
}
