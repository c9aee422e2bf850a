"""The ranking as the user sees it: places among the titles that a client knows."""

from collections.abc import Iterator, Mapping
from typing import Any

DIGITS = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"

Record = dict[str, Any]
Movies = Mapping[str, Record]


def in_order(movies: Movies, *, liked: bool) -> list[Record]:
    """Return the ranked movies of a group, the best first."""
    ranked = [movie for movie in movies.values() if movie["ranking"] and movie["ranking"]["liked"] is liked]
    return sorted(ranked, key=lambda movie: str(movie["ranking"]["order_key"]))


def rank(movies: Movies, data: Record, at: float) -> None:
    """Put a watched movie after another one, or first; raises LookupError when that cannot be."""
    movie, others = movies[data["imdb_id"]], in_order(movies, liked=data["liked"])
    if movie["status"] != "watched":
        raise LookupError("not watched")
    places = {None: 0, **{other["imdb_id"]: place for place, other in enumerate(others, 1)}}
    begin = places[data["after"]]
    if movie not in others[begin : begin + 1]:
        keys = [str(other["ranking"]["order_key"]) for other in others if other is not movie]
        low = others[begin - 1]["ranking"]["order_key"] if begin else ""
        high = next((key for key in keys if key > low), None)
        movie["ranking"] = {"liked": data["liked"], "order_key": _between(low, high), "ranked_at": at}


def differences(record: Record, ours: Movies, theirs: Movies) -> Iterator[tuple[str, Record]]:
    """Return the action that gives a movie the place in their ranking that it has in ours, if it has not."""
    movie = theirs.get(record.get("imdb_id", ""))
    if movie is None or movie["status"] != "watched" or record["ranking"] == movie["ranking"]:
        return
    if record["ranking"] is None:
        yield "unrankMovie", {"imdb_id": record["imdb_id"]}
        return
    liked = record["ranking"]["liked"]
    ranked, there = in_order(ours, liked=liked), in_order(theirs, liked=liked)
    before = {each["imdb_id"] for each in ranked[: ranked.index(record)]}
    after = [each["imdb_id"] for each in there if each["imdb_id"] in before]
    yield "rankMovie", {"imdb_id": record["imdb_id"], "liked": liked, "after": after[-1] if after else None}


def _between(low: str, high: str | None) -> str:
    """A key that sorts between two others; the server may choose another one."""
    length = max(len(low), len(high or "")) + 1
    value = (_value(low, length) + (len(DIGITS) ** length if high is None else _value(high, length))) // 2
    digits = (DIGITS[value // len(DIGITS) ** place % len(DIGITS)] for place in range(length - 1, -1, -1))
    return "".join(digits).rstrip("0")


def _value(key: str, length: int) -> int:
    digits = key.ljust(length, "0")[::-1]
    return sum(DIGITS.index(digit) * len(DIGITS) ** place for place, digit in enumerate(digits))
