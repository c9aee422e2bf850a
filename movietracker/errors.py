"""Every problem that the application reports to a client, as exceptions without Flask.

A class names its base, its code and, unless it is that of its base, its HTTP status; its docstring is the sentence that
clients show. SettingsError and PluginError stop the start with one plain sentence, and never reach a client.
"""

from collections.abc import Mapping, Sequence
from typing import ClassVar, Self


def sentence_of(message: str) -> str:
    """What is said of a field, such as "must be text", as a sentence of its own."""
    return f"{message[0].upper()}{message[1:].removesuffix('.')}."


class Problem(Exception):
    """A problem with a stable code for programs, and a sentence for people: the docstring of its class."""

    code: ClassVar[str] = "internal_error"
    status: ClassVar[int] = 500
    sentence: ClassVar[str] = "Something went wrong on the server."

    def __init_subclass__(cls, code: str | None = None, status: int | None = None) -> None:
        # A class without a code of its own, such as one of a plugin, keeps the code and the sentence of its base.
        if code is not None:
            cls.code, cls.sentence = code, str(cls.__doc__)
        if status is not None:
            cls.status = status

    def __init__(
        self,
        detail: str | None = None,
        *,
        errors: Mapping[str, Sequence[str]] | None = None,
        retry_after: float | None = None,
    ) -> None:
        self.detail = detail or self.sentence
        self.errors = errors
        self.retry_after = retry_after
        super().__init__(self.detail)


class BadRequest(Problem, code="bad_request", status=400):
    """The request could not be understood."""


class MalformedJson(BadRequest, code="malformed_json"):
    """The request body is not valid JSON."""


class AccountExists(BadRequest, code="account_exists"):
    """An account with this e-mail or username exists already."""


class NotWatched(BadRequest, code="not_watched"):
    """You have not watched this title yet."""


class AlreadyRanked(BadRequest, code="already_ranked"):
    """This title is in your ranking already."""


class QuickRecommenderProtected(BadRequest, code="quick_recommender_protected"):
    """A quick recommender stays: it can neither be deleted nor merged into another person."""


# Also for a disabled user. Clients log their user out on 401, so nothing else may use this status.
class BadToken(Problem, code="bad_token", status=401):
    """The access token is missing, invalid, expired or revoked."""


# The sentence does not reveal whether the email address or the password was wrong.
class BadCredentials(BadToken, code="bad_credentials"):
    """Wrong e-mail or password."""


class Forbidden(Problem, code="forbidden", status=403):
    """This token does not give access to this endpoint."""


# Also of what belongs to another user.
class NotFound(Problem, code="not_found", status=404):
    """This resource does not exist."""


class MovieNotFound(NotFound, code="movie_not_found"):
    """This title is not in your library."""


class PersonNotFound(NotFound, code="person_not_found"):
    """You have no person with that name or id."""


class ListNotFound(NotFound, code="list_not_found"):
    """You have no such list."""


class NotRanked(NotFound, code="not_ranked"):
    """This title is not in your ranking."""


class ViewingNotFound(NotFound, code="viewing_not_found"):
    """This title has no viewing with that id."""


class TagNotFound(NotFound, code="tag_not_found"):
    """This title does not have that tag."""


class UserNotFound(NotFound, code="user_not_found"):
    """There is no such account."""


class SessionNotFound(NotFound, code="session_not_found"):
    """There is no session with that id; it may have ended."""


class RecommendationNotFound(NotFound, code="recommendation_not_found"):
    """That person has not recommended this title."""


class ExportFormatUnknown(NotFound, code="export_format_unknown"):
    """There is no export format of this name."""


class ImportNotFound(NotFound, code="import_not_found"):
    """You have no import with that id."""


class MetadataNotFound(NotFound, code="metadata_not_found"):
    """No response from that provider is stored for this title."""


class ImageNotFound(NotFound, code="image_not_found"):
    """There is no such image, or its address is not one of those that the server fetches from."""


class BackupNotFound(NotFound, code="backup_not_found"):
    """You have no backup with that name."""


class TitleUnknown(NotFound, code="title_unknown"):
    """The metadata provider does not know this title."""


class NameTaken(Problem, code="name_taken", status=409):
    """This name is taken."""


class EmailTaken(Problem, code="email_taken", status=409):
    """Another account uses this e-mail address."""


class UsernameTaken(Problem, code="username_taken", status=409):
    """Another account uses this username."""


# An id is never given again, so that a removal is final on every device.
class ViewingRemoved(Problem, code="viewing_removed", status=409):
    """This viewing was removed."""


class BadCursor(BadRequest, code="bad_cursor"):
    """The server did not issue this cursor."""


# A number alone does not identify the history it belongs to.
class CursorRequired(BadRequest, code="cursor_required"):
    """base_rev requires a cursor."""


class CursorRefused(Problem):
    """The cursor is valid but cannot be continued from; ``policy`` says what the client does next.

    ``apply_server``: fetch everything and replace, keep the queue. ``upload_differences``: fetch everything, give
    queued actions a fresh base_rev, offer again what the server forgot.
    """

    status = 410
    policy: ClassVar[str] = "apply_server"


# It is older than the horizon up to which deletions are remembered.
class CursorExpired(CursorRefused, code="cursor_expired"):
    """This cursor is too old; fetch everything again."""


class HistoryDiverged(CursorRefused, code="history_diverged"):
    """The server was restored to an earlier state; fetch everything again."""

    policy = "upload_differences"


class WrongUser(CursorRefused, code="wrong_user"):
    """This cursor belongs to another account; fetch everything again."""


class BodyTooLarge(Problem, code="body_too_large", status=413):
    """The request body is too large."""


# With ``errors``, messages by field path.
class Invalid(Problem, code="validation_error", status=422):
    """Some fields are missing or not valid."""

    @classmethod
    def field(cls, name: str, message: str) -> Self:
        """Return the problem of a single field; the message is a sentence, or one that begins with the field's name."""
        return cls.of({name: [sentence_of(message)]})

    @classmethod
    def of(cls, faults: Mapping[str, Sequence[str]]) -> Self:
        """Return the problem of several fields, at least one."""
        name, (message, *_) = next(iter(faults.items()))
        return cls(f"{name}: {message}", errors=faults)


# With ``errors`` by place in the file, such as movies[17].status.
class InvalidDocument(Invalid, code="invalid_document"):
    """This file cannot be imported; nothing was changed."""

    @classmethod
    def at(cls, place: str, message: str) -> Self:
        """Return the problem of a single fault."""
        return cls.of({place: [message]})

    @classmethod
    def of(cls, faults: Mapping[str, Sequence[str]]) -> Self:
        """Return the problem of several faults by place, at least one."""
        place, (message, *_) = next(iter(faults.items()))
        more = f" (and {len(faults) - 1} more)" if len(faults) > 1 else ""
        return cls(f"Nothing was imported. {place}: {message}{more}", errors=faults)


class TooManyRequests(Problem, code="rate_limited", status=429):
    """Too many requests; please wait a moment."""


# The next provider in the chain is called.
class ProviderProblem(Problem, code="provider_error", status=502):
    """The metadata provider failed."""


class ProviderFailed(ProviderProblem):
    """The provider returned an error or nonsense."""


class UserCallsSpent(TooManyRequests, ProviderProblem):
    """The user caused too many requests to providers; one that needs none may still respond."""

    sentence = "Too many requests to metadata providers; please wait a moment."


class ProviderRefused(ProviderFailed):
    """The provider rejected the key, or the key's quota is exceeded."""

    sentence = "The metadata provider refused the request."


# It lacks a key or data.
class ProviderNotConfigured(ProviderProblem, code="provider_not_configured", status=503):
    """No metadata provider is configured for this."""


# No connection, or no response in time.
class ProviderUnreachable(ProviderProblem, code="provider_unavailable", status=503):
    """The metadata provider cannot be reached."""


# The other destinations are still used.
class DestinationProblem(Problem, code="destination_error", status=502):
    """The backup destination failed."""


class DestinationFailed(DestinationProblem):
    """The destination refused, is full, or failed."""


# It lacks an address, a key or a package.
class DestinationNotConfigured(DestinationProblem, code="destination_not_configured", status=503):
    """No backup destination is configured."""


# No connection, or no response in time.
class DestinationUnreachable(DestinationProblem, code="destination_unavailable", status=503):
    """The backup destination cannot be reached."""


class BackupRefused(Problem, code="backup_refused", status=422):
    """This backup cannot be restored."""


class BackupDamaged(BackupRefused, code="backup_damaged"):
    """This file is damaged, or not a backup."""


class WrongPassphrase(BackupRefused, code="wrong_passphrase"):
    """This backup is encrypted with a passphrase other than BACKUP_PASSPHRASE."""


# It has to be read, to be confirmed or to have ended first.
class ImportNotReady(Problem, code="import_not_ready", status=409):
    """This cannot be done with the import in its present state."""


class TooManyImports(Problem, code="too_many_imports", status=409):
    """Too many of your imports are not finished; confirm or cancel one first."""


# Of files that other trackers made.
class ImportProblem(Problem, code="import_refused", status=422):
    """This file cannot be imported; nothing was changed."""


class UploadRefused(ImportProblem, code="upload_refused"):
    """This file is too large, or made to do harm."""


class FormatUnknown(ImportProblem, code="format_unknown"):
    """No importer recognizes this file."""


class FormatAmbiguous(ImportProblem, code="format_ambiguous"):
    """Several importers recognize this file."""


# It is locked, unreachable or full; nothing was changed.
class DatabaseUnavailable(Problem, code="database_unavailable", status=503):
    """The database is not available; please try again."""


# QUOTA_TITLES or QUOTA_MB.
class QuotaExceeded(Problem, code="quota_exceeded", status=507):
    """The library has reached its quota."""


# Answered before routing.
class NotHttp(Problem, code="bad_request", status=400):
    """The request is not valid HTTP."""


class TooSlow(NotHttp, code="request_timeout", status=408):
    """The request took too long to arrive."""


# Too many clients are sending large requests.
class TooManyAtOnce(NotHttp, code="server_busy", status=503):
    """The server is busy; please try again."""


class AddressTooLong(NotHttp, code="request_uri_too_long", status=414):
    """The address of the request is too long."""


# An Expect header asks for something other than 100-continue.
class ExpectationFailed(NotHttp, code="expectation_failed", status=417):
    """This expectation cannot be met."""


class HeadersTooLong(NotHttp, code="request_header_fields_too_large", status=431):
    """The headers of the request are too long."""


# The Transfer-Encoding is not chunked.
class CodingUnknown(NotHttp, code="not_implemented", status=501):
    """This transfer coding is not supported."""


# /api/health/ready also says which dependency is missing.
class NotReady(Problem, code="not_ready", status=503):
    """The server is not ready."""


# Of `movietracker db copy`; never sent to a client.
class CopyRefused(Problem, code="copy_refused"):
    """The database cannot be copied."""


# Of `movietracker adopt`; never sent to a client.
class AdoptionRefused(Problem, code="adoption_refused"):
    """The installation cannot be adopted."""


class SettingsError(Exception):
    """A setting is unknown, mistyped or missing; the message is one sentence."""


class PluginError(Exception):
    """A plugin cannot be used; the message is one sentence that names it."""
