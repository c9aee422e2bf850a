/** Addresses of titles at other places, as people paste and share them. */

export type Meant =
    | { kind: "imdb"; imdbId: string }
    | { kind: "tmdb"; mediaType: "movie" | "tv"; id: number }
    /** Words to search by, from an address that tells no number. */
    | { kind: "words"; words: string; year: string }
    /** An address that tells no title; short ones are resolved by their site only. */
    | { kind: "none"; isShort: boolean };

/** What a text with an address of IMDb, TMDB or Letterboxd means, or one that is nothing but an address; else null. */
export function meantBy(text: string): Meant | null {
    const imdb = /\bimdb\.com\/(?:[a-z-]+\/)?title\/(tt\d{7,})|^\s*(tt\d{7,})\s*$/i.exec(text);
    if (imdb) return { kind: "imdb", imdbId: (imdb[1] ?? imdb[2])!.toLowerCase() };
    const tmdb = /\bthemoviedb\.org\/(movie|tv)\/(\d+)/i.exec(text);
    if (tmdb) return { kind: "tmdb", mediaType: tmdb[1]!.toLowerCase() as "movie" | "tv", id: Number(tmdb[2]) };
    const letterboxd = /\bletterboxd\.com\/(?:[\w-]+\/)?film\/([\w-]+)/i.exec(text);
    if (letterboxd) return fromSlug(letterboxd[1]!);
    if (/^\s*https?:\/\/\S+\s*$/i.test(text)) return { kind: "none", isShort: /\/\/boxd\.it\//i.test(text) };
    return null;
}

/** Letterboxd writes `the-third-man`, and `heat-1995` where there are others of that name. */
function fromSlug(slug: string): Meant {
    const [, name, year] = /^(.+?)(?:-((?:18|19|20)\d\d))?$/.exec(slug)!;
    return { kind: "words", words: name!.replaceAll("-", " "), year: year ?? "" };
}

/** What is shared with the page, most telling first: what a title's address means, else a title, else any address. */
export function sharedIn(told: readonly string[]): string {
    const meaning = told.find((each) => (meantBy(each)?.kind ?? "none") !== "none");
    return meaning ?? told.map(titleIn).find(Boolean) ?? told[0] ?? "";
}

/** What a page or text is about: without its address, its year and what sites and apps write around a title. */
export function titleIn(text: string): string {
    return text
        .replace(/[\u200e\u200f]/g, "") // Letterboxd writes which way to read a title
        .replace(/https?:\/\/\S+/g, " ")
        .replace(/\s[-–—|·•]\s*(imdb|letterboxd|tmdb|the movie database|wikipedia|rotten tomatoes|justwatch).*$/i, "")
        .replace(/\s*\((?:tv series\s*)?(?:18|19|20)\d\d[^)]*\).*$/i, "")
        .replace(/^check out\s+/i, "")
        .replace(/\s+/g, " ")
        .trim();
}
