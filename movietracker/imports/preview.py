"""From the files of a job to its preview: rows are read into the database, titles matched, and everything counted.

Nothing of this touches the library. Reading starts over when it was interrupted; matching goes on.
"""

from collections.abc import Callable, Sequence
from typing import Any

import orjson
from sqlalchemy import delete

from .. import clock
from ..database import insert_rows
from ..errors import ImportProblem, UploadRefused
from ..models import IMPORT_ROWS, IMPORT_TITLES
from ..plugin.importers import Importer, ImportRow
from ..services.transactions import write_connection
from ..uploads.archive import open_upload
from ..uploads.upload import BrokenRow
from . import uploaded
from .census import Census
from .detection import find_importer
from .jobs import Job, change_job
from .reading import read_rows
from .rows import count_rows, count_titles, dumped

MAX_ROWS = 200_000
ROWS_AT_ONCE = 500
MAX_FOUND = 1_000
"""How many people, and how many lists, a job proposes; those of the most titles."""

MAX_SPELLINGS = 20
WAIT_FOR_FILES = 3600.0
"""Seconds after which files that are not on this machine count as lost; they may be on another one."""

_ROW_COLUMNS = ("user_id", "job_id", "number", "title", "state", "place", "said")
_TITLE_COLUMNS = ("user_id", "job_id", "number", "state")


def read_files(job: Job, importers: Sequence[Importer], keeps_going: Callable[[Job], bool]) -> Job | None:
    """Read the files of a job into rows and titles; returns it as it is to be matched.

    None if the files are elsewhere, or ``keeps_going`` said no. Raises ImportProblem and JobChanged.
    """
    paths = uploaded.paths(job.user_id, job.id)
    if not paths:
        if clock.now() - job.created_at > WAIT_FOR_FILES:
            raise ImportProblem("The uploaded files are gone; please upload them again.")
        return None
    with write_connection(job.user_id) as connection:
        for table in (IMPORT_ROWS, IMPORT_TITLES):
            connection.execute(delete(table).where(table.c.user_id == job.user_id, table.c.job_id == job.id))
    with open_upload(paths) as upload:
        importer = find_importer(importers, upload, job.format)
        reading = _Reading(job)
        for row in read_rows(importer, upload):
            if reading.add(row) and not keeps_going(reading.job):
                return None
        job = reading.finish(importer)
    uploaded.remove(job.user_id, job.id)
    return job


class _Reading:
    """Rows on their way into the database, a few hundred in a transaction."""

    def __init__(self, job: Job) -> None:
        self.job = job
        self._census = Census()
        self._lists: dict[str, int] = {}
        self._rows: list[tuple[Any, ...]] = []
        self._titles: list[tuple[Any, ...]] = []
        self._read = self._numbered = 0

    def add(self, row: ImportRow | BrokenRow) -> bool:
        """Take a row in; returns whether all are written by now. Raises UploadRefused for one too many."""
        if self._read == MAX_ROWS:
            raise UploadRefused(f"An import has at most {MAX_ROWS:,} rows.")
        found = self._census.add(row)
        key = self.job.user_id, self.job.id, self._read
        self._read += 1
        if isinstance(row, BrokenRow):
            self._rows.append((*key, None, found, row.where, orjson.dumps({"reason": row.reason}).decode()))
        elif isinstance(found, int):
            if found == self._numbered:
                self._titles.append((*key[:2], found, "unmatched"))
                self._numbered += 1
            if row.list_place is not None and (row.list_place.name in self._lists or len(self._lists) < MAX_ROWS):
                self._lists[row.list_place.name] = self._lists.get(row.list_place.name, 0) + 1
            self._rows.append((*key, found, "needs_review" if row.needs_review else None, row.where, dumped(row)))
        else:
            self._rows.append((*key, None, found, row.where, dumped(row)))
        if is_full := len(self._rows) == ROWS_AT_ONCE:
            self._write()
        return is_full

    def finish(self, importer: Importer) -> Job:
        """Write the rest, and what was found."""
        self._write()
        lists = sorted(self._lists.items(), key=lambda each: -each[1])[:MAX_FOUND]
        with write_connection(self.job.user_id) as connection:
            return change_job(
                connection,
                self.job,
                state="matching",
                format=importer.name,
                label=importer.label[:200],
                done=0,
                total=self._numbered,
                position="",
                counts=self._census.counts(),
                people=_people(self._census),
                lists=[{"name": name, "titles": count} for name, count in lists],
            )

    def _write(self) -> None:
        with write_connection(self.job.user_id) as connection:
            self.job = change_job(connection, self.job, done=self._read)
            insert_rows(connection, IMPORT_TITLES, _TITLE_COLUMNS, self._titles)
            insert_rows(connection, IMPORT_ROWS, _ROW_COLUMNS, self._rows)
        self._rows, self._titles = [], []


def finish_preview(job: Job) -> Job:
    """Count what the matching found; the job is ready to be confirmed. Raises JobChanged."""
    titles, rows = count_titles(job), count_rows(job)
    counts = dict(job.counts)
    counts |= {name: titles.get(name, 0) for name in ("ambiguous", "not_found", "new", "known")}
    counts |= {name: rows.get(name, 0) for name in ("unsupported", "needs_review")}
    with write_connection(job.user_id) as connection:
        return change_job(connection, job, state="ready", counts=counts, resume_at=None)


def _people(census: Census) -> list[dict[str, Any]]:
    return [
        {
            "name": each.name,
            "written_as": list(each.written_as)[:MAX_SPELLINGS],
            "titles": each.titles,
            "alike": each.alike[:MAX_SPELLINGS],
        }
        for each in census.people()[:MAX_FOUND]
    ]
