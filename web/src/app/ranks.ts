/** What the user does to the ranking, each with what undoes it. */

import { t } from "../i18n/index.svelte";
import { inOrder } from "../sync/ranking";
import type { Movie } from "../sync/records";
import { lastSeen } from "./people";
import { type Placing, placeOf } from "./placing";
import { session, type Step } from "./session.svelte";
import { nameOf } from "./titles";
import { undoable } from "./undo.svelte";

/** As many comparisons as the server keeps of one ranking. */
const MOST = 64;

/** Watched and not ranked, the last watched first. */
export function unranked(movies: Iterable<Movie>): Movie[] {
    return [...movies]
        .filter((movie) => movie.status === "watched" && !movie.ranking)
        .sort((a, b) => lastSeen(b) - lastSeen(a));
}

/** Put a title where its comparisons with `others`, the rest of its group, have led. */
export async function rankBy(movie: Movie, placing: Placing, others: readonly Movie[]): Promise<void> {
    const { imdb_id } = movie;
    const { liked, comparisons } = placing;
    const at = placeOf(placing);
    const data = { imdb_id, liked, after: others[at - 1]?.imdb_id ?? null, comparisons: comparisons.slice(-MOST) };
    const values = { title: nameOf(movie), place: at + 1, count: others.length + 1 };
    await undoable(t(liked ? "rank.done.liked" : "rank.done.others", values), "rankMovie", data, rankBack(movie));
}

export async function unrank(movie: Movie): Promise<void> {
    const { imdb_id } = movie;
    await undoable(t("rank.removed", { title: nameOf(movie) }), "unrankMovie", { imdb_id }, rankBack(movie));
}

/** What puts a title back to where it is in the ranking, or out of it. */
export function rankBack({ imdb_id, ranking }: Movie): Step {
    if (!ranking) return ["unrankMovie", { imdb_id }];
    const group = inOrder(session.library.movies.values(), ranking.liked);
    const at = group.findIndex((each) => each.imdb_id === imdb_id);
    return ["rankMovie", { imdb_id, liked: ranking.liked, after: group[at - 1]?.imdb_id ?? null }];
}
