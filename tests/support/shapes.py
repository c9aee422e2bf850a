"""The shapes of the contract: exactly these keys, each of these types."""

from collections.abc import Mapping
from typing import Any

NUMBER = (int, float)
TEXT_OR_NULL = (str, type(None))
NUMBER_OR_NULL = (int, float, type(None))
WHOLE_OR_NULL = (int, type(None))
LIST_OF_TEXT = [str]

USER = {"id": str, "email": str, "username": str, "created_at": float, "is_active": bool}
PERSON = {
    "id": int,
    "name": str,
    "user_id": str,
    "is_trusted": bool,
    "color": str,
    "emoji": TEXT_OR_NULL,
    "quick_key": TEXT_OR_NULL,
    "last_modified": float,
    "movie_count": int,
}
LIST = {
    "id": str,
    "user_id": str,
    "name": str,
    "color": str,
    "icon": str,
    "position": int,
    "created_at": float,
    "last_modified": float,
}
RECOMMENDATION = {
    "id": int,
    "imdb_id": str,
    "user_id": str,
    "person_id": int,
    "person_name": str,
    "person": str,
    "date_recommended": NUMBER,
    "vote_type": bool,
    "note": TEXT_OR_NULL,
}
RANK = {"liked": bool, "order_key": str, "ranked_at": float}
VIEWING = {
    "id": str,
    "watched_on": TEXT_OR_NULL,
    "watched_at": NUMBER_OR_NULL,
    "rating": NUMBER_OR_NULL,
    "note": TEXT_OR_NULL,
    "source": TEXT_OR_NULL,
    "created_at": NUMBER,
}
WATCH_RECORD = {"imdb_id": str, "user_id": str, "date_watched": NUMBER, "my_rating": float}
STATUS = {"imdb_id": str, "status": str, "custom_list_id": TEXT_OR_NULL, "last_modified": float}
MOVIE = {
    "imdb_id": str,
    "user_id": str,
    "media_type": str,
    "tmdb_data": (dict, type(None)),
    "omdb_data": (dict, type(None)),
    "last_modified": float,
    "status": str,
    "custom_list_id": TEXT_OR_NULL,
    "recommendations": [RECOMMENDATION],
    "my_rating": NUMBER_OR_NULL,
    "liked": bool,
    "tags": [str],
    "viewings": [VIEWING],
    "watch_history": (WATCH_RECORD, type(None)),
    "ranking": (RANK, type(None)),
}
SIDE_OF_TRUST = {
    **dict.fromkeys(("score", "low", "high", "lift"), (float, type(None))),
    "evidence": int,
    "liked": int,
    "verdict": str,
    "genres": [{"genre": str, "score": float, "evidence": int}],
}
TRUST = SIDE_OF_TRUST | {"warnings": SIDE_OF_TRUST, "to_watch": int, "text": str}
STATS = PERSON | {
    "total_movies": int,
    "watched_movies": int,
    "average_rating": (float, type(None)),
    "trust": TRUST,
    "movies": [MOVIE],
}


def _each(shape: Any, names: str) -> dict[str, Any]:
    return dict.fromkeys(names.split(), shape)


SEARCH_HIT = {
    "id": int,
    "title": str,
    "mediaType": str,
    "voteAverage": NUMBER_OR_NULL,
    "voteCount": WHOLE_OR_NULL,
    **_each(TEXT_OR_NULL, "year poster posterSmall overview"),
}
PERSON_HIT = SEARCH_HIT | {"name": str, "knownFor": LIST_OF_TEXT}
DETAILS = {
    "tmdbId": int,
    "title": str,
    "mediaType": str,
    "genres": LIST_OF_TEXT,
    "cast": LIST_OF_TEXT,
    "voteAverage": NUMBER_OR_NULL,
    **_each(TEXT_OR_NULL, "imdbId year poster posterSmall plot director"),
    **_each(WHOLE_OR_NULL, "runtime voteCount"),
}
TV_DETAILS = DETAILS | _each(WHOLE_OR_NULL, "numberOfSeasons numberOfEpisodes")
RATINGS = {
    "imdbId": str,
    "title": str,
    "genres": LIST_OF_TEXT,
    "actors": LIST_OF_TEXT,
    "imdbRating": NUMBER_OR_NULL,
    **_each(TEXT_OR_NULL, "rated released runtime director writer plot language country awards poster imdbVotes"),
    **_each(TEXT_OR_NULL, "boxOffice production website"),
    **_each(WHOLE_OR_NULL, "year rtRating metascore"),
}
CREDITS = {
    "cast": [{"name": str, "character": TEXT_OR_NULL, "order": WHOLE_OR_NULL}],
    "crew": [{"name": str, "job": TEXT_OR_NULL}],
}
CACHE_INFO = {"current_size": int, "max_size": int, "ttl": int, "hits": int, "misses": int}


def assert_shape(value: Any, shape: Any, path: str = "answer") -> None:
    """Fail unless the value has exactly this shape; true is no number."""
    if isinstance(shape, tuple):
        fitting = [option for option in shape if _fits_at_a_glance(value, option)]
        assert fitting, f"{path} is {value!r}"
        assert_shape(value, fitting[0], path)
    elif isinstance(shape, Mapping):
        assert isinstance(value, dict), f"{path} is {value!r}"
        assert set(value) == set(shape), f"{path} has the keys {sorted(value)}"
        for key, inner in shape.items():
            assert_shape(value[key], inner, f"{path}.{key}")
    elif isinstance(shape, list):
        assert isinstance(value, list), f"{path} is {value!r}"
        for index, item in enumerate(value):
            assert_shape(item, shape[0], f"{path}[{index}]")
    else:
        assert _fits_at_a_glance(value, shape), f"{path} is {value!r}, not {shape.__name__}"


def _fits_at_a_glance(value: Any, shape: Any) -> bool:
    if isinstance(shape, Mapping):
        return isinstance(value, dict)
    if isinstance(shape, list):
        return isinstance(value, list)
    return isinstance(value, shape) and not (isinstance(value, bool) and shape is not bool)


def assert_problem(answer: Any, status: int, code: str) -> dict[str, Any]:
    """Fail unless the answer is this error in the one shape of all errors; return its body."""
    assert answer.status_code == status, (answer.status_code, answer.text)
    assert answer.headers["Content-Type"] == "application/json"
    body: dict[str, Any] = answer.json
    assert set(body) == ({"detail", "code", "errors"} if status == 422 else {"detail", "code"}), body
    assert body["code"] == code, body
    assert isinstance(body["detail"], str)
    assert body["detail"].strip()
    assert "Traceback" not in answer.text
    if status == 422:
        assert_shape(body["errors"], {field: [str] for field in body["errors"]}, "errors")
        assert body["errors"]
    if status == 503:
        assert int(answer.headers["Retry-After"]) > 0
    return body


def assert_invalid(answer: Any, *fields: str) -> None:
    """Fail unless the response is 422 for these fields."""
    assert list(assert_problem(answer, 422, "validation_error")["errors"]) == [*fields]
