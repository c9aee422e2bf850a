"""The connections that subscribe to libraries: admitted by a token, notified of changes, closed when the token dies."""

import logging
from collections.abc import Callable
from time import monotonic

from orjson import JSONDecodeError, loads
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from wsproto.frame_protocol import CloseReason

from ..errors import BadToken, UserNotFound
from ..services import accounts
from ..sync.feed import News
from .changefeed import Changefeed
from .connection import Connection
from .messages import greeting, messages_of

MAX_CONNECTIONS_OF_A_USER = 50
"""Per process: a client that forgets to close its sockets must not exhaust the process."""

CHECK_TOKENS_EVERY = 15.0
"""Seconds between two checks that the tokens are still valid."""

POLL_GAP = 0.03
"""Minimum seconds between two polls, so that a burst of commits is announced at once."""

DATABASE_PAUSE = 1.0
"""Seconds until the next poll after the database was unavailable."""

ReadToken = Callable[[str], accounts.TokenIdentity]
"""Returns the claims of a token after checking its signature; raises BadToken."""

_UNAVAILABLE = (DBAPIError, PoolTimeout)

logger = logging.getLogger("movietracker.realtime")


class Subscribers:
    """The admitted connections of a process, by user; for one thread, with an application context."""

    def __init__(self, read_token: ReadToken) -> None:
        self._read_token = read_token
        self._changefeed = Changefeed()
        self._of_user: dict[str, set[Connection]] = {}
        self._is_database_away = False
        self._last_poll = 0.0
        self.next_poll = self._next_token_check = monotonic()

    def has(self, user_id: str) -> bool:
        """Whether a connection here subscribes to this library; for any thread."""
        return user_id in self._of_user

    def admit(self, connection: Connection, token: str) -> None:
        """Subscribe a connection to the library of a token, or close it with 1008 for a bad token."""
        try:
            identity = self._read_token(token)
            accounts.identify(identity.user_id, identity.token_id, identity.version)
            news = self._changefeed.follow(identity.user_id)
        except (BadToken, UserNotFound):
            connection.close(CloseReason.POLICY_VIOLATION, BadToken.sentence)
        except _UNAVAILABLE:
            connection.close(CloseReason.TRY_AGAIN_LATER, "The database is not available; try again.")
        else:
            self._add(connection, identity, news)

    def _add(self, connection: Connection, identity: accounts.TokenIdentity, news: News) -> None:
        self._announce(identity.user_id, news)  # so that earlier subscribers know as much as this one
        connections = self._of_user.setdefault(identity.user_id, set())
        if len(connections) >= MAX_CONNECTIONS_OF_A_USER:
            connection.close(CloseReason.TRY_AGAIN_LATER, "You have too many connections.")
            return
        connection.sign_in(identity)
        connections.add(connection)
        connection.offer([greeting(news)])

    def remove(self, connection: Connection) -> None:
        """Forget a connection that has ended."""
        if connection.token is None:
            return
        user_id = connection.token.user_id
        self._of_user[user_id].remove(connection)
        if not self._of_user[user_id]:
            del self._of_user[user_id]
            self._changefeed.unfollow(user_id)

    def poll_soon(self) -> None:
        """Poll before the next regular time, because something was committed."""
        self.next_poll = min(self.next_poll, self._last_poll + POLL_GAP)

    def poll(self) -> None:
        """Announce what was committed since the last poll."""
        self._last_poll = monotonic()
        self.next_poll = self._last_poll + self._changefeed.interval
        try:
            for user_id, news in self._changefeed.poll():
                if news is None:
                    self._close_all(user_id, "The server was restored; reconnect and pull.")
                else:
                    self._announce(user_id, news)
            self._check_tokens()
        except _UNAVAILABLE as error:
            self._changefeed.disconnect()
            self.next_poll = self._last_poll + DATABASE_PAUSE
            if not self._is_database_away:
                logger.warning("The database is not available to sockets: %s", type(error).__name__)
            self._is_database_away = True
        else:
            self._is_database_away = False

    def disconnect(self) -> None:
        """Close the database connection."""
        self._changefeed.disconnect()

    def _announce(self, user_id: str, news: News) -> None:
        if messages := messages_of(news):
            for connection in tuple(self._of_user.get(user_id, ())):
                connection.offer(messages)

    def _close_all(self, user_id: str, reason: str) -> None:
        for connection in tuple(self._of_user.get(user_id, ())):
            connection.close(CloseReason.TRY_AGAIN_LATER, reason)

    def _check_tokens(self) -> None:
        if self._last_poll < self._next_token_check:
            return
        connections = [each for of_user in self._of_user.values() for each in of_user]
        valid = accounts.living([each.token for each in connections if each.token])
        for connection in connections:
            if connection.token not in valid:
                connection.close(CloseReason.POLICY_VIOLATION, BadToken.sentence)
        self._next_token_check = self._last_poll + CHECK_TOKENS_EVERY


def token_in(message: str) -> str:
    """Return the token in a client's first message: the text itself, or ``token`` of a JSON object."""
    try:
        body = loads(message)
    except JSONDecodeError:
        return message.strip()
    token = body.get("token") if isinstance(body, dict) else body
    return token if isinstance(token, str) else ""
