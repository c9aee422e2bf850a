"""The rows of a job in the database: written in batches while files are read, and read by title or by page."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import fields
from typing import Any, Generic, NamedTuple, TypeVar

import orjson
from sqlalchemy import BigInteger, Integer, bindparam, exists, func, literal, select

from ..database import in_chunks
from ..models import IMPORT_CHOICES, IMPORT_ROWS, IMPORT_TITLES
from ..models.movie import MAX_NOTE_LENGTH
from ..phrases import coded
from ..plugin.importers import ImportRow, ListPlace, Recommender
from ..schemas.importing import ROW_STATES
from ..services.transactions import query
from .jobs import Job

MAX_PARTS = 100
"""How many tags, recommenders and the like are kept of a row with long texts."""

MAX_TEXT_LENGTH = MAX_NOTE_LENGTH + 1
"""The beginning of a text that is kept: more than a library takes, so that it is known to be cut there."""

BYTES_AT_ONCE = 4 * 1024 * 1024
"""About how much memory rows take that are read together."""

_ROW_BYTES = 1024
"""About what a row takes beside its texts."""

_OF_REASON = ("reason_code", "reason_values")
"""Beside what a row says the code of what is wrong with it, and the values."""

Key = TypeVar("Key")
_DEFAULTS = {each.name: each.default for each in fields(ImportRow)}
_TITLE_OF_ROW = (
    (IMPORT_TITLES.c.user_id == IMPORT_ROWS.c.user_id)
    & (IMPORT_TITLES.c.job_id == IMPORT_ROWS.c.job_id)
    & (IMPORT_TITLES.c.number == IMPORT_ROWS.c.title)
)
_OF_TITLES = (
    IMPORT_ROWS.c.user_id == bindparam("of_user"),
    IMPORT_ROWS.c.job_id == bindparam("of_job"),
    IMPORT_ROWS.c.title.in_(bindparam("of_titles", expanding=True)),
    IMPORT_ROWS.c.state.is_(None) | (bindparam("only_usable", type_=Integer) == 0),
)
_SIZES = (
    select(IMPORT_ROWS.c.title, func.count(), func.sum(func.length(IMPORT_ROWS.c.said) + _ROW_BYTES))
    .where(*_OF_TITLES)
    .group_by(IMPORT_ROWS.c.title)
)
_ROWS = (
    select(IMPORT_ROWS.c.title, IMPORT_ROWS.c.said)
    .where(*_OF_TITLES)
    .order_by(IMPORT_ROWS.c.title, IMPORT_ROWS.c.number)
    .limit(bindparam("most", type_=Integer))
)
_STATE = func.coalesce(IMPORT_ROWS.c.state, IMPORT_TITLES.c.state)
_IS_CHOSEN = (
    exists()
    .where(
        IMPORT_CHOICES.c.user_id == IMPORT_ROWS.c.user_id,
        IMPORT_CHOICES.c.form == IMPORT_TITLES.c.form,
        IMPORT_CHOICES.c.imdb_id == IMPORT_TITLES.c.imdb_id,
        _STATE.in_(("new", "known")),
    )
    .correlate(IMPORT_ROWS, IMPORT_TITLES)
)
_WITH_TITLES = IMPORT_ROWS.outerjoin(IMPORT_TITLES, _TITLE_OF_ROW)


class ShownRow(NamedTuple):
    """A row as the preview shows it; ``said`` is a part of ImportRow, or the reason why it cannot be read.

    ``is_chosen`` if the user chose its title, in this import or an earlier one. ``reason_code`` and ``reason_values``
    are those of the phrase that says what is wrong with it, if that has a code.
    """

    number: int
    state: str
    place: str
    said: dict[str, Any]
    imdb_id: str | None
    candidates: list[dict[str, Any]]
    is_chosen: bool
    reason_code: str | None
    reason_values: dict[str, str | int]


class Portion(NamedTuple, Generic[Key]):
    """The rows of some titles, and of how many rows there was no room."""

    rows: dict[Key, list[ImportRow]]
    left_out: int


def dumped(row: ImportRow) -> str:
    """A row as JSON, without what it does not say; texts are cut at MAX_TEXT_LENGTH."""
    said = {name: value for name, default in _DEFAULTS.items() if (value := getattr(row, name)) != default}
    said |= coded(row.needs_review, "reason")
    text = orjson.dumps(said)
    if len(text) > MAX_TEXT_LENGTH:
        text = orjson.dumps(_cut(orjson.loads(text)))
    return text.decode()


def loaded(said: str) -> ImportRow:
    """The row of a JSON that ``dumped`` made."""
    values: dict[str, Any] = orjson.loads(said)
    for name in _OF_REASON:
        values.pop(name, None)
    if place := values.get("list_place"):
        values["list_place"] = ListPlace(**place)
    for name in ("tags", "asides"):
        values[name] = tuple(values.get(name, ()))
    values["other_ids"] = tuple(map(tuple, values.get("other_ids", ())))
    values["recommended_by"] = tuple(Recommender(**each) for each in values.get("recommended_by", ()))
    return ImportRow(**values)


def leading_rows(job: Job, titles: Mapping[Key, Sequence[int]], *, only_usable: bool = False) -> Portion[Key]:
    """The rows of the first of these titles, each given by its numbers; at least of one, and as many as fit together.

    The rows of each are in the order of the files. Of one that is too large alone only the first rows are read.
    """
    wanted = {"of_user": job.user_id, "of_job": job.id, "only_usable": int(only_usable)}
    sizes: dict[int, tuple[int, int]] = {}
    for part in in_chunks([number for numbers in titles.values() for number in numbers]):
        sizes |= {number: (count, size) for number, count, size in query(_SIZES, {**wanted, "of_titles": part})}
    room, most, left_out = BYTES_AT_ONCE, BYTES_AT_ONCE // _ROW_BYTES, 0
    rows: dict[Key, list[ImportRow]] = {}
    keys: dict[int, Key] = {}
    for key, numbers in titles.items():
        count, size = map(sum, zip(*(sizes.get(number, (0, 0)) for number in numbers), strict=True))
        room -= size
        if room < 0:
            if rows:
                break
            most = max(1, count * BYTES_AT_ONCE // size)
            left_out = count - most
        rows[key] = []
        keys |= dict.fromkeys(numbers, key)
    for part in in_chunks(sorted(keys)):
        for number, said in query(_ROWS, {**wanted, "of_titles": part, "most": most}):
            rows[keys[number]].append(loaded(said))
    return Portion(rows, left_out)


def page_of_rows(
    job: Job, states: Iterable[str], after: int, limit: int, is_chosen: bool | None = None
) -> list[ShownRow]:
    """The rows of a job in one of these states (of any, if there are none) behind a number of 64 bits, at most so many.

    With ``is_chosen`` only those whose title the user chose, or did not.
    """
    wanted = [state for state in states if state in ROW_STATES]
    columns = (IMPORT_ROWS.c.number, _STATE.label("state"), IMPORT_ROWS.c.place, IMPORT_ROWS.c.said)
    statement = (
        select(*columns, IMPORT_TITLES.c.imdb_id, IMPORT_TITLES.c.candidates, _IS_CHOSEN)
        .select_from(_WITH_TITLES)
        .where(_of_job(job), IMPORT_ROWS.c.number > literal(after, BigInteger))
        .order_by(IMPORT_ROWS.c.number)
        .limit(limit)
    )
    if wanted:
        statement = statement.where(_STATE.in_(wanted))
    if is_chosen is not None:
        statement = statement.where(_IS_CHOSEN if is_chosen else ~_IS_CHOSEN)
    return [
        _shown(orjson.loads(said), number, state, place, imdb_id, orjson.loads(candidates or "[]"), bool(chosen))
        for number, state, place, said, imdb_id, candidates, chosen in query(statement)
    ]


def _shown(
    said: dict[str, Any],
    number: int,
    state: str,
    place: str,
    imdb_id: str | None,
    candidates: list[dict[str, Any]],
    is_chosen: bool,
) -> ShownRow:
    code, values = said.pop("reason_code", None), said.pop("reason_values", {})
    return ShownRow(number, state, place, said, imdb_id, candidates, is_chosen, code, values)


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


def _cut(said: Any) -> Any:
    if isinstance(said, str):
        return said[:MAX_TEXT_LENGTH]
    if isinstance(said, dict):
        return {name: _cut(value) for name, value in said.items()}
    return [_cut(each) for each in said[:MAX_PARTS]] if isinstance(said, list) else said
