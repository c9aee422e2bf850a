"""What a library says, as clients ask for it and get it."""

from marshmallow import fields

from .dates import FIRST_YEAR, LAST_YEAR, PARTIAL_DATE, TIME_ZONE
from .fields import Field, RequestSchema, ResponseSchema, whole_number
from .values import ID, IMDB_ID, MEDIA_TYPE, NAME, RATING, TEXT, number, text, whole

_COUNT = whole(12, 0)
_HOURS = number(24.5, 0)
_SHARE = number(0.75, 0, 1)


class StatsQuerySchema(RequestSchema):
    """Which viewings count: all, or those of a year."""

    year = whole_number("Only what was watched in this year.", FIRST_YEAR, LAST_YEAR)
    tz = Field(TIME_ZONE, load_default="UTC", description="IANA time zone in which viewings have their days.")


class TitlesByStatusSchema(ResponseSchema):
    """How many titles have each status."""

    to_watch = Field(_COUNT, data_key="toWatch")
    watched = Field(_COUNT)
    custom = Field(_COUNT)


class TitlesByTypeSchema(ResponseSchema):
    """How many titles are films, and how many series."""

    movie = Field(_COUNT)
    tv = Field(_COUNT)


class TitleCountsSchema(ResponseSchema):
    """How many titles there are."""

    total = Field(_COUNT)
    by_status = fields.Nested(TitlesByStatusSchema)
    by_media_type = fields.Nested(TitlesByTypeSchema)


class StarsSchema(ResponseSchema):
    """The titles with a rating from these stars up to, and without, the next; 10 stars are 10.0."""

    stars = Field(whole(8, 1, 10))
    titles = Field(_COUNT)


class RatingsSchema(ResponseSchema):
    """What the user thinks of these titles now."""

    count = Field(_COUNT)
    average = Field(RATING, 7.4, "1 decimal", allow_none=True)
    histogram = fields.List(fields.Nested(StarsSchema), metadata={"description": "Ten rows, from 1 star to 10"})


class GroupSchema(ResponseSchema):
    """Titles that have something in common."""

    titles = Field(_COUNT)
    watched = Field(_COUNT, description="Those of them that were watched")
    viewings = Field(_COUNT)
    liked = Field(_COUNT, description="Those of them that the user liked")
    average_rating = Field(RATING, 7.4, "Of the watched ones, 1 decimal", allow_none=True)


class GenreSchema(GroupSchema):
    """The titles of a genre."""

    genre = Field(text(), "Drama")


class DecadeSchema(GroupSchema):
    """The titles of a decade."""

    decade = Field(whole(1990, 0, 9990), description="Its first year")


class DirectorSchema(GroupSchema):
    """The titles of a director."""

    director = Field(TEXT, "Ernst Lubitsch")


class YearSchema(ResponseSchema):
    """The viewings of a year."""

    year = Field(whole(2026, 0, LAST_YEAR))
    viewings = Field(_COUNT)


class MonthSchema(ResponseSchema):
    """The viewings of a month."""

    month = Field(text("2026-11"), description="YYYY-MM")
    viewings = Field(_COUNT)


class RecommenderSchema(ResponseSchema):
    """What became of the titles that a person recommended."""

    person_id = Field(ID)
    name = Field(NAME)
    asked = Field(_COUNT, description="Upvotes; of a year, those given in it")
    watched = Field(_COUNT, description="Upvoted titles that were watched")
    evidence = Field(_COUNT, description="Those of them that the user rated, ranked or marked as liked")
    liked = Field(_COUNT, description="Those of them that the user liked")
    liked_share = Field(_SHARE, 0.75, "liked by evidence, 2 decimals", allow_none=True)
    median_days = Field(number(12.5, 0), 12.5, "From the upvote to the next viewing", allow_none=True)


class HighlightSchema(ResponseSchema):
    """A title that was watched, and its first viewing that counts."""

    imdb_id = Field(IMDB_ID)
    title = Field(TEXT, "The Matrix", "The IMDb id while the title is not known")
    year = Field(TEXT, "1999", "Of its release", allow_none=True)
    media_type = Field(MEDIA_TYPE)
    watched_on = Field(PARTIAL_DATE, "2026-11-03", "As much of the date as is known", allow_none=True)
    my_rating = Field(RATING, 8.5, allow_none=True)
    minutes = Field(whole(136, 1), 136, "How long it is; a series with all its episodes", allow_none=True)


class StatsSchema(ResponseSchema):
    """What a library, or a year of it, says; deleted titles are left out."""

    year = Field(whole(2026, FIRST_YEAR, LAST_YEAR), 2026, allow_none=True)
    tz = Field(TIME_ZONE)
    titles = fields.Nested(TitleCountsSchema)
    viewings = Field(_COUNT)
    hours = Field(_HOURS, description="Of all viewings whose length is known, 1 decimal")
    unknown_runtimes = Field(_COUNT, description="Viewings whose length is not known")
    ratings = fields.Nested(RatingsSchema)
    genres = fields.List(fields.Nested(GenreSchema), metadata={"description": "The most watched first, 50 at most"})
    decades = fields.List(fields.Nested(DecadeSchema), metadata={"description": "In order"})
    directors = fields.List(
        fields.Nested(DirectorSchema), metadata={"description": "Of watched titles, the most watched first, 20 at most"}
    )
    years = fields.List(fields.Nested(YearSchema), metadata={"description": "All years with a viewing, in order"})
    months = fields.List(
        fields.Nested(MonthSchema),
        metadata={"description": "The 12 of the year; without one, up to the last that has a viewing, 120 at most"},
    )
    unknown_month = Field(_COUNT, description="Viewings whose month is not known")
    recommenders = fields.List(fields.Nested(RecommenderSchema), metadata={"description": "The most liked first"})
    first = fields.Nested(HighlightSchema, allow_none=True, metadata={"description": "Of those whose day is known"})
    last = fields.Nested(HighlightSchema, allow_none=True, metadata={"description": "Of those whose day is known"})
    best = fields.Nested(HighlightSchema, allow_none=True, metadata={"description": "By ranking, else by rating"})
    longest = fields.Nested(HighlightSchema, allow_none=True)
