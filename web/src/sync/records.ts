/** The records that are synced, as the server's OpenAPI document describes them. */

import type { components } from "../api/schema";

type Schemas = components["schemas"];

export type Movie = Omit<Schemas["SyncedMovie"], "recommendations" | "viewings"> & {
    recommendations: Vote[];
    viewings: Viewing[];
};
export type Person = Omit<Schemas["SyncedPerson"], "id"> & { id: number | null };
export type List = Schemas["SyncedList"];
/** Made offline, a vote or viewing has no id of the server's yet. */
export type Vote = Omit<Schemas["Recommendation"], "id" | "person_id"> & {
    id: number | null;
    person_id: number | null;
};
export type Viewing = Omit<Schemas["Viewing"], "id"> & { id: string | null };
export type Page = Schemas["ChangesResponse"];
export type Result = Schemas["Result"];
export type BatchResponse = Schemas["BatchResponse"];

/** The data of an action, checked by the server only. */
export type Data = Record<string, unknown>;

export interface Action {
    action: string;
    data: Data;
    /** When the user did it, in Unix seconds. */
    timestamp: number;
}

/** Thrown where an action has no effect here; the server decides what becomes of it. */
export class NoEffect extends Error {}
