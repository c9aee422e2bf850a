/** Imports from other trackers: what the server is asked. */

import type { components } from "../api/schema";
import { has, t } from "../i18n/index.svelte";
import { Refused, Unreachable } from "../sync/requests";
import { sentenceOf } from "./problems";
import { send } from "./sending";
import { session } from "./session.svelte";

type Schemas = components["schemas"];
export type Job = Schemas["ImportJob"];
export type Summary = Schemas["ImportSummary"];
export type Row = Omit<Schemas["ImportRow"], "said"> & {
    said: { title?: string; year?: number; reason?: string; needs_review?: string };
};
/** A state, or those whose title the user chose. */
export type Wanted = Row["state"] | "chosen";
export type Decisions = Partial<Schemas["Resolve"]>;
export type RowDecision = Schemas["RowDecision"];
export type PersonDecision = Schemas["NameDecision"];
export type ListDecision = Schemas["ListDecision"];
export type Deed = "confirm" | "cancel" | "undo";

const AT_WORK = ["reading", "matching", "applying", "undoing", "paused"];
/** What one upload may have, and one request. */
const MOST_BYTES = 256 * 2 ** 20;
const MOST_DECISIONS = 500;
const MOST_ROWS = 1000;

export function isAtWork(job: Summary): boolean {
    return AT_WORK.includes(job.state);
}

/** The name of the format, in the user's language where it is no brand. */
export function labelOf({ format, label, state }: Summary): string {
    if (!label) return t(state === "failed" ? "import.unknown.failed" : "import.unknown");
    const key = `import.format.${format}`;
    return has(key) ? t(key) : label;
}

/** Of how many names it is not decided whether they are people's, so that what these recommended is left out. */
export function undecided({ people, choices }: Job): number {
    const { people: decided = {} } = choices as { people?: object };
    return people.filter(({ name }) => !Object.hasOwn(decided, name)).length;
}

/** Why an import is paused or failed. */
export function errorOf({ error, error_code: code, error_values: values }: Summary): string {
    return sentenceOf({ code, message: error ?? "", values });
}

/** What is wrong with a row, as far as its state alone does not say it. */
export function reasonOf({ said, reason_code: code, reason_values: values }: Row): string {
    return sentenceOf({ code, message: said.needs_review ?? said.reason ?? "", values });
}

/** Where a row stands in the files. */
export function placeOf({ place }: Row): string {
    const [, file, line] = /^(.*), line (\d+)$/s.exec(place) ?? [];
    return file && line ? t("import.place", { file, line }) : place;
}

export function isTooLarge(files: Iterable<File>): boolean {
    return [...files].reduce((sum, { size }) => sum + size, 0) > MOST_BYTES;
}

/** Upload the files of one export; `onpart` hears which part of it is sent. Throws what `send` throws. */
export async function upload(
    files: Iterable<File>,
    onpart: (part: number) => void = () => {},
    signal: AbortSignal = new AbortController().signal,
): Promise<Summary> {
    const body = new FormData();
    for (const file of files) body.append("file", file, file.name);
    return await send<Summary>("/api/import", body, onpart, signal);
}

export async function jobs(): Promise<Summary[]> {
    return await session.ask<Summary[]>("/api/import");
}

/** An import as it is now, which is asked again and again while the server is at work. */
export async function jobOf(id: string): Promise<Job> {
    return await session.ask<Job>(`/api/import/${id}`, { isPatient: true });
}

/** The first rows that are wanted, in their order, and whether there are more. Throws Refused, Unreachable. */
export async function rowsOf(
    job: Summary,
    wanted: readonly Wanted[],
    count = Infinity,
): Promise<{ rows: Row[]; hasMore: boolean }> {
    const rows: Row[] = [];
    for (const each of wanted) {
        const filter: Record<string, string> = each === "chosen" ? { is_chosen: "true" } : { state: each };
        for (let cursor: string | null = ""; cursor !== null;) {
            if (rows.length >= count) return { rows, hasMore: true };
            const limit = String(Math.min(MOST_ROWS, count - rows.length));
            const query = new URLSearchParams({ ...filter, limit, ...(cursor && { cursor }) });
            const response = await session.fetch(`/api/import/${job.id}/rows?${query}`);
            if (!response.ok) throw await refusal(response);
            rows.push(...((await response.json()) as Row[]));
            cursor = response.headers.get("X-Next-Cursor");
        }
    }
    return { rows, hasMore: false };
}

async function refusal(response: Response): Promise<Refused | Unreachable> {
    const told = (await response.json().catch(() => null)) as { code: string; detail: string } | null;
    return told ? new Refused(response.status, told.code, told.detail) : new Unreachable();
}

/** Have decisions count, in as many requests as they take. */
export async function resolve(job: Summary, { people = [], lists = [], rows = [], ratings }: Decisions): Promise<Job> {
    const most = Math.max(people.length, lists.length, rows.length, 1);
    let resolved: Job | null = null;
    for (let from = 0; from < most; from += MOST_DECISIONS) {
        const part = <T>(all: readonly T[]) => all.slice(from, from + MOST_DECISIONS);
        const body = { people: part(people), lists: part(lists), rows: part(rows), ...(ratings && { ratings }) };
        resolved = await session.ask<Job>(`/api/import/${job.id}/resolve`, { method: "POST", body });
    }
    return resolved!;
}

export async function act(job: Summary, deed: Deed): Promise<Job> {
    return await session.ask<Job>(`/api/import/${job.id}/${deed}`, { method: "POST" });
}

export async function forget(job: Summary): Promise<void> {
    await session.ask(`/api/import/${job.id}`, { method: "DELETE" });
}
