"""Bringing a document into a library, within one transaction.

Merging adds what is not there; of what is there on both sides the record that changed last stays, wholly, and so the
library does not lose a record. Replacing makes the library what the document says; what it loses leaves tombstones.
Either way only what differs is written, so that the same document changes nothing the second time.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from sqlalchemy import bindparam, select

from ..models import CustomList, Person
from ..services import bulk, library, lists, people
from ..services.bulk import NO_METADATA, ChangedTitle, NewTitle, StoredTitle, TitleState
from ..services.change_clock import MOST_KEYS_IN_STATEMENT, LibraryWrite
from ..services.metadata_columns import Metadata
from .matching import Plan, plan_lists, plan_people, settle_names
from .reading import Document
from .records import ListRecord, MovieRecord, PersonRecord
from .report import ImportReport

PEOPLE = Person.__table__
LISTS = CustomList.__table__

_PEOPLE = select(
    PEOPLE.c.id,
    PEOPLE.c.name,
    PEOPLE.c.is_trusted,
    PEOPLE.c.color,
    PEOPLE.c.emoji,
    PEOPLE.c.quick_key,
    PEOPLE.c.last_modified,
    PEOPLE.c.field_changes,
).where(PEOPLE.c.user_id == bindparam("of_user"))
_OTHERS_LISTS = select(LISTS.c.id).where(
    LISTS.c.id.in_(bindparam("of_keys", expanding=True)), LISTS.c.user_id != bindparam("of_user")
)


def merge(tx: LibraryWrite, document: Document, *, replace: bool = False) -> ImportReport:
    """Bring a document into the library of a transaction; answers what that came to."""
    return _Merge(tx, document, replace).run()


class _Merge:
    """One document on its way into one library."""

    def __init__(self, tx: LibraryWrite, document: Document, replace: bool) -> None:
        self.tx = tx
        self.document = document
        self.replace = replace
        self.report = ImportReport(replace=replace, ignored_fields=document.ignored_fields)
        self.people_ids: dict[str, int] = {}
        self.list_ids: dict[str, str] = {}
        self.off_their_list = 0

    def run(self) -> ImportReport:
        """Titles that go, then people and lists, then the titles that refer to them."""
        titles = bulk.count_titles(self.tx)
        if self.replace:
            self._remove_titles()
        self._merge_people()
        self._merge_lists()
        for batch in self.document.movies():
            self._merge_movies(batch, bulk.read_titles(self.tx, [each.imdb_id for each in batch]) if titles else {})
        self.report.keep("movies", titles)
        if self.off_their_list:
            self.report.warnings.append(
                f"Movies that are now to watch, because their list is gone: {self.off_their_list}."
            )
        return self.report

    def _file_wins(self, last_modified: float, record: MovieRecord | PersonRecord | ListRecord) -> bool:
        """Whether the record of the file prevails over one that changed at this time here."""
        age = self.document.age_of(record)
        return self.replace or (age is not None and last_modified <= age)

    def _remove_titles(self) -> None:
        going = [imdb_id for imdb_id in bulk.ids_of_titles(self.tx) if imdb_id not in self.document.movie_ids]
        bulk.remove_titles(self.tx, going)
        self.report.removed["movies"] = len(going)

    def _merge_people(self) -> None:
        stored = self.tx.execute(_PEOPLE).mappings().all()
        plan = plan_people(stored, self.document.people, self._file_wins)
        going = plan.unmatched if self.replace else []
        settle_names(plan, stored, going)
        for person_id in going:
            people.delete_person(self.tx, person_id)
        renamed = [person_id for person_id, values in plan.changes.items() if "name" in values]
        if len(renamed) > 1:
            people.free_names(self.tx, renamed)
        for person_id, values in plan.changes.items():
            people.update_person(self.tx, person_id, values)
        rows = [{"name": new.name, "quick_key": new.quick_key, **new.look} for new in plan.new]
        plan.ids.update(zip((new.name for new in plan.new), people.add_people(self.tx, rows), strict=True))
        self.people_ids = plan.ids
        self._count("people", len(stored), plan, going)

    def _merge_lists(self) -> None:
        stored = [{**each} for each in lists.list_lists(self.tx)]
        mine = {each["id"] for each in stored}
        others = self._others_lists([record.id for record in self.document.lists if record.id not in mine])
        plan = plan_lists(self.tx.user_id, stored, self.document.lists, others, self._file_wins)
        going = plan.unmatched if self.replace else []
        for list_id in going:
            lists.delete_list(self.tx, list_id)
        for list_id, values in plan.changes.items():
            lists.update_list(self.tx, list_id, values)
        for new in plan.new:
            lists.add_list(self.tx, new.name, list_id=plan.ids[new.id], **new.look)
        # A file that forgot its lists (version 1) may mean lists that are here.
        self.list_ids = {list_id: list_id for list_id in mine.difference(going)} | plan.ids
        self._count("lists", len(stored), plan, going)

    def _others_lists(self, ids: list[str]) -> set[str]:
        found: set[str] = set()
        for start in range(0, len(ids), MOST_KEYS_IN_STATEMENT):
            found.update(self.tx.execute(_OTHERS_LISTS, of_keys=ids[start : start + MOST_KEYS_IN_STATEMENT]).scalars())
        return found

    def _count(self, kind: str, before: int, plan: Plan, going: Iterable[Any]) -> None:
        self.report.added[kind] = len(plan.new)
        self.report.changed[kind] = len(plan.changes)
        self.report.removed[kind] = len(list(going))
        self.report.keep(kind, before)
        self.report.warnings += plan.warnings

    def _merge_movies(self, batch: Iterable[MovieRecord], stored: Mapping[str, StoredTitle]) -> None:
        new, changed = [], []
        for record in batch:
            known = stored.get(record.imdb_id)
            if known is None:
                new.append(self._new_title(record))
            elif self._file_wins(known.last_modified, record):
                after = self._state(record, known.state, self._age(record))
                if after != known.state or _fills_in(record, known):
                    changed.append(ChangedTitle(record.imdb_id, known.state, after))
                    self._fill_in(record, known)
        self.report.needing_enrichment += bulk.add_titles(self.tx, new)
        bulk.change_titles(self.tx, changed)
        self.report.added["movies"] += len(new)
        self.report.changed["movies"] += len(changed)

    def _new_title(self, record: MovieRecord) -> NewTitle:
        age = self._age(record)
        state = self._state(record, None, age)
        watched = () if state.watch is None else (state.watch[0],)
        added_at = min([age, *watched, *(date for date, _ in state.votes.values())])
        return NewTitle(record.imdb_id, state, added_at, _metadata(record))

    def _fill_in(self, record: MovieRecord, known: StoredTitle) -> None:
        """Store details that are missing here; those that are there stay."""
        if _fills_in(record, known):
            library.ensure_movie(self.tx, record.imdb_id, _metadata(record))
        if known.lacks_tmdb and record.tmdb_data is None:
            self.report.needing_enrichment.append(record.imdb_id)

    def _state(self, record: MovieRecord, known: TitleState | None, age: float) -> TitleState:
        """What the file says of a title; where it is silent, what is known here. ``age`` stands for missing dates."""
        status, list_id = self._status(record, known)
        media_type = record.media_type or (known.media_type if known else "movie")
        return TitleState(media_type, status, list_id, _watch(record, known, age), self._votes(record, known, age))

    def _status(self, record: MovieRecord, known: TitleState | None) -> tuple[str, str | None]:
        if record.status is None:
            if known is not None:
                return known.status, known.list_id
            return ("watched" if record.watch else "toWatch"), None
        if record.status != "custom":
            return record.status, None
        list_id = self.list_ids.get(record.list_id or "")
        if list_id is None:
            self.off_their_list += 1
            return "toWatch", None
        return "custom", list_id

    def _votes(self, record: MovieRecord, known: TitleState | None, age: float) -> dict[int, tuple[float, bool]]:
        before = known.votes if known else {}
        if record.votes is None:
            return before
        votes = {}
        for name, person_ref, date, vote_type in record.votes:
            person_id = self.people_ids[self.document.ids_of_people[person_ref or ""] if name is None else name]
            if date is None:
                date = before[person_id][0] if person_id in before else age
            votes[person_id] = (date, vote_type)
        return votes

    def _age(self, record: MovieRecord) -> float:
        """When the record changed last, for want of a better date; never in the future."""
        age = self.document.age_of(record)
        return self.tx.at if age is None else min(age, self.tx.at)


def _watch(record: MovieRecord, known: TitleState | None, age: float) -> tuple[float, float | None] | None:
    before = known.watch if known else None
    if not record.is_watch_told:
        return before
    if record.watch is None:
        return None
    date, rating = record.watch
    if date is None:
        date = age if before is None else before[0]
    return date, rating


def _metadata(record: MovieRecord) -> Metadata:
    if record.tmdb_data is None and record.omdb_data is None:
        return NO_METADATA
    return Metadata(None, record.tmdb_data, record.omdb_data)


def _fills_in(record: MovieRecord, known: StoredTitle) -> bool:
    return (known.lacks_tmdb and record.tmdb_data is not None) or (known.lacks_omdb and record.omdb_data is not None)
