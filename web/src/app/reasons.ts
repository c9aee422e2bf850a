/** Why a title is where it is in the queue, in the user's language. */

import type { components } from "../api/schema";
import { language, t } from "../i18n/index.svelte";
import { calledOf, genreOf } from "./names";

export type Queued = components["schemas"]["QueuedMovie"];
export type Reason = components["schemas"]["Reason"];

/** Reasons that move a match by less than about a percentage point. */
const SLIGHT = 0.05;
/** Above it a public rating speaks for a title. */
const MEAN_RATING = 7;

export function isSlight({ weight }: Reason): boolean {
    return Math.abs(weight) < SLIGHT;
}

export function inWords(reason: Reason): string {
    const { kind, weight, genre, decade, liked = 0, evidence = 0 } = reason;
    const name = calledOf(reason.name ?? "");
    switch (kind) {
        case "base":
            return evidence ? t("reason.base", { liked, evidence }) : t("reason.base.none");
        case "public_rating":
            return publicRating(reason);
        case "recommender":
            return evidence
                ? t("reason.recommender", { name, liked, evidence })
                : t("reason.recommender.new", { name });
        case "warning":
            return evidence
                ? t("reason.warning", { name, right: evidence - liked, evidence })
                : t("reason.warning.new", { name });
        case "taste": {
            const what = genre ? genreOf(genre) : t("reason.decade", { decade: String(decade) });
            // A decade borrows from those beside it, so its own titles may say the contrary.
            if (weight > 0)
                return 2 * liked > evidence
                    ? t("reason.taste", { what, liked, evidence })
                    : t("reason.taste.new", { what });
            return 2 * liked < evidence
                ? t("reason.distaste", { what, liked, evidence })
                : t("reason.distaste.new", { what });
        }
    }
}

function publicRating({ weight, tmdb, imdb }: Reason): string {
    const known = Object.entries({ TMDB: tmdb, IMDb: imdb }).filter((each): each is [string, number] => !!each[1]);
    const ratings = known
        .map(([source, rating]) => `${source} ${language.number(rating, { minimumFractionDigits: 1 })}`)
        .join(", ");
    const mean = known.reduce((sum, [, rating]) => sum + rating, 0) / known.length;
    // How many people rated it counts as well, and may outweigh the rating.
    if (mean > MEAN_RATING === weight > 0) return t("reason.rating", { ratings });
    return t(weight > 0 ? "reason.rating.for" : "reason.rating.against", { ratings });
}
