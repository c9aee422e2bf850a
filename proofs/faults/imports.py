"""Is an import that is killed again and again the same as one that nobody disturbs?

``python -m proofs.faults.imports --rounds 4 --by server``: a user brings in a file of another tracker, and in each
state of the import (reading, matching, applying, undoing) what works on it gets SIGKILL so many times: all workers of
``movietracker serve`` and the whole server in turns, or with ``--by command`` the commands ``movietracker import`` and
``import resume``, with SIGINT in turns. Another user, who has the same library, brings in the same file undisturbed.
Both must have the same library and the same report, and after the undo what they had before. At last both bring it in
again at the same time, one with two commands beside the server.
"""

import json
import os
import signal
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, closing, contextmanager
from typing import Any

from sqlalchemy import text
from support.endless_catalogue import EndlessCatalogue
from support.serving import Serving, environment
from support.waiting import wait_until

from movietracker.database import open_engine, read_url

from .clients import Connection
from .reporting import script
from .site import Site, User, make_users, site

LOOKED_UP = 60
LOOKUP_SECONDS = 0.02
BEFORE = 100
PATIENCE_SECONDS = 120.0
ORDER = ("", "reading", "matching", "ready", "applying", "done", "undoing", "undone")

# The program, with a lease that another process takes over after so many seconds, and with an undo in steps so small
# that it is not over before it is killed.
PROGRAM = """
from datetime import timedelta
from movietracker import scheduler
from movietracker.imports import running, undoing
running.LEASE_SECONDS, undoing.FACTS_AT_ONCE = {seconds}, 50
scheduler.IMPORTS_EVERY, scheduler.JITTER_SECONDS = timedelta(seconds={seconds}), None
from movietracker.cli import main
main()
"""


class Owner:
    """A user with imports, as the database and the API know them."""

    def __init__(self, place: Site, user: User) -> None:
        self.user = user
        url = place.settings["DATABASE_URL"] or f"sqlite:///{place.folder}/instance/app.db"
        self._engine = open_engine(read_url(url))

    def job(self) -> tuple[str, str, int]:
        """The id, the state and the progress of the newest import; empty before there is one."""
        statement = text("SELECT id, state, done FROM import_jobs WHERE user_id = :user ORDER BY created_at DESC")
        with self._engine.connect() as connection:
            row = connection.execute(statement, {"user": self.user.id}).first()
        return tuple(row) if row else ("", "", 0)

    def wait_for(self, *states: str) -> None:
        """Wait until the import is in one of these states."""
        wait_until(lambda: self.job()[1] in (*states, "failed"), PATIENCE_SECONDS)
        assert self.job()[1] in states, self.job()

    def ask(self, url: str, method: str, path: str, body: Any = None) -> Any:
        """What the server answers to a request that must succeed."""
        with closing(Connection(url, self.user.token)) as connection:
            answer = connection.ask(method, path, body)
        assert answer.status_code in (200, 202), answer.text
        return answer.json

    def library(self, url: str) -> dict[str, Any]:
        """What the user has, without the times of changes; lists, whose ids are random, by their names."""
        document: dict[str, Any] = self.ask(url, "GET", "/api/backup/export")
        names = {each["id"]: each["name"] for each in document["lists"]}
        for movie in document["movies"]:
            movie["custom_list_id"] = names.get(movie["custom_list_id"])
        for record in (*document["movies"], *document["people"], *document["lists"]):
            del record["last_modified"]
        for each in document["lists"]:
            del each["id"], each["created_at"]
        return {name: document[name] for name in ("movies", "people", "lists", "rankings")}

    def report(self, url: str) -> Any:
        """What the newest import says that it did."""
        return self.ask(url, "GET", f"/api/import/{self.job()[0]}")["report"]


class Installation:
    """A server that can be killed, commands beside it, and the rows of a file."""

    def __init__(self, place: Site, titles: int, lease: float) -> None:
        self.place, self.rows = place, _rows(titles)
        (place.folder / "seen.json").write_text(json.dumps(self.rows))
        self._program = (sys.executable, "-c", PROGRAM.format(seconds=lease))
        self._serving = ExitStack()
        self.server: Serving
        self.start()

    def start(self) -> None:
        """Start the server."""
        self.server = self._serving.enter_context(self.place.serving("--workers", "2", program=self._program))

    def stop(self) -> None:
        """Stop the server, or take away what is left of it."""
        self._serving.close()

    def command(self, *arguments: str) -> subprocess.Popen[str]:
        """A running ``movietracker import``."""
        pipes: dict[str, Any] = {"stdout": subprocess.DEVNULL, "stderr": subprocess.PIPE}
        env = environment(self.place.settings)
        return subprocess.Popen(
            [*self._program, "import", *arguments], cwd=self.place.folder, env=env, text=True, **pipes
        )


class ByServer:
    """Imports by the API, on which the server works."""

    def __init__(self, installation: Installation, owner: Owner) -> None:
        self.installation, self.owner = installation, owner

    def begin(self, state: str) -> None:
        """Have the import come to this state, when it is ready for it."""
        if state == "reading":
            self._post("?filename=seen.json", self.installation.rows)
        elif state == "applying":
            self.owner.wait_for("ready")
            job = self._post(f"/{self.owner.job()[0]}/resolve", {})
            names = {kind: [{"name": each["name"], "to": each["name"]} for each in job[kind]] for kind in _NAMED}
            self._post(f"/{job['id']}/resolve", names)
            self._post(f"/{job['id']}/confirm", {})
        elif state == "undoing":
            self._post(f"/{self.owner.job()[0]}/undo", {})

    def kill(self, number: int) -> None:
        """Kill all workers, which the server replaces, or in turns the whole server, which is started anew."""
        server = self.installation.server
        if number % 2 == 0:
            wait_until(lambda: len(server.workers()) == 2, PATIENCE_SECONDS)
            for pid in server.workers():
                os.kill(pid, signal.SIGKILL)
        else:
            server.kill()
            self.installation.stop()
            self.installation.start()

    def finish(self, state: str) -> None:
        """Wait until the import has come so far."""
        self.owner.wait_for(state)

    def _post(self, path: str, body: Any) -> Any:
        return self.owner.ask(self.installation.server.url, "POST", f"/api/import{path}", body)


class ByCommand:
    """Imports by commands, with no server to help them."""

    def __init__(self, installation: Installation, owner: Owner) -> None:
        self.installation, self.owner = installation, owner
        self._whose = ("--user", owner.user.id)
        self._answers = (*self._whose, "--yes", "--people")
        self._process: subprocess.Popen[str]

    def begin(self, state: str) -> None:
        """Have the import come to this state."""
        if state == "reading":
            self.installation.stop()
            self._process = self.installation.command("seen.json", *self._answers)
        elif state == "undoing":
            self.installation.stop()
            self._process = self.installation.command("undo", self.owner.job()[0], *self._whose)

    def kill(self, number: int) -> None:
        """Kill the command, or interrupt it as Ctrl-C does, and have another one go on."""
        self._process.send_signal(signal.SIGINT if number % 2 else signal.SIGKILL)
        _, said = self._process.communicate(timeout=PATIENCE_SECONDS)
        assert number % 2 == 0 or f"movietracker import resume {self.owner.job()[0]}" in said, said
        self._process = self.installation.command("resume", self.owner.job()[0], *self._answers)

    def finish(self, state: str) -> None:
        """Wait until the command has come to its end, and start the server."""
        _, said = self._process.communicate(timeout=PATIENCE_SECONDS)
        assert (self._process.returncode, self.owner.job()[1]) == (0, state), said
        self.installation.start()


WAYS = {"server": ByServer, "command": ByCommand}
_NAMED = ("people", "lists")


def run(rounds: int, database: str, by: str, titles: int, lease: float) -> dict[str, Any]:
    """Kill so many times in each state; the figures."""
    with _installation(database, titles, lease) as installation:
        owners = [Owner(installation.place, user) for user in make_users(installation.server.url, 2)]
        for owner in owners:
            owner.ask(installation.server.url, "POST", "/api/backup/import", _library())
        before = owners[0].library(installation.server.url)
        kills: Counter[str] = Counter()
        faults, seen = [], []
        for owner, times in zip(owners, (rounds, 0), strict=True):  # the first finds no response stored
            way = WAYS[by](installation, owner)
            kills += _bring_in(way, ("reading", "matching", "applying"), "done", times)
            seen.append((owner.library(installation.server.url), owner.report(installation.server.url)))
            kills += _bring_in(way, ("undoing",), "undone", times)
            if owner.library(installation.server.url) != before:
                faults.append(f"after the undo with {times} kills the library is not what it was")
        faults += [] if seen[0] == seen[1] else [f"what was killed differs: {seen[0][1]}, not {seen[1][1]}"]
        faults += _together(installation, owners) + installation.place.damage()
    viewings = sum(len(movie["viewings"]) for movie in seen[1][0]["movies"])
    return {"database": database, "by": by, "killed_while": dict(kills), "viewings": viewings, "faults": faults}


def _bring_in(way: ByServer | ByCommand, states: Sequence[str], end: str, times: int) -> Counter[str]:
    """Go through these states to the end, and kill so many times in each; how often that was in time."""
    killed: Counter[str] = Counter()
    for state in states:
        way.begin(state)
        done = 0
        for number in range(times):
            if _is_over_before_more_than(way.owner, state, done):
                break
            way.kill(number)
            _, now, done = way.owner.job()
            killed[state] += now == state
    way.finish(end)
    return killed


def _is_over_before_more_than(owner: Owner, state: str, done: int) -> bool:
    """Wait until more, or less, is done in this state; returns whether it is over instead."""

    def is_time() -> bool:
        _, now, more = owner.job()
        assert now in ORDER, now
        return (now == state and more not in (0, done)) or ORDER.index(now) > ORDER.index(state)

    wait_until(is_time, PATIENCE_SECONDS)
    return owner.job()[1] != state


def _together(installation: Installation, owners: Sequence[Owner]) -> list[str]:
    """Have both bring the file in again at the same time; what is not as it should be."""
    url = installation.server.url
    ways = [ByServer(installation, owner) for owner in owners]
    for state in ("reading", "applying"):
        for way in ways:
            way.begin(state)
    resume = "resume", owners[0].job()[0], "--user", owners[0].user.id
    commands = [installation.command(*resume) for _ in range(2)]
    said = [command.communicate(timeout=PATIENCE_SECONDS)[1] for command in commands]
    for way in ways:
        way.finish("done")
    faults = [text for text, command in zip(said, commands, strict=True) if command.returncode]
    results = [(owner.library(url), owner.report(url)) for owner in owners]
    return faults if results[0] == results[1] else [*faults, "what three processes worked on differs"]


@contextmanager
def _installation(database: str, titles: int, lease: float) -> Iterator[Installation]:
    with EndlessCatalogue() as catalogue:
        settings = {name: str(value) for name, value in catalogue.settings.items()}
        with site(database, **settings | {"METADATA_PROVIDERS": "tmdb"}) as place:
            catalogue.hang(LOOKUP_SECONDS, path="/movie/")
            catalogue.fail_with(500, path="/find/")  # so that nobody looks up the details of new titles meanwhile
            installation = Installation(place, titles, lease)
            try:
                yield installation
            finally:
                installation.stop()


def _rows(titles: int) -> list[dict[str, Any]]:
    """So many titles: seen and rated, recommended, or on a list; some without the id that the library needs."""
    told: tuple[dict[str, Any], ...] = (
        {"watched_on": "2020-05-17", "rating": 7.5},
        {"status": "toWatch", "recommended_by": "Joe"},
        {"list": "Best", "recommended_by": "Nelly"},
        {"watched_on": "2021", "review": "Loud."},
    )
    return [
        {**told[number % 4], "kind": "movie", "added_on": "2022-03-01"}
        | ({"tmdb_id": number} if number % (titles // LOOKED_UP) == 0 else {"imdb_id": f"tt{number:07}"})
        for number in range(1, titles + 1)
    ]


def _library() -> dict[str, Any]:
    """What each user has before: titles of the file and others, wanted, or watched and rated."""
    watched = {"date_watched": 1.5e9, "my_rating": 6.0}
    movies = [
        {
            "imdb_id": f"tt{number * 20:07}",
            "media_type": "movie",
            "status": "watched" if number % 2 else "toWatch",
            "custom_list_id": None,
            "last_modified": 1,
            "recommendations": [],
            "watch_history": watched if number % 2 else None,
        }
        for number in range(1, BEFORE)
    ]
    return {"version": 2, "exported_at": 1, "people": [], "lists": [], "movies": movies}


def is_proved(figures: dict[str, Any]) -> bool:
    """Whether something was killed in each state, and nothing differs."""
    return len(figures["killed_while"]) == 4 and not figures["faults"]


if __name__ == "__main__":
    script(__doc__, run, is_proved, rounds=1, database="sqlite", by="server", titles=3000, lease=20.0)
