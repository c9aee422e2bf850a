"""Bringing the matched titles of a confirmed job into the library, a few hundred in a transaction.

Titles come in the order of their IMDb ids, so that all rows of one are in one transaction, whatever they called it. The
transaction also moves the job on and notes what it changed: after kill -9 nothing is done twice or forgotten.
"""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from typing import Any

import orjson
from sqlalchemy import func, select

from ..database import execute, in_chunks
from ..errors import PersonNotFound
from ..models import IMPORT_TITLES, VIEWINGS
from ..plugin.importers import ImportRow
from ..services import lists, people
from ..services.change_clock import LibraryWrite
from ..services.library_read import OF_KIND
from ..services.movies.reading import read_titles
from ..services.movies.storing import ChangedTitle, NewTitle, add_titles, change_titles
from ..services.transactions import library_write, query, write_connection
from .facts import Fact, fact_of_title, retired_viewings, store_facts
from .jobs import Job, change_job
from .planning import Known, Means, plan, viewing_ids
from .rows import rows_of_titles

TITLES_AT_ONCE = 300

RowsById = Mapping[str, Sequence[ImportRow]]


def apply_titles(job: Job, keeps_going: Callable[[Job], bool]) -> Job:
    """Apply the titles that are left, until all are or ``keeps_going`` says no. Raises JobChanged, QuotaExceeded."""
    if not job.report:
        with write_connection(job.user_id) as connection:
            total = query(select(func.count(IMPORT_TITLES.c.imdb_id.distinct())).where(*_matched(job))).scalar_one()
            job = change_job(connection, job, total=total, done=0, report={"titles_added": 0})
    while keeps_going(job):
        imdb_ids = _next_ids(job)
        if not imdb_ids:
            with write_connection(job.user_id) as connection:
                return change_job(connection, job, state="done")
        rows = _rows_by_id(job, imdb_ids)
        with library_write(job.user_id) as tx:
            counts = _Chunk(tx, job, rows).apply()
            report = dict(Counter(job.report) + counts)
            done = job.done + len(imdb_ids)
            job = change_job(tx.connection, job, position=imdb_ids[-1], done=done, report={"titles_added": 0, **report})
    return job


class _Chunk:
    """A few hundred titles in one transaction."""

    def __init__(self, tx: LibraryWrite, job: Job, rows: RowsById) -> None:
        self._tx, self._job, self._rows = tx, job, rows
        self._facts: list[Fact] = []
        self._counts: Counter[str] = Counter()

    def apply(self) -> Counter[str]:
        """Write what differs, and the facts of it; returns the counts of the report."""
        imdb_ids = list(self._rows)
        stored = read_titles(self._tx.stored, imdb_ids)
        retired = retired_viewings(self._tx.connection, self._job.user_id, imdb_ids)
        means = self._means(retired)
        changed = self._changed_fields(list(stored))
        new, old = [], []
        for imdb_id, rows in self._rows.items():
            known = Known(imdb_id, stored.get(imdb_id), changed.get(imdb_id, ()), retired.get(imdb_id, ()))
            planned = plan(rows, known, means)
            self._counts += planned.counts
            before = known.stored.state if known.stored else None
            if before is None:
                new.append(NewTitle(imdb_id, planned.after, planned.added_at))
            elif before != planned.after:
                old.append(ChangedTitle(imdb_id, before, planned.after))
            else:
                continue
            self._facts.append(fact_of_title(imdb_id, before, planned.after))
        add_titles(self._tx, new)
        change_titles(self._tx, old)
        store_facts(self._tx, self._job, self._facts)
        self._counts += Counter(
            titles_added=len(new), titles_changed=len(old), titles_unchanged=len(self._rows) - len(new) - len(old)
        )
        return self._counts

    def _means(self, retired: Mapping[str, set[str]]) -> Means:
        choices = self._job.choices
        return Means(
            people=self._people(choices.get("people", {})),
            lists=self._lists(choices.get("lists", {})),
            replaces_ratings=choices.get("ratings") == "replace",
            told_at=self._job.created_at,
            now=self._tx.wall_time,
            taken=self._taken(retired),
        )

    def _people(self, chosen: Mapping[str, str | None]) -> dict[str, int]:
        """The confirmed people whom these rows name, made if they are not there."""
        found = {told.name for rows in self._rows.values() for row in rows for told in row.recommended_by}
        ids: dict[str, int] = {}
        for name in sorted(found & chosen.keys()):
            if (wanted := chosen[name]) is not None:
                ids[name] = self._person(wanted)
        return ids

    def _person(self, name: str) -> int:
        with suppress(PersonNotFound):
            return people.find_person(self._tx, name)
        person_id = people.add_person(self._tx, name)
        self._facts.append(Fact("person", str(person_id), None, people.values_of(self._tx, person_id)))
        self._counts["people"] += 1
        return person_id

    def _lists(self, chosen: Mapping[str, str | None]) -> dict[str, str]:
        """The lists that these rows name and that were not left out, made if a new title needs them."""
        places = {row.list_place.name: None for rows in self._rows.values() for row in rows if row.list_place}
        ids: dict[str, str] = {}
        for name in places:
            wanted = chosen.get(name)
            if wanted is not None:
                ids[name] = lists.find_list(self._tx, wanted) or self._list(wanted)
        return ids

    def _list(self, name: str) -> str:
        list_id = lists.add_list(self._tx, name)
        self._facts.append(Fact("list", list_id, None, lists.values_of(self._tx, list_id)))
        self._counts["lists"] += 1
        return list_id

    def _taken(self, retired: Mapping[str, set[str]]) -> dict[str, str]:
        """The ids of these rows' viewings that other titles have."""
        made = {
            viewing_id: imdb_id
            for imdb_id, rows in self._rows.items()
            for viewing_id in viewing_ids(rows, imdb_id, retired.get(imdb_id, ()))
        }
        taken: dict[str, str] = {}
        for part in in_chunks(list(made)):
            statement = select(VIEWINGS.c.id, VIEWINGS.c.imdb_id).where(
                VIEWINGS.c.user_id == self._tx.user_id, VIEWINGS.c.id.in_(part)
            )
            found = execute(self._tx.connection, statement, {})
            taken |= {key: imdb_id for key, imdb_id in found if imdb_id != made[key]}
        return taken

    def _changed_fields(self, imdb_ids: Sequence[str]) -> dict[str, Mapping[str, Any]]:
        """The fields of these titles that ever changed."""
        fields: dict[str, Mapping[str, Any]] = {}
        for part in in_chunks(imdb_ids):
            for imdb_id, noted in self._tx.stored.fetch(OF_KIND["movie"].of_keys, of_keys=part):
                fields[imdb_id] = orjson.loads(noted)
        return fields


def _matched(job: Job) -> tuple[Any, ...]:
    is_of_job = IMPORT_TITLES.c.user_id == job.user_id, IMPORT_TITLES.c.job_id == job.id
    return (*is_of_job, IMPORT_TITLES.c.imdb_id.is_not(None), IMPORT_TITLES.c.state.in_(("new", "known")))


def _next_ids(job: Job) -> list[str]:
    of_rest = select(IMPORT_TITLES.c.imdb_id).where(*_matched(job), IMPORT_TITLES.c.imdb_id > job.position)
    return query(of_rest.distinct().order_by(IMPORT_TITLES.c.imdb_id).limit(TITLES_AT_ONCE)).scalars()


def _rows_by_id(job: Job, imdb_ids: Sequence[str]) -> RowsById:
    """The usable rows of these titles; those of which there are none are left out."""
    numbered: dict[int, str] = {}
    for part in in_chunks(imdb_ids):
        statement = select(IMPORT_TITLES.c.number, IMPORT_TITLES.c.imdb_id).where(
            *_matched(job), IMPORT_TITLES.c.imdb_id.in_(part)
        )
        numbered.update(map(tuple, query(statement.order_by(IMPORT_TITLES.c.number))))
    rows: dict[str, list[ImportRow]] = {}
    for number, found in sorted(rows_of_titles(job, list(numbered), only_usable=True).items()):
        rows.setdefault(numbered[number], []).extend(found)
    return rows
