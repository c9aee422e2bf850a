/** The server's last answers, as the browser keeps them. */

import { IDBFactory } from "fake-indexeddb";
import { openDB } from "idb";
import { beforeEach, expect, test, vi } from "vitest";

type Answers = typeof import("../src/app/answers");

/** Seconds of the clock, which ticks with each look at it. */
let now: number;

beforeEach(() => {
    vi.stubGlobal("indexedDB", new IDBFactory());
    now = 1_000;
    vi.spyOn(Date, "now").mockImplementation(() => 1000 * ++now);
});

/** As after the page was loaded again. */
async function opened(): Promise<Answers> {
    vi.resetModules();
    return await import("../src/app/answers");
}

/** What is kept, once the last one of these is. */
async function keep(answers: Record<string, unknown>): Promise<Answers> {
    const before = await opened();
    for (const [key, value] of Object.entries(answers)) before.keepAnswer(key, value, 1);
    return await vi.waitFor(async () => {
        const after = await opened();
        expect(await after.findAnswer(Object.keys(answers).at(-1)!)).not.toBeNull();
        return after;
    });
}

test("an answer is there again after the page was loaded anew, with its time", async () => {
    const answers = await keep({ "a@example.org /api/trust": [{ name: "Anna" }] });
    expect(answers.atHand("a@example.org /api/trust")).toMatchObject({ value: [{ name: "Anna" }], at: 1_001 });
    expect(await answers.findAnswer("b@example.org /api/trust")).toBeNull();
});

test("the oldest go when there are too many", async () => {
    await keep({ oldest: 0, old: 1 });
    const db = await openDB("movietracker-answers");
    const tx = db.transaction("answers", "readwrite");
    for (let n = 0; n < 298; n++) void tx.store.put({ key: `key ${n}`, value: n, at: ++now, size: 1 });
    await tx.done;
    db.close();
    const answers = await keep({ newest: 300 });
    const found = await Promise.all(["oldest", "old", "key 0", "newest"].map((key) => answers.findAnswer(key)));
    expect(found.map((each) => each?.value ?? null)).toEqual([null, 1, 0, 300]);
});

test("the oldest go when they are too large together, and one that is too large alone", async () => {
    const half = "x".repeat(5_000_000);
    const answers = await keep({ first: half, second: half });
    expect(await answers.findAnswer("first")).toBeNull();
    const later = await keep({ whole: half + half, small: 1 });
    expect(await later.findAnswer("whole")).toBeNull();
});

test("what was asked again is of its last time", async () => {
    await keep({ key: "old", other: 1 });
    const answers = await keep({ key: "new" });
    await vi.waitFor(async () => expect((await (await opened()).findAnswer("key"))?.value).toBe("new"));
    expect((await answers.findAnswer("other"))?.value).toBe(1);
});

test("all of them are forgotten", async () => {
    const answers = await keep({ key: 1 });
    await answers.forgetAnswers();
    expect(answers.atHand("key")).toBeUndefined();
    expect(await (await opened()).findAnswer("key")).toBeNull();
});
