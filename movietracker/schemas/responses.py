"""What the server returns apart from records: errors, accounts and tokens, health."""

from marshmallow import fields

from .fields import Field, ResponseSchema
from .values import EMAIL, FLAG, MOMENT, TEXT, USERNAME, UUID

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


class TokenSchema(ResponseSchema):
    """An access token."""

    access_token = Field(TEXT, "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.e30.signature")
    token_type = Field(TEXT, "bearer")


class LoginResponseSchema(TokenSchema):
    """An access token and whose it is."""

    user = fields.Nested(UserSchema)


class HealthSchema(ResponseSchema):
    """The server is up."""

    status = Field(TEXT, "healthy")
    timestamp = Field(MOMENT, description="The server's clock")


class ReadinessSchema(ResponseSchema):
    """Whether everything that the server needs is there."""

    status = Field(TEXT, "ready")
    timestamp = Field(MOMENT, description="The server's clock")
    dependencies = fields.Dict(
        keys=fields.String(),
        values=fields.String(),
        metadata={"examples": [{"database": "ok", "migrations": "ok", "cache": "ok"}]},
    )
