"""Carry out clients' actions, each exactly once.

A batch runs in order in one transaction of the library, with a savepoint per action: one that fails leaves the others
in place. With an id, the outcome is recorded in the transaction of its effect; the same id again returns the recorded
outcome. Only final outcomes are recorded: a fault of the server undoes everything, and the client sends it again.
"""

from collections.abc import Sequence
from dataclasses import fields, replace
from typing import Any, NamedTuple

import orjson
from sqlalchemy import bindparam, insert, select

from .. import metrics
from ..database import in_chunks
from ..errors import CursorRequired, Problem
from ..models import ACTIONS
from ..plugin.events import RecordKind
from ..records import KIND_OF
from ..services.change_clock import LibraryWrite
from ..services.library_read import Head, LibraryRead
from ..services.transactions import library_read, library_write
from . import cursor as cursors
from .conflicts import ActionConflict, ActionContext
from .requests import Outcome, Request

MOST_BEHIND = 180 * 86_400.0
"""How far the server's clock may be behind a device's: without a battery it goes on where it was switched off."""

_RECORD = insert(ACTIONS)
_OUTCOMES = select(ACTIONS.c.id, ACTIONS.c.fingerprint, ACTIONS.c.outcome).where(
    ACTIONS.c.user_id == bindparam("of_user")
)
_OUTCOME = _OUTCOMES.where(ACTIONS.c.id == bindparam("of_id"))

_KEPT = tuple(each.name for each in fields(Outcome) if each.name not in ("ignored_fields", "replayed"))
_SHOWN = ("status", "code", "error", "last_modified", "rev", "replayed")


class Pushed(NamedTuple):
    """The results of a push, in order, and the head after it."""

    results: list[dict[str, Any]]
    head: Head
    cursor: str


class _Undo(Exception):
    """Leave an atomic batch and undo it."""


def push(user_id: str, requests: Sequence[Request], *, cursor: str | None = None, atomic: bool = False) -> Pushed:
    """Carry out actions in order; a malformed one is rejected like any other that cannot be carried out.

    ``atomic``: all or none. Raises BadCursor, CursorRefused and CursorRequired before anything is done.
    """
    if cursor is None and any(request.base_rev is not None for request in requests):
        raise CursorRequired
    known = None if cursor is None else cursors.decode(cursor)
    pushed = _carry_out(user_id, requests, known, atomic)
    for request, result in zip(requests, pushed.results, strict=True):
        outcome = "replayed" if result["replayed"] else result["status"]
        metrics.count("sync_actions", request.kind, outcome)
    return pushed


def _carry_out(user_id: str, requests: Sequence[Request], known: cursors.Cursor | None, atomic: bool) -> Pushed:
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
    """The results, and a cursor at the client's own place that also vouches for what was acknowledged just now."""
    results = [_result(read, outcome) for outcome in outcomes]
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

    def is_lasting(self, request: Request) -> bool:
        """Whether the outcome of this action was recorded by an earlier transaction, so that it stands in any case."""
        return request.id in self._lasting

    def run(self, requests: Sequence[Request]) -> list[Outcome]:
        """The outcomes, in order; new ones are recorded in the same transaction."""
        ids = [request.id for request in requests if request.id is not None]
        for part in in_chunks(ids):
            self._load(part)
        self._lasting = frozenset(self._recorded)
        outcomes = [self._once(request) for request in requests]
        self._tx.execute_many(_RECORD, self._new)
        return outcomes

    def _load(self, ids: Sequence[str]) -> None:
        if len(ids) == 1:
            rows = self._tx.fetch(_OUTCOME, of_id=ids[0])
        else:
            rows = self._tx.fetch(_OUTCOMES.where(ACTIONS.c.id.in_(ids)))
        for action_id, fingerprint, outcome in rows:
            self._recorded[action_id] = (fingerprint, Outcome(**orjson.loads(outcome), replayed=True))

    def _once(self, request: Request) -> Outcome:
        if request.id is None:
            return self._perform(request)
        if request.id in self._recorded:
            fingerprint, outcome = self._recorded[request.id]
            if fingerprint != request.fingerprint:
                return Outcome("rejected", "id_reused", "This action id was used for another action before.")
            return outcome
        outcome = self._perform(request)
        kept = _kept(outcome)
        row = {"id": request.id, "fingerprint": request.fingerprint, "at": self._tx.at}
        self._new.append({**row, "outcome": orjson.dumps(kept).decode()})
        self._recorded[request.id] = (request.fingerprint, Outcome(**kept, replayed=True))
        return outcome

    def _perform(self, request: Request) -> Outcome:
        outcome = self._attempt(request)
        return replace(outcome, ignored_fields=request.ignored_fields) if request.ignored_fields else outcome

    def _attempt(self, request: Request) -> Outcome:
        if request.refusal is not None:
            return request.refusal
        assert request.action is not None
        tx = self._tx
        acted_at = tx.wall_time if request.timestamp is None else request.timestamp
        timestamp = min(acted_at, tx.wall_time)
        context = ActionContext(tx, timestamp, request.base_rev, self._known_seq)
        tx.done_at, tx.device = timestamp, request.device
        tx.latest_now = max(tx.wall_time, min(acted_at, tx.at + MOST_BEHIND))
        before = tx.version
        try:
            with tx.savepoint():
                key = str(request.action.perform(context, dict(request.data)))
        except ActionConflict as conflict:
            return _of_record(tx, "conflict", conflict.kind, conflict.key, conflict.code, conflict.sentence)
        except Problem as problem:
            return Outcome("rejected", problem.code, problem.detail)
        return _of_record(tx, "noop" if tx.version == before else "applied", request.action.kind, key)


def _of_record(
    tx: LibraryWrite, status: str, kind: RecordKind, key: str, code: str | None = None, error: str | None = None
) -> Outcome:
    rev, last_modified = tx.stamp_of(kind, key)
    return Outcome(status, code, error, last_modified, rev, kind, key)


def _kept(outcome: Outcome) -> dict[str, Any]:
    """What is recorded of an outcome; dataclasses.asdict would copy each value deeply, a tenth of a batch's time."""
    return {name: getattr(outcome, name) for name in _KEPT} | _ignored(outcome)


def _ignored(outcome: Outcome) -> dict[str, Any]:
    """The ignored fields where there are any: results, and what is recorded of them, are otherwise as ever."""
    return {"ignored_fields": outcome.ignored_fields} if outcome.ignored_fields else {}


def _undone(read: LibraryRead, outcome: Outcome, is_lasting: bool) -> Outcome:
    """The outcome of an action in an atomic batch of which another failed: nothing happened, it may be sent again.

    ``is_lasting``: it was recorded before the batch.
    """
    if is_lasting:
        return outcome
    if outcome.is_success:
        sentence = "Another action of this atomic batch failed, so none was done."
        return Outcome("rejected", "batch_undone", sentence, ignored_fields=outcome.ignored_fields)
    if outcome.kind is None or outcome.key is None:
        return replace(outcome, replayed=False)
    rev, last_modified = read.stamp_of(outcome.kind, outcome.key)
    return replace(outcome, replayed=False, rev=rev, last_modified=last_modified)


def _result(read: LibraryRead, outcome: Outcome) -> dict[str, Any]:
    is_conflict = outcome.status == "conflict"
    state = None
    if is_conflict and outcome.kind is not None and outcome.key is not None:
        state = KIND_OF[outcome.kind].state_of(read, outcome.key)
    shown = {name: getattr(outcome, name) for name in _SHOWN}
    shown |= {"success": outcome.is_success, "conflict": is_conflict, "server_state": state}
    return shown | _ignored(outcome)
