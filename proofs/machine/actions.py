"""What each action must come to, by the model: outcome and effect."""

from collections.abc import Callable
from typing import Any

from . import marks, ranking, viewings
from .memory import Outcome
from .model import Library
from .names import bearer_meant, bearer_there, last_bearing, person_meant, refuse_namesake, todays_bearer
from .records import Conflict, Doing, Rejected, Shelf

Data = dict[str, Any]
Perform = Callable[[Library, Doing, Data], None]


def carry_out(library: Library, doing: Doing, action: Data) -> tuple[Library, Outcome, bool]:
    """The library after an action, its outcome, and whether it was recorded before."""
    known = library.recorded.get(action["id"]) if "id" in action else None
    if known is not None:
        fingerprint, outcome, _ = known
        same = fingerprint == (action["action"], action["data"])
        return library, (outcome if same else ("rejected", "id_reused")), same
    after = library.copy()
    before_it = after.has_changed
    after.has_changed = False
    try:
        ACTIONS[action["action"]](after, doing, action["data"])
        outcome: Outcome = ("applied" if after.has_changed else "noop", None)
        after.has_changed = after.has_changed or before_it
    except Conflict as conflict:
        after, outcome = library.copy(), ("conflict", str(conflict))
    except Rejected as rejected:
        after, outcome = library.copy(), ("rejected", str(rejected))
    if "id" in action:
        after.recorded[action["id"]] = ((action["action"], action["data"]), outcome, doing.at)
    return after, outcome, False


def _add_movie(library: Library, doing: Doing, data: Data) -> None:
    imdb_id = data["imdb_id"]
    library.refuse_deleted(doing, "movie", imdb_id)
    name = data.get("recommender")
    person = None if name is None else bearer_meant(library, doing, name)
    known = library.titles.get(imdb_id)
    if known is not None and known.status == "deleted" and library.may_set(doing, known, "status"):
        library.set_status(doing, imdb_id, "toWatch", None)
    library.ensure_title(doing, imdb_id)
    if name is not None:
        library.recommend(doing, imdb_id, _found_or_added(library, doing, person, name), data)


def _add_recommendation(library: Library, doing: Doing, data: Data) -> None:
    library.refuse_deleted(doing, "movie", data["imdb_id"])
    if "person_id" in data:
        person = person_meant(library, doing, data, "person_id", "person_name")[0]
    else:
        name = data["person_name"]
        person = _found_or_added(library, doing, bearer_meant(library, doing, name), name)
    library.recommend(doing, data["imdb_id"], person, data)


def _found_or_added(library: Library, doing: Doing, person: int | None, name: str) -> int:
    found = todays_bearer(library, name) if person is None else person
    return library.add_person(doing, name) if found is None else found


def _remove_recommendation(library: Library, doing: Doing, data: Data) -> None:
    title = library.title(doing, data["imdb_id"])
    try:
        meant = person_meant(library, doing, data, "person_id", "person_name")
    except Conflict:
        return
    if meant[0] in title.votes:
        differs = {f"{field} {each}": True for each in meant for field in ("vote", "note")}
        library.refuse_changed(doing, title, differs)
        library.withdraw(doing, title, meant[0])


def _update_recommendation(library: Library, doing: Doing, data: Data) -> None:
    title = library.title(doing, data["imdb_id"])
    meant = person_meant(library, doing, data, "person_id", "person_name")
    vote = title.votes.get(meant[0])
    said = {name: data[name] for name in ("vote_type", "note") if name in data}
    if said.get("note") == "":
        said["note"] = None
    fields = {"vote_type": "vote", "note": "note"}
    is_other = {fields[name]: vote is None or getattr(vote, name) != value for name, value in said.items()}
    for each in meant:
        library.refuse_changed(doing, title, {f"{field} {each}": other for field, other in is_other.items()})
    if vote is None:
        raise Rejected("recommendation_not_found")
    library.put_vote(doing, title, meant[0], vote._replace(**said))


def _update_status(library: Library, doing: Doing, data: Data) -> None:
    imdb_id, status = data["imdb_id"], data["status"]
    list_id = data["custom_list_id"] if status == "custom" else None
    if list_id is not None:
        library.refuse_deleted(doing, "list", list_id, even_if_known=True)
    title = library.titles.get(imdb_id)
    if title is None:
        library.refuse_deleted(doing, "movie", imdb_id)
    else:
        library.refuse_changed(doing, title, {"status": (title.status, title.list_id) != (status, list_id)})
    library.set_status(doing, imdb_id, status, list_id)


def _add_person(library: Library, doing: Doing, data: Data) -> None:
    if bearer_there(library, doing, data["name"]) is None:
        library.add_person(doing, data["name"], data.get("color", "#0a84ff"))


def _update_person(library: Library, doing: Doing, data: Data) -> None:
    person, named = person_meant(library, doing, data, "id", "name")
    someone = library.people[person]
    values = {"color": "color", "is_trusted": "is_trusted", "new_name": "name"}
    changes = {mine: data[key] for key, mine in values.items() if key in data}
    differs = {key: getattr(someone, key) != value for key, value in changes.items()}
    if person != named and any(differs.values()) and not library.knew(doing, library.graves["person", named]):
        raise Conflict("conflict")
    library.refuse_changed(doing, someone, differs)
    if "name" in changes:
        library.rename(doing, person, changes.pop("name"))
    for key, value in changes.items():
        library.set_field(doing, someone, key, value)


def _delete_person(library: Library, doing: Doing, data: Data) -> None:
    try:
        person, named = person_meant(library, doing, data, "id", "name")
    except Conflict:
        return
    except Rejected:
        if "name" in data and last_bearing(library, data["name"]) is not None:
            return
        raise
    if person != named:
        return
    if "id" not in data:
        refuse_namesake(library, doing, data["name"], person)
    library.delete_person(doing, person)


def _merge_people(library: Library, doing: Doing, data: Data) -> None:
    stays, host = person_meant(library, doing, {"name": data["into"]}, "id", "name")
    try:
        goes, guest = person_meant(library, doing, data, "id", "name")
    except Rejected:
        last = last_bearing(library, data["name"])
        if last is None or library.heir(last.person) != stays:
            raise
        return
    if goes == stays and (goes != guest or stays != host):
        return
    if goes != guest:
        raise Conflict("deleted")
    refuse_namesake(library, doing, data["name"], goes)
    refuse_namesake(library, doing, data["into"], stays)
    if goes == stays:
        raise Rejected("validation_error")
    library.merge(doing, goes, stays)


def _add_list(library: Library, doing: Doing, data: Data) -> None:
    if data["id"] not in library.shelves:
        library.refuse_deleted(doing, "list", data["id"])
        library.shelves[data["id"]] = library.bear(doing, "list", data["id"], Shelf(data["name"]))


def _update_list(library: Library, doing: Doing, data: Data) -> None:
    shelf = _shelf(library, doing, data["id"])
    changes = {key: data[key] for key in ("name", "color") if key in data}
    library.refuse_changed(doing, shelf, {key: getattr(shelf, key) != value for key, value in changes.items()})
    for key, value in changes.items():
        library.set_field(doing, shelf, key, value)


def _delete_list(library: Library, doing: Doing, data: Data) -> None:
    try:
        shelf = _shelf(library, doing, data["id"])
    except Conflict:
        return
    library.refuse_recreated(doing, shelf)
    library.delete_list(doing, data["id"])


def _shelf(library: Library, doing: Doing, list_id: str) -> Shelf:
    if list_id not in library.shelves:
        library.refuse_deleted(doing, "list", list_id, even_if_known=True)
        raise Rejected("list_not_found")
    return library.shelves[list_id]


ACTIONS: dict[str, Perform] = {
    "addMovie": _add_movie,
    "addRecommendation": _add_recommendation,
    "removeRecommendation": _remove_recommendation,
    "updateRecommendation": _update_recommendation,
    "updateMovieStatus": _update_status,
    "watchMovie": viewings.watch_movie,
    "addViewing": viewings.add_viewing,
    "updateViewing": viewings.update_viewing,
    "removeViewing": viewings.remove_viewing,
    "updateRating": viewings.update_rating,
    "updateLiked": marks.update_liked,
    "addTag": marks.add_tag,
    "removeTag": marks.remove_tag,
    "rankMovie": ranking.rank_movie,
    "unrankMovie": ranking.unrank_movie,
    "addPerson": _add_person,
    "updatePerson": _update_person,
    "deletePerson": _delete_person,
    "mergePeople": _merge_people,
    "addList": _add_list,
    "updateList": _update_list,
    "deleteList": _delete_list,
}
