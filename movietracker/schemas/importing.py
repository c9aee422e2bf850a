"""Imports from other trackers, as clients ask for them and get them."""

from typing import Literal, get_args

from marshmallow import fields

from .fields import Field, ListField, RequestSchema, ResponseSchema, flag, one_word, texts
from .requests import PageSchema
from .values import FLAG, IMDB_ID, MOMENT, NAME, OBJECT, TEXT, UUID, WHOLE, one_of, text, whole

JOB_STATES = (
    *("reading", "matching", "ready", "applying", "done", "paused", "failed", "cancelled", "undoing", "undone"),
)
ROW_STATES = (
    *("new", "known", "duplicate", "ambiguous", "not_found", "unsupported", "broken", "needs_review", "left_out"),
    "unmatched",
)
FileCount = Literal[
    "titles",
    "viewings",
    "ratings",
    "watchlist",
    "lists",
    "list_items",
    "likes",
    "reviews",
    "people",
    "episodes",
    "broken",
    "ambiguous",
    "not_found",
    "duplicates",
    "new",
    "known",
    "unsupported",
    "needs_review",
]
ReportCount = Literal[
    "titles_added",
    "titles_changed",
    "titles_unchanged",
    "titles_left_out",
    "viewings",
    "viewings_known",
    "viewings_removed",
    "viewings_in_future",
    "viewings_beyond_limit",
    "ratings",
    "ratings_kept",
    "recommendations",
    "recommendations_known",
    "recommendations_removed",
    "recommendations_left_out",
    "people",
    "lists",
    "list_items",
    "list_items_left_out",
    "likes",
    "likes_removed",
    "tags",
    "tags_removed",
    "tags_left_out",
    "notes_cut",
    "notes_left_out",
    "rows_left_out",
    "titles_removed",
    "titles_restored",
    "titles_kept",
    "changed_since",
    "removed_since",
]
FILE_COUNTS: tuple[str, ...] = get_args(FileCount)
REPORT_COUNTS: tuple[str, ...] = get_args(ReportCount)
MAX_DECISIONS = 500

_FOUND_NAME = text("Nelly", low=1, high=500)


def _counts(description: str, names: tuple[str, ...], **example: int) -> fields.Dict:
    shown = {"description": f"{description}: {', '.join(names)}", "examples": [example]}
    return fields.Dict(keys=fields.String(), values=fields.Integer(), metadata=shown)


def _values(description: str, example: dict[str, str | int]) -> Field:
    return Field(OBJECT, example, description)


class UploadQuerySchema(RequestSchema):
    """How an upload is to be read."""

    format = Field(text("letterboxd", low=1, high=64), description="Name of the format, if it is not recognized")
    filename = Field(text("watched.csv", low=1, high=500), description="Name of a file that is the body itself")


class RowsQuerySchema(PageSchema):
    """Which rows."""

    state = one_word(ROW_STATES, "Only rows in this state.")
    is_chosen = flag("Whether the user chose its title, in this import or an earlier one.")


class RowDecisionSchema(RequestSchema):
    """What becomes of the title of a row; with neither id nor candidate it is left out."""

    row = Field(whole(17, 0, 2**31 - 1), description="Number of the row", required=True)
    imdb_id = Field(IMDB_ID, description="The title that is meant", allow_none=True)
    candidate = Field(whole(0, 0, 100), description="Or the place of a candidate, from 0", allow_none=True)


class NameDecisionSchema(RequestSchema):
    """What becomes of a person or list that was found."""

    name = Field(_FOUND_NAME, description="As it was found", required=True)
    to = Field(
        NAME,
        "Aunt Nelly",
        "Whom or what it becomes: the same name to keep it, another one to rename or merge it, null to leave it out",
        required=True,
        allow_none=True,
    )


class ListDecisionSchema(NameDecisionSchema):
    """What becomes of a list that was found."""

    what = Field(
        one_of(("list", "tag"), "tag"), data_key="as", load_default="list", description="A custom list or a tag"
    )


class ResolveSchema(RequestSchema):
    """Decisions about what was found."""

    rows = ListField(fields.Nested(RowDecisionSchema), MAX_DECISIONS, load_default=list)
    people = ListField(fields.Nested(NameDecisionSchema), MAX_DECISIONS, load_default=list)
    lists = ListField(fields.Nested(ListDecisionSchema), MAX_DECISIONS, load_default=list)
    ratings = Field(one_of(("keep", "replace"), "keep"), description="Whose rating counts where both rate")


class ImportSummarySchema(ResponseSchema):
    """An import."""

    id = Field(UUID)
    format = Field(TEXT, "letterboxd", "Name of the importer; null until it is recognized", allow_none=True)
    label = Field(TEXT, "Letterboxd", "Empty until it is recognized")
    state = Field(one_of(JOB_STATES, "ready"))
    created_at = Field(MOMENT)
    updated_at = Field(MOMENT)
    done = Field(WHOLE, 300, "How many rows, titles or changes of the present state are behind it")
    total = Field(WHOLE, 900, "Of how many; 0 while that is not known")
    counts = _counts("What the files hold", FILE_COUNTS, titles=900)
    report = _counts("What was done, each where it is not 0", REPORT_COUNTS, titles_added=880)
    resume_at = Field(MOMENT, None, "When a paused import goes on", allow_none=True)
    error = Field(TEXT, None, "Why it is paused or failed, in a sentence", allow_none=True)
    error_code = Field(TEXT, None, "Stable name of that reason, by which clients translate it", allow_none=True)
    error_values = _values("The values in that sentence", {"most": 100})


class FoundPersonSchema(ResponseSchema):
    """A person who may have recommended titles."""

    name = Field(_FOUND_NAME)
    written_as = texts("The texts in which the name was found", ["Nelly's recommendations"])
    titles = Field(WHOLE, 12)
    alike = texts("Other names that may be the same person", ["Nellie"])


class FoundListSchema(ResponseSchema):
    """A list that was found."""

    name = Field(_FOUND_NAME, "Best of 1999")
    titles = Field(WHOLE, 12)


class ImportJobSchema(ImportSummarySchema):
    """An import, with what was found."""

    people = fields.List(fields.Nested(FoundPersonSchema))
    lists = fields.List(fields.Nested(FoundListSchema))
    choices = Field(OBJECT, {"people": {"Nelly": "Aunt Nelly"}}, "What was decided of people, lists, tags and ratings")


class CandidateSchema(ResponseSchema):
    """A title that may be meant."""

    imdb_id = Field(IMDB_ID, None, "Null where it is looked up once it is chosen", allow_none=True)
    title = Field(TEXT, "Casablanca")
    year = Field(WHOLE, 1942, allow_none=True)
    kind = Field(one_of(("movie", "tv"), "movie"))
    title_id = Field(WHOLE, 289, "The id by which /api/external knows it")


class ImportRowSchema(ResponseSchema):
    """A row of the files, and what becomes of it."""

    number = Field(WHOLE, 17)
    state = Field(one_of(ROW_STATES, "ambiguous"))
    place = Field(TEXT, "watched.csv, line 18", "Where it stands in the files")
    said = Field(OBJECT, {"title": "Casablanca"}, "What it says")
    imdb_id = Field(IMDB_ID, "tt0034583", "The title that is meant", allow_none=True)
    candidates = fields.List(fields.Nested(CandidateSchema))
    is_chosen = Field(FLAG, False, "Whether the user chose the title, in this import or an earlier one")
    reason_code = Field(
        TEXT, None, "Stable name of said.reason or said.needs_review, by which clients translate it", allow_none=True
    )
    reason_values = _values("The values in that phrase", {"most": 1000})
