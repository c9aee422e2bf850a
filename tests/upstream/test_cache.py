"""What is kept, for how long, and what is served when the upstream fails."""

import json
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
import time_machine
from upstream.scripted_server import Reply, ScriptedServer, answer, break_off, content, hang_up, silence

from movietracker.errors import ProviderFailed, ProviderRefused, TitleUnknown
from movietracker.plugin.providers import JsonHttpClient
from movietracker.upstream import ProxyHttp, stale_responses

NewProxy = Callable[..., ProxyHttp]
Clock = time_machine.Traveller
OLD, NEW = {"old": 1}, {"new": 2}


def ask_stale(client: JsonHttpClient) -> tuple[Any, list[str]]:
    with stale_responses() as stale:
        return client.get_json("/"), stale


class TestAFreshResponse:
    @pytest.mark.parametrize("fresh", [False, True])
    def test_is_none_that_was_stored_while_the_clock_was_ahead(
        self, client: JsonHttpClient, upstream: ScriptedServer, clock: Clock, fresh: bool
    ) -> None:
        upstream.says(answer(OLD), answer(NEW))
        clock.shift(400 * 86_400)
        assert client.get_json("/") == OLD
        clock.shift(-400 * 86_400)
        assert client.get_json("/", fresh=fresh) == NEW
        assert client.get_json("/") == NEW
        assert upstream.calls == 2

    def test_is_asked_for_once_an_hour(self, client: JsonHttpClient, upstream: ScriptedServer, clock: Clock) -> None:
        upstream.says(answer(OLD), answer(NEW))
        assert client.get_json("/") == OLD
        clock.shift(3590)
        assert client.get_json("/") == OLD
        clock.shift(11)
        assert client.get_json("/") == NEW
        assert upstream.calls == 2

    @pytest.mark.parametrize(
        "headers",
        [
            {"Cache-Control": "no-store, max-age=0"},
            {"Expires": "Thu, 01 Jan 1970 00:00:00 GMT"},
            {"Pragma": "no-cache", "Vary": "*"},
            {"Cache-Control": "max-age=999999, immutable", "ETag": '"x"'},
        ],
    )
    def test_is_kept_for_an_hour_whatever_the_headers_of_the_upstream_say(
        self, client: JsonHttpClient, upstream: ScriptedServer, clock: Clock, headers: dict[str, str]
    ) -> None:
        upstream.says(answer(OLD, headers=headers), answer(NEW))
        assert [client.get_json("/"), client.get_json("/")] == [OLD, OLD]
        clock.shift(3601)
        assert client.get_json("/") == NEW

    def test_is_found_in_any_order_of_the_parameters(self, client: JsonHttpClient, upstream: ScriptedServer) -> None:
        client.get_json("/", {"a": 1, "b": 2})
        client.get_json("/", {"b": 2, "a": 1})
        assert upstream.calls == 1

    def test_belongs_to_one_question_of_one_client(self, proxy: ProxyHttp, upstream: ScriptedServer) -> None:
        for name in ("films", "series"):
            client = proxy(name, upstream.url)
            for path, params in (("/1", None), ("/2", None), ("/1", {"q": "a"}), ("/1", {"q": "b"})):
                client.get_json(path, params)
        assert upstream.calls == 8

    def test_survives_a_restart_and_serves_other_processes(self, new_proxy: NewProxy, upstream: ScriptedServer) -> None:
        first, second = new_proxy(), new_proxy()
        first("films", upstream.url).get_json("/")
        assert second("films", upstream.url).get_json("/") == {"title": "The Matrix"}
        first.close()
        assert first("films", upstream.url).get_json("/") == {"title": "The Matrix"}
        assert upstream.calls == 1

    def test_is_bypassed_and_replaced_by_a_refresh(self, client: JsonHttpClient, upstream: ScriptedServer) -> None:
        upstream.says(answer(OLD), answer(NEW))
        client.get_json("/")
        assert client.get_json("/", fresh=True) == NEW
        assert client.get_json("/") == NEW
        assert upstream.calls == 2


class TestAnExpiredResponse:
    @pytest.fixture
    def expired(self, client: JsonHttpClient, upstream: ScriptedServer, clock: Clock) -> JsonHttpClient:
        upstream.says(answer(OLD))
        client.get_json("/")
        clock.shift(1_000_000)
        return client

    @pytest.mark.parametrize(
        "trouble",
        [
            *(answer({}, 500), answer({}, 429, {"Retry-After": "9"}), answer({}, 401)),
            *(answer({}, 302, {"Location": "/"}), content(b"<h1>Hello"), silence, hang_up, break_off),
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
        clock.shift(4000)
        if served:
            assert ask_stale(client) == (OLD, ["films"])
        else:
            with pytest.raises(found):
                client.get_json("/")


def test_only_the_nearest_collector_learns_of_a_stale_response(
    client: JsonHttpClient, upstream: ScriptedServer, clock: Clock
) -> None:
    client.get_json("/")
    clock.shift(4000)
    upstream.says(answer({}, 500))
    with stale_responses() as outer:
        assert ask_stale(client)[1] == ["films"]
    assert outer == []
    assert client.get_json("/") == {"title": "The Matrix"}


class TestTheSize:
    def test_never_exceeds_the_limit_and_the_responses_stored_least_recently_go(
        self, new_proxy: NewProxy, upstream: ScriptedServer, tmp_path: Path
    ) -> None:
        clients = [new_proxy(max_entries=3)("films", upstream.url) for _ in range(2)]
        for number in range(8):
            clients[number % 2].get_json(f"/{number}")
        clients[0].get_json("/5", fresh=True)
        clients[1].get_json("/8")
        with closing(sqlite3.connect(tmp_path / "http_cache.sqlite")) as connection:
            rows = connection.execute("SELECT value FROM responses ORDER BY rowid").fetchall()
        kept = [json.loads(value)["url"].partition("#")[0].rpartition("/")[2] for (value,) in rows]
        assert kept == ["7", "5", "8"]

    def test_shrinks_when_the_limit_does(self, new_proxy: NewProxy, upstream: ScriptedServer) -> None:
        for number in range(5):
            new_proxy(max_entries=5)("films", upstream.url).get_json(f"/{number}")
        smaller = new_proxy(max_entries=2)
        smaller("films", upstream.url).get_json("/new")
        assert smaller.cache_info()["current_size"] == 2

    def test_is_all_that_pushes_expired_responses_out(
        self, client: JsonHttpClient, clock: Clock, proxy: ProxyHttp
    ) -> None:
        for number in range(5):
            client.get_json(f"/{number}")
            clock.shift(10_000)
        assert proxy.cache_info()["current_size"] == 5


def test_cache_info_has_the_contracts_shape_and_counts_here(new_proxy: NewProxy, upstream: ScriptedServer) -> None:
    proxy, other = new_proxy(), new_proxy()
    empty = {"current_size": 0, "max_size": 500, "ttl": 3600, "hits": 0, "misses": 0}
    assert proxy.cache_info() == empty
    client = proxy("films", upstream.url)
    for path in ("/1", "/2", "/1", "/1"):
        client.get_json(path)
    client.get_json("/1", fresh=True)
    assert proxy.cache_info() == empty | {"current_size": 2, "hits": 2, "misses": 2}
    assert other.cache_info() == empty | {"current_size": 2}


def test_a_hit_writes_nothing(client: JsonHttpClient, tmp_path: Path) -> None:
    client.get_json("/")
    before = [(path, path.stat().st_mtime_ns, path.stat().st_size) for path in sorted(tmp_path.glob("http_cache*"))]
    client.get_json("/")
    after = [(path, path.stat().st_mtime_ns, path.stat().st_size) for path in sorted(tmp_path.glob("http_cache*"))]
    assert [entry for entry in before if "shm" not in entry[0].name] == [
        entry for entry in after if "shm" not in entry[0].name
    ]
