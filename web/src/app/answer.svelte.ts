/** What the server says to a question that is not synced, asked again after each sync; the last answer is kept. */

import { untrack } from "svelte";
import { t } from "../i18n/index.svelte";
import { LoggedOut, Refused, Unreachable } from "../sync/requests";
import { atHand, findAnswer, keepAnswer, type Kept } from "./answers";
import { sentenceOf } from "./problems";
import { session } from "./session.svelte";

const DAY = 86_400;
/** Seconds after which an answer that may be wanted later is asked again because of a few changes. */
const PAUSE = 600;
/** How much of the library has to change for that to be done at once. */
const MUCH = 0.1;

/** Made while a component is; `path` is tracked, so that another one asks anew, and null asks nothing. */
export class Answer<T> {
    value = $state.raw<T | null>(null);
    /** When the server gave the value, in Unix seconds. */
    at = $state<number | null>(null);
    /** Why the newest answer is not there, as a sentence. */
    problem = $state("");
    /** Whether a connection would help. */
    isCutOff = $state(false);
    private path: string | null = null;
    private asked = 0;

    constructor(path: () => string | null) {
        $effect(() => {
            const wanted = path();
            void session.syncedAt; // each sync may have changed the answer
            void session.loggedIn;
            untrack(() => void this.ask(wanted));
        });
        $effect(() => {
            const again = () => void this.ask(path());
            addEventListener("online", again);
            addEventListener("offline", again);
            return () => {
                removeEventListener("online", again);
                removeEventListener("offline", again);
            };
        });
    }

    private async ask(path: string | null): Promise<void> {
        const number = ++this.asked;
        if (path !== this.path) this.show(null);
        this.path = path;
        if (path === null) return;
        const known = atHand(keyOf(path)) ?? (await findAnswer(keyOf(path)));
        if (number !== this.asked) return;
        this.show(known, whyNotNow());
        if (this.problem) return;
        try {
            const kept = await askAndKeep(path);
            if (number === this.asked) this.show(kept);
        } catch (error) {
            if (number !== this.asked) return;
            this.problem = inWords(error);
            this.isCutOff = error instanceof Unreachable && !error.code;
        }
    }

    private show(kept: Kept | null, problem = ""): void {
        this.value = (kept?.value as T | undefined) ?? null;
        this.at = kept?.at ?? null;
        this.problem = problem;
        this.isCutOff = problem !== "";
    }
}

/** What was kept, however old. */
export async function lastAnswer<T>(path: string): Promise<{ value: T; at: number } | null> {
    return (await findAnswer(keyOf(path))) as { value: T; at: number } | null;
}

/** Ask for answers that may be wanted when there is no network, unless those that are kept are still good. */
export async function askAhead(paths: readonly string[]): Promise<void> {
    for (const path of paths) {
        const known = await findAnswer(keyOf(path));
        if (!known || isOld(known)) await askAndKeep(path);
    }
}

/** After each change the server reckons anew, which takes the longer the larger a library is. */
function isOld({ at, rev }: Kept): boolean {
    const [age, changes] = [Date.now() / 1000 - at, session.rev - rev];
    return age > DAY || (changes > 0 && age > PAUSE) || changes > MUCH * session.library.movies.size;
}

async function askAndKeep(path: string): Promise<Kept> {
    const [key, { rev }] = [keyOf(path), session];
    const value = await session.ask<unknown>(path);
    if (key !== keyOf(path)) throw new LoggedOut("The account has changed.");
    return keepAnswer(key, value, rev);
}

/** Accounts may follow each other on a page. */
function keyOf(path: string): string {
    return `${session.email} ${path}`;
}

/** What is known to fail is not tried. */
function whyNotNow(): string {
    if (!navigator.onLine) return t("answer.offline");
    return session.standing === "offline" ? t("answer.unreachable") : "";
}

function inWords(error: unknown): string {
    if (error instanceof Refused || (error instanceof Unreachable && error.code)) return sentenceOf(error);
    return error instanceof LoggedOut ? t("answer.loggedOut") : t("answer.unreachable");
}
