/** Texts in the user's language, from JSON files; dates and numbers by Intl. */

import { stored } from "../app/stored.svelte";
import en from "./en.json";

type Key = keyof typeof en;
type Texts = Record<Key, string>;

/** Each file beside this one is a language; what one lacks is said in English. */
const FILES = import.meta.glob<{ default: Partial<Texts> }>(["./*.json", "!./en.json"]);
const LOADERS = new Map(Object.entries(FILES).map(([path, load]) => [path.slice("./".length, -".json".length), load]));
/** The codes of all languages. */
export const LANGUAGES: readonly string[] = ["en", ...LOADERS.keys()].sort();

const CHOICE = "movietracker-language";

/** Making one takes much longer than using it, and a screen uses the same ones many times. */
function kept<T, O>(make: (code: string, options?: O) => T): (code: string, options?: O) => T {
    const made = new Map<string, T>();
    return (code, options) => {
        const key = code + JSON.stringify(options ?? {});
        let found = made.get(key);
        if (!found) made.set(key, (found = make(code, options)));
        return found;
    };
}

const numbers = kept((code, options?: Intl.NumberFormatOptions) => new Intl.NumberFormat(code, options));
const dates = kept((code, options?: Intl.DateTimeFormatOptions) => new Intl.DateTimeFormat(code, options));
const plurals = kept((code) => new Intl.PluralRules(code));

type Values = Record<string, string | number>;

/** In this order a text has the forms that its language tells apart, as English `one` and `other`. */
const CATEGORIES = ["zero", "one", "two", "few", "many", "other"] as const;

/** The forms of a text that belong to the numbers in it. */
export function inPlural(template: string, values: Values, code: string): string {
    return template.replace(PLURAL, (_, name: string, told: string) => {
        const forms = told.slice(1).split("|");
        const form = pluralsOf(code).indexOf(plurals(code).select(Number(values[name])));
        return forms[Math.min(form, forms.length - 1)]!;
    });
}

/** A name and at least one form, in which values may stand. */
export const PLURAL = /\{(\w+)((?:\|[^|{}]*(?:\{\w+\}[^|{}]*)*)+)\}/g;

/** The forms that a language tells apart. */
export function pluralsOf(code: string): Intl.LDMLPluralRule[] {
    const { pluralCategories } = plurals(code).resolvedOptions();
    return CATEGORIES.filter((each) => pluralCategories.includes(each));
}

class Language {
    code = $state("en");
    /** The code that the user chose on this device; empty for the browser's. */
    chosen = $state(stored(CHOICE) ?? "");
    private texts = $state.raw<Texts>(en);

    async choose(code: string): Promise<void> {
        this.chosen = code;
        localStorage.setItem(CHOICE, code);
        await this.load();
    }

    /** Load the language that the user chose, else the first that the browser prefers and there is, else English. */
    async load(): Promise<void> {
        const preferred = [this.chosen, ...navigator.languages].flatMap((each) => [each, each.split("-")[0]!]);
        const code = preferred.find((each) => LANGUAGES.includes(each)) ?? "en";
        const loaded = await LOADERS.get(code)?.();
        this.texts = { ...en, ...loaded?.default };
        this.code = code;
        document.documentElement.lang = code;
    }

    /** A text, in which `{name}` stands for a value, and `{count|one movie|{count} movies}` for a plural. */
    text(key: Key, values: Values = {}): string {
        const template = this.texts[key];
        if (!template.includes("{")) return template;
        return inPlural(template, values, this.code).replace(/\{(\w+)\}/g, (_, name: string) =>
            this.shown(values[name] ?? ""),
        );
    }

    number(value: number, options?: Intl.NumberFormatOptions): string {
        return numbers(this.code, options).format(value);
    }

    /** A date as far as it is known: a year, a month, a day (YYYY, YYYY-MM, YYYY-MM-DD). */
    date(known: string): string {
        const [year = "", month, day] = known.split("-");
        const options: Intl.DateTimeFormatOptions = { year: "numeric", timeZone: "UTC" };
        if (month) options.month = day ? "short" : "long";
        if (day) options.day = "numeric";
        return dates(this.code, options).format(Date.UTC(+year, +(month ?? 1) - 1, +(day ?? 1)));
    }

    /** A moment (Unix seconds), as day and time. */
    moment(at: number): string {
        return dates(this.code, { dateStyle: "medium", timeStyle: "short" }).format(at * 1000);
    }

    /** A moment, as the day that it is at the user's place. */
    day(at: number): string {
        return dates(this.code, { year: "numeric", month: "short", day: "numeric" }).format(at * 1000);
    }

    /** A moment, as its time if that is today, else as day and time. */
    recently(at: number): string {
        const isToday = new Date(at * 1000).toDateString() === new Date().toDateString();
        return isToday ? dates(this.code, { timeStyle: "short" }).format(at * 1000) : this.moment(at);
    }

    /** A time to come, such as "in 40 seconds". */
    soon(seconds: number): string {
        const words = new Intl.RelativeTimeFormat(this.code);
        return seconds > 120 ? words.format(Math.ceil(seconds / 60), "minute") : words.format(seconds, "second");
    }

    private shown(value: string | number): string {
        return typeof value === "number" ? this.number(value) : value;
    }
}

export const language = new Language();

export function t(key: Key, values?: Values): string {
    return language.text(key, values);
}

/** The English text, which is what the server has for what it stores in words. */
export function inEnglish(key: Key): string {
    return en[key];
}

/** Whether there is a text of this name, where it comes from the server. */
export function has(key: string): key is Key {
    return key in en;
}
