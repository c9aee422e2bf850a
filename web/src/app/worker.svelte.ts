/** The service worker of the page, and whether a newer version of the app waits. */

class AppVersion {
    /** A newer version is stored, and starts when the user wants it or all pages are closed. */
    isNewer = $state(false);
    private waiting: ServiceWorker | null = null;

    async register(): Promise<void> {
        if (!import.meta.env.PROD || !("serviceWorker" in navigator)) return;
        let hadOne = navigator.serviceWorker.controller !== null;
        navigator.serviceWorker.addEventListener("controllerchange", () => {
            if (hadOne) location.reload();
            hadOne = true;
        });
        const registration = await navigator.serviceWorker.register("/sw.js", { updateViaCache: "none" });
        this.notice(registration.waiting);
        registration.addEventListener("updatefound", () => {
            const { installing } = registration;
            installing?.addEventListener(
                "statechange",
                () => installing.state === "installed" && this.notice(registration.waiting),
            );
        });
    }

    /** Start the newer version; all pages of the app load again. */
    update(): void {
        this.waiting?.postMessage("take over");
    }

    /** Tell of it again when the page is loaded the next time. */
    putOff(): void {
        this.isNewer = false;
    }

    private notice(waiting: ServiceWorker | null): void {
        this.waiting = waiting;
        this.isNewer = waiting !== null && navigator.serviceWorker.controller !== null;
    }
}

export const appVersion = new AppVersion();
