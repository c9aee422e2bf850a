"""The records of a backup document, checked and in one form whichever version they come from.

A field that the document does not tell is None, or left out of ``look``: old files lack some. Documents of version 1
hold whole Movie objects; what of those is not the user's own is passed over in silence.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from ..errors import Invalid
from ..services.metadata_columns import Metadata, metadata_columns
from ..services.people import QUICK_RECOMMENDERS
from . import values
from .values import Check, Fault

MAX_FAULTS = 100
MAX_PLACE = 200

QUICK_KEYS = frozenset(recommender["quick_key"] for recommender in QUICK_RECOMMENDERS)

_OF_MOVIE = frozenset({"imdb_id", "user_id"})  # what older servers repeated in everything that hangs on a movie
_VOTE = _OF_MOVIE | {"person_name", "person", "person_id", "date_recommended", "vote_type", "id"}
_VOTE_AS_WRITTEN = {"person_name", "date_recommended", "vote_type"}
_WATCH = _OF_MOVIE | {"date_watched", "my_rating", "rating"}
_MOVIE = _OF_MOVIE | {
    "media_type",
    "status",
    "custom_list_id",
    "last_modified",
    "recommendations",
    "watch_history",
    "tmdb_data",
    "omdb_data",
}
_LOOK = {"color", "last_modified", "user_id"}
_PERSON = frozenset(_LOOK | {"name", "is_trusted", "emoji", "quick_key", "id", "movie_count"})
_LIST = frozenset(_LOOK | {"id", "name", "icon", "position", "created_at"})


Vote = tuple[str | None, str | None, float | None, bool]
"""A recommendation: whose, by name or (version 1) by the id of one of the file's people; when; and whether for it."""

Watch = tuple[float | None, float | None]
"""When the user watched a title, and their rating."""


class MovieRecord(NamedTuple):
    """A title; ``is_watch_told`` says that without ``watch`` it was not watched."""

    imdb_id: str
    media_type: str | None
    status: str | None
    list_id: str | None
    last_modified: float | None
    is_watch_told: bool
    watch: Watch | None
    votes: list[Vote] | None
    tmdb_data: dict[str, Any] | None
    omdb_data: dict[str, Any] | None


class PersonRecord(NamedTuple):
    """Somebody who recommends; ``look`` holds is_trusted, color and emoji as far as they are told."""

    name: str
    quick_key: str | None = None
    look: dict[str, Any] = {}  # noqa: RUF012 - never changed
    last_modified: float | None = None


class ListRecord(NamedTuple):
    """A custom list; ``look`` holds color, icon, position and created_at as far as they are told."""

    id: str
    name: str
    look: dict[str, Any]
    last_modified: float | None


@dataclass(slots=True)
class Notes:
    """What was noticed while reading: faults by place, repetitions (a fault in some versions), unknown fields."""

    faults: dict[str, list[str]] = field(default_factory=dict)
    repetitions: list[str] = field(default_factory=list)
    ignored: dict[str, None] = field(default_factory=dict)

    def fault(self, place: str, message: str) -> None:
        """Note a fault, unless there are very many already."""
        if len(self.faults) < MAX_FAULTS:
            self.faults.setdefault(place[:MAX_PLACE], []).append(message)

    def repeated(self, place: str) -> None:
        """Note that something is there twice."""
        if len(self.repetitions) < MAX_FAULTS:
            self.repetitions.append(place)

    def ignore(self, kind: str, names: Iterable[str]) -> None:
        """Note fields that nobody here knows."""
        for name in names:
            if len(self.ignored) < MAX_FAULTS:
                self.ignored[f"{kind}{name}"[:MAX_PLACE]] = None


class Fields:
    """An object of the document, out of which fields are taken one by one; what is wrong with them is noted."""

    __slots__ = ("notes", "place", "raw")

    def __init__(self, raw: dict[str, Any], place: str, notes: Notes) -> None:
        self.raw = raw
        self.place = place
        self.notes = notes

    @classmethod
    def of(cls, raw: Any, place: str, kind: str, known: frozenset[str], notes: Notes) -> Fields | None:
        """The fields of an object; None, and a fault, when it is none. Fields that are not known are noted."""
        if type(raw) is not dict:
            notes.fault(place, "must be an object")
            return None
        if not raw.keys() <= known:
            notes.ignore(kind, sorted(raw.keys() - known))
        return cls(raw, place, notes)

    def required(self, name: str, check: Check) -> Any:
        """The field; None, and a fault, when it is missing or wrong."""
        if self.raw.get(name) is None:
            self.notes.fault(f"{self.place}.{name}", "is missing")
            return None
        return self.optional(name, check)

    def optional(self, name: str, check: Check) -> Any:
        """The field; None when it is missing or null, and also, with a fault, when it is wrong."""
        value = self.raw.get(name)
        if value is None:
            return None
        try:
            return check(value)
        except Fault as fault:
            self.notes.fault(f"{self.place}.{name}", str(fault))
            return None

    def told(self, **checks: Check) -> dict[str, Any]:
        """Those of these fields that are there and not null."""
        found = {name: self.optional(name, check) for name, check in checks.items()}
        return {name: value for name, value in found.items() if value is not None}


def read_person(raw: Any, place: str, notes: Notes) -> PersonRecord | None:
    """A person; None when it is too wrong to go on with."""
    fields = Fields.of(raw, place, "people[].", _PERSON, notes)
    name: str | None = None if fields is None else fields.required("name", values.name)
    if fields is None or name is None:
        return None
    look = fields.told(is_trusted=values.flag, color=values.color)
    if "emoji" in raw:
        look["emoji"] = fields.optional("emoji", values.emoji)
    quick_key = fields.optional("quick_key", values.quick_key)
    if quick_key not in (None, *QUICK_KEYS):
        notes.ignore(f"{place}.", ["quick_key"])  # of a later version; here it is a person like any other
        quick_key = None
    return PersonRecord(name, quick_key, look, fields.optional("last_modified", values.moment))


def read_list(raw: Any, place: str, notes: Notes) -> ListRecord | None:
    """A list; None when it is too wrong to go on with."""
    fields = Fields.of(raw, place, "lists[].", _LIST, notes)
    if fields is None:
        return None
    list_id, name = fields.required("id", values.list_id), fields.required("name", values.name)
    look = fields.told(color=values.color, icon=values.icon, position=values.position, created_at=values.moment)
    last_modified = fields.optional("last_modified", values.moment)
    return None if list_id is None or name is None else ListRecord(list_id, name, look, last_modified)


def read_movie(raw: Any, place: str, notes: Notes) -> MovieRecord | None:
    """A title; None when it is too wrong to go on with."""
    fields = Fields.of(raw, place, "movies[].", _MOVIE, notes)
    imdb_id: str | None = None if fields is None else fields.required("imdb_id", values.imdb_id)
    if fields is None or imdb_id is None:
        return None
    status = fields.optional("status", values.status)
    list_id = fields.optional("custom_list_id", values.list_id) if status == "custom" else None
    tmdb_data, omdb_data = _metadata(fields)
    media_type = fields.optional("media_type", values.media_type)
    if media_type is None and tmdb_data is not None and tmdb_data.get("mediaType") == "tv":
        media_type = "tv"
    return MovieRecord(
        imdb_id,
        media_type,
        status,
        list_id,
        fields.optional("last_modified", values.moment),
        "watch_history" in raw,
        _watch(raw.get("watch_history"), f"{place}.watch_history", notes),
        _votes(raw.get("recommendations"), f"{place}.recommendations", notes),
        tmdb_data,
        omdb_data,
    )


def _watch(raw: Any, place: str, notes: Notes) -> Watch | None:
    if raw is None:
        return None
    fields = Fields.of(raw, place, "movies[].watch_history.", _WATCH, notes)
    if fields is None:
        return None
    rating = fields.optional("rating" if raw.get("my_rating") is None else "my_rating", values.rating)
    return fields.optional("date_watched", values.moment), rating


def _votes(raw: Any, place: str, notes: Notes) -> list[Vote] | None:
    if raw is None:
        return None
    if type(raw) is not list:
        notes.fault(place, "must be an array")
        return None
    votes = []
    for index, each in enumerate(raw):
        vote = _vote(each, f"{place}[{index}]", notes)
        if vote is not None:
            votes.append(vote)
    voters = {vote[:2] for vote in votes}
    if len(voters) < len(votes):
        notes.repeated(place)
    return votes


def _vote(raw: Any, place: str, notes: Notes) -> Vote | None:
    if type(raw) is dict and raw.keys() == _VOTE_AS_WRITTEN and type(raw["vote_type"]) is bool:
        try:  # nearly all are like this, and a library has very many
            return values.name(raw["person_name"]), None, values.moment(raw["date_recommended"]), raw["vote_type"]
        except Fault:
            pass  # to be noted below, where it belongs
    fields = Fields.of(raw, place, "movies[].recommendations[].", _VOTE, notes)
    if fields is None:
        return None
    name = ref = None
    spelling = next((each for each in ("person_name", "person") if raw.get(each) not in (None, "")), None)
    if spelling is not None:
        name = fields.optional(spelling, values.name)
    elif raw.get("person_id") is not None:
        ref = fields.optional("person_id", _person_ref)
    else:
        notes.fault(f"{place}.person_name", "is missing")
    if name is None and ref is None:
        return None
    vote_type = fields.optional("vote_type", values.vote)
    return name, ref, fields.optional("date_recommended", values.moment), vote_type is None or bool(vote_type)


def _person_ref(value: Any) -> str:
    if isinstance(value, bool) or not isinstance(value, int | str):
        raise Fault("must be the id of one of the file's people")
    return str(value)[:MAX_PLACE]


def _metadata(fields: Fields) -> tuple[dict[str, Any] | None, dict[str, Any] | None]:
    """What providers said of the title, as documents of version 1 have it; checked as if a client sent it."""
    if fields.raw.get("tmdb_data") is None and fields.raw.get("omdb_data") is None:
        return None, None
    tmdb_data = fields.optional("tmdb_data", values.metadata) or None
    omdb_data = fields.optional("omdb_data", values.metadata) or None
    if tmdb_data is not None or omdb_data is not None:
        try:
            metadata_columns(Metadata(None, tmdb_data, omdb_data))
        except Invalid as problem:
            for name, messages in (problem.errors or {}).items():
                fields.notes.fault(f"{fields.place}.{name}", messages[0])
    return tmdb_data, omdb_data
