"""The first form of TV Time's records (tracking-prod-records): films, and episodes in older exports."""

from collections import Counter
from collections.abc import Iterator

from movietracker.pluginapi import (
    BrokenRow,
    ImportRow,
    Member,
    TableRow,
    content_id,
    known_day,
    numeric_id,
    read_table,
)

from .titles import SOURCE, episode_facts, film_of, moment_of_row

MAX_REWATCHES = 1_000

Rows = Iterator[ImportRow | BrokenRow]


def read_films(member: Member) -> Rows:
    """Viewings and wishes; what is only followed, and counts over all titles, say nothing of one."""
    rewatched = _Rewatched()
    for row in read_table(member):
        if isinstance(row, BrokenRow):
            yield row
            continue
        kind = row.get("type").lower()
        if kind in ("watch", "rewatch") and _is_episode(row):
            yield ImportRow(source=SOURCE, where=member.at(row.line), **episode_facts(row), **moment_of_row(row))
        elif kind in ("watch", "rewatch"):
            yield rewatched.counted(_viewing(member, row, kind), row, kind)
        elif kind == "towatch" and not _is_episode(row):
            yield _wish(member, row)
    yield from rewatched.undated()


def _is_episode(row: TableRow) -> bool:
    """Older records do not say which they are of."""
    if entity := row.get("entity_type").lower():
        return entity != "movie"
    return not row.get("movie_name") and bool(row.get("series_name", "episode_id", "episode_number"))


def _viewing(member: Member, row: TableRow, kind: str) -> ImportRow:
    own = row.get("type-uuid-n") or content_id(kind, row.get("uuid"), row.get("movie_name"), row.get("created_at"))
    return ImportRow(
        source=SOURCE,
        row_id=own,
        where=member.at(row.line),
        is_viewing=True,
        viewing_id=own,
        status="watched",
        **film_of(row),
        **moment_of_row(row),
    )


def _wish(member: Member, row: TableRow) -> ImportRow:
    return ImportRow(
        source=SOURCE,
        row_id=f"towatch-{row.get('uuid') or content_id(row.get('movie_name'), row.get('release_date'))}",
        where=member.at(row.line),
        status="toWatch",
        added_on=known_day(row.get("created_at")),
        **film_of(row),
    )


class _Rewatched:
    """Films that were watched more often than there are records of it: how often is all that is known then."""

    def __init__(self) -> None:
        self._said: dict[str, tuple[int, ImportRow]] = {}
        self._recorded: Counter[str] = Counter()

    def counted(self, viewing: ImportRow, row: TableRow, kind: str) -> ImportRow:
        """The same viewing, of which is remembered what is needed."""
        own = row.get("uuid")
        if kind == "rewatch":
            self._recorded[own] += 1
        elif own and (count := numeric_id(row.get("rewatch_count"))):
            self._said[own] = min(count, MAX_REWATCHES), viewing
        return viewing

    def undated(self) -> Iterator[ImportRow]:
        """The viewings without a record, numbered behind those with one."""
        for own, (count, film) in self._said.items():
            for number in range(self._recorded[own] + 1, count + 1):
                viewing_id = f"rewatch-{own}-{number}"
                yield ImportRow(
                    source=SOURCE,
                    row_id=viewing_id,
                    where=film.where,
                    kind="movie",
                    title=film.title,
                    year=film.year,
                    other_ids=film.other_ids,
                    is_viewing=True,
                    viewing_id=viewing_id,
                    status="watched",
                    needs_review=film.needs_review,
                )
