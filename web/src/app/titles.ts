/** What screens show of a movie, whichever provider told it. */

import type { Movie } from "../sync/records";

export function nameOf(movie: Movie): string {
    return movie.tmdb_data?.title ?? movie.omdb_data?.title ?? movie.title ?? movie.imdb_id;
}

export function yearOf(movie: Movie): string {
    return movie.tmdb_data?.year ?? (movie.omdb_data?.year ? String(movie.omdb_data.year) : (movie.year ?? ""));
}

export function genresOf(movie: Movie): string[] {
    return movie.tmdb_data?.genres ?? movie.omdb_data?.genres ?? [];
}

export function posterOf(movie: Movie, size: "small" | "large" = "small"): string | null {
    const { poster, posterSmall } = movie.tmdb_data ?? {};
    return (size === "small" ? (posterSmall ?? poster) : (poster ?? posterSmall)) ?? movie.omdb_data?.poster ?? null;
}
