/** What this device keeps beside the library, for all tabs. */

/** What is kept under a name; null where there is nothing, or the browser refuses to tell. */
export function stored(key: string, area: "localStorage" | "sessionStorage" = "localStorage"): string | null {
    try {
        return globalThis[area].getItem(key);
    } catch {
        return null;
    }
}

/** A value in the browser's storage, which each tab sees as the last one of them left it. */
export class Stored<T> {
    private kept = $state.raw<T>() as T;

    constructor(
        private readonly key: string,
        /** Makes a value of what is kept, which is null if nothing is. */
        private readonly understood: (kept: unknown) => T,
    ) {
        this.kept = this.read();
        globalThis.addEventListener?.("storage", () => (this.kept = this.read()));
    }

    get value(): T {
        return this.kept;
    }

    /** Keep what the change makes of what any tab kept last. */
    change(change: (kept: T) => T): void {
        const changed = change(this.read());
        localStorage.setItem(this.key, JSON.stringify(changed));
        this.kept = changed;
    }

    forget(): void {
        localStorage.removeItem(this.key);
        this.kept = this.read();
    }

    private read(): T {
        try {
            return this.understood(JSON.parse(stored(this.key)!));
        } catch {
            return this.understood(null); // somebody else wrote it
        }
    }
}
