/** What went wrong with a request, in words for the user. */

import { has, language, t } from "../i18n/index.svelte";
import { LoggedOut, Refused, Unreachable } from "../sync/requests";

export function problemOf(error: unknown): string {
    if (error instanceof LoggedOut) return t("problem.loggedOut");
    if (error instanceof Refused || (error instanceof Unreachable && error.code)) return sentenceOf(error);
    if (error instanceof Unreachable) return t("problem.offline");
    throw error;
}

/** A text that the server made: its code, its own words, and the values in them. */
interface Told {
    code?: string | null;
    message: string;
    values?: Record<string, unknown>;
}

/** What the server says in the user's language; in its own words where there is no text for its code. */
export function sentenceOf({ code, message, values }: Told): string {
    if (code === "rate_limited" && values?.seconds)
        return t("problem.wait", { when: language.soon(Number(values.seconds)) });
    const key = `problem.code.${code}`;
    return has(key) ? t(key, values as Record<string, string | number>) : message;
}
