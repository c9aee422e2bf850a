"""The records of a backup document, checked and in one form for both versions.

schemas/ defines the valid values. A field that the document lacks is None, or omitted from ``values``: old files lack
some. Documents of version 1 hold whole Movie objects, of which only the user's own data is read.
"""

from typing import Any, NamedTuple, Self

from ...errors import Invalid
from ...models.movie import Viewing, Watch
from ...records import KIND_OF, KINDS, Kind
from ...schemas import values
from ...schemas.fields import checks_of
from ...schemas.movie import (
    DocumentMovieSchema,
    DocumentViewingSchema,
    DocumentVoteSchema,
    RecommendationSchema,
    WatchFields,
    WatchRecordSchema,
)
from ...schemas.values import Fault
from ...services.movies.metadata import Metadata, metadata_columns
from ...services.movies.tags import MAX_TAGS, tag_named
from ...services.movies.viewings import MAX_VIEWINGS, contradicts
from ...services.people import QUICK_RECOMMENDERS
from .findings import MAX_PLACE, Fields, Notes
from .shapes import light_details, light_ratings

QUICK_KEYS = frozenset(recommender["quick_key"] for recommender in QUICK_RECOMMENDERS)

_CHECKS = {kind.name: checks_of(kind.document) for kind in KINDS}
# Version 1 holds whole responses.
_KNOWN = {kind.name: frozenset(kind.document._declared_fields | kind.schema._declared_fields) for kind in KINDS}
_VOTE_AS_WRITTEN = DocumentVoteSchema._declared_fields.keys() - {"note"}
_VOTE = frozenset(DocumentVoteSchema._declared_fields | RecommendationSchema._declared_fields)
_WATCH = frozenset(WatchRecordSchema._declared_fields) | {"rating"}
_WATCH_CHECKS = checks_of(WatchFields)
_VIEWING_CHECKS = checks_of(DocumentViewingSchema)
_MOVIE_CHECKS = checks_of(DocumentMovieSchema)


class VoteEntry(NamedTuple):
    """A recommendation: whose, by name or (version 1) by the id of one of the file's people; and a Vote's fields."""

    person_name: str | None
    person_id: str | None
    date_recommended: float | None
    vote_type: bool
    note: str | None = None


class MovieEntry(NamedTuple):
    """A title.

    ``watch`` is its watch record: with ``has_watch`` and without it, the title was not watched and rated. ``viewings``
    by id and ``my_rating`` are None in files that do not have them; ``has_rating`` says whether ``my_rating`` is there.
    ``liked`` and ``tags``, by their folded form, are None where they are not said. ``title`` and ``year`` are its
    name where nothing else is known of it. ``added_at`` (Unix seconds) is None in files of before.
    """

    imdb_id: str
    media_type: str | None
    status: str | None
    list_id: str | None
    last_modified: float | None
    has_watch: bool
    watch: Watch | None
    has_rating: bool
    my_rating: float | None
    viewings: dict[str, Viewing] | None
    votes: list[VoteEntry] | None
    tmdb_data: dict[str, Any] | None
    omdb_data: dict[str, Any] | None
    liked: bool | None
    tags: dict[str, str] | None
    title: str | None
    year: str | None
    added_at: float | None

    @classmethod
    def of_json(cls, parts: list[Any]) -> Self:
        """The entry that was dumped as a JSON array of arrays; its votes stay arrays, since there are very many."""
        if parts[_WATCH_AT] is not None:
            parts[_WATCH_AT] = Watch(*parts[_WATCH_AT])
        if parts[_VIEWINGS_AT] is not None:
            parts[_VIEWINGS_AT] = {each: Viewing(*viewing) for each, viewing in parts[_VIEWINGS_AT].items()}
        return cls(*parts)


_WATCH_AT, _VIEWINGS_AT = MovieEntry._fields.index("watch"), MovieEntry._fields.index("viewings")


class Entry(NamedTuple):
    """A record of another kind; ``values`` holds the fields in the document, ``key`` the one that names the record."""

    key: str
    values: dict[str, Any]
    last_modified: float | None = None


def read_entry(kind: Kind, raw: Any, place: str, notes: Notes) -> Entry | None:
    """A record of a kind without special rules; None when a required field is missing or wrong."""
    fields = Fields.of(raw, place, f"{kind.plural}[].", _KNOWN[kind.name], notes)
    if fields is None:
        return None
    known: dict[str, Any] = {}
    is_whole = True
    for name, each in _CHECKS[kind.name].items():
        check = _loose_flag if each.check is values.FLAG.check else each.check
        value = fields.required(name, check) if each.required else fields.optional(name, check)
        is_whole = is_whole and not (each.required and value is None)
        if value is not None or (each.allow_none and name in raw):
            known[name] = value
    last_modified = known.pop("last_modified", None)
    return Entry(known[kind.named_by], known, last_modified) if is_whole else None


def read_person(raw: Any, place: str, notes: Notes) -> Entry | None:
    """A person; None when the name is missing or wrong."""
    person = read_entry(KIND_OF["person"], raw, place, notes)
    if person is not None and person.values.get("quick_key") not in QUICK_KEYS:
        unknown = person.values.pop("quick_key", None)
        if unknown is not None:
            notes.ignore(f"{place}.", ["quick_key"])  # of a later version; here an ordinary person
    return person


def read_movie(raw: Any, place: str, notes: Notes) -> MovieEntry | None:
    """A title; None when the id is missing or wrong."""
    fields = Fields.of(raw, place, "movies[].", _KNOWN["movie"], notes)
    imdb_id: str | None = None if fields is None else fields.required("imdb_id", values.IMDB_ID.check)
    if fields is None or imdb_id is None:
        return None
    status = fields.optional("status", values.STATUS.check)
    list_id = fields.optional("custom_list_id", values.UUID.check) if status == "custom" else None
    tmdb_data, omdb_data = _metadata(fields)
    media_type = fields.optional("media_type", values.MEDIA_TYPE.check)
    if media_type is None and tmdb_data is not None and tmdb_data.get("mediaType") == "tv":
        media_type = "tv"
    return MovieEntry(
        imdb_id,
        media_type,
        status,
        list_id,
        fields.optional("last_modified", values.MOMENT.check),
        "watch_history" in raw,
        _watch(raw.get("watch_history"), f"{place}.watch_history", notes),
        "my_rating" in raw,
        fields.optional("my_rating", values.RATING.check),
        _viewings(raw.get("viewings"), f"{place}.viewings", notes),
        _votes(raw.get("recommendations"), f"{place}.recommendations", notes),
        tmdb_data,
        omdb_data,
        fields.optional("liked", values.FLAG.check),
        _tags(raw.get("tags"), f"{place}.tags", notes),
        fields.optional("title", _MOVIE_CHECKS["title"].check),
        fields.optional("year", _MOVIE_CHECKS["year"].check),
        fields.optional("added_at", _MOVIE_CHECKS["added_at"].check),
    )


def _watch(raw: Any, place: str, notes: Notes) -> Watch | None:
    if raw is None:
        return None
    fields = Fields.of(raw, place, "movies[].watch_history.", _WATCH, notes)
    if fields is None:
        return None
    watch = Watch(**{name: fields.optional(name, each.check) for name, each in _WATCH_CHECKS.items()})
    if "rating" in raw and raw.get("my_rating") is None:  # of an older server
        return watch._replace(my_rating=fields.optional("rating", values.RATING.check))
    return watch


def _viewings(raw: Any, place: str, notes: Notes) -> dict[str, Viewing] | None:
    if raw is None:
        return None
    if type(raw) is not list:
        notes.fault(place, "must be an array")
        return None
    if len(raw) > MAX_VIEWINGS:
        notes.fault(place, f"must have at most {MAX_VIEWINGS} items")
    viewings: dict[str, Viewing] = {}
    for index, each in enumerate(raw[:MAX_VIEWINGS]):
        at = f"{place}[{index}]"
        fields = Fields.of(each, at, "movies[].viewings[].", frozenset(_VIEWING_CHECKS), notes)
        viewing_id = None if fields is None else fields.required("id", values.VIEWING_ID.check)
        if fields is None or viewing_id is None:
            continue
        if viewing_id in viewings:
            notes.fault(f"{at}.id", "is there twice")
        said = {name: fields.optional(name, _VIEWING_CHECKS[name].check) for name in Viewing._fields}
        viewings[viewing_id] = viewing = Viewing(**said)
        if contradicts(viewing):
            notes.fault(f"{at}.watched_on", "contradicts watched_at")
    return viewings


def _tags(raw: Any, place: str, notes: Notes) -> dict[str, str] | None:
    if raw is None:
        return None
    if type(raw) is not list or len(raw) > MAX_TAGS:
        notes.fault(place, f"must be an array of at most {MAX_TAGS} tags")
        return None
    tags: dict[str, str] = {}
    for index, each in enumerate(raw):
        try:
            folded, tag = tag_named(values.TAG.check(each))
            tags.setdefault(folded, tag)
        except Fault as fault:
            notes.fault(f"{place}[{index}]", str(fault))
    return tags


def _votes(raw: Any, place: str, notes: Notes) -> list[VoteEntry] | None:
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


def _vote(raw: Any, place: str, notes: Notes) -> VoteEntry | None:
    if type(raw) is dict and raw.keys() == _VOTE_AS_WRITTEN and type(raw["vote_type"]) is bool:
        try:  # a fast path: nearly all are like this, and a library has very many
            date = values.MOMENT.check(raw["date_recommended"])
            return VoteEntry(values.NAME.check(raw["person_name"]), None, date, raw["vote_type"])
        except Fault:
            pass  # recorded with its place below
    fields = Fields.of(raw, place, "movies[].recommendations[].", _VOTE, notes)
    if fields is None:
        return None
    name = ref = None
    spelling = next((each for each in ("person_name", "person") if raw.get(each) not in (None, "")), None)
    if spelling is not None:
        name = fields.optional(spelling, values.NAME.check)
    elif raw.get("person_id") is not None:
        ref = fields.optional("person_id", _person_ref)
    else:
        notes.fault(f"{place}.person_name", "is missing")
    if name is None and ref is None:
        return None
    vote_type = fields.optional("vote_type", values.VOTE.check)
    date = fields.optional("date_recommended", values.MOMENT.check)
    note = fields.optional("note", values.NOTE.check) or None
    return VoteEntry(name, ref, date, vote_type is None or bool(vote_type), note)


def _person_ref(value: Any) -> str:
    if isinstance(value, bool) or not isinstance(value, int | str):
        raise Fault("must be the id of one of the file's people")
    return str(value)[:MAX_PLACE]


def _loose_flag(value: Any) -> bool:
    """true or false; older servers also wrote 1 and 0."""
    taken: bool = values.FLAG.check(bool(value) if value in (0, 1) else value)
    return taken


def _metadata(fields: Fields) -> tuple[dict[str, Any] | None, dict[str, Any] | None]:
    """The details from providers, as documents of version 1 hold them; checked as if a client sent them."""
    if fields.raw.get("tmdb_data") is None and fields.raw.get("omdb_data") is None:
        return None, None
    tmdb_data = light_details(fields.optional("tmdb_data", values.OBJECT.check) or None)
    omdb_data = light_ratings(fields.optional("omdb_data", values.OBJECT.check) or None)
    if tmdb_data is not None or omdb_data is not None:
        try:
            metadata_columns(Metadata(None, tmdb_data, omdb_data))
        except Invalid as problem:
            for name, messages in (problem.errors or {}).items():
                fields.notes.fault(f"{fields.place}.{name}", messages[0])
    return tmdb_data, omdb_data
