"""What sockets are told: one message for each changed record, merged while a socket cannot take them."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Final

import orjson

from ..events import Change
from ..sync.news import News

MOST_WAITING = 1000
"""Records that a socket may be behind; one that is further behind is closed and catches up by its cursor."""

_FIELDS: Final = {"movie": "imdb_id", "list": "list_id"}


@dataclass(frozen=True, slots=True)
class Message:
    """A hint to pull. ``timestamp`` (Unix seconds) and ``cursor`` are the library's when it was written.

    ``field`` and ``key`` name the record; people are not named, so that however many changed are one message.
    """

    type: str
    timestamp: float
    cursor: str
    field: str = ""
    key: str = ""

    def to_json(self) -> str:
        """The text that clients get."""
        shown = {"type": self.type, "timestamp": self.timestamp, "cursor": self.cursor}
        return orjson.dumps(shown | {self.field: self.key} if self.field else shown).decode()


def greeting(news: News) -> Message:
    """What a client is told once it is signed in: everything after this cursor will be told."""
    return Message("connected", news.head.at, news.cursor)


def messages_of(news: News) -> list[Message]:
    """A message for each change."""
    return [
        Message(_type_of(change), news.head.at, news.cursor, field, change.key if field else "")
        for change in news.changes
        for field in (_FIELDS.get(change.kind, ""),)
    ]


def _type_of(change: Change) -> str:
    if change.kind == "movie":
        return "movieDeleted" if change.deleted else "movieAdded" if change.created else "movieUpdated"
    return "peopleUpdated" if change.kind == "person" else "listUpdated"


class Outbox:
    """What a socket has not been sent yet: the newest message of each record, in the order of the last changes."""

    def __init__(self) -> None:
        self._waiting: dict[tuple[str, str], Message] = {}

    def put(self, message: Message) -> bool:
        """Add a message, in place of one of the same record that still waits; False when there is no room."""
        record = (message.field, message.key)
        earlier = self._waiting.get(record)
        if earlier is None and len(self._waiting) >= MOST_WAITING:
            return False
        if earlier is not None:
            del self._waiting[record]
            if (earlier.type, message.type) == ("movieAdded", "movieUpdated"):
                message = replace(message, type="movieAdded")  # the client has not heard of it yet
        self._waiting[record] = message
        return True

    def take(self, most: int) -> list[Message]:
        """Remove and answer the next messages, ``most`` at most."""
        taken = list(self._waiting)[:most]
        return [self._waiting.pop(record) for record in taken]

    def clear(self) -> None:
        """Forget everything."""
        self._waiting.clear()
