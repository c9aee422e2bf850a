/** What the server refused because another device had changed the same: both values, and what takes either choice back. */

import { has, language, t } from "../i18n/index.svelte";
import type { Data, Movie, Person } from "../sync/records";
import type { QueuedAction } from "../sync/store";
import { inOrder } from "../sync/ranking";
import { COLORS } from "./lists";
import { calledOf } from "./names";
import { rankBack } from "./ranks";
import { session, type Step } from "./session.svelte";
import { nameOf } from "./titles";
import { undo } from "./undo.svelte";

const KEYS = ["imdb_id", "id", "name", "person_name", "person_id", "media_type", "tag"];
/** Actions of which another device may contradict each field by itself. */
const IN_PARTS = /^update(Person|List|Recommendation|Viewing)$/;
const RANKING = /^(un)?rankMovie$/;
/** What makes again what was deleted, now that the user knows. */
const MAKING = /^add(Movie|Recommendation)$/;

/** The names in the data of an action that say what it is about; beside its id a name is a value. */
function keysOf(data: Data): string[] {
    return KEYS.filter((name) => name in data && !(name === "name" && "id" in data));
}

/** The same for all actions on the same thing. */
function thingOf({ action, data, stage }: QueuedAction): string {
    return JSON.stringify([stage, action, ...keysOf(data).map((name) => data[name])]);
}

/** What the user decides about: of several of the same thing, such as each step to a rating, the last value of each field. */
export function decisions(): QueuedAction[] {
    const things = new Map<string, QueuedAction>();
    for (const report of session.reports) {
        const earlier = IN_PARTS.test(report.action) ? things.get(thingOf(report))?.data : {};
        things.set(thingOf(report), { ...report, data: { ...earlier, ...report.data } });
    }
    return [...things.values()];
}

export async function useOurs(report: QueuedAction): Promise<void> {
    const [text, inverse] = [t("reports.usedOurs", { what: titleOf(report) }), theirsBack(report)];
    await session.do(report.action, report.data); // first, as it may not be kept
    await dismiss(report);
    if (inverse) void undo.did({ text, inverse });
    else undo.tell(text);
}

export async function useTheirs(report: QueuedAction): Promise<void> {
    const text = t("reports.keptTheirs", { what: titleOf(report) });
    await dismiss(report);
    void undo.did({ text, inverse: [[report.action, report.data]] });
}

export async function dismiss(report: QueuedAction): Promise<void> {
    for (const each of session.reports.filter((other) => thingOf(other) === thingOf(report)))
        await session.dismiss(each);
}

export function isDeleted({ result }: QueuedAction): boolean {
    return result?.code === "deleted";
}

/** Whether the user can insist on their value, and not only hear that what it was about is gone. */
export function hasChoice(report: QueuedAction): boolean {
    return report.stage === "conflict" && (!isDeleted(report) || MAKING.test(report.action));
}

export function titleOf({ action, data, gone }: QueuedAction): string {
    const key = `action.${action}`;
    const what = has(key) ? t(key, { tag: String(data.tag) }) : action;
    return [what, nameIn(data, gone)].filter(Boolean).join(": ");
}

/** What the title, list or person is called that an action is about. */
function nameIn(data: Data, gone: QueuedAction["gone"]): string {
    const { movies, lists } = session.library;
    if ("imdb_id" in data) return nameOf(movies.get(data.imdb_id as string) ?? ((gone ?? data) as Movie));
    const list = lists.get(data.id as string) ?? gone;
    return list && "name" in list ? list.name : calledOf(String(data.name ?? ""));
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

/** The fields in which the user's value is not the server's, as far as there are words for them. */
export function differencesOf(report: QueuedAction): { name: string; ours: string; theirs: string }[] {
    const isRanking = RANKING.test(report.action);
    const [ours, theirs] = isRanking ? placesOf(report) : [report.data, theirsOf(report)];
    return Object.entries(ours).flatMap(([name, value]) => {
        const key = `field.${name}`;
        if (!has(key) || keysOf(ours).includes(name) || value === (theirs[name] ?? null)) return [];
        return [{ name: t(key), ours: shown(name, value), theirs: shown(name, theirs[name]) }];
    });
}

/** The group and the place of a title in the ranking, as the user and as the server has it. */
function placesOf({ data, result }: QueuedAction): [ours: Data, theirs: Data] {
    const others = (liked: unknown) =>
        inOrder(session.library.movies.values(), liked as boolean).filter(({ imdb_id }) => imdb_id !== data.imdb_id);
    const before = others(data.liked).findIndex(({ imdb_id }) => imdb_id === data.after);
    const place = data.after === null ? 1 : before < 0 ? null : before + 2;
    const ours = { group: data.liked ?? null, place };
    const { ranking } = (result?.server_state ?? {}) as Partial<Movie>;
    if (!ranking) return [ours, {}];
    const better = others(ranking.liked).filter((each) => each.ranking!.order_key < ranking.order_key);
    return [ours, { group: ranking.liked, place: better.length + 1 }];
}

/** What brings back the server's values after the user's were insisted on; null where that cannot be said. */
function theirsBack(report: QueuedAction): Step[] | null {
    const [theirs, { action, data }] = [theirsOf(report), report];
    if (RANKING.test(action)) return theirs.imdb_id ? [rankBack(theirs as unknown as Movie)] : null;
    if (!action.startsWith("update") || !Object.keys(theirs).length) return null;
    const keys = keysOf(data);
    const values = Object.keys(data).filter((name) => !keys.includes(name));
    const back = Object.fromEntries(values.map((name) => [name, theirs[name] ?? null]));
    const named = "new_name" in data ? { name: data.new_name } : {};
    const list = back.status === "custom" ? { custom_list_id: theirs.custom_list_id } : {};
    return [[action, { ...Object.fromEntries(keys.map((name) => [name, data[name]])), ...named, ...back, ...list }]];
}

function shown(name: string, value: unknown): string {
    if (value === null || value === undefined) return t("reports.nothing");
    if (name === "group") return t(value ? "rank.group.liked" : "rank.group.others");
    if (typeof value === "boolean") return value ? t("reports.yes") : t("reports.no");
    if (name === "watched_on") return language.date(value as string);
    if (name === "watched_at") return language.moment(value as number);
    if (typeof value === "number") return language.number(value);
    if (name === "custom_list_id") return session.library.lists.get(value as string)?.name ?? t("reports.nothing");
    const color = Object.entries(COLORS).find(([, each]) => name === "color" && each === value);
    const words = { status: `status.${value}`, icon: `lists.icon.${value}`, color: `people.color.${color?.[0]}` };
    const word = words[name as keyof typeof words] ?? "";
    return has(word) ? t(word) : name === "into" ? calledOf(String(value)) : String(value);
}
