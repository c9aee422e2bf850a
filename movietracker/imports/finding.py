"""What a title of a file means to the providers, or to the offline catalog: by its ids, else by title, year and kind.

A title is never guessed: what fits without being certain is a candidate. A film is never matched to a series.
"""

from collections.abc import Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from itertools import islice
from typing import Any

from ..errors import ProviderNotConfigured, TitleUnknown
from ..metadata.chain import ProviderChain
from ..plugin.importers import ImportRow
from ..plugin.providers import MediaType, SearchHit, TitleDetails
from ..services.title_metadata import known_imdb_id
from ..text import fold_key
from .choices import form_of

MAX_CANDIDATES = 10
MAX_DETAILS = 5
"""How many titles are looked up for their original titles when none fits exactly."""


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
    """What was found of a title: its IMDb id, else candidates; neither if there is nothing.

    ``form`` is what the user's choice of it is remembered by.
    """

    imdb_id: str | None = None
    candidates: Sequence[Candidate] = ()
    form: str | None = None


@dataclass(frozen=True, slots=True)
class Wanted:
    """What the rows of one title say of it together: of each fact the first that any row states."""

    title: str | None
    original_title: str | None
    year: int | None
    kind: MediaType | None
    imdb_id: str | None
    tmdb_id: int | None
    tvdb_id: int | None
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
            tvdb_id=_first(row.tvdb_id for row in rows),
            form=_first(map(form_of, rows)),
        )

    @property
    def titles(self) -> set[str]:
        """The folded forms of its titles."""
        return {fold_key(each) for each in (self.title, self.original_title) if each}


def find_match(wanted: Wanted, chain: ProviderChain, *, is_alone: bool = True) -> Match:
    """What the providers, or stored answers of theirs, know of a title. Raises their problems.

    A title that is not alone, as others have its name, year and kind, is certain by its ids only.
    """
    try:
        if wanted.tmdb_id is not None and (imdb_id := _by_tmdb_id(chain, wanted.tmdb_id, wanted.kind)):
            return Match(imdb_id)
        if wanted.tvdb_id is not None and wanted.kind == "tv" and (imdb_id := _by_tvdb_id(chain, wanted.tvdb_id)):
            return Match(imdb_id)
        if not wanted.title:
            return Match()
        certain, possible = _by_title(chain, wanted)
        return _only(chain, certain if is_alone else (), possible)
    except ProviderNotConfigured:
        return Match()


def imdb_id_of(chain: ProviderChain, title_id: int, kind: MediaType) -> str | None:
    """The IMDb id of a provider's title, None if it has none. Raises the problems of providers."""
    known = known_imdb_id(title_id, kind)
    return known or chain.details(title_id, kind).value.imdb_id


def _by_tmdb_id(chain: ProviderChain, tmdb_id: int, kind: MediaType | None) -> str | None:
    for each in (kind,) if kind else ("movie", "tv"):
        with suppress(TitleUnknown, ProviderNotConfigured):
            if imdb_id := imdb_id_of(chain, tmdb_id, each):
                return imdb_id
    return None


def _by_tvdb_id(chain: ProviderChain, tvdb_id: int) -> str | None:
    with suppress(TitleUnknown, ProviderNotConfigured):
        found = chain.find_by_tvdb(tvdb_id)
        return found.imdb_id if found.media_type == "tv" else None
    return None


def _by_title(chain: ProviderChain, wanted: Wanted) -> tuple[Sequence[SearchHit], Sequence[SearchHit]]:
    """Of which titles one alone is certain, and which are possible.

    Certain is that of this name, year and kind; else that with this original title, at most a year off.
    """
    hits = [
        hit for hit in _search(chain, wanted) if wanted.kind in (None, hit.media_type) and hit.media_type != "person"
    ]
    named = [hit for hit in hits if fold_key(hit.title) in wanted.titles]
    if wanted.year is None:
        return (), named or hits
    exact = [hit for hit in named if _year(hit) == wanted.year]
    if exact:
        return exact, exact
    near = [hit for hit in hits if (year := _year(hit)) is not None and abs(year - wanted.year) <= 1]
    of_original = [hit for hit in islice(near, MAX_DETAILS) if _is_original(chain, hit, wanted)]
    return of_original, named or near


def _only(chain: ProviderChain, certain: Sequence[SearchHit], possible: Sequence[SearchHit]) -> Match:
    if len(certain) == 1:
        imdb_id = _imdb_id(chain, certain[0])
        if imdb_id is not None:
            return Match(imdb_id)
    return Match(None, [_candidate(hit) for hit in possible[:MAX_CANDIDATES]])


def _search(chain: ProviderChain, wanted: Wanted) -> list[SearchHit]:
    assert wanted.title is not None
    try:
        found = chain.search(wanted.title, wanted.year, patient=True)
        return found or (chain.search(wanted.title, patient=True) if wanted.year is not None else [])
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


def _first(values: Iterable[Any]) -> Any:
    return next((value for value in values if value is not None), None)
