/** Two devices change the same things: what each did counts, and of two values for one field the user chooses. */

import { beforeEach, expect, test } from "vitest";
import { changeList } from "../src/app/lists";
import { changePerson } from "../src/app/persons";
import { decisions, differencesOf, dismiss, hasChoice, isDeleted, titleOf, useOurs } from "../src/app/reports";
import { session, type Step } from "../src/app/session.svelte";
import { undo } from "../src/app/undo.svelte";
import { changeViewing } from "../src/app/viewings";
import { changeVote } from "../src/app/votes";
import { has } from "../src/i18n/index.svelte";
import { inOrder } from "../src/sync/ranking";
import type { Replica } from "../src/sync/replica";
import { device, newAccount, openSession } from "./devices";

const [HEAT, ALIEN] = ["tt0113277", "tt0078748"] as const;
const [LIST, VIEWING] = [crypto.randomUUID(), crypto.randomUUID()];
const LIBRARY: Step[] = [
    ["addPerson", { name: "Anna", emoji: "🦉", color: "#0a84ff" }],
    ["addList", { id: LIST, name: "Noir", icon: "moon", color: "#ff9f0a", position: 0 }],
    ["addRecommendation", { imdb_id: HEAT, person_name: "Anna", tmdb_data: { title: "Heat" } }],
    ["addViewing", { imdb_id: HEAT, id: VIEWING, watched_on: "2020-05", rating: 6 }],
    ["addViewing", { imdb_id: ALIEN, id: crypto.randomUUID() }],
];
const [GREEN, RED] = ["#30d158", "#ff453a"] as const;

/** Another device. */
let tablet: Replica;

beforeEach(async () => {
    const email = await newAccount();
    tablet = await device(email);
    await tablet.doAll(LIBRARY);
    await tablet.sync();
    await openSession(email);
    await session.sync();
});

/** Do something on the other device, of which this one hears by its next sync. */
async function elsewhere(...steps: Step[]): Promise<void> {
    await tablet.doAll(steps);
    await tablet.sync();
}

const heat = () => session.library.movies.get(HEAT)!;
const anna = () => session.library.people.get("Anna")!;
const list = () => session.library.lists.get(LIST)!;
const vote = () => heat().recommendations[0]!;
const viewing = () => heat().viewings[0]!;

test.each<[string, () => Promise<void>, (second: boolean) => Step, () => unknown[], unknown[][]]>([
    [
        "the name of a list and its color",
        () => changeList(list(), { ...list(), name: "Dark" }),
        (second) => ["updateList", { id: LIST, color: second ? RED : GREEN }],
        () => [list().name, list().color],
        [
            ["Dark", GREEN],
            ["Noir", RED],
        ],
    ],
    [
        "the note on a vote and what it says",
        () => changeVote(vote(), vote().vote_type, "long"),
        (second) => ["updateRecommendation", { imdb_id: HEAT, person_name: "Anna", vote_type: second }],
        () => [vote().note, vote().vote_type],
        [
            ["long", false],
            [null, true],
        ],
    ],
    [
        "the note on a viewing and its rating",
        () => changeViewing(heat(), viewing(), { date: "2020-05", rating: 6, note: "at home" }),
        (second) => ["updateViewing", { imdb_id: HEAT, id: VIEWING, rating: second ? 9 : 3 }],
        () => [viewing().note, viewing().rating, viewing().watched_on],
        [
            ["at home", 3, "2020-05"],
            [null, 9, "2020-05"],
        ],
    ],
    [
        "the note on a viewing and the rating of the title",
        () => changeViewing(heat(), viewing(), { date: "2020-05", rating: 6, note: "at home" }),
        (second) => ["updateRating", { imdb_id: HEAT, my_rating: second ? 9 : 3 }],
        () => [viewing().note, heat().my_rating],
        [
            ["at home", 3],
            [null, 9],
        ],
    ],
    [
        "the emoji of a person and their color",
        () => changePerson(anna(), { ...anna(), emoji: "🐈" }),
        (second) => ["updatePerson", { name: "Anna", color: second ? RED : GREEN }],
        () => [anna().emoji, anna().color],
        [
            ["🐈", GREEN],
            ["🦉", RED],
        ],
    ],
])("%s are changed by two devices, and one of them undoes its own", async (_, here, there, told, [both, undone]) => {
    await elsewhere(there(false));
    await here();
    await session.sync();
    expect(session.reports).toEqual([]);
    expect(told()).toEqual(both);
    await elsewhere(there(true));
    await session.sync();
    await undo.last();
    await session.sync();
    expect(session.reports).toEqual([]);
    expect(told()).toEqual(undone);
});

test("a form that was filled before another device changed something sends what the user changed", async () => {
    const begun = list();
    await elsewhere(["updateList", { id: LIST, color: GREEN }]);
    await session.sync();
    await changeList(list(), { ...begun, name: "Dark" }, begun);
    await session.sync();
    expect([list().name, list().color]).toEqual(["Dark", GREEN]);
});

test("undoing what the server refused leaves what another device did, and there is nothing to choose", async () => {
    await elsewhere(["updatePerson", { name: "Anna", new_name: "Annie" }], ["updateList", { id: LIST, name: "Black" }]);
    await changeList(list(), { ...list(), name: "Dark" });
    await changePerson(anna(), { ...anna(), name: "Anne" });
    await session.sync();
    expect(session.reports).toHaveLength(2);
    await undo.last();
    await undo.last();
    await session.sync();
    expect(session.reports).toEqual([]);
    expect([list().name, session.library.people.has("Annie")]).toEqual(["Black", true]);
});

/** What is told of the only report: its title, and each field with both values. */
function told(): unknown[] {
    expect(decisions()).toHaveLength(1);
    const report = decisions()[0]!;
    return [titleOf(report), ...differencesOf(report).map(({ name, ours, theirs }) => [name, ours, theirs])];
}

test("two changes of a person that both conflict are told and decided as one", async () => {
    await elsewhere(["updatePerson", { name: "Anna", color: RED, emoji: "🌻", is_trusted: true }]);
    await changePerson(anna(), { ...anna(), color: GREEN });
    await changePerson(anna(), { ...anna(), emoji: "🐈" });
    await session.sync();
    expect(told()).toEqual(["Person: Anna", ["Color", "Green", "Red"], ["Emoji", "🐈", "🌻"]]);
    await useOurs(decisions()[0]!);
    await session.sync();
    expect(session.reports).toEqual([]);
    expect([anna().color, anna().emoji]).toEqual([GREEN, "🐈"]);
    await undo.last();
    expect([anna().color, anna().emoji]).toEqual([RED, "🌻"]);
});

test("a conflict on a list is told in words", async () => {
    await elsewhere(["updateList", { id: LIST, name: "Black", icon: "sun" }]);
    await changeList(list(), { ...list(), name: "Dark", icon: "star" });
    await session.sync();
    expect(told()).toEqual(["List: Black", ["Name", "Dark", "Black"], ["Icon", "Star", "Sun"]]);
});

test("a conflict on the ranking tells the group and the place, and the choice can be undone", async () => {
    await elsewhere(
        ["rankMovie", { imdb_id: ALIEN, liked: true, after: null }],
        ["rankMovie", { imdb_id: HEAT, liked: true, after: ALIEN }],
    );
    const comparisons = [{ winner: HEAT, loser: ALIEN }];
    await session.do("rankMovie", { imdb_id: HEAT, liked: false, after: null, comparisons });
    await session.sync();
    expect(told()).toEqual(["Ranking: Heat", ["Group", "What you did not", "What you liked"], ["Place", "1", "2"]]);
    const liked = () => inOrder(session.library.movies.values(), true).map(({ imdb_id }) => imdb_id);
    await useOurs(decisions()[0]!);
    expect(liked()).toEqual([ALIEN]);
    await undo.last();
    expect(liked()).toEqual([ALIEN, HEAT]);
});

test("every action has words", async () => {
    const actions = await tablet.call<{ action: string }[]>("/api/sync/actions");
    expect(actions.map(({ action }) => `action.${action}`).filter((key) => !has(key))).toEqual([]);
});

test("what another device has deleted is named, and is only dismissed", async () => {
    await session.do("updateRating", { imdb_id: HEAT, my_rating: 10 });
    await tablet.call(`/api/movies/${HEAT}`, { method: "DELETE" });
    await session.sync();
    const report = decisions()[0]!;
    expect([titleOf(report), isDeleted(report), hasChoice(report)]).toEqual(["Rating: Heat", true, false]);
    await dismiss(report);
    expect(session.reports).toEqual([]);
});

test("a title that another device has deleted is added again by who insists on it", async () => {
    await session.do("addRecommendation", { imdb_id: HEAT, person_name: "Bert", note: "see it" });
    await tablet.call(`/api/movies/${HEAT}`, { method: "DELETE" });
    await session.sync();
    const report = decisions()[0]!;
    expect([titleOf(report), hasChoice(report)]).toEqual(["Recommendation: Heat", true]);
    await useOurs(report);
    await session.sync();
    expect(session.reports).toEqual([]);
    expect(vote().note).toBe("see it");
});
