/** The account on this device, what it shows, and how it stands with the server; one for the page. */

import { Library } from "../sync/library";
import type { Data } from "../sync/records";
import { type Loaded, overlay, type Prepared, Replica, type Step, TooLarge } from "../sync/replica";
import { type Call, LoggedOut, type Patience, PATIENCE, Refused, Unreachable } from "../sync/requests";
import { type QueuedAction, readState } from "../sync/store";
import { sentenceOf } from "./problems";

/** `problem`: the server refuses to sync, for the reason in `problem`. */
export type Standing = "synced" | "syncing" | "waiting" | "offline" | "logged out" | "problem";

export type { Step };

/** What the user did is not on the device, so it is no longer shown either; `session.unkept` says why. */
export class NotKept extends Error {}

/** Why something could not be kept on the device. */
export type Unkept = "too large" | "no room" | "refused";

const DATABASE = "movietracker";
const TURN = "movietracker-turn";
const LIVE = "movietracker-live";
const FIRST_RETRY = 2_000;
const LAST_RETRY = 60_000;
const DEBOUNCE = 150;
/** The session tries again by itself, so that a user without a network soon hears of it. */
const HASTE: Patience = { ...PATIENCE, attempts: 2 };
/** Close codes of the socket: the token is bad; the client was too slow. */
const BAD_TOKEN = 1008;

class Session {
    /** False until what is on the device has been read. */
    ready = $state(false);
    /** Whether this device holds an account's library, logged in or not. */
    known = $state(false);
    loggedIn = $state(false);
    email = $state("");
    /** Whether the password is still the one that the server's first start made. */
    firstPassword = $state(false);
    standing = $state<Standing>("waiting");
    problem = $state("");
    syncedAt = $state<number | null>(null);
    /** The number of the last change that was pulled. */
    rev = $state(0);
    /** How many titles a pull has fetched that goes on. */
    arrived = $state(0);
    /** Why the device did not keep what was done or pulled last. */
    unkept = $state<Unkept | null>(null);
    /** The library as the user sees it; a new object after each change. */
    library = $state.raw(new Library());
    queue = $state.raw<QueuedAction[]>([]);

    /** What the user has just done: it is shown, but the device has not kept it yet. */
    private unsure = $state.raw<readonly Prepared[]>([]);

    /** How many changes the device has kept that the server has not answered. */
    unsent = $derived(this.queue.filter((each) => each.stage === "new" || each.stage === "sent").length);
    /** The same with those that the device is about to keep. */
    waiting = $derived(this.unsent + this.unsure.length);
    /** What the server did not do, or not wholly, until the user has seen it. */
    reports = $derived(this.queue.filter((each) => ["conflict", "rejected", "incomplete"].includes(each.stage)));

    private replica!: Replica;
    private loaded: Loaded | null = null;
    /** Ends when the device has kept what the user did last, or could not. */
    private keeping: Promise<unknown> = Promise.resolve();
    /** How often the user has acted. */
    private done = 0;
    private readonly tabs = new BroadcastChannel(DATABASE);
    private syncing: Promise<void> | null = null;
    private again = false;
    private timer: ReturnType<typeof setTimeout> | undefined;
    private retry = FIRST_RETRY;
    private socket: WebSocket | null = null;
    /** Ends the pause before the socket is opened again. */
    private wake: (woken: boolean) => void = () => {};

    /** Throws where the browser keeps nothing for the page. */
    async start(): Promise<void> {
        void localStorage.length; // what is not in the database
        const inTurn = <T>(work: () => Promise<T>) => alone(TURN, work);
        const onPage = (titles: number) => void (this.arrived = titles);
        this.replica = await Replica.open(DATABASE, location.origin, { inTurn, onPage, patience: HASTE });
        await this.reload();
        this.ready = true;
        this.tabs.onmessage = () => {
            void this.reload();
            this.wake(true); // another tab may have logged in
        };
        addEventListener("beforeunload", (event) => this.unsure.length && event.preventDefault()); // it is soon kept
        addEventListener("online", () => this.resume());
        addEventListener("offline", () => {
            if (this.loggedIn) this.standing = "offline";
            this.socket?.close(); // it would not notice that nothing comes any more
        });
        document.addEventListener("visibilitychange", () => document.visibilityState === "visible" && this.resume());
        void alone(LIVE, () => this.listen());
        this.soon(0);
    }

    async login(email: string, password: string): Promise<void> {
        await this.replica.login(email, password);
        void navigator.storage?.persist?.();
        await this.reload();
        this.tell();
        this.resume();
    }

    /** Change the password, after which every session ends, and log in here again. Throws what `ask` throws. */
    async changePassword(current: string, wanted: string): Promise<void> {
        const body = { current_password: current, new_password: wanted };
        await this.ask("/api/auth/password", { method: "POST", body });
        await this.login(this.email, wanted);
    }

    /** End all sessions of the account, this one included. Throws what `ask` throws. */
    async endSessions(): Promise<void> {
        await this.ask("/api/auth/logout/everywhere", { method: "POST" });
    }

    /** Forget the account on this device; what waits is lost. */
    async logout(): Promise<void> {
        await this.replica.call("/api/auth/logout", { method: "POST" }).catch(() => {}); // offline, the token just ends
        await this.replica.forget();
        this.socket?.close();
        await this.reload();
        this.tell();
    }

    /** Do something: it is shown at once, kept on the device, and sent when there is a network. Throws NotKept. */
    async do(action: string, data: Data): Promise<void> {
        await this.doAll([[action, data]]);
    }

    /** Do several things in order; they are shown together. Returns their ids; throws NotKept, and then none is done. */
    async doAll(steps: readonly Step[]): Promise<string[]> {
        let made: Prepared[] = [];
        try {
            made = this.replica.prepare(steps);
            this.unsure = [...this.unsure, ...made];
            this.library = overlay(this.library, made); // before anything else, so that it is painted in the next frame
            const keeping = this.replica.keep(made, this.loaded ?? undefined);
            this.keeping = keeping.catch(() => {});
            this.kept(await keeping);
        } catch (error) {
            this.unsure = this.unsure.filter((each) => !made.includes(each));
            this.show();
            this.unkept = reasonOf(error);
            throw new NotKept(String(error));
        }
        this.tell();
        this.soon(DEBOUNCE);
        return made.map(({ id }) => id);
    }

    private kept(actions: readonly QueuedAction[]): void {
        const known = new Set(this.queue.map((each) => each.id)); // a reload may have read them first
        const ids = new Set(actions.map((each) => each.id));
        this.unsure = this.unsure.filter((each) => !ids.has(each.id));
        this.queue = [...this.queue, ...actions.filter((each) => !known.has(each.id))];
        this.unkept = null;
        this.done++;
    }

    async dismiss(report: QueuedAction): Promise<void> {
        await this.replica.dismiss(report.id);
        this.queue = this.queue.filter((each) => each.id !== report.id);
        this.tell();
    }

    /** Ask the server for something that is not synced. Throws Refused, Unreachable, LoggedOut. */
    async ask<T>(path: string, call: Call = {}): Promise<T> {
        if (!navigator.onLine) throw new Unreachable("This device is offline."); // instead of trying for a while
        try {
            return await this.replica.call<T>(path, call);
        } catch (error) {
            if (error instanceof LoggedOut) await this.reload();
            throw error;
        }
    }

    /** A response of the server as it is, such as a picture. Throws Unreachable. */
    async fetch(path: string): Promise<Response> {
        const response = await fetch(path, { headers: await this.headers() }).catch((error: Error) => {
            throw new Unreachable(error.message);
        });
        if (response.status === 401) this.soon(0); // the sync finds out whether the token has died
        return response;
    }

    /** What tells the server who asks. */
    async headers(): Promise<Record<string, string>> {
        const token = await readState(this.replica.db, "token");
        return token ? { Authorization: `Bearer ${token}` } : {};
    }

    /** Sync now; what goes wrong is shown in `standing`, and tried again later. */
    sync(): Promise<void> {
        this.again = this.syncing !== null;
        this.syncing ??= this.syncUntilDone();
        return this.syncing;
    }

    private async syncUntilDone(): Promise<void> {
        try {
            do {
                this.again = false;
                await this.syncOnce();
            } while (this.again);
        } finally {
            this.syncing = null; // in the same step that looked whether to sync again
        }
    }

    private async syncOnce(): Promise<void> {
        if (!this.loggedIn) return;
        this.standing = "syncing";
        try {
            await this.keeping; // to be sent as well
            await this.replica.sync();
        } catch (error) {
            this.fail(error);
            return await this.reload();
        }
        [this.problem, this.retry] = ["", FIRST_RETRY];
        this.tell();
        await this.reload();
        if (this.loggedIn) this.standing = navigator.onLine ? "synced" : "offline"; // the network may have gone meanwhile
    }

    private fail(error: unknown): void {
        if (error instanceof LoggedOut) return;
        this.standing = error instanceof Unreachable ? "offline" : "problem";
        this.problem = error instanceof Refused || error instanceof Unreachable ? sentenceOf(error) : String(error);
        if (reasonOf(error) === "no room") this.unkept = "no room";
        this.soon(this.retry);
        this.retry = Math.min(2 * this.retry, LAST_RETRY);
    }

    /** Sync, and listen again, now that this may work. */
    private resume(): void {
        this.soon(0);
        this.wake(true);
    }

    private soon(milliseconds: number): void {
        clearTimeout(this.timer);
        this.timer = setTimeout(() => void this.sync(), milliseconds);
    }

    /** Read again what is on the device, which another tab may have changed. */
    private async reload(): Promise<void> {
        const { done } = this;
        const [{ queue, ...loaded }, user, token, email, firstPassword, syncedAt] = await Promise.all([
            this.replica.load(this.loaded),
            readState(this.replica.db, "user"),
            readState(this.replica.db, "token"),
            readState(this.replica.db, "email"),
            readState(this.replica.db, "first_password"),
            readState(this.replica.db, "synced_at"),
        ]);
        if (done !== this.done) return this.reload(); // what was read lacks what the user has just done
        this.loaded = loaded;
        this.rev = loaded.rev;
        this.queue = queue;
        [this.known, this.loggedIn, this.email, this.syncedAt] = [user !== null, token !== null, email ?? "", syncedAt];
        this.firstPassword = firstPassword ?? false;
        if (user !== null && token === null) this.standing = "logged out";
        this.show();
    }

    private show(): void {
        const queued = new Set(this.queue.map((each) => each.id));
        const unsure = this.unsure.filter((each) => !queued.has(each.id));
        this.library = overlay(this.loaded?.library ?? new Library(), [...this.queue, ...unsure]);
    }

    private tell(): void {
        this.tabs.postMessage("changed");
    }

    /** While this tab lives, and no other listens: hear of changes, and sync. */
    private async listen(): Promise<never> {
        for (let pause = FIRST_RETRY; ;) {
            const token = await readState(this.replica.db, "token");
            const heard = token !== null && navigator.onLine && (await this.hear(token));
            const woken = await this.rest(pause * (0.5 + Math.random() / 2));
            pause = heard || woken ? FIRST_RETRY : Math.min(2 * pause, LAST_RETRY);
        }
    }

    /** Pause; whether something ended it early. */
    private rest(milliseconds: number): Promise<boolean> {
        return new Promise((resolve) => {
            this.wake = resolve;
            setTimeout(() => resolve(false), milliseconds);
        });
    }

    /** Listen until the connection ends; whether there was one. */
    private hear(token: string): Promise<boolean> {
        return new Promise((resolve) => {
            let opened = false;
            const socket = new WebSocket(`${location.origin.replace(/^http/, "ws")}/ws/sync`);
            this.socket = socket;
            socket.onopen = () => socket.send(token);
            socket.onmessage = () => {
                opened = true;
                this.soon(0);
            };
            socket.onclose = ({ code }) => {
                if (code === BAD_TOKEN) this.soon(0); // the sync finds out whether the token has died
                resolve(opened);
            };
        });
    }
}

/**
 * Do something in one tab at a time. Where the address is not secure there are no locks: then tabs may push the same
 * action, which has effect once, and each listens.
 */
async function alone<T>(name: string, work: () => Promise<T>): Promise<T> {
    const locks = navigator.locks as LockManager | undefined;
    return locks ? ((await locks.request(name, work)) as T) : await work();
}

function reasonOf(error: unknown): Unkept {
    if (error instanceof TooLarge) return "too large";
    return error instanceof Error && error.name === "QuotaExceededError" ? "no room" : "refused";
}

export const session = new Session();
