"""The actions of a push as they were read: well-formed, or refused for good."""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import orjson

from ..errors import Invalid
from ..plugin.events import RecordKind
from ..schemas.fields import load, unknown_fields
from ..schemas.sync import EnvelopeSchema
from .actions import Action, registry

MAX_DATA_BYTES = 1_048_576

MAX_IGNORED, MAX_IGNORED_LENGTH = 10, 50
"""How many names of ignored fields a result has, and the characters of each: they are stored with the outcome."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of an action. ``kind`` and ``key`` name the record that it was about.

    ``ignored_fields`` are the names in its data, and in a batch beside it, that the server did not know.
    """

    status: str
    code: str | None = None
    error: str | None = None
    last_modified: float | None = None
    rev: int | None = None
    kind: RecordKind | None = None
    key: str | None = None
    ignored_fields: Sequence[str] = ()
    replayed: bool = field(default=False, compare=False)

    @property
    def is_success(self) -> bool:
        """Whether the library is now as the user wanted it."""
        return self.status in ("applied", "noop")


@dataclass(frozen=True, slots=True)
class Request:
    """An action to carry out; ``fingerprint`` tells two different ones under one id apart.

    ``refusal`` is the outcome of one that can never be carried out; one that is malformed has nothing else.
    """

    action: Action | None = None
    data: Mapping[str, Any] = field(default_factory=dict)
    refusal: Outcome | None = None
    ignored_fields: Sequence[str] = ()
    id: str | None = None
    timestamp: float | None = None
    base_rev: int | None = None
    device: str | None = None
    fingerprint: str = ""

    @property
    def kind(self) -> str:
        """The action's name, for counting."""
        return self.action.name if self.action is not None and self.refusal is None else "malformed"


def read_action(item: Any, device: str | None = None) -> Request:
    """An action of a batch, which may be anything; ``device`` is that of the batch."""
    if not isinstance(item, Mapping):
        return _malformed("An action must be a JSON object.")
    try:
        envelope = load(EnvelopeSchema, item)
    except Invalid as problem:
        return _malformed(problem.detail)
    # Those of a single action are named in a header, as of any body.
    return request_of(envelope, device, unknown_fields(EnvelopeSchema, item))


def request_of(envelope: Mapping[str, Any], device: str | None = None, ignored: Sequence[str] = ()) -> Request:
    """The action in a valid envelope; ``ignored`` are the names beside its data that the server does not know."""
    try:
        written = orjson.dumps(envelope["data"], option=orjson.OPT_SORT_KEYS)
    except orjson.JSONEncodeError:
        return _malformed("data: Nested too deeply.")
    action = registry.by_name.get(envelope["action"])
    data, refusal = _data(action, envelope["data"], len(written))
    return Request(
        action,
        data,
        refusal,
        _ignored(action, envelope["data"], ignored),
        envelope.get("id"),
        envelope.get("timestamp"),
        envelope.get("base_rev"),
        envelope.get("device") or device,
        hashlib.sha256((action.name if action else envelope["action"]).encode() + b"\0" + written).hexdigest(),
    )


def _data(action: Action | None, given: dict[str, Any], size: int) -> tuple[dict[str, Any], Outcome | None]:
    """The data of an action, of which ``size`` is the bytes as JSON; and why it can never be carried out, if so."""
    if action is None:
        return {}, Outcome("rejected", "unknown_action", "The server knows no action of this name.")
    if size > MAX_DATA_BYTES:
        sentence = f"The data of an action must have at most {MAX_DATA_BYTES} bytes."
        return {}, Outcome("rejected", "data_too_large", sentence)
    try:
        return load(action.schema, given), None
    except Invalid as problem:
        return {}, Outcome("rejected", problem.code, problem.detail)


def _ignored(action: Action | None, given: Mapping[str, Any], beside: Sequence[str]) -> Sequence[str]:
    names = [*beside, *([] if action is None else unknown_fields(action.schema, given))]
    return [name[:MAX_IGNORED_LENGTH] for name in names[:MAX_IGNORED]]


def _malformed(sentence: str) -> Request:
    return Request(refusal=Outcome("rejected", Invalid.code, sentence))
