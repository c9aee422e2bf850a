"""What is kept, for how long, and what is served when the upstream fails."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from metadata.http_client.conftest import Clock
from metadata.http_client.scripted_server import Reply, ScriptedServer, answer, break_off, content, hang_up, silence

from movietracker.contracts import JsonHttpClient
from movietracker.errors import ProviderFailed, ProviderRefused, TitleUnknown
from movietracker.metadata.answers import Answer
from movietracker.metadata.http import ProxyHttp, stale_answers
from movietracker.metadata.sqlite_answers import SqliteAnswers

NewProxy = Callable[..., ProxyHttp]
OLD, NEW = {"old": 1}, {"new": 2}


def ask_stale(client: JsonHttpClient) -> tuple[Any, list[str]]:
    with stale_answers() as stale:
        return client.get_json("/"), stale


def rows(path: Path) -> list[Any]:
    with closing(sqlite3.connect(path / "http_cache.sqlite")) as connection:
        return connection.execute("SELECT value FROM responses ORDER BY rowid").fetchall()


class TestAFreshAnswer:
    def test_is_asked_for_once_an_hour(self, client: JsonHttpClient, upstream: ScriptedServer, clock: Clock) -> None:
        upstream.says(answer(OLD), answer(NEW))
        assert client.get_json("/") == OLD
        clock.now += 3599
        assert client.get_json("/") == OLD
        clock.now += 1
        assert client.get_json("/") == NEW
        assert upstream.calls == 2

    @pytest.mark.parametrize(
        "headers",
        [
            {"Cache-Control": "no-store, max-age=0"},
            {"Expires": "Thu, 01 Jan 1970 00:00:00 GMT"},
            {"Pragma": "no-cache", "Vary": "*"},
        ],
    )
    def test_is_kept_whatever_the_headers_of_the_upstream_say(
        self, client: JsonHttpClient, upstream: ScriptedServer, headers: dict[str, str]
    ) -> None:
        upstream.says(answer(OLD, headers=headers), answer(NEW))
        assert [client.get_json("/"), client.get_json("/")] == [OLD, OLD]

    def test_expires_whatever_the_headers_of_the_upstream_say(
        self, client: JsonHttpClient, upstream: ScriptedServer, clock: Clock
    ) -> None:
        upstream.says(answer(OLD, headers={"Cache-Control": "max-age=999999, immutable"}), answer(NEW))
        client.get_json("/")
        clock.now += 3600
        assert client.get_json("/") == NEW

    def test_is_found_whatever_the_order_of_the_parameters(
        self, client: JsonHttpClient, upstream: ScriptedServer
    ) -> None:
        client.get_json("/", {"a": 1, "b": 2})
        client.get_json("/", {"b": 2, "a": 1})
        assert upstream.calls == 1

    def test_belongs_to_one_question_of_one_client(self, proxy: ProxyHttp, upstream: ScriptedServer) -> None:
        for name in ("films", "series"):
            client = proxy(name, upstream.url)
            for path, params in (("/1", None), ("/2", None), ("/1", {"q": "a"}), ("/1", {"q": "b"})):
                client.get_json(path, params)
        assert upstream.calls == 8

    def test_survives_a_restart(self, new_proxy: NewProxy, upstream: ScriptedServer) -> None:
        first = new_proxy()
        first("films", upstream.url).get_json("/")
        first.close()
        assert new_proxy()("films", upstream.url).get_json("/") == {"title": "The Matrix"}
        assert upstream.calls == 1

    def test_is_bypassed_and_replaced_when_a_new_one_is_wanted(
        self, client: JsonHttpClient, upstream: ScriptedServer
    ) -> None:
        upstream.says(answer(OLD), answer(NEW))
        client.get_json("/")
        assert client.get_json("/", fresh=True) == NEW
        assert client.get_json("/") == NEW
        assert upstream.calls == 2

    def test_from_a_far_future_is_not_trusted(
        self, client: JsonHttpClient, upstream: ScriptedServer, clock: Clock
    ) -> None:
        client.get_json("/")
        clock.now -= 7200
        client.get_json("/")
        assert upstream.calls == 2


class TestAnExpiredAnswer:
    @pytest.fixture
    def expired(self, client: JsonHttpClient, upstream: ScriptedServer, clock: Clock) -> JsonHttpClient:
        upstream.says(answer(OLD))
        client.get_json("/")
        clock.now += 1_000_000
        return client

    @pytest.mark.parametrize(
        "trouble",
        [
            answer({}, 500),
            answer({}, 429, {"Retry-After": "9"}),
            answer({}, 401),
            answer({}, 302, {"Location": "/"}),
            content(b"<h1>Hello"),
            content(b'{"half'),
            silence,
            hang_up,
            break_off,
        ],
    )
    def test_is_served_when_the_upstream_fails(
        self, expired: JsonHttpClient, upstream: ScriptedServer, trouble: Reply
    ) -> None:
        upstream.says(trouble)
        assert ask_stale(expired) == (OLD, ["films"])

    def test_is_served_when_the_upstream_is_gone(self, expired: JsonHttpClient, upstream: ScriptedServer) -> None:
        upstream.close()
        assert ask_stale(expired) == (OLD, ["films"])

    def test_is_not_served_when_the_title_is_gone(self, expired: JsonHttpClient, upstream: ScriptedServer) -> None:
        upstream.says(answer({}, 404))
        with pytest.raises(TitleUnknown):
            expired.get_json("/")

    def test_is_not_served_to_those_who_want_a_new_one(self, expired: JsonHttpClient, upstream: ScriptedServer) -> None:
        upstream.says(answer({}, 500))
        with pytest.raises(ProviderFailed):
            expired.get_json("/", fresh=True)

    def test_is_replaced_when_the_upstream_is_back(self, expired: JsonHttpClient, upstream: ScriptedServer) -> None:
        upstream.says(hang_up, hang_up, hang_up, answer(NEW))
        assert ask_stale(expired) == (OLD, ["films"])
        assert ask_stale(expired) == (NEW, [])

    @pytest.mark.parametrize(
        ("found", "served"), [(ProviderFailed, True), (ProviderRefused, True), (TitleUnknown, False), (KeyError, False)]
    )
    def test_is_served_for_an_error_in_disguise_that_is_a_failure(
        self, proxy: ProxyHttp, upstream: ScriptedServer, clock: Clock, found: type[Exception], served: bool
    ) -> None:
        client = proxy("films", upstream.url, fault=lambda body: found("limit") if body == NEW else None)
        upstream.says(answer(OLD), answer(NEW))
        client.get_json("/")
        clock.now += 4000
        if served:
            assert ask_stale(client) == (OLD, ["films"])
        else:
            with pytest.raises(found):
                client.get_json("/")


def test_staleness_is_told_to_the_nearest_collector_only(
    client: JsonHttpClient, upstream: ScriptedServer, clock: Clock
) -> None:
    client.get_json("/")
    clock.now += 4000
    upstream.says(answer({}, 500))
    with stale_answers() as outer:
        assert ask_stale(client)[1] == ["films"]
    assert outer == []
    assert client.get_json("/") == {"title": "The Matrix"}


class TestTheSize:
    def test_never_exceeds_the_limit_and_the_oldest_go(
        self, new_proxy: NewProxy, upstream: ScriptedServer, tmp_path: Path
    ) -> None:
        proxies = [new_proxy(max_entries=3), new_proxy(max_entries=3)]
        for number in range(8):
            proxies[number % 2]("films", upstream.url).get_json(f"/{number}")
            assert len(rows(tmp_path)) == min(number + 1, 3)
        kept = [json.loads(value)["url"].rpartition("/")[2] for (value,) in rows(tmp_path)]
        assert kept == ["5", "6", "7"]

    def test_shrinks_when_the_limit_does(self, new_proxy: NewProxy, upstream: ScriptedServer) -> None:
        for number in range(5):
            new_proxy(max_entries=5)("films", upstream.url).get_json(f"/{number}")
        smaller = new_proxy(max_entries=2)
        smaller("films", upstream.url).get_json("/new")
        assert smaller.cache_info()["current_size"] == 2

    def test_is_all_that_pushes_expired_answers_out(
        self, client: JsonHttpClient, upstream: ScriptedServer, clock: Clock, proxy: ProxyHttp
    ) -> None:
        for number in range(5):
            client.get_json(f"/{number}")
            clock.now += 10_000
        assert proxy.cache_info()["current_size"] == 5


@settings(max_examples=25, deadline=None)
@given(puts=st.lists(st.tuples(st.integers(0, 6), st.booleans()), max_size=25), limit=st.integers(1, 5))
def test_the_newest_answers_are_kept_whatever_is_stored_when(
    tmp_path_factory: pytest.TempPathFactory, puts: list[tuple[int, bool]], limit: int
) -> None:
    path = tmp_path_factory.mktemp("cache") / "http_cache.sqlite"
    processes = [SqliteAnswers(path, limit), SqliteAnswers(path, limit)]
    expected: dict[str, bytes] = {}
    for step, (number, second) in enumerate(puts):
        key, body = f"{number:x}", str(step).encode()
        processes[second].put(key, "http://films/", Answer(body, float(step)))
        expected.pop(key, None)
        expected[key] = body
        expected = dict(list(expected.items())[-limit:])
    found = {f"{n:x}": answer.body for n in range(7) if (answer := processes[0].get(f"{n:x}")) is not None}
    assert found == expected
    assert processes[1].figures().size == len(expected)
    for process in processes:
        process.close()


class TestCacheInfo:
    def test_has_the_shape_of_the_contract(self, proxy: ProxyHttp) -> None:
        assert proxy.cache_info() == {"current_size": 0, "max_size": 500, "ttl": 3600, "hits": 0, "misses": 0}

    def test_counts_for_all_processes_together(self, new_proxy: NewProxy, upstream: ScriptedServer) -> None:
        for _ in range(3):
            client = new_proxy()("films", upstream.url)
            client.get_json("/1")
            client.get_json("/2")
        client.get_json("/1", fresh=True)
        info = new_proxy().cache_info()
        assert (info["current_size"], info["hits"], info["misses"]) == (2, 4, 2)

    def test_starts_anew_when_cleared(self, proxy: ProxyHttp, client: JsonHttpClient, upstream: ScriptedServer) -> None:
        client.get_json("/")
        proxy.clear()
        assert proxy.cache_info() == {"current_size": 0, "max_size": 500, "ttl": 3600, "hits": 0, "misses": 0}
        client.get_json("/")
        assert upstream.calls == 2
