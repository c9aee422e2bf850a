"""The ratings provider on OMDb's API (https://www.omdbapi.com/#parameters).

All fields of its responses are text, and "N/A" means unknown.
"""

import logging
import re
from collections.abc import Mapping
from typing import Any

from movietracker.pluginapi import Capability, ProviderFailed, ProviderRefused, TitleRatings, TitleUnknown, WebProvider

Json = Mapping[str, Any]

logger = logging.getLogger(__name__)

# A title that OMDb certainly has (The Matrix), to check the key.
WELL_KNOWN = "tt0133093"


def fault(answer: Any) -> Exception | None:
    """The error that a response with status 200 reports by "Response": "False", or None."""
    if not isinstance(answer, dict) or answer.get("Response") not in ("True", "False"):
        return ProviderFailed("OMDb returned nonsense.")
    return None if answer["Response"] == "True" else _problem(str(answer.get("Error", "")))


def _problem(error: str) -> Exception:
    words = error.casefold()
    if "not found" in words or words in ("incorrect imdb id.", "error getting data."):
        return TitleUnknown()
    if "limit" in words:
        return ProviderRefused("The daily request limit of OMDb is reached.")
    if "api key" in words:
        return ProviderRefused("OMDb rejects the key.")
    logger.warning("OMDb returned an error: %.200r", error)
    return ProviderFailed("OMDb returned an error.")


class OmdbProvider(WebProvider):
    """Ratings by IMDb id."""

    name = "omdb"
    capabilities = frozenset({Capability.RATINGS})
    priority = 20
    key_setting = "OMDB_API_KEY"

    def check(self) -> str:
        """Request a title that OMDb certainly has."""
        try:
            self.ratings(WELL_KNOWN, fresh=True)
        except TitleUnknown:
            raise ProviderFailed("OMDb does not know The Matrix: check OMDB_BASE_URL.") from None
        return "OMDb responds and accepts the key."

    def ratings(self, imdb_id: str, *, fresh: bool = False) -> TitleRatings:
        """The ratings of the title with this IMDb id."""
        if not re.fullmatch(r"tt[0-9]{7,}", imdb_id):
            raise TitleUnknown(f"{imdb_id[:40]} is not the IMDb id of a title.")
        return ratings(self.http.get_json("/", {"i": imdb_id}, fresh=fresh), imdb_id)


def ratings(answer: Json, imdb_id: str) -> TitleRatings:
    """The ratings in a response of ``/?i=``; ``imdb_id`` is the requested one."""
    title = _text(answer, "Title")
    if title is None:
        raise ProviderFailed("OMDb returned nonsense.")
    return TitleRatings(
        imdb_id=imdb_id,
        title=title,
        year=_whole_number(answer, "Year", 1800, 2999),
        rated=_text(answer, "Rated"),
        released=_text(answer, "Released"),
        runtime=_text(answer, "Runtime"),
        genres=_words(answer, "Genre"),
        director=_text(answer, "Director"),
        writer=_text(answer, "Writer"),
        actors=_words(answer, "Actors"),
        plot=_text(answer, "Plot"),
        language=_text(answer, "Language"),
        country=_text(answer, "Country"),
        awards=_text(answer, "Awards"),
        poster=_address(answer, "Poster"),
        imdb_rating=_score_of_ten(answer, "imdbRating"),
        imdb_votes=_text(answer, "imdbVotes"),
        rt_rating=_tomatoes(answer),
        metascore=_whole_number(answer, "Metascore", 0, 100),
        box_office=_text(answer, "BoxOffice"),
        production=_text(answer, "Production"),
        website=_text(answer, "Website"),
        raw=answer,
    )


def _text(answer: Json, name: str) -> str | None:
    """The text of this field, None for "N/A"."""
    value = answer.get(name)
    if not isinstance(value, str) or value.strip() in ("", "N/A"):
        return None
    return value.strip()


def _words(answer: Json, name: str) -> tuple[str, ...]:
    """The parts of a comma-separated list."""
    parts = (_text(answer, name) or "").split(",")
    return tuple(part.strip() for part in parts if part.strip())


def _whole_number(answer: Json, name: str, low: int, high: int) -> int | None:
    """The whole number that the field begins with ("2008–2013" is 2008), if it is in this range."""
    found = re.match(r"\d{1,4}(?!\d)", _text(answer, name) or "")
    return int(found[0]) if found and low <= int(found[0]) <= high else None


def _score_of_ten(answer: Json, name: str) -> float | None:
    """A score such as "8.7"."""
    found = re.fullmatch(r"\d{1,2}(\.\d+)?", _text(answer, name) or "")
    return float(found[0]) if found and float(found[0]) <= 10 else None


def _tomatoes(answer: Json) -> int | None:
    """Rotten Tomatoes' percentage in the list of scores."""
    scores = answer.get("Ratings")
    for score in scores if isinstance(scores, list) else ():
        if isinstance(score, dict) and score.get("Source") == "Rotten Tomatoes":
            found = re.fullmatch(r"(\d{1,3})%", _text(score, "Value") or "")
            return int(found[1]) if found and int(found[1]) <= 100 else None
    return None


def _address(answer: Json, name: str) -> str | None:
    """A complete URL."""
    value = _text(answer, name)
    return value if value and re.match(r"https?://[^\s/]+/", value) else None
