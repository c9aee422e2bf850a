"""The sync protocol (docs/sync.md): pulling changes and pushing queued actions."""

from typing import Any

from marshmallow import Schema, fields

from ..errors import BadCursor, CursorExpired, CursorRequired, HistoryDiverged, WrongUser
from ..records import KINDS, Kind
from ..schemas import sync as schemas
from ..schemas.fields import Field
from ..schemas.values import ID, TEXT
from ..services.accounts import Account
from ..services.transactions import library_read
from ..sync import pull
from ..sync.actions import registry
from ..sync.push import Pushed, push
from ..sync.requests import read_action, request_of
from . import openapi
from .blueprint import MAX_BODY_BYTES, ApiBlueprint
from .limits import pushing

blueprint = ApiBlueprint("sync", "/api/sync", "Offline-first sync")

MAX_PUSH_BYTES = 8 * MAX_BODY_BYTES


def _synced(kind: Kind) -> type[Schema]:
    """The schema of a record with its number."""
    return type(f"Synced{kind.schema.__name__}", (kind.schema, schemas.RecordSchema), {})


_KEYS = Schema.from_dict(
    {kind.plural: fields.List(Field(TEXT if kind.key.type.python_type is str else ID)) for kind in KINDS}, name="Ids"
)
_CHANGES = schemas.ChangesResponseSchema.from_dict(
    {
        **{kind.plural: fields.List(fields.Nested(_synced(kind))) for kind in KINDS},
        "deleted": fields.Nested(_KEYS),
        "live_ids": fields.Nested(
            _KEYS, metadata={"description": "On a full response: all there is; drop the rest", "optional": True}
        ),
    },
    name="ChangesResponse",
)
_PULL_PROBLEMS = (BadCursor, CursorExpired, HistoryDiverged, WrongUser)
_PUSH_PROBLEMS = (CursorRequired, *_PULL_PROBLEMS)


@blueprint.operation("GET", "", query=schemas.PullSchema, response=_CHANGES, etag=True)
def pull_since(user: Account, query: dict[str, Any]) -> dict[str, Any]:
    """Everything that changed after a time that the server gave, in one response."""
    with library_read(user.id) as read:
        return pull.pull_since(read, query["since"])


@blueprint.operation(
    "GET", "/changes", query=schemas.ChangesSchema, response=_CHANGES, problems=_PULL_PROBLEMS, etag=True
)
def pull_changes(user: Account, query: dict[str, Any]) -> dict[str, Any]:
    """What changed after a cursor, in pages; ask again with the new cursor until has_more is false."""
    with library_read(user.id) as read:
        if "since" in query and "cursor" not in query:
            return pull.pull_since_in_pages(read, query["since"], query["limit"], query["offset"])
        return pull.pull_by_cursor(read, query.get("cursor"), query["limit"])


@blueprint.operation(
    "POST",
    "",
    body=schemas.PushSchema,
    response=schemas.PushResponseSchema,
    problems=_PUSH_PROBLEMS,
    max_body=MAX_PUSH_BYTES,
    limits=[pushing],
)
def push_one(user: Account, body: dict[str, Any]) -> dict[str, Any]:
    """Carry out one queued action, exactly once when it has an id."""
    pushed = push(user.id, [request_of(body)], cursor=body.get("cursor"))
    return pushed.results[0] | _where(pushed)


@blueprint.operation(
    "POST",
    "/batch",
    body=schemas.BatchSchema,
    response=schemas.BatchResponseSchema,
    problems=_PUSH_PROBLEMS,
    max_body=MAX_PUSH_BYTES,
    limits=[pushing],
)
def push_batch(user: Account, body: dict[str, Any]) -> dict[str, Any]:
    """Carry out queued actions in order; one that fails leaves the others standing, unless atomic."""
    requests = [read_action(item, body.get("device")) for item in body["actions"]]
    pushed = push(user.id, requests, cursor=body.get("cursor"), atomic=body.get("atomic", False))
    return {"results": pushed.results, **_where(pushed)}


@blueprint.operation("GET", "/actions", response=schemas.ActionsSchema(many=True))
def list_actions(user: Account) -> list[dict[str, Any]]:
    """The actions that clients may queue, with the JSON Schema of each one's data."""
    return [
        {
            "action": action.name,
            "aliases": list(action.aliases),
            "summary": action.summary,
            "data": openapi.schema_of(action.schema.__name__),
        }
        for action in registry.actions
    ]


def _where(pushed: Pushed) -> dict[str, Any]:
    return {"server_timestamp": pushed.head.at, "cursor": pushed.cursor}
