"""Where responses are stored: in an SQLite file of this machine or in Redis, by requests-cache's storage classes.

A storage that fails costs the cache's benefit and nothing else. Expired responses stay until they are pushed out,
because they are served when the service fails.
"""

import logging
import re
import sqlite3
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import timedelta
from itertools import takewhile
from pathlib import Path
from typing import Any, TypeVar

import orjson
from cattrs.errors import BaseValidationError
from filelock import FileLock
from requests import Response
from requests_cache import BaseCache, CachedResponse, RedisDict, SQLiteDict
from requests_cache.policy import utcnow

from ..circuit_breaker import CircuitBreaker
from ..redis_link import PREFIX, RedisAwayError, RedisLink

logger = logging.getLogger("movietracker.upstream")

T = TypeVar("T")

COOLDOWN_SECONDS = 30.0
"""How long to skip the SQLite file after a failure, so that requests do not keep timing out on it."""

BUSY_SECONDS = 2.0
"""How long a write waits for one of another process."""

KEPT_AFTER_EXPIRY_SECONDS = 30 * 86_400
"""How long Redis keeps an expired response."""

_COUNTING_SECONDS = 1.0
_CLOCK_TOLERANCE_SECONDS = 60.0
_RESPONSES = f"{PREFIX}:answers"

# A row that is stored again gets a new, highest rowid, so the first rows are those stored least recently.
_BOUND = """
    CREATE TEMP TRIGGER bound AFTER INSERT ON main.responses BEGIN
        DELETE FROM responses WHERE rowid <=
            (SELECT rowid FROM responses ORDER BY rowid DESC LIMIT 1 OFFSET max_entries());
    END
"""

# The file is no database, has holes, or has other tables than ours.
_DAMAGE = {sqlite3.SQLITE_NOTADB, sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_ERROR}


# White space where it stands between values, and as good as that within text.
_CONTROLS_TO_SPACES = bytes.maketrans(bytes(range(0x20)), b" " * 0x20)
# Escapes that stay, among them both halves of a character; or half a character, as a text that was cut off has it.
_HEX = "[0-9a-fA-F]{2}"
_ESCAPES = re.compile(rf"(\\u[dD][89abAB]{_HEX}\\u[dD][c-fC-F]{_HEX}|\\[^u])|\\u[dD][89a-fA-F]{_HEX}")


def parse_json(body: bytes) -> Any:
    """The object or array in this body; raises ValueError for anything else.

    Text that JSON forbids is repaired, since one title of a list must not cost the others: raw control characters,
    which OMDb sends in plots, become spaces, and bytes that are not UTF-8 and halves of characters become U+FFFD.
    """
    plain = body.removeprefix(b"\xef\xbb\xbf")
    try:
        parsed = orjson.loads(plain)
    except orjson.JSONDecodeError:
        text = plain.translate(_CONTROLS_TO_SPACES).decode(errors="replace")
        parsed = orjson.loads(_ESCAPES.sub(lambda found: found[1] or "\\ufffd", text))
    if not isinstance(parsed, dict | list):
        raise ValueError("Neither an object nor an array.")
    return parsed


def is_from_the_future(response: CachedResponse) -> bool:
    """Whether it was stored while the clock was ahead, so that nobody knows how old it is."""
    return response.created_at > utcnow() + timedelta(seconds=_CLOCK_TOLERANCE_SECONDS)


class StorageError(Exception):
    """The storage cannot be used now."""


class ResponseCache(BaseCache):
    """A backend of requests-cache; subclasses set ``responses`` and say how to use it."""

    is_working = True
    """Whether the last use of the storage went well."""

    def find(self, key: str) -> tuple[CachedResponse | None, Any]:
        """The response of this key, however old, and its JSON; None and None if it is missing or cannot be read."""
        try:
            found = self._use(lambda: self.responses.get(key))
            if isinstance(found, CachedResponse):
                return found, parse_json(found.content or b"")
        except (StorageError, BaseValidationError, ValueError):
            pass
        return None, None

    def get_response(self, key: str, default: CachedResponse | None = None) -> CachedResponse | None:
        """The response of this key, however old, but not from the future; the way in which the session asks."""
        found, _ = self.find(key)
        return default if found is None or is_from_the_future(found) else found

    def save_response(self, response: Response, cache_key: str | None = None, expires: Any = None) -> None:
        """Store a response if possible."""
        with suppress(StorageError):
            self._use(lambda: BaseCache.save_response(self, response, cache_key, expires))

    def size(self) -> int:
        """How many responses are stored; 0 while the storage is unavailable."""
        try:
            return self._use(self._count)
        except StorageError:
            return 0

    def _count(self) -> int:
        return len(self.responses)

    def _use(self, operation: Callable[[], T]) -> T:
        """What an operation on ``responses`` returns; raises StorageError."""
        raise NotImplementedError


class RedisResponses(ResponseCache):
    """Responses in Redis, shared by all machines.

    Redis itself clears away: a response goes 30 days after it expired, and before that when Redis' ``maxmemory`` is
    reached, by Redis' ``maxmemory-policy``.
    """

    def __init__(self, link: RedisLink) -> None:
        super().__init__()
        self._link = link
        self.responses = RedisDict(
            _RESPONSES, connection=link.client, serializer="json", ttl_offset=KEPT_AFTER_EXPIRY_SECONDS
        )

    def close(self) -> None:
        """Nothing: the link closes its connections."""

    def _count(self) -> int:
        # Walks over all keys of the Redis database, which may hold many of other programs.
        ends_at = time.monotonic() + _COUNTING_SECONDS
        keys = self._link.client.scan_iter(f"{_RESPONSES}:*", count=1000)
        return sum(1 for _ in takewhile(lambda _: time.monotonic() < ends_at, keys))

    def _use(self, operation: Callable[[], T]) -> T:
        try:
            return self._link.ask(operation)
        except RedisAwayError:
            raise StorageError from None


class SqliteResponses(ResponseCache):
    """Responses in a file of this machine, opened at its first use; a damaged file is deleted, and a new one begun."""

    def __init__(self, path: Path, max_entries: int) -> None:
        super().__init__()
        self._path = path
        self._max_entries = max_entries
        self._file_lock = FileLock(path.parent / "locks" / f"{path.name}.lock", timeout=BUSY_SECONDS, mode=0o600)
        self._lock = threading.Lock()
        self._breaker = CircuitBreaker(COOLDOWN_SECONDS)
        self._table: _Table | None = None

    @property
    def is_working(self) -> bool:  # type: ignore[override]
        """Whether the last use of the file went well."""
        return not self._breaker.is_open

    def close(self) -> None:
        """Close the file; the next use opens it again."""
        with self._lock:
            self._close()

    def _use(self, operation: Callable[[], T]) -> T:
        # One at a time: of many threads only the first waits for a locked file, the others find the breaker open.
        with self._lock:
            if self._breaker.is_open:
                raise StorageError
            try:
                result = self._attempt(operation)
            except (sqlite3.Error, OSError) as error:
                self._close()
                if self._breaker.fail():
                    logger.warning("The cache of provider responses cannot be used (%s); going on without it.", error)
                raise StorageError from None
            self._breaker.succeed()
            return result

    def _attempt(self, operation: Callable[[], T]) -> T:
        try:
            self._open()
            return operation()
        except sqlite3.Error as error:
            if error.sqlite_errorcode & 0xFF not in _DAMAGE:
                raise
        self._close()
        logger.warning("The cache of provider responses is damaged; a new one is begun.")
        with self._file_lock:
            for path in self._path.parent.glob(f"{self._path.name}*"):
                path.unlink(missing_ok=True)
        self._open()
        return operation()

    def _open(self) -> None:
        if self._table is None:
            # One process at a time: SQLite does not wait for others while it turns on WAL.
            with self._file_lock:
                self.responses = self._table = _Table(self._path, self._max_entries)

    def _close(self) -> None:
        if self._table is not None:
            self._table.close()
            self._table = None


class _Table(SQLiteDict):
    """requests-cache's table, but bounded, and a write fails when the file stays locked instead of trying for ever."""

    def __init__(self, path: Path, max_entries: int) -> None:
        self._max_entries = max_entries
        super().__init__(path, table_name="responses", serializer="json", wal=True, timeout=BUSY_SECONDS)

    def init_db(self) -> None:
        """Make the table if necessary, and the bound on it, which is that of this process."""
        super().init_db()
        with self.connection() as connection:
            connection.create_function("max_entries", 0, lambda: self._max_entries)
            connection.execute(_BOUND)

    @contextmanager
    def connection(self, commit: bool = False) -> Iterator[sqlite3.Connection]:
        """The connection, in a transaction if asked for; after an error the table must be closed."""
        with super().connection() as connection:
            if commit:
                connection.execute("BEGIN IMMEDIATE")
            yield connection
            if commit:
                connection.commit()
