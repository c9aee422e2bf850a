/** The map that is cheap to copy does what a map does. */

import { expect, test } from "vitest";
import { Layered } from "../src/sync/layered";

type Value = { n: number };

/** Numbers that look random and are the same each time. */
function* numbers(seed: number): Generator<number, never> {
    for (;;) yield (seed = (seed * 1_103_515_245 + 12_345) % 2 ** 31) >> 8;
}

function plain(map: ReadonlyMap<string, Value>): [string, Value][] {
    return [...map].sort(([a], [b]) => (a < b ? -1 : 1));
}

test.each([1, 2, 3])("copies of copies hold what maps would, and leave their originals alone (%i)", (seed) => {
    const random = numbers(seed);
    const next = (below: number) => random.next().value % below;
    let layered = new Layered<Value>();
    let map = new Map<string, Value>();
    const before: [Layered<Value>, Map<string, Value>][] = [];
    for (let n = 0; n < 3_000; n++) {
        const key = `key ${next(700)}`;
        if (next(3)) [layered.set(key, { n }), map.set(key, layered.get(key)!)];
        else expect(layered.delete(key)).toBe(map.delete(key));
        if (next(50)) continue;
        before.push([layered, map]);
        [layered, map] = [new Layered(layered), new Map(map)];
    }
    for (const [copy, expected] of [...before, [layered, map] as const]) {
        expect(plain(copy)).toEqual(plain(expected));
        expect(copy.size).toBe(expected.size);
        expect([...copy.values()]).toEqual([...copy.keys()].map((key) => expected.get(key)));
        expect(copy.has("key 1")).toBe(expected.has("key 1"));
    }
});

test("copies tell in which keys they differ", () => {
    const original = new Layered<Value>();
    for (let n = 0; n < 1_000; n++) original.set(`key ${n}`, { n });
    const [one, other] = [new Layered(original), new Layered(original)];
    one.set("key 1", { n: -1 });
    one.delete("key 2");
    other.set("key 3", { n: -3 });
    other.set("new", { n: 0 });
    other.set("key 4", original.get("key 4")!);
    expect(one.differences(other)?.sort()).toEqual(["key 1", "key 2", "key 3", "new"]);
    expect(one.differences(new Layered())).toBeNull();
});
