/** What of a record the user changes: the rest is not sent, as another device may change it meanwhile. */

/** The fields that are wanted otherwise than the user began with, and what they hold now; null if there are none. */
export function changesOf<T extends object>(wanted: T, now: T, begun: T): [forth: Partial<T>, back: Partial<T>] | null {
    const names = (Object.keys(wanted) as (keyof T)[]).filter((name) => wanted[name] !== begun[name]);
    const of = (from: T) => Object.fromEntries(names.map((name) => [name, from[name]])) as Partial<T>;
    return names.length ? [of(wanted), of(now)] : null;
}
