/** What the user does to titles, each with what undoes it; `text` says it afterwards. */

import { fold } from "../sync/library";
import type { List, Movie, Viewing } from "../sync/records";
import { language, t } from "../i18n/index.svelte";
import { rankBack } from "./ranks";
import type { Step } from "./session.svelte";
import { nameOf } from "./titles";
import { undo, undoable, undoableAll } from "./undo.svelte";
import { uuid } from "../sync/uuid";

type Status = Movie["status"];

/** The day at the user's place, as YYYY-MM-DD. */
export function today(): string {
    return localDay(Date.now() / 1000);
}

/** The day that it was at the user's place at a moment (Unix seconds). */
export function localDay(at: number): string {
    const shift = new Date(at * 1000).getTimezoneOffset() * 60;
    return new Date((at - shift) * 1000).toISOString().slice(0, 10);
}

/** What puts a title back to where it is now, and into its place of the ranking, which only watched titles have. */
export function statusBack(movie: Movie): Step[] {
    const { imdb_id, status, custom_list_id, ranking } = movie;
    const back: Step = ["updateMovieStatus", { imdb_id, status, ...(status === "custom" && { custom_list_id }) }];
    return ranking ? [back, rankBack(movie)] : [back];
}

/** The day of a viewing at the user's place, or its date as far as it is known. */
export function dayOf({ watched_on, watched_at }: Viewing): string | null {
    return watched_on !== null || watched_at === null ? watched_on : localDay(watched_at);
}

export function isWatchedToday({ status, viewings }: Movie): boolean {
    return status === "watched" && viewings[0] !== undefined && dayOf(viewings[0]) === today();
}

/** A viewing of today, also of a title that was watched before. */
export async function markWatched(movie: Movie): Promise<void> {
    const [title, watched_on] = [nameOf(movie), today()];
    if (isWatchedToday(movie)) return undo.tell(t("deeds.watched.already", { title }));
    const [does, undoes] = viewing(movie, watched_on);
    const text = movie.status === "watched" ? t("deeds.watched.again", { title }) : t("deeds.watched", { title });
    await undoableAll(text, [does], undoes);
}

/** The same, and that they liked it. */
export async function markWatchedAndLiked(movie: Movie): Promise<void> {
    const { imdb_id, liked } = movie;
    const [does, undoes] = viewing(movie, today());
    const text = t("deeds.watchedAndLiked", { title: nameOf(movie) });
    await undoableAll(
        text,
        [does, ["updateLiked", { imdb_id, liked: true }]],
        [["updateLiked", { imdb_id, liked }], ...undoes],
    );
}

export async function markAllWatched(movies: readonly Movie[]): Promise<void> {
    const pairs = movies.filter((movie) => movie.status !== "watched").map((movie) => viewing(movie, today()));
    const text = t("deeds.watched.all", { count: pairs.length });
    await undoableAll(
        text,
        pairs.map(([does]) => does),
        pairs.flatMap(([, undoes]) => undoes),
    );
}

function viewing(movie: Movie, watched_on: string): [Step, Step[]] {
    const { imdb_id } = movie;
    const id = uuid();
    const back: Step[] = [["removeViewing", { imdb_id, id }]];
    if (movie.status !== "watched") back.push(...statusBack(movie));
    return [["addViewing", { imdb_id, id, watched_on }], back];
}

/** Give titles another status; `custom` with a list. */
export async function setStatus(movies: readonly Movie[], status: Status, list?: List): Promise<void> {
    const changed = movies.filter((each) => each.status !== status || (list && each.custom_list_id !== list.id));
    const steps = changed.map(({ imdb_id }): Step => [
        "updateMovieStatus",
        { imdb_id, status, ...(list && { custom_list_id: list.id }) },
    ]);
    await undoableAll(statusText(changed, status, list), steps, bestFirst(changed).flatMap(statusBack));
}

/** So that a ranked title comes back after the one before it. */
function bestFirst(movies: readonly Movie[]): Movie[] {
    const key = ({ ranking }: Movie) => ranking?.order_key ?? "";
    return [...movies].sort((a, b) => (key(a) < key(b) ? -1 : key(a) > key(b) ? 1 : 0));
}

function statusText(movies: readonly Movie[], status: Status, list?: List): string {
    const values = { count: movies.length, list: list?.name ?? "" };
    if (movies.length === 1) {
        const title = nameOf(movies[0]!);
        return t(`deeds.status.${status}`, { ...values, title });
    }
    return t(`deeds.status.${status}.all`, values);
}

export async function rate(movie: Movie, my_rating: number | null): Promise<void> {
    const { imdb_id } = movie;
    const values = { title: nameOf(movie), rating: language.number(my_rating ?? 0, { minimumFractionDigits: 1 }) };
    const text = my_rating === null ? t("deeds.rating.none", values) : t("deeds.rating", values);
    await undoable(text, "updateRating", { imdb_id, my_rating }, [
        "updateRating",
        { imdb_id, my_rating: movie.my_rating },
    ]);
}

export async function like(movie: Movie, liked: boolean): Promise<void> {
    const { imdb_id } = movie;
    const text = t(liked ? "deeds.liked" : "deeds.unliked", { title: nameOf(movie) });
    await undoable(text, "updateLiked", { imdb_id, liked }, ["updateLiked", { imdb_id, liked: movie.liked }]);
}

export async function addTag(movies: readonly Movie[], tag: string): Promise<void> {
    const changed = movies.filter((movie) => !movie.tags?.some((each) => fold(each) === fold(tag)));
    if (!changed.length) return undo.tell(t("deeds.tagged.already", { count: movies.length, tag }));
    const steps = changed.map(({ imdb_id }): Step => ["addTag", { imdb_id, tag }]);
    const undoes = changed.map(({ imdb_id }): Step => ["removeTag", { imdb_id, tag }]);
    await undoableAll(t("deeds.tagged", { count: changed.length, tag }), steps, undoes);
}

export async function removeTag({ imdb_id }: Movie, tag: string): Promise<void> {
    await undoable(t("deeds.untagged", { tag }), "removeTag", { imdb_id, tag }, ["addTag", { imdb_id, tag }]);
}
