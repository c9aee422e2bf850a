/** The texts of the page: complete in every language, and none that nobody reads. */

import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { inPlural, LANGUAGES, PLURAL, pluralsOf } from "../src/i18n/index.svelte";

const SOURCES = join(import.meta.dirname, "..", "src");
const FOLDER = join(SOURCES, "i18n");

type Texts = Record<string, string>;

function textsOf(code: string): Texts {
    return JSON.parse(readFileSync(join(FOLDER, `${code}.json`), "utf8")) as Texts;
}

/** The names of the values in a text, each once. */
function valuesIn(text: string): string[] {
    return [...new Set([...text.matchAll(/\{(\w+)/g)].map((found) => found[1]!))].sort();
}

function formsIn(text: string): number[] {
    return [...text.matchAll(PLURAL)].map((found) => found[2]!.split("|").length - 1);
}

const english = textsOf("en");

test("every file of texts is a language of the page", () => {
    const files = readdirSync(FOLDER).filter((name) => name.endsWith(".json"));
    expect(files.map((name) => name.replace(".json", "")).sort()).toEqual(LANGUAGES);
    expect(LANGUAGES).toContain("de");
});

describe.each(LANGUAGES.map((code) => [code]))("the texts in %s", (code) => {
    const texts = textsOf(code);

    test("are those of English", () => {
        expect(Object.keys(texts).sort()).toEqual(Object.keys(english).sort());
    });

    test("have the same values in them as in English", () => {
        const odd = Object.keys(english).filter((key) => `${valuesIn(texts[key]!)}` !== `${valuesIn(english[key]!)}`);
        expect(odd).toEqual([]);
    });

    test("have as many plurals as the language tells apart", () => {
        const most = pluralsOf(code).length;
        expect(Object.keys(texts).filter((key) => formsIn(texts[key]!).some((forms) => forms !== most))).toEqual([]);
    });
});

test("every text is used somewhere", () => {
    const files = readdirSync(SOURCES, { recursive: true, encoding: "utf8" })
        .filter((name) => /\.(svelte|ts)$/.test(name) && !name.endsWith("schema.d.ts"))
        .map((name) => readFileSync(join(SOURCES, name), "utf8"));
    const whole = new Set(files.flatMap((file) => [...file.matchAll(/["`]([\w.-]+)["`]/g)].map((found) => found[1]!)));
    const patterns = files
        .flatMap((file) => [...file.matchAll(/`([a-zA-Z]+\.(?:[\w.]|\$\{[^}`]*\})*)`/g)])
        .map((found) => new RegExp(`^${found[1]!.replaceAll(".", "\\.").replace(/\$\{[^}]*\}/g, "[\\w -]+")}$`));
    const unused = Object.keys(english).filter(
        (key) => !whole.has(key) && !patterns.some((pattern) => pattern.test(key)),
    );
    expect(unused).toEqual([]);
});

test("a number chooses its plural by the rules of the language", () => {
    const films = "{count|film|filmy|filmów|filmu}";
    const chosen = [1, 2, 5, 22, 1.5].map((count) => inPlural(films, { count }, "pl"));
    expect(chosen).toEqual(["film", "filmy", "filmów", "filmy", "filmu"]);
    expect([0, 1, 2].map((count) => inPlural("{count|one {x}|some}", { count }, "en"))).toEqual([
        "some",
        "one {x}",
        "some",
    ]);
    expect(inPlural("{count|one|some}", { count: 1 }, "ja")).toBe("one");
});
