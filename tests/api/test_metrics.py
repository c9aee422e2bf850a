"""/metrics for Prometheus: who may read it, and what it counts."""

from collections.abc import Mapping
from typing import Any

import pytest
from flask import Flask
from prometheus_client.parser import text_string_to_metric_families
from standin import Standin
from support.applications import MakeApp
from support.client import Client, client_of
from support.shapes import assert_problem

from movietracker import clock
from movietracker.backup.catalog import journal
from movietracker.backup.catalog.restore import write_safety_backup
from movietracker.backup.catalog.run import run_now
from movietracker.services.accounts import Account, set_backup_enabled
from movietracker.state import state

Samples = Mapping[tuple[str, frozenset[tuple[str, str]]], float]


def samples(client: Client) -> Samples:
    answer = client.get("/metrics")
    assert answer.status_code == 200
    assert answer.headers["Content-Type"].startswith("text/plain; version=")
    families = text_string_to_metric_families(answer.text)
    return {(each.name, frozenset(each.labels.items())): each.value for family in families for each in family.samples}


class Growth:
    """How much the series grew in the block; the counts of a process are those of all its tests."""

    def __init__(self, client: Client) -> None:
        self._client = client

    def __enter__(self) -> "Growth":
        self._before = samples(self._client)
        return self

    def __exit__(self, *_: object) -> None:
        self._after = samples(self._client)

    def of(self, name: str, **labels: str) -> float:
        key = (f"movietracker_{name}", frozenset(labels.items()))
        return self._after.get(key, 0.0) - self._before.get(key, 0.0)


class TestWhoMayRead:
    def test_without_a_token_only_this_machine(self, anonymous: Client) -> None:
        assert anonymous.get("/metrics").status_code == 200
        assert anonymous.get("/metrics", environ_base={"REMOTE_ADDR": "::1"}).status_code == 200
        for address in ("192.0.2.1", "2001:db8::1", ""):
            assert_problem(anonymous.get("/metrics", environ_base={"REMOTE_ADDR": address}), 403, "forbidden")

    @pytest.mark.parametrize(
        "header",
        [
            "X-Forwarded-For",
            "x-forwarded-proto",
            "X-Forwarded-Host",
            "Forwarded",
            "X-Real-IP",
            "Via",
            "CF-Connecting-IP",
        ],
    )
    def test_whom_a_proxy_of_this_machine_brings_is_not_this_machine(self, anonymous: Client, header: str) -> None:
        assert_problem(anonymous.get("/metrics", headers={header: "127.0.0.1"}), 403, "forbidden")

    @pytest.mark.parametrize(
        "host", ["movies.example.com", "192.0.2.1:8000", "localhost.example.com", "[2001:db8::1]", "["]
    )
    def test_a_proxy_that_adds_no_header_is_known_by_the_name_that_it_passes_on(
        self, anonymous: Client, host: str
    ) -> None:
        assert_problem(anonymous.get("/metrics", headers={"Host": host}), 403, "forbidden")

    def test_a_proxy_that_adds_no_header_is_known_by_http_1_0(self, anonymous: Client) -> None:
        answer = anonymous.get("/metrics", environ_overrides={"SERVER_PROTOCOL": "HTTP/1.0"})
        assert_problem(answer, 403, "forbidden")

    @pytest.mark.parametrize("host", ["localhost", "127.0.0.1:8000", "[::1]:8000"])
    def test_this_machine_may_read_them_by_any_of_its_names(self, anonymous: Client, host: str) -> None:
        assert anonymous.get("/metrics", headers={"Host": host}).status_code == 200

    def test_with_a_token_only_who_knows_it(self, make_app: MakeApp) -> None:
        client = client_of(make_app(METRICS_TOKEN="a token for metrics"))

        def asks(authorization: str | None, address: str = "192.0.2.1") -> int:
            headers = {} if authorization is None else {"Authorization": authorization}
            return client.get("/metrics", headers=headers, environ_base={"REMOTE_ADDR": address}).status_code

        assert asks("Bearer a token for metrics") == 200
        for wrong in (None, "Bearer wrong", "Bearer ", "a token for metrics", "Basic a token for metrics", "Bearer é"):
            assert asks(wrong) == 403
            assert asks(wrong, "127.0.0.1") == 403, "a token is asked of this machine, too"

    def test_a_users_token_does_not_open_it(self, client: Client) -> None:
        assert client.get("/metrics", environ_base={"REMOTE_ADDR": "192.0.2.1"}).status_code == 403


class TestWhatIsCounted:
    def test_requests_by_route_and_status_with_their_times(self, client: Client) -> None:
        with Growth(client) as growth:
            client.get("/api/movies/tt0133093")
            client.get("/api/movies/tt0000001")
            client.get("/api/people")
            client.get("/nothing/at/all")

        route = "/api/movies/<string:imdb_id>"
        assert growth.of("requests_total", method="GET", route=route, status="404") == 2
        assert growth.of("requests_total", method="GET", route="/api/people", status="200") == 1
        assert growth.of("requests_total", method="GET", route="none", status="404") == 1
        assert growth.of("request_duration_seconds_count", method="GET", route=route) == 2
        assert growth.of("request_duration_seconds_bucket", method="GET", route=route, le="+Inf") == 2
        assert growth.of("request_duration_seconds_sum", method="GET", route=route) > 0

    def test_methods_that_a_client_makes_up_are_one_series(self, client: Client) -> None:
        with Growth(client) as growth:
            client.open("/api/people", method="FETCH")
            client.open("/api/people", method="GRAB")
        assert growth.of("requests_total", method="other", route="none", status="405") == 2

    def test_no_id_name_or_token_is_in_a_label(self, client: Client) -> None:
        client.get("/api/people/Uncle%20Bob/stats")
        client.get("/ws/sync?token=a-secret-token")
        text = client.get("/metrics").text
        assert "Bob" not in text
        assert "a-secret-token" not in text

    def test_the_cache_and_the_providers(self, make_app: MakeApp, standin: Standin, app: Flask, anna: Account) -> None:
        client = client_of(make_app(METADATA_PROVIDERS="tmdb", **standin.settings), anna)
        with Growth(client) as growth:
            for _ in range(3):
                client.get("/api/external/tmdb/search?q=matrix")

        assert growth.of("cache_answers_total", result="miss") == 1
        assert growth.of("cache_answers_total", result="hit") == 2
        assert growth.of("provider_calls_total", provider="tmdb", outcome="ok") == 3
        assert growth.of("upstream_requests_total", provider="tmdb", outcome="ok") == 1

    def test_providers_that_fail(self, make_app: MakeApp, app: Flask, anna: Account) -> None:
        away: dict[str, Any] = {"TMDB_API_KEY": "0123456789abcdef", "TMDB_BASE_URL": "http://127.0.0.1:1/3"}
        client = client_of(make_app(METADATA_PROVIDERS="tmdb", **away), anna)
        with Growth(client) as growth:
            assert client.get("/api/external/tmdb/search?q=matrix").status_code == 503

        assert growth.of("provider_calls_total", provider="tmdb", outcome="provider_unavailable") == 1
        assert growth.of("upstream_requests_total", provider="tmdb", outcome="provider_unavailable") == 3

    def test_sync_actions_by_kind_and_outcome(self, client: Client) -> None:
        add = {"id": "one", "action": "addPerson", "data": {"name": "Mum"}, "timestamp": 1.0}
        actions = [add, add, {"action": "addPerson", "data": {}}, {"action": "fly", "data": {}}]
        with Growth(client) as growth:
            assert client.post("/api/sync/batch", json={"actions": actions}).status_code == 200

        assert growth.of("sync_actions_total", action="addPerson", outcome="applied") == 1
        assert growth.of("sync_actions_total", action="addPerson", outcome="replayed") == 1
        assert growth.of("sync_actions_total", action="malformed", outcome="rejected") == 2

    def test_the_state_of_each_destination(self, client: Client, app: Flask, anna: Account, ben: Account) -> None:
        assert not [key for key in samples(client) if key[0] == "movietracker_backup_last_result"]
        now = clock.now()

        def note(run: journal.Run, account: Account, at: float, error: str | None = None) -> None:
            good = error is None
            record = journal.Record(account.id, run.id, "local", "a.json", at, 1, "0" * 64, 0.1, good, error)
            journal.save([record])

        def begin(kind: journal.RunKind) -> journal.Run:
            return journal.begin_run(kind, "2026-01-31")

        with app.app_context():
            first, second = begin("nightly"), begin("manual")
            note(first, anna, now - 90_000)
            note(first, ben, now - 89_000)
            note(second, anna, now - 1000)
        local = frozenset({("destination", "local")})
        found = samples(client)
        assert found["movietracker_backup_last_result", local] == 1
        assert found["movietracker_backup_age_seconds", local] == pytest.approx(1000, abs=30)

        with app.app_context():
            note(second, ben, now - 900, "The disk is full.")
            note(begin("nightly"), anna, now + 40 * 86_400)  # the clock was ahead
            note(begin("safety"), ben, now - 800)
            note(begin("user"), ben, now - 700)
        found = samples(client)
        assert found["movietracker_backup_last_result", local] == 0
        assert found["movietracker_backup_last_success_timestamp_seconds", local] == pytest.approx(now - 1000, abs=1)
        assert found["movietracker_backup_age_seconds", local] == pytest.approx(1000, abs=30)
        assert client.get("/api/health/ready").json["dependencies"]["backup:local"] == "the last run failed"
        assert found["movietracker_database_up", frozenset()] == 1

    def test_no_backup_of_one_user_stands_for_a_run_over_all(self, client: Client, app: Flask, anna: Account) -> None:
        with app.app_context():
            write_safety_backup(state().backups, anna.id)
            run_now(state().backups, user_id=anna.id)
        assert not [key for key in samples(client) if key[0].startswith("movietracker_backup")]
        assert client.get("/api/health/ready").json["dependencies"]["backup:local"] == "no backup yet"
        with app.app_context():
            set_backup_enabled(anna.id, True)
            run_now(state().backups)
        assert samples(client)["movietracker_backup_last_result", frozenset({("destination", "local")})] == 1

    def test_a_database_that_is_away(self, make_app: MakeApp) -> None:
        away: dict[str, Any] = {"DATABASE_URL": "postgresql://root:hunter2@127.0.0.1:1/nothing"}
        found = samples(client_of(make_app(**away)))
        assert found["movietracker_database_up", frozenset()] == 0
