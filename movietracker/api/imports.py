"""Imports from other trackers: upload, preview, decisions, and taking them back."""

import uuid
from collections.abc import Iterator
from typing import Any, BinaryIO, cast

from flask import Response, request

from .. import errors
from ..imports import choices, jobs, uploaded
from ..imports.resolving import Decision, resolve
from ..imports.rows import page_of_rows
from ..imports.shown import job_json, row_json
from ..schemas import importing as schemas
from ..services.accounts import Account
from ..state import state
from ..uploads.archive import MAX_FILE_BYTES
from .blueprint import PROVIDER_PROBLEMS, ApiBlueprint
from .limits import importing
from .paging import Order

blueprint = ApiBlueprint("imports", "/api/import", "Imports from other trackers")

_DEFAULT_LIMIT = 100
_ORDER = Order("import rows", number=int)
_FILE = {"type": "string", "format": "binary"}
_FORM = {"type": "object", "properties": {"file": {"type": "array", "items": _FILE}}, "required": ["file"]}
_BODY = {
    "required": True,
    "description": (
        "The files of one export, as those of a form, or one file as the body; at most "
        f"{MAX_FILE_BYTES // 2**20} MiB together."
    ),
    "content": {"application/octet-stream": {"schema": _FILE}, "multipart/form-data": {"schema": _FORM}},
}
_OF_JOB = [errors.ImportNotFound]
_OF_STATE = [errors.ImportNotFound, errors.ImportNotReady]


@blueprint.operation(
    "POST",
    "",
    query=schemas.UploadQuerySchema,
    body=_BODY,
    response=schemas.ImportJobSchema,
    status=202,
    problems=[errors.UploadRefused, errors.TooManyImports],
    limits=[importing],
    max_body=MAX_FILE_BYTES,
)
def upload(user: Account, how: dict[str, Any]) -> dict[str, Any]:
    """Upload the files of another tracker, to be read and matched; nothing is imported before it is confirmed."""
    job_id = str(uuid.uuid4())
    uploaded.store(user.id, job_id, _files(how.get("filename") or "file"))
    try:
        return job_json(jobs.create_job(user.id, job_id, how.get("format")))
    except BaseException:
        uploaded.remove(user.id, job_id)
        raise


@blueprint.operation("GET", "", response=schemas.ImportSummarySchema(many=True))
def list_all(user: Account) -> list[dict[str, Any]]:
    """The imports of the user, the newest first."""
    hidden = {"people", "lists", "choices"}
    return [
        {name: value for name, value in job_json(job).items() if name not in hidden} for job in jobs.list_jobs(user.id)
    ]


@blueprint.operation("GET", "/<string:job_id>", response=schemas.ImportJobSchema, problems=_OF_JOB)
def show(user: Account, job_id: str) -> dict[str, Any]:
    """An import: its state, what was found, and its report."""
    return job_json(jobs.get_job(user.id, job_id))


@blueprint.operation(
    "GET",
    "/<string:job_id>/rows",
    query=schemas.RowsQuerySchema,
    response=schemas.ImportRowSchema(many=True),
    headers=["X-Next-Cursor", "Link"],
    problems=_OF_JOB,
)
def rows(user: Account, wanted: dict[str, Any], job_id: str) -> Response:
    """The rows of an import in the order of the files, a page at a time (100 unless limit says otherwise)."""
    job = jobs.get_job(user.id, job_id)
    states = [wanted["state"]] if "state" in wanted else []

    def fetch(after: Any, limit: int | None) -> tuple[list[dict[str, Any]], tuple[Any, ...] | None]:
        size = limit or _DEFAULT_LIMIT
        found = page_of_rows(job, states, -1 if after is None else after[0], size + 1, wanted.get("is_chosen"))
        shown = [row_json(row) for row in found[:size]]
        return shown, (found[size - 1].number,) if len(found) > size else None

    return _ORDER.page(wanted, fetch)


@blueprint.operation(
    "POST",
    "/<string:job_id>/resolve",
    body=schemas.ResolveSchema,
    response=schemas.ImportJobSchema,
    problems=[*_OF_STATE, *PROVIDER_PROBLEMS],
)
def decide(user: Account, body: dict[str, Any], job_id: str) -> dict[str, Any]:
    """Decide which titles are meant, and what becomes of people and lists; once it is ready, before it is confirmed."""
    job = jobs.get_job(user.id, job_id)
    people = {each["name"]: each["to"] for each in body["people"]}
    lists = {each["name"]: each["to"] for each in body["lists"] if not _becomes_tag(each)}
    list_tags = {each["name"]: each["to"] for each in body["lists"] if _becomes_tag(each)}
    decided = choices.decided(job, people=people, lists=lists, list_tags=list_tags, ratings=body.get("ratings"))
    told = [Decision(each["row"], each.get("imdb_id"), each.get("candidate")) for each in body["rows"]]
    return job_json(resolve(job, told, state().lookup.chain, decided))


@blueprint.operation(
    "POST", "/<string:job_id>/confirm", response=schemas.ImportJobSchema, status=202, problems=_OF_STATE
)
def confirm(user: Account, job_id: str) -> dict[str, Any]:
    """Have the titles of an import that is ready brought into the library."""
    return job_json(jobs.confirm(user.id, job_id))


@blueprint.operation("POST", "/<string:job_id>/cancel", response=schemas.ImportJobSchema, problems=_OF_STATE)
def cancel(user: Account, job_id: str) -> dict[str, Any]:
    """Stop an import; what it has changed stays until it is undone."""
    return job_json(jobs.cancel(user.id, job_id))


@blueprint.operation("POST", "/<string:job_id>/undo", response=schemas.ImportJobSchema, status=202, problems=_OF_STATE)
def undo(user: Account, job_id: str) -> dict[str, Any]:
    """Have what an import changed taken back, but what the user changed since."""
    return job_json(jobs.undo(user.id, job_id))


@blueprint.operation("DELETE", "/<string:job_id>", status=204, problems=_OF_STATE)
def remove(user: Account, job_id: str) -> None:
    """Forget an import that is not at work; what it changed stays, and cannot be undone any more."""
    jobs.delete_job(user.id, job_id)


def _becomes_tag(decision: dict[str, Any]) -> bool:
    return decision["to"] is not None and decision["what"] == "tag"


def _files(name: str) -> Iterator[tuple[str, BinaryIO]]:
    """The files of a form, or the body; raises Invalid when the form has none."""
    if request.mimetype != "multipart/form-data":
        yield name, cast(BinaryIO, request.stream)
        return
    chosen = [each for _, each in request.files.items(multi=True)]
    if not chosen:
        raise errors.Invalid.field("file", "is missing")
    for each in chosen:
        yield each.filename or name, cast(BinaryIO, each.stream)
