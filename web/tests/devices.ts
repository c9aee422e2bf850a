/** Accounts of the tests' server, and devices that hold their libraries. */

import { onTestFinished, vi } from "vitest";
import { inject } from "vitest";
import { session } from "../src/app/session.svelte";
import type { Patience } from "../src/sync/requests";
import { type Options, Replica } from "../src/sync/replica";
import { ADMIN_TOKEN } from "./server";

export const PASSWORD = "correct horse battery";
const HASTE: Patience = { attempts: 3, pause: 1, longestPause: 2, timeout: 60_000 };

export const origin = inject("origin");

async function post<T>(path: string, body: unknown, token?: string): Promise<T> {
    const headers = { "Content-Type": "application/json", ...(token && { Authorization: `Bearer ${token}` }) };
    const response = await fetch(origin + path, { method: "POST", headers, body: JSON.stringify(body) });
    if (!response.ok) throw new Error(`${path}: ${response.status} ${await response.text()}`);
    return (await response.json()) as T;
}

/** The e-mail address of a new account. */
export async function newAccount(): Promise<string> {
    const { access_token } = await post<{ access_token: string }>("/api/auth/admin/login", { token: ADMIN_TOKEN });
    const name = `user-${crypto.randomUUID()}`;
    await post(
        "/api/auth/admin/users",
        { email: `${name}@example.org`, username: name, password: PASSWORD },
        access_token,
    );
    return `${name}@example.org`;
}

/** A device of an account, logged in, with a database of its own. */
export async function device(email: string, options: Options = {}): Promise<Replica> {
    const replica = await tab(crypto.randomUUID(), options);
    await replica.login(email, PASSWORD);
    return replica;
}

/** A tab of a browser that has no locks, as where the address is not secure; tabs of a name share a database. */
export async function tab(name: string, options: Options = {}): Promise<Replica> {
    const replica = await Replica.open(name, origin, { patience: HASTE, ...options });
    onTestFinished(() => replica.db.close());
    return replica;
}

/** Open the session of the page on a new device of an account; it syncs when it is told to. */
export async function openSession(email: string): Promise<void> {
    vi.stubGlobal("navigator", { onLine: true });
    const replica = await Replica.open(crypto.randomUUID(), origin);
    await replica.login(email, PASSWORD);
    const opened = session as unknown as {
        replica: Replica;
        loaded: null;
        soon: () => void;
        reload: () => Promise<void>;
    };
    Object.assign(opened, { replica, loaded: null, soon: () => {} });
    await opened.reload();
}

type Hook = (url: string) => void | Promise<void>;

/** Intercept requests: `before` may throw, so that one is never sent; `after`, so that its response is lost. */
export function intercept(hooks: { before?: Hook; after?: Hook }): () => void {
    const real = globalThis.fetch;
    const spy = vi.spyOn(globalThis, "fetch").mockImplementation(async (input, init) => {
        await hooks.before?.(String(input));
        const response = await real(input, init);
        await hooks.after?.(String(input));
        return response;
    });
    onTestFinished(() => spy.mockRestore());
    return () => spy.mockRestore();
}

export function offline(): () => void {
    return intercept({
        before() {
            throw new TypeError("no network");
        },
    });
}
