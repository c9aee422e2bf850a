"""Hostile requests at POST /api/import and below: no 5xx, nobody else's data, no path in a message, no file kept."""

import socket
import threading
import time
import uuid
from collections import Counter
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from support.waiting import wait_until

from ..faults.clients import Connection
from ..faults.site import User, make_users, site
from .conftest import Target
from .cost import MAX_IMPORT_CPU_SECONDS, cost_of
from .sending import send

MIB = 2**20
IMPORT = "/api/import"
ROWS = [{"imdb_id": f"tt{number:07}", "watched_on": "2020", "recommended_by": "Joe"} for number in range(1, 3001)]
FORM = "multipart/form-data; boundary=x"


@dataclass(frozen=True)
class Attacked(Target):
    """The server, its folder, and a second user."""

    folder: Path
    other: User

    def ask(self, method: str, path: str, body: Any = None, user: User | None = None) -> tuple[int, Any]:
        """Status and JSON of a response to the user or another, which tells nothing of the server's insides."""
        with closing(Connection(self.server.url, (user or self.user).token)) as connection:
            answer = connection.ask(method, f"{IMPORT}{path}", body)
        assert answer.status_code < 500, answer.text
        assert str(self.folder) not in answer.text
        assert "Traceback" not in answer.text
        return answer.status_code, answer.json if answer.body else None

    def job(self, rows: Any, state: str) -> str:
        """An import of these rows that has come to this state."""
        status, job = self.ask("POST", "?filename=seen.json", rows)
        assert status == 202, job
        self.wait_for(job["id"], state)
        return str(job["id"])

    def wait_for(self, job_id: str, *states: str) -> None:
        """Wait until an import is in one of these states."""
        wait_until(lambda: self.ask("GET", f"/{job_id}")[1]["state"] in states)

    def left(self) -> list[Path]:
        """The files of uploads that are stored."""
        return list((self.folder / "instance" / "imports").glob("*/*/*/*"))


@pytest.fixture(scope="module")
def attacked() -> Iterator[Attacked]:
    """A server on which users may import as often as they like."""
    with site("sqlite") as place, place.serving("--workers", "2") as server:
        user, other = make_users(server.url, 2)
        yield Attacked(server, user, place.folder, other)
        assert "Traceback" not in server.stderr


def part(name: str, content: bytes) -> bytes:
    head = f'--x\r\nContent-Disposition: form-data; name="file"; filename="{name}"\r\n\r\n'
    return head.encode("utf-8", "surrogateescape") + content + b"\r\n"


BODIES: dict[str, tuple[bytes, dict[str, str]]] = {
    "nothing": (b"", {}),
    "a form that is cut off": (part("a.csv", b"title\nHeat\n")[:-20], {"Content-Type": FORM}),
    "a form without a boundary": (part("a.csv", b"x"), {"Content-Type": "multipart/form-data"}),
    "a form without files": (
        b'--x\r\nContent-Disposition: form-data; name="a"\r\n\r\nb\r\n--x--',
        {"Content-Type": FORM},
    ),
    "very many files": (b"".join(part(f"{n}.csv", b"x") for n in range(5000)) + b"--x--", {"Content-Type": FORM}),
    "more files than are taken": (
        b"".join(part(f"{n}.csv", b"x") for n in range(101)) + b"--x--",
        {"Content-Type": FORM},
    ),
    "a head without an end": (
        b'--x\r\nContent-Disposition: form-data; name="file"' + b"a" * MIB,
        {"Content-Type": FORM},
    ),
    "a large field": (
        b'--x\r\nContent-Disposition: form-data; name="a"\r\n\r\n' + b"b" * MIB + b"\r\n--x--",
        {"Content-Type": FORM},
    ),
    "a type that is none": (b"title\nHeat\n", {"Content-Type": "\xff/;;="}),
}


@pytest.mark.parametrize("chunked", [False, True])
@pytest.mark.parametrize("name", BODIES)
def test_an_odd_upload_is_refused_or_read_and_leaves_no_file(attacked: Attacked, name: str, chunked: bool) -> None:
    body, headers = BODIES[name]
    assert send(attacked, IMPORT, body, chunked=chunked, **headers) in (202, 400, 413, 422)
    for job in attacked.ask("GET", "")[1]:
        attacked.wait_for(job["id"], "ready", "failed", "cancelled")
        assert attacked.ask("POST", f"/{job['id']}/cancel")[0] in (200, 409)
    assert attacked.left() == []


@pytest.mark.parametrize("chunked", [False, True])
def test_a_body_beyond_the_limit_is_refused_and_costs_little(attacked: Attacked, chunked: bool) -> None:
    with cost_of(attacked.server) as cost:
        assert send(attacked, IMPORT, bytes(257 * MIB), chunked=chunked) in (413, 0)
    cost.check(MAX_IMPORT_CPU_SECONDS)
    assert attacked.left() == []


@pytest.mark.parametrize("name", ["../../../etc/passwd", "/etc/cron.d/x", "..", "a\udcff", "C:\\x", "x" * 400, "a%00b"])
def test_no_name_of_a_file_leads_out_of_its_folder(attacked: Attacked, name: str) -> None:
    before = {path for path in attacked.folder.rglob("*") if "imports" not in path.parts}
    assert send(attacked, IMPORT, part(name, b"title\nHeat\n") + b"--x--", **{"Content-Type": FORM}) in (202, 422)
    new = {path for path in attacked.folder.rglob("*") if "imports" not in path.parts} - before
    assert [path for path in new if "http_cache" not in path.name and "lock" not in str(path)] == []
    for job in attacked.ask("GET", "")[1]:
        attacked.wait_for(job["id"], "ready", "failed", "cancelled")
        attacked.ask("DELETE", f"/{job['id']}")


def test_a_client_that_goes_away_while_it_uploads_leaves_nothing(attacked: Attacked) -> None:
    head = f"POST {IMPORT} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {attacked.user.token}\r\n"
    for length in ("Content-Length: 9000000", "Transfer-Encoding: chunked"):
        with closing(socket.create_connection(attacked.address)) as connection:
            connection.sendall(f"{head}{length}\r\n\r\n".encode() + b"F4240\r\n" + b"x" * 900_000)
            time.sleep(0.3)
    wait_until(lambda: attacked.left() == [])
    assert [job["state"] for job in attacked.ask("GET", "")[1] if job["state"] not in ("failed", "cancelled")] == []


@pytest.mark.parametrize(
    "job_id", ["0", "%00", "..%2f..", "%f0%9f%92%a9", "x" * 3000, "' OR 1=1 --", str(uuid.UUID(int=0))]
)
def test_an_id_that_is_none_is_not_found(attacked: Attacked, job_id: str) -> None:
    path = job_id.replace(" ", "%20")
    for method, rest in [("GET", ""), ("GET", "/rows"), ("DELETE", ""), *(("POST", f"/{each}") for each in VERBS)]:
        assert attacked.ask(method, f"/{path}{rest}", {} if method == "POST" else None)[0] == 404, (method, rest)


VERBS = ("resolve", "confirm", "cancel", "undo")


def test_nobody_gets_at_the_import_of_another(attacked: Attacked) -> None:
    job_id = attacked.job(ROWS[:10], "ready")
    for method, rest in [("GET", ""), ("GET", "/rows"), ("DELETE", ""), *(("POST", f"/{each}") for each in VERBS)]:
        assert attacked.ask(method, f"/{job_id}{rest}", {} if method == "POST" else None, attacked.other)[0] == 404
    assert attacked.ask("GET", "", user=attacked.other) == (200, [])
    assert attacked.ask("GET", f"/{job_id}")[1]["state"] == "ready"
    attacked.ask("DELETE", f"/{job_id}")


@pytest.mark.parametrize(
    "body",
    [
        b"[]",
        b"1",
        b"{",
        b'{"rows": {}}',
        b'{"rows": [1]}',
        b'{"rows": [{"row": true}]}',
        b'{"rows": [{"row": 1e400}]}',
        b'{"rows": [{"row": 99999999999999999999}]}',
        b'{"rows": [{"row": 0, "candidate": -1}]}',
        b'{"rows": [{"row": 0, "imdb_id": "tt0000001\\u0000"}]}',
        b'{"rows": [{"row": 0, "imdb_id": ["tt0000001"]}]}',
        b'{"people": [{"name": "Joe", "to": "\\ud800"}]}',
        b'{"people": [{"name": "Joe", "to": "a\\u0000"}]}',
        b'{"people": [{"name": {}, "to": []}]}',
        b'{"lists": [{"name": "x", "to": "' + b"a" * 5000 + b'"}]}',
        b'{"ratings": null}',
        b'{"rows": [' + b'{"row": 0},' * 600 + b'{"row": 0}]}',
    ],
)
def test_decisions_of_wrong_types_are_refused(attacked: Attacked, decided: str, body: bytes) -> None:
    status = send(attacked, f"{IMPORT}/{decided}/resolve", body, **{"Content-Type": "application/json"})
    assert status in (400, 422)


@pytest.mark.parametrize(
    "query",
    [
        "cursor=x",
        "cursor=" + "A" * 4000,
        "cursor=WzEwMDAwMDAwMDAwMDAwMDAwMDAwMDBd",
        "limit=-1",
        "limit=1e9",
        "state=%00",
    ],
)
def test_a_page_that_is_made_up_is_refused(attacked: Attacked, decided: str, query: str) -> None:
    assert attacked.ask("GET", f"/{decided}/rows?{query}")[0] == 422


@pytest.fixture(scope="module")
def decided(attacked: Attacked) -> str:
    """An import that waits for decisions."""
    return attacked.job(ROWS[:10], "ready")


def test_of_the_same_decision_at_the_same_time_one_counts(attacked: Attacked) -> None:
    job_id = attacked.job(ROWS, "ready")
    at_once(attacked, 8, "POST", f"/{job_id}/resolve", {"people": [{"name": "Joe", "to": "Joe"}]}, {200, 409})
    assert at_once(attacked, 8, "POST", f"/{job_id}/confirm", {}, {202, 409})[202] == 1
    at_once(attacked, 8, "DELETE", f"/{job_id}", None, {409})
    attacked.wait_for(job_id, "done")
    assert attacked.ask("GET", f"/{job_id}")[1]["report"]["viewings"] == len(ROWS)
    assert at_once(attacked, 8, "POST", f"/{job_id}/undo", {}, {202, 409})[202] == 1
    attacked.wait_for(job_id, "undone")
    with closing(Connection(attacked.server.url, attacked.user.token)) as connection:
        assert connection.get("/api/movies") == []
    assert at_once(attacked, 8, "DELETE", f"/{job_id}", None, {204, 404})[204] == 1


def test_an_import_can_be_canceled_and_taken_back_while_it_writes(attacked: Attacked) -> None:
    job_id = attacked.job(ROWS, "ready")
    for _ in range(5):
        if attacked.ask("POST", f"/{job_id}/confirm", {})[0] == 409:
            break  # it was done, or canceled before it had begun
        time.sleep(0.1)
        attacked.ask("POST", f"/{job_id}/cancel", {})
    assert attacked.ask("POST", f"/{job_id}/undo", {})[0] == 202
    attacked.wait_for(job_id, "undone")
    with closing(Connection(attacked.server.url, attacked.user.token)) as connection:
        assert connection.get("/api/movies") == []


def at_once(attacked: Attacked, times: int, method: str, path: str, body: Any, allowed: set[int]) -> Counter[int]:
    """Send a request so many times at the same time; how often which status came."""
    statuses: list[int] = []
    threads = [
        threading.Thread(target=lambda: statuses.append(attacked.ask(method, path, body)[0])) for _ in range(times)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(statuses) == times
    assert set(statuses) <= allowed
    return Counter(statuses)
