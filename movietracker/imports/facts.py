"""What a job changed of each record, kept so that it can be taken back: only what differs, as JSON."""

from collections.abc import Collection, Iterator, Mapping
from typing import Any, NamedTuple

import orjson
from sqlalchemy import Connection, Integer, bindparam, func, select, update

from ..database import execute, execute_many, in_chunks
from ..models import IMPORT_FACTS
from ..models.movie import Status, Viewing, Vote
from ..services.change_clock import LibraryWrite
from ..services.movies.seen import NOT_SEEN, viewing_field
from ..services.movies.storing import TitleState
from ..services.movies.tags import tag_field
from ..services.people import vote_fields
from .jobs import Job

CHARACTERS_AT_ONCE = 1_000_000

_WAITING = (
    IMPORT_FACTS.c.user_id == bindparam("of_user"),
    IMPORT_FACTS.c.job_id == bindparam("of_job"),
    IMPORT_FACTS.c.kind == bindparam("of_kind"),
    IMPORT_FACTS.c.key > bindparam("behind"),
    IMPORT_FACTS.c.state.is_(None),
)
_SIZES = (
    select(IMPORT_FACTS.c.key, func.length(IMPORT_FACTS.c.after))
    .where(*_WAITING)
    .order_by(IMPORT_FACTS.c.key)
    .limit(bindparam("most", type_=Integer))
)
_FACTS = (
    select(IMPORT_FACTS.c.key, IMPORT_FACTS.c.before, IMPORT_FACTS.c.after)
    .where(*_WAITING, IMPORT_FACTS.c.key <= bindparam("until"))
    .order_by(IMPORT_FACTS.c.key)
)
_UNDONE = select(IMPORT_FACTS.c.key, IMPORT_FACTS.c.after).where(
    IMPORT_FACTS.c.user_id == bindparam("of_user"),
    IMPORT_FACTS.c.kind == "title",
    IMPORT_FACTS.c.key.in_(bindparam("of_keys", expanding=True)),
    IMPORT_FACTS.c.state == "undone",
)
_OTHERS = select(IMPORT_FACTS.c.key, IMPORT_FACTS.c.job_id, IMPORT_FACTS.c.before, IMPORT_FACTS.c.after).where(
    IMPORT_FACTS.c.user_id == bindparam("of_user"),
    IMPORT_FACTS.c.kind == "title",
    IMPORT_FACTS.c.key.in_(bindparam("of_keys", expanding=True)),
    IMPORT_FACTS.c.job_id != bindparam("of_job"),
    IMPORT_FACTS.c.state.is_(None),
)
_REWRITE = (
    update(IMPORT_FACTS)
    .where(
        IMPORT_FACTS.c.user_id == bindparam("of_user"),
        IMPORT_FACTS.c.job_id == bindparam("of_job"),
        IMPORT_FACTS.c.kind == "title",
        IMPORT_FACTS.c.key == bindparam("of_key"),
    )
    .values(before=bindparam("to_before"), after=bindparam("to_after"))
)
_COLUMNS = ("job_id", "kind", "key", "before", "after")


class Fact(NamedTuple):
    """A record that a job made (no ``before``) or changed; each side says what differs."""

    kind: str
    key: str
    before: dict[str, Any] | None
    after: dict[str, Any]

    @property
    def is_new(self) -> bool:
        """Whether the job made the record, or is the heir of one that did."""
        return self.before is None or "new" in self.after


class TitleFact(NamedTuple):
    """What a job said of a title: what is None or empty it did not change. ``is_new`` if it made the title.

    ``dated`` are viewings that were there without a day, as they were and as they became. ``tags`` are by their folded
    form. ``list_name`` is that of the list in the status.
    """

    is_new: bool
    status: tuple[Status | None, Status] | None
    rating: tuple[float | None, float] | None
    viewings: Mapping[str, Viewing]
    votes: Mapping[int, Vote]
    dated: Mapping[str, tuple[Viewing, Viewing]]
    liked: bool
    tags: Collection[str]
    list_name: str | None


def fact_of_title(
    imdb_id: str, before: TitleState | None, after: TitleState, list_names: Mapping[str | None, str], seq: int
) -> Fact:
    """The fact of a title that a job adds or changes; ``seq`` orders the facts of several jobs about one title."""
    old = before or TitleState()
    old_seen, seen = old.seen or NOT_SEEN, after.seen or NOT_SEEN
    was: dict[str, Any] = {}
    told: dict[str, Any] = {"seq": seq}
    if old.status != after.status:
        was["status"], told["status"] = old.status, after.status
        if after.status and (list_name := list_names.get(after.status.custom_list_id)):
            told["list"] = list_name
    if old_seen.my_rating != seen.my_rating:
        was["rating"], told["rating"] = old_seen.my_rating, seen.my_rating
    told["viewings"] = {key: each for key, each in seen.viewings.items() if key not in old_seen.viewings}
    if dated := {key: each for key, each in old_seen.viewings.items() if seen.viewings.get(key, each) != each}:
        was["dated"], told["dated"] = dated, {key: seen.viewings[key] for key in dated}
    told["votes"] = {str(key): vote for key, vote in after.votes.items() if key not in old.votes}
    if after.liked and not old.liked:
        told["liked"] = True
    if tags := [folded for folded in after.tags if folded not in old.tags]:
        told["tags"] = tags
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
    dated = {key: (Viewing(*each), Viewing(*told["dated"][key])) for key, each in was.get("dated", {}).items()}
    marks = told.get("liked", False), told.get("tags", ()), told.get("list")
    return TitleFact(fact.is_new, status, rating, viewings, votes, dated, *marks)


def store_facts(tx: LibraryWrite, job: Job, facts: list[Fact]) -> None:
    """Store facts in the transaction of their changes."""
    rows = [
        (job.id, each.kind, each.key, None if each.before is None else _dump(each.before), _dump(each.after))
        for each in facts
    ]
    tx.insert_rows(IMPORT_FACTS, _COLUMNS, rows)


def read_facts(connection: Connection, job: Job, kind: str, after: str, limit: int) -> list[Fact]:
    """The facts of a kind behind this key that were not taken back, in the order of the keys.

    At most ``limit``, and after the first no more than CHARACTERS_AT_ONCE.
    """
    wanted = {"of_user": job.user_id, "of_job": job.id, "of_kind": kind, "behind": after}
    until, room = "", CHARACTERS_AT_ONCE
    for key, size in execute(connection, _SIZES, {**wanted, "most": limit}):
        room -= size
        if until and room < 0:
            break
        until = key
    return [
        Fact(kind, key, None if before is None else orjson.loads(before), orjson.loads(told))
        for key, before, told in execute(connection, _FACTS, {**wanted, "until": until})
    ]


def later_facts(connection: Connection, job: Job, facts: Collection[Fact]) -> dict[str, dict[str, Fact]]:
    """What other jobs changed of these titles after this one and still hold: of each title by job, in that order."""
    seqs = {fact.key: fact.after.get("seq", 0) for fact in facts}
    found: list[tuple[str, Fact]] = []
    for part in in_chunks(list(seqs)):
        rows = execute(connection, _OTHERS, {"of_user": job.user_id, "of_job": job.id, "of_keys": part})
        for key, job_id, before, told in rows:
            fact = Fact("title", key, None if before is None else orjson.loads(before), orjson.loads(told))
            if fact.after.get("seq", 0) > seqs[key]:
                found.append((job_id, fact))
    later: dict[str, dict[str, Fact]] = {}
    for job_id, fact in sorted(found, key=lambda pair: pair[1].after["seq"]):
        later.setdefault(fact.key, {})[job_id] = fact
    return later


def rewrite_facts(connection: Connection, user_id: str, facts: Collection[tuple[str, Fact]]) -> None:
    """Store facts of titles that became others, each with its job."""
    rows = [
        {
            **{"of_user": user_id, "of_job": job_id, "of_key": fact.key, "to_after": _dump(fact.after)},
            "to_before": None if fact.before is None else _dump(fact.before),
        }
        for job_id, fact in facts
    ]
    execute_many(connection, _REWRITE, rows)


def retired_fields(connection: Connection, user_id: str, imdb_ids: list[str]) -> dict[str, set[str]]:
    """The fields of these titles that undone jobs had set: viewings, whose ids are not given again, votes and marks."""
    retired: dict[str, set[str]] = {}
    for part in in_chunks(imdb_ids):
        for imdb_id, told in execute(connection, _UNDONE, {"of_user": user_id, "of_keys": part}):
            retired.setdefault(imdb_id, set()).update(_fields_in(orjson.loads(told)))
    return retired


def _fields_in(told: Mapping[str, Any]) -> Iterator[str]:
    yield from map(viewing_field, told["viewings"])
    yield from (vote_fields(int(person_id))[0] for person_id in told["votes"])
    yield from map(tag_field, told.get("tags", ()))
    if told.get("liked"):
        yield "liked"


def _dump(value: dict[str, Any]) -> str:
    return orjson.dumps(value, default=tuple).decode()
