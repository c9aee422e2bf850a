"""Actions on what was seen of a title: its viewings and its rating."""

from typing import Any

from ...errors import ViewingNotFound
from ...models.movie import Status, Viewing, Watch
from ...schemas import movie_requests as requests
from ...services import movies
from ...services.movies import said_in, viewing_field
from ..conflicts import ActionConflict, ActionContext, refuse_changed, refuse_deleted
from .common import may_set, movie_meant
from .registry import registry


@registry.action("watchMovie", "markWatched", kind="movie", schema=requests.WatchMovieData)
def watch_movie(context: ActionContext, data: dict[str, Any]) -> str | int:
    """Record that a title was watched, and its rating, as older clients say it."""
    imdb_id: str = data["imdb_id"]
    watched = said_in(data, Watch)
    if movies.is_to_come(context.tx, watched):  # by a wrong clock, for which no action is to be lost
        watched = watched._replace(date_watched=context.timestamp)
    current = movies.status_of(context.tx, imdb_id)
    if current is None:
        refuse_deleted(context, "movie", imdb_id)
    else:
        differs = {"status": current.status != "watched"} | _differs_in_newest(context, imdb_id, current, watched)
        refuse_changed(context, "movie", imdb_id, differs)
    movies.watch(context.tx, imdb_id, watched, context.timestamp)
    return imdb_id


@registry.action("addViewing", kind="movie", schema=requests.ViewingData)
def add_viewing(context: ActionContext, data: dict[str, Any]) -> str | int:
    """Add an occasion on which a title was watched; one whose id is there stays as it is."""
    imdb_id: str = data["imdb_id"]
    is_there = movies.status_of(context.tx, imdb_id) is not None
    if not is_there:
        refuse_deleted(context, "movie", imdb_id)
    elif movies.is_removed(context.tx, imdb_id, data["id"]):
        raise ActionConflict("deleted", "movie", imdb_id)
    movies.add_viewing(
        context.tx,
        imdb_id,
        data,
        viewing_id=data["id"],
        # An occasion is never a conflict; what another device made of the title meanwhile stays.
        sets_status=not is_there or may_set(context, imdb_id, "status"),
        rates=not is_there or may_set(context, imdb_id, "rating"),
    )
    return imdb_id


@registry.action("updateViewing", kind="movie", schema=requests.ViewingData)
def update_viewing(context: ActionContext, data: dict[str, Any]) -> str | int:
    """Change an occasion on which a title was watched."""
    imdb_id, viewing = _viewing(context, data)
    after = movies.changed(viewing, data)
    names = movies.differing_fields(viewing, after)
    refuse_changed(context, "movie", imdb_id, {viewing_field(data["id"], name): True for name in names})
    rates = may_set(context, imdb_id, "rating")
    movies.change_viewing(context.tx, imdb_id, data["id"], data, rates=rates)
    return imdb_id


@registry.action("removeViewing", kind="movie", schema=requests.RemoveViewingData)
def remove_viewing(context: ActionContext, data: dict[str, Any]) -> str | int:
    """Remove an occasion on which a title was watched; its status stays."""
    imdb_id = movie_meant(context, data)
    if movies.is_removed(context.tx, imdb_id, data["id"]):
        return imdb_id  # another device did it
    _viewing(context, data)
    fields = (viewing_field(data["id"], name) for name in ("", *Viewing._fields))
    refuse_changed(context, "movie", imdb_id, dict.fromkeys(fields, True))
    movies.remove_viewing(context.tx, imdb_id, data["id"])
    return imdb_id


@registry.action("updateRating", kind="movie", schema=requests.UpdateRatingData)
def update_rating(context: ActionContext, data: dict[str, Any]) -> str | int:
    """Say what the user thinks of a title now; null takes the rating away."""
    imdb_id = movie_meant(context, data)
    is_other = movies.watch_of(context.tx, imdb_id).my_rating != data["my_rating"]
    refuse_changed(context, "movie", imdb_id, {"rating": is_other})
    movies.rate(context.tx, imdb_id, data["my_rating"])
    return imdb_id


def _viewing(context: ActionContext, data: dict[str, Any]) -> tuple[str, Viewing]:
    """The id of a movie that must exist, and a viewing that it must have."""
    imdb_id = movie_meant(context, data)
    viewing = movies.seen_of(context.tx, imdb_id).viewings.get(data["id"])
    if viewing is None:
        if movies.is_removed(context.tx, imdb_id, data["id"]):
            raise ActionConflict("deleted", "movie", imdb_id)
        raise ViewingNotFound
    return imdb_id, viewing


def _differs_in_newest(context: ActionContext, imdb_id: str, current: Status, watched: Watch) -> dict[str, bool]:
    """In which fields watching a title differs from what is stored: its rating, and the viewing that it means."""
    seen = movies.seen_of(context.tx, imdb_id)
    differs = {"rating": watched.my_rating not in (None, seen.my_rating)}
    date = context.timestamp if watched.date_watched is None else watched.date_watched
    viewing_id = movies.watched_again(current, seen, date)
    if viewing_id is not None:
        viewing = seen.viewings[viewing_id]
        names = movies.differing_fields(viewing, movies.watched_anew(viewing, watched))
        differs |= {viewing_field(viewing_id, name): True for name in names}
    return differs
