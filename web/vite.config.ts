import { createHash } from "node:crypto";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { svelte } from "@sveltejs/vite-plugin-svelte";
import type { Plugin } from "vite";
import { defineConfig } from "vitest/config";

const WORKER = "sw.js";

/** Tells the service worker what the build of a folder consists of, for it to store, and which version that is. */
export function precache(folder: string): Plugin {
    return {
        name: "precache",
        generateBundle(_, bundle) {
            const assets = Object.keys(bundle).filter((name) => name !== WORKER && name !== "index.html");
            const copied = readdirSync(join(folder, "public")).sort();
            const files = ["index.html", ...assets, ...copied].map((name) => `/${name}`).sort();
            const sha = createHash("sha256");
            for (const [name, file] of Object.entries(bundle).sort())
                sha.update(name).update(file.type === "chunk" ? file.code : file.source);
            // These are in no bundle yet.
            for (const path of ["index.html", ...copied.map((name) => join("public", name))])
                sha.update(path).update(readFileSync(join(folder, path)));
            const worker = bundle[WORKER];
            if (worker?.type !== "chunk") throw new Error("The build has no service worker.");
            const values = { __FILES: files, __VERSION: sha.digest("hex").slice(0, 16) };
            const set = Object.entries(values).map(([name, value]) => `self.${name}=${JSON.stringify(value)};`);
            worker.code = set.join("") + worker.code;
        },
    };
}

export default defineConfig({
    plugins: [svelte(), precache(import.meta.dirname)],
    build: {
        outDir: "../plugins/web/static",
        emptyOutDir: true,
        target: "es2022",
        assetsInlineLimit: 0,
        rolldownOptions: {
            input: { index: "index.html", sw: "src/worker/sw.ts" },
            // The server keeps names with digits in their hashes for a year, which base 64 need not have.
            output: {
                hashCharacters: "hex",
                entryFileNames: (chunk) => (chunk.name === "sw" ? WORKER : "assets/[name]-[hash:16].js"),
                chunkFileNames: "assets/[name]-[hash:16].js",
                assetFileNames: "assets/[name]-[hash:16][extname]",
            },
        },
    },
    test: {
        include: ["tests/**/*.test.ts"],
        globalSetup: "tests/server.ts",
        setupFiles: ["fake-indexeddb/auto"],
        // A busy machine must not fail a test; what never comes still does.
        testTimeout: 60_000,
        hookTimeout: 60_000,
    },
});
