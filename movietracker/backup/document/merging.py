"""Bringing a document into a library, within one transaction.

Merging adds missing records; of a record on both sides the version that changed last stays as a whole, so the library
loses no record. Replacing makes the library what the document says; removed records leave tombstones. Only differences
are written, so importing the same document again changes nothing.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from ...models.movie import Status, Vote
from ...records import KINDS, Kind, Writer
from ...services.change_clock import LibraryWrite
from ...services.movies import marks, reading, storing, writing
from ...services.movies.metadata import Metadata
from ...services.movies.seen import moment_of
from ...services.movies.storing import (
    TO_WATCH,
    ChangedTitle,
    NewTitle,
    StoredTitle,
    TitleState,
    dated,
    united,
)
from .entries import Entry, MovieEntry
from .matching import plan_people, plan_records
from .parsing import RANKINGS, SECTIONS
from .rankings import StoredRank, merge_ranks, statuses, stored_ranks
from .reading import Document
from .seen import seen_in


def _zeros() -> dict[str, int]:
    return dict.fromkeys(SECTIONS, 0)


@dataclass(slots=True)
class ImportReport:
    """Counts by kind: ``added``, ``changed`` and ``removed`` records, and those ``kept`` as they were before.

    ``needing_enrichment`` are the titles that the import added or changed and whose details are missing.
    ``ignored_fields`` names fields of the document that this server does not know, ``warnings`` are plain sentences.
    """

    replace: bool = False
    dry_run: bool = False
    added: dict[str, int] = field(default_factory=_zeros)
    changed: dict[str, int] = field(default_factory=_zeros)
    removed: dict[str, int] = field(default_factory=_zeros)
    kept: dict[str, int] = field(default_factory=_zeros)
    needing_enrichment: list[str] = field(default_factory=list)
    ignored_fields: list[str] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)
    safety_backup: str | None = None

    def keep(self, kind: str, before: int) -> None:
        """Count how many of the records from before are kept."""
        self.kept[kind] = before - self.changed[kind] - self.removed[kind]

    @property
    def imported(self) -> dict[str, int]:
        """How many records of each kind were added or changed."""
        return {kind: count + self.changed[kind] for kind, count in self.added.items()}

    def to_json(self) -> dict[str, Any]:
        """The contract's ImportResult, with the keys of both generations of clients; others only where they apply."""
        imported = self.imported
        result: dict[str, Any] = {
            "success": True,
            "imported_counts": imported,
            **{f"{kind}_imported": count for kind, count in imported.items()},
            "imdb_ids_needing_enrichment": self.needing_enrichment,
            "errors": [],
        }
        if self.replace or self.dry_run:
            result |= {"mode": "replace" if self.replace else "merge", "dry_run": self.dry_run}
            result |= {"added": self.added, "changed": self.changed, "removed": self.removed, "kept": self.kept}
        if self.safety_backup is not None:
            result["safety_backup"] = self.safety_backup
        for name, found in (("ignored_fields", self.ignored_fields), ("warnings", self.warnings)):
            if found:
                result[name] = found
        return result


def merge(tx: LibraryWrite, document: Document, *, replace: bool = False) -> ImportReport:
    """Bring a document into the library of a transaction; returns what changed."""
    return _Merge(tx, document, replace).run()


class _Merge:
    """The import of one document into one library."""

    def __init__(self, tx: LibraryWrite, document: Document, replace: bool) -> None:
        self.tx = tx
        self.document = document
        self.replace = replace
        self.report = ImportReport(replace=replace, ignored_fields=document.ignored_fields)
        self.ids: dict[str, dict[str, Any]] = {}
        self.tags: dict[str, str] = {}
        self.off_their_list = 0

    def run(self) -> ImportReport:
        """Remove titles, then merge the other kinds, then the titles that refer to them.

        The file is compared with records as stored: as the user left them, not as this import changes them.
        """
        titles, ranks = reading.count_titles(self.tx), stored_ranks(self.tx)
        if self.replace:
            self._remove_titles()
        for kind in KINDS:
            if kind.writer is not None:
                self._merge_records(kind, kind.writer)
        for batch in self.document.movies():
            stored = reading.read_titles(self.tx.stored, [each.imdb_id for each in batch]) if titles else {}
            self._merge_movies(batch, stored)
        self.report.keep("movies", titles)
        self._merge_ranks(ranks)
        if self.off_their_list:
            self.report.warnings.append(
                f"Movies that are now to watch, because their list is gone: {self.off_their_list}."
            )
        return self.report

    def _file_wins(self, last_modified: float, record: MovieEntry | Entry) -> bool:
        """Whether the record of the file replaces one of the account that changed at this time."""
        age = self.document.age_of(record)
        return self.replace or (age is not None and last_modified <= age)

    def _remove_titles(self) -> None:
        going = [imdb_id for imdb_id in reading.ids_of_titles(self.tx) if imdb_id not in self.document.movie_ids]
        storing.remove_titles(self.tx, going)
        self.report.removed["movies"] = len(going)

    def _merge_records(self, kind: Kind, writer: Writer) -> None:
        stored, entries = kind.read(self.tx.stored, None), self.document.entries[kind.name]
        make_plan = plan_people if kind.name == "person" else plan_records
        plan = make_plan(self.tx, kind, stored, entries, self._file_wins, self.replace)
        for key in plan.going:
            writer.delete(self.tx, key)
        writer.update(self.tx, plan.changes)
        rows = [{**entry.values, kind.key.name: plan.ids.get(entry.key)} for entry in plan.new]
        plan.ids.update(zip((entry.key for entry in plan.new), writer.add(self.tx, rows), strict=True))
        # Files of version 1 may refer to lists of the account that they do not contain.
        kept = {row[kind.key.name] for row in stored}.difference(plan.going)
        self.ids[kind.name] = {key: key for key in kept} | plan.ids
        self.report.added[kind.plural] = len(plan.new)
        self.report.changed[kind.plural] = len(plan.changes)
        self.report.removed[kind.plural] = len(plan.going)
        self.report.keep(kind.plural, len(stored))
        self.report.warnings += plan.warnings

    def _merge_movies(self, batch: Iterable[MovieEntry], stored: Mapping[str, StoredTitle]) -> None:
        new, changed = [], []
        for record in batch:
            known = stored.get(record.imdb_id)
            if known is None:
                new.append(self._new_title(record))
            elif self._file_wins(known.last_modified, record):
                after = self._state(record, known.state, self._age(record))
                added_at = None if record.added_at == known.added_at else record.added_at
                if after != known.state or added_at is not None or _fills_in(record, known):
                    changed.append(ChangedTitle(record.imdb_id, known.state, after, added_at))
                    self._fill_in(record, known)
        self.report.needing_enrichment += storing.add_titles(self.tx, new)
        storing.change_titles(self.tx, changed)
        self.report.added["movies"] += len(new)
        self.report.changed["movies"] += len(changed)

    def _merge_ranks(self, stored: Mapping[str, StoredRank]) -> None:
        """Last, since places hang on titles; a file of before there were rankings leaves them alone when merging."""
        entries = self.document.ranks
        if entries is not None or self.replace:
            told = [*(entries or {}).values()]
            ranked = merge_ranks(self.tx, told, stored, statuses(self.tx), replace=self.replace)
            self.report.added[RANKINGS] = ranked.added
            self.report.changed[RANKINGS] = ranked.changed
            self.report.removed[RANKINGS] = ranked.removed
            if ranked.unknown:
                self.report.warnings.append(f"Places in the ranking of titles that are not here: {ranked.unknown}.")
        self.report.keep(RANKINGS, sum(rank.ranked_at is not None for rank in stored.values()))

    def _new_title(self, record: MovieEntry) -> NewTitle:
        age = self._age(record)
        state = self._state(record, None, age)
        added_at = _earliest_date(state, age) if record.added_at is None else record.added_at
        return NewTitle(record.imdb_id, state, added_at, _metadata(record))

    def _fill_in(self, record: MovieEntry, known: StoredTitle) -> None:
        """Store details that the account lacks; existing ones stay."""
        if _fills_in(record, known):
            writing.ensure_movie(self.tx, record.imdb_id, _metadata(record))
        if known.lacks_tmdb and record.tmdb_data is None:
            self.report.needing_enrichment.append(record.imdb_id)

    def _state(self, record: MovieEntry, known: TitleState | None, age: float) -> TitleState:
        """A title's state in the file, completed from the account; ``age`` replaces missing dates."""
        media_type = record.media_type or (known.media_type if known else "movie")
        return TitleState(
            self._status(record, known),
            seen_in(record, known, age, replace=self.replace),
            self._votes(record, known, age),
            media_type,
            *self._marks(record, known),
        )

    def _marks(self, record: MovieEntry, known: TitleState | None) -> tuple[bool, Mapping[str, str]]:
        """A file has only marks that are set: those that it lacks are kept when it is merged, not when it replaces."""
        before = TitleState() if known is None or self.replace else known
        liked = before.liked if record.liked is None else record.liked
        return bool(liked), before.tags if record.tags is None else self._spelled(record.tags)

    def _spelled(self, tags: Mapping[str, str]) -> Mapping[str, str]:
        """Tags as the account spells them, or, when the file replaces it and for new ones, as the file first does."""
        for folded, tag in tags.items():
            if folded not in self.tags:
                self.tags[folded] = (not self.replace and marks.spelling_of(self.tx, folded)) or tag
        return {folded: self.tags[folded] for folded in tags}

    def _status(self, record: MovieEntry, known: TitleState | None) -> Status | None:
        if record.status is None:
            if known is not None:
                return known.status
            return Status("watched") if record.watch else TO_WATCH
        if record.status != "custom":
            return Status(record.status)
        list_id = self.ids["list"].get(record.list_id or "")
        if list_id is None:
            self.off_their_list += 1
            return TO_WATCH
        return Status("custom", list_id)

    def _votes(self, record: MovieEntry, known: TitleState | None, age: float) -> Mapping[int, Vote]:
        before: Mapping[int, Vote] = known.votes if known else {}
        if record.votes is None:
            return before
        people, spellings = self.ids["person"], self.document.spellings
        votes: dict[int, Vote] = {}
        for name, person_ref, date, vote_type, note in record.votes:
            told = self.document.ids_of_people[person_ref or ""] if name is None else name
            person_id = people[spellings.get(told, told)]
            vote = dated(Vote(date, vote_type, note), before.get(person_id), age)
            votes[person_id] = united(vote, votes[person_id]) if person_id in votes else vote
        return votes

    def _age(self, record: MovieEntry) -> float:
        """When the record changed last, a fallback for missing dates; never in the future."""
        age = self.document.age_of(record)
        return self.tx.wall_time if age is None else min(age, self.tx.wall_time)


def _earliest_date(state: TitleState, age: float) -> float:
    """When a title was added, as far as a file of before tells it."""
    dates = [vote.date_recommended for vote in state.votes.values() if vote.date_recommended is not None]
    if state.seen is not None:
        dates += [moment_of(viewing) for viewing in state.seen.viewings.values()]
    return min([age, *dates])


def _metadata(record: MovieEntry) -> Metadata:
    return Metadata(None, record.tmdb_data, record.omdb_data, title=record.title, year=record.year)


def _fills_in(record: MovieEntry, known: StoredTitle) -> bool:
    return (known.lacks_tmdb and record.tmdb_data is not None) or (known.lacks_omdb and record.omdb_data is not None)
