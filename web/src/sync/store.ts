/** The device's database: what was pulled, what is queued, and where the two stand. */

import { type DBSchema, type IDBPDatabase, type IDBPTransaction, openDB } from "idb";
import type { KindOfRecord, StoredRecord } from "./library";
import type { Action, Result } from "./records";

/**
 * `new`: not sent; `sent`: sent without a response yet; `done`: acknowledged, but not in the records yet.
 * The others wait for the user: `conflict` and `rejected` were not done, `incomplete` without the `ignored_fields`.
 */
export type Stage = "new" | "sent" | "done" | "conflict" | "rejected" | "incomplete";

/** Actions whose effect is shown. */
export const SHOWN: readonly Stage[] = ["new", "sent", "done"];

export interface QueuedAction extends Action {
    n: number;
    id: string;
    base_rev: number | null;
    stage: Stage;
    result: Result | null;
    /** What was known of the title or list that it is about, and that another device has deleted. */
    gone?: StoredRecord["body"];
}

/** What is known of the account and of the place in its history. */
export interface State {
    user: string;
    /** Shown while nobody is logged in. */
    email: string;
    token: string;
    /** Whether it logged in with the password that the server's first start made. */
    first_password: boolean;
    device: string;
    /** Of the last complete pull. */
    cursor: string;
    rev: number;
    /** Another one after each pull that replaced everything; within one, what changes gets a higher `rev`. */
    generation: string;
    /** Of a pull that is not complete: its next page, whether it replaces everything, whether the server was restored. */
    page: string;
    full: boolean;
    diverged: boolean;
    /** When the last sync ended well, in Unix seconds. */
    synced_at: number;
}

/** A record that has arrived, or null for one that is gone. */
export type Staged = Omit<StoredRecord, "body"> & { body: StoredRecord["body"] | null };

export interface Schema extends DBSchema {
    state: { key: keyof State; value: State[keyof State] };
    records: { key: [KindOfRecord, string]; value: StoredRecord; indexes: { rev: number } };
    /** The pages of a pull that is not complete, in order. */
    staged: { key: number; value: Staged[] };
    queue: { key: number; value: QueuedAction; indexes: { id: string } };
}

export type Database = IDBPDatabase<Schema>;

export const STORES = ["state", "records", "staged", "queue"] as const;

/** Open the database of an account's place in this browser, making it if there is none. */
export async function openStore(name: string): Promise<Database> {
    return openDB<Schema>(name, 2, {
        upgrade(db, before, _, tx) {
            if (before === 0) {
                db.createObjectStore("state");
                db.createObjectStore("records", { keyPath: ["kind", "key"] }).createIndex("rev", "body.rev");
                db.createObjectStore("queue", { keyPath: "n" }).createIndex("id", "id", { unique: true });
            } else {
                db.deleteObjectStore("staged"); // it held each record by itself; a pull that was not complete starts again
                for (const name of ["page", "full"] as const) void tx.objectStore("state").delete(name);
            }
            db.createObjectStore("staged", { autoIncrement: true });
        },
    });
}

/** Run one step: all of its changes are on disk when it ends, or none; `relaxed` where they may be lost, but in order. */
export async function step<T>(
    db: Database,
    work: (tx: Transaction) => Promise<T>,
    durability: "strict" | "relaxed" = "strict",
): Promise<T> {
    const tx = db.transaction(STORES, "readwrite", { durability });
    try {
        const result = await work(tx);
        await tx.done;
        return result;
    } catch (error) {
        tx.done.catch(() => {}); // it is the same failure
        try {
            tx.abort();
        } catch {
            // it has ended by itself
        }
        throw tx.error ?? error; // what failed first, where others failed by that
    }
}

export type Transaction = IDBPTransaction<Schema, typeof STORES, "readwrite">;

/** Read some of the state. */
export async function readState<K extends keyof State>(
    source: Database | Transaction,
    name: K,
): Promise<State[K] | null> {
    const store = "objectStore" in source ? source.objectStore("state") : source.transaction("state").store;
    return ((await store.get(name)) as State[K] | undefined) ?? null;
}

/** Set some of the state; null forgets. */
export async function writeState(tx: Transaction, values: { [K in keyof State]?: State[K] | null }): Promise<void> {
    const store = tx.objectStore("state");
    for (const [name, value] of Object.entries(values))
        await (value === null ? store.delete(name as keyof State) : store.put(value, name as keyof State));
}
