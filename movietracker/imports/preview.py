"""From the files of a job to its preview: rows are read into the database, titles matched, and everything counted.

Nothing of this touches the library. Reading starts over when it was interrupted; matching goes on.
"""

from array import array
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import orjson
from sqlalchemy import bindparam, delete, update

from .. import clock
from ..database import execute_many, insert_rows
from ..errors import FormatUnknown, ImportProblem, UploadRefused
from ..models import IMPORT_JOBS, IMPORT_ROWS, IMPORT_TITLES
from ..phrases import coded, phrase
from ..plugin.importers import Importer, ImportRow
from ..services.transactions import write_connection
from ..uploads.archive import open_upload
from ..uploads.upload import MAX_ROWS, BrokenRow, Upload
from . import uploaded
from .census import Census
from .choices import form_of
from .detection import find_importer
from .jobs import WAIT_FOR_FILES, Job, change_job
from .keys import KeyMap, key_of
from .matching import in_library
from .reading import read_rows
from .rows import count_rows, count_titles, dumped
from .titles import has_ids

MAX_READINGS = 6
"""How often reading begins; files that have its process killed would else do so for ever.

More often than ``proofs.faults.imports`` kills it.
"""

ROWS_AT_ONCE = 500
CHARACTERS_AT_ONCE = 1_000_000
MAX_PLACE_LENGTH = 1_000
MAX_FOUND = 1_000
"""How many people, and how many lists, a job proposes; those of the most titles."""

MAX_SPELLINGS = 20
MAX_NAMED = 3
"""Of how many files a message has the names."""

_ROW_COLUMNS = ("user_id", "job_id", "number", "title", "state", "place", "said")
_TITLE_COLUMNS = ("user_id", "job_id", "number", "state", "form", "imdb_id")
_SET_TITLE = (
    update(IMPORT_ROWS)
    .where(
        IMPORT_ROWS.c.user_id == bindparam("of_user"),
        IMPORT_ROWS.c.job_id == bindparam("of_job"),
        IMPORT_ROWS.c.number == bindparam("of_number"),
    )
    .values(title=bindparam("to_title"))
)


def read_files(job: Job, importers: Sequence[Importer], keeps_going: Callable[[Job], bool]) -> Job | None:
    """Read the files of a job into rows and titles; returns it as it is to be matched.

    None if the files are elsewhere, or ``keeps_going`` said no. Raises ImportProblem and JobChanged.
    """
    paths = uploaded.paths(job.user_id, job.id)
    if not paths:
        if clock.now() - job.created_at > WAIT_FOR_FILES:
            raise ImportProblem(phrase("files_gone"))
        return None
    with _counted(job) as job, open_upload(paths) as upload:
        importer = _importer_of(importers, upload, job.format)
        reading = _Reading(job)
        for row in read_rows(importer, upload):
            if reading.add(row) and not keeps_going(reading.job):
                return None
        job = reading.finish(importer)
    uploaded.remove(job.user_id, job.id)
    return job


@contextmanager
def _counted(job: Job) -> Iterator[Job]:
    """Begin reading without what an earlier one left; the position of a job counts those that ended with a process.

    Raises ImportProblem for one too many, and JobChanged.
    """
    begun = int(job.position or 0)
    if begun == MAX_READINGS:
        raise ImportProblem(phrase("reading_killed", times=begun))
    with write_connection(job.user_id) as connection:
        for table in (IMPORT_ROWS, IMPORT_TITLES):
            connection.execute(delete(table).where(table.c.user_id == job.user_id, table.c.job_id == job.id))
        job = change_job(connection, job, position=str(begun + 1))
    try:
        yield job
    finally:
        of_job = IMPORT_JOBS.c.user_id == job.user_id, IMPORT_JOBS.c.id == job.id, IMPORT_JOBS.c.state == job.state
        with write_connection(job.user_id) as connection:
            connection.execute(update(IMPORT_JOBS).where(*of_job).values(position=""))


def _importer_of(importers: Sequence[Importer], upload: Upload, name: str | None) -> Importer:
    """The importer for an upload. Raises FormatUnknown, which names the files: the documentation lists the formats."""
    try:
        return find_importer(importers, upload, name)
    except FormatUnknown:
        if name is not None:
            raise
    names = ", ".join(member.label for member in upload.members[:MAX_NAMED])
    if not names:
        raise FormatUnknown(phrase("archive_empty"))
    what = "unknown" if any(member.size for member in upload.members) else "empty"
    more = len(upload.members) - MAX_NAMED
    raise FormatUnknown(
        phrase(f"many_files_{what}", files=names, more=more) if more > 0 else phrase(f"files_{what}", files=names)
    )


class _Reading:
    """Rows on their way into the database, a few hundred in a transaction."""

    def __init__(self, job: Job) -> None:
        self.job = job
        self._census = Census()
        self._rows: list[tuple[Any, ...]] = []
        self._titles: list[tuple[int, str | None, str | None]] = []
        self._without_ids = array("Q")
        """Of each row without ids its number, that of its title, and a key of its viewing, else of itself."""
        self._moved: list[dict[str, Any]] = []
        self._characters = self._read = self._numbered = self._certain = 0

    def add(self, row: ImportRow | BrokenRow) -> bool:
        """Take a row in; returns whether all are written by now. Raises UploadRefused for one too many."""
        if self._read == MAX_ROWS:
            raise UploadRefused(phrase("too_many_rows", most=MAX_ROWS))
        found = self._census.add(row)
        if isinstance(row, BrokenRow):
            said = {"reason": row.reason, **coded(row.reason, "reason")}
            self._keep(None, found, row.where, orjson.dumps(said).decode())
        elif isinstance(found, int):
            self._take_title(found, row)
            self._keep(found, "needs_review" if row.needs_review else None, row.where, dumped(row))
        else:
            self._keep(None, found, row.where, dumped(row))
        if is_full := len(self._rows) == ROWS_AT_ONCE or self._characters >= CHARACTERS_AT_ONCE:
            self._write()
        return is_full

    def _take_title(self, number: int, row: ImportRow) -> None:
        """Take in what the row says of its title; one with an IMDb id need not be looked for."""
        if number == self._numbered:
            self._numbered += 1
            form = form_of(row)
            is_certain = row.imdb_id is not None and form is not None
            self._titles.append((number, form, row.imdb_id) if is_certain else (number, None, None))
        if not has_ids(row):
            self._without_ids.extend((self._read, number, key_of(number, row.viewing_id or row.row_id)))

    def _keep(self, title: int | None, state: str | int | None, place: str, said: str) -> None:
        of_job = self.job.user_id, self.job.id
        self._rows.append((*of_job, self._read, title, state, place[:MAX_PLACE_LENGTH], said))
        self._characters += len(said)
        self._read += 1

    def finish(self, importer: Importer) -> Job:
        """Write the rest, and what was found."""
        self._part_shared()
        self._write()
        lists = sorted(self._census.lists.items(), key=lambda each: -each[1])[:MAX_FOUND]
        with write_connection(self.job.user_id) as connection:
            return change_job(
                connection,
                self.job,
                state="matching",
                format=importer.name,
                label=importer.label[:200],
                done=self._certain,
                total=self._numbered,
                position="",
                counts=self._census.counts() | {"titles": self._numbered},
                people=_people(self._census),
                lists=[{"name": name, "titles": count} for name, count in lists],
            )

    def _part_shared(self) -> None:
        """Give rows whose name alone says what they are about, where that is the name of several, titles of their own.

        That is known at the end only, and no title is guessed. Rows of one viewing stay together.
        """
        of_job, titles = {"of_user": self.job.user_id, "of_job": self.job.id}, KeyMap()
        for place in range(0, len(self._without_ids), 3):
            row_number, number, key = self._without_ids[place : place + 3]
            if self._census.is_shared(number):
                if (own := titles.get(key)) is None:
                    own, self._numbered = self._numbered, self._numbered + 1
                    titles.set_default(key, own)
                    self._titles.append((own, None, None))
                self._moved.append({**of_job, "of_number": row_number, "to_title": own})
                if len(self._moved) == ROWS_AT_ONCE:
                    self._write()

    def _write(self) -> None:
        of_job = self.job.user_id, self.job.id
        known = in_library(self.job.user_id, [imdb_id for *_, imdb_id in self._titles if imdb_id])
        states = {None: "unmatched"} | dict.fromkeys(known, "known")
        titles = [(*of_job, number, states.get(found, "new"), form, found) for number, form, found in self._titles]
        with write_connection(self.job.user_id) as connection:
            self.job = change_job(connection, self.job, done=self._read)
            insert_rows(connection, IMPORT_TITLES, _TITLE_COLUMNS, titles)
            insert_rows(connection, IMPORT_ROWS, _ROW_COLUMNS, self._rows)
            execute_many(connection, _SET_TITLE, self._moved)
        self._certain += sum(imdb_id is not None for *_, imdb_id in self._titles)
        self._rows, self._titles, self._moved, self._characters = [], [], [], 0


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
