"""Where a queued ranking puts a title: after another one, or where that one was when its user acted."""

from typing import Any

from ..errors import NotRanked
from ..services import movies, ranking
from ..services.change_clock import DELETED_BEFORE
from .conflicts import ActionConflict, ActionContext, refuse_deleted


def place_meant(context: ActionContext, title: ranking.Title, data: dict[str, Any]) -> str:
    """The place after the title ``after``, which may have left it meanwhile; the first one without a title.

    A title that was taken out, is not watched or has moved to the other group is remembered where it was. One that was
    deleted is not: then the comparisons say where, or else the place is the last of the group. Raises NotRanked when
    it never was ranked.
    """
    after, liked = data["after"], data["liked"]
    if after is None:
        return ranking.FIRST
    place = ranking.place_of(context.tx, after, liked)
    if place is not None:
        return place
    if not _was_deleted(context, after):
        raise NotRanked("The title that it is to come after is not in your ranking.")
    return ranking.place_by(context.tx, title, liked, data.get("comparisons") or ())


def remaining_comparisons(context: ActionContext, data: dict[str, Any]) -> ranking.Comparisons | None:
    """The comparisons of an action, without those of titles that were deleted meanwhile."""
    told: ranking.Comparisons | None = data.get("comparisons")
    if not told:
        return told
    gone = {each for each in ranking.unknown_titles(context.tx, told) if _was_deleted(context, each)}
    return [each for each in told if gone.isdisjoint((each["winner"], each["loser"]))]


def _was_deleted(context: ActionContext, imdb_id: str) -> bool:
    """Whether a title was deleted for good, though it may be there again."""
    if movies.status_of(context.tx, imdb_id) is not None:
        return DELETED_BEFORE in context.tx.field_changes_of("movie", imdb_id)
    try:
        refuse_deleted(context, "movie", imdb_id, even_if_known=True)
    except ActionConflict:
        return True
    return False
