"""Actions on how the user marks a title: liked or not, and with tags."""

from typing import Any

from ...schemas.movie_requests import TagData, UpdateLikedData
from ...services import movies
from ...services.movies import tag_field, tag_named
from ..conflicts import ActionContext, refuse_changed
from .common import movie_meant
from .registry import registry


@registry.action("updateLiked", kind="movie", schema=UpdateLikedData)
def update_liked(context: ActionContext, data: dict[str, Any]) -> str | int:
    """Say whether the user likes a title."""
    imdb_id = movie_meant(context, data)
    is_other = movies.is_liked(context.tx, imdb_id) != data["liked"]
    refuse_changed(context, "movie", imdb_id, {"liked": is_other})
    movies.like(context.tx, imdb_id, data["liked"])
    return imdb_id


@registry.action("addTag", kind="movie", schema=TagData)
def add_tag(context: ActionContext, data: dict[str, Any]) -> str | int:
    """Tag a title; one that has the tag stays as it is."""
    imdb_id = movie_meant(context, data)
    movies.add_tag(context.tx, imdb_id, data["tag"])
    return imdb_id


@registry.action("removeTag", kind="movie", schema=TagData)
def remove_tag(context: ActionContext, data: dict[str, Any]) -> str | int:
    """Take a tag from a title."""
    imdb_id = movie_meant(context, data)
    folded, _ = tag_named(data["tag"])
    if folded in movies.tags_of(context.tx, imdb_id):
        refuse_changed(context, "movie", imdb_id, {tag_field(folded): True})
        movies.remove_tag(context.tx, imdb_id, data["tag"])
    return imdb_id
