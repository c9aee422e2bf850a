/** The ranking as the user sees it: places among the titles that this device knows. */

import { type Data, type Movie, NoEffect } from "./records";

const DIGITS = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
const BASE = BigInt(DIGITS.length);

/** The ranked movies of a group, the best first. */
export function inOrder(movies: Iterable<Movie>, liked: boolean): Movie[] {
    return [...movies]
        .filter((movie) => movie.ranking?.liked === liked)
        .sort((a, b) => (a.ranking!.order_key < b.ranking!.order_key ? -1 : 1));
}

/** Put a watched movie after another one, or first; throws NoEffect when that cannot be. */
export function rank(movie: Movie, movies: Iterable<Movie>, data: Data, at: number): void {
    if (movie.status !== "watched") throw new NoEffect("not watched");
    const liked = data.liked as boolean;
    const others = inOrder(movies, liked);
    const before = data.after == null ? -1 : others.findIndex((each) => each.imdb_id === data.after);
    if (data.after != null && before < 0) throw new NoEffect("the title before is gone");
    if (others[before + 1]?.imdb_id === movie.imdb_id) return;
    const low = others[before]?.ranking?.order_key ?? "";
    const keys = others.filter((each) => each.imdb_id !== movie.imdb_id).map((each) => each.ranking!.order_key);
    const high = keys.find((key) => key > low);
    movie.ranking = { liked, order_key: between(low, high), ranked_at: at };
}

/** A key that sorts between two others; the server may choose another one. */
export function between(low: string, high: string | undefined): string {
    const length = Math.max(low.length, high?.length ?? 0) + 1;
    let middle = (value(low, length) + (high === undefined ? BASE ** BigInt(length) : value(high, length))) / 2n;
    let key = "";
    for (let place = 0; place < length; place++) {
        key = DIGITS[Number(middle % BASE)]! + key;
        middle /= BASE;
    }
    return key.replace(/0+$/, "");
}

function value(key: string, length: number): bigint {
    let sum = 0n;
    for (const digit of key.padEnd(length, "0")) sum = sum * BASE + BigInt(DIGITS.indexOf(digit));
    return sum;
}
