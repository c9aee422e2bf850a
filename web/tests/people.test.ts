import { describe, expect, test } from "vitest";
import { opinionsOf } from "../src/app/opinions";
import { personPath } from "../src/app/people";
import { begin, cannotSay, decide, opponent, type Placing, placeOf } from "../src/app/placing";
import type { Movie } from "../src/sync/records";

/** A watched movie of which only what matters here is known. */
function watched(imdb_id: string, my_rating: number | null, more: Partial<Movie> = {}): Movie {
    return { imdb_id, my_rating, status: "watched", viewings: [], ranking: null, liked: false, ...more } as Movie;
}

function likedOf(movies: Movie[]): string[] {
    return [...opinionsOf(movies)].flatMap(([id, { liked }]) => (liked ? [id] : []));
}

describe("what was liked", () => {
    test("is told by the rating while there are few", () => {
        expect(likedOf([watched("a", 7), watched("b", 6.9), watched("c", null)])).toEqual(["a"]);
    });

    test("is the upper half of eight and more, and ties are in the middle", () => {
        const movies = [1, 2, 3, 4, 4, 5, 6, 7, 8].map((rating, at) => watched(`${at}`, rating));
        expect(likedOf(movies)).toEqual(["5", "6", "7", "8"]);
    });

    test("goes by the ranking before the rating", () => {
        const ranking = { liked: true, order_key: "V", ranked_at: 1 };
        expect(likedOf([watched("a", 2, { ranking }), watched("b", 3)])).toEqual(["a"]);
    });

    test("is not what was not watched", () => {
        expect(likedOf([watched("a", 9, { status: "toWatch" })])).toEqual([]);
    });
});

describe("finding a place", () => {
    /** Rank with somebody who knows that the title belongs behind so many. */
    function search(count: number, place: number): { place: number; questions: number } {
        let placing: Placing = begin(true, count);
        for (let at = opponent(placing); at !== null; at = opponent(placing))
            placing = decide(placing, at, place <= at, "it", `${at}`);
        return { place: placeOf(placing), questions: placing.comparisons.length };
    }

    test("ends at the right one with few questions", () => {
        for (let count = 0; count < 40; count++)
            for (let place = 0; place <= count; place++) {
                const found = search(count, place);
                expect(found.place).toBe(place);
                expect(found.questions).toBeLessThanOrEqual(Math.ceil(Math.log2(count + 1)));
            }
    });

    test("asks about the one nearest to the middle that can be compared", () => {
        let placing = begin(true, 5);
        const asked: number[] = [];
        for (let at = opponent(placing); at !== null; at = opponent(placing)) {
            asked.push(at);
            placing = cannotSay(placing, at);
        }
        expect(asked).toEqual([2, 1, 3, 0, 4]);
        expect(placeOf(placing)).toBe(2);
    });
});

test("a person's page has an address whatever their name", () => {
    expect(personPath({ id: 3, name: "Oscar Winner/Nominee" })).toBe("/people/Oscar%20Winner%2FNominee");
    expect(personPath({ id: 3, name: ".." })).toBe("/people/3");
});
