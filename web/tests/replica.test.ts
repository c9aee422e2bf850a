/** The library on a device, against a real server. */

import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { openDB } from "idb";
import { expect, onTestFinished, test } from "vitest";
import { TooLarge } from "../src/sync/replica";
import { LoggedOut, PATIENCE, Refused, request, Unreachable } from "../src/sync/requests";
import { readState } from "../src/sync/store";
import { device, intercept, newAccount, offline, origin, tab } from "./devices";

const HEAT = "tt0113277";
const RAN = "tt0089881";

test("what is done offline is shown at once and is on every device after a sync", async () => {
    const email = await newAccount();
    const [phone, tablet] = [await device(email), await device(email)];
    const online = offline();
    await phone.do("addRecommendation", { imdb_id: HEAT, person_name: "Alma", note: "the diner!" });
    await phone.do("watchMovie", { imdb_id: RAN, my_rating: 9 });
    expect((await phone.library()).movies.get(HEAT)?.recommendations[0]?.note).toBe("the diner!");
    await expect(phone.sync()).rejects.toThrow(Unreachable);
    online();

    await phone.sync();
    await tablet.sync();

    const movies = (await tablet.library()).movies;
    expect(movies.get(HEAT)?.recommendations.map((vote) => vote.person_name)).toEqual(["Alma"]);
    expect(movies.get(RAN)).toMatchObject({ status: "watched", my_rating: 9 });
    expect([...(await phone.library()).movies]).toEqual([...movies]);
    expect(await phone.unsent()).toBe(0);
});

test("what is shown does not change when it comes back from the server", async () => {
    const phone = await device(await newAccount());
    await phone.sync();
    await phone.do("addPerson", { name: "Alma", emoji: "🦊" });
    await phone.do("addList", { name: "Rainy Sundays" });
    const list = [...(await phone.library()).lists.keys()][0];
    await phone.do("updateMovieStatus", { imdb_id: HEAT, status: "custom", custom_list_id: list });
    await phone.do("addViewing", { imdb_id: RAN, id: crypto.randomUUID(), watched_on: "2026-11", rating: 8 });
    const plain = async () => {
        const { movies, people, lists } = await phone.library();
        return {
            movies: [...movies.values()]
                .map((each) => [each.imdb_id, each.status, each.my_rating, each.watch_history?.date_watched])
                .sort(),
            people: [...people.values()].map((each) => [each.name, each.emoji ?? null]).sort(),
            lists: [...lists.values()].map((each) => [each.id, each.name, each.color]),
        };
    };
    const before = await plain();
    await phone.sync();
    expect(await plain()).toEqual({ ...before, people: expect.arrayContaining(before.people) as unknown });
});

test("a response that is lost does not do anything twice", async () => {
    const phone = await device(await newAccount());
    await phone.sync();
    await phone.do("watchMovie", { imdb_id: HEAT });
    let lost = 0;
    const heal = intercept({
        after(url) {
            if (url.endsWith("/batch") && lost++ < 3) throw new TypeError("the connection broke");
        },
    });
    await expect(phone.sync()).rejects.toThrow(Unreachable);
    heal();
    await phone.sync();
    expect((await phone.library()).movies.get(HEAT)?.viewings).toHaveLength(1);
});

test("a pull that is interrupted goes on where it was, and is shown when it is complete", async () => {
    const email = await newAccount();
    const phone = await device(email);
    for (let number = 1; number <= 30; number++)
        await phone.do("addMovie", { imdb_id: `tt${String(number).padStart(7, "0")}` });
    await phone.sync();

    const tablet = await device(email, { pageSize: 10 });
    let pages = 0;
    const heal = intercept({
        before(url) {
            if (url.includes("/changes") && ++pages > 2) throw new TypeError("no network");
        },
    });
    await expect(tablet.sync()).rejects.toThrow(Unreachable);
    expect((await tablet.library()).movies.size).toBe(0);
    heal();
    await tablet.sync();
    expect((await tablet.library()).movies.size).toBe(30);
});

test("a first pull tells how many titles have come, and fetches a page while it stores the one before", async () => {
    const email = await newAccount();
    const phone = await device(email);
    for (let number = 1; number <= 30; number++)
        await phone.do("addMovie", { imdb_id: `tt${String(number).padStart(7, "0")}` });
    await phone.sync();

    const told: (number | "asked")[] = [];
    const tablet = await device(email, { pageSize: 10, onPage: (titles) => void told.push(titles) });
    intercept({ before: (url) => void (url.includes("/changes") && told.push("asked")) });
    await tablet.sync();
    expect(told.filter((each) => each !== "asked")).toEqual([6, 16, 26, 30]); // the quick recommenders come first
    expect(told.filter((each) => each === "asked")).toHaveLength(4);
    expect(told.slice(0, 3)).toEqual(["asked", "asked", 6]);
});

test("a database of the first version of the app goes on with what it holds", async () => {
    const email = await newAccount();
    const phone = await device(email);
    await phone.do("addMovie", { imdb_id: HEAT });
    await phone.sync();
    const [held, states] = [await phone.db.getAll("records"), await phone.db.getAllKeys("state")];
    const name = crypto.randomUUID();
    const before = await openDB(name, 1, {
        upgrade(db) {
            db.createObjectStore("state");
            db.createObjectStore("records", { keyPath: ["kind", "key"] }).createIndex("rev", "body.rev");
            db.createObjectStore("staged", { keyPath: ["kind", "key"] });
            db.createObjectStore("queue", { keyPath: "n" }).createIndex("id", "id", { unique: true });
        },
    });
    for (const each of held) await before.put("records", each);
    for (const key of states) await before.put("state", await phone.db.get("state", key), key);
    await before.put("state", "of a pull that was not complete", "page");
    await before.put("staged", { kind: "movies", key: RAN, body: null });
    before.close();

    const updated = await tab(name);
    expect([...(await updated.library()).movies.keys()]).toEqual([HEAT]);
    await phone.do("addMovie", { imdb_id: RAN });
    await phone.sync();
    await updated.sync();
    expect([...(await updated.library()).movies.keys()].sort()).toEqual([RAN, HEAT].sort());
});

test("a change of the same field on two devices is a conflict that is reported until it is dismissed", async () => {
    const email = await newAccount();
    const [phone, tablet] = [await device(email), await device(email)];
    await phone.do("addMovie", { imdb_id: HEAT });
    await phone.sync();
    await tablet.sync();
    await phone.do("updateRating", { imdb_id: HEAT, my_rating: 9 });
    await tablet.do("updateRating", { imdb_id: HEAT, my_rating: 3 });
    await phone.sync();
    await tablet.sync();

    const [report] = (await tablet.load()).queue;
    expect(report).toMatchObject({
        stage: "conflict",
        action: "updateRating",
        result: { server_state: { my_rating: 9 } },
    });
    expect((await tablet.library()).movies.get(HEAT)?.my_rating).toBe(9);
    await tablet.dismiss(report!.id);
    expect((await tablet.load()).queue).toEqual([]);
});

test("what the user did before a change of another device came is a conflict, also if it is kept only afterwards", async () => {
    const email = await newAccount();
    const [phone, tablet] = [await device(email), await device(email)];
    await phone.do("watchMovie", { imdb_id: HEAT, my_rating: 7 });
    await phone.sync();
    const seen = await phone.load();
    const made = phone.prepare([["updateRating", { imdb_id: HEAT, my_rating: 9 }]]);
    await tablet.do("updateRating", { imdb_id: HEAT, my_rating: 3 });
    await tablet.sync();
    await phone.sync();
    await phone.keep(made, seen);
    await phone.sync();
    expect((await phone.load()).queue.map(({ stage }) => stage)).toEqual(["conflict"]);
    expect((await phone.library()).movies.get(HEAT)?.my_rating).toBe(3);
});

test("a token that died asks for the password and keeps the queue", async () => {
    const email = await newAccount();
    const phone = await device(email);
    await phone.sync();
    await phone.call("/api/auth/logout", { method: "POST" });
    await phone.do("addMovie", { imdb_id: HEAT });
    await expect(phone.sync()).rejects.toThrow(LoggedOut);
    expect(await phone.unsent()).toBe(1);
    await phone.login(email, "correct horse battery");
    await phone.sync();
    expect(await phone.unsent()).toBe(0);
});

test("an account has one name, however its address is spelled at a login", async () => {
    const email = await newAccount();
    const phone = await device(email.toUpperCase());
    expect(await readState(phone.db, "email")).toBe(email);
});

test("a device refuses the account of somebody else", async () => {
    const phone = await device(await newAccount());
    await expect(phone.login(await newAccount(), "correct horse battery")).rejects.toThrow(Refused);
    await expect(phone.login("nobody@example.org", "wrong")).rejects.toMatchObject({ status: 401 });
});

test("a cursor that the server does not know starts over without losing what waits", async () => {
    const email = await newAccount();
    const phone = await device(email);
    await phone.do("addMovie", { imdb_id: HEAT });
    await phone.sync();
    await phone.db.put("state", "not a cursor", "cursor");
    await phone.do("addMovie", { imdb_id: RAN });
    await phone.sync();
    expect([...(await phone.library()).movies.keys()].sort()).toEqual([RAN, HEAT].sort());
});

test("an action that is too large is refused before it is queued", async () => {
    const phone = await device(await newAccount());
    await expect(phone.do("addPerson", { name: "x".repeat(200_000) })).rejects.toThrow(TooLarge);
    expect(await phone.unsent()).toBe(0);
});

test("a page of a hotel in place of a response is no response", async () => {
    const phone = await device(await newAccount());
    const fetched = globalThis.fetch;
    globalThis.fetch = () => Promise.resolve(new Response("<h1>Welcome</h1>", { status: 401 }));
    await expect(phone.sync()).rejects.toThrow(Unreachable);
    globalThis.fetch = fetched;
    await phone.sync();
    expect(origin).toContain("127.0.0.1");
});

test.each([
    ["cannot be reached", "provider_unavailable", 2],
    ["is not set up", "provider_not_configured", 1],
])("why a server that responds could not do something is told: %s", async (_, code, attempts) => {
    const { url, told } = await serverThatAnswers(503, code);
    const asked = request(url, {}, { ...PATIENCE, attempts: 2, pause: 1, longestPause: 1 });
    await expect(asked).rejects.toMatchObject(new Unreachable("It is of no help.", code));
    expect(told.requests).toBe(attempts);
});

test("who is asked too often is asked again for the sync only; a user hears at once how long to wait", async () => {
    const { url, told } = await serverThatAnswers(429, "rate_limited");
    const haste = { ...PATIENCE, attempts: 2, pause: 1, longestPause: 1 };
    await expect(request(url, {}, haste)).rejects.toMatchObject({ code: "rate_limited", values: { seconds: 40 } });
    expect(told.requests).toBe(1);
    await expect(request(url, { isPatient: true }, haste)).rejects.toThrow(Unreachable);
    expect(told.requests).toBe(3);
});

async function serverThatAnswers(status: number, code: string): Promise<{ url: string; told: { requests: number } }> {
    const told = { requests: 0 };
    const server = createServer((_, response) => {
        told.requests++;
        response.writeHead(status, { "Retry-After": "40" }).end(JSON.stringify({ detail: "It is of no help.", code }));
    });
    onTestFinished(() => void server.close());
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/`, told };
}

test("tags and likes are there at once, a tag in the spelling that is known", async () => {
    const phone = await device(await newAccount());
    for (const imdb_id of [HEAT, RAN]) await phone.do("addMovie", { imdb_id });
    await phone.do("addTag", { imdb_id: HEAT, tag: "Noir" });
    await phone.do("addTag", { imdb_id: RAN, tag: "noir" });
    await phone.do("updateLiked", { imdb_id: HEAT, liked: true });
    const marks = async () =>
        [...(await phone.library()).movies.values()].map(({ imdb_id, tags, liked }) => [imdb_id, tags, liked]).sort();
    const before = await marks();
    expect(before).toEqual([
        [RAN, ["Noir"], false],
        [HEAT, ["Noir"], true],
    ]);
    await phone.sync();
    expect(await marks()).toEqual(before);
});

test("what changed since is loaded as if all of it were loaded anew", async () => {
    const email = await newAccount();
    const [phone, tablet] = [await device(email), await device(email)];
    await phone.do("addRecommendation", { imdb_id: HEAT, person_name: "Alma" });
    await phone.do("addRecommendation", { imdb_id: RAN, person_name: "Bruno" });
    await phone.do("addList", { name: "Rainy Sundays" });
    await phone.sync();
    const before = await phone.load();
    await tablet.sync();
    await tablet.do("updatePerson", { name: "Alma", new_name: "Alma A." });
    await tablet.do("deletePerson", { name: "Bruno" });
    await tablet.do("updateLiked", { imdb_id: HEAT, liked: true });
    await tablet.sync();
    await phone.sync();

    const [some, all] = [await phone.load(before), await phone.load()];

    expect(some.library.movies.get(HEAT)?.liked).toBe(true);
    for (const kind of ["movies", "people", "lists"] as const)
        expect(Object.fromEntries<unknown>(some.library[kind])).toEqual(Object.fromEntries<unknown>(all.library[kind]));
    const again = await phone.load(all);
    expect(again.library).toBe(all.library);
});
