"""The sync protocol (docs/sync.md): pulling changes and pushing queued actions."""

from __future__ import annotations

from typing import Any

from flask import Response

from .. import errors
from ..schemas.sync import BatchSchema, ChangesSchema, PullSchema, PushSchema
from ..schemas.sync_answers import ActionsSchema, BatchAnswerSchema, ChangesAnswerSchema, PushAnswerSchema
from ..services.accounts import Account
from ..services.transactions import library_read
from ..state import state
from ..sync import pull
from ..sync.actions import registry
from ..sync.push import Pushed, push
from .blueprint import ApiBlueprint
from .repeated_keys import PushParser
from .replies import reply


class SyncBlueprint(ApiBlueprint):
    """The blueprint of the sync protocol, which tells repeated keys."""

    ARGUMENTS_PARSER = PushParser()


blueprint = SyncBlueprint("sync", __name__, url_prefix="/api/sync", description="Offline-first sync")

_CURSOR_PROBLEMS = (errors.BadCursor, errors.CursorExpired, errors.HistoryDiverged, errors.WrongUser)


@blueprint.endpoint("GET", "", answer=ChangesAnswerSchema, problems=[errors.Invalid], etag=True)
@blueprint.arguments(PullSchema, location="query")
def pull_since(user: Account, query: dict[str, Any]) -> Response:
    """Everything that changed after a time that the server gave, in one answer."""
    with library_read(user.id) as read:
        return reply(pull.pull_since(read, query["since"]))


@blueprint.endpoint(
    "GET", "/changes", answer=ChangesAnswerSchema, problems=[errors.Invalid, *_CURSOR_PROBLEMS], etag=True
)
@blueprint.arguments(ChangesSchema, location="query")
def pull_changes(user: Account, query: dict[str, Any]) -> Response:
    """What changed after a cursor, in pages; ask again with the new cursor until has_more is false."""
    with library_read(user.id) as read:
        if "since" in query and "cursor" not in query:
            return reply(pull.pull_since_in_pages(read, query["since"], query["limit"], query["offset"]))
        return reply(pull.pull_by_cursor(read, query.get("cursor"), query["limit"]))


@blueprint.endpoint(
    "POST", "", answer=PushAnswerSchema, problems=[errors.Invalid, errors.CursorRequired, *_CURSOR_PROBLEMS]
)
@blueprint.arguments(PushSchema)
def push_one(user: Account, body: dict[str, Any]) -> Response:
    """Carry out one queued action, exactly once when it has an id."""
    pushed = push(user.id, [body], cursor=body.get("cursor"))
    return reply(pushed.results[0] | _where(pushed))


@blueprint.endpoint(
    "POST", "/batch", answer=BatchAnswerSchema, problems=[errors.Invalid, errors.CursorRequired, *_CURSOR_PROBLEMS]
)
@blueprint.arguments(BatchSchema)
def push_batch(user: Account, body: dict[str, Any]) -> Response:
    """Carry out queued actions in order; one that fails leaves the others standing, unless atomic."""
    pushed = push(
        user.id,
        body["actions"],
        cursor=body.get("cursor"),
        atomic=body.get("atomic", False),
        device=body.get("device"),
    )
    return reply({"results": pushed.results, **_where(pushed)})


@blueprint.endpoint("GET", "/actions", answer=ActionsSchema(many=True))
def list_actions(user: Account) -> Response:
    """The actions that clients may queue, with the JSON Schema of each one's data."""
    described = state().api.document()["components"]["schemas"]
    return reply(
        [
            {
                "action": action.name,
                "aliases": list(action.aliases),
                "summary": action.summary,
                "data": described[action.schema.__name__],
            }
            for action in registry.actions
        ]
    )


def _where(pushed: Pushed) -> dict[str, Any]:
    return {"server_timestamp": pushed.head.at, "cursor": pushed.cursor}
