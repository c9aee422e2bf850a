"""Upstream calls are counted for the user who causes them, and for each service in a day."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import time_machine
from upstream.conftest import SHORT
from upstream.scripted_server import ScriptedServer, answer

from movietracker.errors import ProviderFailed, UserCallsSpent
from movietracker.plugin.providers import JsonHttpClient
from movietracker.rate_limits import RateLimits
from movietracker.upstream import Budget, ProxyHttp, on_behalf_of, stale_responses

MakeClient = Callable[..., JsonHttpClient]


@pytest.fixture
def budgeted(tmp_path: Path, upstream: ScriptedServer) -> Iterator[MakeClient]:
    """Makes clients whose users may cause 3 requests an hour."""
    made: list[ProxyHttp] = []

    def make(name: str = "films", rate: str = "3 per hour", ttl: int = 3600, **per_day: int) -> JsonHttpClient:
        budget = Budget(RateLimits(tmp_path, None), rate, {"": 1000} | per_day)
        made.append(ProxyHttp(tmp_path, ttl, 500, limits=SHORT, spend=budget.spend))
        return made[-1](name, upstream.url)

    yield make
    for proxy in made:
        proxy.close()


def test_each_user_may_cause_so_many_requests(budgeted: MakeClient, upstream: ScriptedServer) -> None:
    client = budgeted()
    upstream.says(answer({}))
    with on_behalf_of("anna"):
        for number in range(3):
            client.get_json(f"/{number}")
        with pytest.raises(UserCallsSpent) as spent:
            client.get_json("/3")
        assert client.get_json("/0") == {}, "a cached response costs nothing"
    assert spent.value.status == 429
    assert 3500 < (spent.value.retry_after or 0) <= 3600
    with on_behalf_of("ben"):
        client.get_json("/4")
    with on_behalf_of("anna", "ben"):
        client.get_json("/5")
    assert upstream.calls == 5


def test_requests_that_no_user_causes_are_bounded_by_the_day_alone(budgeted: MakeClient) -> None:
    client = budgeted(films=5)
    for number in range(5):
        client.get_json(f"/{number}")
    with pytest.raises(ProviderFailed, match=r"requests to films for today are used up\.") as spent:
        client.get_json("/5")
    assert 86_000 < (spent.value.retry_after or 0) <= 86_400
    budgeted("others").get_json("/0")


def test_a_request_that_the_day_refuses_costs_the_user_nothing(budgeted: MakeClient) -> None:
    with on_behalf_of("anna"):
        spent = budgeted(films=1)
        spent.get_json("/0")
        for number in range(5):
            with pytest.raises(ProviderFailed):
                spent.get_json(f"/{number + 1}")
        budgeted("others").get_json("/0")


def test_each_attempt_counts(budgeted: MakeClient, upstream: ScriptedServer) -> None:
    upstream.says(answer({}, status=503))
    with on_behalf_of("anna"), pytest.raises(ProviderFailed):
        budgeted().get_json("/0")
    with on_behalf_of("anna"), pytest.raises(UserCallsSpent):
        budgeted().get_json("/1")
    assert upstream.calls == 3


def test_an_expired_response_is_served_when_the_budget_is_spent(
    budgeted: MakeClient, clock: time_machine.Traveller
) -> None:
    client = budgeted(ttl=60, films=1)
    first = client.get_json("/0")
    clock.shift(61)
    with stale_responses() as stale:
        assert client.get_json("/0") == first
    assert stale == ["films"]
