"""The file of the cache: what is in it, and how work goes on when it is damaged, locked, full or shared by a fork."""

from __future__ import annotations

import json
import logging
import sqlite3
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from metadata.http_client.processes import run_processes
from metadata.http_client.scripted_server import ScriptedServer, answer

from movietracker.contracts import JsonHttpClient
from movietracker.metadata import sqlite_answers
from movietracker.metadata.answers import Answer, CacheError
from movietracker.metadata.cache import ForgivingCache
from movietracker.metadata.http import ProxyHttp
from movietracker.metadata.sqlite_answers import SqliteAnswers

NewProxy = Callable[..., ProxyHttp]
OLD, NEW = {"old": 1}, {"new": 2}


class TestTheFile:
    def test_is_in_wal_mode_and_holds_json(self, client: JsonHttpClient, tmp_path: Path) -> None:
        client.get_json("/")
        with closing(sqlite3.connect(tmp_path / "http_cache.sqlite")) as connection:
            assert connection.execute("PRAGMA journal_mode").fetchone() == ("wal",)
            (stored,) = connection.execute("SELECT value FROM responses").fetchone()
        assert json.loads(stored)["status_code"] == 200

    def test_is_not_made_before_the_first_question(self, new_client: Any, tmp_path: Path) -> None:
        new_client(requests_per_second=10)
        assert list(tmp_path.iterdir()) == []

    def test_is_made_with_its_folder(self, tmp_path: Path, upstream: ScriptedServer) -> None:
        proxy = ProxyHttp(tmp_path / "new" / "instance", 3600, 500)
        proxy("films", upstream.url).get_json("/")
        proxy.close()
        assert (tmp_path / "new" / "instance" / "http_cache.sqlite").is_file()

    @pytest.mark.parametrize("junk", [b"not a database at all" * 100, b"SQLite format 3\0" + b"\xff" * 5000])
    def test_is_set_aside_when_damaged(
        self,
        new_proxy: NewProxy,
        upstream: ScriptedServer,
        tmp_path: Path,
        caplog: pytest.LogCaptureFixture,
        junk: bytes,
    ) -> None:
        (tmp_path / "http_cache.sqlite").write_bytes(junk)
        proxy = new_proxy()
        client = proxy("films", upstream.url)
        client.get_json("/")
        client.get_json("/")
        assert upstream.calls == 1
        assert proxy.cache_info()["hits"] == 1
        assert (tmp_path / "http_cache.sqlite.damaged").read_bytes() == junk
        assert [record.getMessage() for record in caplog.records if "set aside" in record.getMessage()] != []

    def test_may_be_damaged_or_deleted_while_in_use(
        self, new_proxy: NewProxy, upstream: ScriptedServer, tmp_path: Path
    ) -> None:
        clients = [new_proxy()("films", upstream.url) for _ in range(2)]
        harms: list[Callable[[Path], object]] = [Path.unlink, lambda path: path.write_bytes(b"\0" * 9000)]
        for harm in harms:
            for client in clients:
                client.get_json("/")
            harm(tmp_path / "http_cache.sqlite")
            for client in clients:
                assert client.get_json("/") == {"title": "The Matrix"}
        assert new_proxy().cache_info()["current_size"] == 1

    def test_is_shared_again_after_it_was_deleted(
        self, new_proxy: NewProxy, upstream: ScriptedServer, tmp_path: Path
    ) -> None:
        clients = [new_proxy()("films", upstream.url) for _ in range(2)]
        for client in clients:
            client.get_json("/")
        for path in tmp_path.glob("http_cache.sqlite*"):
            path.unlink()
        for client in clients:
            client.get_json("/")
        assert upstream.calls == 2

    def test_is_not_set_aside_when_another_process_has_just_done_so(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        path = tmp_path / "http_cache.sqlite"
        path.write_bytes(b"junk" * 1000)
        faster, slower = SqliteAnswers(path, 500), SqliteAnswers(path, 500)
        set_aside = slower._set_aside

        def be_overtaken() -> None:
            faster.put("a", "http://films/", Answer(b"{}", 1.0))
            set_aside()

        monkeypatch.setattr(slower, "_set_aside", be_overtaken)
        slower.put("b", "http://films/", Answer(b"{}", 1.0))
        assert faster.figures().size == 2
        for process in (faster, slower):
            process.close()

    def test_is_begun_anew_when_it_belongs_to_something_else(
        self, new_proxy: NewProxy, upstream: ScriptedServer, tmp_path: Path
    ) -> None:
        with closing(sqlite3.connect(tmp_path / "http_cache.sqlite")) as connection:
            connection.execute("CREATE TABLE responses (something TEXT)")
        client = new_proxy()("films", upstream.url)
        client.get_json("/")
        client.get_json("/")
        assert upstream.calls == 1

    @pytest.mark.parametrize(
        "value", ["", "junk", "[]", "null", "{}", '{"_content": 5}', '{"_content": "!"}', '{"created_at": "x"}', None]
    )
    def test_may_hold_a_row_that_cannot_be_read(
        self, client: JsonHttpClient, upstream: ScriptedServer, tmp_path: Path, value: str | None
    ) -> None:
        client.get_json("/")
        with closing(sqlite3.connect(tmp_path / "http_cache.sqlite")) as connection, connection:
            connection.execute("UPDATE responses SET value = ?", (value,))
        assert client.get_json("/") == {"title": "The Matrix"}
        assert client.get_json("/") == {"title": "The Matrix"}
        assert upstream.calls == 2

    @pytest.mark.parametrize("lock", ["BEGIN IMMEDIATE", "BEGIN EXCLUSIVE"])
    def test_may_be_locked_by_somebody_else(
        self,
        new_proxy: NewProxy,
        upstream: ScriptedServer,
        tmp_path: Path,
        caplog: pytest.LogCaptureFixture,
        monkeypatch: pytest.MonkeyPatch,
        lock: str,
    ) -> None:
        monkeypatch.setattr(sqlite_answers, "BUSY_SECONDS", 0.2)
        new_proxy()("films", upstream.url).get_json("/before")
        client = new_proxy()("films", upstream.url)
        with (
            closing(sqlite3.connect(tmp_path / "http_cache.sqlite", isolation_level=None)) as other,
            ThreadPoolExecutor(8) as pool,
        ):
            other.execute(lock)
            begun = time.monotonic()
            assert list(pool.map(lambda n: client.get_json(f"/{n}"), range(16))) == [{"title": "The Matrix"}] * 16
            assert time.monotonic() - begun < 2
            other.execute("ROLLBACK")
        assert upstream.calls == 17
        assert len([record for record in caplog.records if "going on without" in record.getMessage()]) == 1

    def test_may_be_impossible_to_make(
        self, new_proxy: NewProxy, upstream: ScriptedServer, tmp_path: Path, caplog: pytest.LogCaptureFixture
    ) -> None:
        proxy = ProxyHttp(tmp_path / "file" / "instance", 3600, 500)
        (tmp_path / "file").write_text("in the way")
        client = proxy("films", upstream.url, requests_per_second=1000)
        assert [client.get_json("/1"), client.get_json("/1")] == [{"title": "The Matrix"}] * 2
        assert proxy.cache_info()["current_size"] == 0
        proxy.close()
        assert len([record for record in caplog.records if "going on without" in record.getMessage()]) == 1

    def test_may_not_grow_any_more(self, tmp_path: Path, upstream: ScriptedServer) -> None:
        # A limit on the size of files stands in for a full disk: SQLite sees the write fail in both.
        upstream.says(answer(OLD), answer([1] * 100_000))
        work = """
import logging, resource, signal
messages = []
logging.getLogger("movietracker.metadata").addFilter(lambda record: messages.append(record.getMessage()))
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
client = proxy("films", url)
client.get_json("/small")
resource.setrlimit(resource.RLIMIT_FSIZE, (60_000, 60_000))
sizes = [len(client.get_json("/large")), len(client.get_json("/large"))]
return sizes, sum("going on without" in message for message in messages)
"""
        assert run_processes(tmp_path, upstream.url, 1, work) == ["([100000, 100000], 1)"]


class Failing:
    """A backend that fails as often as told."""

    def __init__(self, failures: int) -> None:
        self.failures = failures
        self.calls = 0

    def get(self, key: str) -> Answer | None:
        self.calls += 1
        if self.calls <= self.failures:
            raise CacheError("disk on fire")
        return Answer(b"{}", 1.0)


def test_a_failing_backend_is_left_alone_for_a_while(caplog: pytest.LogCaptureFixture) -> None:
    backend = Failing(1)
    cache = ForgivingCache(backend, rest_seconds=60)  # type: ignore[arg-type]
    assert [cache.get("a"), cache.get("a"), cache.get("a")] == [None] * 3
    assert backend.calls == 1


def test_a_backend_that_works_again_is_used_again_and_each_outage_is_told_once(
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.WARNING, "movietracker.metadata")
    backend = Failing(2)
    cache = ForgivingCache(backend, rest_seconds=0)  # type: ignore[arg-type]
    assert [cache.get("a"), cache.get("a")] == [None, None]
    assert cache.get("a") == Answer(b"{}", 1.0)
    assert len(caplog.records) == 1
    backend.failures = 99
    cache.get("a")
    assert len(caplog.records) == 2


def test_a_client_that_was_used_before_a_fork_works_on_in_parent_and_children(
    tmp_path: Path, upstream: ScriptedServer
) -> None:
    before = 'client = proxy("films", url, requests_per_second=1000); client.get_json("/1")'
    work = 'return [client.get_json("/1"), client.get_json(f"/child/{number}")]'
    after = 'client.get_json("/2"); print(proxy.cache_info())'
    printed = run_processes(tmp_path, upstream.url, 4, work, before=before, after=after)
    assert printed[-1] == str({"current_size": 6, "max_size": 500, "ttl": 3600, "hits": 4, "misses": 6})
    assert (upstream.calls, upstream.connections) == (6, 5)
