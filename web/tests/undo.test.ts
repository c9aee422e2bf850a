/** Undoing: whatever was done, the library is as it was before, here and on the server. */

import { beforeAll, describe, expect, test, vi } from "vitest";
import { add } from "../src/app/adding";
import * as deeds from "../src/app/deeds";
import { drafts } from "../src/app/drafts.svelte";
import { changeList, deleteList, listsInOrder, makeList, moveList } from "../src/app/lists";
import { addPerson, changePerson, deletePerson, mergePeople, trustOrNot } from "../src/app/persons";
import { begin } from "../src/app/placing";
import { rankBy, unrank } from "../src/app/ranks";
import { session, type Step } from "../src/app/session.svelte";
import { undo } from "../src/app/undo.svelte";
import { addViewing, changeViewing, removeViewing } from "../src/app/viewings";
import { addVotes, changeVote, removeVote } from "../src/app/votes";
import type { Library } from "../src/sync/library";
import { inOrder } from "../src/sync/ranking";
import type { List, Movie, Person } from "../src/sync/records";
import { uuid } from "../src/sync/uuid";
import { newAccount, openSession } from "./devices";

const [HEAT, ALIEN, BRAZIL, CLUE] = ["tt0113277", "tt0078748", "tt0088846", "tt0088930"] as const;
const LIST = uuid();
const LIBRARY: Step[] = [
    ["addPerson", { name: "Anna", emoji: "🦉", is_trusted: true }],
    ["addPerson", { name: "Bert", color: "#30d158" }],
    ["addList", { id: LIST, name: "Noir", icon: "moon", color: "#ff9f0a", position: 0 }],
    ["addList", { id: uuid(), name: "Kids", position: 1 }],
    ["addRecommendation", { imdb_id: HEAT, person_name: "Anna", note: "see it", date_recommended: 1_000_000 }],
    ["addRecommendation", { imdb_id: HEAT, person_name: "Bert", vote_type: false, date_recommended: 2_000_000 }],
    ["addRecommendation", { imdb_id: ALIEN, person_name: "Bert", note: "loud", date_recommended: 3_000_000 }],
    ["addRecommendation", { imdb_id: CLUE, person_name: "Anna", date_recommended: 4_000_000 }],
    ["updateMovieStatus", { imdb_id: HEAT, status: "custom", custom_list_id: LIST }],
    ["addTag", { imdb_id: HEAT, tag: "crime" }],
    ["addViewing", { imdb_id: ALIEN, id: uuid(), watched_on: "2020-05", rating: 8, note: "at home" }],
    ["addViewing", { imdb_id: BRAZIL, id: uuid(), watched_on: "2021-06-07", rating: 4 }],
    ["addViewing", { imdb_id: BRAZIL, id: uuid(), watched_at: 1_500_000_000 }],
    ["updateLiked", { imdb_id: ALIEN, liked: true }],
    ["rankMovie", { imdb_id: ALIEN, liked: true, after: null }],
    ["rankMovie", { imdb_id: BRAZIL, liked: true, after: ALIEN }],
    ["updateMovieStatus", { imdb_id: CLUE, status: "deleted" }],
];

beforeAll(async () => {
    await openSession(await newAccount());
    await session.doAll(LIBRARY);
    await session.sync();
});

const movie = (imdbId: string): Movie => session.library.movies.get(imdbId)!;
const person = (name: string): Person => session.library.people.get(name)!;
const list = (name: string): List => [...session.library.lists.values()].find((each) => each.name === name)!;
const vote = (imdbId: string, name: string) => movie(imdbId).recommendations.find((each) => each.person_name === name)!;
const byPeople = (...people: string[]) => ({ people, isFor: false, note: "other words" });
const found = (imdbId: string, title: string) => ({
    title,
    year: "",
    mediaType: "movie" as const,
    poster: null,
    overview: "",
    tmdbId: null,
    imdbId,
});
const looks = { color: "#bf5af2", icon: "star" };
const seen = { date: "2022", rating: 9, note: "again" };

const DEEDS: Record<string, () => Promise<unknown>> = {
    "a vote of somebody new": () => addVotes(movie(ALIEN), byPeople("Cleo")),
    "a vote of somebody who had said something else": () => addVotes(movie(HEAT), byPeople("Anna")),
    "a vote of somebody whose name is written another way": () => addVotes(movie(HEAT), byPeople("ANNA", "bert")),
    "a changed vote": () => changeVote(vote(HEAT, "Anna"), false, "do not"),
    "a removed vote": () => removeVote(vote(HEAT, "Anna")),
    "an added title": () => add(found("tt0000001", "One"), { people: [], isFor: true, note: "" }),
    "an added title that somebody told of": () => add(found("tt0000002", "Two"), byPeople("Anna", "Dora")),
    "an added title that was removed": () => add(found(CLUE, "Clue"), byPeople("anna")),
    "an added title that is there": () => add(found(HEAT, "Heat"), byPeople("ANNA", "Dora")),
    "a viewing": () => addViewing(movie(HEAT), seen),
    "a viewing of a watched title": () => addViewing(movie(BRAZIL), seen),
    "a changed viewing": () => changeViewing(movie(BRAZIL), movie(BRAZIL).viewings[1]!, seen),
    "a changed viewing, the newest": () => changeViewing(movie(BRAZIL), movie(BRAZIL).viewings[0]!, seen),
    "a removed viewing": () => removeViewing(movie(ALIEN), movie(ALIEN).viewings[0]!),
    "watched today": () => deeds.markWatched(movie(HEAT)),
    "watched again today": () => deeds.markWatched(movie(ALIEN)),
    "watched and liked": () => deeds.markWatchedAndLiked(movie(HEAT)),
    "several watched titles": () => deeds.markAllWatched([movie(HEAT), movie(ALIEN)]),
    "several removed titles": () => deeds.setStatus([movie(HEAT), movie(BRAZIL), movie(ALIEN)], "deleted"),
    "several titles put on a list": () => deeds.setStatus([movie(HEAT), movie(ALIEN)], "custom", list("Kids")),
    "a rating": () => deeds.rate(movie(ALIEN), 3),
    "a rating taken away": () => deeds.rate(movie(ALIEN), null),
    "a heart": () => deeds.like(movie(HEAT), true),
    "a heart taken away": () => deeds.like(movie(ALIEN), false),
    "a tag": () => deeds.addTag([movie(HEAT), movie(ALIEN)], "Crime"),
    "a tag taken away": () => deeds.removeTag(movie(HEAT), "crime"),
    "a place in the ranking": () => rankBy(movie(BRAZIL), begin(false, 0), []),
    "a title out of the ranking": () => unrank(movie(ALIEN)),
    "a list": () => makeList({ ...looks, name: "Rain" }, [...session.library.lists.values()]),
    "a changed list": () => changeList(list("Noir"), { ...looks, name: "Film noir" }),
    "a moved list": () => moveList(listsInOrder(session.library), list("Kids"), -1),
    "a deleted list": () => deleteList(list("Noir")),
    "a person": () => addPerson("Emil"),
    "a changed person": () => changePerson(person("Anna"), { name: "Änne", color: "#ff375f", emoji: null }),
    "a person who is trusted": () => trustOrNot(person("Bert")),
    "a deleted person": () => deletePerson(person("Anna")),
    "merged people": () => mergePeople(person("Anna"), person("Bert")),
};

/** What a library tells, whatever the numbers under which it does. */
function toldBy({ movies, people, lists }: Library): unknown {
    const place = new Map(
        [true, false].flatMap((liked) =>
            inOrder(movies.values(), liked).map((each, at) => [each.imdb_id, [liked, at]]),
        ),
    );
    return {
        movies: inNames([...movies.values()], "imdb_id")
            .filter((each) => each.status !== "deleted" || each.recommendations.length)
            .map((each) => ({
                ...pick(each, "imdb_id", "status", "my_rating", "liked", "tags"),
                list: each.custom_list_id && lists.get(each.custom_list_id)?.name,
                place: place.get(each.imdb_id),
                votes: inNames(each.recommendations, "person_name").map((vote) =>
                    pick(vote, "person_name", "vote_type", "note", "date_recommended"),
                ),
                viewings: each.viewings.map((viewing) => pick(viewing, "watched_on", "watched_at", "rating", "note")),
            })),
        people: inNames([...people.values()], "name").map((each) => pick(each, "name", "color", "emoji", "is_trusted")),
        lists: inNames([...lists.values()], "name").map((each) => pick(each, "name", "color", "icon", "position")),
    };
}

function pick<T extends object, K extends keyof T>(from: T, ...names: K[]): Pick<T, K> {
    return Object.fromEntries(names.map((name) => [name, from[name]])) as Pick<T, K>;
}

function inNames<T extends Record<K, string>, K extends string>(all: T[], name: K): T[] {
    return [...all].sort((a, b) => (a[name] < b[name] ? -1 : 1));
}

describe.each(["while it waits", "after the server has done it"])("what was done is undone %s", (when) => {
    test.each(Object.keys(DEEDS))("%s", async (name) => {
        const before = toldBy(session.library);
        await DEEDS[name]!();
        expect(toldBy(session.library)).not.toEqual(before);
        if (when === "after the server has done it") await session.sync();
        await undo.last();
        expect(toldBy(session.library)).toEqual(before);
        await session.sync();
        expect(toldBy(session.library)).toEqual(before);
        expect(session.reports).toEqual([]);
    });
});

test("a note that meant a title of the library comes back", async () => {
    vi.stubGlobal("localStorage", { getItem: () => null, setItem: () => {} });
    const draft = { id: uuid(), title: "heat", people: [], isFor: true, note: "" };
    await add(found(HEAT, "Heat"), draft, draft);
    await undo.last();
    expect(drafts.all).toEqual([draft]);
});

test("what is undone may have come back under another number", async () => {
    const before = toldBy(session.library);
    await addViewing(movie(HEAT), seen);
    await changeViewing(movie(HEAT), movie(HEAT).viewings[0]!, { ...seen, note: "twice" });
    await removeViewing(movie(HEAT), movie(HEAT).viewings[0]!);
    await changeList(list("Kids"), { ...looks, name: "Children" });
    await deleteList(list("Children"));
    for (let count = 0; count < 5; count++) {
        await undo.last();
        await session.sync();
    }
    expect(toldBy(session.library)).toEqual(before);
    expect(session.reports).toEqual([]);
});
