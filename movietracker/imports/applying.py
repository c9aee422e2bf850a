"""Bringing the matched titles of a confirmed job into the library, a few hundred in a transaction.

Titles come in the order of their IMDb ids, so that all rows of one are in one transaction, whatever they called it. The
transaction also moves the job on and notes what it changed: after kill -9 nothing is done twice or forgotten.
"""

from collections import Counter
from collections.abc import Callable, Collection, Mapping, Sequence
from contextlib import suppress
from typing import Any

import orjson
from sqlalchemy import BindParameter, Integer, bindparam, func, select

from ..database import in_chunks
from ..errors import Invalid, PersonNotFound
from ..models import IMPORT_TITLES, VIEWINGS
from ..plugin.importers import ImportRow
from ..schemas.importing import ReportCount
from ..services import lists, people
from ..services.change_clock import LibraryWrite
from ..services.library_read import OF_KIND
from ..services.movies import Metadata
from ..services.movies.marks import spelling_of
from ..services.movies.reading import read_titles
from ..services.movies.storing import ChangedTitle, NewTitle, add_titles, change_titles
from ..services.movies.tags import tag_named
from ..services.transactions import library_write, query, write_connection
from .facts import Fact, fact_of_title, retired_fields, store_facts
from .jobs import Job, change_job
from .planning import Known, Means, listed_in, plan
from .rows import Portion, leading_rows
from .same_viewings import viewing_ids

TITLES_AT_ONCE = 500

_KEYS: BindParameter[list[str]] = bindparam("of_keys", expanding=True)
_TITLES_OF_VIEWINGS = select(VIEWINGS.c.id, VIEWINGS.c.imdb_id).where(
    VIEWINGS.c.user_id == bindparam("of_user"), VIEWINGS.c.id.in_(_KEYS)
)
_MATCHED = (
    IMPORT_TITLES.c.user_id == bindparam("of_user"),
    IMPORT_TITLES.c.job_id == bindparam("of_job"),
    IMPORT_TITLES.c.imdb_id.is_not(None),
    IMPORT_TITLES.c.state.in_(("new", "known")),
)
_COUNT = select(func.count(IMPORT_TITLES.c.imdb_id.distinct())).where(*_MATCHED)
_NEXT_IDS = (
    select(IMPORT_TITLES.c.imdb_id)
    .distinct()
    .where(*_MATCHED, IMPORT_TITLES.c.imdb_id > bindparam("after"))
    .order_by(IMPORT_TITLES.c.imdb_id)
    .limit(bindparam("most", type_=Integer))
)
_NUMBERS = (
    select(IMPORT_TITLES.c.imdb_id, IMPORT_TITLES.c.number)
    .where(*_MATCHED, IMPORT_TITLES.c.imdb_id.in_(_KEYS))
    .order_by(IMPORT_TITLES.c.imdb_id)
)

RowsById = Mapping[str, Sequence[ImportRow]]


def apply_titles(job: Job, keeps_going: Callable[[Job], bool]) -> Job:
    """Apply the titles that are left, until all are or ``keeps_going`` says no. Raises JobChanged, QuotaExceeded."""
    if not job.report:
        with write_connection(job.user_id) as connection:
            total = query(_COUNT, {"of_user": job.user_id, "of_job": job.id}).scalar_one()
            job = change_job(connection, job, total=total, done=0, report={"titles_added": 0})
    while keeps_going(job):
        rows, left_out = _next_rows(job)
        if not rows:
            with write_connection(job.user_id) as connection:
                return change_job(connection, job, state="done")
        with library_write(job.user_id) as tx:
            counts = _Chunk(tx, job, {imdb_id: found for imdb_id, found in rows.items() if found}).apply()
            counts["rows_left_out"] += left_out
            report = dict(Counter(job.report) + counts)
            done = job.done + len(rows)
            job = change_job(
                tx.connection, job, position=next(reversed(rows)), done=done, report={"titles_added": 0, **report}
            )
    return job


class _Chunk:
    """A few hundred titles in one transaction."""

    def __init__(self, tx: LibraryWrite, job: Job, rows: RowsById) -> None:
        self._tx, self._job, self._rows = tx, job, rows
        self._facts: list[Fact] = []
        self._counts: Counter[ReportCount] = Counter()

    def apply(self) -> Counter[ReportCount]:
        """Write what differs, and the facts of it; returns the counts of the report."""
        imdb_ids = list(self._rows)
        stored = read_titles(self._tx.stored, imdb_ids)
        retired = retired_fields(self._tx.connection, self._job.user_id, imdb_ids)
        viewings = {key: viewing_ids(rows, key, retired.get(key, ())) for key, rows in self._rows.items()}
        means = self._means(viewings, stored)
        changed = self._changed_fields(list(stored))
        list_names: dict[str | None, str] = {
            list_id: self._job.choices["lists"][name] for name, list_id in means.lists.items()
        }
        new, old = [], []
        for imdb_id, rows in self._rows.items():
            retired_of = retired.get(imdb_id, ())
            known = Known(imdb_id, viewings[imdb_id], stored.get(imdb_id), changed.get(imdb_id, ()), retired_of)
            planned = plan(rows, known, means)
            self._counts.update(planned.counts)
            before = known.stored.state if known.stored else None
            if before is None and planned.after.status is None:
                self._counts["titles_left_out"] += 1
                continue
            if before is None:
                new.append(NewTitle(imdb_id, planned.after, planned.added_at, _name_in(rows)))
            elif before != planned.after:
                old.append(ChangedTitle(imdb_id, before, planned.after))
            else:
                continue
            self._facts.append(fact_of_title(imdb_id, before, planned.after, list_names, self._tx.first_seq))
        add_titles(self._tx, new)
        change_titles(self._tx, old)
        store_facts(self._tx, self._job, self._facts)
        self._counts["titles_added"] += len(new)
        self._counts["titles_changed"] += len(old)
        self._counts["titles_unchanged"] += len(self._rows) - len(new) - len(old) - self._counts["titles_left_out"]
        return self._counts

    def _means(self, viewings: Mapping[str, Collection[str]], stored: Collection[str]) -> Means:
        choices = self._job.choices
        return Means(
            people=self._people(choices.get("people", {})),
            lists=self._lists(choices.get("lists", {}), stored),
            replaces_ratings=choices.get("ratings") == "replace",
            told_at=self._job.created_at,
            now=self._tx.wall_time,
            taken=self._taken(viewings),
            list_tags=choices.get("list_tags", {}),
            tags=self._tags(choices.get("list_tags", {})),
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

    def _lists(self, chosen: Mapping[str, str | None], stored: Collection[str]) -> dict[str, str]:
        """The lists that these rows name and that were not left out, made if a new title needs them."""
        wanted = {name: to for name, to in chosen.items() if to is not None}
        new = (rows for imdb_id, rows in self._rows.items() if imdb_id not in stored)
        needed = {wanted[name] for rows in new if (name := listed_in(rows, wanted)) is not None}
        places = {row.list_place.name: None for rows in self._rows.values() for row in rows if row.list_place}
        ids: dict[str, str] = {}
        for name in places:
            if (to := wanted.get(name)) is not None:
                list_id = lists.find_list(self._tx, to) or (self._list(to) if to in needed else None)
                if list_id is not None:
                    ids[name] = list_id
        return ids

    def _list(self, name: str) -> str:
        list_id = lists.add_list(self._tx, name)
        self._facts.append(Fact("list", list_id, None, lists.values_of(self._tx, list_id)))
        self._counts["lists"] += 1
        return list_id

    def _tags(self, list_tags: Mapping[str, str]) -> dict[str, tuple[str, str]]:
        """The folded form of each tag that these rows can give, and its stored one: the library's, else the first."""
        of_rows = (tag for rows in self._rows.values() for row in rows for tag in row.tags)
        spelled: dict[str, str] = {}
        tags: dict[str, tuple[str, str]] = {}
        for each in dict.fromkeys((*of_rows, *list_tags.values())):
            with suppress(Invalid):
                folded, tag = tag_named(each)
                if folded not in spelled:
                    spelled[folded] = spelling_of(self._tx, folded) or tag
                tags[each] = folded, spelled[folded]
        return tags

    def _taken(self, viewings: Mapping[str, Collection[str]]) -> dict[str, str]:
        """The ids of these rows' viewings that other titles have."""
        made = {viewing_id: imdb_id for imdb_id, found in viewings.items() for viewing_id in found}
        taken: dict[str, str] = {}
        for part in in_chunks(list(made)):
            found = self._tx.stored.fetch(_TITLES_OF_VIEWINGS, of_keys=part)
            taken |= {key: imdb_id for key, imdb_id in found if imdb_id != made[key]}
        return taken

    def _changed_fields(self, imdb_ids: Sequence[str]) -> dict[str, Mapping[str, Any]]:
        """The fields of these titles that ever changed."""
        fields: dict[str, Mapping[str, Any]] = {}
        for part in in_chunks(imdb_ids):
            for imdb_id, noted in self._tx.stored.fetch(OF_KIND["movie"].of_keys, of_keys=part):
                fields[imdb_id] = orjson.loads(noted)
        return fields


def _name_in(rows: Sequence[ImportRow]) -> Metadata:
    """What these rows call their title, to be shown until a provider tells its details."""
    row = next((row for row in rows if row.title), None)
    return Metadata() if row is None else Metadata(title=row.title, year=row.year)


def _next_rows(job: Job) -> Portion[str]:
    """The usable rows of the next titles, by their IMDb ids."""
    of_job = {"of_user": job.user_id, "of_job": job.id}
    titles: dict[str, list[int]] = {}
    for part in in_chunks(query(_NEXT_IDS, {**of_job, "after": job.position, "most": TITLES_AT_ONCE}).scalars()):
        for imdb_id, number in query(_NUMBERS, {**of_job, "of_keys": part}):
            titles.setdefault(imdb_id, []).append(number)
    return leading_rows(job, titles, only_usable=True)
