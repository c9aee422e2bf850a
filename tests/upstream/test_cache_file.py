"""The file of the cache: what is in it, and how work goes on when it is damaged, locked, full or not to be made."""

import json
import sqlite3
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path

import pytest
from support.stopwatch import Stopwatch
from upstream.processes import run_processes
from upstream.scripted_server import ScriptedServer, answer

from movietracker.plugin.providers import JsonHttpClient
from movietracker.upstream import ProxyHttp, cache

NewProxy = Callable[..., ProxyHttp]
MATRIX = {"title": "The Matrix"}


def warnings_of(caplog: pytest.LogCaptureFixture, text: str) -> int:
    return sum(text in record.getMessage() for record in caplog.records)


def test_is_in_wal_mode_and_holds_json(client: JsonHttpClient, tmp_path: Path) -> None:
    client.get_json("/")
    with closing(sqlite3.connect(tmp_path / "http_cache.sqlite")) as connection:
        assert connection.execute("PRAGMA journal_mode").fetchone() == ("wal",)
        (stored,) = connection.execute("SELECT value FROM responses").fetchone()
    assert json.loads(stored)["status_code"] == 200


def test_is_made_at_the_first_question_with_its_folder(tmp_path: Path, upstream: ScriptedServer) -> None:
    proxy = ProxyHttp(tmp_path / "new" / "instance", 3600, 500)
    client = proxy("films", upstream.url, requests_per_second=10)
    assert list(tmp_path.iterdir()) == []
    client.get_json("/")
    proxy.close()
    assert (tmp_path / "new" / "instance" / "http_cache.sqlite").is_file()


@pytest.mark.parametrize("junk", [b"not a database at all" * 100, b"SQLite format 3\0" + b"\xff" * 5000])
def test_is_begun_anew_when_damaged(
    new_proxy: NewProxy, upstream: ScriptedServer, tmp_path: Path, caplog: pytest.LogCaptureFixture, junk: bytes
) -> None:
    (tmp_path / "http_cache.sqlite").write_bytes(junk)
    proxy = new_proxy()
    client = proxy("films", upstream.url)
    assert [client.get_json("/"), client.get_json("/")] == [MATRIX] * 2
    assert upstream.calls == 1
    assert proxy.cache.is_working
    assert warnings_of(caplog, "is damaged") == 1


def test_is_begun_anew_when_it_is_foreign(client: JsonHttpClient, upstream: ScriptedServer, tmp_path: Path) -> None:
    with closing(sqlite3.connect(tmp_path / "http_cache.sqlite")) as connection:
        connection.execute("CREATE TABLE responses (something TEXT)")
    assert [client.get_json("/"), client.get_json("/")] == [MATRIX] * 2
    assert upstream.calls == 1


@pytest.mark.parametrize("harm", [Path.unlink, lambda path: path.write_bytes(b"\0" * 9000)])
def test_may_be_deleted_or_damaged_while_in_use(
    new_proxy: NewProxy, upstream: ScriptedServer, tmp_path: Path, harm: Callable[[Path], object]
) -> None:
    clients = [new_proxy()("films", upstream.url) for _ in range(2)]
    for client in clients:
        client.get_json("/")
    harm(tmp_path / "http_cache.sqlite")
    for client in [*clients, new_proxy()("films", upstream.url)]:
        assert [client.get_json("/"), client.get_json("/new")] == [MATRIX] * 2


@pytest.mark.parametrize(
    "value", ["", "junk", "[]", "null", "{}", '{"_content": 5}', '{"_content": "!"}', '{"created_at": "x"}', None]
)
def test_may_hold_a_row_that_cannot_be_read(
    client: JsonHttpClient, upstream: ScriptedServer, tmp_path: Path, value: str | None
) -> None:
    client.get_json("/")
    with closing(sqlite3.connect(tmp_path / "http_cache.sqlite")) as connection, connection:
        connection.execute("UPDATE responses SET value = ?", (value,))
    assert [client.get_json("/"), client.get_json("/")] == [MATRIX] * 2
    assert upstream.calls == 2


@pytest.mark.parametrize("lock", ["BEGIN IMMEDIATE", "BEGIN EXCLUSIVE"])
def test_may_be_locked_by_another_program(
    new_proxy: NewProxy,
    upstream: ScriptedServer,
    tmp_path: Path,
    caplog: pytest.LogCaptureFixture,
    monkeypatch: pytest.MonkeyPatch,
    lock: str,
) -> None:
    monkeypatch.setattr(cache, "BUSY_SECONDS", 0.2)
    monkeypatch.setattr(cache, "COOLDOWN_SECONDS", 4.0)
    new_proxy()("films", upstream.url).get_json("/before")
    proxy = new_proxy()
    client = proxy("films", upstream.url)
    with (
        closing(sqlite3.connect(tmp_path / "http_cache.sqlite", isolation_level=None)) as other,
        ThreadPoolExecutor(8) as pool,
    ):
        other.execute(lock)
        watch = Stopwatch()
        assert list(pool.map(lambda n: client.get_json(f"/{n}"), range(16))) == [MATRIX] * 16
        assert watch.seconds() < 2
        assert not proxy.cache.is_working
        other.execute("ROLLBACK")
    assert upstream.calls == 17
    assert warnings_of(caplog, "going on without") == 1
    time.sleep(4)
    client.get_json("/before")
    assert (upstream.calls, proxy.cache.is_working) == (17, True)


def test_may_be_impossible_to_make(upstream: ScriptedServer, tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    proxy = ProxyHttp(tmp_path / "file" / "instance", 3600, 500)
    (tmp_path / "file").write_text("in the way")
    client = proxy("films", upstream.url, requests_per_second=1000)
    assert [client.get_json("/1"), client.get_json("/1")] == [MATRIX] * 2
    assert proxy.cache_info()["current_size"] == 0
    proxy.close()
    assert warnings_of(caplog, "going on without") == 1


def test_may_not_grow_any_more(tmp_path: Path, upstream: ScriptedServer) -> None:
    # A limit on the size of files stands in for a full disk: SQLite sees the write fail in both.
    upstream.says(answer({"old": 1}), answer([1] * 100_000))
    work = """
import logging, resource, signal
messages = []
logging.getLogger("movietracker.upstream").addFilter(lambda record: messages.append(record.getMessage()))
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
client = proxy("films", url)
client.get_json("/small")
resource.setrlimit(resource.RLIMIT_FSIZE, (60_000, 60_000))
sizes = [len(client.get_json("/large")), len(client.get_json("/large"))]
return sizes, sum("going on without" in message for message in messages)
"""
    assert run_processes(tmp_path, upstream.url, 1, work) == ["([100000, 100000], 1)"]
