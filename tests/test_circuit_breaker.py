"""The circuit breaker that Redis, backup destinations and the cache of provider responses share."""

import time

import pytest

from movietracker.circuit_breaker import CircuitBreaker


@pytest.fixture
def seconds(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """The time on the monotonic clock, to be changed by the test."""
    now = [100.0]
    monkeypatch.setattr(time, "monotonic", lambda: now[0])
    return now


def test_it_opens_after_so_many_failures_in_a_row_and_closes_after_the_cooldown(seconds: list[float]) -> None:
    breaker = CircuitBreaker(10, max_failures=2)
    breaker.fail()
    assert not breaker.is_open
    breaker.fail()
    assert breaker.is_open
    seconds[0] += 10
    assert not breaker.is_open
    breaker.fail()
    assert breaker.is_open, "one more failure is enough as long as no call succeeds"


def test_a_success_starts_the_count_again_and_says_that_calls_had_failed() -> None:
    breaker = CircuitBreaker(10, max_failures=2)
    assert [breaker.succeed(), breaker.fail(), breaker.succeed(), breaker.succeed()] == [False, True, True, False]
    assert [breaker.fail(), breaker.is_open] == [True, False]
    assert [breaker.fail(), breaker.is_open] == [False, True]
