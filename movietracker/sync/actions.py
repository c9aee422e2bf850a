"""What clients may queue: one small function per action, over the same services as the REST endpoints.

Each looks for conflicts, calls a service, and says which record it was about. Whether it was applied or was a noop is
seen from what the transaction noted.
"""

from __future__ import annotations

from typing import Any

from ..errors import ListNotFound, MovieNotFound, NotWatched, PersonNotFound, RecommendationNotFound
from ..schemas import actions as data_schemas
from ..services import library, lists, movies, people
from ..services.change_clock import LibraryRead
from ..services.library import Vote
from ..services.metadata_columns import Metadata
from ..services.names import normalise_name
from .conflicts import ActionConflict, Doing, refuse_changed, refuse_deleted, refuse_recreated
from .names import bearer_meant, bearer_there, last_bearer, person_meant, refuse_namesake
from .registry import Registry, Target

registry = Registry()


@registry.action("addMovie", schema=data_schemas.AddMovieData)
def add_movie(doing: Doing, data: dict[str, Any]) -> Target:
    """Add a title, with who recommended it; its details are fetched in the background."""
    imdb_id = data["imdb_id"]
    refuse_deleted(doing, "movie", imdb_id)
    vote = None
    if data.get("recommender") is not None:
        vote = _vote(doing, {"person_name": data["recommender"], "vote_type": data.get("vote_type", True)})
    comes_back = _may_come_back(doing, imdb_id)
    library.add_movie(doing.tx, imdb_id, Metadata(data.get("media_type")), vote, revive=comes_back)
    return Target("movie", imdb_id)


@registry.action("addRecommendation", schema=data_schemas.AddRecommendationData)
def add_recommendation(doing: Doing, data: dict[str, Any]) -> Target:
    """Record who recommends a title; makes title and person as needed."""
    imdb_id = data["imdb_id"]
    refuse_deleted(doing, "movie", imdb_id)
    metadata = Metadata(data.get("media_type"), data.get("tmdb_data") or None, data.get("omdb_data") or None)
    library.recommend(doing.tx, imdb_id, _vote(doing, data), metadata)
    return Target("movie", imdb_id)


@registry.action("removeRecommendation", schema=data_schemas.RemoveRecommendationData)
def remove_recommendation(doing: Doing, data: dict[str, Any]) -> Target:
    """Remove a person's recommendation of a title."""
    imdb_id = _movie(doing, data)
    try:
        person_id = person_meant(doing, data.get("person_id"), data.get("person_name"))
    except ActionConflict:
        return Target("movie", imdb_id)  # the vote went with the person
    if library.has_vote(doing.tx, imdb_id, person_id):
        refuse_changed(doing, "movie", imdb_id, {people.vote_field(person_id): True})
        library.withdraw(doing.tx, imdb_id, person_id)
    return Target("movie", imdb_id)


@registry.action("updateRecommendationVote", schema=data_schemas.UpdateVoteData)
def update_vote(doing: Doing, data: dict[str, Any]) -> Target:
    """Change how somebody recommends a title."""
    imdb_id = _movie(doing, data)
    person_id = person_meant(doing, data.get("person_id"), data.get("person_name"))
    current = library.vote_of(doing.tx, imdb_id, person_id)
    refuse_changed(doing, "movie", imdb_id, {people.vote_field(person_id): current != data["vote_type"]})
    if current is None:
        raise RecommendationNotFound
    library.recommend(doing.tx, imdb_id, Vote(person_id, vote_type=data["vote_type"]))
    return Target("movie", imdb_id)


@registry.action("updateMovieStatus", "updateStatus", schema=data_schemas.UpdateStatusData)
def update_movie_status(doing: Doing, data: dict[str, Any]) -> Target:
    """Say what became of a title; makes it if it is not there."""
    imdb_id, status = data["imdb_id"], data["status"]
    list_id = data.get("custom_list_id") if status == "custom" else None
    if list_id is not None:
        refuse_deleted(doing, "list", list_id, even_if_known=True)
    current = library.status_of(doing.tx, imdb_id)
    if current is None:
        refuse_deleted(doing, "movie", imdb_id)
    else:
        refuse_changed(doing, "movie", imdb_id, {"status": current != (status, list_id)})
    library.set_status(doing.tx, imdb_id, status, list_id)
    return Target("movie", imdb_id)


@registry.action("watchMovie", "markWatched", schema=data_schemas.WatchMovieData)
def watch_movie(doing: Doing, data: dict[str, Any]) -> Target:
    """Record that a title was watched, and its rating."""
    imdb_id = data["imdb_id"]
    date: float | None = data.get("date_watched")
    current = library.status_of(doing.tx, imdb_id)
    if current is None:
        refuse_deleted(doing, "movie", imdb_id)
    else:
        before = library.watch_of(doing.tx, imdb_id)
        if before is not None and date is None:
            date = before[0]
        differs = {"status": current[0] != "watched", "rating": before != (date, data["my_rating"])}
        refuse_changed(doing, "movie", imdb_id, differs)
    library.watch(doing.tx, imdb_id, doing.timestamp if date is None else date, data["my_rating"])
    return Target("movie", imdb_id)


@registry.action("updateRating", schema=data_schemas.UpdateRatingData)
def update_rating(doing: Doing, data: dict[str, Any]) -> Target:
    """Change the rating of a title that was watched."""
    imdb_id = _movie(doing, data)
    before = library.watch_of(doing.tx, imdb_id)
    if before is None:
        raise NotWatched
    refuse_changed(doing, "movie", imdb_id, {"rating": before[1] != data["my_rating"]})
    library.rate(doing.tx, imdb_id, data["my_rating"])
    return Target("movie", imdb_id)


@registry.action("addPerson", schema=data_schemas.AddPersonData)
def add_person(doing: Doing, data: dict[str, Any]) -> Target:
    """Add a person; one of that name who is there already stays as they are."""
    person_id = bearer_there(doing, data["name"])
    if person_id is None:
        person_id = people.add_person(doing.tx, **data)
    return Target("person", str(person_id))


@registry.action("updatePerson", "updatePersonTrust", schema=data_schemas.UpdatePersonData)
def update_person(doing: Doing, data: dict[str, Any]) -> Target:
    """Change a person's name, trust, colour or emoji."""
    person_id = person_meant(doing, data.get("id"), data.get("name"))
    changes: dict[str, Any] = {key: data[key] for key in ("is_trusted", "color", "emoji") if key in data}
    if "new_name" in data:
        changes["name"] = normalise_name(data["new_name"])
    current = people.get_person(doing.tx, person_id)
    refuse_changed(doing, "person", person_id, {key: current[key] != value for key, value in changes.items()})
    people.update_person(doing.tx, person_id, changes)
    return Target("person", str(person_id))


@registry.action("deletePerson", schema=data_schemas.DeletePersonData)
def delete_person(doing: Doing, data: dict[str, Any]) -> Target:
    """Remove a person and their recommendations; the quick recommenders stay."""
    try:
        person_id = person_meant(doing, data.get("id"), data.get("name"))
    except ActionConflict as conflict:
        return Target("person", conflict.key)  # somebody else did it
    except PersonNotFound:
        gone = None if data.get("name") is None else last_bearer(doing, data["name"])
        if gone is None:
            raise
        return Target("person", str(gone))
    if data.get("id") is None:
        refuse_namesake(doing, data["name"], person_id)
    people.delete_person(doing.tx, person_id)
    return Target("person", str(person_id))


@registry.action("addList", schema=data_schemas.AddListData)
def add_list(doing: Doing, data: dict[str, Any]) -> Target:
    """Add a list; one of that id (or, without an id, of that name) that is there already stays as it is."""
    list_id = data.pop("id", None)
    if list_id is None:
        known = lists.find_list(doing.tx, data["name"])
        return Target("list", known or lists.add_list(doing.tx, **data))
    if not lists.has_list(doing.tx, list_id):
        refuse_deleted(doing, "list", list_id)
        lists.add_list(doing.tx, list_id=list_id, **data)
    return Target("list", list_id)


@registry.action("updateList", schema=data_schemas.UpdateListData)
def update_list(doing: Doing, data: dict[str, Any]) -> Target:
    """Change a list's name, colour, icon or position."""
    list_id = _list(doing, data)
    changes: dict[str, Any] = {key: data[key] for key in ("color", "icon", "position") if key in data}
    if data.get("id") is not None and data.get("name") is not None:
        changes["name"] = normalise_name(data["name"])
    current = lists.get_list(doing.tx, list_id)
    refuse_changed(doing, "list", list_id, {key: current[key] != value for key, value in changes.items()})
    lists.update_list(doing.tx, list_id, changes)
    return Target("list", list_id)


@registry.action("deleteList", schema=data_schemas.DeleteListData)
def delete_list(doing: Doing, data: dict[str, Any]) -> Target:
    """Remove a list; its movies go back to toWatch."""
    try:
        list_id = _list(doing, data)
    except ActionConflict as conflict:
        return Target("list", conflict.key)  # somebody else did it
    refuse_recreated(doing, "list", list_id)
    lists.delete_list(doing.tx, list_id)
    return Target("list", list_id)


def _movie(doing: Doing, data: dict[str, Any]) -> str:
    """The id of a movie that must be there."""
    imdb_id = str(data["imdb_id"])
    if library.status_of(doing.tx, imdb_id) is None:
        refuse_deleted(doing, "movie", imdb_id, even_if_known=True)
        raise MovieNotFound
    return imdb_id


def _list(doing: Doing, data: dict[str, Any]) -> str:
    """The id of a list that must be there."""
    list_id = data["id"] if data.get("id") is not None else lists.find_list(doing.tx, data["name"])
    if list_id is None or not lists.has_list(doing.tx, list_id):
        refuse_deleted(doing, "list", list_id or "", even_if_known=True)
        raise ListNotFound
    return str(list_id)


def _vote(doing: Doing, data: dict[str, Any]) -> Vote:
    """The vote of the person whom the action means; a name that is new makes a person."""
    vote_type, date = data.get("vote_type", True), data.get("date_recommended")
    if data.get("person_id") is not None:
        return Vote(person_meant(doing, data["person_id"], None), None, vote_type, date)
    return Vote(bearer_meant(doing, data["person_name"]), data["person_name"], vote_type, date)


def _may_come_back(doing: Doing, imdb_id: str) -> bool:
    """Whether adding a title may take back that it was deleted: only when the user knew of that."""
    if library.status_of(doing.tx, imdb_id) is None:
        return True
    try:
        refuse_changed(doing, "movie", imdb_id, {"status": True})
    except ActionConflict:
        return False
    return True


def state_of(read: LibraryRead, kind: str, key: str) -> dict[str, Any] | None:
    """The record as it is now, None when it is gone."""
    try:
        if kind == "movie":
            return movies.get_movie(read, key, with_rev=True)
        if kind == "person":
            return people.get_person(read, int(key), with_rev=True)
        return lists.get_list(read, key, with_rev=True)
    except (MovieNotFound, PersonNotFound, ListNotFound):
        return None
