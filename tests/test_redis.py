"""Redis: what machines share by it, and that every request works while it is away."""

import json
import logging
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import pytest
from flask import Flask
from standin import Standin
from support import live_server, redis_server
from support.applications import MakeApp
from support.client import PASSWORD, Client, client_of
from support.listening import Listener
from support.redis_server import RedisServer
from support.stopwatch import Stopwatch
from support.waiting import wait_until

from movietracker.api import authentication
from movietracker.realtime import changefeed
from movietracker.redis_link import RedisAwayError, RedisLink
from movietracker.services.accounts import Account
from movietracker.upstream.cache import KEPT_AFTER_EXPIRY_SECONDS

SEARCH = "/api/external/tmdb/search?q=matrix"
INFO = "/api/external/cache/info"


@pytest.fixture
def redis(tmp_path: Path) -> Iterator[RedisServer]:
    """A Redis of the test's own."""
    with redis_server.redis_server(tmp_path) as server:
        yield server


@pytest.fixture
def machines(redis: RedisServer, make_app: MakeApp, standin: Standin, database_url: str, tmp_path: Path) -> list[Flask]:
    """Two applications with instance folders of their own that share the database and Redis."""
    database = database_url or f"sqlite:///{tmp_path}/instance/app.db"
    settings = {"METADATA_PROVIDERS": "tmdb,omdb", "REDIS_URL": redis.url, "DATABASE_URL": database}
    settings |= {"LOGIN_RATE_LIMIT": "3 per minute", **standin.settings}
    return [make_app(MOVIETRACKER_INSTANCE_PATH=str(tmp_path / name), **settings) for name in ("one", "two")]


@pytest.fixture
def app(machines: list[Flask]) -> Flask:
    """The first machine."""
    return machines[0]


@pytest.fixture
def clients(machines: list[Flask], anna: Account) -> list[Client]:
    """A client of Anna's on each machine."""
    return [client_of(app, anna) for app in machines]


def log_in(client: Client, password: str = "wrong") -> int:
    body = {"email": "anna@example.com", "password": password}
    return int(client.post("/api/auth/login", json=body).status_code)


def warnings_of(caplog: pytest.LogCaptureFixture) -> list[str]:
    records = [record for record in caplog.records if record.name != "movietracker.security"]
    return [record.getMessage() for record in records if record.levelno >= logging.WARNING]


class TestTogether:
    def test_an_answer_that_one_machine_got_serves_all(self, clients: list[Client], standin: Standin) -> None:
        first, second = (client.get(SEARCH) for client in clients)

        assert first.status_code == 200
        assert first.json == second.json
        assert len(standin.calls_of("tmdb")) == 1
        info = [client.get(INFO).json for client in clients]
        assert [(each["current_size"], each["hits"], each["misses"]) for each in info] == [(1, 0, 1), (1, 1, 0)]

    def test_answers_go_by_themselves_long_after_they_expired(self, clients: list[Client], redis: RedisServer) -> None:
        clients[0].get(SEARCH)

        with redis.client() as client:
            (key,) = client.keys("movietracker:answers:*")
            assert 3590 <= client.ttl(key) - KEPT_AFTER_EXPIRY_SECONDS <= 3600

    def test_an_answer_that_is_damaged_counts_as_missing(self, clients: list[Client], redis: RedisServer) -> None:
        expected = clients[0].get(SEARCH).json
        with redis.client() as client:
            (key,) = client.keys("movietracker:answers:*")
            for damaged in (b"", b"\xff\x00", b"[]", b"{}", b'{"_content": 5}', b"null"):
                client.set(key, damaged)
                assert clients[1].get(SEARCH).json == expected

    def test_no_provider_key_reaches_redis(self, clients: list[Client], redis: RedisServer, standin: Standin) -> None:
        clients[0].get(SEARCH)

        secrets = [value for name, value in standin.settings.items() if name.endswith("_KEY")]
        with redis.client() as client:
            held = b"".join(client.get(key) or b"" for key in client.keys("movietracker:answers:*"))
        assert secrets
        assert held
        assert not [secret for secret in secrets if secret.encode() in held]

    def test_a_limit_holds_over_all_machines(self, clients: list[Client], redis: RedisServer) -> None:
        answers = [log_in(clients[number % 2]) for number in range(6)]

        assert answers == [401, 401, 401, 429, 429, 429]
        with redis.client() as client:
            assert not [key for key in client.keys("*") if b"anna" in key]  # what was typed as an address

    def test_a_commit_on_one_machine_is_told_at_once_by_the_others(
        self, machines: list[Flask], clients: list[Client], anna: Account, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(changefeed, "POLL_EVERY", {"sqlite": 60.0, "postgresql": 60.0})  # only a hint is left
        with live_server.serve(machines[1]) as served, machines[1].app_context():
            token = authentication.user_token(anna, 0)
            with closing(Listener(served.port, token)) as listener:
                assert listener.next()["type"] == "connected"
                wait_until(lambda: _listeners(machines[1]) == 1)
                clients[0].post("/api/people", json={"name": "Zoe"})
                assert listener.next()["type"] == "peopleUpdated"
            machines[1].extensions["movietracker"].hub.stop()


def _listeners(app: Flask) -> int:
    return int(app.extensions["movietracker"].redis.client.pubsub_numsub("movietracker:changes")[0][1])


class TestAway:
    def test_requests_go_on_with_one_warning_and_redis_is_used_again_without_a_restart(
        self, machines: list[Flask], clients: list[Client], redis: RedisServer, caplog: pytest.LogCaptureFixture
    ) -> None:
        clients[0].get(SEARCH)
        redis.kill()

        answers = [clients[0].get(SEARCH).status_code for _ in range(3)]
        answers += [
            clients[0].post("/api/people", json={"name": f"Person {number}"}).status_code for number in range(3)
        ]
        limited = [log_in(clients[0]) for _ in range(4)]

        assert answers == [200] * 3 + [201] * 3
        assert limited == [401, 401, 401, 429]  # counted on this machine while Redis is away
        assert warnings_of(caplog) == ["Redis cannot be used (ConnectionError); going on without it until it is back."]

        redis.start()
        machines[0].extensions["movietracker"].redis.note_success()
        clients[0].get(SEARCH)

        with redis.client() as client:
            assert len(client.keys("movietracker:answers:*")) == 1
        assert len(warnings_of(caplog)) == 1
        assert redis_server.PASSWORD not in caplog.text

    def test_a_silent_redis_costs_half_a_second_only_once(self, clients: list[Client], redis: RedisServer) -> None:
        clients[0].get(SEARCH)
        redis.freeze()
        clients[0].get(SEARCH)

        watch = Stopwatch()
        answers = [clients[0].get(SEARCH).status_code for _ in range(20)]

        assert answers == [200] * 20
        assert watch.seconds() < 10  # each would have waited a second, had it asked Redis

    def test_what_is_committed_while_redis_is_away_is_told_from_the_database(
        self, machines: list[Flask], clients: list[Client], anna: Account, redis: RedisServer
    ) -> None:
        with live_server.serve(machines[1]) as served, machines[1].app_context():
            with closing(Listener(served.port, authentication.user_token(anna, 0))) as listener:
                assert listener.next()["type"] == "connected"
                redis.kill()
                clients[0].post("/api/people", json={"name": "Zoe"})
                assert listener.next()["type"] == "peopleUpdated"
                redis.start()
                wait_until(lambda: _listeners(machines[1]) == 1)
                clients[0].post("/api/people", json={"name": "Ada"})
                assert listener.next()["type"] == "peopleUpdated"
            machines[1].extensions["movietracker"].hub.stop()

    def test_a_server_starts_and_people_log_in_while_redis_is_away(
        self, make_app: MakeApp, make_account: Callable[[str], Account], redis: RedisServer
    ) -> None:
        redis.kill()
        make_account("ben")
        client = client_of(make_app(REDIS_URL=redis.url, LOGIN_RATE_LIMIT="3 per minute"))

        assert client.post("/api/auth/login", json={"email": "x@example.com", "password": PASSWORD}).status_code == 401


def test_a_call_that_began_before_a_failure_does_not_end_it(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    link = RedisLink("redis://127.0.0.1:1")

    def overtaken() -> int:
        link.note_failure(OSError())
        return 1

    assert link.ask(overtaken) == 1
    with pytest.raises(RedisAwayError):
        link.ask(lambda: 2)
    assert "Redis is back." not in caplog.text


class TestReadiness:
    def test_names_redis_and_needs_it_for_nothing(self, clients: list[Client], redis: RedisServer) -> None:
        assert self.ready(clients[0])["redis"] == "ok"
        redis.kill()
        away = self.ready(clients[0])
        assert away["redis"] == "not available, going on without it"
        assert (away["database"], away["migrations"], away["rate_limits"]) == ("ok", "ok", "ok")
        redis.start()
        wait_until(lambda: self.ready(clients[0])["redis"] == "ok")

    def test_answers_in_time_when_redis_falls_silent(self, clients: list[Client], redis: RedisServer) -> None:
        redis.freeze()
        watch = Stopwatch()
        for _ in range(10):
            assert self.ready(clients[0])["redis"] == "not available, going on without it"
        assert watch.seconds() < 10  # each would have waited a second, had it asked Redis

    def ready(self, client: Client) -> dict[str, str]:
        answer = client.get("/api/health/ready")
        assert (answer.status_code, answer.json["status"]) == (200, "ready")
        assert redis_server.PASSWORD not in answer.text
        return dict(answer.json["dependencies"])


class TestDoctor:
    def findings(self, app: Flask) -> list[tuple[str, str]]:
        result = app.test_cli_runner().invoke(args=["doctor", "--json"])
        found = json.loads(result.stdout)["findings"]
        assert redis_server.PASSWORD not in result.output
        return [(each["level"], each["sentence"]) for each in found if each["subject"] == "redis"]

    def test_says_that_redis_answers_and_may_grow(self, app: Flask, redis: RedisServer) -> None:
        (first, second) = self.findings(app)
        assert first[0] == "ok"
        assert first[1].startswith("Redis ")
        assert second == ("warning", "Redis has no memory limit, so the cache of responses can grow without bound.")

        with redis.client() as client:
            client.config_set("maxmemory", "50mb")
        assert [level for level, _ in self.findings(app)] == ["ok"]

    def test_says_that_redis_is_away(self, app: Flask, redis: RedisServer) -> None:
        redis.kill()
        assert self.findings(app) == [("fault", "Redis cannot be used: ConnectionError.")]

    def test_says_nothing_where_there_is_none(self, make_app: MakeApp) -> None:
        assert self.findings(make_app()) == []


@pytest.mark.parametrize(
    "address", ["127.0.0.1", "http://h", "redis://", "redis://h:port", "redis://:hunter2@h/name", "unix://"]
)
def test_an_address_that_is_none_stops_the_start_without_repeating_it(make_app: MakeApp, address: str) -> None:
    with pytest.raises(Exception, match="REDIS_URL must be an address such as redis://host:6379/0") as raised:
        make_app(REDIS_URL=address)
    assert "hunter2" not in str(raised.value)
