/** What the server refused because another device had changed the same: both values, and what takes either choice back. */

import { has, language, t } from "../i18n/index.svelte";
import type { Data, Movie, Person } from "../sync/records";
import type { QueuedAction } from "../sync/store";
import { calledOf } from "./names";
import { session, type Step } from "./session.svelte";
import { nameOf } from "./titles";

const KEYS = ["imdb_id", "id", "name", "person_name", "person_id", "media_type"];

/** The names in the data of an action that say what it is about; beside its id a name is a value. */
function keysOf(data: Data): string[] {
    return KEYS.filter((name) => name in data && !(name === "name" && "id" in data));
}

/** The same for all actions on the same thing. */
export function thingOf({ action, data, stage }: QueuedAction): string {
    return JSON.stringify([stage, action, ...keysOf(data).map((name) => data[name])]);
}

export function titleOf({ action, data }: QueuedAction): string {
    const movie = session.library.movies.get(data.imdb_id as string);
    const key = `action.${action}`;
    const what = has(key) ? t(key) : action;
    return [what, movie ? nameOf(movie) : calledOf(String(data.name ?? data.person_name ?? data.imdb_id ?? ""))]
        .filter(Boolean)
        .join(": ");
}

/** The record of the server that an action is about, or the vote or viewing in it; empty if it is gone. */
function theirsOf({ action, data, result }: QueuedAction): Data {
    const state = result?.server_state as Movie | Person | null | undefined;
    if (!state) return {};
    if ("viewings" in state && /Viewing$/.test(action))
        return (state.viewings.find((each) => each.id === data.id) ?? {}) as Data;
    if ("recommendations" in state && /Recommendation/.test(action))
        return (state.recommendations.find(
            ({ person_name, person_id }) => person_name === data.person_name || person_id === data.person_id,
        ) ?? {}) as Data;
    return "name" in state ? { ...state, new_name: state.name } : ({ ...state } as Data);
}

/** The fields in which the user's value is not the server's. */
export function differencesOf(report: QueuedAction): { name: string; ours: string; theirs: string }[] {
    const theirs = theirsOf(report);
    return Object.entries(report.data)
        .filter(([name, value]) => !keysOf(report.data).includes(name) && value !== (theirs[name] ?? null))
        .map(([name, value]) => ({ name: wordOf(name), ours: shown(name, value), theirs: shown(name, theirs[name]) }));
}

/** What brings back the server's values after the user's were insisted on; null where that cannot be said. */
export function theirsBack(report: QueuedAction): Step[] | null {
    const [theirs, { action, data }] = [theirsOf(report), report];
    if (!action.startsWith("update") || !Object.keys(theirs).length) return null;
    const keys = keysOf(data);
    const values = Object.keys(data).filter((name) => !keys.includes(name));
    const back = Object.fromEntries(values.map((name) => [name, theirs[name] ?? null]));
    const named = "new_name" in data ? { name: data.new_name } : {};
    const list = back.status === "custom" ? { custom_list_id: theirs.custom_list_id } : {};
    return [[action, { ...Object.fromEntries(keys.map((name) => [name, data[name]])), ...named, ...back, ...list }]];
}

function wordOf(name: string): string {
    const key = `field.${name}`;
    return has(key) ? t(key) : name;
}

function shown(name: string, value: unknown): string {
    if (value === null || value === undefined) return t("reports.nothing");
    if (typeof value === "boolean") return value ? t("reports.yes") : t("reports.no");
    if (name === "watched_on") return language.date(value as string);
    if (name === "watched_at") return language.moment(value as number);
    if (typeof value === "number") return language.number(value);
    if (name === "custom_list_id") return session.library.lists.get(value as string)?.name ?? t("reports.nothing");
    const status = `status.${String(value)}`;
    return has(status) ? t(status) : typeof value === "object" ? JSON.stringify(value) : String(value);
}
