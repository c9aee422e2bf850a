"""Every problem that the application tells a client about. No Flask in it.

::

    Problem
    ├── BadRequest 400          bad_request
    │   ├── MalformedJson       malformed_json
    │   ├── BadCursor           bad_cursor
    │   ├── CursorRequired      cursor_required
    │   ├── AccountExists       account_exists
    │   └── QuickRecommenderProtected   quick_recommender_protected
    ├── BadToken 401            bad_token: the token is missing, malformed, expired, revoked or its user disabled
    │   └── BadCredentials      bad_credentials
    ├── Forbidden 403           forbidden
    ├── NotFound 404            not_found
    │   ├── MovieNotFound, PersonNotFound, ListNotFound, UserNotFound, RecommendationNotFound,
    │   │   MetadataNotFound, NotWatched, BackupNotFound
    │   └── TitleUnknown        title_unknown: no provider knows it
    ├── NameTaken 409           name_taken
    ├── CursorRefused 410       with `policy`: what the client does now
    │   ├── CursorExpired       cursor_expired, policy apply_server
    │   ├── HistoryDiverged     history_diverged, policy upload_differences
    │   └── WrongUser           wrong_user, policy apply_server
    ├── BodyTooLarge 413        body_too_large
    ├── Invalid 422             validation_error, with `errors`: field path -> list of messages
    │   └── InvalidDocument     invalid_document: a backup that cannot be imported, `errors` by place in the file
    ├── TooManyRequests 429     rate_limited, with Retry-After
    ├── ProviderProblem         (raised by metadata providers)
    │   ├── ProviderFailed 502      provider_error: refused, failed or answered nonsense
    │   │   └── ProviderRefused     provider_error: the key is wrong or its limit is used up
    │   ├── ProviderNotConfigured 503   provider_not_configured
    │   └── ProviderUnreachable 503     provider_unavailable: no connection, or timed out
    ├── DestinationProblem      (raised by backup destinations)
    │   ├── DestinationFailed 502       destination_error: refused, full, or failed
    │   ├── DestinationNotConfigured 503    destination_not_configured
    │   └── DestinationUnreachable 503  destination_unavailable: no connection, or timed out
    ├── BackupRefused 422       (the file cannot be restored as it is)
    │   ├── BackupDamaged       backup_damaged: not what was written, or no backup at all
    │   └── WrongPassphrase     wrong_passphrase: missing or wrong
    ├── DatabaseUnavailable 503     database_unavailable, with Retry-After
    ├── NotHttp 400             bad_request: no HTTP, or none that the server reads; no operation is asked
    │   ├── AddressTooLong 414      request_uri_too_long
    │   ├── ExpectationFailed 417   expectation_failed
    │   ├── HeadersTooLong 431      request_header_fields_too_large
    │   └── CodingUnknown 501       not_implemented
    ├── NotReady 503            not_ready: a dependency is missing; health/ready says which
    └── CopyRefused             copy_refused: `movietracker db copy` cannot or must not copy; no client meets it

    SettingsError, PluginError: stop the start with one plain sentence; they never reach a client.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import ClassVar


class Problem(Exception):
    """A problem with a plain sentence for a person and a stable code for a program."""

    code: ClassVar[str] = "internal_error"
    status: ClassVar[int] = 500
    sentence: ClassVar[str] = "Something went wrong on the server."

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


class BadRequest(Problem):
    """The request makes no sense."""

    code, status, sentence = "bad_request", 400, "The request could not be understood."


class MalformedJson(BadRequest):
    """The body is not JSON."""

    code, sentence = "malformed_json", "The request body is not valid JSON."


class AccountExists(BadRequest):
    """E-mail or username are taken."""

    code, sentence = "account_exists", "An account with this e-mail or username exists already."


class QuickRecommenderProtected(BadRequest):
    """The four quick recommenders stay."""

    code, sentence = "quick_recommender_protected", "A quick recommender cannot be deleted."


class BadToken(Problem):
    """The token is bad; clients log their user out on it, so nothing else may use this status."""

    code, status, sentence = "bad_token", 401, "The access token is missing, invalid, expired or revoked."


class BadCredentials(BadToken):
    """A login failed; the same words whether the e-mail or the password was wrong."""

    code, sentence = "bad_credentials", "Wrong e-mail or password."


class Forbidden(Problem):
    """The token is good, but not for this."""

    code, status, sentence = "forbidden", 403, "This token does not give access to this endpoint."


class NotFound(Problem):
    """There is no such thing, or it is not this user's."""

    code, status, sentence = "not_found", 404, "There is nothing here."


class MovieNotFound(NotFound):
    """The title is not in this user's library."""

    code, sentence = "movie_not_found", "This title is not in your library."


class PersonNotFound(NotFound):
    """No person of this user bears that name or id."""

    code, sentence = "person_not_found", "You have no person of that name or id."


class ListNotFound(NotFound):
    """No list of this user has that id."""

    code, sentence = "list_not_found", "You have no list with that id."


class NotWatched(NotFound):
    """There is no watch record whose rating could be changed."""

    code, sentence = "not_watched", "This title has no watch record yet."


class UserNotFound(NotFound):
    """No account has that id or e-mail."""

    code, sentence = "user_not_found", "There is no such account."


class RecommendationNotFound(NotFound):
    """That person did not recommend this title."""

    code, sentence = "recommendation_not_found", "That person has not recommended this title."


class MetadataNotFound(NotFound):
    """No stored response of that provider."""

    code, sentence = "metadata_not_found", "No response of that provider is stored for this title."


class BackupNotFound(NotFound):
    """No destination lists a backup of this user with that name."""

    code, sentence = "backup_not_found", "You have no backup of that name."


class TitleUnknown(NotFound):
    """The provider does not know the title."""

    code, sentence = "title_unknown", "The metadata provider does not know this title."


class NameTaken(Problem):
    """Another record of this user bears the name."""

    code, status, sentence = "name_taken", 409, "This name is taken."


class BadCursor(BadRequest):
    """The cursor is none that a server of this kind gave."""

    code, sentence = "bad_cursor", "This is not a cursor that the server gave."


class CursorRequired(BadRequest):
    """A base_rev came without a cursor: a number alone does not say of which history it is."""

    code, sentence = "cursor_required", "base_rev needs a cursor beside it."


class CursorRefused(Problem):
    """The cursor is sound but cannot be continued from; ``policy`` says what the client does now.

    ``apply_server``: fetch everything and replace, keep the queue. ``upload_differences``: fetch everything, give
    queued actions a fresh base_rev, offer again what the server forgot.
    """

    status = 410
    policy: ClassVar[str] = "apply_server"


class CursorExpired(CursorRefused):
    """It is from before the time that deletions are remembered for."""

    code, sentence = "cursor_expired", "This cursor is too old; fetch everything again."


class HistoryDiverged(CursorRefused):
    """The server was restored to an earlier state."""

    code, sentence = "history_diverged", "The server was restored to an earlier state; fetch everything again."
    policy = "upload_differences"


class WrongUser(CursorRefused):
    """It belongs to another account."""

    code, sentence = "wrong_user", "This cursor belongs to another account; fetch everything again."


class BodyTooLarge(Problem):
    """The body exceeds the limit."""

    code, status, sentence = "body_too_large", 413, "The request body is too large."


class Invalid(Problem):
    """Fields are missing, mistyped or out of range; ``errors`` says which."""

    code, status, sentence = "validation_error", 422, "Some fields are missing or not valid."

    @classmethod
    def field(cls, name: str, message: str) -> Invalid:
        """The problem of a single field."""
        return cls(f"{name}: {message}", errors={name: [message]})


class InvalidDocument(Invalid):
    """A backup document cannot be imported; ``errors`` names its faults by place, such as movies[17].status."""

    code, sentence = "invalid_document", "This file cannot be imported; nothing was changed."

    @classmethod
    def at(cls, place: str, message: str) -> InvalidDocument:
        """A single fault."""
        return cls.of({place: [message]})

    @classmethod
    def of(cls, faults: Mapping[str, Sequence[str]]) -> InvalidDocument:
        """Some faults by place, at least one."""
        place, (message, *_) = next(iter(faults.items()))
        more = f" (and {len(faults) - 1} more)" if len(faults) > 1 else ""
        return cls(f"Nothing was imported. {place}: {message}{more}", errors=faults)


class TooManyRequests(Problem):
    """A rate limit is used up."""

    code, status, sentence = "rate_limited", 429, "Too many requests; please wait a moment."


class ProviderProblem(Problem):
    """A metadata provider could not answer; the next one in the chain is asked."""

    code, status, sentence = "provider_error", 502, "The metadata provider failed."


class ProviderFailed(ProviderProblem):
    """It answered with an error or with nonsense."""


class ProviderRefused(ProviderFailed):
    """It did not accept the key, or the key's limit is used up."""

    sentence = "The metadata provider refused the request."


class ProviderNotConfigured(ProviderProblem):
    """It needs a key or data that the deployer has not given."""

    code, status = "provider_not_configured", 503
    sentence = "No metadata provider is configured for this."


class ProviderUnreachable(ProviderProblem):
    """No connection, or no answer in time."""

    code, status, sentence = "provider_unavailable", 503, "The metadata provider cannot be reached."


class DestinationProblem(Problem):
    """A backup destination could not do its part; the others are used all the same."""

    code, status, sentence = "destination_error", 502, "The backup destination failed."


class DestinationFailed(DestinationProblem):
    """It refused, is full, or failed."""


class DestinationNotConfigured(DestinationProblem):
    """It needs an address, a key or a package that the deployer has not given."""

    code, status = "destination_not_configured", 503
    sentence = "No backup destination is configured."


class DestinationUnreachable(DestinationProblem):
    """No connection, or no answer in time."""

    code, status, sentence = "destination_unavailable", 503, "The backup destination cannot be reached."


class BackupRefused(Problem):
    """The backup cannot be restored as it is; nothing was changed."""

    code, status, sentence = "backup_refused", 422, "This backup cannot be restored."


class BackupDamaged(BackupRefused):
    """It is not what was written, or no backup at all."""

    code, sentence = "backup_damaged", "This file is damaged, or not a backup."


class WrongPassphrase(BackupRefused):
    """It is encrypted with another passphrase than BACKUP_PASSPHRASE."""

    code, sentence = "wrong_passphrase", "This backup is encrypted with another passphrase than BACKUP_PASSPHRASE."


class DatabaseUnavailable(Problem):
    """The database is locked, away or full; nothing was changed."""

    code, status, sentence = "database_unavailable", 503, "The database is not available; please try again."


class NotHttp(Problem):
    """What came is no HTTP, or none that the server reads; it is answered before any operation is asked."""

    code, status, sentence = "bad_request", 400, "The request is not valid HTTP."


class AddressTooLong(NotHttp):
    """The request line is over its limit."""

    code, status, sentence = "request_uri_too_long", 414, "The address of the request is too long."


class ExpectationFailed(NotHttp):
    """An Expect header wants something else than 100-continue."""

    code, status, sentence = "expectation_failed", 417, "This expectation cannot be met."


class HeadersTooLong(NotHttp):
    """The headers are too many, or one of them is too long."""

    code, status, sentence = "request_header_fields_too_large", 431, "The headers of the request are too long."


class CodingUnknown(NotHttp):
    """A Transfer-Encoding that is not chunked."""

    code, status, sentence = "not_implemented", 501, "This transfer coding is not supported."


class NotReady(Problem):
    """Something that the server needs is not there."""

    code, status, sentence = "not_ready", 503, "The server is not ready."


class CopyRefused(Problem):
    """``movietracker db copy`` cannot or must not copy; the target is as it was. No client ever meets it."""

    code, sentence = "copy_refused", "The database cannot be copied."


class SettingsError(Exception):
    """A setting is unknown, mistyped or missing; the message is one plain sentence."""


class PluginError(Exception):
    """A plugin cannot be used; the message is one plain sentence that names it."""
