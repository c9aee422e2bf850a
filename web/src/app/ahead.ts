/** What the server is asked for once a sync has ended, so that each screen works without a network afterwards. */

import type { Movie } from "../sync/records";
import { askAhead } from "./answer.svelte";
import { dayOf } from "./deeds";
import { statsAddress } from "./figures";
import { session } from "./session.svelte";
import { NO_FILTERS, queueAddress } from "./tonight.svelte";

/** Years in review, the newest first. */
const YEARS = 3;

export async function prepareAnswers(): Promise<void> {
    const years = [...yearsOf(session.library.movies.values())].sort().reverse().slice(0, YEARS);
    await askAhead([queueAddress(NO_FILTERS), "/api/trust", statsAddress(null), ...years.map(statsAddress)]).catch(
        () => undefined,
    );
}

function yearsOf(movies: Iterable<Movie>): Set<string> {
    const years = new Set<string>();
    for (const { viewings } of movies)
        for (const viewing of viewings) {
            const year = dayOf(viewing)?.slice(0, 4);
            if (year) years.add(year);
        }
    return years;
}
