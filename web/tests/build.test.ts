/** What the build tells the service worker. */

import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { precache } from "../vite.config";

test("a change of the page or of a file beside it makes another version of the app", () => {
    const folder = mkdtempSync(join(tmpdir(), "movietracker-build-"));
    onTestFinished(() => rmSync(folder, { recursive: true }));
    mkdirSync(join(folder, "public"));
    const { generateBundle } = precache(folder) as unknown as { generateBundle: (_: null, bundle: object) => void };
    const workers = [
        ["index.html", "<title>movietracker</title>"],
        ["public/manifest.webmanifest", "{}"],
        ["index.html", "<title>Movies</title>"],
        ["public/manifest.webmanifest", '{"name": "Movies"}'],
    ].map(([name, content]) => {
        writeFileSync(join(folder, name!), content!);
        const worker = { type: "chunk", code: "" };
        generateBundle(null, { "sw.js": worker });
        return worker.code;
    });
    expect(workers[1]).toContain("/manifest.webmanifest");
    expect(new Set(workers)).toHaveLength(4);
});
