/** What addresses, shared texts and the bookmarklet mean. */

import { expect, test, vi } from "vitest";
import { find } from "../src/app/adding";
import { meantBy, sharedIn, titleIn } from "../src/app/addresses";
import { bookmarklet } from "../src/app/bookmarklet";
import { session } from "../src/app/session.svelte";

test.each([
    "https://www.imdb.com/title/tt0113277/?ref_=nv_sr_srsg_0_tt_8_nm_0_q_heat",
    "https://m.imdb.com/title/tt0113277",
    "https://www.imdb.com/de/title/tt0113277/",
    "http://imdb.com/pt-br/title/tt0113277/reviews",
    "Heat (1995) 8.3 | Action, Crime, Drama https://www.imdb.com/title/tt0113277/?ref_=ext_shr",
    " tt0113277 ",
])("a number of IMDb is found in %s", (text) => {
    expect(meantBy(text)).toEqual({ kind: "imdb", imdbId: "tt0113277" });
});

test.each([
    ["https://www.themoviedb.org/movie/603-the-matrix?language=de", "movie", 603],
    ["https://www.themoviedb.org/movie/603", "movie", 603],
    ["https://www.themoviedb.org/tv/1396-breaking-bad/season/2?language=en-US", "tv", 1396],
])("a number of TMDB is found in %s", (text, mediaType, id) => {
    expect(meantBy(text)).toEqual({ kind: "tmdb", mediaType, id });
});

test.each([
    ["https://letterboxd.com/film/heat-1995/", "heat", "1995"],
    ["https://letterboxd.com/anna/film/the-third-man/1/", "the third man", ""],
    ["https://letterboxd.com/film/1917/", "1917", ""],
    ["https://letterboxd.com/film/2001-a-space-odyssey/", "2001 a space odyssey", ""],
])("words to search by are found in %s", (text, words, year) => {
    expect(meantBy(text)).toEqual({ kind: "words", words, year });
});

test("where there is nothing of the year at the end of an address, it is searched for as part of the title", async () => {
    const searches: string[] = [];
    const hit = { title: "Blade Runner 2049", mediaType: "movie" };
    vi.spyOn(session, "ask").mockImplementation((path) => {
        searches.push(path.slice("/api/external/tmdb/search?".length));
        return Promise.resolve((searches.at(-1)!.endsWith("year=2049") ? [] : [hit]) as never);
    });
    const { signal } = new AbortController();
    expect(await find("https://letterboxd.com/film/blade-runner-2049/", signal)).toHaveLength(1);
    await find("https://letterboxd.com/film/heat-1995/", signal);
    expect(searches).toEqual(["q=blade+runner&year=2049", "q=blade+runner+2049", "q=heat&year=1995"]);
});

test.each([
    ["https://boxd.it/2a9q", true],
    ["https://www.imdb.com/name/nm0000134/", false],
    ["https://www.themoviedb.org/collection/2344", false],
    ["http://", null],
    ["heat", null],
])("%s names no title", (text, isShort) => {
    expect(meantBy(text)).toEqual(isShort === null ? null : { kind: "none", isShort });
});

test.each([
    ["Heat (1995) - IMDb", "Heat"],
    ["Heat (1995) directed by Michael Mann • Reviews, film + cast • Letterboxd", "Heat"],
    ["\u200eParasite (2019) • Film + cast • Letterboxd", "Parasite"],
    ["Breaking Bad (TV Series 2008–2013) - IMDb", "Breaking Bad"],
    ["Matrix (1999) — The Movie Database (TMDB)", "Matrix"],
    ["Stalker (1979 film) - Wikipedia", "Stalker"],
    ["Check out Heat https://boxd.it/2a9q", "Heat"],
])("of %s the title is left", (text, title) => {
    expect(titleIn(text)).toBe(title);
});

test("an address of a title tells more than the name of a page, and that more than any other address", () => {
    expect(sharedIn(["https://letterboxd.com/film/heat-1995/", "Heat (1995)"])).toContain("letterboxd");
    expect(sharedIn(["https://boxd.it/2a9q", "Heat (1995) • Letterboxd"])).toBe("Heat");
    expect(sharedIn(["https://boxd.it/2a9q"])).toBe("https://boxd.it/2a9q");
    expect(sharedIn([])).toBe("");
});

test("the bookmarklet has nothing in it that an address cannot hold", () => {
    expect(bookmarklet("http://127.0.0.1:8000")).toMatch(/^javascript:[\w%().!~*'-]+$/);
});
