/** Finding titles with the server's help, and adding them. */

import type { components } from "../api/schema";
import { t } from "../i18n/index.svelte";
import { type Meant, meantBy } from "./addresses";
import type { Draft } from "./drafts.svelte";
import { calledOf } from "./names";
import { owned } from "./owned.svelte";
import { session, type Step } from "./session.svelte";
import { undoableAll } from "./undo.svelte";
import type { Inverse } from "./undoing";
import { type Said, votesBack, voteSteps } from "./votes";

type Hit = components["schemas"]["SearchHit"];
type Details = components["schemas"]["TitleDetails"];
type Ratings = components["schemas"]["TitleRatings"];

/** As many letters as the server searches for. */
const MOST_LETTERS = 200;

/** A title that may be added: of the library, of a search, or of an address. */
export interface Found {
    title: string;
    year: string;
    mediaType: "movie" | "tv";
    poster: string | null;
    overview: string;
    tmdbId: number | null;
    imdbId: string | null;
}

/** Titles that a search finds. Throws Refused, Unreachable, LoggedOut, and what `fetch` throws when it is ended. */
export async function search(words: string, year: string, signal: AbortSignal): Promise<Found[]> {
    const query = new URLSearchParams({ q: words.slice(0, MOST_LETTERS), ...(year && { year }) });
    const hits = await session.ask<Hit[]>(`/api/external/tmdb/search?${query}`, { signal });
    return hits.filter((hit) => hit.mediaType !== "person").map(ofHit);
}

function ofHit({ id, title, year, mediaType, poster, posterSmall, overview }: Hit): Found {
    return {
        title,
        year: year ?? "",
        mediaType: mediaType === "tv" ? "tv" : "movie",
        poster: posterSmall ?? poster,
        overview: overview ?? "",
        tmdbId: id,
        imdbId: null,
    };
}

/** Titles that words or an address mean. Throws as `search` does. */
export async function find(wanted: string, signal: AbortSignal): Promise<Found[]> {
    const meant = meantBy(wanted);
    if (!meant) return await search(wanted, "", signal);
    if (meant.kind === "none") return [];
    if (meant.kind === "words") {
        const found = await search(meant.words, meant.year, signal);
        // The year was perhaps the end of the title.
        return found.length || !meant.year ? found : await search(`${meant.words} ${meant.year}`, "", signal);
    }
    return [await lookUp(meant, signal)];
}

/** The title that an address names. Throws as `search` does. */
export async function lookUp(meant: Extract<Meant, { kind: "imdb" | "tmdb" }>, signal: AbortSignal): Promise<Found> {
    if (meant.kind === "tmdb") return ofDetails(await detailsOf(meant.mediaType, meant.id, signal));
    const told = await session.ask<Ratings>(`/api/external/omdb/movie/${meant.imdbId}`, { signal });
    const { title, year, poster, plot } = told;
    const yearText = year === null ? "" : String(year);
    return { ...byNumber(meant.imdbId), title, year: yearText, poster, overview: plot ?? "" };
}

/** A title of which nothing but its number is known; the server finds out the rest. */
export function byNumber(imdbId: string): Found {
    return { title: imdbId, year: "", mediaType: "movie", poster: null, overview: "", tmdbId: null, imdbId };
}

function detailsOf(mediaType: "movie" | "tv", id: number, signal?: AbortSignal): Promise<Details> {
    return session.ask<Details>(`/api/external/tmdb/${mediaType}/${id}`, { signal });
}

function ofDetails({ title, year, mediaType, poster, posterSmall, plot, tmdbId, imdbId }: Details): Found {
    const small = posterSmall ?? poster;
    return { title, year: year ?? "", mediaType, poster: small, overview: plot ?? "", tmdbId, imdbId };
}

/**
 * Add a title, with what people said of it; its IMDb id. A draft that it was noted in comes back if this is undone.
 * Throws Refused, Unreachable, LoggedOut.
 */
export async function add(found: Found, said: Said, draft: Draft | null = null): Promise<string> {
    const ownId = found.imdbId ?? owned.idOf(found);
    const details = ownId ? null : await detailsOf(found.mediaType, found.tmdbId!);
    const imdbId = ownId ?? details!.imdbId;
    if (!imdbId) throw new NoNumber();
    const known = session.library.movies.get(imdbId);
    const back = [...backFrom(imdbId, said.people), ...(draft ? [["noteDraft", { ...draft }] as const] : [])];
    if (said.people.length) await addByPeople(imdbId, found, said, details, back);
    else await addAlone(imdbId, found, back);
    if (known?.status === "deleted") await session.do("updateMovieStatus", { imdb_id: imdbId, status: "toWatch" });
    return imdbId;
}

/** The title has no IMDb id, by which the library names titles. */
export class NoNumber extends Error {}

async function addByPeople(
    imdb_id: string,
    found: Found,
    said: Said,
    details: Details | null,
    back: Inverse[],
): Promise<void> {
    const steps = voteSteps(imdb_id, said).map(([action, data], place): Step => [
        action,
        { ...data, media_type: found.mediaType, ...(details && place === 0 && { tmdb_data: details }) },
    ]);
    const values = { title: found.title, people: said.people.map(calledOf).join(", ") };
    const text = t(isThere(imdb_id) ? "add.known.voted" : "add.done", values);
    await undoableAll(text, steps, back);
}

function isThere(imdbId: string): boolean {
    return (session.library.movies.get(imdbId)?.status ?? "deleted") !== "deleted";
}

/** What takes back an addition: what people said, and the title if it is new. */
function backFrom(imdb_id: string, people: readonly string[]): Inverse[] {
    const title: Step[] = isThere(imdb_id) ? [] : [["updateMovieStatus", { imdb_id, status: "deleted" }]];
    return [...votesBack(imdb_id, people), ...title];
}

/** Nobody recommended it. Offline it is queued, and shows its number until the server has told more. */
async function addAlone(imdb_id: string, { title, mediaType, tmdbId }: Found, back: Inverse[]): Promise<void> {
    const step: Step = ["addMovie", { imdb_id, media_type: mediaType, ...(tmdbId !== null && { tmdb_id: tmdbId }) }];
    if (isThere(imdb_id)) await undoableAll(t("add.known", { title }), [], back);
    else await undoableAll(t("add.done", { title }), [step], back);
}
