/** What the user does to the viewings of a title, each with what undoes it. */

import { t } from "../i18n/index.svelte";
import type { Movie, Viewing } from "../sync/records";
import { uuid } from "../sync/uuid";
import { dayOf, statusBack } from "./deeds";
import type { Step } from "./session.svelte";
import { undoable } from "./undo.svelte";

export interface Seen {
    /** As far as it is known. */
    date: string | null;
    rating: number | null;
    note: string;
}

export async function addViewing(movie: Movie, { date, rating, note }: Seen): Promise<void> {
    const { imdb_id } = movie;
    const id = uuid();
    const said = { ...(date && { watched_on: date }), ...(rating && { rating }), ...(note.trim() && { note }) };
    const back: Step[] = [["removeViewing", { imdb_id, id }]];
    if (movie.status !== "watched") back.push(...statusBack(movie));
    if (rating) back.push(ratingBack(movie));
    await undoable(t("viewings.added"), "addViewing", { imdb_id, id, ...said }, back);
}

export async function changeViewing(movie: Movie, viewing: Viewing, { date, rating, note }: Seen): Promise<void> {
    const { imdb_id } = movie;
    const { id } = viewing;
    const when = date === dayOf(viewing) ? {} : { watched_on: date, watched_at: null };
    const before = { watched_on: viewing.watched_on, watched_at: viewing.watched_at, note: viewing.note };
    await undoable(
        t("viewings.changed"),
        "updateViewing",
        { imdb_id, id, ...when, rating, note: note.trim() || null },
        [["updateViewing", { imdb_id, id, ...before, rating: viewing.rating }], ratingBack(movie)],
    );
}

export async function removeViewing(movie: Movie, viewing: Viewing): Promise<void> {
    const { imdb_id } = movie;
    const { id, watched_on, watched_at, rating, note } = viewing;
    const again = uuid();
    await undoable(t("viewings.removed"), "removeViewing", { imdb_id, id }, [
        ["renumber", { from: id, to: again }],
        ["addViewing", { imdb_id, id: again, watched_on, watched_at, rating, note }],
        ...statusBack(movie),
        ratingBack(movie),
    ]);
}

/** What brings back the rating of the title, which that of its newest viewing replaces. */
function ratingBack({ imdb_id, my_rating }: Movie): Step {
    return ["updateRating", { imdb_id, my_rating }];
}
