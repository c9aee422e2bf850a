"""What can be said of statements without running them."""

from typing import Any

import pytest
from sqlalchemy import func, select, update

from movietracker.database import MAX_KEYS, in_chunks, reads_noted
from movietracker.models import HEAD, LISTS, MOVIES, PEOPLE, STATUS, TOMBSTONES


def test_keys_come_in_as_many_as_one_statement_may_name() -> None:
    keys = list(range(2 * MAX_KEYS + 1))
    assert [len(part) for part in in_chunks(keys)] == [MAX_KEYS, MAX_KEYS, 1]
    assert [key for part in in_chunks(keys) for key in part] == keys
    assert list(in_chunks([])) == []


@pytest.mark.parametrize(
    ("statement", "expected"),
    [
        (select(MOVIES.c.seq), True),
        (select(MOVIES), True),
        (select(func.max(PEOPLE.c.last_modified)), True),
        (select(LISTS.c.name).where(LISTS.c.seq > 3), True),
        (select(select(LISTS.c.field_changes).subquery()), True),
        (select(MOVIES.c.imdb_id).union_all(select(PEOPLE.c.field_changes)), True),
        (select(MOVIES.c.imdb_id, MOVIES.c.title).join(STATUS, STATUS.c.imdb_id == MOVIES.c.imdb_id), False),
        (select(HEAD.c.seq), False),
        (select(TOMBSTONES.c.seq), False),
        (update(MOVIES).values(seq=1), False),
    ],
)
def test_it_is_known_which_statements_read_what_a_write_notes(statement: Any, expected: bool) -> None:
    assert reads_noted(statement) is expected
    assert reads_noted(statement) is expected
