"""The ratings provider on OMDb's API (https://www.omdbapi.com/#parameters)."""

from __future__ import annotations

import logging
import re
from typing import Any

from movietracker.pluginapi import (
    BaseProvider,
    Capability,
    JsonHttpClient,
    ProviderFailed,
    ProviderNotConfigured,
    ProviderRefused,
    TitleRatings,
    TitleUnknown,
)

from .shapes import ratings

logger = logging.getLogger(__name__)

# A title that OMDb certainly has (The Matrix), to see whether the key works.
WELL_KNOWN = "tt0133093"


def fault(answer: Any) -> Exception | None:
    """The error that an answer with status 200 is in disguise: OMDb says "Response": "False" in it."""
    if not isinstance(answer, dict) or answer.get("Response") not in ("True", "False"):
        return ProviderFailed("OMDb gave an answer that makes no sense.")
    return None if answer["Response"] == "True" else _problem(str(answer.get("Error", "")))


def _problem(error: str) -> Exception:
    words = error.casefold()
    if "not found" in words or words in ("incorrect imdb id.", "error getting data."):
        return TitleUnknown()
    if "limit" in words:
        return ProviderRefused("OMDb's daily limit of requests is reached.")
    if "api key" in words:
        return ProviderRefused("OMDb does not accept the key.")
    logger.warning("OMDb answered with an error: %.200r", error)
    return ProviderFailed("OMDb answered with an error.")


class OmdbProvider(BaseProvider):
    """Ratings by IMDb id."""

    name = "omdb"
    capabilities = frozenset({Capability.RATINGS})
    priority = 20

    def __init__(self, http: JsonHttpClient | None) -> None:
        """``http`` is None when there is no key."""
        self._client = http

    @property
    def _http(self) -> JsonHttpClient:
        if self._client is None:
            raise ProviderNotConfigured("OMDb needs a key: set OMDB_API_KEY.")
        return self._client

    def is_configured(self) -> bool:
        """Whether there is a key."""
        return self._client is not None

    def check(self) -> str:
        """Ask for a title that OMDb certainly has."""
        try:
            self.ratings(WELL_KNOWN, fresh=True)
        except TitleUnknown:
            raise ProviderFailed("OMDb does not know even The Matrix: see OMDB_BASE_URL.") from None
        return "OMDb answers and accepts the key."

    def ratings(self, imdb_id: str, *, fresh: bool = False) -> TitleRatings:
        """What OMDb has of the title with this IMDb id."""
        if not re.fullmatch(r"tt[0-9]{7,}", imdb_id):
            raise TitleUnknown(f"{imdb_id[:40]} is not the IMDb id of a title.")
        return ratings(self._http.get_json("/", {"i": imdb_id}, fresh=fresh), imdb_id)
