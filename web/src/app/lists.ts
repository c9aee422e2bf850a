/** What the user does to lists, each with what undoes it. */

import { t } from "../i18n/index.svelte";
import type { Library } from "../sync/library";
import type { List, Movie } from "../sync/records";
import { changesOf } from "./changes";
import { session, type Step } from "./session.svelte";
import { undoable, undoableAll } from "./undo.svelte";
import { uuid } from "../sync/uuid";

/** What stands for the names of icons that this app and others give; any other name shows the first. */
export const ICONS = {
    list: "☰",
    star: "★",
    heart: "♥",
    moon: "☾",
    sun: "☀",
    music: "♫",
    flag: "⚑",
    umbrella: "☂",
    snow: "❄",
    flower: "✿",
    scissors: "✂",
    airplane: "✈",
} as const;

export const COLORS = {
    blue: "#0a84ff",
    indigo: "#5e5ce6",
    purple: "#bf5af2",
    pink: "#ff375f",
    red: "#ff453a",
    orange: "#ff9f0a",
    yellow: "#ffd60a",
    green: "#30d158",
    teal: "#40c8e0",
    gray: "#8e8e93",
} as const;

export function iconOf({ icon }: Pick<List, "icon">): string {
    if (Object.hasOwn(ICONS, icon)) return ICONS[icon as keyof typeof ICONS];
    return /\p{Extended_Pictographic}/u.test(icon) ? icon : ICONS.list;
}

export function listsInOrder({ lists }: Library): List[] {
    return [...lists.values()].sort((a, b) => a.position - b.position || a.name.localeCompare(b.name));
}

export type Looks = Pick<List, "name" | "color" | "icon">;

export async function makeList(looks: Looks, others: readonly List[]): Promise<void> {
    const id = uuid();
    const position = Math.max(-1, ...others.map((each) => each.position)) + 1;
    await undoable(t("lists.made", { name: looks.name }), "addList", { id, ...looks, position }, [
        ["deleteList", { id }],
    ]);
}

/** Change a list, of which the user saw `begun` when the form was filled. */
export async function changeList(list: List, looks: Looks, begun: Looks = list): Promise<void> {
    const changes = changesOf(looks, list, begun);
    if (!changes) return;
    const [forth, back] = changes.map((each) => ({ id: list.id, ...each }));
    await undoable(t("lists.changed", { name: looks.name }), "updateList", forth!, ["updateList", back!]);
}

/** Put a list one place further up or down; all get a position of their own. */
export async function moveList(lists: readonly List[], list: List, by: 1 | -1): Promise<void> {
    const wanted = lists.filter((each) => each !== list);
    wanted.splice(lists.indexOf(list) + by, 0, list);
    const moved = wanted
        .map((each, position) => ({ each, position }))
        .filter(({ each, position }) => each.position !== position);
    await undoableAll(
        t("lists.moved", { name: list.name }),
        moved.map(({ each, position }): Step => ["updateList", { id: each.id, position }]),
        moved.map(({ each }): Step => ["updateList", { id: each.id, position: each.position }]),
    );
}

/** Delete a list; its titles are to be watched. Undone, the list is a new one that looks the same. */
export async function deleteList(list: List): Promise<void> {
    const { id, name, color, icon, position } = list;
    const made = uuid();
    await undoable(t("lists.deleted", { name }), "deleteList", { id }, [
        ["renumber", { from: id, to: made }],
        ["addList", { id: made, name, color, icon, position }],
        ...titlesOf(list, session.library).map(({ imdb_id }): Step => [
            "updateMovieStatus",
            { imdb_id, status: "custom", custom_list_id: made },
        ]),
    ]);
}

export function titlesOf({ id }: List, { movies }: Library): Movie[] {
    return [...movies.values()].filter((movie) => movie.status === "custom" && movie.custom_list_id === id);
}
