/** Titles that were noted by name alone, on this device, until they are found and added. */

import { uuid } from "../sync/uuid";
import { Stored } from "./stored.svelte";

export interface Draft {
    id: string;
    title: string;
    people: string[];
    isFor: boolean;
    note: string;
}

/** Those of the one account that a device holds; earlier versions kept a list for each spelling of its address. */
class Drafts {
    private readonly stored = new Stored("drafts", (kept) => Object.values((kept ?? []) as Draft[]).flat());

    get all(): readonly Draft[] {
        return this.stored.value;
    }

    /** Note one; its id. */
    add(draft: Omit<Draft, "id">): string {
        const id = uuid();
        this.put({ ...draft, id });
        return id;
    }

    put(draft: Draft): void {
        this.stored.change((drafts) => [...drafts, draft]);
    }

    remove(id: string): void {
        this.stored.change((drafts) => drafts.filter((each) => each.id !== id));
    }

    forget(): void {
        this.stored.forget();
    }
}

export const drafts = new Drafts();
