"""What the user decides of the rows of a preview: which title one means, or that it is left out."""

from collections.abc import Sequence
from typing import NamedTuple

import orjson
from sqlalchemy import select, update

from ..database import in_chunks
from ..errors import ImportNotReady, Invalid
from ..metadata.chain import ProviderChain
from ..models import IMPORT_ROWS, IMPORT_TITLES
from ..services.transactions import query, write_connection
from .choices import remember
from .jobs import Job
from .matching import imdb_id_of, in_library
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
    candidates: str | None


def resolve(job: Job, decisions: Sequence[Decision], chain: ProviderChain) -> Job:
    """Apply decisions to a job that is ready; each counts for all rows of the same title, and for the next import.

    Raises ImportNotReady, Invalid for a row or candidate that does not exist, and the problems of providers.
    """
    if job.state != "ready":
        raise ImportNotReady(f"This cannot be done with an import that is {job.state}.")
    rows = _rows(job, [each.row for each in decisions])
    chosen: dict[int, str | None] = {}
    for decision in decisions:
        row = rows.get(decision.row)
        if row is None or row.title is None:
            raise Invalid.field("rows", f"there is no row {decision.row} whose title can be chosen")
        chosen[row.number] = _chosen(row, decision, chain)
    _store(job, rows, chosen)
    return finish_preview(job)


def _chosen(row: _Row, decision: Decision, chain: ProviderChain) -> str | None:
    if decision.candidate is None:
        return decision.imdb_id
    candidates = orjson.loads(row.candidates or "[]")
    if not 0 <= decision.candidate < len(candidates):
        raise Invalid.field("rows", f"row {row.number} has no candidate {decision.candidate}")
    candidate = candidates[decision.candidate]
    imdb_id = candidate["imdb_id"] or imdb_id_of(chain, candidate["title_id"], candidate["kind"])
    if imdb_id is None:
        raise Invalid.field("rows", f"the candidate of row {row.number} has no IMDb id")
    return str(imdb_id)


def _rows(job: Job, numbers: Sequence[int]) -> dict[int, _Row]:
    found: dict[int, _Row] = {}
    same = (IMPORT_TITLES.c.user_id == IMPORT_ROWS.c.user_id) & (IMPORT_TITLES.c.job_id == IMPORT_ROWS.c.job_id)
    columns = IMPORT_ROWS.c.number, IMPORT_ROWS.c.title, IMPORT_ROWS.c.state
    joined = IMPORT_ROWS.join(IMPORT_TITLES, same & (IMPORT_TITLES.c.number == IMPORT_ROWS.c.title))
    of_job = IMPORT_ROWS.c.user_id == job.user_id, IMPORT_ROWS.c.job_id == job.id
    for part in in_chunks(numbers):
        statement = select(*columns, IMPORT_TITLES.c.form, IMPORT_TITLES.c.candidates).select_from(joined)
        found |= {row[0]: _Row(*row) for row in query(statement.where(*of_job, IMPORT_ROWS.c.number.in_(part)))}
    return found


def _store(job: Job, rows: dict[int, _Row], chosen: dict[int, str | None]) -> None:
    known = in_library(job.user_id, {imdb_id for imdb_id in chosen.values() if imdb_id})
    of_job = IMPORT_TITLES.c.user_id == job.user_id, IMPORT_TITLES.c.job_id == job.id
    of_row = IMPORT_ROWS.c.user_id == job.user_id, IMPORT_ROWS.c.job_id == job.id
    with write_connection(job.user_id) as connection:
        for number, imdb_id in chosen.items():
            row = rows[number]
            if row.state is not None:  # it had to be looked at, which has been done
                state = None if imdb_id else "left_out"
                connection.execute(
                    update(IMPORT_ROWS).where(*of_row, IMPORT_ROWS.c.number == number).values(state=state)
                )
            if imdb_id is not None or row.state is None:
                state = "left_out" if imdb_id is None else "known" if imdb_id in known else "new"
                of_title = update(IMPORT_TITLES).where(*of_job, IMPORT_TITLES.c.number == row.title)
                connection.execute(of_title.values(state=state, imdb_id=imdb_id))
        told = {form: imdb_id for number, imdb_id in chosen.items() if imdb_id and (form := rows[number].form)}
        remember(connection, job.user_id, told)
