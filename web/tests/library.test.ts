/** What actions make of a library before the server has answered. */

import { execFileSync } from "node:child_process";
import { expect, test } from "vitest";
import { forgotten } from "../src/sync/forgotten";
import { fold, Library, PERSON } from "../src/sync/library";
import type { Data, Movie, Person } from "../src/sync/records";

const HEAT = "tt0113277";

function after(...steps: [action: string, data: Data][]): Library {
    const library = new Library();
    for (const [action, data] of steps) library.apply({ action, data, timestamp: 1000 });
    return library;
}

test("names are compared as the server does, for which vowel signs are letters", () => {
    expect(after(["addPerson", { name: "कि" }], ["addPerson", { name: "का" }]).people.size).toBe(2);
    expect(after(["addPerson", { name: "Zoë" }], ["addPerson", { name: "ZOE" }]).people.size).toBe(1);
});

/** All characters that the server's Unicode has, some words, and what the server makes of each. */
const FOLDED = `
import json, sys, unicodedata
from movietracker.text import fold
texts = [chr(code) for code in range(sys.maxunicode + 1) if unicodedata.category(chr(code)) not in ("Cn", "Co", "Cs")]
texts += [" Łukasz Sørensen", "lukasz sorensen ", "ΟΔΟΣ", "οδός", "οδοσ", "❤\\ufe0f Straße", "❤ STRASSE", "İzmir"]
texts += ["ırmak", "irmak", "Re\\u200bne\\u0301e", "renee", "\\u0301", "\\u200b", " ", "a\\u0323\\u0301", "기생", "कि", "का"]
print(json.dumps([[text, fold(text)] for text in texts]))
`;

test("texts are one where they are for the server, in all scripts", () => {
    const python = new URL("../../.venv/bin/python", import.meta.url).pathname;
    const output = execFileSync(python, ["-c", FOLDED], { encoding: "utf8", maxBuffer: 2 ** 26 });
    const known = (JSON.parse(output) as [string, string][]).filter(([text]) => !/\p{Cn}/u.test(text));
    expect(known.length).toBeGreaterThan(140_000);
    const [theirs, ours] = [new Map<string, string>(), new Map<string, string>()];
    const others = known.filter(([text, folded]) => {
        const own = fold(text);
        if (!theirs.has(own)) theirs.set(own, folded);
        if (!ours.has(folded)) ours.set(folded, own);
        return theirs.get(own) !== folded || ours.get(folded) !== own;
    });
    expect(others).toEqual([]);
});

test("whoever is found by letters that few keyboards have is no second person", () => {
    expect(
        after(["addPerson", { name: "Łukasz Sørensen" }], ["addPerson", { name: "lukasz sorensen" }]).people.size,
    ).toBe(1);
});

test("tags are sorted by code points", () => {
    const library = after(
        ["addMovie", { imdb_id: HEAT }],
        ...["🌱", "ａ", "b"].map((tag): [string, Data] => ["addTag", { imdb_id: HEAT, tag }]),
    );
    expect(library.movies.get(HEAT)?.tags).toEqual(["b", "ａ", "🌱"]);
});

test("notes of people who are merged are cut between characters", () => {
    const library = after(
        ["addRecommendation", { imdb_id: HEAT, person_name: "Alma", note: "🌱".repeat(1500) }],
        ["addRecommendation", { imdb_id: HEAT, person_name: "Bert", note: "a" + "🌱".repeat(1500) }],
        ["mergePeople", { name: "Alma", into: "Bert" }],
    );
    expect([...library.movies.get(HEAT)!.recommendations[0]!.note!]).toHaveLength(2000);
});

test("a name that nobody has is not that of whoever has no number yet", () => {
    expect([...after(["addPerson", { name: "Alma" }], ["deletePerson", { name: "null" }]).people.keys()]).toEqual([
        "Alma",
    ]);
});

test("a title is not added with its details by a recommendation that names nobody", () => {
    const data = { imdb_id: HEAT, person_id: 7, tmdb_data: { title: "Heat" } };
    expect(after(["addRecommendation", data]).movies.size).toBe(0);
});

/** As a server has them, from its change of this number. */
function stored(library: Library, rev: number): Library {
    return Library.of(
        (["movies", "people", "lists"] as const).flatMap((kind) =>
            [...library[kind].values()].map((record) => ({ kind, key: "", body: { ...record, rev } as Movie })),
        ),
    );
}

test("a rating that comes back with a viewing is offered to a restored server once", () => {
    const viewed = { imdb_id: HEAT, id: "one", watched_at: 500 };
    const ours = stored(after(["addViewing", { ...viewed, rating: 6 }]), 2);
    const theirs = stored(after(["addViewing", { ...viewed, rating: 9 }]), 1);
    expect([...forgotten(ours, theirs)].map(({ action }) => action)).toEqual(["updateViewing"]);
});

test.each(["toWatch", "deleted"])("what was seen and is %s now is so again on a restored server", (status) => {
    const theirs = new Library();
    const seen: [string, Data] = ["addViewing", { imdb_id: HEAT, id: "one", watched_at: 500 }];
    const offered = forgotten(stored(after(seen, ["updateMovieStatus", { imdb_id: HEAT, status }]), 1), theirs);
    expect([...offered].map(({ action }) => action)).toEqual(["addMovie", "addViewing", "updateMovieStatus"]);
    expect(theirs.movies.get(HEAT)?.status).toBe(status);
});

test("names that went from one to the next come back to whose they are", () => {
    const people = (...given: [id: number, name: string, emoji: string | null, rev: number][]) =>
        Library.of(
            given.map(([id, name, emoji, rev]) => {
                const body = { ...PERSON, id, name, emoji, rev, last_modified: rev } as unknown as Person;
                return { kind: "people", key: `${id}`, body };
            }),
        );
    const theirs = people([1, "Alma", null, 1], [2, "Bert", null, 2]);
    const ours = people([3, "Bert", "🌱", 5], [2, "Alma", null, 4], [1, "Zoe", null, 6]);
    expect([...forgotten(ours, theirs)].map(({ action, data }) => [action, data.name])).toEqual([
        ["updatePerson", "Alma"],
        ["updatePerson", "Bert"],
        ["addPerson", "Bert"],
    ]);
    expect(theirs.people.get("Bert")?.emoji).toBe("🌱");
});
