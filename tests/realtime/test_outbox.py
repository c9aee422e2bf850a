"""What becomes of messages that wait for a slow client."""

import pytest

from movietracker.realtime import messages
from movietracker.realtime.messages import Message, Outbox

MATRIX, ALIEN = "tt0133093", "tt0078748"


def movie(kind: str, cursor: str = "c1", imdb_id: str = MATRIX) -> Message:
    return Message(f"movie{kind}", 1.0, cursor, "imdb_id", imdb_id)


def kept(*put: Message) -> list[tuple[str, str]]:
    outbox = Outbox()
    assert all(outbox.put(message) for message in put)
    return [(message.type, message.cursor) for message in outbox.take(10)]


@pytest.mark.parametrize(
    ("earlier", "later", "told"),
    [
        ("Added", "Updated", "Added"),
        ("Updated", "Updated", "Updated"),
        ("Added", "Deleted", "Deleted"),
        ("Updated", "Deleted", "Deleted"),
        ("Deleted", "Added", "Added"),
        ("Deleted", "Updated", "Updated"),
    ],
)
def test_two_changes_of_a_record_are_one_message_at_the_later_cursor(earlier: str, later: str, told: str) -> None:
    assert kept(movie(earlier, "c1"), movie(later, "c2")) == [(f"movie{told}", "c2")]


def test_cursors_never_go_back() -> None:
    waiting = (movie("Updated", "c1"), movie("Updated", "c2", ALIEN), movie("Updated", "c3"))
    assert [cursor for _, cursor in kept(*waiting)] == ["c2", "c3"]


def test_people_are_one_message_and_lists_one_each() -> None:
    lists = [Message("listUpdated", 1.0, "c", "list_id", list_id) for list_id in "aab"]
    people = [Message("peopleUpdated", 1.0, "c")] * 3
    assert [kind for kind, _ in kept(*lists, *people)] == ["listUpdated", "listUpdated", "peopleUpdated"]


def test_there_is_an_end_to_what_waits(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(messages, "MAX_WAITING", 1)
    outbox = Outbox()
    assert outbox.put(movie("Added"))
    assert not outbox.put(movie("Added", imdb_id=ALIEN))
    assert outbox.put(movie("Updated"))  # of a record that waits already
