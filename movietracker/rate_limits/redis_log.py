"""Counts in Redis, by one script, so that all machines count together and by one clock."""

import secrets
from collections.abc import Sequence
from typing import cast

from ..redis_link import PREFIX, RedisLink
from .rules import Claim, Ticket

# Sets sorted by time. What a client library calls one by one would let requests pass between two calls.
_TAKE = """
local time = redis.call('TIME')
local now = string.format('%.6f', time[1] + time[2] / 1000000)
local wait = 0
for i, key in ipairs(KEYS) do
    local amount, seconds, longest = tonumber(ARGV[3*i-1]), tonumber(ARGV[3*i]), tonumber(ARGV[3*i+1])
    redis.call('ZREMRANGEBYSCORE', key, '-inf', string.format('%.6f', now - seconds))
    redis.call('ZREMRANGEBYSCORE', key, '(' .. now, '+inf')
    local count = redis.call('ZCARD', key)
    if count >= amount then
        local rank = longest > 0 and 0 or amount - 1
        local delay = longest > 0 and math.min(2 ^ (count - amount), longest) or seconds
        wait = math.max(wait, redis.call('ZREVRANGE', key, rank, rank, 'WITHSCORES')[2] + delay - now)
    end
end
if wait <= 0 then
    for i, key in ipairs(KEYS) do
        redis.call('ZADD', key, now, ARGV[1])
        redis.call('EXPIRE', key, ARGV[3*i])
    end
end
return string.format('%.6f', wait)
"""


class RedisLog:
    """The same as SqliteLog; raises RedisAwayError."""

    def __init__(self, link: RedisLink) -> None:
        self._link = link
        self._take = link.client.register_script(_TAKE)

    def take(self, claims: Sequence[Claim]) -> Ticket | float:
        """Count a request under all claims, or none if one of them has to wait; then the seconds to wait."""
        given = secrets.token_hex(8)
        rules = [number for each in claims for number in each.rule]
        keys = [self._name(each.key) for each in claims]
        wait = float(self._link.ask(lambda: self._take(keys=keys, args=[given, *rules])))
        return wait if wait > 0 else Ticket(tuple(each.key for each in claims), given, 0.0)

    def give_back(self, ticket: Ticket) -> None:
        """Count a request no longer."""

        def remove() -> None:
            for key in ticket.keys:
                self._link.client.zrem(self._name(key), ticket.id)

        self._link.ask(remove)

    def remember(self, key: str, seconds: int) -> None:
        """Remember a key for so long."""
        self._link.ask(lambda: self._link.client.setex(self._name(key), seconds, "1"))

    def remembers(self, key: str) -> bool:
        """Whether a key is remembered."""
        return bool(cast(int, self._link.ask(lambda: self._link.client.exists(self._name(key)))))

    def check(self) -> None:
        """Raise RedisAwayError unless Redis answers."""
        self._link.ask(self._link.client.ping)

    @staticmethod
    def _name(key: str) -> str:
        return f"{PREFIX}:limits:{key}"
