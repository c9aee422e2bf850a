"""Details of titles as older installations kept them: the responses of TMDB and OMDb, in the contract's light shapes.

A value that is missing or mistyped becomes None. What is in no provider's shape is returned as it is.
"""

import re
from collections.abc import Mapping
from typing import Any

Json = Mapping[str, Any]

_IMAGES = "https://image.tmdb.org/t/p"
_MAX_CAST = 10
_HUGE = 1e308
_OF_TMDB = frozenset({"poster_path", "release_date", "first_air_date", "vote_average"})
_LIGHT = frozenset({"tmdbId", "mediaType"})
_OF_OMDB = frozenset({"Title", "imdbID"})
_YEAR = re.compile("[12][0-9]{3}")


def light_details(data: dict[str, Any] | None) -> dict[str, Any] | None:
    """TitleDetails of a response of TMDB's ``/movie/{id}`` or ``/tv/{id}``."""
    if data is None or not data.keys() & _OF_TMDB or data.keys() & _LIGHT:
        return data
    is_tv = "first_air_date" in data or ("name" in data and "title" not in data)
    credits, poster = _object(data.get("credits")), _text(data.get("poster_path"))
    directors = [each for each in _objects(credits.get("crew")) if each.get("job") == "Director"]
    runtimes = [data.get("runtime"), *_list(data.get("episode_run_time"))]
    details = {
        "tmdbId": _count(data.get("id")),
        "imdbId": _text(data.get("imdb_id")) or _text(_object(data.get("external_ids")).get("imdb_id")),
        "title": _text(data.get("title")) or _text(data.get("name")),
        "year": _year(data.get("release_date")) or _year(data.get("first_air_date")),
        "mediaType": "tv" if is_tv else "movie",
        "poster": _image(poster, 500),
        "posterSmall": _image(poster, 200),
        "plot": _text(data.get("overview")),
        "genres": _names(data.get("genres")),
        "cast": _names(credits.get("cast"))[:_MAX_CAST],
        "director": ", ".join(_names(directors) or _names(data.get("created_by"))) or None,
        "runtime": next((minutes for each in runtimes if (minutes := _count(each))), None),
        "voteAverage": _number(data.get("vote_average")),
        "voteCount": _count(data.get("vote_count")),
    }
    if is_tv:
        details["numberOfSeasons"] = _count(data.get("number_of_seasons"))
        details["numberOfEpisodes"] = _count(data.get("number_of_episodes"))
    return details


def light_ratings(data: dict[str, Any] | None) -> dict[str, Any] | None:
    """TitleRatings of a response of OMDb."""
    if data is None or not data.keys() & _OF_OMDB:
        return data
    known = {name: _text(value) for name, value in data.items() if value != "N/A"}
    plain = ("Rated", "Released", "Runtime", "Director", "Writer", "Plot", "Language", "Country", "Awards", "Poster")
    rotten = (each.get("Value") for each in _objects(data.get("Ratings")) if each.get("Source") == "Rotten Tomatoes")
    year = _year(known.get("Year"))
    return {
        "imdbId": known.get("imdbID"),
        "title": known.get("Title"),
        "year": None if year is None else int(year),
        **{name.lower(): known.get(name) for name in plain},
        "genres": _parts(known.get("Genre")),
        "actors": _parts(known.get("Actors")),
        "imdbRating": _decimal(known.get("imdbRating")),
        "imdbVotes": known.get("imdbVotes"),
        "rtRating": _whole(next(rotten, None)),
        "metascore": _whole(known.get("Metascore")),
        "boxOffice": known.get("BoxOffice"),
        "production": known.get("Production"),
        "website": known.get("Website"),
    }


def _text(value: Any) -> str | None:
    return value.strip() or None if isinstance(value, str) else None


def _number(value: Any) -> float | None:
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    return float(value) if is_number and -_HUGE < value < _HUGE else None


def _count(value: Any) -> int | None:
    number = _number(value)
    return int(number) if number is not None and number.is_integer() and 0 <= number < 2**53 else None


def _decimal(value: str | None) -> float | None:
    found = re.fullmatch(r"[0-9]{1,2}(\.[0-9]+)?", value or "")
    return None if found is None else float(found[0])


def _whole(value: Any) -> int | None:
    """The number of ``73`` and ``83%``."""
    found = re.fullmatch("([0-9]{1,3})%?", _text(value) or "")
    return None if found is None else int(found[1])


def _year(value: Any) -> str | None:
    found = _YEAR.match(_text(value) or "")
    return None if found is None else found[0]


def _image(path: str | None, width: int) -> str | None:
    return f"{_IMAGES}/w{width}{path}" if path and path.startswith("/") else path


def _object(value: Any) -> Json:
    return value if isinstance(value, dict) else {}


def _objects(value: Any) -> list[Json]:
    return [each for each in _list(value) if isinstance(each, dict)]


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []


def _names(entries: Any) -> list[str]:
    """The names of objects, each once, in order."""
    return list(dict.fromkeys(name for each in _objects(entries) if (name := _text(each.get("name")))))


def _parts(value: str | None) -> list[str]:
    """What commas divide."""
    return [part for each in (value or "").split(",") if (part := each.strip())]
