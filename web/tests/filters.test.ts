/** Finding and sorting titles. */

import { expect, test, vi } from "vitest";
import { filtersOf, select, Selection } from "../src/app/filters";
import { Layered } from "../src/sync/layered";
import type { Movie } from "../src/sync/records";

function movie(imdb_id: string, title: string, more: Partial<Movie> = {}): Movie {
    const tmdb_data = { title, year: "1995", genres: ["Crime"], cast: [] };
    const blank = {
        status: "toWatch",
        media_type: "movie",
        recommendations: [],
        viewings: [],
        tags: [],
        my_rating: null,
    };
    return { ...blank, imdb_id, tmdb_data, omdb_data: null, liked: false, ...more } as unknown as Movie;
}

const HEAT = movie("tt1", "Heat", { my_rating: 9, tags: ["diner"] });
const AMELIE = movie("tt2", "Amélie", { my_rating: 7, liked: true });
const GONE = movie("tt3", "Gone", { status: "deleted" });
const ALL = [GONE, HEAT, AMELIE];

function titles(query: string): string[] {
    return select(ALL, filtersOf(new URLSearchParams(query))).map((each) => each.tmdb_data!.title);
}

test("searching ignores accents and case, and finds tags", () => {
    expect(titles("q=AMELIE")).toEqual(["Amélie"]);
    expect(titles("q=heat+diner")).toEqual(["Heat"]);
    expect(titles("q=nothing")).toEqual([]);
});

test("removed titles are shown only when asked for", () => {
    expect(titles("sort=title")).toEqual(["Amélie", "Heat"]);
    expect(titles("status=deleted")).toEqual(["Gone"]);
});

test("filters and sorting are as the address says", () => {
    expect(titles("sort=rating")).toEqual(["Heat", "Amélie"]);
    expect(titles("sort=rating&reverse=1")).toEqual(["Amélie", "Heat"]);
    expect(titles("liked=yes")).toEqual(["Amélie"]);
    expect(titles("from=1996")).toEqual([]);
    expect(titles("genre=Crime&to=1995&sort=title")).toEqual(["Amélie", "Heat"]);
});

/** A library with a thousand more titles, enough that copies share them. */
function shelf(): Layered<Movie> {
    const movies = new Layered<Movie>();
    for (const each of ALL) movies.set(each.imdb_id, each);
    for (let n = 0; n < 1_000; n++) {
        const id = `tt9${n}`;
        movies.set(
            id,
            movie(id, `Film ${n % 300}`, { status: n % 3 ? "watched" : "toWatch", my_rating: n % 7 || null }),
        );
    }
    return movies;
}

const idsOf = (movies: readonly Movie[]) => movies.map((each) => each.imdb_id).join(" ");

test.each(["", "sort=title", "sort=rating&status=watched", "sort=rating&reverse=1", "q=film+1&status=toWatch"])(
    "after each change the same titles are in the same order as if all were looked at again (%s)",
    (query) => {
        const filters = filtersOf(new URLSearchParams(query));
        const selection = new Selection();
        let movies = shelf();
        selection.of(movies, filters);
        for (let n = 0; n < 100; n++) {
            movies = new Layered(movies);
            const id = `tt9${(n * 37) % 1_000}`;
            const status = (["toWatch", "watched", "deleted"] as const)[n % 3]!;
            if (n % 10 === 9) movies.delete(id);
            else movies.set(id, movie(id, `Film ${(n * 11) % 300}`, { status, my_rating: n % 5 || null }));
            expect(idsOf(selection.of(movies, filters))).toEqual(idsOf(select(movies.values(), filters)));
        }
    },
);

test("a change of one title is shown without a look at all the others", () => {
    const filters = filtersOf(new URLSearchParams("sort=title"));
    const selection = new Selection();
    const before = new Layered(shelf());
    expect(selection.of(before, filters)).toHaveLength(1_002);
    const after = new Layered(before);
    after.set("tt2", { ...AMELIE, status: "deleted" });
    const look = [vi.spyOn(after, "values"), vi.spyOn(after, "entries")];
    expect(selection.of(after, filters)).toHaveLength(1_001);
    expect(selection.of(new Layered(after), filters)).toBe(selection.of(after, filters));
    for (const each of look) expect(each).not.toHaveBeenCalled();
});
