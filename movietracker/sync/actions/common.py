"""What several actions ask of the record that they are about."""

from typing import Any

from ...errors import MovieNotFound
from ...services import movies
from ..conflicts import ActionConflict, ActionContext, refuse_changed, refuse_deleted


def movie_meant(context: ActionContext, data: dict[str, Any]) -> str:
    """The id of a movie that must exist."""
    imdb_id = str(data["imdb_id"])
    if movies.status_of(context.tx, imdb_id) is None:
        refuse_deleted(context, "movie", imdb_id, even_if_known=True)
        raise MovieNotFound
    return imdb_id


def may_set(context: ActionContext, imdb_id: str, field: str) -> bool:
    """Whether another value of a field of a title would contradict no change that the user did not know of."""
    try:
        refuse_changed(context, "movie", imdb_id, {field: True})
    except ActionConflict:
        return False
    return True
