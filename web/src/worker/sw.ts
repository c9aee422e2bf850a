/**
 * The service worker: the app starts from what was stored at its installation, with or without a network.
 *
 * A new version is stored beside the old one, and takes over once no page of the old one is open, or at the user's wish.
 */

/** What the build says of itself (vite.config.ts). */
const worker = self as unknown as ServiceWorkerGlobalScope & { __FILES: string[]; __VERSION: string };

const PREFIX = "movietracker-app-";
const CACHE = PREFIX + worker.__VERSION;
const INDEX = "/index.html";
/** Paths that the server answers itself. */
const OF_SERVER = /^\/(api|ws|docs|openapi\.json|metrics)(\/|$)/;

worker.addEventListener("install", (event) => event.waitUntil(install()));
worker.addEventListener("activate", (event) => event.waitUntil(activate()));
worker.addEventListener("message", (event) => {
    if (event.data === "take over") void worker.skipWaiting();
});
worker.addEventListener("fetch", (event) => {
    const { request } = event;
    const url = new URL(request.url);
    if (request.method !== "GET" || url.origin !== location.origin || OF_SERVER.test(url.pathname)) return;
    event.respondWith(request.mode === "navigate" ? page(request) : stored(request));
});

async function install(): Promise<void> {
    const cache = await caches.open(CACHE);
    // Names of assets tell their content, so that those of the browser's own cache will do.
    await cache.addAll(
        worker.__FILES.map((path) => new Request(path, { cache: path === INDEX ? "reload" : "default" })),
    );
}

async function activate(): Promise<void> {
    for (const name of await caches.keys()) if (name.startsWith(PREFIX) && name !== CACHE) await caches.delete(name);
    await worker.clients.claim();
}

async function page(request: Request): Promise<Response> {
    return (await ours(INDEX)) ?? fetch(request);
}

async function stored(request: Request): Promise<Response> {
    return (await ours(request)) ?? fetch(request);
}

async function ours(request: RequestInfo): Promise<Response | undefined> {
    return (await caches.open(CACHE)).match(request, { ignoreSearch: true });
}
