"""The stand-in itself: both services on one loopback port."""

from collections.abc import Mapping
from typing import Any

from .loopback import LoopbackServer
from .omdb import OmdbService
from .tmdb import TmdbService

TMDB_KEY = "0123456789abcdef0123456789abcdef"
TMDB_TOKEN = "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJzdGFuZC1pbiJ9.c3RhbmQtaW4tc2lnbmF0dXJl"
OMDB_KEY = "0d1e2f3a"


class Standin(LoopbackServer):
    """TMDB at ``tmdb_url`` and OMDb at ``omdb_url``, each with the keys that it accepts."""

    tmdb_key = TMDB_KEY
    tmdb_token = TMDB_TOKEN
    omdb_key = OMDB_KEY

    def __init__(self, port: int = 0) -> None:
        tmdb = TmdbService(self.tmdb_key, self.tmdb_token)
        super().__init__({"tmdb": tmdb, "omdb": OmdbService(self.omdb_key)}, port)

    @property
    def tmdb_url(self) -> str:
        """What TMDB_BASE_URL must be."""
        return f"{self.url}/tmdb"

    @property
    def omdb_url(self) -> str:
        """What OMDB_BASE_URL must be."""
        return f"{self.url}/omdb"

    @property
    def settings(self) -> Mapping[str, Any]:
        """The settings that make the application use this stand-in."""
        return {
            "TMDB_API_KEY": self.tmdb_key,
            "TMDB_BASE_URL": self.tmdb_url,
            "OMDB_API_KEY": self.omdb_key,
            "OMDB_BASE_URL": self.omdb_url,
        }

    def omdb_says(self, error: str, *, status: int = 200, times: int | None = None) -> None:
        """Make OMDb answer ``"Response": "False"`` with this text, as it does even with status 200."""
        body = {"Response": "False", "Error": error}
        self.fail_with(status, body=body, service="omdb", times=times)

    def tmdb_says(self, status: int, code: int, message: str, *, times: int | None = None) -> None:
        """Make TMDB answer an error in its documented shape."""
        body = {"success": False, "status_code": code, "status_message": message}
        self.fail_with(status, body=body, service="tmdb", times=times)
