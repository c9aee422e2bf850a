/** What a device keeps beside the library: all tabs see the same, each day anew what was put off. */

import { beforeEach, expect, test, vi } from "vitest";
import { Stored } from "../src/app/stored.svelte";

const kept = new Map<string, string>();

beforeEach(() => {
    kept.clear();
    vi.stubGlobal("localStorage", {
        getItem: (key: string) => kept.get(key) ?? null,
        setItem: (key: string, value: string) => kept.set(key, value),
        removeItem: (key: string) => kept.delete(key),
    });
});

const words = () => new Stored("words", (kept) => (kept ?? []) as string[]);

test("what one tab keeps another one does not lose", () => {
    const [one, other] = [words(), words()];
    one.change((all) => [...all, "first"]);
    other.change((all) => [...all, "second"]);
    expect(words().value).toEqual(["first", "second"]);
});

test("what somebody else wrote counts as nothing", () => {
    kept.set("words", "{");
    expect(words().value).toEqual([]);
});

test("titles noted under any spelling of the account's address are one list", async () => {
    const [first, second] = [{ id: "1" }, { id: "2" }];
    kept.set("drafts", JSON.stringify({ "alma@example.org": [first], "alma@EXAMPLE.ORG": [second] }));
    vi.resetModules();
    const { drafts } = await import("../src/app/drafts.svelte");
    expect(drafts.all).toEqual([first, second]);
    drafts.remove("1");
    expect(drafts.all).toEqual([second]);
});

test("what was put off is there again on the next day, also when something else is put off then", async () => {
    vi.useFakeTimers({ now: new Date(2026, 0, 10, 20), toFake: ["Date"] });
    const { notTonight } = await import("../src/app/tonight.svelte");
    notTonight.add("tt0000001");
    vi.setSystemTime(new Date(2026, 0, 11, 1));
    expect([...notTonight.ids]).toEqual(["tt0000001"]);
    vi.setSystemTime(new Date(2026, 0, 11, 20));
    expect([...notTonight.ids]).toEqual([]);
    notTonight.add("tt0000002");
    expect([...notTonight.ids]).toEqual(["tt0000002"]);
    vi.useRealTimers();
});
