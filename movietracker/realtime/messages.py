"""The messages to clients: one for each changed record, merged while a socket cannot take them."""

from dataclasses import dataclass, replace

import orjson

from ..records import KIND_OF
from ..sync.feed import News

MAX_WAITING = 1000
"""Records that a socket may be behind; beyond that it is closed, and the client catches up by its cursor."""


@dataclass(frozen=True, slots=True)
class Message:
    """Tells a client to pull. ``timestamp`` (Unix seconds) and ``cursor`` are the library's when it was written.

    ``field`` and ``key`` name the record; messages about people name none, so any number of changes is one message.
    """

    type: str
    timestamp: float
    cursor: str
    field: str = ""
    key: str = ""

    def to_json(self) -> str:
        """Return the text that clients get."""
        shown = {"type": self.type, "timestamp": self.timestamp, "cursor": self.cursor}
        return orjson.dumps(shown | {self.field: self.key} if self.field else shown).decode()


def greeting(news: News) -> Message:
    """Return the first message to a subscriber, who will be notified of everything after its cursor."""
    return Message("connected", news.head.at, news.cursor)


def messages_of(news: News) -> list[Message]:
    """Return a message for each change."""
    messages = []
    for change in news.changes:
        types = KIND_OF[change.kind].messages
        special = types.deleted if change.deleted else types.created if change.created else ""
        key = change.key if types.key else ""
        messages.append(Message(special or types.changed, news.head.at, news.cursor, types.key, key))
    return messages


class Outbox:
    """Messages not sent yet: the newest one of each record, in the order of the last changes."""

    def __init__(self) -> None:
        self._waiting: dict[tuple[str, str], Message] = {}

    def put(self, message: Message) -> bool:
        """Add a message, replacing a waiting one of the same record; returns False if there is no room."""
        record = (message.field, message.key)
        earlier = self._waiting.get(record)
        if earlier is None and len(self._waiting) >= MAX_WAITING:
            return False
        if earlier is not None:
            del self._waiting[record]
            if (earlier.type, message.type) == ("movieAdded", "movieUpdated"):
                message = replace(message, type="movieAdded")  # the client does not know of it yet
        self._waiting[record] = message
        return True

    def take(self, limit: int) -> list[Message]:
        """Remove and return the next messages, at most ``limit``."""
        taken = list(self._waiting)[:limit]
        return [self._waiting.pop(record) for record in taken]
