/**
 * The user's library on this device: changed at once, queued durably, pushed and pulled when there is a network.
 *
 * Each step is one transaction of the database. docs/client.md describes the same client, in Python.
 */

import { type KindOfRecord, Library } from "./library";
import { stage } from "./pages";
import type { Action, BatchResponse, Data, Page } from "./records";
import { type Call, LoggedOut, type Patience, PATIENCE, Refused, request } from "./requests";
import {
    type Database,
    openStore,
    type QueuedAction,
    readState,
    SHOWN,
    type Stage,
    step,
    type Transaction,
    writeState,
} from "./store";
import { uuid } from "./uuid";

const PAGE = 500;
const MOST_BYTES = 100_000;
const BATCH_BYTES = 8_000_000;
/** JSON may be escaped, and an action of few bytes still counts. */
const LEAST_SIZE = 80_000;
const STARTING_OVER = ["cursor_expired", "history_diverged", "bad_cursor"];

/** The data of an action is too large to be sent. */
export class TooLarge extends Error {}

/** An action of docs/sync.md and its data. */
export type Step = readonly [action: string, data: Data];

/** An action that is not queued yet. */
export type Prepared = Action & Pick<QueuedAction, "id">;

/** What was loaded, and as of when. */
export interface Loaded {
    library: Library;
    rev: number;
    generation: string;
}

export interface Options {
    patience?: Patience;
    pageSize?: number;
    /** Unix seconds. */
    clock?: () => number;
    /** Runs one push or pull at a time, also among tabs. */
    inTurn?: <T>(work: () => Promise<T>) => Promise<T>;
    /** Hears how many titles a pull has fetched so far. */
    onPage?: (titles: number) => void;
}

export class Replica {
    private readonly patience: Patience;
    private readonly pageSize: number;
    private readonly clock: () => number;
    private readonly inTurn: <T>(work: () => Promise<T>) => Promise<T>;
    private readonly onPage: (titles: number) => void;

    private constructor(
        readonly db: Database,
        private readonly origin: string,
        options: Options,
    ) {
        this.patience = options.patience ?? PATIENCE;
        this.pageSize = options.pageSize ?? PAGE;
        this.clock = options.clock ?? (() => Date.now() / 1000);
        this.inTurn = options.inTurn ?? ((work) => work());
        this.onPage = options.onPage ?? (() => {});
    }

    static async open(name: string, origin: string, options: Options = {}): Promise<Replica> {
        return new Replica(await openStore(name), origin, options);
    }

    /**
     * The last complete pull, and the actions that are shown on top of it.
     *
     * Of what was loaded before only the records that changed since, where they tell everything: reading 20,000 of them
     * takes too long to do it after each change.
     */
    async load(known: Loaded | null = null): Promise<Loaded & { queue: QueuedAction[] }> {
        const tx = this.db.transaction(["state", "records", "queue"]);
        const [state, records] = [tx.objectStore("state"), tx.objectStore("records")];
        const [queue, count, rev, generation] = await Promise.all([
            tx.objectStore("queue").getAll(),
            records.count(),
            state.get("rev"),
            state.get("generation"),
        ]);
        const mark = { rev: (rev as number | undefined) ?? 0, generation: (generation as string | undefined) ?? "" };
        if (known && mark.generation && known.generation === mark.generation) {
            const changed = await records.index("rev").getAll(IDBKeyRange.lowerBound(known.rev, true));
            const library = changed.length ? known.library.with(changed) : known.library;
            if (library.size === count) return { ...mark, library, queue }; // else records are gone
        }
        return { ...mark, library: Library.of(await records.getAll()), queue };
    }

    /** The library as the user sees it. */
    async library(): Promise<Library> {
        const { library, queue } = await this.load();
        return overlay(library, queue);
    }

    /** Queue an action, whose effect is shown from now on. Throws TooLarge. */
    async do(action: string, data: Data): Promise<QueuedAction> {
        return (await this.doAll([[action, data]]))[0]!;
    }

    /** Queue several actions in one step, in order. Throws TooLarge, and then queues none. */
    async doAll(steps: readonly Step[]): Promise<QueuedAction[]> {
        return await this.keep(this.prepare(steps));
    }

    /** The actions of some steps, with which a page can show their effect before they are queued. Throws TooLarge. */
    prepare(steps: readonly Step[]): Prepared[] {
        const made = steps.map(([action, data]): Prepared => ({
            id: uuid(),
            action,
            data: action === "addList" ? { id: uuid(), ...data } : data,
            timestamp: this.clock(),
        }));
        if (made.some(({ data }) => sizeOf(data) > MOST_BYTES))
            throw new TooLarge("The data of an action is too large.");
        return made;
    }

    /** Queue prepared actions in one step, in order; `seen` is what the user saw, if a pull may have changed it since. */
    async keep(made: readonly Prepared[], seen?: Pick<Loaded, "rev" | "generation">): Promise<QueuedAction[]> {
        return await step(this.db, async (tx) => {
            const queue = tx.objectStore("queue");
            const [last, rev, generation] = await Promise.all([
                queue.openKeyCursor(null, "prev"),
                readState(tx, "rev"),
                readState(tx, "generation"),
            ]);
            const base_rev = seen && seen.generation === generation ? seen.rev : rev;
            let n = last?.key ?? 0;
            const queued = made.map((each): QueuedAction => ({
                n: ++n,
                ...each,
                base_rev,
                stage: "new",
                result: null,
            }));
            const added = queued.map((action) => queue.add(action));
            tx.commit(); // also if the page is closed before it hears of it
            await Promise.all(added);
            return queued;
        });
    }

    /** Forget a report that the user has seen. */
    async dismiss(id: string): Promise<void> {
        await step(this.db, async (tx) => {
            const found = await tx.objectStore("queue").index("id").get(id);
            if (found && !SHOWN.includes(found.stage)) await tx.objectStore("queue").delete(found.n);
        });
    }

    /** Get a token. Throws Refused, also for another account than that of this database. */
    async login(email: string, password: string): Promise<void> {
        type Response = { access_token: string; user: { id: string; email: string }; first_password?: boolean };
        const body = { email, password };
        const response = await request<Response>(
            `${this.origin}/api/auth/login`,
            { method: "POST", body },
            this.patience,
        );
        await step(this.db, async (tx) => {
            const user = await readState(tx, "user");
            if (user !== null && user !== response.user.id)
                throw new Refused(410, "wrong_user", "This device holds the library of another account.");
            const device = (await readState(tx, "device")) ?? uuid();
            const { access_token: token, user: account, first_password = false } = response;
            // However the user has spelled the address now, what is kept under it is found again.
            await writeState(tx, { user: account.id, token, email: account.email, device, first_password });
        });
    }

    /** Forget everything of the account on this device. */
    async forget(): Promise<void> {
        await step(this.db, async (tx) => {
            for (const name of tx.objectStoreNames) await tx.objectStore(name).clear();
        });
    }

    /** How many actions await a response. */
    async unsent(): Promise<number> {
        const queue = await this.db.getAll("queue");
        return queue.filter((each) => each.stage === "new" || each.stage === "sent").length;
    }

    /** Push queued actions, then pull changes. Throws Unreachable, LoggedOut. */
    async sync(): Promise<void> {
        await this.inTurn(async () => {
            const device = await readState(this.db, "device");
            do {
                await this.push();
                await this.pull();
            } while (await this.unsent()); // a server that was restored is offered what it forgot
            await step(this.db, async (tx) => {
                if ((await readState(tx, "device")) === device) await writeState(tx, { synced_at: this.clock() }); // else logged out
            });
        });
    }

    /** Make another request of the user's. Throws Refused, Unreachable, LoggedOut. */
    async call<T>(path: string, call: Call = {}): Promise<T> {
        const token = await readState(this.db, "token");
        if (token === null) throw new LoggedOut("Nobody is logged in.");
        try {
            return await request<T>(this.origin + path, { ...call, token }, this.patience);
        } catch (error) {
            if (!(error instanceof Refused) || error.status !== 401) throw error;
            await step(this.db, async (tx) => {
                if ((await readState(tx, "token")) === token) await writeState(tx, { token: null }); // unless there is a new one
            });
            throw new LoggedOut(error.message);
        }
    }

    /** Send queued actions in batches; a batch without a response is sent again unchanged. */
    private async push(): Promise<void> {
        for (let batch = await this.nextBatch(); batch.length; batch = await this.nextBatch()) {
            const cursor = await readState(this.db, "cursor");
            if (cursor === null) {
                await this.pull(); // a base_rev means nothing without one
                continue;
            }
            const actions = batch.map(({ id, action, data, timestamp, base_rev }) => ({
                id,
                action,
                data,
                timestamp,
                base_rev,
            }));
            const body = { cursor, device: await readState(this.db, "device"), actions };
            const call = { method: "POST", body, isPatient: true } as const;
            const response = await this.orStartOver(this.call<BatchResponse>("/api/sync/batch", call), cursor);
            if (response) await step(this.db, (tx) => this.acknowledge(tx, batch, response, cursor));
        }
    }

    /** Store what became of a batch, unless another tab has done so, or emptied this database. */
    private async acknowledge(
        tx: Transaction,
        batch: QueuedAction[],
        response: BatchResponse,
        cursor: string,
    ): Promise<void> {
        for (const [place, action] of batch.entries()) {
            const known = await tx.objectStore("queue").get(action.n);
            if (known?.id !== action.id || known.stage !== "sent") continue;
            const result = response.results[place]!;
            const stage = result.success ? "done" : (result.status as QueuedAction["stage"]);
            const gone = result.code === "deleted" ? await knownOf(tx, action) : undefined; // before a pull removes it
            await tx.objectStore("queue").put({ ...action, stage, result, ...(gone && { gone }) });
        }
        if ((await readState(tx, "cursor")) !== cursor) return;
        await tx.objectStore("staged").clear();
        await writeState(tx, { cursor: response.cursor, page: null }); // the same position, but it covers these actions
    }

    /** The batch that was sent without a response, else the next actions: a hundred, or 8 MB if escaped. */
    private async nextBatch(): Promise<QueuedAction[]> {
        return await step(this.db, async (tx) => {
            const queue = await tx.objectStore("queue").getAll();
            const sent = queue.filter((each) => each.stage === "sent");
            if (sent.length) return sent;
            const batch: QueuedAction[] = [];
            let size = 0;
            for (const action of queue.filter((each) => each.stage === "new")) {
                size += Math.max(LEAST_SIZE, 13 * sizeOf(action.data));
                if (size > BATCH_BYTES) break;
                batch.push({ ...action, stage: "sent" });
            }
            for (const action of batch) await tx.objectStore("queue").put(action);
            return batch;
        });
    }

    /** Fetch changes in pages, the next one while one is stored, and show them when all have arrived. */
    private async pull(): Promise<void> {
        let titles = 0;
        let ahead: { cursor: string | null; response: Promise<Page> } | null = null;
        for (let page: Page | null = null; page === null || page.has_more;) {
            const device = await readState(this.db, "device");
            const cursor = await nextPage(this.db);
            const response: Promise<Page> = ahead?.cursor === cursor ? ahead.response : this.pageAt(cursor);
            const arrived: Page | null = await this.orStartOver(response, cursor);
            ahead = arrived?.has_more ? { cursor: arrived.cursor, response: this.pageAt(arrived.cursor) } : null;
            ahead?.response.catch(() => {}); // it is told when it is its turn
            const store = async (tx: Transaction) => {
                // else another tab has gone on, or there was another login
                const isNext = (await readState(tx, "device")) === device && (await nextPage(tx)) === cursor;
                if (!isNext || arrived === null) return null;
                await stage(tx, arrived);
                return arrived;
            };
            page = await step(this.db, store, arrived?.has_more ? "relaxed" : "strict"); // lost pages are fetched again
            if (page) this.onPage((titles += page.movies.length));
        }
    }

    private async pageAt(cursor: string | null): Promise<Page> {
        const place = new URLSearchParams({ limit: String(this.pageSize), ...(cursor !== null && { cursor }) });
        return await this.call<Page>(`/api/sync/changes?${place}`, { isPatient: true });
    }

    /** A response; where the server cannot go on from the cursor, null, and the next pull starts from the beginning. */
    private async orStartOver<T>(response: Promise<T>, cursor: string | null): Promise<T | null> {
        try {
            return await response;
        } catch (error) {
            if (!(error instanceof Refused) || !STARTING_OVER.includes(error.code)) throw error;
            await step(this.db, async (tx) => {
                if (![await readState(tx, "cursor"), await nextPage(tx)].includes(cursor)) return; // another tab has
                await tx.objectStore("staged").clear();
                const diverged = (await readState(tx, "diverged")) || error.code === "history_diverged";
                await writeState(tx, { cursor: null, page: null, full: null, diverged }); // what is shown stays until then
            });
            return null;
        }
    }
}

/** What is known of the title or list that an action is about. */
async function knownOf(tx: Transaction, { data: { imdb_id, id } }: Action): Promise<QueuedAction["gone"]> {
    const key: [KindOfRecord, string] = imdb_id ? ["movies", `${imdb_id}`] : ["lists", `${id}`];
    return (await tx.objectStore("records").get(key))?.body;
}

/** The cursor with which a pull goes on. */
async function nextPage(source: Database | Transaction): Promise<string | null> {
    return (await readState(source, "page")) ?? (await readState(source, "cursor"));
}

/** A library with the actions on top that are shown: those in these stages, and prepared ones, which have none. */
export function overlay(base: Library, actions: Iterable<Action & { stage?: Stage }>): Library {
    const shown = new Library(base);
    for (const action of actions) if (!action.stage || SHOWN.includes(action.stage)) shown.apply(action);
    return shown;
}

function sizeOf(data: Data): number {
    return new TextEncoder().encode(JSON.stringify(data)).length;
}
