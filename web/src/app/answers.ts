/** The server's last answers, kept in the browser so that they are there offline, also after it was closed. */

import { type DBSchema, type IDBPDatabase, openDB } from "idb";

const NAME = "movietracker-answers";
/** The oldest go when there are more, or when they have more letters together. */
const MOST = 300;
const MOST_LETTERS = 8_000_000;

export interface Kept {
    value: unknown;
    /** When the server gave it, in Unix seconds. */
    at: number;
    /** The number of the last change that the device had pulled before. */
    rev: number;
}

interface Schema extends DBSchema {
    answers: { key: string; value: Kept & { key: string; size: number }; indexes: { age: [number, number] } };
}

const known = new Map<string, Kept>();
let database: Promise<IDBPDatabase<Schema>> | null = null;

/** What was kept under a key and is at hand, without a look into the database. */
export function atHand(key: string): Kept | undefined {
    return known.get(key);
}

export async function findAnswer(key: string): Promise<Kept | null> {
    const found = known.get(key) ?? (await open().then((db) => db.get("answers", key), nothing));
    if (found) known.set(key, found);
    return found ?? null;
}

export function keepAnswer(key: string, value: unknown, rev: number): Kept {
    const kept = { value, at: Date.now() / 1000, rev };
    known.set(key, kept);
    void open()
        .then((db) => store(db, { key, ...kept, size: JSON.stringify(value).length }))
        .catch(nothing);
    return kept;
}

/** Forget all of them, as their account is forgotten. */
export async function forgetAnswers(): Promise<void> {
    known.clear();
    await open().then((db) => db.clear("answers"), nothing);
}

function open(): Promise<IDBPDatabase<Schema>> {
    database ??= openDB<Schema>(NAME, 1, {
        upgrade: (db) => void db.createObjectStore("answers", { keyPath: "key" }).createIndex("age", ["at", "size"]),
    });
    return database;
}

/** The browser may store nothing, or have no room: then they are at hand until the page is closed. */
function nothing(): undefined {
    return undefined;
}

async function store(db: IDBPDatabase<Schema>, answer: Schema["answers"]["value"]): Promise<void> {
    const tx = db.transaction("answers", "readwrite");
    await tx.store.put(answer);
    let [count, letters] = [0, 0];
    for (let each = await tx.store.index("age").openKeyCursor(null, "prev"); each; each = await each.continue()) {
        letters += each.key[1];
        if (++count > MOST || letters > MOST_LETTERS) await tx.store.delete(each.primaryKey);
    }
    await tx.done;
}
