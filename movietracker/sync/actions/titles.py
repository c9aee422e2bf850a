"""Actions on titles: adding them, their status, and who recommends them."""

from typing import Any

from ...errors import RecommendationNotFound
from ...models.movie import Vote
from ...schemas import movie_requests as requests
from ...services import movies, people
from ...services.movies import Metadata, said_in
from ..conflicts import ActionConflict, ActionContext, refuse_changed, refuse_deleted
from ..names import holder_meant, person_meant
from .common import may_set, movie_meant
from .registry import registry


@registry.action("addMovie", kind="movie", schema=requests.AddMovieData)
def add_movie(context: ActionContext, data: dict[str, Any]) -> str | int:
    """Add a title, with who recommended it; its details are fetched in the background."""
    imdb_id: str = data["imdb_id"]
    refuse_deleted(context, "movie", imdb_id)
    name = data.get("recommender")
    recommender = None if name is None else holder_meant(context, name) or name
    metadata, comes_back = Metadata(data.get("media_type")), _may_come_back(context, imdb_id)
    vote, at = said_in(data, Vote), context.timestamp
    movies.add_movie(context.tx, imdb_id, metadata, recommender, vote, at=at, revive=comes_back)
    return imdb_id


@registry.action("addRecommendation", kind="movie", schema=requests.AddRecommendationData)
def add_recommendation(context: ActionContext, data: dict[str, Any]) -> str | int:
    """Record who recommends a title; makes title and person as needed."""
    imdb_id: str = data["imdb_id"]
    refuse_deleted(context, "movie", imdb_id)
    metadata = Metadata(data.get("media_type"), data.get("tmdb_data") or None, data.get("omdb_data") or None)
    if data.get("person_id") is not None:
        recommender = person_meant(context, data["person_id"], None).id
    else:  # a name that is new makes a person
        recommender = holder_meant(context, data["person_name"]) or data["person_name"]
    movies.recommend(context.tx, imdb_id, recommender, said_in(data, Vote), metadata, at=context.timestamp)
    return imdb_id


@registry.action("removeRecommendation", kind="movie", schema=requests.RemoveRecommendationData)
def remove_recommendation(context: ActionContext, data: dict[str, Any]) -> str | int:
    """Remove a person's recommendation of a title."""
    imdb_id = movie_meant(context, data)
    try:
        meant = person_meant(context, data.get("person_id"), data.get("person_name"))
    except ActionConflict:
        return imdb_id  # the vote went with the person
    if movies.vote_of(context.tx, imdb_id, meant.id) is not None:
        fields = [field for each in meant for field in people.vote_fields(each)]
        refuse_changed(context, "movie", imdb_id, dict.fromkeys(fields, True))
        movies.withdraw(context.tx, imdb_id, meant.id)
    return imdb_id


@registry.action(
    "updateRecommendation", "updateRecommendationVote", kind="movie", schema=requests.UpdateRecommendationData
)
def update_recommendation(context: ActionContext, data: dict[str, Any]) -> str | int:
    """Change how a person recommends a title, or what they said of it."""
    imdb_id = movie_meant(context, data)
    meant = person_meant(context, data.get("person_id"), data.get("person_name"))
    current = movies.vote_of(context.tx, imdb_id, meant.id)
    said = {name: data[name] for name in ("vote_type", "note") if name in data}
    if said.get("note") == "":
        said["note"] = None
    for each in meant:
        fields = dict(zip(("vote_type", "note"), people.vote_fields(each), strict=True))
        differs = {fields[name]: current is None or getattr(current, name) != value for name, value in said.items()}
        refuse_changed(context, "movie", imdb_id, differs)
    if current is None:
        raise RecommendationNotFound
    after = current._replace(**said)
    movies.recommend(context.tx, imdb_id, meant.id, after._replace(note=after.note or ""))
    return imdb_id


@registry.action("updateMovieStatus", "updateStatus", kind="movie", schema=requests.UpdateStatusData)
def update_movie_status(context: ActionContext, data: dict[str, Any]) -> str | int:
    """Say what became of a title; adds it if it is missing."""
    imdb_id: str = data["imdb_id"]
    status = data["status"]
    list_id = data.get("custom_list_id") if status == "custom" else None
    if list_id is not None:
        refuse_deleted(context, "list", list_id, even_if_known=True)
    current = movies.status_of(context.tx, imdb_id)
    if current is None:
        refuse_deleted(context, "movie", imdb_id)
    else:
        refuse_changed(context, "movie", imdb_id, {"status": current != (status, list_id)})
    movies.set_status(context.tx, imdb_id, status, list_id)
    return imdb_id


def _may_come_back(context: ActionContext, imdb_id: str) -> bool:
    """Whether adding a title may undo its soft deletion: only when the user knew of that."""
    return movies.status_of(context.tx, imdb_id) is None or may_set(context, imdb_id, "status")
