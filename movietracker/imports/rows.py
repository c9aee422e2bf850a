"""The rows of a job in the database: written in batches while files are read, and read by title or by page."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import fields
from typing import Any, NamedTuple

import orjson
from sqlalchemy import func, select

from ..database import in_chunks
from ..models import IMPORT_ROWS, IMPORT_TITLES
from ..plugin.importers import ImportRow, ListPlace, Recommender
from ..schemas.importing import ROW_STATES
from ..services.transactions import query
from .jobs import Job

_DEFAULTS = {each.name: each.default for each in fields(ImportRow)}
_TITLE_OF_ROW = (
    (IMPORT_TITLES.c.user_id == IMPORT_ROWS.c.user_id)
    & (IMPORT_TITLES.c.job_id == IMPORT_ROWS.c.job_id)
    & (IMPORT_TITLES.c.number == IMPORT_ROWS.c.title)
)
_STATE = func.coalesce(IMPORT_ROWS.c.state, IMPORT_TITLES.c.state)
_WITH_TITLES = IMPORT_ROWS.outerjoin(IMPORT_TITLES, _TITLE_OF_ROW)


class ShownRow(NamedTuple):
    """A row as the preview shows it; ``said`` is a part of ImportRow, or the reason why it cannot be read."""

    number: int
    state: str
    place: str
    said: dict[str, Any]
    imdb_id: str | None
    candidates: list[dict[str, Any]]


def dumped(row: ImportRow) -> str:
    """A row as JSON, without what it does not say."""
    said = {name: value for name, default in _DEFAULTS.items() if (value := getattr(row, name)) != default}
    return orjson.dumps(said).decode()


def loaded(said: str) -> ImportRow:
    """The row of a JSON that ``dumped`` made."""
    values: dict[str, Any] = orjson.loads(said)
    if place := values.get("list_place"):
        values["list_place"] = ListPlace(**place)
    for name in ("tags", "asides"):
        values[name] = tuple(values.get(name, ()))
    values["other_ids"] = tuple(map(tuple, values.get("other_ids", ())))
    values["recommended_by"] = tuple(Recommender(**each) for each in values.get("recommended_by", ()))
    return ImportRow(**values)


def rows_of_titles(job: Job, numbers: Sequence[int], *, only_usable: bool = False) -> dict[int, list[ImportRow]]:
    """The rows of these titles by their numbers, in the order of the files."""
    rows: defaultdict[int, list[ImportRow]] = defaultdict(list)
    for part in in_chunks(numbers):
        wanted = _of_job(job), IMPORT_ROWS.c.title.in_(part)
        statement = select(IMPORT_ROWS.c.title, IMPORT_ROWS.c.said).where(*wanted).order_by(IMPORT_ROWS.c.number)
        for title, said in query(statement.where(IMPORT_ROWS.c.state.is_(None)) if only_usable else statement):
            rows[title].append(loaded(said))
    return rows


def page_of_rows(job: Job, states: Iterable[str], after: int, limit: int) -> list[ShownRow]:
    """The rows of a job in one of these states (of any, if there are none) behind this number, at most so many."""
    wanted = [state for state in states if state in ROW_STATES]
    columns = (IMPORT_ROWS.c.number, _STATE.label("state"), IMPORT_ROWS.c.place, IMPORT_ROWS.c.said)
    statement = (
        select(*columns, IMPORT_TITLES.c.imdb_id, IMPORT_TITLES.c.candidates)
        .select_from(_WITH_TITLES)
        .where(_of_job(job), IMPORT_ROWS.c.number > after)
        .order_by(IMPORT_ROWS.c.number)
        .limit(limit)
    )
    if wanted:
        statement = statement.where(_STATE.in_(wanted))
    return [
        ShownRow(number, state, place, orjson.loads(said), imdb_id, orjson.loads(candidates or "[]"))
        for number, state, place, said, imdb_id, candidates in query(statement)
    ]


def count_rows(job: Job) -> dict[str, int]:
    """How many rows are in each state."""
    statement = select(_STATE, func.count()).select_from(_WITH_TITLES).where(_of_job(job)).group_by(_STATE)
    return dict(map(tuple, query(statement)))


def count_titles(job: Job) -> dict[str, int]:
    """How many titles are in each state; those that only rows to be looked at speak of are in none."""
    usable = (
        select(IMPORT_ROWS.c.title).where(_of_job(job), IMPORT_ROWS.c.state.is_(None), IMPORT_ROWS.c.title.is_not(None))
    ).distinct()
    of_job = IMPORT_TITLES.c.user_id == job.user_id, IMPORT_TITLES.c.job_id == job.id
    statement = select(IMPORT_TITLES.c.state, func.count()).where(*of_job, IMPORT_TITLES.c.number.in_(usable))
    return dict(map(tuple, query(statement.group_by(IMPORT_TITLES.c.state))))


def _of_job(job: Job) -> Any:
    return (IMPORT_ROWS.c.user_id == job.user_id) & (IMPORT_ROWS.c.job_id == job.id)
