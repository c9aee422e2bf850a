"""The client: its file, in which each step is one transaction, and its requests, all of which can be repeated."""

import json
import random
import sqlite3
import time
import uuid
from collections.abc import Callable, Mapping
from contextlib import closing
from pathlib import Path
from threading import Event, RLock
from typing import Any

import requests
import simple_websocket

from .library import Library, Record, forgotten

_SCHEMA = """
PRAGMA locking_mode = EXCLUSIVE; PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; BEGIN;
CREATE TABLE IF NOT EXISTS state (name TEXT PRIMARY KEY, value);
CREATE TABLE IF NOT EXISTS records (kind TEXT, key TEXT, body TEXT, PRIMARY KEY (kind, key));  -- as of the cursor
CREATE TABLE IF NOT EXISTS staged (kind TEXT, key TEXT, body TEXT, PRIMARY KEY (kind, key));  -- body null: deleted
CREATE TABLE IF NOT EXISTS queue (n INTEGER PRIMARY KEY, id TEXT, action TEXT, data TEXT, timestamp REAL,
    base_rev INTEGER, stage TEXT DEFAULT 'new', result TEXT);  -- stage: new, sent, done; conflict, rejected, incomplete
INSERT OR IGNORE INTO state VALUES ('device', hex(randomblob(16))); COMMIT;
"""
_QUEUE = "INSERT INTO queue (n, id, action, data, timestamp, base_rev) VALUES (?, ?, ?, ?, ?, ?)"


class Unreachable(Exception):
    """No usable response after several attempts; nothing is lost, try again later."""


class LoggedOut(Exception):
    """The token is missing or bad; the queue is kept, log in again."""


class Refused(Exception):
    """Retrying does not help; ``args`` are status and code, such as 410 and wrong_user for another account's file."""


class Client:
    """An offline-first client; several threads may share it, but each file allows only one client."""

    page_size, attempts = 200, 5
    pause, longest_pause, timeout = 0.5, 60.0, (5.0, 60.0)  # seconds; the last for connecting and for the next bytes
    clock = staticmethod(time.time)

    def __init__(self, path: str | Path, base_url: str, session: requests.Session | None = None) -> None:
        Path(path).touch(0o600)  # the token is in it
        self._url, self._session = base_url.rstrip("/"), session or requests.Session()
        self._turn, self._lock = RLock(), RLock()  # for one push or pull at a time; for one step on disk at a time
        self._db = sqlite3.connect(path, check_same_thread=False)
        self._db.row_factory = sqlite3.Row
        self._db.executescript(_SCHEMA)

    movies = property(lambda self: self.library().movies, doc="By IMDb id.")
    people = property(lambda self: self.library().people, doc="By name.")
    lists = property(lambda self: self.library().lists, doc="By id.")
    conflicts = property(lambda self: self._reports("conflict"), doc="Not done: another device changed the same.")
    incomplete = property(lambda self: self._reports("incomplete"), doc="Done, but without the ``ignored_fields``.")
    rejections = property(lambda self: self._reports("rejected"), doc="Not done, for the reason in ``error``.")
    unsent = property(lambda self: self._rows("SELECT count(*) FROM queue WHERE stage IN ('new', 'sent')")[0][0])

    def library(self) -> Library:
        """Return the last complete pull with all later actions applied, as of one moment."""
        with self._lock:
            library = self._stored("records")
            for row in self._rows("SELECT * FROM queue WHERE stage IN ('new', 'sent', 'done') ORDER BY n"):
                library.apply(row["action"], json.loads(row["data"]), row["timestamp"])
        return library

    def do(self, action: str, data: Mapping[str, Any]) -> str:
        """Queue an action, whose effect is shown from now on; returns its id. Raises ValueError."""
        made = {"id": str(uuid.uuid4())} if action == "addList" else {}
        written = json.dumps({**made, **data}, allow_nan=False, ensure_ascii=False)
        json.dumps(json.loads(written, parse_int=float), allow_nan=False)  # raises for numbers that no server reads
        if len(written.encode()) > 100_000:
            raise ValueError("The data of an action is too large.")
        with self._lock, self._db as db:
            action_id = str(uuid.uuid4())
            db.execute(_QUEUE, (None, action_id, action, written, self.clock(), self._get("rev")))
        return action_id

    def dismiss(self, action_id: str) -> None:
        """Forget a report that the user has seen."""
        with self._lock, self._db as db:
            db.execute("DELETE FROM queue WHERE id = ? AND stage NOT IN ('new', 'sent', 'done')", (action_id,))

    def close(self) -> None:
        """Close the file and the connections."""
        self._db.close()
        self._session.close()

    def login(self, email: str, password: str) -> None:
        """Get a token. Raises Refused."""
        response = self._request("POST", "/api/auth/login", json={"email": email, "password": password})
        if self._get("user") not in (None, response["user"]["id"]):
            raise Refused(410, "wrong_user")
        with self._lock, self._db:
            self._set(user=response["user"]["id"], token=response["access_token"])

    def sync(self) -> None:
        """Push queued actions, then pull changes."""
        self.push()
        self.pull()
        if self.unsent:  # a server that was restored is offered what it forgot
            self.sync()

    def push(self) -> None:
        """Send queued actions in batches; a batch without a response is sent again unchanged."""
        with self._turn:
            while batch := self._next_batch():
                if self._get("cursor") is None:  # a base_rev means nothing without one
                    self.pull()
                    continue
                actions = [{**row, "data": json.loads(row["data"])} for row in batch]
                body = {"cursor": self._get("cursor"), "device": self._get("device"), "actions": actions}
                if response := self._call("POST", "/api/sync/batch", json=body):
                    with self._lock, self._db as db:
                        for row, result in zip(batch, response["results"], strict=True):
                            values = ("done" if result["success"] else result["status"], json.dumps(result), row["id"])
                            db.execute("UPDATE queue SET stage = ?, result = ? WHERE id = ?", values)
                        db.execute("DELETE FROM staged")
                        self._set(cursor=response["cursor"], page=None)  # same position, but covers these actions

    def pull(self) -> None:
        """Fetch changes in pages, and show them when all have arrived."""
        with self._turn:
            page: Record | None = None
            while page is None or page["has_more"]:
                place = {"cursor": self._get("page") or self._get("cursor"), "limit": self.page_size}
                if page := self._call("GET", "/api/sync/changes", params=place):
                    self._stage(page)

    def listen(self, stop: Event, changed: Callable[[], None] = lambda: None) -> None:
        """Sync whenever the server reports a change, until ``stop`` is set; run it in a thread of its own."""
        failures = 0
        while not stop.is_set():
            try:
                self.sync()  # raises LoggedOut if the token is why the last connection ended
                with closing(simple_websocket.Client.connect(f"ws{self._url[4:]}/ws/sync", ping_interval=25)) as socket:
                    socket.send(self._get("token"))
                    while not stop.is_set():
                        if socket.receive(timeout=0.5) is not None:
                            self.sync()
                            changed()
                            failures = 0
            except (OSError, Unreachable, simple_websocket.ConnectionError, simple_websocket.ConnectionClosed):
                stop.wait(self._jitter(failures))
                failures += 1

    def _call(self, method: str, path: str, **options: Any) -> Record | None:
        token = self._get("token")
        try:
            return self._request(method, path, headers={"Authorization": f"Bearer {token}"}, **options)
        except Refused as refused:
            if refused.args[0] == 401:
                with self._lock, self._db as db:  # unless there was another login
                    db.execute("DELETE FROM state WHERE name = 'token' AND value = ?", (token,))
                raise LoggedOut from refused
            if (code := refused.args[1]) not in ("cursor_expired", "history_diverged", "bad_cursor"):
                raise
            with self._lock, self._db as db:  # keep showing the old state until the new pull is complete
                db.execute("DELETE FROM staged")
                diverged = self._get("diverged") or code == "history_diverged"
                self._set(cursor=None, page=None, full=None, diverged=diverged)
            return None  # ask again

    def _request(self, method: str, path: str, **options: Any) -> Record:
        pause = 0.0
        options.update(allow_redirects=False, auth=lambda request: request)  # so that no .netrc overrides the token
        for attempt in range(self.attempts):
            time.sleep(pause)
            pause = self._jitter(attempt)  # so that clients do not retry in step
            try:
                response = self._session.request(method, self._url + path, timeout=self.timeout, **options)
                if response.status_code == 200:
                    return dict(response.json())
                if response.status_code // 100 == 4 and response.status_code != 429:
                    raise Refused(response.status_code, response.json()["code"])
                pause += min(self.longest_pause, abs(int(response.headers.get("Retry-After", "0"))))
                raise requests.HTTPError(response.status_code)
            except (requests.RequestException, LookupError, TypeError, ValueError) as error:
                problem = error  # no response, or a page of another server
        raise Unreachable(str(problem))

    def _jitter(self, failures: int) -> float:
        return random.uniform(0.0, min(self.longest_pause, self.pause * 2**failures))  # noqa: S311 - no secret

    def _rows(self, sql: str, *values: Any) -> list[sqlite3.Row]:
        with self._lock:
            return self._db.execute(sql, values).fetchall()

    def _get(self, name: str) -> Any:
        """user, token, device; cursor and rev of the last complete pull; page, full, diverged of an unfinished one."""
        return next((row["value"] for row in self._rows("SELECT value FROM state WHERE name = ?", name)), None)

    def _set(self, **values: Any) -> None:
        self._db.executemany("INSERT OR REPLACE INTO state VALUES (?, ?)", values.items())

    def _reports(self, status: str) -> list[Record]:
        rows = self._rows("SELECT * FROM queue WHERE stage = ? ORDER BY n", status)
        return [{**row, "data": json.loads(row["data"]), **json.loads(row["result"])} for row in rows]

    def _stored(self, table: str) -> Library:
        rows = self._rows(f"SELECT kind, body FROM {table} WHERE body IS NOT NULL")  # noqa: S608 - a name of ours
        return Library([(row["kind"], json.loads(row["body"])) for row in rows])

    def _next_batch(self) -> list[sqlite3.Row]:
        """Return the batch that was sent without a response, else the next actions: a hundred, or 8 MiB if escaped."""
        sent = "SELECT id, action, data, timestamp, base_rev FROM queue WHERE stage = 'sent' ORDER BY n"
        with self._lock, self._db as db:
            if not self._rows(sent):
                new = "SELECT n, sum(max(8e4, 13 * length(data))) OVER (ORDER BY n) size FROM queue WHERE stage = 'new'"
                db.execute(f"UPDATE queue SET stage = 'sent' WHERE n IN (SELECT n FROM ({new}) WHERE size <= 8e6)")  # noqa: S608
            return self._rows(sent)

    def _stage(self, page: Record) -> None:
        """Store a page of a pull; the last one replaces what is shown by all of them."""
        with self._lock, self._db as db:
            for kind, key in (("movies", "imdb_id"), ("people", "id"), ("lists", "id")):
                gone = [(kind, str(each), None) for each in page["deleted"][kind]]
                here = [(kind, str(each[key]), json.dumps(each)) for each in page[kind]]
                db.executemany("INSERT OR REPLACE INTO staged VALUES (?, ?, ?)", [*gone, *here])
            self._set(page=page["cursor"], full=page["full_sync"] or self._get("full"))
            if page["has_more"]:
                return
            if self._get("diverged"):
                self._offer(page["rev"])
            db.execute("DELETE FROM queue WHERE stage = 'done' AND json_extract(result, '$.ignored_fields') IS NULL")
            db.execute("UPDATE queue SET stage = 'incomplete' WHERE stage = 'done'")  # before this page was requested
            replaced = "true" if self._get("full") else "(kind, key) IN (SELECT kind, key FROM staged)"
            db.execute(f"DELETE FROM records WHERE {replaced}")  # noqa: S608 - a text of ours
            db.execute("INSERT INTO records SELECT * FROM staged WHERE body IS NOT NULL")
            db.execute("DELETE FROM staged")
            self._set(cursor=page["cursor"], rev=page["rev"], page=None, full=None, diverged=None)

    def _offer(self, rev: int) -> None:
        """Queue unconfirmed actions again, and before them actions that restore what the server forgot."""
        self._db.execute("UPDATE queue SET stage = 'new', base_rev = ? WHERE stage IN ('sent', 'done', 'new')", (rev,))
        offers = list(forgotten(self._stored("records"), self._stored("staged")))
        first = self._rows("SELECT coalesce(min(n), 0) FROM queue")[0][0] - len(offers)
        for n, (action, data, timestamp) in enumerate(offers, first):
            self._db.execute(_QUEUE, (n, str(uuid.uuid4()), action, json.dumps(data), timestamp, None))
