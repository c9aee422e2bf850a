"""Carrying out clients' actions, each exactly once.

A batch runs in order in one transaction of the library, with a savepoint per action: one that fails leaves the others
standing. With an id, the outcome is recorded in the transaction of its effect; the same id again answers what was
recorded. Only final outcomes are recorded: a fault of the server undoes everything, and the client sends it again.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields, replace
from typing import Any

import orjson
from marshmallow import ValidationError
from sqlalchemy import bindparam, insert, select

from .. import metrics
from ..errors import CursorRequired, Problem
from ..events import RecordKind
from ..models import ActionRecord
from ..prepared import Prepared
from ..schemas.sync import EnvelopeSchema, first_message
from ..services.change_clock import Head, LibraryRead, LibraryWrite
from ..services.transactions import library_read, library_write
from . import cursor as cursors
from .actions import registry, state_of
from .conflicts import ActionConflict, Doing
from .registry import Action

RECORDED = ActionRecord.__table__
MAX_ACTIONS = 500
MAX_DATA_BYTES = 1_048_576
_KEYS_PER_STATEMENT = 500

_RECORD = Prepared(insert(RECORDED), "user_id", "id", "fingerprint", "outcome", "at")
_OUTCOMES = select(RECORDED.c.id, RECORDED.c.fingerprint, RECORDED.c.outcome).where(
    RECORDED.c.user_id == bindparam("of_user")
)
_OUTCOME = Prepared(_OUTCOMES.where(RECORDED.c.id == bindparam("of_id")))

_envelope = EnvelopeSchema()
_schemas = {action.name: action.schema() for action in registry.actions}


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of an action. ``kind`` and ``key`` name the record that it was about."""

    status: str
    code: str | None = None
    error: str | None = None
    last_modified: float | None = None
    rev: int | None = None
    kind: RecordKind | None = None
    key: str | None = None
    replayed: bool = field(default=False, compare=False)

    @property
    def is_success(self) -> bool:
        """Whether what the user wanted is so now."""
        return self.status in ("applied", "noop")


_UNKNOWN_ACTION = Outcome("rejected", "unknown_action", "The server knows no action of this name.")
REPEATED_KEY = Outcome("rejected", "validation_error", "An object in this action has the same key twice.")
"""Stands for such an action among the items of a push."""
_DATA_TOO_LARGE = Outcome(
    "rejected", "data_too_large", f"The data of an action must have at most {MAX_DATA_BYTES} bytes."
)
_KEPT = tuple(each.name for each in fields(Outcome) if each.name != "replayed")


@dataclass(frozen=True, slots=True)
class Pushed:
    """The answers to a push, in order, and the head after it."""

    results: list[dict[str, Any]]
    head: Head
    cursor: str


@dataclass(frozen=True, slots=True)
class _Request:
    """A well-formed action; ``fingerprint`` tells two different ones under one id apart.

    ``refusal`` is the outcome of one that can never be done.
    """

    action: Action | None
    data: dict[str, Any]
    refusal: Outcome | None
    id: str | None
    timestamp: float | None
    base_rev: int | None
    device: str | None
    fingerprint: str

    @property
    def kind(self) -> str:
        """The action's name, for counting."""
        return self.action.name if self.action is not None and self.refusal is None else "malformed"


class _Undo(Exception):
    """Leaves an atomic batch, undoing it."""


def push(
    user_id: str, items: Sequence[Any], *, cursor: str | None = None, atomic: bool = False, device: str | None = None
) -> Pushed:
    """Carry out actions in order; a malformed one is rejected like any other that cannot be done.

    ``atomic``: all or none. Raises BadCursor, CursorRefused and CursorRequired before anything is done.
    """
    requests = [_read(item, device) for item in items]
    if cursor is None and any(isinstance(each, _Request) and each.base_rev is not None for each in requests):
        raise CursorRequired
    known = None if cursor is None else cursors.decode(cursor)
    pushed = _carry_out(user_id, requests, known, atomic)
    kinds = (each.kind if isinstance(each, _Request) else "malformed" for each in requests)
    ends = ("replayed" if result["replayed"] else result["status"] for result in pushed.results)
    metrics.actions_done(zip(kinds, ends, strict=True))
    return pushed


def _carry_out(
    user_id: str, requests: Sequence[_Request | Outcome], known: cursors.Cursor | None, atomic: bool
) -> Pushed:
    outcomes: list[Outcome] = []
    try:
        with library_write(user_id) as tx:
            known_seq = None if known is None else cursors.check(tx, known).seq
            batch = _Batch(tx, known_seq)
            outcomes = batch.run(requests)
            if atomic and not all(outcome.is_success for outcome in outcomes):
                raise _Undo
            return _pushed(tx, outcomes, known)
    except _Undo:
        with library_read(user_id) as read:
            undone = [
                _undone(read, outcome, batch.is_lasting(each)) for each, outcome in zip(requests, outcomes, strict=True)
            ]
            return _pushed(read, undone, known)


def _pushed(read: LibraryRead, outcomes: Sequence[Outcome], known: cursors.Cursor | None) -> Pushed:
    """The answers, and a cursor at the client's own place that also vouches for what was acknowledged just now."""
    results = [_answer(read, outcome) for outcome in outcomes]
    head = read.head()
    if isinstance(read, LibraryWrite) and head.seq > read.first_seq:
        position = cursors.Position(head.seq, read.nonce)
    else:
        position = cursors.position_at(read, head.seq) or cursors.BEGINNING
    cursor = cursors.Cursor(read.user_id, head.seq, position) if known is None else replace(known, head=position)
    return Pushed(results, head, cursor.encode())


class _Batch:
    """Actions in one transaction; knows which of their ids were recorded before."""

    def __init__(self, tx: LibraryWrite, known_seq: int | None) -> None:
        self._tx = tx
        self._known_seq = known_seq
        self._recorded: dict[str, tuple[str, Outcome]] = {}
        self._lasting: frozenset[str] = frozenset()
        self._new: list[dict[str, Any]] = []

    def is_lasting(self, request: _Request | Outcome) -> bool:
        """Whether the outcome of this action was recorded by an earlier transaction, so that it stands in any case."""
        return isinstance(request, _Request) and request.id in self._lasting

    def run(self, requests: Sequence[_Request | Outcome]) -> list[Outcome]:
        """The outcomes, in order; new ones are recorded in the same transaction."""
        ids = [request.id for request in requests if isinstance(request, _Request) and request.id is not None]
        for start in range(0, len(ids), _KEYS_PER_STATEMENT):
            self._load(ids[start : start + _KEYS_PER_STATEMENT])
        self._lasting = frozenset(self._recorded)
        outcomes = [request if isinstance(request, Outcome) else self._once(request) for request in requests]
        self._tx.execute_many(_RECORD, self._new)
        return outcomes

    def _load(self, ids: Sequence[str]) -> None:
        if len(ids) == 1:
            rows = self._tx.fetch_plain(_OUTCOME, of_id=ids[0])
        else:
            rows = self._tx.fetch_plain(_OUTCOMES.where(RECORDED.c.id.in_(ids)))
        for action_id, fingerprint, outcome in rows:
            self._recorded[action_id] = (fingerprint, Outcome(**orjson.loads(outcome), replayed=True))

    def _once(self, request: _Request) -> Outcome:
        if request.id is None:
            return self._perform(request)
        if request.id in self._recorded:
            fingerprint, outcome = self._recorded[request.id]
            if fingerprint != request.fingerprint:
                return Outcome("rejected", "id_reused", "This action id was used for another action before.")
            return outcome
        outcome = self._perform(request)
        kept = _kept(outcome)
        row = {"user_id": self._tx.user_id, "id": request.id, "fingerprint": request.fingerprint, "at": self._tx.at}
        self._new.append({**row, "outcome": orjson.dumps(kept).decode()})
        self._recorded[request.id] = (request.fingerprint, Outcome(**kept, replayed=True))
        return outcome

    def _perform(self, request: _Request) -> Outcome:
        if request.action is None or request.refusal is not None:
            return request.refusal or _UNKNOWN_ACTION
        tx = self._tx
        timestamp = tx.at if request.timestamp is None else min(request.timestamp, tx.at)
        doing = Doing(tx, timestamp, request.base_rev, self._known_seq)
        tx.done_at, tx.device = timestamp, request.device
        before = tx.version
        try:
            with tx.savepoint():
                target = request.action.perform(doing, dict(request.data))
        except ActionConflict as conflict:
            return _of_record(tx, "conflict", conflict.kind, conflict.key, conflict.code, conflict.sentence)
        except Problem as problem:
            return Outcome("rejected", problem.code, problem.detail)
        return _of_record(tx, "noop" if tx.version == before else "applied", target.kind, target.key)


def _read(item: Any, device: str | None) -> _Request | Outcome:
    """A well-formed action, or the outcome of one that is not."""
    if isinstance(item, Outcome):
        return item
    if not isinstance(item, Mapping):
        return Outcome("rejected", "validation_error", "An action must be a JSON object.")
    try:
        envelope = _envelope.load(item)
    except ValidationError as error:
        return Outcome("rejected", "validation_error", first_message(error))
    try:
        written = orjson.dumps(envelope["data"], option=orjson.OPT_SORT_KEYS)
    except orjson.JSONEncodeError:
        return Outcome("rejected", "validation_error", "data: Nested too deeply.")
    action = registry.find(envelope["action"])
    data, refusal = _data(action, envelope["data"], len(written))
    return _Request(
        action,
        data,
        refusal,
        envelope.get("id"),
        envelope.get("timestamp"),
        envelope.get("base_rev"),
        envelope.get("device") or device,
        hashlib.sha256((action.name if action else envelope["action"]).encode() + b"\0" + written).hexdigest(),
    )


def _data(action: Action | None, given: dict[str, Any], size: int) -> tuple[dict[str, Any], Outcome | None]:
    """The data of an action, of which ``size`` is the bytes as JSON; and why it can never be done, if so."""
    if action is None:
        return {}, _UNKNOWN_ACTION
    if size > MAX_DATA_BYTES:
        return {}, _DATA_TOO_LARGE
    try:
        return _schemas[action.name].load(given), None
    except ValidationError as error:
        return {}, Outcome("rejected", "validation_error", first_message(error))


def _of_record(
    tx: LibraryWrite, status: str, kind: RecordKind, key: str, code: str | None = None, error: str | None = None
) -> Outcome:
    rev, last_modified = tx.stamp_of(kind, key)
    return Outcome(status, code, error, last_modified, rev, kind, key)


def _kept(outcome: Outcome) -> dict[str, Any]:
    """What is recorded of an outcome; dataclasses.asdict would copy each value deeply, a tenth of a batch's time."""
    return {name: getattr(outcome, name) for name in _KEPT}


def _undone(read: LibraryRead, outcome: Outcome, is_lasting: bool) -> Outcome:
    """The outcome of an action in an atomic batch of which another failed: nothing happened, it may be sent again.

    ``is_lasting``: it was recorded before the batch.
    """
    if is_lasting:
        return outcome
    if outcome.is_success:
        return Outcome("rejected", "batch_undone", "Another action of this atomic batch failed, so none was done.")
    if outcome.kind is None or outcome.key is None:
        return replace(outcome, replayed=False)
    rev, last_modified = read.stamp_of(outcome.kind, outcome.key)
    return replace(outcome, replayed=False, rev=rev, last_modified=last_modified)


def _answer(read: LibraryRead, outcome: Outcome) -> dict[str, Any]:
    is_conflict = outcome.status == "conflict"
    state = None
    if is_conflict and outcome.kind is not None and outcome.key is not None:
        if isinstance(read, LibraryWrite):
            read.flush()
        state = state_of(read, outcome.kind, outcome.key)
    return {
        "success": outcome.is_success,
        "status": outcome.status,
        "code": outcome.code,
        "error": outcome.error,
        "last_modified": outcome.last_modified,
        "rev": outcome.rev,
        "conflict": is_conflict,
        "server_state": state,
        "replayed": outcome.replayed,
    }
