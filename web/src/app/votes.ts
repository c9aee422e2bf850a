/** What the user notes of who said what about a title, each with what undoes it. */

import { t } from "../i18n/index.svelte";
import type { Movie, Vote } from "../sync/records";
import { changesOf } from "./changes";
import { calledOf } from "./names";
import { session, type Step } from "./session.svelte";
import { undoable, undoableAll } from "./undo.svelte";
import type { Inverse } from "./undoing";

export interface Said {
    people: readonly string[];
    isFor: boolean;
    note: string;
}

export async function addVotes({ imdb_id }: Movie, said: Said): Promise<void> {
    const text = t("votes.added", { people: said.people.map(calledOf).join(", ") });
    await undoableAll(text, voteSteps(imdb_id, said), votesBack(imdb_id, said.people));
}

/** The actions that note what people said; without a note, an earlier one stays. */
export function voteSteps(imdb_id: string, { people, isFor, note }: Said): Step[] {
    const more = { vote_type: isFor, ...(note.trim() && { note: note.trim() }) };
    return people.map((person_name) => ["addRecommendation", { imdb_id, person_name, ...more }]);
}

/** What brings back all that these people have said about a title now: nothing, or something else. */
export function votesBack(imdb_id: string, people: readonly string[]): Inverse[] {
    const votes = session.library.movies.get(imdb_id)?.recommendations ?? [];
    return people.flatMap((name): Inverse[] => {
        const known = session.library.alike(name);
        const vote = votes.find(({ person_name }) => person_name === known?.name);
        if (vote) return [voteBack(vote), noteBack(vote)];
        const unmade: Inverse[] = known ? [] : [["unmakePerson", { name, imdb_id }]];
        return [["removeRecommendation", { imdb_id, person_name: known?.name ?? name }], ...unmade];
    });
}

/** Change a vote, of which the user saw `begun` when the form was filled. */
export async function changeVote(vote: Vote, isFor: boolean, text: string, begun = vote): Promise<void> {
    const { imdb_id, person_name } = vote;
    const said = { vote_type: isFor, note: text.trim() || null };
    const changes = changesOf<typeof said>(said, vote, begun);
    if (!changes) return;
    const [forth, back] = changes.map((each) => ({ imdb_id, person_name, ...each }));
    await undoable(t("votes.changed", { person: calledOf(person_name) }), "updateRecommendation", forth!, [
        "updateRecommendation",
        back!,
    ]);
}

export async function removeVote(vote: Vote): Promise<void> {
    const { imdb_id, person_name } = vote;
    const text = t("votes.removed", { person: calledOf(person_name) });
    await undoable(text, "removeRecommendation", { imdb_id, person_name }, voteBack(vote));
}

/** What records a vote as it is now. */
export function voteBack({ imdb_id, person_name, vote_type, note, date_recommended }: Vote): Step {
    return ["addRecommendation", { imdb_id, person_name, vote_type, date_recommended, ...(note && { note }) }];
}

/** What gives a vote that is there the note that it has now, or none. */
export function noteBack({ imdb_id, person_name, note }: Vote): Step {
    return ["updateRecommendation", { imdb_id, person_name, note }];
}
