/** What can happen to a device: requests and answers are lost, and it dies at any step. */

export type Fault = "" | "lose request" | "lose answer";

/** No code of the device runs after this. */
class Died extends Error {}

/** The one whose code runs; each command of the bridge ends before the next begins. */
let present: Faults | null = null;

export class Faults {
    private steps = 0;
    private isDead = false;
    private readonly sent: Promise<unknown>[] = [];

    /** Dies at the step of this number, if any; a step is an operation of the database, a request or an answer. */
    constructor(
        private readonly faults: Fault[],
        private readonly diesAt: number,
    ) {}

    get told(): { steps: number; died: boolean } {
        return { steps: this.steps, died: this.isDead };
    }

    async during<T>(work: () => Promise<T>): Promise<T> {
        present = this;
        try {
            return await work();
        } finally {
            await Promise.allSettled(this.sent); // so that none reaches the server later
            present = null;
        }
    }

    /** Throws Died from the fatal step on, so that what handles the failure changes nothing any more. */
    step(transaction?: IDBTransaction): void {
        if (this.isDead) throw new Died();
        if (++this.steps !== this.diesAt) return;
        this.isDead = true;
        transaction?.abort(); // as the browser does with what is not complete
        throw new Died();
    }

    async fetch(send: () => Promise<Response>): Promise<Response> {
        const fault = this.faults.shift() ?? "";
        this.step();
        if (fault === "lose request") throw new TypeError(fault);
        const answered = send().then(async (response) => ({ response, body: await response.arrayBuffer() }));
        this.sent.push(answered);
        const { response, body } = await answered;
        this.step();
        if (fault === "lose answer") throw new TypeError(fault);
        return new Response(body, response);
    }
}

const realFetch = globalThis.fetch;
globalThis.fetch = (input, init) => {
    const send = () => realFetch(input, init);
    return present ? present.fetch(send) : send();
};

function watch<T extends object>(prototype: T, transactionOf: (self: T) => IDBTransaction | undefined): void {
    for (const [name, property] of Object.entries(Object.getOwnPropertyDescriptors(prototype))) {
        const real = property.value as unknown;
        if (typeof real !== "function" || name === "constructor") continue;
        Object.defineProperty(prototype, name, {
            ...property,
            value(this: T, ...values: unknown[]): unknown {
                present?.step(transactionOf(this));
                return real.apply(this, values) as unknown;
            },
        });
    }
}

watch(IDBObjectStore.prototype, (store) => store.transaction);
watch(IDBIndex.prototype, (index) => index.objectStore.transaction);

// What was under way when a device died fails without anybody to hear of it.
process.on("unhandledRejection", (error: unknown) => {
    if (!(error instanceof Died) && !(error instanceof DOMException && error.name === "AbortError")) throw error;
});
