"""Two users with the same movie, person name and list never see or touch each other's data.

Every endpoint is walked with the other user's ids; an endpoint that is not listed here fails the test.
"""

import json
import re
import uuid
from dataclasses import dataclass
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select
from standin import Standin
from support.applications import MakeApp
from support.client import PASSWORD, Client, client_of
from support.statements import hearing_statements

from movietracker.extensions import db
from movietracker.imports import jobs
from movietracker.services.accounts import Account, TokenIdentity
from movietracker.services.sessions import begin_session
from movietracker.services.transactions import write_connection

MATRIX, INCEPTION = "tt0133093", "tt1375666"
PHONE = "a secret phone"
WATCHED, RANKED = "tt0000001", "tt0000002"


@dataclass(frozen=True)
class Call:
    """What Anna asks, with ids of Ben's in braces, and what she is told: the statuses that may be."""

    request: str
    body: Any = None
    allowed: tuple[int, ...] = (404,)

    def endpoint(self, app: Flask) -> str:
        """The method and the rule that serve it."""
        method, _, address = self.request.partition(" ")
        rule, _ = app.url_map.bind("localhost").match(address.partition("?")[0], method, return_rule=True)
        return f"{method} {rule.rule}"


OWN = (200, 201, 204)

# Addresses that lead to things of Ben's only: Anna is told that there is nothing.
FOREIGN = [
    Call("GET /api/lists/{list}"),
    Call("PUT /api/lists/{list}", {"name": "Taken"}),
    Call("DELETE /api/lists/{list}"),
    Call("GET /api/lists/{list}/movies"),
    Call("GET /api/movies/{only_bens_movie}"),
    Call("GET /api/movies/{only_bens_movie}/metadata/tmdb"),
    Call("POST /api/movies/{only_bens_movie}/refresh", {}),
    Call("GET /api/movies/{only_bens_movie}/refresh"),
    Call("PUT /api/people/{only_bens_person}", {"is_trusted": True}),
    Call("DELETE /api/people/{only_bens_person}"),
    Call("DELETE /api/movies/{only_bens_movie}"),
    Call("GET /api/people/{only_bens_person}"),
    Call("GET /api/people/{only_bens_person}/stats"),
    Call("POST /api/people/{only_bens_person}/merge", {"into": "Mum"}),
    Call("POST /api/people/{person}/merge", {"into": "{only_bens_person}"}),
    Call("POST /api/people/{person}/merge", {"into": "{person_id}"}),
    Call("POST /api/movies/{movie}/recommendations", {"person_id": "{person_id}"}),
    Call("POST /api/movies/{movie}/recommendations/bulk", {"person_ids": ["{person_id}"]}),
    Call("DELETE /api/movies/{movie}/recommendations/{person_id}"),
    Call("DELETE /api/movies/{movie}/recommendations/{only_bens_person}"),
    Call("PUT /api/movies/{movie}/status", {"status": "custom", "custom_list_id": "{list}"}),
    Call("GET /api/movies/{only_bens_movie}/viewings"),
    Call("PUT /api/movies/{movie}/viewings/{viewing}", {"rating": 1}),
    Call("DELETE /api/movies/{movie}/viewings/{viewing}"),
    Call("PUT /api/movies/{only_bens_movie}/rating", {"my_rating": 1}),
    Call("PUT /api/movies/{only_bens_movie}/liked", {"liked": False}),
    Call("PUT /api/movies/{only_bens_movie}/tags/mine"),
    Call("DELETE /api/movies/{movie}/tags/{only_bens_tag}"),
    Call("POST /api/ranking/insert", {"imdb_id": "{only_bens_movie}", "position": 1, "liked": True}),
    Call("PUT /api/ranking/{only_bens_movie}", {"position": 1, "liked": True}),
    Call("DELETE /api/ranking/{only_bens_movie}"),
    Call("POST /api/backup/restore/{backup}", {}),
    Call("GET /api/import/{import}"),
    Call("GET /api/import/{import}/rows"),
    Call("POST /api/import/{import}/resolve", {"rows": [], "ratings": "replace"}),
    Call("POST /api/import/{import}/confirm"),
    Call("POST /api/import/{import}/cancel"),
    Call("POST /api/import/{done_import}/undo"),
    Call("DELETE /api/import/{import}"),
    Call("DELETE /api/auth/sessions/{session}"),
    Call("GET /api/auth/admin/users", allowed=(403,)),
    Call("POST /api/auth/admin/users", {}, allowed=(403,)),
    Call("PATCH /api/auth/admin/users/{user}", {}, allowed=(403,)),
    Call("DELETE /api/auth/admin/users/{user}", allowed=(403,)),
    Call("POST /api/auth/admin/logout", allowed=(403,)),
]

# Addresses that mean something in both libraries, or in none: Anna sees and changes her own.
SHARED = [
    Call("GET /api/auth/me", allowed=OWN),
    Call("GET /api/auth/sessions?user_id={user}", allowed=OWN),
    Call("GET /api/movies", allowed=OWN),
    Call("GET /api/movies?list={list}", allowed=OWN),
    Call("GET /api/movies?person={person_id}", allowed=OWN),
    Call("GET /api/movies?person={only_bens_person}&q={only_bens_person}", allowed=OWN),
    Call("GET /api/movies?user_id={user}", allowed=OWN),
    Call("GET /api/movies/{movie}?user_id={user}", allowed=OWN),
    Call("GET /api/people?user_id={user}", allowed=OWN),
    Call("GET /api/people/{person}", allowed=OWN),
    Call("GET /api/people/{person}/stats", allowed=OWN),
    Call("GET /api/lists?user_id={user}", allowed=OWN),
    Call("GET /api/ranking?user_id={user}", allowed=OWN),
    Call("GET /api/ranking/unranked?user_id={user}", allowed=OWN),
    Call("GET /api/stats?user_id={user}", allowed=OWN),
    Call("GET /api/trust?user_id={user}", allowed=OWN),
    Call("GET /api/queue?user_id={user}", allowed=OWN),
    Call("GET /api/queue?list={list}&person={person_id}", allowed=OWN),
    Call("GET /api/queue?imdb_id={movie}", allowed=OWN),
    Call("GET /api/external/tmdb/search?q=matrix", allowed=OWN),
    Call("GET /api/external/tmdb/movie/603", allowed=OWN),
    Call("GET /api/external/tmdb/movie/603/credits", allowed=OWN),
    Call("GET /api/external/tmdb/tv/1396", allowed=OWN),
    Call("GET /api/external/tmdb/tv/1396/credits", allowed=OWN),
    Call("GET /api/external/omdb/movie/{movie}", allowed=OWN),
    Call("GET /api/external/tmdb/discover/genre?q=action", allowed=OWN),
    Call("GET /api/external/tmdb/discover/person?q=keanu", allowed=OWN),
    Call("GET /api/external/tmdb/discover/list", allowed=OWN),
    Call("GET /api/external/cache/info", allowed=OWN),
    Call("GET /api/images/elsewhere.example/poster.jpg", allowed=(404,)),
    Call("GET /api/import?user_id={user}", allowed=OWN),
    Call("POST /api/import?user_id={user}", {}, (202,)),
    Call("GET /api/sync?since=0&user_id={user}", allowed=OWN),
    Call("GET /api/sync/changes?user_id={user}", allowed=OWN),
    Call("GET /api/sync/actions", allowed=OWN),
    Call("GET /api/backup/export?user_id={user}", allowed=OWN),
    Call("GET /api/export/json?user_id={user}", allowed=OWN),
    Call("GET /api/export/trakt?user_id={user}", allowed=OWN),
    Call("GET /api/backup/settings?user_id={user}", allowed=OWN),
    Call("PUT /api/backup/settings", {"backup_enabled": True, "user_id": "{user}"}, OWN),
    Call("GET /api/backup/list?user_id={user}", allowed=OWN),
    Call("POST /api/people", {"name": "{only_bens_person}", "user_id": "{user}", "id": 1}, OWN),
    Call("PUT /api/people/{person}", {"name": "Mother", "user_id": "{user}"}, OWN),
    Call("POST /api/lists", {"name": "Rainy", "id": "{list}", "user_id": "{user}"}, OWN),
    Call("POST /api/movies", {"imdb_id": "{only_bens_movie}", "user_id": "{user}"}, OWN),
    Call("POST /api/movies", {"imdb_id": "{movie}", "recommender": "{only_bens_person}"}, OWN),
    Call("GET /api/movies/{movie}/metadata/tmdb", None, OWN),
    Call("POST /api/movies/{movie}/refresh", {"user_id": "{user}"}, OWN),
    Call("PUT /api/movies/{movie}/status", {"status": "deleted"}, OWN),
    Call("PUT /api/movies/{movie}/watch", {"date_watched": 1, "my_rating": 1}, OWN),
    Call("POST /api/movies/{movie}/viewings", {"id": "{viewing}", "rating": 1, "user_id": "{user}"}, OWN),
    Call("PUT /api/movies/{movie}/viewings/{viewing}", {"note": "mine", "user_id": "{user}"}, OWN),
    Call("GET /api/movies/{movie}/viewings?user_id={user}", allowed=OWN),
    Call("PUT /api/movies/{movie}/rating", {"my_rating": 1, "user_id": "{user}"}, OWN),
    Call("GET /api/movies?liked=true&tag={only_bens_tag}", allowed=OWN),
    Call("GET /api/tags?user_id={user}", allowed=OWN),
    Call("PUT /api/movies/{movie}/liked", {"liked": True, "user_id": "{user}"}, OWN),
    Call("PUT /api/movies/{movie}/tags/mine", None, OWN),
    Call("DELETE /api/movies/{movie}/tags/mine", None, OWN),
    Call("DELETE /api/movies/{movie}/viewings/{viewing}", None, OWN),
    Call("POST /api/ranking/insert", {"imdb_id": "{watched}", "position": 1, "liked": True, "user_id": "{user}"}, OWN),
    Call("PUT /api/ranking/{ranked}", {"position": 1, "liked": False, "user_id": "{user}"}, OWN),
    Call("DELETE /api/ranking/{ranked}", None, OWN),
    Call(
        "POST /api/movies/{movie}/recommendations",
        {"person_name": "{only_bens_person}", "vote_type": False, "user_id": "{user}"},
        OWN,
    ),
    Call(
        "POST /api/movies/{movie}/recommendations/bulk",
        {"people": ["Mother", "{only_bens_person}"], "user_id": "{user}"},
        OWN,
    ),
    Call("DELETE /api/movies/{movie}/recommendations/Mother", None, OWN),
    Call("POST /api/people", {"name": "Stepmother"}, OWN),
    Call("POST /api/people/Stepmother/merge", {"into": "Mother"}, OWN),
    Call("DELETE /api/people/Mother", None, OWN),
    Call("POST /api/sync", {"action": "deleteList", "data": {"id": "{list}"}, "timestamp": 9e9}, OWN),
    Call("POST /api/sync", {"action": "updateList", "data": {"id": "{list}", "name": "X"}, "timestamp": 9e9}, OWN),
    Call("POST /api/sync", {"action": "deletePerson", "data": {"id": "{person_id}"}, "timestamp": 9e9}, OWN),
    Call(
        "POST /api/sync/batch",
        {
            "actions": [
                {"action": "updatePerson", "data": {"id": "{person_id}", "name": "X"}, "timestamp": 9e9},
                {"action": "deletePerson", "data": {"name": "{only_bens_person}"}, "timestamp": 9e9},
                {"action": "addList", "data": {"id": "{list}", "name": "X"}, "timestamp": 9e9},
                {
                    "action": "updateMovieStatus",
                    "data": {"imdb_id": "{movie}", "status": "custom", "custom_list_id": "{list}"},
                    "timestamp": 9e9,
                },
            ]
        },
        OWN,
    ),
    Call("PATCH /api/auth/me", {"email": "x@example.com", "current_password": PASSWORD, "id": "{user}"}, OWN),
    Call("POST /api/backup/import", "{export}", OWN),
    Call("DELETE /api/movies/{movie}", None, OWN),
    # Last, since they kill the token.
    Call("DELETE /api/auth/me", {"current_password": "x"}, (422,)),
    Call("POST /api/auth/password", {"current_password": "x", "new_password": "y" * 8}, (422,)),
    Call("POST /api/auth/logout", {}, OWN),
    Call("POST /api/auth/logout/everywhere", {}, (401,)),
]

# These ask for no user, or are no address of the REST API.
OPEN_TO_ALL = {"POST /api/auth/login", "POST /api/auth/admin/login", "GET /api/health", "GET /api/health/ready"}


@pytest.fixture
def app(make_app: MakeApp, standin: Standin) -> Flask:
    """An application whose providers are the stand-ins of TMDB and OMDb."""
    return make_app(METADATA_PROVIDERS="tmdb,omdb", **standin.settings)


def fill(client: Client) -> str:
    """A library; the same for everybody. Answers the id of its list."""
    client.post("/api/movies", json={"imdb_id": MATRIX, "recommender": "Mum"})
    list_id: str = client.post("/api/lists", json={"name": "Rainy"}).json["id"]
    client.put(f"/api/movies/{MATRIX}/watch", json={"date_watched": 1.7e9, "my_rating": 8})
    client.put(f"/api/movies/{MATRIX}/status", json={"status": "custom", "custom_list_id": list_id})
    for imdb_id in (WATCHED, RANKED):
        client.put(f"/api/movies/{imdb_id}/status", json={"status": "watched"})
    client.post("/api/ranking/insert", json={"imdb_id": RANKED, "position": 1, "liked": True})
    return list_id


def dump(app: Flask, user_id: str) -> dict[str, list[str]]:
    """Every row of every table that is this user's, and of the tables that belong to no other user's library."""
    rows: dict[str, list[str]] = {}
    with app.app_context(), db.engine.connect() as connection:
        for table in db.metadata.sorted_tables:
            column = table.c.get("user_id", table.c.id if table.name == "users" else None)
            if column is not None:
                found = connection.execute(select(table).where(column == user_id)).mappings()
                rows[table.name] = sorted(json.dumps(dict(row), default=str, sort_keys=True) for row in found)
    return rows


def filled(value: Any, ids: dict[str, Any]) -> Any:
    """The value with names in braces replaced, whole values by what they are."""
    if isinstance(value, str):
        return ids[value[1:-1]] if value[:1] == "{" and value[1:-1] in ids else value.format(**ids)
    if isinstance(value, dict):
        return {key: filled(inner, ids) for key, inner in value.items()}
    if isinstance(value, list):
        return [filled(inner, ids) for inner in value]
    return value


def test_every_endpoint_is_walked(app: Flask) -> None:
    served = {
        f"{method} {rule.rule}"
        for rule in app.url_map.iter_rules()
        for method in (rule.methods or set()) - {"HEAD", "OPTIONS"}
        if rule.rule.startswith("/api")
    }
    walked = {call.endpoint(app) for call in FOREIGN + SHARED}

    assert served - walked - OPEN_TO_ALL == set(), "list the new endpoint above, with ids of the other user"
    assert walked - served == set()


def test_no_call_of_one_user_shows_or_touches_what_is_anothers(
    app: Flask, client: Client, bens_client: Client, anna: Account, ben: Account
) -> None:
    fill(client)
    bens_list = fill(bens_client)
    bens_client.post("/api/movies", json={"imdb_id": INCEPTION, "recommender": "Uncle Bob"})
    bens_client.post("/api/lists", json={"name": "Secret of Ben's"})
    viewing = bens_client.post(f"/api/movies/{INCEPTION}/viewings", json={"watched_on": "1999", "rating": 9}).json
    bens_client.put(f"/api/movies/{INCEPTION}/liked", json={"liked": True})
    bens_client.put(f"/api/movies/{MATRIX}/tags/SECRET")
    people = {person["name"]: person["id"] for person in bens_client.get("/api/people").json}
    backups = bens_client.get("/api/backup/list").json["backups"]
    ids: dict[str, Any] = {
        "user": ben.id,
        "movie": MATRIX,
        "watched": WATCHED,
        "ranked": RANKED,
        "only_bens_movie": INCEPTION,
        "viewing": viewing["id"],
        "list": bens_list,
        "person": "Mum",
        "person_id": people["Mum"],
        "only_bens_person": "Uncle Bob",
        "only_bens_tag": "secret",
        "backup": backups[0]["filename"] if backups else "moviemanager-backup-of-ben.json",
        "export": bens_client.get("/api/backup/export").json,
        "session": session_of(app, ben),
        **imports_of(app, ben),
    }
    before = dump(app, ben.id)
    secrets = [ben.id, "Secret of Ben's", "SECRET", PHONE, *(str(number) for number in people.values())]

    for call in FOREIGN + SHARED:
        answer = ask(client, call, ids)
        assert answer.status_code in call.allowed, (call, answer.status_code, answer.text)
        assert answer.status_code != 404 or answer.json["code"].endswith("_not_found"), (call, answer.text)
        if call.body != "{export}":
            assert not [secret for secret in secrets if secret in answer.text], (call, answer.text)
        assert dump(app, ben.id) == before, call

    assert_whole(bens_client, app, ben)


def assert_whole(client: Client, app: Flask, account: Account) -> None:
    """The user finds everything as it was."""
    fresh = client_of(app, account)
    for address in ("/api/movies", "/api/people", "/api/lists", "/api/auth/me"):
        assert fresh.get(address).status_code == 200
        assert fresh.get(address).json == client.get(address).json
    assert {movie["imdb_id"] for movie in fresh.get("/api/movies").json} == {MATRIX, INCEPTION, WATCHED, RANKED}


def test_ids_of_records_are_not_shared_between_users(client: Client, bens_client: Client) -> None:
    """Not needed for safety, since every key holds the user; but a foreign id then means nothing at all."""
    for each in (client, bens_client):
        fill(each)
    anna_ids, ben_ids = (
        {person["id"] for person in each.get("/api/people").json}
        | {vote["id"] for movie in each.get("/api/movies").json for vote in movie["recommendations"]}
        for each in (client, bens_client)
    )
    assert not anna_ids & ben_ids


# What may look beyond one user (docs/scaling.md says why): the tables, by the endpoint.
LOOKS_BEYOND = {
    "POST /api/auth/admin/users": {"library_heads"},
    "GET /api/health/ready": {"backup_files"},
    "POST /api/backup/import": {"custom_lists"},
    "POST /api/backup/restore/<string:filename>": {"custom_lists"},
}
USERS_TABLES = {table.name for table in db.metadata.sorted_tables if "user_id" in table.c}


def tables_without_their_user(statement: str, parameters: str, user_id: str) -> set[str]:
    """The users' tables of which a statement could read or write rows of anybody but this user."""
    tables = {table for table in USERS_TABLES if re.search(rf"(?<!%\()\b{table}\b(?!\.)", statement)}
    if user_id not in parameters:
        return tables
    names_user = r"INSERT INTO {0} \([^)]*\buser_id\b|\b{0}\.user_id = |= {0}\.user_id\b"
    return {table for table in tables if not re.search(names_user.format(table), statement)}


def test_every_statement_of_a_request_names_its_user(
    app: Flask, client: Client, admin: Client, anna: Account, ben: Account
) -> None:
    """So that it concerns the rows of one user, wherever they are; see docs/scaling.md."""
    lost_list = fill(client)
    assert app.test_cli_runner().invoke(args=["backup", "run", "--user", "anna"]).exit_code == 0
    client.delete(f"/api/lists/{lost_list}")
    backup = client.get("/api/backup/list").json["backups"][0]["filename"]
    new_user = {"email": "carla@example.com", "username": "carla", "password": PASSWORD}
    administrators = [
        Call("GET /api/auth/admin/users"),
        Call("POST /api/auth/admin/users", new_user),
        Call("PATCH /api/auth/admin/users/{ben}", {"is_active": False}),
        Call("DELETE /api/auth/admin/users/{ben}"),
        Call("POST /api/auth/admin/logout"),
    ]
    calls = [call for call in FOREIGN + SHARED if "/admin/" not in call.request] + administrators
    calls.append(Call("GET /api/health/ready"))
    calls.sort(key=lambda call: call.request.endswith("/everywhere"))  # it kills the tokens that come after it, too

    succeeded: set[str] = set()
    beyond: dict[str, set[str]] = {}
    for number, call in enumerate(calls):
        anna_anew = client_of(app, anna)  # some calls kill their token
        ids = {"user": anna.id, "ben": ben.id, "movie": MATRIX, "only_bens_movie": MATRIX, "backup": backup}
        ids |= {"watched": WATCHED, "ranked": RANKED, "session": session_of(app, anna)}
        ids |= ids_of_everything(anna_anew, new_name=f"Zoe {number}") | imports_of(app, anna)
        heard: list[tuple[str, str]] = []
        with hearing_statements(app, lambda *told: heard.append((told[2], repr(told[3])))):  # noqa: B023
            answer = ask(admin if call in administrators else anna_anew, call, ids)
        if answer.status_code < 300:
            succeeded.add(call.endpoint(app))
        user_id = answer.json["id"] if call.body == new_user else ben.id if "{ben}" in call.request else anna.id
        for statement, parameters in heard:
            tables = tables_without_their_user(statement, parameters, user_id)
            beyond.setdefault(call.endpoint(app), set()).update(tables)

    # Those that are refused concern the table users; the administrator's calls remove an account, too.
    refused = {"POST /api/auth/password", "DELETE /api/auth/me", "GET /api/images/<name:address>"}
    assert {call.endpoint(app) for call in calls} - succeeded == refused
    assert {endpoint: tables for endpoint, tables in beyond.items() if tables} == LOOKS_BEYOND


def imports_of(app: Flask, account: Account) -> dict[str, Any]:
    """The ids of an import that can be confirmed and of one that can be undone, the only ones that the user has."""
    with app.app_context():
        for job in jobs.list_jobs(account.id):
            with write_connection() as connection:
                jobs.change_job(connection, job, state="failed")
            jobs.delete_job(account.id, job.id)
        ids = {state: str(uuid.uuid4()) for state in ("ready", "done")}
        for state, job_id in ids.items():
            job = jobs.create_job(account.id, job_id, None)
            with write_connection() as connection:
                jobs.change_job(connection, job, state=state)
    return {"import": ids["ready"], "done_import": ids["done"]}


def session_of(app: Flask, account: Account) -> str:
    """The id of a new session."""
    session_id = str(uuid.uuid4())
    with app.app_context():
        begin_session(TokenIdentity(account.id, session_id, 0, 9e9), PHONE)
    return session_id


def ids_of_everything(client: Client, new_name: str) -> dict[str, Any]:
    """A library as it may be asked for, once it is filled, with the name of somebody new."""
    ids: dict[str, Any] = {"list": fill(client), "person": "Mum", "only_bens_person": new_name}
    client.put(f"/api/movies/{MATRIX}/tags/kept")
    ids["only_bens_tag"] = "kept"
    ids["person_id"] = next(person["id"] for person in client.get("/api/people").json if person["name"] == "Mum")
    ids["viewing"] = client.get(f"/api/movies/{MATRIX}/viewings").json[0]["id"]
    export = client.get("/api/backup/export").json
    export["lists"].append(export["lists"][0] | {"id": str(uuid.uuid4())})
    return ids | {"export": export}


def ask(client: Client, call: Call, ids: dict[str, Any]) -> Any:
    """The answer to a call."""
    body = filled(call.body, ids)
    method, _, address = call.request.partition(" ")
    return client.open(filled(address, ids), method=method, **({} if body is None else {"json": body}))


@pytest.mark.parametrize(
    ("statement", "tables"),
    [
        ("SELECT movies.title FROM movies WHERE movies.user_id = ?", set()),
        ("SELECT movies.title FROM movies WHERE movies.imdb_id = ?", {"movies"}),
        ("SELECT movies.title FROM movies WHERE movies.user_id != ?", {"movies"}),
        ("SELECT 1 FROM movies JOIN people ON people.id = movies.x WHERE movies.user_id = ?", {"people"}),
        ("SELECT 1 FROM movies JOIN people ON people.user_id = movies.user_id WHERE movies.user_id = ?", set()),
        ("INSERT INTO movies (user_id, imdb_id) VALUES (?, ?)", set()),
        ("INSERT INTO import_jobs (user_id, found_people) VALUES (%(user_id)s, %(people)s)", set()),
        ("DELETE FROM tombstones WHERE tombstones.seq < ?", {"tombstones"}),
        ("SELECT users.id FROM users WHERE users.email = ?", set()),
    ],
)
def test_a_statement_without_its_user_would_be_seen(statement: str, tables: set[str]) -> None:
    assert tables_without_their_user(statement, "('anna',)", "anna") == tables
    assert tables_without_their_user(statement, "('ben',)", "anna") >= tables
