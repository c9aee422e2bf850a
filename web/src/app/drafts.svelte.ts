/** Titles that were noted by name alone, on this device, until they are found and added. */

import { session } from "./session.svelte";
import { uuid } from "../sync/uuid";

export interface Draft {
    id: string;
    title: string;
    people: string[];
    isFor: boolean;
    note: string;
}

class Drafts {
    private kept = $state.raw<Record<string, Draft[]>>(read());

    /** Those of the account on this device. */
    get all(): readonly Draft[] {
        return this.kept[session.email] ?? [];
    }

    /** Note one; its id. */
    add(draft: Omit<Draft, "id">): string {
        const id = uuid();
        this.put({ ...draft, id });
        return id;
    }

    put(draft: Draft): void {
        this.write([...this.all, draft]);
    }

    remove(id: string): void {
        this.write(this.all.filter((each) => each.id !== id));
    }

    /** Forget those of all accounts. */
    forget(): void {
        this.kept = {};
        localStorage.removeItem(KEY);
    }

    private write(drafts: Draft[]): void {
        this.kept = { ...this.kept, [session.email]: drafts };
        localStorage.setItem(KEY, JSON.stringify(this.kept));
    }
}

const KEY = "drafts";

function read(): Record<string, Draft[]> {
    try {
        return JSON.parse(localStorage.getItem(KEY) ?? "{}") as Record<string, Draft[]>;
    } catch {
        return {}; // somebody else wrote it
    }
}

export const drafts = new Drafts();
