// What must not compile.
import type { components } from "./movietracker.js";

const data = { imdb_id: "tt0133093" };
export const batches: components["schemas"]["Batch"][] = [
  { actions: [{ acshun: "addMovie", data }] },
  { actions: [{ action: "addMoovie", data }] },
  { actions: [{ action: "addMovie", data: { imbd_id: "tt0133093" } }] },
];
