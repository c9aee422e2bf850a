"""What a job changed of each record, kept so that it can be taken back: only what differs, as JSON."""

from collections.abc import Mapping
from typing import Any, NamedTuple

import orjson
from sqlalchemy import Connection, select

from ..database import execute, in_chunks
from ..models import IMPORT_FACTS
from ..models.movie import Status, Viewing, Vote
from ..services.change_clock import LibraryWrite
from ..services.movies.seen import NOT_SEEN
from ..services.movies.storing import TitleState
from .jobs import Job

_COLUMNS = ("job_id", "kind", "key", "before", "after")


class Fact(NamedTuple):
    """A record that a job made (no ``before``) or changed; each side says what differs."""

    kind: str
    key: str
    before: dict[str, Any] | None
    after: dict[str, Any]


class TitleFact(NamedTuple):
    """What a job said of a title: what is None or empty it did not change. ``is_new`` if it made the title."""

    is_new: bool
    status: tuple[Status | None, Status] | None
    rating: tuple[float | None, float] | None
    viewings: Mapping[str, Viewing]
    votes: Mapping[int, Vote]


def fact_of_title(imdb_id: str, before: TitleState | None, after: TitleState) -> Fact:
    """The fact of a title that a job adds or changes."""
    old = before or TitleState()
    old_seen, seen = old.seen or NOT_SEEN, after.seen or NOT_SEEN
    was: dict[str, Any] = {}
    told: dict[str, Any] = {}
    if old.status != after.status:
        was["status"], told["status"] = old.status, after.status
    if old_seen.my_rating != seen.my_rating:
        was["rating"], told["rating"] = old_seen.my_rating, seen.my_rating
    told["viewings"] = {key: each for key, each in seen.viewings.items() if key not in old_seen.viewings}
    told["votes"] = {str(key): vote for key, vote in after.votes.items() if key not in old.votes}
    return Fact("title", imdb_id, None if before is None else was, told)


def title_fact(fact: Fact) -> TitleFact:
    """A fact of a title, with the values of its record."""
    was, told = fact.before or {}, fact.after
    status = None
    if "status" in told:
        former = was.get("status")
        status = (None if former is None else Status(*former), Status(*told["status"]))
    rating = (was.get("rating"), told["rating"]) if "rating" in told else None
    viewings = {key: Viewing(*each) for key, each in told["viewings"].items()}
    votes = {int(key): Vote(*each) for key, each in told["votes"].items()}
    return TitleFact(fact.before is None, status, rating, viewings, votes)


def store_facts(tx: LibraryWrite, job: Job, facts: list[Fact]) -> None:
    """Store facts in the transaction of their changes."""
    rows = [
        (job.id, each.kind, each.key, None if each.before is None else _dump(each.before), _dump(each.after))
        for each in facts
    ]
    tx.insert_rows(IMPORT_FACTS, _COLUMNS, rows)


def read_facts(connection: Connection, job: Job, kind: str, after: str, limit: int) -> list[Fact]:
    """The facts of a kind behind this key, in the order of the keys, that were not taken back."""
    of_job = IMPORT_FACTS.c.user_id == job.user_id, IMPORT_FACTS.c.job_id == job.id
    statement = (
        select(IMPORT_FACTS.c.kind, IMPORT_FACTS.c.key, IMPORT_FACTS.c.before, IMPORT_FACTS.c.after)
        .where(*of_job, IMPORT_FACTS.c.kind == kind, IMPORT_FACTS.c.key > after, IMPORT_FACTS.c.state.is_(None))
        .order_by(IMPORT_FACTS.c.key)
        .limit(limit)
    )
    return [
        Fact(kind, key, None if before is None else orjson.loads(before), orjson.loads(told))
        for kind, key, before, told in execute(connection, statement, {})
    ]


def retired_viewings(connection: Connection, user_id: str, imdb_ids: list[str]) -> dict[str, set[str]]:
    """The viewings of these titles that undone jobs had made, whose ids are not given again."""
    retired: dict[str, set[str]] = {}
    for part in in_chunks(imdb_ids):
        statement = select(IMPORT_FACTS.c.key, IMPORT_FACTS.c.after).where(
            IMPORT_FACTS.c.user_id == user_id,
            IMPORT_FACTS.c.kind == "title",
            IMPORT_FACTS.c.key.in_(part),
            IMPORT_FACTS.c.state == "undone",
        )
        for imdb_id, told in execute(connection, statement, {}):
            retired.setdefault(imdb_id, set()).update(orjson.loads(told)["viewings"])
    return retired


def _dump(value: dict[str, Any]) -> str:
    return orjson.dumps(value, default=tuple).decode()
