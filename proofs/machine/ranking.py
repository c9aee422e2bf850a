"""The ranking, by the model: a line of places for each group, also of titles that are not shown."""

from typing import Any

from movietracker.services.order_keys import key_between

from .model import Library
from .records import Doing, Rank, Rejected, Title

Data = dict[str, Any]

FIRST = ""
"""The place before all others."""


def line(library: Library, *, liked: bool, without: str = "", shown: bool = False) -> list[tuple[str, str]]:
    """The places of a group in order, with their titles."""
    return sorted(
        (title.rank.key, imdb_id)
        for imdb_id, title in library.titles.items()
        if title.rank is not None and title.rank.liked == liked and imdb_id != without and (title.is_shown or not shown)
    )


def insert(library: Library, doing: Doing, data: Data, *, again: bool) -> None:
    """By REST: at a position of those that are shown, or the last."""
    title = _watched(library, data["imdb_id"])
    if title.is_ranked != again:
        raise Rejected("not_ranked" if again else "already_ranked")
    others = line(library, liked=data["liked"], without=data["imdb_id"], shown=True)
    position = min(data["position"], len(others) + 1)
    place = FIRST if position == 1 else others[position - 2][0]
    put(library, doing, data, place, data.get("comparisons"))


def unrank(library: Library, doing: Doing, imdb_id: str) -> None:
    """By REST: a title that is shown leaves it."""
    if imdb_id not in library.titles:
        raise Rejected("movie_not_found")
    if not library.titles[imdb_id].is_shown:
        raise Rejected("not_ranked")
    take_out(library, doing, library.titles[imdb_id])


def take_out(library: Library, doing: Doing, title: Title) -> None:
    """A title leaves the ranking; its place is remembered."""
    assert title.rank is not None
    title.rank.ranked_at, title.rank.comparisons = None, None
    library.note(doing, title, "ranking")


def is_at(library: Library, data: Data, place: str) -> bool:
    """Whether a title is where it is to go: nothing that is shown is between."""
    title = library.titles[data["imdb_id"]]
    if title.rank is None or not title.is_ranked or title.rank.liked != data["liked"] or place >= title.rank.key:
        return False
    others = line(library, liked=data["liked"], without=data["imdb_id"], shown=True)
    return not any(place < key < title.rank.key for key, _ in others)


def put(library: Library, doing: Doing, data: Data, place: str, told: list[dict[str, str]] | None) -> None:
    """A title goes directly after a place."""
    title, liked = library.titles[data["imdb_id"]], data["liked"]
    before = title.rank
    comparisons = told if told is not None or before is None else before.comparisons
    stays = is_at(library, data, place)
    if stays and before is not None and comparisons == before.comparisons:
        return
    if any(each not in library.titles for pair in told or () for each in pair.values()):
        raise Rejected("validation_error")
    if stays and before is not None:
        key = before.key
    else:
        after = (each for each, _ in line(library, liked=liked, without=data["imdb_id"]) if each > place)
        key = key_between(place or None, next(after, None))
        assert key > place
    former = None if before is None else before.former_key if before.liked == liked else before.key
    title.rank = Rank(liked, key, doing.timestamp, comparisons, former)
    library.note(doing, title, "ranking")


# The actions


def rank_movie(library: Library, doing: Doing, data: Data) -> None:
    """Conflicts with another place that another device gave it."""
    pairs = data.get("comparisons") or ()
    if data["after"] == data["imdb_id"] or any(pair["winner"] == pair["loser"] for pair in pairs):
        raise Rejected("validation_error")
    library.title(doing, data["imdb_id"])
    title = _watched(library, data["imdb_id"])
    place = _place_meant(library, data)
    library.refuse_changed(doing, title, {"ranking": not is_at(library, data, place)})
    told = data.get("comparisons")
    if told:
        gone = {each for pair in told for each in pair.values() if each not in library.titles}
        gone = {each for each in gone if ("movie", each) in library.graves}
        told = [pair for pair in told if gone.isdisjoint(pair.values())]
    put(library, doing, data, place, told)


def unrank_movie(library: Library, doing: Doing, data: Data) -> None:
    """A noop for what is not ranked."""
    title = library.title(doing, data["imdb_id"])
    if title.is_ranked:
        library.refuse_changed(doing, title, {"ranking": True})
        take_out(library, doing, title)


def _watched(library: Library, imdb_id: str) -> Title:
    if imdb_id not in library.titles:
        raise Rejected("movie_not_found")
    if library.titles[imdb_id].status != "watched":
        raise Rejected("not_watched")
    return library.titles[imdb_id]


def _place_meant(library: Library, data: Data) -> str:
    """Where the title to come before is in this group, or was; of one that was deleted, what was compared tells."""
    after, liked = data["after"], data["liked"]
    if after is None:
        return FIRST
    title = library.titles.get(after)
    if title is not None and title.rank is not None:
        return title.rank.key if title.rank.liked == liked else title.rank.former_key or title.rank.key
    was_deleted = ("movie", after) in library.graves if title is None else title.buried is not None
    if not was_deleted:
        raise Rejected("not_ranked")
    return _place_by(library, data)


def _place_by(library: Library, data: Data) -> str:
    others = line(library, liked=data["liked"], without=data["imdb_id"])
    losers = [pair["loser"] for pair in data.get("comparisons") or () if pair["winner"] == data["imdb_id"]]
    best = [key for key, imdb_id in others if imdb_id in losers and library.titles[imdb_id].is_shown]
    return max((key for key, _ in others if not best or key < best[0]), default=FIRST)
