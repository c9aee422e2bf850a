// What one does with the types that openapi-typescript made; the tests compile it, and run it.
import { gzipSync } from "node:zlib";
import createClient from "openapi-fetch";
import type { operations, paths } from "./movietracker.js";

type Body<Name extends keyof operations> = operations[Name] extends {
  requestBody: { content: { "application/json": infer Json } };
}
  ? Json
  : never;

function good<T>(response: { data?: T; error?: unknown }): T {
  if (response.data === undefined) throw new Error(`refused: ${JSON.stringify(response.error)}`);
  return response.data;
}

const [baseUrl, adminToken] = process.argv.slice(2) as [string, string];
const client = createClient<paths>({ baseUrl });
let token = "";
client.use({
  onRequest({ request }) {
    if (token) request.headers.set("Authorization", `Bearer ${token}`);
  },
});

const account: Body<"createUser"> = { email: "anna@example.com", username: "anna", password: "a long secret" };
token = good(await client.POST("/api/auth/admin/login", { body: { token: adminToken } })).access_token;
good(await client.POST("/api/auth/admin/users", { body: account }));
token = good(await client.POST("/api/auth/login", { body: account })).access_token;

const matrix: Body<"addMovie"> = { imdb_id: "tt0133093", recommender: "Anna" };
const ben: Body<"recommend"> = { person_name: "Ben", vote_type: "downvote" };
const batch: Body<"pushBatch"> = {
  actions: [
    { action: "watchMovie", data: { imdb_id: "tt0133093", my_rating: 8.5 } },
    { action: "addMovie", data: { imdb_id: "tt0113277", recommender: "Ben" }, id: "heat" },
  ],
};
good(await client.POST("/api/movies", { body: matrix }));
good(
  await client.POST("/api/movies/{imdb_id}/recommendations", { params: { path: { imdb_id: "tt0133093" } }, body: ben }),
);
const pushed = good(await client.POST("/api/sync/batch", { body: batch }));
const list: Body<"pushOne"> = { action: "addList", data: { name: "Rainy" }, cursor: pushed.cursor };
good(await client.POST("/api/sync", { body: list }));

const library = good(await client.GET("/api/backup/export"));
const compared = good(
  await client.POST("/api/backup/import", {
    params: { query: { dry_run: true } },
    headers: { "Content-Type": "application/octet-stream" },
    body: library,
    bodySerializer: (body) => gzipSync(JSON.stringify(body)),
  }),
);
const movies = good(await client.GET("/api/movies", { params: { query: { sort: "title" } } }));

console.log(
  JSON.stringify({
    pushed: pushed.results.map((result) => result.status),
    kept: [compared.kept?.movies, compared.kept?.lists],
    movies: Object.fromEntries(movies.map((movie) => [movie.imdb_id, movie.recommendations.map((vote) => vote.person)])),
    genres: movies.find((movie) => movie.imdb_id === "tt0133093")?.tmdb_data?.genres,
  }),
);
