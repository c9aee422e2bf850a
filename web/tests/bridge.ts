/**
 * Devices for the model machine of proofs/client, which is written in Python.
 *
 * Each line of the standard input is a command as JSON, and is answered by a line of the standard output. The devices'
 * databases are in memory, so they outlive a device, but not this program.
 */

import "fake-indexeddb/auto";
import { createInterface } from "node:readline";
import { overlay, type Loaded, Replica } from "../src/sync/replica";
import type { Library } from "../src/sync/library";
import type { Data } from "../src/sync/records";
import { Unreachable } from "../src/sync/requests";
import { readState, step, writeState, type State } from "../src/sync/store";
import { type Fault, Faults } from "./faults";

interface Command {
    device: string;
    /** Unix seconds. */
    now: number;
    call: keyof typeof CALLS;
    arguments: never[];
    /** What becomes of the requests of this call, in order. */
    faults: Fault[];
    /** The step of this call at which the device dies; 0 for never. */
    dies_at: number;
}

interface Device {
    replica: Replica;
    openTab: () => Promise<Replica>;
    /** As in the app, only what has changed since is read again, */
    loaded: Loaded | null;
    /** and an action is applied to what is shown. */
    shown: Library | null;
}

let now = 0;
const devices = new Map<string, Device>();

const CALLS = {
    async open(_: Device, name: string, origin: string, pageSize: number, state: Partial<State>): Promise<void> {
        const patience = { attempts: 2, pause: 0, longestPause: 0, timeout: 60_000 };
        const openTab = () => Replica.open(name, origin, { pageSize, patience, clock: () => now });
        const replica = await openTab();
        devices.set(name, { replica, openTab, loaded: null, shown: null });
        await step(replica.db, (tx) => writeState(tx, state));
    },
    close: ({ replica }: Device) => replica.db.close(),
    async do(device: Device, action: string, data: Data): Promise<string> {
        const made = device.replica.prepare([[action, data]]);
        device.shown = overlay(await show(device), made);
        await device.replica.keep(made);
        return made[0]!.id;
    },
    async shown(device: Device): Promise<unknown> {
        const { movies, people, lists } = await show(device);
        return { movies: [...movies.values()], people: [...people.values()], lists: [...lists.values()] };
    },
    queue: ({ replica }: Device) => replica.db.getAll("queue"),
    state: ({ replica }: Device, name: keyof State) => readState(replica.db, name),
    login: ({ replica }: Device, email: string, password: string) => replica.login(email, password),
    sync: (device: Device) => talk(device, ({ replica }) => replica.sync()),
    push: (device: Device) => talk(device, ({ replica }) => replica["push"]()),
    pull: (device: Device) => talk(device, ({ replica }) => replica["pull"]()),
    /** Sync in two tabs of a browser without locks, as where the address is not secure. */
    twice: (device: Device) =>
        talk(device, async ({ replica, openTab }) => {
            const other = await openTab();
            const ends = await Promise.allSettled([replica.sync(), other.sync()]);
            other.db.close();
            for (const end of ends) if (end.status === "rejected") throw end.reason;
        }),
};

async function show(device: Device): Promise<Library> {
    if (device.shown === null) {
        const { queue, ...loaded } = await device.replica.load(device.loaded);
        [device.loaded, device.shown] = [loaded, overlay(loaded.library, queue)];
    }
    return device.shown;
}

async function talk(device: Device, work: (device: Device) => Promise<void>): Promise<void> {
    device.shown = null;
    await work(device);
}

async function answer(line: string): Promise<unknown> {
    const command = JSON.parse(line) as Command;
    now = command.now;
    const faults = new Faults(command.faults, command.dies_at);
    const call = CALLS[command.call] as (device?: Device, ...rest: never[]) => unknown;
    try {
        const result = await faults.during(async () => call(devices.get(command.device), ...command.arguments));
        return { ...faults.told, result: result ?? null };
    } catch (error) {
        return { ...faults.told, error: (error as Error).stack, is_unreachable: error instanceof Unreachable };
    }
}

for await (const line of createInterface({ input: process.stdin }))
    process.stdout.write(`${JSON.stringify(await answer(line))}\n`);
