"""The actions that clients may queue: one small function each, over the same services as the REST endpoints.

Each checks for conflicts, calls a service, and returns the key of the record it was about. What the transaction noted
shows whether it was applied or was a noop.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from marshmallow import Schema

from ..errors import ListNotFound, MovieNotFound, PersonNotFound, RecommendationNotFound, ViewingNotFound
from ..models.movie import Status, Viewing, Vote, Watch
from ..plugin.events import RecordKind
from ..schemas import movie_requests as requests
from ..schemas.custom_list import AddListData, DeleteListData, ListFields, UpdateListData
from ..schemas.person import AddPersonData, DeletePersonData, MergePeopleData, PersonFields, UpdatePersonData
from ..schemas.ranking import RankMovieData, UnrankMovieData
from ..services import lists, merging, movies, people, ranking
from ..services.movies import Metadata, said_in, viewing_field
from ..services.names import normalise_name
from .conflicts import ActionConflict, ActionContext, refuse_changed, refuse_deleted, refuse_recreated
from .names import Meant, existing_holder, holder_meant, last_holder, person_meant, refuse_merged, refuse_namesake
from .places import place_meant, remaining_comparisons

Perform = Callable[[ActionContext, dict[str, Any]], str | int]
"""Carries out an action; returns the key of the record it was about, whose number and state the result shows."""


@dataclass(frozen=True, slots=True)
class Action:
    """An action that clients may queue."""

    name: str
    aliases: tuple[str, ...]
    kind: RecordKind
    schema: type[Schema]
    perform: Perform

    @property
    def summary(self) -> str:
        """What it does, in one sentence."""
        return (self.perform.__doc__ or "").strip().splitlines()[0]


class Registry:
    """All actions, and each by its name and its aliases."""

    def __init__(self) -> None:
        self.actions: list[Action] = []
        self.by_name: dict[str, Action] = {}

    def action(self, name: str, *aliases: str, kind: RecordKind, schema: type[Schema]) -> Callable[[Perform], Perform]:
        """Register a function as an action; raises ValueError for a name that is taken."""

        def register(perform: Perform) -> Perform:
            action = Action(name, aliases, kind, schema, perform)
            for each in (name, *aliases):
                if each in self.by_name:
                    raise ValueError(f"two sync actions are named {each}")
                self.by_name[each] = action
            self.actions.append(action)
            return perform

        return register


registry = Registry()


@registry.action("addMovie", kind="movie", schema=requests.AddMovieData)
def add_movie(context: ActionContext, data: dict[str, Any]) -> str | int:
    """Add a title, with who recommended it; its details are fetched in the background."""
    imdb_id: str = data["imdb_id"]
    refuse_deleted(context, "movie", imdb_id)
    name = data.get("recommender")
    recommender = None if name is None else holder_meant(context, name) or name
    metadata, comes_back = Metadata(data.get("media_type")), _may_come_back(context, imdb_id)
    movies.add_movie(context.tx, imdb_id, metadata, recommender, said_in(data, Vote), revive=comes_back)
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
    movies.recommend(context.tx, imdb_id, recommender, said_in(data, Vote), metadata)
    return imdb_id


@registry.action("removeRecommendation", kind="movie", schema=requests.RemoveRecommendationData)
def remove_recommendation(context: ActionContext, data: dict[str, Any]) -> str | int:
    """Remove a person's recommendation of a title."""
    imdb_id = _movie(context, data)
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
    imdb_id = _movie(context, data)
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
        sets_status=not is_there or _may_set(context, imdb_id, "status"),
        rates=not is_there or _may_set(context, imdb_id, "rating"),
    )
    return imdb_id


@registry.action("updateViewing", kind="movie", schema=requests.ViewingData)
def update_viewing(context: ActionContext, data: dict[str, Any]) -> str | int:
    """Change an occasion on which a title was watched."""
    imdb_id, viewing = _viewing(context, data)
    after = movies.changed(viewing, data)
    names = movies.differing_fields(viewing, after)
    refuse_changed(context, "movie", imdb_id, {viewing_field(data["id"], name): True for name in names})
    movies.change_viewing(context.tx, imdb_id, data["id"], data)
    return imdb_id


@registry.action("removeViewing", kind="movie", schema=requests.RemoveViewingData)
def remove_viewing(context: ActionContext, data: dict[str, Any]) -> str | int:
    """Remove an occasion on which a title was watched; its status stays."""
    imdb_id = _movie(context, data)
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
    imdb_id = _movie(context, data)
    is_other = movies.watch_of(context.tx, imdb_id).my_rating != data["my_rating"]
    refuse_changed(context, "movie", imdb_id, {"rating": is_other})
    movies.rate(context.tx, imdb_id, data["my_rating"])
    return imdb_id


@registry.action("rankMovie", kind="movie", schema=RankMovieData)
def rank_movie(context: ActionContext, data: dict[str, Any]) -> str | int:
    """Rank a watched title after another one, or first of its group."""
    imdb_id = _movie(context, data)
    title = ranking.watched_title(context.tx, imdb_id)
    place = place_meant(context, title, data)
    is_other = not ranking.is_at(context.tx, title, data["liked"], place)
    refuse_changed(context, "movie", imdb_id, {"ranking": is_other})
    ranking.rank_after(context.tx, title, data["liked"], place, remaining_comparisons(context, data))
    return imdb_id


@registry.action("unrankMovie", kind="movie", schema=UnrankMovieData)
def unrank_movie(context: ActionContext, data: dict[str, Any]) -> str | int:
    """Take a title out of the ranking."""
    imdb_id = _movie(context, data)
    title = ranking.read_title(context.tx, imdb_id)
    if title.is_ranked:
        refuse_changed(context, "movie", imdb_id, {"ranking": True})
        ranking.take_out(context.tx, title)
    return imdb_id


@registry.action("addPerson", kind="person", schema=AddPersonData)
def add_person(context: ActionContext, data: dict[str, Any]) -> str | int:
    """Add a person; an existing one of that name stays as they are."""
    person_id = existing_holder(context, data["name"])
    if person_id is None:
        person_id = people.add_person(context.tx, **data)
    return person_id


@registry.action("updatePerson", "updatePersonTrust", kind="person", schema=UpdatePersonData)
def update_person(context: ActionContext, data: dict[str, Any]) -> str | int:
    """Change a person's name, trust, color or emoji."""
    meant = person_meant(context, data.get("id"), data.get("name"))
    changes = {name: data[name] for name in PersonFields._declared_fields if name in data}
    if "new_name" in data:
        changes["name"] = normalise_name(data["new_name"])
    current = people.values_of(context.tx, meant.id)
    differs = {key: current[key] != value for key, value in changes.items()}
    if meant.is_merged and any(differs.values()):
        refuse_merged(context, meant)
    refuse_changed(context, "person", meant.id, differs)
    people.update_person(context.tx, meant.id, changes)
    return meant.id


@registry.action("deletePerson", kind="person", schema=DeletePersonData)
def delete_person(context: ActionContext, data: dict[str, Any]) -> str | int:
    """Remove a person and their recommendations; the quick recommenders stay."""
    try:
        meant = person_meant(context, data.get("id"), data.get("name"))
    except ActionConflict as conflict:
        return conflict.key  # another device did it
    except PersonNotFound:
        gone = None if data.get("name") is None else last_holder(context, normalise_name(data["name"]))
        if gone is None:
            raise
        return int(gone.person_id)
    if meant.is_merged:
        return meant.named  # gone, and whom they became part of was not meant
    if data.get("id") is None:
        refuse_namesake(context, data["name"], meant.id)
    people.delete_person(context.tx, meant.id)
    return meant.id


@registry.action("mergePeople", kind="person", schema=MergePeopleData)
def merge_people(context: ActionContext, data: dict[str, Any]) -> str | int:
    """Take two people for one: what the first said goes to the other."""
    into, by_name = data["into"], isinstance(data["into"], str)
    stays = person_meant(context, None if by_name else into, into if by_name else None)
    goes = _who_goes(context, data, stays.id)
    if goes.id == stays.id and (goes.is_merged or stays.is_merged):
        return stays.id  # another device did it, or merged them the other way round
    if goes.is_merged:
        raise ActionConflict("deleted", "person", goes.named)
    for name, person_id in ((data.get("name") if data.get("id") is None else None, goes.id), (into, stays.id)):
        if isinstance(name, str):
            refuse_namesake(context, name, person_id)
    merging.merge_people(context.tx, goes.id, stays.id)
    return stays.id


@registry.action("addList", kind="list", schema=AddListData)
def add_list(context: ActionContext, data: dict[str, Any]) -> str | int:
    """Add a list; an existing one of that id (or, without an id, of that name) stays as it is."""
    list_id: str | None = data.pop("id", None)
    if list_id is None:
        known = lists.find_list(context.tx, data["name"])
        return known or lists.add_list(context.tx, **data)
    if not lists.has_list(context.tx, list_id):
        refuse_deleted(context, "list", list_id)
        lists.add_list(context.tx, list_id=list_id, **data)
    return list_id


@registry.action("updateList", kind="list", schema=UpdateListData)
def update_list(context: ActionContext, data: dict[str, Any]) -> str | int:
    """Change a list's name, color, icon or position."""
    list_id = _list(context, data)
    changes = {name: data[name] for name in ListFields._declared_fields if name in data}
    if data.get("id") is not None and data.get("name") is not None:
        changes["name"] = normalise_name(data["name"])
    current = lists.values_of(context.tx, list_id)
    refuse_changed(context, "list", list_id, {key: current[key] != value for key, value in changes.items()})
    lists.update_list(context.tx, list_id, changes)
    return list_id


@registry.action("deleteList", kind="list", schema=DeleteListData)
def delete_list(context: ActionContext, data: dict[str, Any]) -> str | int:
    """Remove a list; its movies go back to toWatch."""
    try:
        list_id = _list(context, data)
    except ActionConflict as conflict:
        return conflict.key  # another device did it
    refuse_recreated(context, "list", list_id)
    lists.delete_list(context.tx, list_id)
    return list_id


def _who_goes(context: ActionContext, data: dict[str, Any], into: int) -> Meant:
    """The person to be merged into another, who may have been already, by a user who knows."""
    try:
        return person_meant(context, data.get("id"), data.get("name"))
    except PersonNotFound:
        gone = None if data.get("id") is not None else last_holder(context, normalise_name(data["name"]))
        if gone is None or merging.heir_of(context.tx, gone.person_id) != into:
            raise
        return Meant(into, gone.person_id)


def _movie(context: ActionContext, data: dict[str, Any]) -> str:
    """The id of a movie that must exist."""
    imdb_id = str(data["imdb_id"])
    if movies.status_of(context.tx, imdb_id) is None:
        refuse_deleted(context, "movie", imdb_id, even_if_known=True)
        raise MovieNotFound
    return imdb_id


def _list(context: ActionContext, data: dict[str, Any]) -> str:
    """The id of a list that must exist."""
    list_id = data["id"] if data.get("id") is not None else lists.find_list(context.tx, data["name"])
    if list_id is None or not lists.has_list(context.tx, list_id):
        refuse_deleted(context, "list", list_id or "", even_if_known=True)
        raise ListNotFound
    return str(list_id)


def _viewing(context: ActionContext, data: dict[str, Any]) -> tuple[str, Viewing]:
    """The id of a movie that must exist, and a viewing that it must have."""
    imdb_id = _movie(context, data)
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
        for name, value in (("watched_at", watched.date_watched), ("rating", watched.my_rating)):
            differs[viewing_field(viewing_id, name)] = value not in (None, getattr(viewing, name))
    return differs


def _may_come_back(context: ActionContext, imdb_id: str) -> bool:
    """Whether adding a title may undo its soft deletion: only when the user knew of that."""
    return movies.status_of(context.tx, imdb_id) is None or _may_set(context, imdb_id, "status")


def _may_set(context: ActionContext, imdb_id: str, field: str) -> bool:
    """Whether another value of a field of a title would contradict no change that the user did not know of."""
    try:
        refuse_changed(context, "movie", imdb_id, {field: True})
    except ActionConflict:
        return False
    return True
