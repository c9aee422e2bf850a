"""The library as the user sees it: the server's, with queued actions applied."""

import re
import unicodedata
from collections.abc import Iterator, Sequence
from contextlib import suppress
from itertools import chain
from typing import Any

from . import ranking, viewings

Record = dict[str, Any]

STUB: Record = {"tmdb_data": None, "omdb_data": None, "status": "toWatch", "custom_list_id": None, "ranking": None}
STUB |= {"my_rating": None, "liked": False}
PERSON = {"is_trusted": False, "color": "#0a84ff", "emoji": None}
LIST = {"color": "#0a84ff", "icon": "list", "position": 0}
_MOMENTS = ("date_watched", "watched_at", "date_recommended")  # may be in milliseconds
_DOWN = (False, "downvote")
_MARKS = "[\u0300-\u036f\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u202a-\u202e\u2060-\u206f"
_MARKS += "\u3164\ufe00-\ufe0f\ufeff\uffa0\ufff0-\ufff8\U0001bca0-\U0001bca3\U0001d173-\U0001d17a\U000e0000-\U000e0fff]"
_LETTERS = str.maketrans({"ø": "o", "đ": "d", "ł": "l", "ı": "i", "æ": "ae", "œ": "oe", "þ": "th", "ð": "d", "ħ": "h"})


class Library:
    """Movies by IMDb id, people by name, lists by id."""

    def __init__(self, records: Sequence[tuple[str, Record]]) -> None:
        self.movies = {record["imdb_id"]: record for kind, record in records if kind == "movies"}
        self.people = {record["name"]: record for kind, record in records if kind == "people"}
        self.lists = {record["id"]: record for kind, record in records if kind == "lists"}

    def records(self) -> list[Record]:
        """Return all records, in an order in which they can be created."""
        return [*self.people.values(), *self.lists.values(), *self.movies.values()]

    def apply(self, action: str, data: Record, at: float) -> None:
        """Apply the effect of an action; ``at`` is when the user acted."""
        with suppress(LookupError, TypeError, ValueError, AttributeError, OverflowError):  # the server will reject it
            data = data | {name: data[name] / 1000 for name in _MOMENTS if (data.get(name) or 0) > 1e10}
            self._to_movies(action, data, at)
            self._to_others(action, data)
            if data.get("imdb_id") in self.movies:
                _show_watch_record(self.movies[data["imdb_id"]])

    def _to_movies(self, action: str, data: Record, at: float) -> None:
        match action:
            case "addMovie":
                movie = self._movie(data)
                movie["status"] = "toWatch" if movie["status"] == "deleted" else movie["status"]
                if data.get("recommender"):
                    self._vote(self._named(data["recommender"]), data, at)
            case "addRecommendation":
                self._vote(self._person(data) if data.get("person_id") else self._named(data["person_name"]), data, at)
            case "updateRecommendation":
                vote = self._votes(data)[self._person(data)["name"]]
                vote.update({"vote_type": data.get("vote_type", vote["vote_type"]) not in _DOWN} | _note(data))
            case "removeRecommendation":
                self.movies[data["imdb_id"]]["recommendations"].remove(self._votes(data)[self._person(data)["name"]])
            case "updateMovieStatus":
                list_id = self.lists[data["custom_list_id"]]["id"] if data["status"] == "custom" else None
                self._movie(data).update(status=data["status"], custom_list_id=list_id)
                if data["status"] != "watched":
                    self._movie(data)["ranking"] = None
            case "watchMovie":
                viewings.watch(self._movie(data), data.get("date_watched"), data.get("my_rating"), at)
            case "addViewing":
                viewings.say_of({**viewings.NEW, "created_at": at}, data)  # what the server will refuse adds no movie
                viewings.add(self._movie(data), data, at)
            case "updateViewing":
                viewings.change(self.movies[data["imdb_id"]], self._viewings(data)[data["id"]], data)
            case "removeViewing":
                self.movies[data["imdb_id"]]["viewings"].remove(self._viewings(data)[data["id"]])
            case "updateRating":
                self.movies[data["imdb_id"]]["my_rating"] = data["my_rating"]
            case "updateLiked":
                self.movies[data["imdb_id"]]["liked"] = data["liked"]
            case "addTag" | "removeTag":
                self._tag(self.movies[data["imdb_id"]], data["tag"].strip(), is_added=action == "addTag")
            case "rankMovie":
                ranking.rank(self.movies, data, at)
            case "unrankMovie":
                self.movies[data["imdb_id"]]["ranking"] = None

    def _to_others(self, action: str, data: Record) -> None:
        match action:
            case "addPerson" if not self._alike(data["name"]):
                self._named(data["name"]).update({key: data[key] for key in PERSON if key in data})
            case "updatePerson":
                person = self._person(data)
                old, new = person["name"], data.get("new_name", person["name"])
                if self._alike(new) in (None, person):
                    person.update({key: data[key] for key in PERSON if key in data}, name=new)
                    self.people[new] = self.people.pop(old)
                    self._rename(old, new)
            case "deletePerson" if not self._person(data).get("quick_key"):
                self._rename(self.people.pop(self._person(data)["name"])["name"], None)
            case "mergePeople":
                into = data["into"]
                self._merge(self._person(data), self._person({"name" if isinstance(into, str) else "id": into}))
            case "addList":
                self.lists.setdefault(data["id"], {**LIST, **data})
            case "updateList":
                self.lists[data["id"]].update({key: data[key] for key in ("name", *LIST) if key in data})
            case "deleteList":
                del self.lists[data["id"]]
                for movie in [movie for movie in self.movies.values() if movie["custom_list_id"] == data["id"]]:
                    movie.update(status="toWatch", custom_list_id=None)

    def _movie(self, data: Record) -> Record:
        made = {**STUB, "imdb_id": data["imdb_id"], "media_type": data.get("media_type") or "movie"}
        return self.movies.setdefault(data["imdb_id"], {**made, "recommendations": [], "viewings": [], "tags": []})

    def _viewings(self, data: Record) -> dict[str, Record]:
        return {viewing["id"]: viewing for viewing in self.movies[data["imdb_id"]]["viewings"]}

    def _tag(self, movie: Record, tag: str, *, is_added: bool) -> None:
        """Add a tag in the spelling that is there, or remove it; a movie from an older server has no tags."""
        known = [each for other in self.movies.values() for each in other.get("tags", ())]
        alike = [each for each in known if _folded(each) == _folded(tag)]
        others = [each for each in movie.get("tags", ()) if each not in alike]
        movie["tags"] = sorted([*others, (alike or [tag])[0]]) if is_added and tag else others

    def _named(self, name: str) -> Record:
        return self._alike(name) or self.people.setdefault(name, {**PERSON, "id": None, "name": name})

    def _person(self, data: Record) -> Record:
        person_id, name = data.get("person_id") or data.get("id"), data.get("person_name") or data.get("name")
        person = None if person_id else self._alike(name)
        return person or {str(each["id"]): each for each in self.people.values() if each["id"]}[str(person_id or name)]

    def _alike(self, name: Any) -> Record | None:
        """Return the person whom a name means: whose it is exactly, else the first whose name differs in form only."""
        alike = [each for each in self.people.values() if _folded(each["name"]) == _folded(name)]
        return self.people.get(name) or min(alike, key=lambda each: each["id"] or float("inf"), default=None)

    def _votes(self, data: Record) -> dict[str, Record]:
        return {vote["person_name"]: vote for vote in self.movies[data["imdb_id"]]["recommendations"]}

    def _vote(self, person: Record, data: Record, at: float) -> None:
        made = {"person_id": person["id"], "person_name": person["name"], "person": person["name"], "note": None}
        movie, votes = self._movie(data), self._votes(data)
        vote = votes.setdefault(person["name"], made | {"imdb_id": data["imdb_id"], "date_recommended": at})
        date = data.get("date_recommended") or vote["date_recommended"]
        vote.update(vote_type=data.get("vote_type", True) not in _DOWN, date_recommended=date)
        vote.update(_note(data) if data.get("note") is not None else {})
        movie["recommendations"] = list(votes.values())

    def _merge(self, gone: Record, into: Record) -> None:
        if gone is not into and not gone.get("quick_key"):
            del self.people[gone["name"]]
            for movie in self.movies.values():
                votes = {vote["person_name"]: vote for vote in movie["recommendations"]}
                said, known = votes.pop(gone["name"], None), votes.get(into["name"])
                if said:
                    later = known if known and known["date_recommended"] >= said["date_recommended"] else said
                    notes = dict.fromkeys(vote.get("note") for vote in (later, said, known or said))
                    note = "\n".join(note for note in notes if note)[:2000].rstrip() or None
                    made = {"person_id": into["id"], "person_name": into["name"], "person": into["name"], "note": note}
                    votes[into["name"]] = {**later, **made}
                    movie["recommendations"] = list(votes.values())

    def _rename(self, old: str, new: str | None) -> None:
        for movie in self.movies.values():
            for vote in [vote for vote in movie["recommendations"] if vote["person_name"] == old]:
                vote.update(person_name=new, person=new)  # no name: the vote goes with the person
            movie["recommendations"] = [vote for vote in movie["recommendations"] if vote["person_name"] is not None]


def _folded(name: str) -> str:
    """Return a name without case, accents and invisible characters: two are one where they are for the server."""
    return re.sub(_MARKS, "", unicodedata.normalize("NFKD", name)).casefold().translate(_LETTERS).strip() or name


def _note(data: Record) -> Record:
    return {"note": (data["note"] or "").strip() or None} if "note" in data else {}


def _show_watch_record(movie: Record) -> None:
    seen, told = movie["viewings"], {name: movie.get(name) for name in ("imdb_id", "user_id", "my_rating")}
    is_whole = seen and movie["my_rating"] is not None
    movie["watch_history"] = {**told, "date_watched": viewings.moment(seen[0])} if is_whole else None


def forgotten(ours: Library, theirs: Library) -> Iterator[tuple[str, Record, float]]:
    """Return the actions (name, data, time) that recreate what a restored server forgot, and apply them to ``theirs``.

    The newest record that is equal on both sides marks the end of the common history; later changes here are repeated
    with their times. Deletions are not: the restore may have been made to undo them.
    """
    same = {(each["rev"], each["last_modified"]) for each in theirs.records()}
    common = max([each["rev"] for each in ours.records() if (each["rev"], each["last_modified"]) in same], default=0)
    lost = [each for each in ours.records() if each["rev"] > common]
    names = _renames(lost, theirs)  # first, since by now others may bear the names of before
    content = ((record, told) for record in lost for told in _differences(record, theirs))
    places = ((record, told) for record in lost for told in ranking.differences(record, ours.movies, theirs.movies))
    for record, (action, data) in chain(names, content, places):  # places last, since only watched movies have one
        theirs.apply(action, data, record["last_modified"])
        yield action, data, record["last_modified"]


def _renames(lost: Sequence[Record], theirs: Library) -> Iterator[tuple[Record, tuple[str, Record]]]:
    """Rename whoever has another name there, unless the id was reused, each as soon as the name is free."""
    known = {each["id"]: each for each in theirs.people.values()}
    renamed = [each for each in lost if "is_trusted" in each and known.get(each["id"], each)["name"] != each["name"]]
    waiting = [each for each in renamed if known[each["id"]]["last_modified"] < each["last_modified"]]
    while person := next((each for each in waiting if (theirs._alike(each["name"]) or each)["id"] == each["id"]), None):
        waiting.remove(person)
        yield person, ("updatePerson", {"name": known[person["id"]]["name"], "new_name": person["name"]})


def _differences(ours: Record, theirs: Library) -> Iterator[tuple[str, Record]]:
    if "imdb_id" in ours:
        return _in_movie(ours, theirs)
    if "position" in ours:
        return _in_looks("List", ("id", "name", *LIST), ours, theirs.lists.get(ours["id"]))
    return _in_looks("Person", ("name", *PERSON), ours, theirs.people.get(ours["name"]))


def _in_looks(kind: str, names: Sequence[str], ours: Record, theirs: Record | None) -> Iterator[tuple[str, Record]]:
    looks = {name: ours[name] for name in names}
    if theirs is None or looks != {name: theirs[name] for name in names}:
        yield ("update" if theirs else "add") + kind, looks


def _in_movie(ours: Record, library: Library) -> Iterator[tuple[str, Record]]:
    key = {"imdb_id": ours["imdb_id"]}
    if ours["imdb_id"] not in library.movies:
        yield "addMovie", {**key, "media_type": ours["media_type"]}
    theirs = library.movies[ours["imdb_id"]]
    votes = {vote["person_name"]: (vote["vote_type"], vote.get("note")) for vote in theirs["recommendations"]}
    for vote in ours["recommendations"]:
        told, said = votes.get(vote["person_name"]), (vote["vote_type"], vote.get("note"))
        data = {**key, "person_name": vote["person_name"], "vote_type": said[0], "note": said[1]}
        if told != said:
            added = {**data, "date_recommended": vote["date_recommended"]}
            yield ("updateRecommendation", data) if told else ("addRecommendation", added)
    before, known = {**theirs}, {viewing["id"]: viewing for viewing in theirs["viewings"]}
    for viewing in ours["viewings"]:
        content, there = {name: viewing[name] for name in ("id", *viewings.NEW)}, known.get(viewing["id"])
        if there is None or content != {name: there[name] for name in content}:
            yield "updateViewing" if there else "addViewing", {**key, **content}
    # Each viewing has made the title watched here, and on the server unless another device has said something else.
    if any(ours[name] != each[name] for name in ("status", "custom_list_id") for each in (before, theirs)):
        yield "updateMovieStatus", {**key, "status": ours["status"], "custom_list_id": ours["custom_list_id"]}
    if ours["my_rating"] != theirs["my_rating"]:
        yield "updateRating", {**key, "my_rating": ours["my_rating"]}
    if ours.get("liked", False) != theirs.get("liked", False):
        yield "updateLiked", {**key, "liked": ours["liked"]}
    for tag in sorted({*ours.get("tags", ())} - {*theirs.get("tags", ())}):
        yield "addTag", {**key, "tag": tag}
