/** A map that is cheap to copy: copies share a map below, and each keeps apart what it changes. */

/** Copying and comparing look at what is kept apart, so when that is much, it goes into a map below of its own. */
const MANY = 256;

/** `ReadonlyMap` by text with `set` and `delete`; values are never undefined. */
export class Layered<V extends object> implements ReadonlyMap<string, V> {
    private below: ReadonlyMap<string, V>;
    /** Other values than below; undefined for what is there below, but not here. */
    private above: Map<string, V | undefined>;
    size: number;

    constructor(original?: Layered<V>) {
        original?.settle();
        this.below = original?.below ?? new Map<string, V>();
        this.above = new Map(original?.above);
        this.size = original?.size ?? 0;
    }

    get(key: string): V | undefined {
        return this.above.has(key) ? this.above.get(key) : this.below.get(key);
    }

    has(key: string): boolean {
        return this.get(key) !== undefined;
    }

    set(key: string, value: V): this {
        if (!this.has(key)) this.size++;
        this.above.set(key, value);
        return this;
    }

    delete(key: string): boolean {
        if (!this.has(key)) return false;
        this.size--;
        if (this.below.has(key)) this.above.set(key, undefined);
        else this.above.delete(key);
        return true;
    }

    /** The keys whose values differ from those of another one; null if the two have nothing in common. */
    differences(other: Layered<V>): string[] | null {
        if (this.below !== other.below) return null;
        const touched = new Set([...this.above.keys(), ...other.above.keys()]);
        return [...touched].filter((key) => this.get(key) !== other.get(key));
    }

    *entries(): MapIterator<[string, V]> {
        const { below, above } = this;
        for (const entry of below) {
            if (!above.has(entry[0])) yield entry;
            else {
                const value = above.get(entry[0]);
                if (value) yield [entry[0], value];
            }
        }
        for (const [key, value] of above) if (value && !below.has(key)) yield [key, value];
    }

    *keys(): MapIterator<string> {
        for (const [key] of this.entries()) yield key;
    }

    values(): MapIterator<V> {
        return this.above.size ? this.layeredValues() : this.below.values();
    }

    [Symbol.iterator](): MapIterator<[string, V]> {
        return this.entries();
    }

    forEach(call: (value: V, key: string, map: ReadonlyMap<string, V>) => void): void {
        for (const [key, value] of this) call(value, key, this);
    }

    /** As `entries`, in a loop of its own, since this is what looks through a whole library. */
    private *layeredValues(): MapIterator<V> {
        const { below, above } = this;
        for (const [key, value] of below) {
            if (!above.has(key)) yield value;
            else {
                const other = above.get(key);
                if (other) yield other;
            }
        }
        for (const [key, value] of above) if (value && !below.has(key)) yield value;
    }

    private settle(): void {
        if (this.above.size <= Math.max(MANY, this.below.size / 4)) return;
        this.below = new Map(this.entries());
        this.above = new Map();
    }
}
