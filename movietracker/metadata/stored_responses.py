"""Answers as responses of requests-cache, which its backends store as JSON."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from requests.structures import CaseInsensitiveDict
from requests_cache.models.request import CachedRequest
from requests_cache.models.response import CachedResponse

from .answers import Answer


def to_response(url: str, answer: Answer, good_for: float | None = None) -> CachedResponse:
    """The answer as a response that expires after ``good_for`` seconds, or never.

    It is made of public parts, rather than taken from the response that came, so that nothing else can be in it. How
    long an answer is good for is judged when it is read; the expiry is for backends that clear away by themselves.
    """
    stored_at = datetime.fromtimestamp(answer.stored_at, UTC)
    return CachedResponse(
        content=answer.body,
        status_code=200,
        reason="OK",
        url=url,
        headers=CaseInsensitiveDict({"Content-Type": "application/json"}),
        encoding="utf-8",
        request=CachedRequest(method="GET", url=url),
        created_at=stored_at,
        expires=None if good_for is None else stored_at + timedelta(seconds=good_for),
    )


def to_answer(response: CachedResponse | None) -> Answer | None:
    """The answer in a stored response."""
    return None if response is None else Answer(response.content or b"", response.created_at.timestamp())
