"""Which title the rows of a job mean: by ids, by what the user chose earlier, else as providers know it.

A title is looked up once in a job. What no provider knows may be a title of the library.
"""

import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import asdict, replace

import orjson
from sqlalchemy import bindparam, select, update

from ..database import execute_many, in_chunks
from ..metadata.chain import ProviderChain
from ..models import IMPORT_TITLES, MOVIES
from ..services.transactions import query, write_connection
from ..text import fold_key
from .choices import recall
from .finding import Match, Wanted, find_match
from .jobs import Job, change_job
from .keys import KeySet, key_of
from .rows import leading_rows

TITLES_AT_ONCE = 200
SECONDS_AT_ONCE = 2.0
"""After so long the titles that were matched are written, since a lookup may take a second."""

_IN_LIBRARY = select(MOVIES.c.imdb_id).where(
    MOVIES.c.user_id == bindparam("of_user"), MOVIES.c.imdb_id.in_(bindparam("of_keys", expanding=True))
)
_SET_MATCH = (
    update(IMPORT_TITLES)
    .where(
        IMPORT_TITLES.c.user_id == bindparam("of_user"),
        IMPORT_TITLES.c.job_id == bindparam("of_job"),
        IMPORT_TITLES.c.number == bindparam("of_number"),
    )
    .values({name: bindparam(f"to_{name}") for name in ("state", "form", "imdb_id", "candidates")})
)


def match_titles(job: Job, chain: ProviderChain, keeps_going: Callable[[Job], bool]) -> Job:
    """Match the titles of a job that are not matched yet, until all are or ``keeps_going`` says no.

    Raises JobChanged, and the problems of providers, after which it can be called again.
    """
    library, forms = None, _forms_of_matched(job)
    while keeps_going(job) and (numbers := _unmatched(job)):
        rows = leading_rows(job, {number: [number] for number in numbers}).rows
        wanted = {number: Wanted.of(found) for number, found in rows.items()}
        chosen = recall(job.user_id, (each.form for each in wanted.values()))
        library = library if library is not None else _Library(job.user_id)
        found: dict[int, Match] = {}
        try:
            for number, match in _timed(_matches(wanted, chosen, forms, chain, library)):
                found[number] = match
        finally:
            job = _store(job, found)
    return job


def _matches(
    wanted: Mapping[int, Wanted], chosen: Mapping[str, str], forms: KeySet, chain: ProviderChain, library: "_Library"
) -> Iterator[tuple[int, Match]]:
    """Of films of one name, year and kind only the first has a form, and is certain by name.

    What is chosen or known of it is not meant for the others, which have other ids.
    """
    for number, each in wanted.items():
        is_alone = each.form is None or forms.add(key_of(each.form))
        form = each.form if is_alone else None
        certain = each.imdb_id or chosen.get(form or "")
        match = Match(certain) if certain else find_match(each, chain, is_alone=is_alone)
        if is_alone and match.imdb_id is None and not match.candidates:
            match = library.match(each)
        yield number, replace(match, form=form)


def _timed(matches: Iterator[tuple[int, Match]]) -> Iterator[tuple[int, Match]]:
    ends_at = time.monotonic() + SECONDS_AT_ONCE
    for match in matches:
        yield match
        if time.monotonic() > ends_at:
            return


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
        known.update(query(_IN_LIBRARY, {"of_user": user_id, "of_keys": part}).scalars())
    return known


def _forms_of_matched(job: Job) -> KeySet:
    of_job = IMPORT_TITLES.c.user_id == job.user_id, IMPORT_TITLES.c.job_id == job.id
    statement = select(IMPORT_TITLES.c.form).where(*of_job, IMPORT_TITLES.c.state != "unmatched")
    forms = KeySet()
    for form in query(statement.where(IMPORT_TITLES.c.form.is_not(None))).scalars():
        forms.add(key_of(form))
    return forms


def _unmatched(job: Job) -> list[int]:
    of_job = IMPORT_TITLES.c.user_id == job.user_id, IMPORT_TITLES.c.job_id == job.id
    statement = select(IMPORT_TITLES.c.number).where(
        *of_job, IMPORT_TITLES.c.state == "unmatched", IMPORT_TITLES.c.number >= int(job.position or 0)
    )
    return query(statement.order_by(IMPORT_TITLES.c.number).limit(TITLES_AT_ONCE)).scalars()


def _store(job: Job, found: Mapping[int, Match]) -> Job:
    if not found:
        return job
    known = in_library(job.user_id, {match.imdb_id for match in found.values() if match.imdb_id})
    rows = []
    for number, match in found.items():
        told = {"to_form": match.form, "to_imdb_id": match.imdb_id}
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
