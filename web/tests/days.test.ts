/** On which day at the user's place something was. */

import { expect, test, vi } from "vitest";
import { waitsOf } from "../src/app/figures";
import { language } from "../src/i18n/index.svelte";
import type { Movie } from "../src/sync/records";

/** A title that was recommended at a moment, and watched. */
function movie(recommended: string, viewing: { watched_on?: string; watched_at?: string }): Movie {
    const at = (when: string) => Date.parse(when) / 1000;
    const { watched_on = null, watched_at } = viewing;
    return {
        recommendations: [{ vote_type: true, date_recommended: at(recommended) }],
        viewings: [{ watched_on, watched_at: watched_at ? at(watched_at) : null, created_at: 0 }],
    } as unknown as Movie;
}

test.each([
    ["America/Los_Angeles", "2026-11-20T04:30Z", { watched_on: "2026-11-19" }, 2026, 0],
    ["America/Los_Angeles", "2026-11-20T04:30Z", { watched_at: "2026-11-20T05:30Z" }, 2026, 0],
    ["America/Los_Angeles", "2026-11-19T20:00Z", { watched_at: "2026-11-21T04:30Z" }, 2026, 0],
    ["America/Los_Angeles", "2026-11-20T04:30Z", { watched_on: "2026-11-21" }, 2026, 1],
    ["America/Los_Angeles", "2026-11-20T04:30Z", { watched_on: "2026-11-18" }, 2026, null],
    ["Pacific/Auckland", "2026-12-30T12:00Z", { watched_on: "2026-12-31" }, 2026, 0],
    ["Pacific/Auckland", "2026-12-30T12:00Z", { watched_at: "2026-12-31T12:00Z" }, 2026, null],
    ["Pacific/Auckland", "2026-12-30T12:00Z", { watched_on: "2026-12" }, null, null],
])("in %s what was recommended at %s and %o is watched in %s within the group %s", (zone, at, viewing, year, group) => {
    vi.stubEnv("TZ", zone);
    const counts = waitsOf([movie(at, viewing)], year);
    expect(counts.flatMap((count, place) => (count ? [place] : []))).toEqual(group === null ? [] : [group]);
});

test.each(["en", "de"])("a moment is shown as the day at the user's place, in the way of other days (%s)", (code) => {
    language.code = code;
    vi.stubEnv("TZ", "America/Los_Angeles");
    expect(language.day(Date.parse("2026-11-20T04:30Z") / 1000)).toBe(language.date("2026-11-19"));
});
