"""How many requests may be sent to providers' services: for each user, and for each service in a day."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from contextvars import ContextVar

from ..errors import ProviderFailed, TooManyRequests, UserCallsSpent
from ..rate_limits import Counted, RateLimits, Rule, claim

DAY_SECONDS = 86_400

_payers: ContextVar[Sequence[str]] = ContextVar("payers", default=())


@contextmanager
def on_behalf_of(*user_ids: str) -> Iterator[None]:
    """Count the provider calls inside the block for the first of these users who has any left."""
    token = _payers.set(user_ids)
    try:
        yield
    finally:
        _payers.reset(token)


def payers() -> Sequence[str]:
    """The users of the enclosing :func:`on_behalf_of`; none outside of one."""
    return _payers.get()


class Budget:
    """Counts requests on the wire; ``rate`` is that of each user (empty for none), ``per_day`` by name of the client.

    The name "" stands for all others.
    """

    def __init__(self, limits: RateLimits, rate: str, per_day: Mapping[str, int]) -> None:
        self._limits = limits
        self._rate = rate
        self._per_day = per_day

    def spend(self, client: str) -> None:
        """Count a request; raises UserCallsSpent, or ProviderFailed when the day's requests are spent."""
        counted = self._spend_of_user()
        day = claim("provider day", client, Rule(self._per_day.get(client, self._per_day[""]), DAY_SECONDS))
        try:
            self._limits.take(day)
        except TooManyRequests as problem:
            if counted is not None:
                self._limits.give_back(counted)
            detail = f"The server's requests to {client} for today are used up."
            raise ProviderFailed(detail, retry_after=problem.retry_after) from None

    def _spend_of_user(self) -> Counted | None:
        refusal = None
        for user_id in payers() if self._rate else ():
            try:
                return self._limits.take(claim("provider calls", user_id, Rule.of(self._rate)))
            except TooManyRequests as problem:
                refusal = problem
        if refusal is not None:
            raise UserCallsSpent(retry_after=refusal.retry_after)
        return None
