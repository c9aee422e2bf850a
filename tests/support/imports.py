"""Imports below the API, from rows that a test writes down; each needs an application context."""

import io
import json
import uuid
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import orjson

from movietracker.backup.document.export import export_document
from movietracker.imports import choices, jobs, uploaded
from movietracker.imports.jobs import Job
from movietracker.imports.running import Tools, work_on
from movietracker.plugin.importers import ImportRow, ListPlace, Recommender
from movietracker.services.accounts import Account
from movietracker.services.transactions import library_read, write_connection
from movietracker.state import state
from movietracker.uploads.upload import BrokenRow, Upload

Row = Mapping[str, Any]


class LinesImporter:
    """Reads one row a line, as JSON: the fields of ImportRow."""

    name = "lines"
    label = "Lines"
    priority = 50

    def recognizes(self, upload: Upload) -> bool:
        return False  # it is always asked for by its name

    def rows(self, upload: Upload) -> Iterator[ImportRow | BrokenRow]:
        for member in upload.members:
            with member.open() as stream:
                for number, line in enumerate(stream, 1):
                    yield _row(json.loads(line), member.at(number))


def _row(said: dict[str, Any], where: str) -> ImportRow | BrokenRow:
    if "broken" in said:
        return BrokenRow(where, said["broken"])
    if "list_place" in said:
        said["list_place"] = ListPlace(**said["list_place"])
    if "recommended_by" in said:
        said["recommended_by"] = tuple(Recommender(**each) for each in said["recommended_by"])
    said |= {name: tuple(said[name]) for name in ("tags", "asides") if name in said}
    if "other_ids" in said:
        said["other_ids"] = tuple(map(tuple, said["other_ids"]))
    return ImportRow(**{"source": "lines", "row_id": where, "where": where, **said})


def tools() -> Tools:
    """What jobs are done with: the importer of this module, and the application's providers."""
    return Tools([LinesImporter(), *state().importers], state().lookup.chain)


def upload(user: Account, rows: Sequence[Row], format_name: str | None = "lines") -> Job:
    """A job with a file of these rows, to be read."""
    job_id = str(uuid.uuid4())
    lines = b"\n".join(orjson.dumps(row) for row in rows)
    uploaded.store(user.id, job_id, [("file.jsonl", io.BytesIO(lines))])
    return jobs.create_job(user.id, job_id, format_name)


def work(job: Job) -> Job:
    """Work on a job for as long as it can be."""
    while work_on(job, tools(), lambda _: True):
        job = jobs.get_job(job.user_id, job.id)
    return jobs.get_job(job.user_id, job.id)


def preview(user: Account, *rows: Row) -> Job:
    """A job that is read and matched."""
    return work(upload(user, rows))


def choose(job: Job, **chosen: Any) -> Job:
    """A job with these choices of people, lists and ratings."""
    decided = choices.decided(job, **{"people": {}, "lists": {}} | chosen)
    with write_connection(job.user_id) as connection:
        return jobs.change_job(connection, job, choices=decided)


def bring_in(user: Account, *rows: Row, ratings: str = "keep") -> Job:
    """Import rows, with all people and lists that are found."""
    return _confirm(preview(user, *rows), ratings)


def preview_file(user: Account, name: str, content: bytes) -> Job:
    """A job of a file of whatever format that is read and matched."""
    job_id = str(uuid.uuid4())
    uploaded.store(user.id, job_id, [(name, io.BytesIO(content))])
    job = work(jobs.create_job(user.id, job_id, None))
    assert job.state == "ready", job
    return job


def bring_in_file(user: Account, name: str, content: bytes) -> Job:
    """Import a file of whatever format, with all people and lists that are found."""
    return _confirm(preview_file(user, name, content))


def _confirm(job: Job, ratings: str = "keep") -> Job:
    found = {kind: {each["name"]: each["name"] for each in getattr(job, kind)} for kind in ("people", "lists")}
    choose(job, ratings=ratings, **found)
    return work(jobs.confirm(job.user_id, job.id))


def take_back(job: Job) -> Job:
    """Undo a job."""
    return work(jobs.undo(job.user_id, job.id))


def exported(user: Account) -> dict[str, Any]:
    """The document of a library."""
    with library_read(user.id) as read:
        document: dict[str, Any] = orjson.loads(b"".join(export_document(read)))
    return document


def contents(user: Account) -> dict[str, Any]:
    """What a library holds, without the times of its changes and the account."""
    document = exported(user)
    for name in ("exported_at", "account"):
        document.pop(name, None)
    for record in (*document["movies"], *document["people"], *document["lists"]):
        del record["last_modified"]
    return document
