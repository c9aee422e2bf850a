"""Who listens to which library: signing in with a token, being told, and being sent away when the token dies."""

from __future__ import annotations

import logging
from collections.abc import Callable
from time import monotonic

from orjson import JSONDecodeError, loads
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from wsproto.frame_protocol import CloseReason

from ..errors import BadToken, UserNotFound
from ..services import accounts
from ..sync.news import News
from .messages import greeting, messages_of
from .peer import Peer
from .tail import Tail

MOST_SOCKETS_OF_A_USER = 50
"""In one process: a client that forgets to close its sockets must not use up everybody's."""

TOKENS_EVERY = 15.0
"""Seconds between two looks at whether the tokens still live."""

LOOK_GAP = 0.03
"""Seconds between two looks for news at the least, so that a burst of commits is told in one go."""

DATABASE_PAUSE = 1.0
"""Seconds until the next look after the database was away."""

ReadToken = Callable[[str], accounts.TokenIdentity]
"""What a token says of itself, its signature checked; raises BadToken."""

_AWAY = (DBAPIError, PoolTimeout)

logger = logging.getLogger("movietracker.realtime")


class Audience:
    """The signed-in peers of a process, by user; used by one thread only, with an application context."""

    def __init__(self, read_token: ReadToken) -> None:
        self._read_token = read_token
        self._tail = Tail()
        self._peers_of: dict[str, set[Peer]] = {}
        self._is_database_away = False
        self._last_look = 0.0
        self.next_look = self._next_tokens = monotonic()

    def watches(self, user_id: str) -> bool:
        """Whether anybody here listens to this library; other threads may ask, too."""
        return user_id in self._peers_of

    def sign_in(self, peer: Peer, token: str) -> None:
        """Let a peer listen from now on, or close it with 1008 for a bad token."""
        try:
            identity = self._read_token(token)
            accounts.identify(identity.user_id, identity.token_id, identity.version)
            news = self._tail.watch(identity.user_id)
        except (BadToken, UserNotFound):
            peer.close(CloseReason.POLICY_VIOLATION, BadToken.sentence)
        except _AWAY:
            peer.close(CloseReason.TRY_AGAIN_LATER, "The database is not available; try again.")
        else:
            self._admit(peer, identity, news)

    def _admit(self, peer: Peer, identity: accounts.TokenIdentity, news: News) -> None:
        self._tell(identity.user_id, news)  # the others first, so that all have been told as much
        peers = self._peers_of.setdefault(identity.user_id, set())
        if len(peers) >= MOST_SOCKETS_OF_A_USER:
            peer.close(CloseReason.TRY_AGAIN_LATER, "You have too many connections.")
            return
        peer.token = identity
        peers.add(peer)
        peer.offer([greeting(news)])

    def leave(self, peer: Peer) -> None:
        """A peer is gone."""
        if peer.token is None:
            return
        peers = self._peers_of[peer.token.user_id]
        peers.remove(peer)
        if not peers:
            del self._peers_of[peer.token.user_id]
            self._tail.forget(peer.token.user_id)

    def look_soon(self) -> None:
        """Something was committed: look without waiting for the next turn."""
        self.next_look = min(self.next_look, self._last_look + LOOK_GAP)

    def look(self) -> None:
        """Tell what was committed since the last look."""
        self._last_look = monotonic()
        self.next_look = self._last_look + self._tail.interval
        try:
            for user_id, news in self._tail.look():
                if news is None:
                    self._close_all(user_id, "The server was restored; reconnect and pull.")
                else:
                    self._tell(user_id, news)
            self._check_tokens()
        except _AWAY as error:
            self._tail.let_go()
            self.next_look = self._last_look + DATABASE_PAUSE
            if not self._is_database_away:
                logger.warning("The database is not available to sockets: %s", type(error).__name__)
            self._is_database_away = True
        else:
            self._is_database_away = False

    def let_go(self) -> None:
        """Close the database connection."""
        self._tail.let_go()

    def _tell(self, user_id: str, news: News) -> None:
        if messages := messages_of(news):
            for peer in tuple(self._peers_of.get(user_id, ())):
                peer.offer(messages)

    def _close_all(self, user_id: str, reason: str) -> None:
        for peer in tuple(self._peers_of.get(user_id, ())):
            peer.close(CloseReason.TRY_AGAIN_LATER, reason)

    def _check_tokens(self) -> None:
        if self._last_look < self._next_tokens:
            return
        everybody = [peer for peers in self._peers_of.values() for peer in peers]
        living = accounts.living([peer.token for peer in everybody if peer.token])
        for peer in everybody:
            if peer.token not in living:
                peer.close(CloseReason.POLICY_VIOLATION, BadToken.sentence)
        self._next_tokens = self._last_look + TOKENS_EVERY


def token_in(message: str) -> str:
    """The token in a client's first message: as it is, or as ``token`` of a JSON object."""
    try:
        body = loads(message)
    except JSONDecodeError:
        return message.strip()
    token = body.get("token") if isinstance(body, dict) else body
    return token if isinstance(token, str) else ""
