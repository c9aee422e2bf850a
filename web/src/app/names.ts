/** What the user reads in place of names that the server has in English: of quick recommenders, and of genres. */

import { isSeen } from "./fields";
import { has, inEnglish, t } from "../i18n/index.svelte";
import { fold, type Library } from "../sync/library";
import type { Person } from "../sync/records";

const KEYS = ["youtube", "oscar", "random_person", "google"] as const;
const QUICK = new Map(KEYS.map((key) => [inEnglish(`quick.${key}`), key]));

/** What a person is called: a quick recommender has its name from the server until the user gives it another. */
export function calledOf(name: string): string {
    const key = QUICK.get(name);
    return key ? t(`quick.${key}`) : name;
}

/** Whether a folded text is found in a name as it is stored or as it is shown. */
export function isCalled(name: string, folded: string): boolean {
    return fold(name).includes(folded) || fold(calledOf(name)).includes(folded);
}

/** Whom a typed name means, as it is stored or as it is shown. */
export function personCalled(typed: string, library: Library): Person | undefined {
    const folded = fold(typed);
    return (
        library.alike(typed) ??
        [...library.people.values()].find(({ name }) => calledOf(name) !== name && fold(calledOf(name)) === folded)
    );
}

/** The chosen people, and whom a typed name means: somebody of the library, or a new person. */
export function withTyped(
    chosen: readonly string[],
    typed: string,
    library: Library,
    without: readonly string[] = [],
): string[] {
    const name = personCalled(typed.trim(), library)?.name ?? typed.trim().normalize("NFC");
    return isSeen(name) && ![...chosen, ...without].includes(name) ? [...chosen, name] : [...chosen];
}

/** Names with what each is shown as, in the order of that. */
export function inOrder(names: Iterable<string>, shown: (name: string) => string): (readonly [string, string])[] {
    return [...names].map((name) => [name, shown(name)] as const).sort((a, b) => a[1].localeCompare(b[1]));
}

/** A genre of TMDB or OMDb; one that a plugin made up as it is. */
export function genreOf(name: string): string {
    const key = `genre.${name.replace(/[^A-Za-z]+/g, "_")}`;
    return has(key) && inEnglish(key) === name ? t(key) : name;
}
