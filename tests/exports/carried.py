"""What comes back when an export is imported into an empty account: by format, of each fact how much of it.

docs/moving-out.md has the same table. A fact of a title is a function of it, which may lose what the format has no
place for; the same function of the title that was imported must give the same.
"""

from collections import Counter
from collections.abc import Callable, Mapping
from datetime import UTC
from typing import Any

from movietracker.exports.cells import whole_rating
from movietracker.exports.library import ExportedTitle
from movietracker.schemas.dates import DAY_SECONDS, day_of

Fact = Callable[[ExportedTitle], Any]

_OURS = {
    "titles": "all",
    "to watch": "yes",
    "watched": "yes",
    "rating": "exact",
    "viewings": "exact",
    "lists": "yes",
    "added": "exact",
    "liked": "yes",
    "tags": "yes",
}

CARRIED: Mapping[str, Mapping[str, str]] = {
    "letterboxd": {
        "titles": "films",
        "to watch": "yes",
        "watched": "yes",
        "rating": "whole, of watched titles",
        "viewings": "with a day or a note",
        "lists": "of titles not seen",
        "added": "no",
        "liked": "no",
        "tags": "without a comma, of watched titles",
    },
    "imdb": {
        "titles": "all",
        "to watch": "yes",
        "watched": "if rated",
        "rating": "whole",
        "viewings": "no",
        "lists": "of titles not rated",
        "added": "day, of listed titles",
        "liked": "no",
        "tags": "no",
    },
    "trakt": {
        "titles": "all",
        "to watch": "yes, or only liked",
        "watched": "yes, or rated",
        "rating": "whole",
        "viewings": "time, to the second",
        "lists": "no",
        "added": "day, of titles to watch or only liked",
        "liked": "yes",
        "tags": "no",
    },
    "trakt-import": {
        "titles": "all",
        "to watch": "yes",
        "watched": "yes, or rated",
        "rating": "whole",
        "viewings": "time, to the second",
        "lists": "no",
        "added": "day, of titles to watch",
        "liked": "no",
        "tags": "no",
    },
    "csv": _OURS,
    "json": _OURS,
}


def _is_seen(title: ExportedTitle) -> bool:
    return title.is_watched


def _is_rated(title: ExportedTitle) -> bool:
    """A rated title counts as watched, since people rate what they have seen."""
    return title.rating is not None


def _is_wanted(title: ExportedTitle) -> bool:
    """A title of which nothing else is known than that it is liked counts as wanted."""
    return title.status == "toWatch" or (title.liked and not _is_seen(title) and not _is_rated(title))


def _dated_or_noted(title: ExportedTitle) -> Counter[Any]:
    found = ((each.day(UTC), whole_rating(each.rating), each.note) for each in title.viewings)
    return Counter(each for each in found if each[0] or each[2])


def _times(title: ExportedTitle) -> Counter[Any]:
    """At unknown times one at most; one at midnight is of that day, which is at noon, and 0 is unknown to programs."""
    moments = Counter(_to_the_second(each.time()) for each in title.viewings)
    if moments[None] or ((_is_seen(title) or _is_rated(title)) and not moments):
        moments[None] = 1
    return moments


def _to_the_second(moment: float | None) -> int | None:
    if moment is None or int(moment) == 0:
        return None
    return int(moment) if int(moment) % DAY_SECONDS else int(moment + DAY_SECONDS / 2)


def _viewings(title: ExportedTitle) -> Counter[Any]:
    return Counter((each.watched_on, each.watched_at, each.rating, each.note) for each in title.viewings)


def _nothing(_: ExportedTitle) -> None:
    return None


FACTS: Mapping[str, Mapping[str, Fact]] = {
    "to watch": {"yes": lambda title: title.status == "toWatch", "yes, or only liked": _is_wanted},
    "watched": {
        "yes": _is_seen,
        "if rated": _is_rated,
        "yes, or rated": lambda title: _is_seen(title) or _is_rated(title),
    },
    "rating": {
        "exact": lambda title: title.rating,
        "whole": lambda title: whole_rating(title.rating),
        "whole, of watched titles": lambda title: whole_rating(title.rating) if _is_seen(title) else None,
    },
    "viewings": {
        "no": _nothing,
        "exact": _viewings,
        "with a day or a note": _dated_or_noted,
        "time, to the second": _times,
    },
    "lists": {
        "no": _nothing,
        "yes": lambda title: title.list_id,
        "of titles not seen": lambda title: None if _is_seen(title) else title.list_id,
        "of titles not rated": lambda title: None if _is_rated(title) else title.list_id,
    },
    "added": {
        "no": _nothing,
        "exact": lambda title: title.added_at,
        "day, of titles to watch": lambda title: day_of(title.added_at) if title.status == "toWatch" else None,
        "day, of titles to watch or only liked": lambda title: day_of(title.added_at) if _is_wanted(title) else None,
        "day, of listed titles": lambda title: (
            day_of(title.added_at) if title.status == "toWatch" or (title.list_id and not _is_rated(title)) else None
        ),
    },
    "liked": {"no": _nothing, "yes": lambda title: title.liked},
    "tags": {
        "no": _nothing,
        "yes": lambda title: title.tags,
        "without a comma, of watched titles": lambda title: (
            [tag for tag in title.tags if "," not in tag] if _is_seen(title) else []
        ),
    },
}


def facts_of(name: str, title: ExportedTitle) -> dict[str, Any]:
    """What a format carries of a title; empty if it does not have it."""
    carried = CARRIED[name]
    if carried["titles"] == "films" and not title.is_film:
        return {}
    facts = {fact: FACTS[fact][how](title) for fact, how in carried.items() if fact != "titles"}
    return facts if any(facts.values()) else {}
