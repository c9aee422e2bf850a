/** What undoes: actions of the library, and what only this device or the moment knows; all of it data, to be kept. */

import type { Data } from "../sync/records";
import { type Draft, drafts } from "./drafts.svelte";
import { session, type Step } from "./session.svelte";
import { notTonight } from "./tonight.svelte";

/** An action of the library, or one of these. */
export type Inverse = Step;

const OWN: Readonly<Record<string, (data: Data) => Step[] | void>> = {
    noteDraft: (draft) => drafts.put(draft as unknown as Draft),
    forgetDraft: ({ id }) => drafts.remove(id as string),
    putOff: ({ ids }) => (ids as string[]).forEach((id) => notTonight.add(id)),
    bringBack: ({ ids }) => (ids as string[]).forEach((id) => notTonight.remove(id)),
    /** A person who was made goes again, unless something else is known of them by now. */
    unmakePerson: ({ name, imdb_id }) => (isAllOf(name as string, imdb_id) ? [["deletePerson", { name }]] : []),
    /** What comes back has another id, as the server takes none twice: earlier deeds mean that. */
    renumber: () => {},
};

/** The actions of a step that undoes; what is not of the library is done. */
export function actionsOf(step: Inverse): Step[] {
    const own = OWN[step[0]];
    return own ? (own(step[1]) ?? []) : [step];
}

/** Whether the library knows nothing of a person but a vote on that title. */
function isAllOf(name: string, imdb_id: unknown): boolean {
    const person = session.library.people.get(name);
    if (!person || person.is_trusted || person.emoji) return false;
    const movies = [...session.library.movies.values()];
    return !movies.some(
        (movie) => movie.imdb_id !== imdb_id && movie.recommendations.some((vote) => vote.person_name === name),
    );
}
