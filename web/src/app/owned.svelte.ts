/** Which titles of a search are in the library. */

import type { Found } from "./adding";
import { session } from "./session.svelte";

class Owned {
    #numbers = $derived(
        new Map(
            [...session.library.movies.values()]
                .filter((movie) => movie.tmdb_data && movie.status !== "deleted")
                .map((movie) => [`${movie.media_type}/${movie.tmdb_data!.tmdbId}`, movie.imdb_id]),
        ),
    );

    /** Whether a title is in the library, and not deleted. */
    has(found: Found): boolean {
        const movie = session.library.movies.get(this.idOf(found) ?? "");
        return movie !== undefined && movie.status !== "deleted";
    }

    /** The IMDb id under which the library has a title, also if it is deleted. */
    idOf({ imdbId, mediaType, tmdbId }: Found): string | undefined {
        if (imdbId && session.library.movies.has(imdbId)) return imdbId;
        return this.#numbers.get(`${mediaType}/${tmdbId}`);
    }
}

export const owned = new Owned();
