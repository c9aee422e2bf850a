"""What the user decides of the rows of a preview: which title one means, or that it is left out."""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import orjson
from sqlalchemy import Connection, select, update

from ..database import in_chunks
from ..errors import ImportNotReady, Invalid
from ..metadata.chain import ProviderChain
from ..metadata.lookup import RESPONSE_SECONDS
from ..models import IMPORT_ROWS, IMPORT_TITLES
from ..services.transactions import query, write_connection
from ..upstream import time_limit
from .choices import forget, remember
from .finding import imdb_id_of
from .jobs import Job, JobChanged, change_job
from .matching import in_library
from .preview import finish_preview


class Decision(NamedTuple):
    """What becomes of a row, by its number: an IMDb id, or the place of one of its candidates, or left out."""

    row: int
    imdb_id: str | None = None
    candidate: int | None = None


class _Row(NamedTuple):
    number: int
    title: int | None
    state: str | None
    form: str | None
    candidates: list[dict[str, Any]]


def resolve(job: Job, decisions: Sequence[Decision], chain: ProviderChain, named: Mapping[str, Any]) -> Job:
    """Apply decisions to a job that is ready; each counts for all rows of the same title, and for the next import.

    What is left out is forgotten, so that the next import asks again.

    ``named`` is what was chosen of people, lists and ratings. Raises ImportNotReady, also if the job changes meanwhile,
    Invalid for a row or candidate that does not exist, and the problems of providers, which have RESPONSE_SECONDS for
    all candidates together; their responses are stored, so that asking again goes on.
    """
    if job.state != "ready":
        raise ImportNotReady(f"This cannot be done with an import that is {job.state}.")
    rows = _rows(job, [each.row for each in decisions])
    chosen: dict[int, str | None] = {}
    with time_limit(RESPONSE_SECONDS):
        for decision in decisions:
            row = rows.get(decision.row)
            if row is None or row.title is None:
                raise Invalid.field("rows", f"there is no row {decision.row} whose title can be chosen")
            chosen[row.number] = _chosen(row, decision, chain)
    try:
        with write_connection(job.user_id) as connection:
            job = change_job(connection, job, choices=named)
            _store(connection, job, rows, chosen)
        return finish_preview(job) if chosen else job
    except JobChanged:
        raise ImportNotReady("This import has been changed meanwhile.") from None


def _chosen(row: _Row, decision: Decision, chain: ProviderChain) -> str | None:
    if decision.candidate is None:
        return decision.imdb_id
    if not 0 <= decision.candidate < len(row.candidates):
        raise Invalid.field("rows", f"row {row.number} has no candidate {decision.candidate}")
    candidate = row.candidates[decision.candidate]
    imdb_id = candidate["imdb_id"] or imdb_id_of(chain, candidate["title_id"], candidate["kind"])
    if imdb_id is None:
        raise Invalid.field("rows", f"the candidate of row {row.number} has no IMDb id")
    candidate["imdb_id"] = imdb_id
    return str(imdb_id)


def _rows(job: Job, numbers: Sequence[int]) -> dict[int, _Row]:
    found: dict[int, _Row] = {}
    same = (IMPORT_TITLES.c.user_id == IMPORT_ROWS.c.user_id) & (IMPORT_TITLES.c.job_id == IMPORT_ROWS.c.job_id)
    columns = IMPORT_ROWS.c.number, IMPORT_ROWS.c.title, IMPORT_ROWS.c.state
    joined = IMPORT_ROWS.join(IMPORT_TITLES, same & (IMPORT_TITLES.c.number == IMPORT_ROWS.c.title))
    of_job = IMPORT_ROWS.c.user_id == job.user_id, IMPORT_ROWS.c.job_id == job.id
    for part in in_chunks(numbers):
        statement = select(*columns, IMPORT_TITLES.c.form, IMPORT_TITLES.c.candidates).select_from(joined)
        for number, title, state, form, candidates in query(statement.where(*of_job, IMPORT_ROWS.c.number.in_(part))):
            found[number] = _Row(number, title, state, form, orjson.loads(candidates or "[]"))
    return found


def _store(connection: Connection, job: Job, rows: Mapping[int, _Row], chosen: Mapping[int, str | None]) -> None:
    known = in_library(job.user_id, {imdb_id for imdb_id in chosen.values() if imdb_id})
    of_job = IMPORT_TITLES.c.user_id == job.user_id, IMPORT_TITLES.c.job_id == job.id
    of_row = IMPORT_ROWS.c.user_id == job.user_id, IMPORT_ROWS.c.job_id == job.id
    for number, imdb_id in chosen.items():
        row = rows[number]
        if row.state is not None:  # it had to be looked at, which has been done
            state = None if imdb_id else "left_out"
            connection.execute(update(IMPORT_ROWS).where(*of_row, IMPORT_ROWS.c.number == number).values(state=state))
        if imdb_id is not None or row.state is None:
            state = "left_out" if imdb_id is None else "known" if imdb_id in known else "new"
            of_title = update(IMPORT_TITLES).where(*of_job, IMPORT_TITLES.c.number == row.title)
            candidates = orjson.dumps(row.candidates).decode() if row.candidates else None  # the chosen one has its id
            connection.execute(of_title.values(state=state, imdb_id=imdb_id, candidates=candidates))
    forget(connection, job.user_id, {form for number in chosen if (form := rows[number].form)})
    told = {form: imdb_id for number, imdb_id in chosen.items() if imdb_id and (form := rows[number].form)}
    remember(connection, job.user_id, told)
