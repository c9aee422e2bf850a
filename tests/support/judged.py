"""Titles and votes as trust sees them, without a database."""

from collections.abc import Sequence
from typing import Any

from movietracker.trust.facts import NOTHING, Facts, PublicRating
from movietracker.trust.library import Title, TitleVote


def title(
    number: int, *, status: str = "watched", ups: Sequence[int] = (), downs: Sequence[int] = (), **more: Any
) -> Title:
    """A title, which is watched unless it has another status, with votes by the people of these ids."""
    votes = sorted(
        TitleVote(person, is_up, 0.0) for is_up, people in ((True, ups), (False, downs)) for person in people
    )
    values = dict.fromkeys(Title._fields) | {"media_type": "movie", "facts": NOTHING, "votes": votes}
    return Title(**values | {"imdb_id": f"tt{number:07}", "status": status} | more)


def facts(*genres: str, rating: float | None = None, votes: int = 1000, **more: Any) -> Facts:
    """Facts of a title of these genres, with this public rating."""
    public = None if rating is None else PublicRating(rating, votes)
    return Facts(genres={genre.lower(): genre for genre in genres}, tmdb=public, **more)
