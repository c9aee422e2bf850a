"""Which title the rows of a job mean: by ids, by what the user chose earlier, else by title, year and kind.

A title is looked up once in a job, and never guessed: what fits without being certain is a candidate. A film is never
matched to a series. Without an external provider the offline catalog answers.
"""

import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass
from itertools import islice
from typing import Any

import orjson
from sqlalchemy import bindparam, select, update

from ..database import execute_many, in_chunks
from ..errors import ProviderNotConfigured, TitleUnknown
from ..metadata.chain import ProviderChain
from ..models import IMPORT_TITLES, MOVIES
from ..plugin.importers import ImportRow
from ..plugin.providers import MediaType, SearchHit, TitleDetails
from ..services.title_metadata import known_imdb_id
from ..services.transactions import query, write_connection
from ..text import fold_key
from .choices import form_of, recall
from .jobs import Job, change_job
from .rows import rows_of_titles

TITLES_AT_ONCE = 200
SECONDS_AT_ONCE = 2.0
"""After so long the titles that were matched are written, since a lookup may take a second."""

MAX_CANDIDATES = 10
MAX_DETAILS = 5
"""How many titles are looked up for their original titles when none fits exactly."""

_SET_MATCH = (
    update(IMPORT_TITLES)
    .where(
        IMPORT_TITLES.c.user_id == bindparam("of_user"),
        IMPORT_TITLES.c.job_id == bindparam("of_job"),
        IMPORT_TITLES.c.number == bindparam("of_number"),
    )
    .values({name: bindparam(f"to_{name}") for name in ("state", "form", "imdb_id", "candidates")})
)


@dataclass(frozen=True, slots=True)
class Candidate:
    """A title that may be meant; ``imdb_id`` is None where a provider does not say it before it is chosen."""

    imdb_id: str | None
    title: str
    year: int | None
    kind: MediaType
    title_id: int


@dataclass(frozen=True, slots=True)
class Match:
    """What was found of a title: its IMDb id, else candidates; neither if there is nothing."""

    imdb_id: str | None = None
    candidates: Sequence[Candidate] = ()


@dataclass(frozen=True, slots=True)
class Wanted:
    """What the rows of one title say of it together: of each fact the first that any row states."""

    title: str | None
    original_title: str | None
    year: int | None
    kind: MediaType | None
    imdb_id: str | None
    tmdb_id: int | None
    form: str | None

    @classmethod
    def of(cls, rows: Sequence[ImportRow]) -> "Wanted":
        """The title of these rows, at least one."""
        kind: Any = _first(row.kind for row in rows)
        return cls(
            title=_first(row.title for row in rows),
            original_title=_first(row.original_title for row in rows),
            year=_first(row.year for row in rows),
            kind=kind,
            imdb_id=_first(row.imdb_id for row in rows),
            tmdb_id=_first(row.tmdb_id for row in rows),
            form=_first(map(form_of, rows)),
        )

    @property
    def titles(self) -> set[str]:
        """The folded forms of its titles."""
        return {fold_key(each) for each in (self.title, self.original_title) if each}


def match_titles(job: Job, chain: ProviderChain, keeps_going: Callable[[Job], bool]) -> Job:
    """Match the titles of a job that are not matched yet, until all are or ``keeps_going`` says no.

    Raises JobChanged, and the problems of providers, after which it can be called again.
    """
    library = None
    while keeps_going(job) and (numbers := _unmatched(job)):
        wanted = {number: Wanted.of(rows) for number, rows in rows_of_titles(job, numbers).items()}
        chosen = recall(job.user_id, (each.form for each in wanted.values()))
        library = library if library is not None else _Library(job.user_id)
        found: dict[int, Match] = {}
        try:
            for number, match in _timed(_matches(wanted, chosen, chain, library)):
                found[number] = match
        finally:
            job = _store(job, wanted, found)
    return job


def find_match(wanted: Wanted, chain: ProviderChain) -> Match:
    """What the providers, or stored answers of theirs, know of a title. Raises their problems."""
    try:
        if wanted.tmdb_id is not None and (imdb_id := _by_tmdb_id(chain, wanted.tmdb_id, wanted.kind)):
            return Match(imdb_id)
        return _by_title(chain, wanted) if wanted.title else Match()
    except ProviderNotConfigured:
        return Match()


def imdb_id_of(chain: ProviderChain, title_id: int, kind: MediaType) -> str | None:
    """The IMDb id of a provider's title, None if it has none. Raises the problems of providers."""
    known = known_imdb_id(title_id, kind)
    return known or chain.details(title_id, kind).value.imdb_id


def _matches(
    wanted: dict[int, Wanted], chosen: dict[str, str], chain: ProviderChain, library: "_Library"
) -> Iterator[tuple[int, Match]]:
    for number, each in wanted.items():
        certain = each.imdb_id or chosen.get(each.form or "")
        if certain:
            yield number, Match(certain)
        else:
            match = find_match(each, chain)
            is_nothing = match.imdb_id is None and not match.candidates
            yield number, library.match(each) if is_nothing else match


def _timed(matches: Iterator[tuple[int, Match]]) -> Iterator[tuple[int, Match]]:
    ends_at = time.monotonic() + SECONDS_AT_ONCE
    for match in matches:
        yield match
        if time.monotonic() > ends_at:
            return


def _by_tmdb_id(chain: ProviderChain, tmdb_id: int, kind: MediaType | None) -> str | None:
    for each in (kind,) if kind else ("movie", "tv"):
        try:
            if imdb_id := imdb_id_of(chain, tmdb_id, each):
                return imdb_id
        except TitleUnknown:
            continue
    return None


def _by_title(chain: ProviderChain, wanted: Wanted) -> Match:
    """The only title of this name, year and kind; else the only one with this original title, at most a year off."""
    hits = [
        hit for hit in _search(chain, wanted) if wanted.kind in (None, hit.media_type) and hit.media_type != "person"
    ]
    named = [hit for hit in hits if fold_key(hit.title) in wanted.titles]
    if wanted.year is None:
        return _only(chain, (), named or hits)
    exact = [hit for hit in named if _year(hit) == wanted.year]
    if exact:
        return _only(chain, exact, exact)
    near = [hit for hit in hits if (year := _year(hit)) is not None and abs(year - wanted.year) <= 1]
    of_original = [hit for hit in islice(near, MAX_DETAILS) if _is_original(chain, hit, wanted)]
    return _only(chain, of_original, named or near)


def _only(chain: ProviderChain, certain: Sequence[SearchHit], possible: Sequence[SearchHit]) -> Match:
    if len(certain) == 1:
        imdb_id = _imdb_id(chain, certain[0])
        if imdb_id is not None:
            return Match(imdb_id)
    return Match(None, [_candidate(hit) for hit in possible[:MAX_CANDIDATES]])


def _search(chain: ProviderChain, wanted: Wanted) -> list[SearchHit]:
    assert wanted.title is not None
    try:
        found = chain.search(wanted.title, wanted.year)
        return found or (chain.search(wanted.title) if wanted.year is not None else [])
    except TitleUnknown:
        return []


def _details(chain: ProviderChain, hit: SearchHit) -> TitleDetails | None:
    try:
        return chain.details(hit.id, "tv" if hit.media_type == "tv" else "movie").value
    except TitleUnknown:
        return None


def _imdb_id(chain: ProviderChain, hit: SearchHit) -> str | None:
    known = known_imdb_id(hit.id, hit.media_type)
    details = None if known else _details(chain, hit)
    return details.imdb_id if details else known


def _is_original(chain: ProviderChain, hit: SearchHit, wanted: Wanted) -> bool:
    """Whether the title that was told is the original title; for TMDB's answers that takes a lookup."""
    details = _details(chain, hit)
    original = details and (details.original_title or details.title)
    return bool(original) and fold_key(str(original)) in wanted.titles


def _candidate(hit: SearchHit) -> Candidate:
    kind: MediaType = "tv" if hit.media_type == "tv" else "movie"
    return Candidate(known_imdb_id(hit.id, kind), hit.title, _year(hit), kind, hit.id)


def _year(hit: SearchHit) -> int | None:
    return int(hit.year) if hit.year and hit.year.isdecimal() else None


class _Library:
    """The titles of the user, by folded title, year and kind: they are matched if no provider knows anything."""

    def __init__(self, user_id: str) -> None:
        statement = select(MOVIES.c.imdb_id, MOVIES.c.title, MOVIES.c.year, MOVIES.c.media_type)
        self._found: dict[tuple[str, str], list[tuple[str, str]]] = {}
        for imdb_id, title, year, kind in query(statement.where(MOVIES.c.user_id == user_id, MOVIES.c.title != "")):
            self._found.setdefault((fold_key(title), year or ""), []).append((imdb_id, kind))

    def match(self, wanted: Wanted) -> Match:
        """The only title of the library that has this title and year."""
        if not wanted.title or wanted.year is None:
            return Match()
        found = self._found.get((fold_key(wanted.title), str(wanted.year)), [])
        of_kind = [imdb_id for imdb_id, kind in found if wanted.kind in (None, kind)]
        return Match(of_kind[0]) if len(of_kind) == 1 else Match()


def in_library(user_id: str, imdb_ids: Iterable[str]) -> set[str]:
    """Those of these titles that the user has."""
    known: set[str] = set()
    for part in in_chunks(list(imdb_ids)):
        statement = select(MOVIES.c.imdb_id).where(MOVIES.c.user_id == user_id, MOVIES.c.imdb_id.in_(part))
        known.update(query(statement).scalars())
    return known


def _unmatched(job: Job) -> list[int]:
    of_job = IMPORT_TITLES.c.user_id == job.user_id, IMPORT_TITLES.c.job_id == job.id
    statement = select(IMPORT_TITLES.c.number).where(
        *of_job, IMPORT_TITLES.c.state == "unmatched", IMPORT_TITLES.c.number >= int(job.position or 0)
    )
    return query(statement.order_by(IMPORT_TITLES.c.number).limit(TITLES_AT_ONCE)).scalars()


def _store(job: Job, wanted: dict[int, Wanted], found: dict[int, Match]) -> Job:
    if not found:
        return job
    known = in_library(job.user_id, {match.imdb_id for match in found.values() if match.imdb_id})
    rows = []
    for number, match in found.items():
        told = {"to_form": wanted[number].form, "to_imdb_id": match.imdb_id}
        candidates = orjson.dumps([asdict(each) for each in match.candidates]).decode() if match.candidates else None
        where = {"of_user": job.user_id, "of_job": job.id, "of_number": number}
        rows.append({**where, **told, "to_state": _state(match, known), "to_candidates": candidates})
    with write_connection(job.user_id) as connection:
        execute_many(connection, _SET_MATCH, rows)
        position = str(max(found) + 1)
        return change_job(connection, job, state="matching", done=job.done + len(found), position=position)


def _state(match: Match, known: set[str]) -> str:
    if match.imdb_id is None:
        return "ambiguous" if match.candidates else "not_found"
    return "known" if match.imdb_id in known else "new"


def _first(values: Iterable[Any]) -> Any:
    return next((value for value in values if value is not None), None)
