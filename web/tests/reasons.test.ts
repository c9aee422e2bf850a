import { expect, test } from "vitest";
import { inWords, type Reason } from "../src/app/reasons";

test.each([
    [0.4, 8.1, "Public rating: TMDB 8.1"],
    [-0.4, 5.9, "Public rating: TMDB 5.9"],
    [-0.4, 8.1, "Public rating: TMDB 8.1; together with how well known it is, that speaks against it"],
    [0.4, 5.9, "Public rating: TMDB 5.9; together with how well known it is, that speaks for it"],
])("a weight of %d for a public rating of %d is told so that the two agree", (weight, tmdb, told) => {
    expect(inWords({ kind: "public_rating", weight, text: "", tmdb } as Reason)).toBe(told);
});
