import { expect, test } from "vitest";
import { genreOf } from "../src/app/names";
import { sentenceOf } from "../src/app/problems";

test("what the server says with a code is said in the page's words, with the values", () => {
    const told = { code: "too_many_rows", message: "too many", values: { most: 200_000 } };
    expect(sentenceOf(told)).toBe("An import has at most 200,000 rows.");
});

test.each(["of_a_later_server", null, undefined])("what it says with the code %s is said in its own words", (code) => {
    expect(sentenceOf({ code, message: "has three eyes" })).toBe("has three eyes");
});

test.each(["Anti-war", "Action Adventure", "constructor", ""])(
    "the genre %j, which nobody translates, is as it is",
    (genre) => {
        expect(genreOf(genre)).toBe(genre);
    },
);

test.each([
    [40, "Too many requests. Try again in 40 seconds."],
    [2_400, "Too many requests. Try again in 40 minutes."],
    [undefined, "Too many requests. Wait a moment, then try again."],
])("who is asked too often says how long to wait, if that is known: %s", (seconds, sentence) => {
    expect(sentenceOf({ code: "rate_limited", message: "", values: { seconds } })).toBe(sentence);
});
