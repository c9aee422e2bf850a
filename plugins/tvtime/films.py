"""The first form of TV Time's records (tracking-prod-records): films, and episodes in older exports."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from functools import partial
from itertools import islice

from movietracker.pluginapi import (
    MAX_ROWS,
    BrokenRow,
    ImportRow,
    Member,
    Rows,
    TableRow,
    columns_of,
    content_id,
    known_day,
    numeric_id,
    read_dated_table,
    read_table,
    rows_of_each,
)

from .titles import DATES, SOURCE, episode_facts, film_of, moment_of_row

MAX_REWATCHES = 1_000


def read_films(member: Member) -> Rows:
    """Viewings and wishes; what is only followed, and counts over all titles, say nothing of one."""
    return rows_of_each(read_dated_table(member, *DATES), partial(_of_record, member, _recorded(member)))


def _of_record(member: Member, recorded: Counter[str], row: TableRow) -> Rows:
    kind = row.get("type").lower()
    if kind in ("watch", "rewatch") and _is_episode(row):
        yield ImportRow(source=SOURCE, where=member.at(row.line), **episode_facts(row), **moment_of_row(row))
    elif kind in ("watch", "rewatch"):
        yield (viewing := _viewing(member, row, kind))
        if kind == "watch":
            yield from _rewatches(viewing, row, recorded)
    elif kind == "towatch" and not _is_episode(row):
        yield _wish(member, row)


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


def _recorded(member: Member) -> Counter[str]:
    """How many rewatches have a record, by hashes of the films' ids; none without a column that counts the others."""
    if "rewatch_count" not in columns_of(member):
        return Counter()
    rows = (row for row in read_table(member) if not isinstance(row, BrokenRow))
    again = (row for row in rows if row.get("type").lower() == "rewatch")
    return Counter(content_id(row.get("uuid")) for row in islice(again, MAX_ROWS))


def _rewatches(viewing: ImportRow, row: TableRow, recorded: Counter[str]) -> Iterator[ImportRow]:
    """Viewings of which only the number is known, with the ids that they would have in a record."""
    own = row.get("uuid")
    count = min(numeric_id(row.get("rewatch_count")) or 0, MAX_REWATCHES) if own else 0
    for number in range(recorded[content_id(own)] + 1, count + 1):
        again = f"rewatch-{own}-{number}"
        yield replace(viewing, row_id=again, viewing_id=again, watched_on=None, watched_at=None)
