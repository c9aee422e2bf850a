/** Responses that arrive after another tab has synced, or has logged out. */

import { expect, test } from "vitest";
import type { Replica } from "../src/sync/replica";
import { LoggedOut } from "../src/sync/requests";
import { device, intercept, newAccount, PASSWORD, tab } from "./devices";

const HEAT = "tt0113277";

/** Do something once, while the response of this number to such a request is on its way. */
function meanwhile(path: string, number: number, work: () => Promise<unknown>): void {
    let count = 0;
    intercept({
        async after(url) {
            if (url.includes(path) && ++count === number) await work();
        },
    });
}

async function withMovies(email: string, count: number): Promise<Replica> {
    const phone = await device(email);
    await phone.doAll(
        Array.from({ length: count }, (_, at) => ["addMovie", { imdb_id: `tt${String(at + 1).padStart(7, "0")}` }]),
    );
    await phone.sync();
    return phone;
}

async function titles(replica: Replica): Promise<number> {
    return (await replica.library()).movies.size;
}

test("a page that arrives after another tab has pulled everything hides nothing", async () => {
    const email = await newAccount();
    await withMovies(email, 30);
    const one = await tab("two tabs that pull", { pageSize: 10 });
    const other = await tab("two tabs that pull", { pageSize: 10 });
    await one.login(email, PASSWORD);
    meanwhile("/changes", 3, () => other.sync());

    await one.sync();

    expect(await titles(one)).toBe(30);
});

test("two tabs that sync at once do everything once", async () => {
    const email = await newAccount();
    const phone = await withMovies(email, 3);
    const one = await tab("two tabs that push", { pageSize: 2 });
    const other = await tab("two tabs that push", { pageSize: 2 });
    await one.login(email, PASSWORD);
    await one.sync();
    await one.do("addViewing", { imdb_id: HEAT, id: crypto.randomUUID() });
    meanwhile("/batch", 1, () => other.sync());

    await one.sync();

    expect((await one.load()).queue).toEqual([]);
    await phone.sync();
    expect((await phone.library()).movies.get(HEAT)?.viewings).toHaveLength(1);
    expect([...(await one.library()).movies]).toEqual([...(await phone.library()).movies]);
});

test("what was acknowledged after a page was requested stays shown until the page that contains it", async () => {
    const phone = await withMovies(await newAccount(), 3);
    const other = await tab(phone.db.name);
    meanwhile("/changes", 1, async () => {
        await other.do("addMovie", { imdb_id: HEAT });
        await other["push"]();
    });

    await phone["pull"]();

    expect((await phone.library()).movies.has(HEAT)).toBe(true);
});

test.for(["/changes", "/batch"])("a response to %s that arrives after logging out leaves nothing", async (path) => {
    const phone = await withMovies(await newAccount(), 3);
    await phone.do("addMovie", { imdb_id: HEAT });
    meanwhile(path, 1, () => phone.forget());

    await expect(phone.sync()).rejects.toThrow(LoggedOut);

    for (const name of phone.db.objectStoreNames) expect(await phone.db.getAll(name)).toEqual([]);
});

test("logging out after the last page has arrived leaves nothing", async () => {
    const email = await newAccount();
    await withMovies(email, 3);
    let left: Promise<void> | null = null;
    const phone = await device(email, { onPage: () => void (left = phone.forget()) });

    await phone.sync();
    await left;

    for (const name of phone.db.objectStoreNames) expect(await phone.db.getAll(name)).toEqual([]);
});

test("a first pull that another account's login interrupts shows nothing of the account before", async () => {
    const email = await newAccount();
    await withMovies(email, 3);
    const phone = await device(email, { pageSize: 2 });
    const another = await newAccount();
    meanwhile("/changes", 1, async () => {
        await phone.forget();
        await phone.login(another, PASSWORD);
    });

    await phone.sync();

    expect(await titles(phone)).toBe(0);
});
