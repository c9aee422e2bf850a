"""The viewings of a movie as the user sees them: what queued actions make of them."""

from datetime import UTC, datetime
from typing import Any

Record = dict[str, Any]

NEW = {"watched_on": None, "watched_at": None, "rating": None, "note": None}


def add(movie: Record, data: Record, at: float) -> None:
    """Add a viewing, unless it is there."""
    if all(viewing["id"] != data["id"] for viewing in movie["viewings"]):
        movie["viewings"].append({**NEW, "id": data["id"], "source": None, "created_at": at})
        movie.update(status="watched", custom_list_id=None)
        change(movie, movie["viewings"][-1], data)


def watch(movie: Record, date: float | None, rating: float | None, at: float) -> None:
    """Change the newest viewing, or add one; the server chooses its id, so until it is pulled it has none."""
    newest = next(iter(movie["viewings"]), None)
    if newest is None or (movie["status"] != "watched" and moment(newest) // 86_400 != (date or at) // 86_400):
        newest = {**NEW, "id": None, "source": None, "watched_at": date or at, "created_at": at}
        movie["viewings"].append(newest)
    movie |= {"status": "watched", "custom_list_id": None, "my_rating": rating or movie["my_rating"]}
    said = (("watched_at", date), ("rating", rating))
    change(movie, newest, {name: value for name, value in said if value is not None})


def change(movie: Record, viewing: Record, data: Record) -> None:
    """Change a viewing; a rating given with the newest one is the movie's as well."""
    say_of(viewing, data)
    movie["viewings"].sort(key=lambda each: (moment(each), each["created_at"], each["id"] or ""), reverse=True)
    if data.get("rating") is not None and movie["viewings"][0] is viewing:
        movie["my_rating"] = data["rating"]


def say_of(viewing: Record, data: Record) -> None:
    """A date that is said alone replaces another; raises ValueError for none, LookupError for two that contradict."""
    after = viewing | {name: data[name] for name in NEW if name in data}
    after["note"] = (after["note"] or "").strip() or None
    if _contradicts(after):
        if data.get("watched_on") is not None and data.get("watched_at") is not None:
            raise LookupError("the dates contradict each other")
        after["watched_on" if data.get("watched_on") is None else "watched_at"] = None
    moment(after)  # raises before anything is changed
    viewing.update(after)


def moment(viewing: Record) -> float:
    """When a viewing was, as far as it is known: noon UTC of the first day that it can have been."""
    if viewing["watched_at"] is not None or viewing["watched_on"] is None:
        return float(viewing["created_at"] if viewing["watched_at"] is None else viewing["watched_at"])
    return datetime.fromisoformat(f"{(viewing['watched_on'] + '-01-01')[:10]}T12:00+00:00").timestamp()


def _contradicts(viewing: Record) -> bool:
    date, at = viewing["watched_on"], viewing["watched_at"]
    first, last = (datetime.fromtimestamp((at or 0) + 3600 * zone, UTC).isoformat() for zone in (-12, 14))
    return None not in (date, at) and not first[: len(date)] <= date <= last[: len(date)]
