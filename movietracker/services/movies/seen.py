"""What a user has seen of a title: its viewings and what they think of it now; and what older clients get of that."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import NamedTuple

from ...models.movie import Viewing, Watch
from ...schemas.dates import noon_of_first_day

NO_VIEWINGS: Mapping[str, Viewing] = MappingProxyType({})
NOT_WATCHED = Watch()


class Seen(NamedTuple):
    """What the user thinks of a title now (1.0 to 10.0), and its viewings by id."""

    my_rating: float | None = None
    viewings: Mapping[str, Viewing] = NO_VIEWINGS


NOT_SEEN = Seen()


def moment_of(viewing: Viewing) -> float:
    """When a viewing was, as far as it is known (Unix seconds): noon UTC of the first day that it can have been."""
    if viewing.watched_at is not None:
        return viewing.watched_at
    return viewing.created_at if viewing.watched_on is None else noon_of_first_day(viewing.watched_on)


def newest_of(viewings: Mapping[str, Viewing]) -> str | None:
    """The id of the newest viewing, None when there is none."""
    return max(viewings, key=lambda each: (moment_of(viewings[each]), viewings[each].created_at, each), default=None)


def watch_record_of(seen: Seen) -> Watch:
    """The watch record that repeats what was seen: the moment of the newest viewing, and the rating."""
    newest = newest_of(seen.viewings)
    return Watch(None if newest is None else moment_of(seen.viewings[newest]), seen.my_rating)


def is_viewing_field(name: str) -> bool:
    """Whether a field of a movie holds a viewing, as a whole."""
    return name.startswith("viewing:") and name.count(":") == 1


def viewing_field(viewing_id: str, name: str = "") -> str:
    """The field of a movie that holds a viewing, or one field of it, for the change clock."""
    return f"viewing:{viewing_id}:{name}" if name else f"viewing:{viewing_id}"
