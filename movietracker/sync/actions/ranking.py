"""Actions on the ranking."""

from typing import Any

from ...schemas.ranking import RankMovieData, UnrankMovieData
from ...services import ranking
from ..conflicts import ActionContext, refuse_changed
from ..places import place_meant, remaining_comparisons
from .common import movie_meant
from .registry import registry


@registry.action("rankMovie", kind="movie", schema=RankMovieData)
def rank_movie(context: ActionContext, data: dict[str, Any]) -> str | int:
    """Rank a watched title after another one, or first of its group."""
    imdb_id = movie_meant(context, data)
    title = ranking.watched_title(context.tx, imdb_id)
    place = place_meant(context, title, data)
    is_other = not ranking.is_at(context.tx, title, data["liked"], place)
    refuse_changed(context, "movie", imdb_id, {"ranking": is_other})
    ranking.rank_after(context.tx, title, data["liked"], place, remaining_comparisons(context, data))
    return imdb_id


@registry.action("unrankMovie", kind="movie", schema=UnrankMovieData)
def unrank_movie(context: ActionContext, data: dict[str, Any]) -> str | int:
    """Take a title out of the ranking."""
    imdb_id = movie_meant(context, data)
    title = ranking.read_title(context.tx, imdb_id)
    if title.is_ranked:
        refuse_changed(context, "movie", imdb_id, {"ranking": True})
        ranking.take_out(context.tx, title)
    return imdb_id
