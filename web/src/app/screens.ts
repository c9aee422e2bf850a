/** The screens of the app: their addresses, what loads them, and where they stand in the navigation. */

import type { Component } from "svelte";

export type NavKey = "tonight" | "library" | "add" | "people" | "lists" | "rank" | "import" | "stats" | "account";

export interface Screen {
    /** Parts that begin with a colon are parameters of the screen. */
    path: string;
    nav: NavKey;
    load: () => Promise<{ default: Component<any> }>;
    /** What its parameter looks like, if not anything. */
    only?: RegExp;
}

/** From 1870 on, as the server has it. */
const YEAR = /^(18[7-9]\d|19\d\d|[2-9]\d{3})$/;

export const SCREENS: readonly Screen[] = [
    { path: "/tonight", nav: "tonight", load: () => import("../screens/Tonight.svelte") },
    { path: "/", nav: "library", load: () => import("../screens/Library.svelte") },
    { path: "/library", nav: "library", load: () => import("../screens/Library.svelte") },
    { path: "/add", nav: "add", load: () => import("../screens/Add.svelte") },
    { path: "/lists", nav: "lists", load: () => import("../screens/Lists.svelte") },
    { path: "/lists/:id", nav: "lists", load: () => import("../screens/List.svelte") },
    { path: "/people", nav: "people", load: () => import("../screens/People.svelte") },
    { path: "/people/:name", nav: "people", load: () => import("../screens/Person.svelte") },
    { path: "/rank", nav: "rank", load: () => import("../screens/Rank.svelte") },
    { path: "/stats", nav: "stats", load: () => import("../screens/Stats.svelte") },
    { path: "/stats/:year", nav: "stats", load: () => import("../screens/YearInReview.svelte"), only: YEAR },
    { path: "/import", nav: "import", load: () => import("../screens/Import.svelte") },
    { path: "/account", nav: "account", load: () => import("../screens/Account.svelte") },
    { path: "/admin", nav: "account", load: () => import("../screens/Admin.svelte") },
    { path: "/title/:imdbId", nav: "library", load: () => import("../screens/Title.svelte") },
];

/** The screen of a path, with its parameters. */
export function screenOf(path: string): { screen: Screen; parameters: Record<string, string> } | null {
    const parts = path.replace(/(.)\/$/, "$1").split("/");
    for (const screen of SCREENS) {
        const wanted = screen.path.split("/");
        if (wanted.length !== parts.length) continue;
        const parameters: Record<string, string> = {};
        const fits = wanted.every((each, place) => {
            if (!each.startsWith(":")) return each === parts[place];
            parameters[each.slice(1)] = decoded(parts[place]!);
            return parts[place] !== "" && (screen.only?.test(parts[place]!) ?? true);
        });
        if (fits) return { screen, parameters };
    }
    return null;
}

/** A part of an address that somebody typed need not be well-formed. */
function decoded(part: string): string {
    try {
        return decodeURIComponent(part);
    } catch {
        return part;
    }
}
