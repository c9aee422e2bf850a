/** What the user does to the viewings of a title, each with what undoes it. */

import { t } from "../i18n/index.svelte";
import type { Movie, Viewing } from "../sync/records";
import { uuid } from "../sync/uuid";
import { changesOf } from "./changes";
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

/** Change a viewing, of which the user saw `begun` when the form was filled. */
export async function changeViewing(movie: Movie, viewing: Viewing, seen: Seen, begun = viewing): Promise<void> {
    const { imdb_id } = movie;
    const { id } = viewing;
    const { date, rating, note } = seen;
    const when = date === dayOf(begun) ? {} : { watched_on: date, watched_at: null };
    const changes = changesOf<Partial<Viewing>>({ ...when, rating, note: note.trim() || null }, viewing, begun);
    if (!changes) return;
    const [forth, back] = changes.map((each) => ({ imdb_id, id, ...each }));
    const rated = "rating" in forth! ? [ratingBack(movie)] : [];
    await undoable(t("viewings.changed"), "updateViewing", forth!, [["updateViewing", back!], ...rated]);
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
