/** The example library: an import like any other, which the server makes up. */

import { language, t } from "../i18n/index.svelte";
import type { Movie } from "../sync/records";
import { Unreachable } from "../sync/requests";
import { today } from "./deeds";
import { act, isAtWork, type Job, jobOf, jobs, resolve, type Summary, upload } from "./imports";
import { problemOf } from "./problems";
import { session } from "./session.svelte";
import { nameOf } from "./titles";
import { undo } from "./undo.svelte";

const FORMAT = "example";
const POLL = 500;
/** For so many milliseconds titles may be without their details, which the server fetches once they are there. */
const DETAILS = 10_000;

class Example {
    /** What the server does for it now. */
    job = $state.raw<Summary | null>(null);
    busy = $state(false);
    /** Until its titles have their names. */
    loading = $state(false);
    problem = $state("");

    /** Bring it in, from where an earlier attempt was interrupted. */
    async load(): Promise<void> {
        await this.work(async () => {
            this.loading = true;
            const begun = (await jobs()).find((job) => job.format === FORMAT && isUnfinished(job));
            let job = await this.follow(begun ?? (await upload([request()])));
            if (job.state === "ready") {
                const keep = ({ name }: { name: string }) => ({ name, to: name, as: "list" as const });
                const people = job.people.map(({ name }) => ({ name, to: name }));
                job = await resolve(job, { rows: [], people, lists: job.lists.map(keep) });
                job = await this.follow(await act(job, "confirm"));
            }
            this.problem = job.error ?? "";
            if (job.state === "done") await this.details();
        });
    }

    private async details(): Promise<void> {
        const isNameless = (movie: Movie) => nameOf(movie) === movie.imdb_id;
        for (const end = Date.now() + DETAILS; Date.now() < end; await pause(POLL)) {
            await session.sync();
            if (![...session.library.movies.values()].some(isNameless)) return;
        }
    }

    /** Take it back; what the user changed of it stays. */
    async remove(loaded: Summary): Promise<void> {
        await this.work(async () => {
            await session.sync(); // what the user changed on this device is to stay
            if (session.waiting) throw new Unreachable();
            const { error, report } = await this.follow(await act(loaded, "undo"));
            this.problem = error ?? "";
            const isAll = !report.titles_restored && !report.titles_kept && !report.changed_since;
            if (!error) undo.tell(t(isAll ? "example.removed" : "example.removed.some"));
        });
    }

    private async work(deed: () => Promise<void>): Promise<void> {
        if (this.busy) return;
        [this.busy, this.problem] = [true, ""];
        try {
            await deed();
        } catch (error) {
            this.problem = problemOf(error);
        } finally {
            await session.sync();
            [this.busy, this.loading, this.job] = [false, false, null];
        }
    }

    /** The job as it is when the server has no more to do for it. */
    private async follow(job: Summary): Promise<Job> {
        for (;;) {
            const now = await jobOf(job.id);
            this.job = now;
            if (!isAtWork(now)) return now;
            await pause(POLL);
        }
    }
}

function pause(milliseconds: number): Promise<void> {
    return new Promise((resolve) => setTimeout(resolve, milliseconds));
}

function isUnfinished(job: Summary): boolean {
    return isAtWork(job) || job.state === "ready";
}

/** What asks for it. */
function request(): File {
    return new File([`example until,language\n${today()},${language.code}\n`], "example.csv", { type: "text/csv" });
}

/** The import by which it is in the library; undefined if it is not. */
export function loadedOf(earlier: readonly Summary[]): Summary | undefined {
    return earlier.find(
        ({ format, state, report }) =>
            format === FORMAT && ["done", "failed", "cancelled"].includes(state) && report.titles_added,
    );
}

/** Whether the library holds anything that may be of it, so that the server need not be asked about most libraries. */
export function mayHoldExample(): boolean {
    for (const { viewings } of session.library.movies.values())
        if (viewings.some(({ source }) => source === FORMAT)) return true;
    return false;
}

export const example = new Example();
