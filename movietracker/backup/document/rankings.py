"""The rankings of a backup document: written, read, and merged into a library.

They are no records of their own, but hang on titles, so a document lists them beside its records. Positions are those
among all places of a group, also of titles that are not watched at present and therefore not shown.
"""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from itertools import groupby
from typing import Any, NamedTuple

import orjson
from sqlalchemy import bindparam, select, update

from ...models import RANKINGS, STATUS
from ...schemas.fields import checks_of
from ...schemas.ranking import MAX_COMPARISONS, ComparisonSchema, DocumentRankSchema, comparisons_json
from ...schemas.values import IMDB_ID
from ...services.change_clock import LibraryWrite
from ...services.library_read import LibraryRead
from ...services.movies.columns import of_movie, of_user
from ...services.order_keys import MAX_LENGTH, spread
from .findings import Fields, Notes

PAGE = 500

_COLUMNS = ("liked", "order_key", "ranked_at", "comparisons", "former_key")
_STORED = select(RANKINGS.c.imdb_id, *(RANKINGS.c[name] for name in _COLUMNS)).where(of_user(RANKINGS))
_STATUSES = select(STATUS.c.imdb_id, STATUS.c.status).where(of_user(STATUS))
_MOVE = update(RANKINGS).where(of_movie(RANKINGS)).values(order_key=bindparam("to_key"))
_TAKE_OUT = update(RANKINGS).where(of_movie(RANKINGS)).values(ranked_at=None, comparisons=None, is_shown=False)
_CHECKS = checks_of(DocumentRankSchema)
_KNOWN = frozenset(DocumentRankSchema._declared_fields)
_COMPARED = frozenset(ComparisonSchema._declared_fields)


class StoredRank(NamedTuple):
    """A title's row in the ranking; ``comparisons`` is JSON text. Without ``ranked_at`` it is not in it any more."""

    liked: bool
    order_key: str
    ranked_at: float | None
    comparisons: str | None
    former_key: str | None


class RankEntry(NamedTuple):
    """A title's place in a document; ``comparisons`` is JSON text."""

    imdb_id: str
    liked: bool
    position: int
    ranked_at: float | None
    comparisons: str | None


class Ranked(NamedTuple):
    """How many places an import added, changed and removed, and how many of the file are of no title of the library."""

    added: int = 0
    changed: int = 0
    removed: int = 0
    unknown: int = 0


def statuses(read: LibraryRead) -> dict[str, str]:
    """The status of each title of the library."""
    return dict(read.fetch(_STATUSES))


def stored_ranks(read: LibraryRead) -> dict[str, StoredRank]:
    """All rows of the ranking by IMDb id, in the order of their keys, the liked ones first."""
    rows = [(row[0], StoredRank(bool(row[1]), *row[2:])) for row in read.fetch(_STORED)]
    return dict(sorted(rows, key=lambda row: (not row[1].liked, row[1].order_key)))


def rank_pages(read: LibraryRead) -> Iterator[list[dict[str, Any]]]:
    """The places of a library as a document has them, some at a time."""
    ranked = [(imdb_id, rank) for imdb_id, rank in stored_ranks(read).items() if rank.ranked_at is not None]
    for liked, group in groupby(ranked, key=lambda each: each[1].liked):
        page = []
        for position, (imdb_id, rank) in enumerate(group, 1):
            place = {"imdb_id": imdb_id, "liked": liked, "position": position, "ranked_at": rank.ranked_at}
            told = {} if rank.comparisons is None else {"comparisons": orjson.Fragment(rank.comparisons)}
            page.append(place | told)
            if len(page) == PAGE:
                yield page
                page = []
        if page:
            yield page


def read_rank(raw: Any, place: str, notes: Notes) -> RankEntry | None:
    """A place; None when something of it is missing or wrong."""
    fields = Fields.of(raw, place, "rankings[].", _KNOWN, notes)
    if fields is None:
        return None
    imdb_id, liked, position = (fields.required(name, _CHECKS[name].check) for name in ("imdb_id", "liked", "position"))
    ranked_at = fields.optional("ranked_at", _CHECKS["ranked_at"].check)
    comparisons = _comparisons(raw.get("comparisons"), f"{place}.comparisons", notes)
    if imdb_id is None or liked is None or position is None:
        return None
    return RankEntry(imdb_id, liked, position, ranked_at, comparisons)


def _comparisons(raw: Any, place: str, notes: Notes) -> str | None:
    if raw is None:
        return None
    if type(raw) is not list or len(raw) > MAX_COMPARISONS:
        notes.fault(place, f"must be an array of at most {MAX_COMPARISONS} comparisons")
        return None
    told = []
    for at, each in enumerate(raw):
        fields = Fields.of(each, f"{place}[{at}]", "rankings[].comparisons[].", _COMPARED, notes)
        if fields is not None:
            told.append({name: fields.required(name, IMDB_ID.check) for name in ("winner", "loser")})
    return comparisons_json(told)


def merge_ranks(
    tx: LibraryWrite,
    entries: Sequence[RankEntry],
    stored: Mapping[str, StoredRank],
    titles: Mapping[str, str],
    *,
    replace: bool,
) -> Ranked:
    """Bring the places of a document into the library, of whose titles this is the status by now.

    Replacing makes the ranking that of the file. Merging adds a place that the library lacks, and of a title ranked on
    both sides the one that was ranked last counts: a title that the file places goes directly after the one that
    precedes it in the file and is in the same group here, or else first. The others stay in their order.
    """
    known = sorted((each for each in entries if each.imdb_id in titles), key=lambda each: (each.position, each.imdb_id))
    here = {imdb_id: rank for imdb_id, rank in stored.items() if imdb_id in titles}
    before = {imdb_id: rank for imdb_id, rank in here.items() if rank.ranked_at is not None}
    placed = {each.imdb_id: each for each in known if replace or _is_newer(each, before.get(each.imdb_id))}
    going = [imdb_id for imdb_id in before if replace and imdb_id not in placed]
    staying = {imdb_id: rank for imdb_id, rank in before.items() if not replace and imdb_id not in placed}
    wanted: dict[str, str] = {}
    for liked in (True, False):
        order = _order(known, placed, staying, liked=liked)
        kept = {each: before[each].order_key for each in order if each in before and before[each].liked is liked}
        if not replace:
            kept = {each: key for each, key in kept.items() if each in staying}
        wanted |= _keys(order, kept)
    changed = _write(tx, here, placed, wanted, titles)
    for imdb_id in going:
        tx.execute(_TAKE_OUT, of_movie=imdb_id)
        tx.touch("movie", imdb_id, "ranking")
    added = sum(imdb_id not in before for imdb_id in placed)
    gone = sum(rank.ranked_at is not None for imdb_id, rank in stored.items() if imdb_id not in titles)
    return Ranked(added, changed - added, len(going) + gone, len(entries) - len(known))


def _is_newer(entry: RankEntry, known: StoredRank | None) -> bool:
    if known is None or known.ranked_at is None:
        return True
    return entry.ranked_at is not None and entry.ranked_at > known.ranked_at


def _order(
    known: Sequence[RankEntry], placed: Mapping[str, RankEntry], staying: Mapping[str, StoredRank], *, liked: bool
) -> list[str]:
    """The titles of a group in the order that they are to have."""
    followers: defaultdict[str | None, list[str]] = defaultdict(list)
    leader = None
    for imdb_id, *_ in known:
        if imdb_id in staying and staying[imdb_id].liked is liked:
            leader = imdb_id
        elif imdb_id in placed and placed[imdb_id].liked is liked:
            followers[leader].append(imdb_id)
    order = followers[None]
    for imdb_id, rank in staying.items():
        if rank.liked is liked:
            order += [imdb_id, *followers[imdb_id]]
    return order


def _keys(order: Sequence[str], kept: Mapping[str, str]) -> dict[str, str]:
    """Keys in this order, those that are kept and new ones between them; all new when that cannot be."""
    keys = [kept[each] for each in order if each in kept]
    if keys != sorted(keys):
        return dict(zip(order, spread(len(order)), strict=True))
    found: dict[str, str] = {}
    run: list[str] = []
    low = None
    for each in (*order, None):
        high = None if each is None else kept.get(each)
        if each is not None and high is None:
            run.append(each)
            continue
        found |= zip(run, spread(len(run), low, high), strict=True)
        if each is not None and high is not None:
            found[each] = low = high
        run = []
    if any(len(key) > MAX_LENGTH for key in found.values()):
        return dict(zip(order, spread(len(order)), strict=True))
    return found


def _write(
    tx: LibraryWrite,
    stored: Mapping[str, StoredRank],
    placed: Mapping[str, RankEntry],
    wanted: Mapping[str, str],
    titles: Mapping[str, str],
) -> int:
    """Write what differs from what is stored; returns how many titles the file gave another place."""
    rows, moves = [], []
    for imdb_id, key in wanted.items():
        before = stored.get(imdb_id)
        if imdb_id in placed:
            after = _row(tx, placed[imdb_id], key, before)
            if after != before:
                rows.append({"imdb_id": imdb_id, **after._asdict(), "is_shown": titles[imdb_id] == "watched"})
        elif before is not None and before.order_key != key:
            moves.append({"of_movie": imdb_id, "to_key": key})
    tx.upsert(RANKINGS, rows)
    tx.execute_many(_MOVE, moves)
    tx.touch_all("movie", (row["imdb_id"] for row in rows), "ranking")
    tx.touch_all("movie", (row["of_movie"] for row in moves))
    return len(rows)


def _row(tx: LibraryWrite, entry: RankEntry, key: str, before: StoredRank | None) -> StoredRank:
    ranked_at = entry.ranked_at
    if ranked_at is None:
        ranked_at = tx.wall_time if before is None or before.ranked_at is None else before.ranked_at
    former = None
    if before is not None:
        former = before.former_key if before.liked is entry.liked else before.order_key
    return StoredRank(entry.liked, key, ranked_at, entry.comparisons, former)
