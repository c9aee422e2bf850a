/** What the user did last and can undo, and what the page tells about it. */

import type { Data } from "../sync/records";
import { session, type Step } from "./session.svelte";
import { actionsOf, type Inverse } from "./undoing";
import { t } from "../i18n/index.svelte";

const MOST = 50;
const KEY = "undo";

interface Deed {
    text: string;
    inverse: readonly Inverse[];
    /** Until then the device is still keeping it. */
    kept?: Promise<readonly string[]>;
    /** The actions that it was kept as. */
    ids?: readonly string[];
}

class Undo {
    /** What was told last; a new object each time, also for the same text. */
    told = $state.raw<{ text: string; canUndo: boolean } | null>(null);
    private deeds: readonly Deed[] = [];
    /** Whose they are. */
    private email = "";

    constructor() {
        [this.email, this.deeds] = read();
        // When the page goes, also for good; not with each deed, as those of a whole library are large.
        globalThis.document?.addEventListener("visibilitychange", () => this.write());
    }

    /** Say what was done as soon as it is kept; until then it can be undone already. Throws what `kept` throws. */
    async did(deed: Deed): Promise<void> {
        this.deeds = [...this.ofAccount().slice(1 - MOST), deed];
        this.email = session.email;
        try {
            deed.ids = await deed.kept;
        } catch (error) {
            this.deeds = this.deeds.filter((each) => each !== deed);
            throw error;
        }
        if (this.deeds.includes(deed)) this.tell(deed.text, true);
    }

    /** Say something that cannot be undone. */
    tell(text: string, canUndo = false): void {
        this.told = { text, canUndo };
    }

    hide(): void {
        this.told = null;
    }

    /** Forget what was done, as with the account that it belongs to. */
    forget(): void {
        [this.deeds, this.told] = [[], null];
        this.write();
    }

    /** Undo what was done last and is not undone yet. */
    async last(): Promise<void> {
        const deed = this.ofAccount().at(-1);
        if (!deed) return this.tell(t("undo.nothing"));
        this.deeds = this.deeds.slice(0, -1);
        await deed.kept;
        if (await this.wasRefused(deed)) return this.tell(t("undo.done", { what: deed.text }));
        for (const [action, { from, to }] of deed.inverse)
            if (action === "renumber") this.deeds = this.deeds.map((each) => renumbered(each, `${from}`, `${to}`));
        const steps = deed.inverse.flatMap(actionsOf);
        if (steps.length) await session.doAll(steps);
        this.tell(t("undo.done", { what: deed.text }));
    }

    /** Whether the server did nothing of it, so that undoing it would undo what another device did; then it is settled. */
    private async wasRefused({ ids = [] }: Deed): Promise<boolean> {
        const refused = session.reports.filter(({ id, stage }) => stage !== "incomplete" && ids.includes(id));
        if (!ids.length || refused.length < ids.length) return false;
        for (const each of refused) await session.dismiss(each);
        return true;
    }

    private ofAccount(): readonly Deed[] {
        return this.email === session.email ? this.deeds : [];
    }

    private write(): void {
        const deeds = this.deeds.map(({ text, inverse, ids }) => ({ text, inverse, ids }));
        try {
            if (deeds.length) sessionStorage.setItem(KEY, JSON.stringify([this.email, deeds]));
            else sessionStorage.removeItem(KEY);
        } catch {
            sessionStorage.removeItem(KEY); // there is no room for it
        }
    }
}

/** A deed that means what has come back under another id. */
function renumbered(deed: Deed, from: string, to: string): Deed {
    return { ...deed, inverse: JSON.parse(JSON.stringify(deed.inverse).replaceAll(from, to)) as Inverse[] };
}

function read(): [string, Deed[]] {
    try {
        return (JSON.parse(sessionStorage.getItem(KEY)!) as [string, Deed[]]) ?? ["", []];
    } catch {
        return ["", []]; // somebody else wrote it
    }
}

export const undo = new Undo();

/** Do something, say so, and offer to undo it. */
export async function undoable(
    text: string,
    action: string,
    data: Data,
    inverse: Inverse | readonly Inverse[],
): Promise<void> {
    const isOne = typeof inverse[0] === "string";
    await undoableAll(text, [[action, data]], (isOne ? [inverse] : inverse) as readonly Inverse[]);
}

/** The same for several actions at once. */
export async function undoableAll(text: string, steps: readonly Step[], inverse: readonly Inverse[]): Promise<void> {
    if (!steps.length && !inverse.length) return undo.tell(text);
    await undo.did({ text, inverse, kept: steps.length ? session.doAll(steps) : undefined });
}
