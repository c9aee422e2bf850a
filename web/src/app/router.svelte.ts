/** Where the user is: the path and the query of the address, in which screens keep filters and sorting. */

import { newEntry, Scrolling } from "./scrolling";

class Router {
    path = $state(location.pathname);
    query = $state.raw(new URLSearchParams(location.search));

    private readonly scrolling = new Scrolling();

    constructor() {
        addEventListener("popstate", () => {
            this.read();
            this.scrolling.comeBack();
        });
        document.addEventListener("click", (event) => this.follow(event));
    }

    /** Go to an address of the app; `replace` leaves no way back to the present one. */
    go(address: string, { replace = false } = {}): void {
        if (replace) history.replaceState(history.state, "", address);
        else history.pushState(newEntry(), "", address);
        this.read();
        if (!replace) this.scrolling.begin();
    }

    /** Change the query; empty values go. */
    set(values: Record<string, string>): void {
        const query = new URLSearchParams(this.query);
        for (const [name, value] of Object.entries(values)) value ? query.set(name, value) : query.delete(name);
        const text = query.toString();
        this.go(location.pathname + (text && `?${text}`), { replace: true });
    }

    private read(): void {
        this.path = location.pathname;
        this.query = new URLSearchParams(location.search);
    }

    private follow(event: MouseEvent): void {
        const link = event.target instanceof Element ? event.target.closest("a") : null;
        const isPlain =
            event.button === 0 && !event.metaKey && !event.ctrlKey && !event.shiftKey && !event.defaultPrevented;
        if (!link || !isPlain || link.target || link.origin !== location.origin || isServers(link.pathname)) return;
        event.preventDefault();
        this.go(link.pathname + link.search);
    }
}

/** Paths that the server answers itself. */
function isServers(path: string): boolean {
    return /^\/(api|ws|docs|openapi\.json|metrics)(\/|$)/.test(path);
}

export const router = new Router();
