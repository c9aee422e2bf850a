"""Makes TitleRatings of OMDb's answers: all its fields are texts, and "N/A" stands for what it does not know."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from movietracker.pluginapi import ProviderFailed, TitleRatings

Json = Mapping[str, Any]


def ratings(answer: Json, imdb_id: str) -> TitleRatings:
    """The ratings in an answer of ``/?i=``; ``imdb_id`` is the one asked for."""
    title = text(answer, "Title")
    if title is None:
        raise ProviderFailed("OMDb gave an answer that makes no sense.")
    return TitleRatings(
        imdb_id=imdb_id,
        title=title,
        year=whole_number(answer, "Year", 1800, 2999),
        rated=text(answer, "Rated"),
        released=text(answer, "Released"),
        runtime=text(answer, "Runtime"),
        genres=words(answer, "Genre"),
        director=text(answer, "Director"),
        writer=text(answer, "Writer"),
        actors=words(answer, "Actors"),
        plot=text(answer, "Plot"),
        language=text(answer, "Language"),
        country=text(answer, "Country"),
        awards=text(answer, "Awards"),
        poster=address(answer, "Poster"),
        imdb_rating=score_of_ten(answer, "imdbRating"),
        imdb_votes=text(answer, "imdbVotes"),
        rt_rating=tomatoes(answer),
        metascore=whole_number(answer, "Metascore", 0, 100),
        box_office=text(answer, "BoxOffice"),
        production=text(answer, "Production"),
        website=text(answer, "Website"),
        raw=answer,
    )


def text(answer: Json, name: str) -> str | None:
    """The text of this field, None for "N/A"."""
    value = answer.get(name)
    if not isinstance(value, str) or value.strip() in ("", "N/A"):
        return None
    return value.strip()


def words(answer: Json, name: str) -> tuple[str, ...]:
    """The parts of a list with commas."""
    parts = (text(answer, name) or "").split(",")
    return tuple(part.strip() for part in parts if part.strip())


def whole_number(answer: Json, name: str, low: int, high: int) -> int | None:
    """The whole number that the field begins with ("2008–2013" is 2008), when it lies in this range."""
    found = re.match(r"\d{1,4}(?!\d)", text(answer, name) or "")
    return int(found[0]) if found and low <= int(found[0]) <= high else None


def score_of_ten(answer: Json, name: str) -> float | None:
    """A score such as "8.7"."""
    found = re.fullmatch(r"\d{1,2}(\.\d+)?", text(answer, name) or "")
    return float(found[0]) if found and float(found[0]) <= 10 else None


def tomatoes(answer: Json) -> int | None:
    """Rotten Tomatoes' percentage among the scores of other sites."""
    scores = answer.get("Ratings")
    for score in scores if isinstance(scores, list) else ():
        if isinstance(score, dict) and score.get("Source") == "Rotten Tomatoes":
            found = re.fullmatch(r"(\d{1,3})%", text(score, "Value") or "")
            return int(found[1]) if found and int(found[1]) <= 100 else None
    return None


def address(answer: Json, name: str) -> str | None:
    """A whole URL."""
    value = text(answer, name)
    return value if value and re.match(r"https?://[^\s/]+/", value) else None
