/** The library as the user sees it: the server's, with queued actions applied on top. */

import { Layered } from "./layered";
import { rank } from "./ranking";
import {
    type Action,
    type Data,
    type List,
    type Movie,
    NoEffect,
    type Person,
    type Viewing,
    type Vote,
} from "./records";
import { addViewing, changeViewing, sayOf, showWatchRecord, watch } from "./viewings";

const STUB = {
    tmdb_data: null,
    omdb_data: null,
    status: "toWatch",
    custom_list_id: null,
    ranking: null,
    my_rating: null,
    liked: false,
};
export const PERSON = { is_trusted: false, color: "#0a84ff", emoji: null };
export const LIST = { color: "#0a84ff", icon: "list", position: 0 };
const MAX_NOTE = 2000;

export type KindOfRecord = "movies" | "people" | "lists";
export type StoredRecord = { kind: KindOfRecord; key: string; body: Movie | Person | List };

/**
 * Movies by IMDb id, people by name, lists by id.
 *
 * An overlay shares the records of the library below it, and copies one before it changes it.
 */
export class Library {
    readonly movies: Layered<Movie>;
    readonly people: Layered<Person>;
    readonly lists: Layered<List>;
    private readonly own = new WeakSet<object>();

    constructor(below?: Pick<Library, KindOfRecord>) {
        this.movies = new Layered(below?.movies);
        this.people = new Layered(below?.people);
        this.lists = new Layered(below?.lists);
    }

    static of(records: Iterable<StoredRecord>): Library {
        const library = new Library();
        for (const record of records) library.put(record);
        return library;
    }

    get size(): number {
        return this.movies.size + this.people.size + this.lists.size;
    }

    /** The same with other versions of some records; for a library without actions on top. */
    with(changed: readonly StoredRecord[]): Library {
        const library = new Library(this);
        const ids = new Set(changed.filter(({ kind }) => kind === "people").map(({ body }) => (body as Person).id));
        for (const { name, id } of this.people.values()) if (ids.has(id)) library.people.delete(name); // it may have another
        for (const record of changed) library.put(record);
        return library;
    }

    put({ kind, body }: StoredRecord): void {
        if (kind === "movies") this.movies.set((body as Movie).imdb_id, body as Movie);
        else if (kind === "people") this.people.set((body as Person).name, body as Person);
        else this.lists.set((body as List).id, body as List);
    }

    /** All records, in an order in which they can be made. */
    *records(): Generator<Movie | Person | List> {
        yield* this.people.values();
        yield* this.lists.values();
        yield* this.movies.values();
    }

    /** Apply the effect of an action; one that has none here is left to the server. */
    apply({ action, data, timestamp }: Action): void {
        try {
            this.toMovies(action, data, timestamp);
            this.toOthers(action, data);
            const movie = this.movies.get(data.imdb_id as string);
            if (movie && this.own.has(movie)) showWatchRecord(movie);
        } catch (error) {
            if (!(error instanceof NoEffect || error instanceof TypeError)) throw error;
        }
    }

    private toMovies(action: string, data: Data, at: number): void {
        switch (action) {
            case "addMovie": {
                const movie = this.movieOf(data);
                if (movie.status === "deleted") movie.status = "toWatch";
                if (data.recommender) this.vote(this.named(data.recommender as string), data, at);
                return;
            }
            case "addRecommendation":
                this.vote(data.person_id ? this.personOf(data) : this.named(data.person_name as string), data, at);
                return this.tellDetails(data);
            case "updateRecommendation": {
                const vote = this.voteOf(data);
                if ("vote_type" in data) vote.vote_type = data.vote_type as boolean;
                if ("note" in data) vote.note = noteOf(data);
                return;
            }
            case "removeRecommendation": {
                const vote = this.voteOf(data);
                const movie = this.writableMovie(data);
                movie.recommendations = movie.recommendations.filter((each) => each !== vote);
                return;
            }
            case "updateMovieStatus": {
                const listId = data.status === "custom" ? this.listOf(data.custom_list_id).id : null;
                const movie = this.movieOf(data);
                Object.assign(movie, { status: data.status, custom_list_id: listId });
                if (data.status !== "watched") movie.ranking = null;
                return;
            }
            case "watchMovie": {
                const [date, rating] = [data.date_watched ?? null, data.my_rating ?? null] as (number | null)[];
                return watch(this.movieOf(data), date!, rating!, at);
            }
            case "addViewing":
                sayOf({ watched_on: null, watched_at: null, rating: null, note: null } as Viewing, data);
                return addViewing(this.movieOf(data), data, at);
            case "updateViewing":
                return changeViewing(this.writableMovie(data), this.viewingOf(data), data);
            case "removeViewing": {
                const viewing = this.viewingOf(data);
                const movie = this.writableMovie(data);
                movie.viewings = movie.viewings.filter((each) => each !== viewing);
                return;
            }
            case "updateRating":
                this.writableMovie(data).my_rating = data.my_rating as number | null;
                return;
            case "updateLiked":
                this.writableMovie(data).liked = data.liked as boolean;
                return;
            case "addTag":
            case "removeTag":
                return this.tag(this.writableMovie(data), (data.tag as string).trim(), action === "addTag");
            case "rankMovie":
                return rank(this.writableMovie(data), this.movies.values(), data, at);
            case "unrankMovie":
                this.writableMovie(data).ranking = null;
                return;
        }
    }

    private toOthers(action: string, data: Data): void {
        switch (action) {
            case "addPerson":
                if (!this.alike(data.name as string))
                    Object.assign(this.named(data.name as string), chosen(data, PERSON));
                return;
            case "updatePerson":
                return this.updatePerson(data);
            case "deletePerson": {
                const person = this.personOf(data);
                if (person.quick_key) return;
                this.people.delete(person.name);
                return this.renameVotes(person.name, null);
            }
            case "mergePeople": {
                const into = data.into as string | number;
                return this.merge(
                    this.personOf(data),
                    this.personOf(typeof into === "string" ? { name: into } : { id: into }),
                );
            }
            case "addList":
                if (!this.lists.has(data.id as string))
                    this.lists.set(data.id as string, { ...LIST, ...data } as unknown as List);
                return;
            case "updateList": {
                const list = this.listOf(data.id);
                this.lists.set(list.id, { ...list, ...chosen(data, { name: "", ...LIST }) });
                return;
            }
            case "deleteList":
                this.lists.delete(this.listOf(data.id).id);
                for (const movie of this.movies.values())
                    if (movie.custom_list_id === data.id)
                        Object.assign(this.writable(movie), { status: "toWatch", custom_list_id: null });
        }
    }

    private updatePerson(data: Data): void {
        const person = this.personOf(data);
        const name = (data.new_name as string | undefined) ?? person.name;
        const bearer = this.alike(name);
        if (bearer && bearer !== person) return;
        this.people.delete(person.name);
        this.people.set(name, { ...person, ...chosen(data, PERSON), name });
        if (name !== person.name) this.renameVotes(person.name, name);
    }

    private merge(gone: Person, into: Person): void {
        if (gone === into || gone.quick_key) return;
        this.people.delete(gone.name);
        for (const found of this.movies.values()) {
            const said = found.recommendations.find((vote) => vote.person_name === gone.name);
            if (!said) continue;
            const movie = this.writable(found);
            const known = movie.recommendations.find((vote) => vote.person_name === into.name);
            const later = known && known.date_recommended >= said.date_recommended ? known : said;
            const notes = [...new Set([later.note, said.note, (known ?? said).note])].filter(Boolean);
            const note = [...notes.join("\n")].slice(0, MAX_NOTE).join("").trimEnd() || null;
            const united = { ...later, person_id: into.id, person_name: into.name, person: into.name, note };
            const others = movie.recommendations.filter((vote) => vote.person_name !== gone.name);
            movie.recommendations = known
                ? others.map((vote) => (vote.person_name === into.name ? united : vote))
                : [...others, united];
        }
    }

    /** Give the votes under a name another one; without one they go with the person. */
    private renameVotes(old: string, name: string | null): void {
        for (const found of this.movies.values()) {
            if (!found.recommendations.some((vote) => vote.person_name === old)) continue;
            const movie = this.writable(found);
            if (name === null) movie.recommendations = movie.recommendations.filter((vote) => vote.person_name !== old);
            else
                for (const vote of movie.recommendations)
                    if (vote.person_name === old) Object.assign(vote, { person_name: name, person: name });
        }
    }

    private vote(person: Person, data: Data, at: number): void {
        const movie = this.movieOf(data);
        let vote = movie.recommendations.find((each) => each.person_name === person.name);
        if (!vote) {
            vote = {
                id: null,
                imdb_id: movie.imdb_id,
                user_id: movie.user_id,
                person_id: person.id,
                person_name: person.name,
                person: person.name,
                date_recommended: at,
                vote_type: true,
                note: null,
            };
            movie.recommendations.push(vote);
        }
        vote.vote_type = (data.vote_type as boolean | undefined) ?? true;
        vote.date_recommended = (data.date_recommended as number | undefined) || vote.date_recommended;
        if (data.note != null) vote.note = noteOf(data);
    }

    /** The movie of an action, made as a stub if it is not there. */
    private movieOf(data: Data): Movie {
        const imdb_id = data.imdb_id as string;
        const known = this.movies.get(imdb_id);
        if (known) return this.writable(known);
        const media_type = (data.media_type as Movie["media_type"] | undefined) ?? "movie";
        const made = {
            ...STUB,
            imdb_id,
            media_type,
            recommendations: [],
            viewings: [],
            tags: [],
            watch_history: null,
        } as unknown as Movie;
        this.own.add(made);
        this.movies.set(imdb_id, made);
        return made;
    }

    /** What a client tells of a title counts where the server has told nothing. */
    private tellDetails(data: Data): void {
        if (!data.tmdb_data && !data.omdb_data) return;
        const movie = this.movieOf(data);
        movie.tmdb_data ??= (data.tmdb_data ?? null) as Movie["tmdb_data"];
        movie.omdb_data ??= (data.omdb_data ?? null) as Movie["omdb_data"];
    }

    private writableMovie(data: Data): Movie {
        return this.writable(needed(this.movies.get(data.imdb_id as string)));
    }

    private writable(movie: Movie): Movie {
        if (this.own.has(movie)) return movie;
        const copy = {
            ...movie,
            tags: [...(movie.tags ?? [])],
            recommendations: movie.recommendations.map((vote) => ({ ...vote })),
            viewings: movie.viewings.map((viewing) => ({ ...viewing })),
        };
        this.own.add(copy);
        this.movies.set(movie.imdb_id, copy);
        return copy;
    }

    /** Add a tag in the spelling that is there, or remove it. */
    private tag(movie: Movie, tag: string, isAdded: boolean): void {
        const folded = fold(tag);
        const others = movie.tags.filter((each) => fold(each) !== folded);
        if (!isAdded || !tag) movie.tags = others;
        else movie.tags = [...others, this.tagLike(folded) ?? tag].sort(byCodePoint);
    }

    private tagLike(folded: string): string | undefined {
        for (const movie of this.movies.values()) {
            const found = movie.tags?.find((each) => fold(each) === folded);
            if (found) return found;
        }
        return undefined;
    }

    private viewingOf(data: Data): Viewing {
        return needed(this.writableMovie(data).viewings.find((each) => each.id === data.id));
    }

    private voteOf(data: Data): Vote {
        const { name } = this.personOf(data);
        return needed(this.writableMovie(data).recommendations.find((vote) => vote.person_name === name));
    }

    private listOf(id: unknown): List {
        return needed(this.lists.get(id as string));
    }

    private named(name: string): Person {
        const known = this.alike(name);
        if (known) return known;
        const made = { ...PERSON, id: null, name, quick_key: null, movie_count: 0 } as unknown as Person;
        this.people.set(name, made);
        return made;
    }

    private personOf(data: Data): Person {
        const id = data.person_id ?? data.id;
        const name = (data.person_name ?? data.name) as string | undefined;
        const known = id == null && name !== undefined ? this.alike(name) : undefined;
        return known ?? needed([...this.people.values()].find((each) => each.id && `${each.id}` === `${id ?? name}`));
    }

    /** Whom a name means: whose it is exactly, else the first whose name differs in form only. */
    alike(name: string): Person | undefined {
        const exact = this.people.get(name);
        if (exact) return exact;
        const folded = fold(name);
        const found = [...this.people.values()].filter((each) => fold(each.name) === folded);
        return found.sort((a, b) => (a.id ?? Infinity) - (b.id ?? Infinity))[0];
    }
}

/** Accents and what nobody sees, as the server has them (movietracker/text.py). */
const NOT_COMPARED = new RegExp(
    "[\u0300-\u036f\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u202a-\u202e\u2060-\u206f" +
        "\u3164\ufe00-\ufe0f\ufeff\uffa0\ufff0-\ufff8\u{1bca0}-\u{1bca3}\u{1d173}-\u{1d17a}\u{e0000}-\u{e0fff}]+",
    "gu",
);
/** Letters without a decomposition, and the one whose form tells the end of a word. */
const LETTERS = { ø: "o", đ: "d", ł: "l", æ: "ae", œ: "oe", þ: "th", ð: "d", ħ: "h", ß: "ss", ς: "σ" } as const;

/**
 * A text without case, accents, invisible characters and white space around it: two are one where they are one for the
 * server.
 *
 * It stays decomposed, so that a Korean syllable is found before it is typed to its end.
 */
export function fold(text: string): string {
    return folded(text).trim() || text;
}

function folded(text: string): string {
    if (/^[\x00-\x7f]*$/.test(text)) return text.toLowerCase(); // much faster, and most names are
    return text
        .normalize("NFKD")
        .replace(NOT_COMPARED, "")
        .toUpperCase() // and back, for ı is I
        .toLowerCase()
        .replace(/[øđłæœþðħßς]/g, (letter) => LETTERS[letter as keyof typeof LETTERS])
        .normalize("NFD");
}

function byCodePoint(one: string, other: string): number {
    const [ours, theirs] = [[...one], [...other]];
    const at = ours.findIndex((each, place) => each !== theirs[place]);
    return at < 0 ? ours.length - theirs.length : ours[at]!.codePointAt(0)! - (theirs[at]?.codePointAt(0) ?? -1);
}

function noteOf(data: Data): string | null {
    return ((data.note as string | null) ?? "").trim() || null;
}

function needed<T>(value: T | undefined): T {
    if (value === undefined) throw new NoEffect("not there");
    return value;
}

function chosen<T extends object>(data: Data, names: T): Partial<T> {
    return Object.fromEntries(
        Object.keys(names)
            .filter((name) => name in data)
            .map((name) => [name, data[name]]),
    ) as Partial<T>;
}
