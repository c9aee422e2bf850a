/** Pictures of providers, through our server, which takes the token; kept in the browser so that they are there offline. */

import { session } from "./session.svelte";

const CACHE = "movietracker-posters";
const MOST = 3_000;
const MOST_AT_HAND = 300;
const AT_ONCE = 6;
/** What scrolls by faster is not worth loading. */
const GLANCE = 80;
/** After so long the server may have a picture that it could not give. */
const RETRY = 600_000;

/** Addresses of pictures for this page, the one that was loaded first comes first. */
const atHand = new Map<string, string>();
/** When the server could not give a picture. */
const missing = new Map<string, number>();
let cache: Promise<Cache | undefined> | null = null;

/** The address of a picture that was loaded lately. */
export function knownPoster(url: string): string | undefined {
    return atHand.get(url);
}

/** Load a picture that stays wanted for a moment; the returned function says that it no longer is. */
export function loadPoster(url: string, then: (address: string) => void): () => void {
    if (atHand.has(url) || Date.now() - (missing.get(url) ?? 0) < RETRY) return () => {};
    let isWanted = true;
    const timer = setTimeout(async () => {
        const blob = await kept(url, () => isWanted).catch(() => null); // the placeholder stays
        const address = blob && keepAtHand(url, blob);
        if (isWanted && address) then(address);
    }, GLANCE);
    return () => {
        isWanted = false;
        clearTimeout(timer);
    };
}

/** Forget all pictures, as their account is forgotten. */
export async function forgetPosters(): Promise<void> {
    cache = null;
    for (const url of atHand.keys()) drop(url);
    await globalThis.caches?.delete(CACHE);
}

function keepAtHand(url: string, blob: Blob): string {
    const address = atHand.get(url) ?? URL.createObjectURL(blob);
    atHand.set(url, address);
    if (atHand.size > MOST_AT_HAND) drop(atHand.keys().next().value!); // what shows it already goes on doing so
    return address;
}

function drop(url: string): void {
    URL.revokeObjectURL(atHand.get(url)!);
    atHand.delete(url);
}

async function kept(url: string, isWanted: () => boolean): Promise<Blob | null> {
    const path = `/api/images/${url.replace(/^https?:\/\//, "")}`;
    cache ??= globalThis.caches?.open(CACHE) ?? Promise.resolve(undefined); // there is none where the address is not secure
    const store = await cache;
    const known = await store?.match(path);
    if (known) return await known.blob();
    const response = await inTurn(async () => (isWanted() && navigator.onLine ? await session.fetch(path) : null));
    if (response && !response.ok && response.status !== 401) missing.set(url, Date.now());
    if (!response?.ok) return null;
    await store?.put(path, response.clone()).then(
        () => makeRoom(store),
        () => undefined,
    ); // the storage may be full
    return await response.blob();
}

let running = 0;
const waiting: (() => void)[] = [];

/** Run a few at once, so that a page of posters leaves connections for everything else; what came last is next. */
async function inTurn<T>(work: () => Promise<T>): Promise<T> {
    if (running >= AT_ONCE) await new Promise<void>((resolve) => waiting.push(resolve));
    running++;
    try {
        return await work();
    } finally {
        running--;
        waiting.pop()?.();
    }
}

let stored = 0;

async function makeRoom(store: Cache): Promise<void> {
    if (++stored % 100) return;
    const keys = await store.keys();
    for (const key of keys.slice(0, Math.max(0, keys.length - MOST))) await store.delete(key);
}
