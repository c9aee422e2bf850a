"""What providers say of a title, a person or a search, as clients get it."""

from marshmallow import INCLUDE, Schema, fields

from .fields import Field, ResponseSchema, texts
from .values import FLAG, MEDIA_TYPE, MOMENT, NUMBER, TEXT, WHOLE, one_of

_CAST = ["Keanu Reeves"]
_MATRIX = "The Matrix"
_PEOPLE_ONLY = {"description": "People only", "optional": True}
_PLOT = "A hacker learns what the world is made of."
_SERIES_ONLY = "Series only"


class TitleDetailsSchema(ResponseSchema):
    """What a title is; ``tmdbId`` is an opaque integer to hand back."""

    tmdbId = Field(WHOLE, 603)
    imdbId = Field(TEXT, "tt0133093", allow_none=True)
    title = Field(TEXT, _MATRIX)
    year = Field(TEXT, "1999", allow_none=True)
    mediaType = Field(MEDIA_TYPE)
    poster = Field(TEXT, "https://image.tmdb.org/t/p/w500/poster.jpg", allow_none=True)
    posterSmall = Field(TEXT, "https://image.tmdb.org/t/p/w200/poster.jpg", allow_none=True)
    plot = Field(TEXT, _PLOT, allow_none=True)
    genres = texts(example=["Action", "Science Fiction"])
    cast = texts("10 at most", _CAST)
    director = Field(TEXT, "Lana Wachowski", allow_none=True)
    runtime = Field(WHOLE, 136, "Minutes", allow_none=True)
    voteAverage = Field(NUMBER, 8.2, allow_none=True)
    voteCount = Field(WHOLE, 26000, allow_none=True)
    numberOfSeasons = Field(WHOLE, 3, _SERIES_ONLY, allow_none=True, optional=True)
    numberOfEpisodes = Field(WHOLE, 24, _SERIES_ONLY, allow_none=True, optional=True)


class TitleRatingsSchema(ResponseSchema):
    """What others think of a title."""

    imdbId = Field(TEXT, "tt0133093")
    title = Field(TEXT, _MATRIX)
    year = Field(WHOLE, 1999, allow_none=True)
    rated = Field(TEXT, "R", allow_none=True)
    released = Field(TEXT, "31 Mar 1999", allow_none=True)
    runtime = Field(TEXT, "136 min", allow_none=True)
    genres = texts(example=["Action", "Sci-Fi"])
    director = Field(TEXT, "Lana Wachowski, Lilly Wachowski", allow_none=True)
    writer = Field(TEXT, "Lilly Wachowski, Lana Wachowski", allow_none=True)
    actors = texts(example=_CAST)
    plot = Field(TEXT, _PLOT, allow_none=True)
    language = Field(TEXT, "English", allow_none=True)
    country = Field(TEXT, "United States, Australia", allow_none=True)
    awards = Field(TEXT, "Won 4 Oscars.", allow_none=True)
    poster = Field(TEXT, "https://example.com/poster.jpg", allow_none=True)
    imdbRating = Field(NUMBER, 8.7, allow_none=True)
    imdbVotes = Field(TEXT, "2,100,000", allow_none=True)
    rtRating = Field(WHOLE, 83, allow_none=True)
    metascore = Field(WHOLE, 73, allow_none=True)
    boxOffice = Field(TEXT, "$172,076,928", allow_none=True)
    production = Field(TEXT, "Warner Bros.", allow_none=True)
    website = Field(TEXT, "https://example.com", allow_none=True)


class SearchHitSchema(ResponseSchema):
    """A row of a search; a person also has ``name`` and ``knownFor``."""

    id = Field(WHOLE, 603)
    title = Field(TEXT, _MATRIX)
    year = Field(TEXT, "1999", allow_none=True)
    mediaType = Field(one_of([*MEDIA_TYPE.schema["enum"], "person"], "movie"))
    poster = Field(TEXT, "https://image.tmdb.org/t/p/w500/poster.jpg", allow_none=True)
    posterSmall = Field(TEXT, "https://image.tmdb.org/t/p/w200/poster.jpg", allow_none=True)
    overview = Field(TEXT, _PLOT, allow_none=True)
    voteAverage = Field(NUMBER, 8.2, allow_none=True)
    voteCount = Field(WHOLE, 26000, allow_none=True)
    name = fields.String(metadata=_PEOPLE_ONLY)
    knownFor = fields.List(fields.String(), metadata=_PEOPLE_ONLY)


class CastMemberSchema(ResponseSchema):
    """Somebody in a title."""

    name = Field(TEXT, "Keanu Reeves")
    character = Field(TEXT, "Neo", allow_none=True)
    order = Field(WHOLE, 0, allow_none=True)


class CrewMemberSchema(ResponseSchema):
    """Somebody behind a title."""

    name = Field(TEXT, "Lana Wachowski")
    job = Field(TEXT, "Director", allow_none=True)


class CreditsSchema(ResponseSchema):
    """Everybody in and behind a title."""

    cast = fields.List(fields.Nested(CastMemberSchema))
    crew = fields.List(fields.Nested(CrewMemberSchema))


class CacheInfoSchema(ResponseSchema):
    """The proxy's cache."""

    current_size = Field(WHOLE, 42)
    max_size = Field(WHOLE, 500)
    ttl = Field(WHOLE, 3600, "Seconds")
    hits = Field(WHOLE, 1200)
    misses = Field(WHOLE, 42)


class RefreshedPartsSchema(ResponseSchema):
    """Which parts were fetched and stored just now."""

    tmdb = Field(FLAG, description="Details")
    omdb = Field(FLAG, description="Ratings")


class RefreshResponseSchema(ResponseSchema):
    """What a refresh achieved."""

    success = Field(FLAG)
    updated = fields.Nested(RefreshedPartsSchema)
    queued = Field(FLAG, False, "Whether the server (also) refreshes the title later by itself")
    last_modified = Field(MOMENT, description="When the movie changed last")


class ProviderResponseSchema(Schema):
    """A provider's full response, in the provider's own shape."""

    class Meta:
        """Any field may be in it."""

        unknown = INCLUDE
