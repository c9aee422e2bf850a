"""What is counted, and how much of it a rate allows."""

import hashlib
from functools import cache
from typing import NamedTuple, Self

from limits import parse

_MAX_DOUBLINGS = 30


class Rule(NamedTuple):
    """At most ``amount`` in any period of ``seconds``.

    With a ``longest_delay`` in seconds more are allowed, each after a delay since the last one that doubles from one
    second up to that.
    """

    amount: int
    seconds: int
    longest_delay: int = 0

    @classmethod
    def of(cls, rate: str) -> Self:
        """The rule of a rate such as ``10 per minute``."""
        return cls(*_parsed(rate))

    def share_of(self, processes: int) -> Self:
        """The rule of one of so many processes that count separately; each may allow at least one request."""
        amount, longest = max(1, self.amount // processes), self.longest_delay * processes
        return self._replace(amount=amount, longest_delay=longest)

    def delay_after(self, count: int) -> float:
        """Seconds from the last of ``count`` requests, at least ``amount``, until the next is allowed."""
        return min(2.0 ** min(count - self.amount, _MAX_DOUBLINGS), self.longest_delay)


@cache
def _parsed(rate: str) -> tuple[int, int]:
    item = parse(rate)
    return item.amount, item.get_expiry()


class Claim(NamedTuple):
    """A request to be counted for a key under a rule."""

    key: str
    rule: Rule


def claim(scope: str, key: str, rule: Rule) -> Claim:
    """A claim under a digest of its scope and key, which may be anything that was typed as an e-mail address."""
    return Claim(hashlib.sha256(f"{scope}/{key}".encode()).hexdigest(), rule)


class Ticket(NamedTuple):
    """A request that was counted; it can be given back."""

    keys: tuple[str, ...]
    id: str
    at: float
