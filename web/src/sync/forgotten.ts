/** What a server that was restored to an earlier state has forgotten. */

import { type Library, LIST, PERSON } from "./library";
import { inOrder } from "./ranking";
import type { Action, Data, List, Movie, Person, Viewing } from "./records";
import { CONTENT } from "./viewings";

/**
 * The actions that bring back what a restored server forgot, applied to `theirs` as they come.
 *
 * The newest record that is equal on both sides marks the end of the common history; later changes here are repeated
 * with their times. Deletions are not: the restore may have been made to undo them.
 */
export function* forgotten(ours: Library, theirs: Library): Generator<Action> {
    const key = (record: Movie | Person | List) => `${record.rev}/${record.last_modified}`;
    const same = new Set([...theirs.records()].map(key));
    const common = Math.max(0, ...[...ours.records()].filter((each) => same.has(key(each))).map((each) => each.rev));
    const lost = [...ours.records()].filter((each) => each.rev > common);
    // Names come first, since by now others may bear the names of before; places last, since only watched movies have one.
    for (const [person, name] of renames(lost, theirs))
        yield* applied([["updatePerson", { name, new_name: person.name }]], theirs, person.last_modified);
    for (const record of lost) yield* applied(recordDifferences(record, theirs), theirs, record.last_modified);
    for (const record of lost) yield* applied(rankDifferences(record, ours, theirs), theirs, record.last_modified);
}

type Told = Generator<[string, Data]>;

function* applied(told: Iterable<[string, Data]>, theirs: Library, timestamp: number): Generator<Action> {
    for (const [action, data] of told) {
        const made = { action, data, timestamp };
        theirs.apply(made);
        yield made;
    }
}

/** Who has another name there, and which, unless the id was reused; each as soon as the name is free. */
function* renames(lost: (Movie | Person | List)[], theirs: Library): Generator<[Person, string]> {
    const known = new Map([...theirs.people.values()].map((each) => [each.id, each]));
    const waiting = new Map<Person, string>();
    for (const each of lost) {
        if (!("is_trusted" in each)) continue;
        const before = known.get(each.id);
        if (before && before.name !== each.name && before.last_modified < each.last_modified)
            waiting.set(each, before.name);
    }
    const isFree = ([{ id, name }]: [Person, string]) => (theirs.alike(name)?.id ?? id) === id;
    for (let found; (found = [...waiting].find(isFree));) {
        waiting.delete(found[0]);
        yield found;
    }
}

function* recordDifferences(ours: Movie | Person | List, theirs: Library): Told {
    if ("imdb_id" in ours) yield* movieDifferences(ours, theirs);
    else if ("icon" in ours)
        yield* looksDifferences("List", ["id", "name", ...Object.keys(LIST)], ours, theirs.lists.get(ours.id));
    else yield* looksDifferences("Person", ["name", ...Object.keys(PERSON)], ours, theirs.people.get(ours.name));
}

function* looksDifferences(kind: string, names: string[], ours: object, theirs: object | undefined): Told {
    const of = (record: object) => Object.fromEntries(names.map((name) => [name, (record as Data)[name]]));
    if (!theirs || !isSame(of(ours), of(theirs))) yield [(theirs ? "update" : "add") + kind, of(ours)];
}

function* movieDifferences(ours: Movie, library: Library): Told {
    const { imdb_id } = ours;
    if (!library.movies.has(imdb_id)) yield ["addMovie", { imdb_id, media_type: ours.media_type }];
    const theirs = library.movies.get(imdb_id)!;
    for (const { person_name, vote_type, note, date_recommended } of ours.recommendations) {
        const told = theirs.recommendations.find((each) => each.person_name === person_name);
        const data = { imdb_id, person_name, vote_type, note };
        if (!told) yield ["addRecommendation", { ...data, date_recommended }];
        else if (told.vote_type !== vote_type || told.note !== note) yield ["updateRecommendation", data];
    }
    const before = { ...theirs };
    for (const viewing of ours.viewings) {
        const known = theirs.viewings.find((each) => each.id === viewing.id);
        const of = (each: Viewing) => Object.fromEntries(CONTENT.map((name) => [name, each[name]]));
        if (!known || !isSame(of(viewing), of(known)))
            yield [known ? "updateViewing" : "addViewing", { imdb_id, id: viewing.id, ...of(viewing) }];
    }
    const now = library.movies.get(imdb_id)!; // as it is once the viewings are told, each of which makes it watched
    const { status, custom_list_id } = ours;
    if ([before, now].some((each) => each.status !== status || each.custom_list_id !== custom_list_id))
        yield ["updateMovieStatus", { imdb_id, status, custom_list_id }];
    if (ours.my_rating !== now.my_rating) yield ["updateRating", { imdb_id, my_rating: ours.my_rating }];
    if (ours.liked !== theirs.liked) yield ["updateLiked", { imdb_id, liked: ours.liked }];
    for (const tag of ours.tags) if (!theirs.tags.includes(tag)) yield ["addTag", { imdb_id, tag }];
}

function* rankDifferences(record: Movie | Person | List, ours: Library, theirs: Library): Told {
    if (!("imdb_id" in record)) return;
    const { imdb_id, ranking } = record;
    const movie = theirs.movies.get(imdb_id);
    if (movie?.status !== "watched" || isSame(ranking, movie.ranking)) return;
    if (ranking === null) return yield ["unrankMovie", { imdb_id }];
    const ranked = inOrder(ours.movies.values(), ranking.liked).map((each) => each.imdb_id);
    const before = new Set(ranked.slice(0, ranked.indexOf(imdb_id)));
    const after = inOrder(theirs.movies.values(), ranking.liked)
        .filter((each) => before.has(each.imdb_id))
        .at(-1);
    yield ["rankMovie", { imdb_id, liked: ranking.liked, after: after?.imdb_id ?? null }];
}

function isSame(one: unknown, other: unknown): boolean {
    return JSON.stringify(one) === JSON.stringify(other);
}
