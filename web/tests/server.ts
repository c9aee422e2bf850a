/** A real server for the tests of syncing, with accounts of their own; started once. */

import { type ChildProcess, spawn } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { TestProject } from "vitest/node";

const PROGRAM = new URL("../../.venv/bin/movietracker", import.meta.url).pathname;
export const ADMIN_TOKEN = "the administrator of the tests";

declare module "vitest" {
    interface ProvidedContext {
        origin: string;
    }
}

export default async function setUp(project: TestProject): Promise<() => void> {
    const folder = mkdtempSync(join(tmpdir(), "movietracker-web-"));
    const env = { ...process.env, MOVIETRACKER_INSTANCE_PATH: folder, ADMIN_TOKEN, METADATA_PROVIDERS: "offline" };
    const port = await freePort();
    const server = spawn(PROGRAM, ["serve", "--workers", "1", "--port", String(port)], { env, stdio: "ignore" });
    const origin = `http://127.0.0.1:${port}`;
    await untilReady(origin, server);
    project.provide("origin", origin);
    return () => {
        server.kill("SIGKILL");
        rmSync(folder, { recursive: true, force: true });
    };
}

async function untilReady(origin: string, server: ChildProcess): Promise<void> {
    for (let attempt = 0; attempt < 600; attempt++) {
        if (server.exitCode !== null) throw new Error(`The server ended with ${server.exitCode}.`);
        const response = await fetch(`${origin}/api/health`).catch(() => null);
        if (response?.ok) return;
        await new Promise((resolve) => setTimeout(resolve, 100));
    }
    throw new Error("The server does not respond.");
}

async function freePort(): Promise<number> {
    return await new Promise((resolve) => {
        const probe = createServer().listen(0, "127.0.0.1", () => {
            const { port } = probe.address() as { port: number };
            probe.close(() => resolve(port));
        });
    });
}
