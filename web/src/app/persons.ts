/** What the user does to people, each with what undoes it. */

import { t } from "../i18n/index.svelte";
import type { Person } from "../sync/records";
import { changesOf } from "./changes";
import { calledOf } from "./names";
import { session, type Step } from "./session.svelte";
import { undoable } from "./undo.svelte";
import { noteBack, voteBack } from "./votes";

export async function addPerson(name: string): Promise<void> {
    const text = t("people.added", { name });
    await undoable(text, "addPerson", { name }, ["unmakePerson", { name, imdb_id: null }]);
}

export async function trustOrNot({ name, is_trusted }: Person): Promise<void> {
    const text = t(is_trusted ? "people.untrusted" : "people.nowTrusted", { name: calledOf(name) });
    await undoable(text, "updatePerson", { name, is_trusted: !is_trusted }, ["updatePerson", { name, is_trusted }]);
}

type Looks = Pick<Person, "name" | "color" | "emoji">;

/** Change the name and the looks of a person, of whom the user saw `begun` when the form was filled. */
export async function changePerson(person: Person, looks: Looks, begun: Looks = person): Promise<void> {
    const fields = ({ name, color, emoji }: Looks) => ({ new_name: name, color, emoji });
    const changes = changesOf(fields(looks), fields(person), fields(begun));
    if (!changes) return;
    const [forth, back] = changes;
    const name = forth.new_name ?? person.name;
    const text = t("people.changed", { name: calledOf(name) });
    await undoable(text, "updatePerson", { name: person.name, ...forth }, ["updatePerson", { name, ...back }]);
}

export async function deletePerson(person: Person): Promise<void> {
    const { name } = person;
    const votes = [...session.library.movies.values()].flatMap(({ recommendations }) =>
        recommendations.filter((vote) => vote.person_name === name),
    );
    const back = [personBack(person), ...votes.map(voteBack)];
    await undoable(t("people.removed", { name }), "deletePerson", { name }, back);
}

export async function mergePeople(person: Person, { name: into }: Person): Promise<void> {
    const { name } = person;
    const back = partedAgain(person, into);
    await undoable(
        t("people.merged", { name: calledOf(name), into: calledOf(into) }),
        "mergePeople",
        { name, into },
        back,
    );
}

function personBack({ name, color, emoji, is_trusted }: Person): Step {
    return ["addPerson", { name, color, emoji, is_trusted }];
}

/** What parts two people again who are about to be merged: the one who goes comes back, and each vote to its own. */
function partedAgain(gone: Person, into: string): Step[] {
    const back = [personBack(gone)];
    for (const { recommendations } of session.library.movies.values()) {
        const said = recommendations.find((vote) => vote.person_name === gone.name);
        const other = recommendations.find((vote) => vote.person_name === into);
        if (!said) continue;
        back.push(voteBack(said));
        if (other) back.push(voteBack(other), noteBack(other));
        else back.push(["removeRecommendation", { imdb_id: said.imdb_id, person_name: into }]);
    }
    return back;
}
