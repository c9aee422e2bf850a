"""What clients send apart from records: logins and accounts, pages, searches."""

from marshmallow import fields, validate

from .fields import Field, OneOfSchema, RequestSchema, one_word, whole_number
from .values import EMAIL, FLAG, PASSWORD, USERNAME, text

_GIVEN_PASSWORD = text("correct horse battery staple", high=1024)
_WORDS = text("matrix", low=1, high=200, trim=True)


def _email(*, required: bool = False) -> fields.Email:
    check = validate.Length(max=EMAIL.schema["maxLength"])
    return fields.Email(required=required, validate=check, metadata={"examples": [EMAIL.example]})


class LoginSchema(RequestSchema):
    """A login."""

    email = Field(text(EMAIL.example, high=254), description="E-mail address or username", required=True)
    password = Field(_GIVEN_PASSWORD, required=True)


class ProofSchema(RequestSchema):
    """The password again, which proves that the user is there."""

    current_password = Field(_GIVEN_PASSWORD, required=True)


class PasswordChangeSchema(ProofSchema):
    """A new password, given the old one."""

    new_password = Field(PASSWORD, required=True)


class AdminLoginSchema(RequestSchema):
    """A login of the administrator."""

    token = Field(text("the ADMIN_TOKEN of the server", high=1024), required=True)


class NewUserSchema(RequestSchema):
    """A new account."""

    email = _email(required=True)
    username = Field(USERNAME, required=True)
    password = Field(PASSWORD, required=True)


class OwnChangeSchema(ProofSchema, OneOfSchema):
    """A change of the user's own account."""

    needed = ("email", "username")
    email = _email()
    username = Field(USERNAME)


class UserChangeSchema(RequestSchema):
    """A change of an account by the administrator."""

    email = _email()
    username = Field(USERNAME)
    is_active = Field(FLAG, False)
    password = Field(PASSWORD)


class PageSchema(RequestSchema):
    """Paging, when asked for."""

    limit = whole_number("Most rows to return.", 1, 1000)
    cursor = Field(text("cursor", high=500), description="X-Next-Cursor of the page before.")


class SearchSchema(RequestSchema):
    """A search."""

    q = Field(_WORDS, description="Words of the title or name.", required=True)
    year = whole_number("Year of release.", 1870, 2200)


class DiscoverGenreSchema(RequestSchema):
    """A genre to discover."""

    q = Field(text("Drama", low=1, high=100, trim=True), description="Name of the genre.", required=True)


class DiscoverPersonSchema(RequestSchema):
    """A person to discover."""

    q = Field(_WORDS, "Keanu Reeves", "Name of the person.", required=True)
    role = one_word(["actor", "director"], "What the person does in the titles.", "actor")


class DiscoverListSchema(RequestSchema):
    """A ready-made list to discover."""

    kind = one_word(["coming_soon", "now_playing", "popular", "top_rated", "trending"], "Which list.", "popular")
    region = fields.String(
        validate=validate.Regexp(r"^[A-Za-z]{2}\Z", error="Not a two-letter country code."),
        metadata={"description": "ISO 3166-1 code of the country whose release dates count."},
    )
    days = whole_number("How many days ahead or back to look.", 1, 365)
    time_window = one_word(["day", "week"], "Trending over a day or a week.", "week")
