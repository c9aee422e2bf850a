/** The pages of a pull: kept until all have arrived, then shown in one step. */

import { unwrap } from "idb";
import { forgotten } from "./forgotten";
import { Library, type StoredRecord } from "./library";
import type { List, Movie, Page, Person } from "./records";
import { readState, SHOWN, type Staged, type Transaction, writeState } from "./store";
import { uuid } from "./uuid";

/** Store a page of a pull; the last one replaces what is shown by all of them. */
export async function stage(tx: Transaction, page: Page): Promise<void> {
    const arrived: Staged[] = [];
    for (const kind of ["movies", "people", "lists"] as const) {
        for (const key of page.deleted[kind] ?? []) arrived.push({ kind, key: String(key), body: null });
        for (const body of page[kind] as (Movie | Person | List)[])
            arrived.push({ kind, key: "imdb_id" in body ? body.imdb_id : String(body.id), body });
    }
    await tx.objectStore("staged").add(arrived); // as one value: one for each record takes many times as long
    const full = page.full_sync || ((await readState(tx, "full")) ?? false);
    await writeState(tx, { page: page.cursor, full });
    if (!page.has_more) await show(tx, page, full);
}

async function show(tx: Transaction, page: Page, full: boolean): Promise<void> {
    const [records, queue] = [tx.objectStore("records"), tx.objectStore("queue")];
    const arrived = await lastOfEach(tx);
    if (await readState(tx, "diverged")) await offer(tx, arrived, page.rev);
    for (const action of await queue.getAll())
        if (action.stage === "done")
            // before this page was requested
            await (action.result?.ignored_fields
                ? queue.put({ ...action, stage: "incomplete" })
                : queue.delete(action.n));
    if (full) {
        await records.clear();
        await writeState(tx, { generation: uuid() });
    }
    const store = unwrap(records); // no promise for each of many; one that fails ends the step
    for (const { kind, key, body } of arrived)
        if (body === null) store.delete([kind, key]);
        else store.put({ kind, key, body });
    await tx.objectStore("staged").clear();
    await writeState(tx, { cursor: page.cursor, rev: page.rev, page: null, full: null, diverged: null });
}

/** What has arrived, each record as it came last. */
async function lastOfEach(tx: Transaction): Promise<Staged[]> {
    const last = new Map<string, Staged>();
    for (const page of await tx.objectStore("staged").getAll())
        for (const each of page) last.set(`${each.kind} ${each.key}`, each);
    return [...last.values()];
}

/** Queue unconfirmed actions again, and before them actions that bring back what the server forgot. */
async function offer(tx: Transaction, arrived: readonly Staged[], rev: number): Promise<void> {
    const queue = tx.objectStore("queue");
    for (const action of await queue.getAll())
        if (SHOWN.includes(action.stage)) await queue.put({ ...action, stage: "new", base_rev: rev });
    const theirs = Library.of(arrived.filter((each): each is StoredRecord => each.body !== null));
    const offers = [...forgotten(Library.of(await tx.objectStore("records").getAll()), theirs)];
    const first = await queue.openKeyCursor();
    let n = (first?.key ?? 1) - offers.length;
    for (const offer of offers)
        await queue.add({ ...offer, n: n++, id: uuid(), base_rev: null, stage: "new", result: null });
}
