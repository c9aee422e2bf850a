"""What the server answers, for the OpenAPI document. Answers are built by services, not dumped by these schemas."""

from __future__ import annotations

from typing import Any

from marshmallow import Schema, fields, validate
from marshmallow.fields import Field

from ..models.movie import MEDIA_TYPES, STATUSES

UUID = "6f1c2f0a-6d5e-4a55-9a0e-0c2f1c3f7b11"
MOMENT = 1767225600.25

_SERIES_ONLY = {"description": "Series only", "optional": True}
_PEOPLE_ONLY = {"description": "People only", "optional": True}


def _text(example: str, description: str | None = None, **options: Any) -> fields.String:
    return fields.String(metadata={"examples": [example], **_described(description)}, **options)


def _number(example: float, description: str | None = None, **options: Any) -> fields.Float:
    return fields.Float(metadata={"examples": [example], **_described(description)}, **options)


def _whole(example: int, description: str | None = None, **options: Any) -> fields.Integer:
    return fields.Integer(metadata={"examples": [example], **_described(description)}, **options)


def _flag(example: bool, description: str | None = None) -> fields.Boolean:
    return fields.Boolean(metadata={"examples": [example], **_described(description)})


def _described(description: str | None) -> dict[str, str]:
    return {"description": description} if description else {}


def _moment(description: str) -> fields.Float:
    return _number(MOMENT, f"{description} (Unix seconds)")


class AnswerSchema(Schema):
    """Base of what is answered: every field is there, unless its metadata says ``optional``."""

    def on_bind_field(self, field_name: str, field_obj: Field[Any]) -> None:
        """Say so in the OpenAPI document."""
        field_obj.required = not field_obj.metadata.get("optional", False)


class ErrorSchema(AnswerSchema):
    """Every error has this shape; ``errors`` is there on 422 only: field path -> list of messages."""

    detail = fields.String(required=True, metadata={"examples": ["This title is not in your library."]})
    code = fields.String(required=True, metadata={"examples": ["movie_not_found"]})
    errors = fields.Dict(
        keys=fields.String(),
        values=fields.List(fields.String()),
        metadata={"examples": [{"my_rating": ["Must be greater than or equal to 1.0."]}], "optional": True},
    )
    # Only /api/health/ready says these, with not_ready.
    status = fields.String(metadata={"examples": ["not ready"], "optional": True})
    timestamp = fields.Float(metadata={"examples": [1_700_000_000.0], "optional": True})
    dependencies = fields.Dict(
        keys=fields.String(), values=fields.String(), metadata={"examples": [{"database": "ok"}], "optional": True}
    )


class UserSchema(AnswerSchema):
    """An account."""

    id = _text(UUID)
    email = _text("anna@example.com")
    username = _text("anna")
    created_at = _moment("When it was made")
    is_active = _flag(True)


class TokenSchema(AnswerSchema):
    """An access token."""

    access_token = _text("eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.e30.signature")
    token_type = _text("bearer")


class LoginAnswerSchema(TokenSchema):
    """An access token and whose it is."""

    user = fields.Nested(UserSchema)


class PersonSchema(AnswerSchema):
    """Somebody who recommends."""

    id = _whole(10000001)
    name = _text("Anna")
    user_id = _text(UUID)
    is_trusted = _flag(True)
    color = _text("#0a84ff")
    emoji = _text("🎬", allow_none=True)
    quick_key = _text("oscar", "Set on the four quick recommenders only", allow_none=True)
    last_modified = _moment("When it changed last")
    movie_count = _whole(12, "How many titles this person recommended")


class ListSchema(AnswerSchema):
    """A custom list."""

    id = _text(UUID)
    user_id = _text(UUID)
    name = _text("Rainy Sundays")
    color = _text("#0a84ff")
    icon = _text("list")
    position = _whole(0)
    created_at = _moment("When it was made")
    last_modified = _moment("When it changed last")


class RecommendationSchema(AnswerSchema):
    """A person's vote for or against a title."""

    id = _whole(10000005)
    imdb_id = _text("tt0133093")
    user_id = _text(UUID)
    person_id = _whole(10000001)
    person_name = _text("Anna")
    person = _text("Anna", "person_name again, for older clients")
    date_recommended = _moment("When")
    vote_type = _flag(True, "true is an upvote")


class WatchRecordSchema(AnswerSchema):
    """When the user watched a title and how much they liked it."""

    imdb_id = _text("tt0133093")
    user_id = _text(UUID)
    date_watched = _moment("When")
    my_rating = _number(8.5, "1.0 to 10.0", allow_none=True)


class TitleDetailsSchema(AnswerSchema):
    """What a title is; ``tmdbId`` is an opaque integer to hand back."""

    tmdbId = _whole(603)
    imdbId = _text("tt0133093", allow_none=True)
    title = _text("The Matrix")
    year = _text("1999", allow_none=True)
    mediaType = fields.String(validate=validate.OneOf(MEDIA_TYPES), metadata={"examples": ["movie"]})
    poster = _text("https://image.tmdb.org/t/p/w500/poster.jpg", allow_none=True)
    posterSmall = _text("https://image.tmdb.org/t/p/w200/poster.jpg", allow_none=True)
    plot = _text("A hacker learns what the world is made of.", allow_none=True)
    genres = fields.List(fields.String(), metadata={"examples": [["Action", "Science Fiction"]]})
    cast = fields.List(fields.String(), metadata={"examples": [["Keanu Reeves"]], "description": "10 at most"})
    director = _text("Lana Wachowski", allow_none=True)
    runtime = _whole(136, "Minutes", allow_none=True)
    voteAverage = _number(8.2, allow_none=True)
    voteCount = _whole(26000, allow_none=True)
    numberOfSeasons = fields.Integer(allow_none=True, metadata=_SERIES_ONLY)
    numberOfEpisodes = fields.Integer(allow_none=True, metadata=_SERIES_ONLY)


class TitleRatingsSchema(AnswerSchema):
    """What others think of a title."""

    imdbId = _text("tt0133093")
    title = _text("The Matrix")
    year = _whole(1999, allow_none=True)
    rated = _text("R", allow_none=True)
    released = _text("31 Mar 1999", allow_none=True)
    runtime = _text("136 min", allow_none=True)
    genres = fields.List(fields.String(), metadata={"examples": [["Action", "Sci-Fi"]]})
    director = _text("Lana Wachowski, Lilly Wachowski", allow_none=True)
    writer = _text("Lilly Wachowski, Lana Wachowski", allow_none=True)
    actors = fields.List(fields.String(), metadata={"examples": [["Keanu Reeves"]]})
    plot = _text("A hacker learns what the world is made of.", allow_none=True)
    language = _text("English", allow_none=True)
    country = _text("United States, Australia", allow_none=True)
    awards = _text("Won 4 Oscars.", allow_none=True)
    poster = _text("https://example.com/poster.jpg", allow_none=True)
    imdbRating = _number(8.7, allow_none=True)
    imdbVotes = _text("2,100,000", allow_none=True)
    rtRating = _whole(83, allow_none=True)
    metascore = _whole(73, allow_none=True)
    boxOffice = _text("$172,076,928", allow_none=True)
    production = _text("Warner Bros.", allow_none=True)
    website = _text("https://example.com", allow_none=True)


class MovieSchema(AnswerSchema):
    """A title in the user's library, with all that hangs on it."""

    imdb_id = _text("tt0133093")
    user_id = _text(UUID)
    media_type = fields.String(validate=validate.OneOf(MEDIA_TYPES), metadata={"examples": ["movie"]})
    tmdb_data = fields.Nested(TitleDetailsSchema, allow_none=True)
    omdb_data = fields.Nested(TitleRatingsSchema, allow_none=True)
    last_modified = _moment("When it changed last")
    status = fields.String(validate=validate.OneOf(STATUSES), metadata={"examples": ["toWatch"]})
    custom_list_id = fields.String(allow_none=True, metadata={"examples": [None]})
    recommendations = fields.List(fields.Nested(RecommendationSchema))
    watch_history = fields.Nested(WatchRecordSchema, allow_none=True)


class StatusSchema(AnswerSchema):
    """The status of a title."""

    imdb_id = _text("tt0133093")
    status = fields.String(validate=validate.OneOf(STATUSES), metadata={"examples": ["watched"]})
    custom_list_id = fields.String(allow_none=True, metadata={"examples": [None]})
    last_modified = _moment("When it changed last")


class PersonStatsSchema(PersonSchema):
    """A person, and what their recommendations were worth."""

    total_movies = _whole(12)
    watched_movies = _whole(5)
    average_rating = _number(7.8, "Average of the user's ratings, 1 decimal", allow_none=True)
    movies = fields.List(fields.Nested(MovieSchema))


class UpdatedSchema(AnswerSchema):
    """Which stored metadata a refresh changed."""

    tmdb = _flag(True)
    omdb = _flag(True)


class RefreshSchema(AnswerSchema):
    """What a refresh did; with ``queued`` true it will be done in the background."""

    success = _flag(True)
    updated = fields.Nested(UpdatedSchema)
    queued = _flag(False)
    last_modified = _moment("When the movie changed last")


class HealthSchema(AnswerSchema):
    """The server answers."""

    status = _text("healthy")
    timestamp = _moment("The server's clock")


class ReadinessSchema(AnswerSchema):
    """Whether everything that the server needs is there."""

    status = _text("ready")
    timestamp = _moment("The server's clock")
    dependencies = fields.Dict(
        keys=fields.String(),
        values=fields.String(),
        metadata={"examples": [{"database": "ok", "migrations": "ok", "cache": "ok"}]},
    )


class SearchHitSchema(AnswerSchema):
    """A row of a search; a person also has ``name`` and ``knownFor``."""

    id = _whole(603)
    title = _text("The Matrix")
    year = _text("1999", allow_none=True)
    mediaType = fields.String(validate=validate.OneOf([*MEDIA_TYPES, "person"]), metadata={"examples": ["movie"]})
    poster = _text("https://image.tmdb.org/t/p/w500/poster.jpg", allow_none=True)
    posterSmall = _text("https://image.tmdb.org/t/p/w200/poster.jpg", allow_none=True)
    overview = _text("A hacker learns what the world is made of.", allow_none=True)
    voteAverage = _number(8.2, allow_none=True)
    voteCount = _whole(26000, allow_none=True)
    name = fields.String(metadata=_PEOPLE_ONLY)
    knownFor = fields.List(fields.String(), metadata=_PEOPLE_ONLY)


class CastMemberSchema(AnswerSchema):
    """Somebody in a title."""

    name = _text("Keanu Reeves")
    character = _text("Neo", allow_none=True)
    order = _whole(0, allow_none=True)


class CrewMemberSchema(AnswerSchema):
    """Somebody behind a title."""

    name = _text("Lana Wachowski")
    job = _text("Director", allow_none=True)


class CreditsSchema(AnswerSchema):
    """Everybody in and behind a title."""

    cast = fields.List(fields.Nested(CastMemberSchema))
    crew = fields.List(fields.Nested(CrewMemberSchema))


class CacheInfoSchema(AnswerSchema):
    """The proxy's cache."""

    current_size = _whole(42)
    max_size = _whole(500)
    ttl = _whole(3600, "Seconds")
    hits = _whole(1200)
    misses = _whole(42)
