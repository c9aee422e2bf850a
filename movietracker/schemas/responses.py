"""What the server returns apart from records: errors, accounts and tokens, health."""

from marshmallow import fields

from .fields import Field, ResponseSchema
from .values import EMAIL, FLAG, MOMENT, OBJECT, TEXT, USERNAME, UUID

_MESSAGES = fields.List(fields.String())


class ErrorSchema(ResponseSchema):
    """Every error has this shape; ``errors`` is there on 422 only: field path -> list of messages."""

    detail = Field(TEXT, "This title is not in your library.")
    code = Field(TEXT, "movie_not_found")
    errors = fields.Dict(
        keys=fields.String(),
        values=_MESSAGES,
        metadata={"examples": [{"my_rating": ["Must be between 1 and 10."]}], "optional": True},
    )
    detail_code = Field(TEXT, "too_many_files", "Stable name of a detail that is no code's usual one", optional=True)
    detail_values = Field(OBJECT, {"most": 100}, "The values in that detail", optional=True)
    policy = Field(TEXT, "apply_server", "What the client does next; on 410 only", optional=True)
    # Only /api/health/ready returns these, with not_ready.
    status = Field(TEXT, "not ready", optional=True)
    timestamp = Field(MOMENT, optional=True)
    dependencies = fields.Dict(
        keys=fields.String(), values=fields.String(), metadata={"examples": [{"database": "ok"}], "optional": True}
    )


class UserSchema(ResponseSchema):
    """An account."""

    id = Field(UUID)
    email = Field(EMAIL)
    username = Field(USERNAME)
    created_at = Field(MOMENT, description="When it was made")
    is_active = Field(FLAG)


class SessionSchema(ResponseSchema):
    """A login of the user that has not ended."""

    id = Field(UUID)
    created_at = Field(MOMENT, description="When it began")
    last_used_at = Field(MOMENT, description="When it was used last, as far as it was noted: once a day")
    expires_at = Field(MOMENT, description="When it ends by itself")
    client = Field(TEXT, "curl/8.14.1", description="Its User-Agent, 300 characters at most")
    is_current = Field(FLAG, description="Whether it is that of this request")


class TokenSchema(ResponseSchema):
    """An access token."""

    access_token = Field(TEXT, "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.e30.signature")
    token_type = Field(TEXT, "bearer")


class LoginResponseSchema(TokenSchema):
    """An access token and whose it is."""

    user = fields.Nested(UserSchema)
    first_password = Field(
        FLAG, True, "True while this is the password that the first start made, else not there", optional=True
    )


class HealthSchema(ResponseSchema):
    """The server is up."""

    status = Field(TEXT, "healthy")
    timestamp = Field(MOMENT, description="The server's clock")
    first_password = Field(
        FLAG, True, "True until the password that the first start made is changed, then not there", optional=True
    )


class ReadinessSchema(ResponseSchema):
    """Whether everything that the server needs is there."""

    status = Field(TEXT, "ready")
    timestamp = Field(MOMENT, description="The server's clock")
    dependencies = fields.Dict(
        keys=fields.String(),
        values=fields.String(),
        metadata={"examples": [{"database": "ok", "migrations": "ok", "cache": "ok"}]},
    )
