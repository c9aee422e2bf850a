"""What the tables hold, in the shape of the model's, to be compared with it."""

from typing import Any

import orjson
from flask import Flask
from sqlalchemy import select
from sync.wire import Json, Store

from movietracker.extensions import db
from movietracker.models import RANKINGS, VIEWINGS

from . import ranking
from .model import Library
from .records import Title, Viewing

KINDS = ("movies", "people", "lists")

VIEWING = ("watched_on", "watched_at", "rating", "note", "created_at")


def view_of_tables(app: Flask, user: str, store: Store) -> Any:
    """A library without numbers and times of changes; of places in the ranking only the order."""
    with app.app_context(), db.engine.connect() as connection:
        viewings = connection.execute(select(VIEWINGS).where(VIEWINGS.c.user_id == user)).all()
        places = connection.execute(select(RANKINGS).where(RANKINGS.c.user_id == user)).all()
    moments = {(each.imdb_id, each.id): each.moment for each in viewings}
    keys = [(each.liked, each.order_key) for each in places]
    assert len(keys) == len(set(keys)), "no two titles of a group are in one place"
    return (
        {imdb_id: _title(movie, moments) for imdb_id, movie in store.movies.items()},
        {key: (each["name"], each["color"], each["is_trusted"]) for key, each in store.people.items()},
        {key: (each["name"], each["color"]) for key, each in store.lists.items()},
        [_place(each) for each in sorted(places, key=lambda each: (each.liked, each.order_key.encode()))],
    )


def _title(movie: Json, moments: dict[tuple[str, str], float]) -> Any:
    history, details = movie["watch_history"], movie["tmdb_data"]
    return (
        movie["status"],
        movie["custom_list_id"],
        movie["my_rating"],
        (movie["liked"], movie["tags"]),
        {each["id"]: (_viewing(each), moments[movie["imdb_id"], each["id"]]) for each in movie["viewings"]},
        None if history is None else (history["date_watched"], history["my_rating"]),
        {each["person_id"]: _vote(each) for each in movie["recommendations"]},
        0 if details is None else int(details["title"]),
    )


def _viewing(viewing: Json) -> Viewing:
    return Viewing(**{name: viewing[name] for name in VIEWING})


def _vote(vote: Json) -> Any:
    return vote["date_recommended"], vote["vote_type"], vote["note"]


def _place(row: Any) -> Any:
    comparisons = None if row.comparisons is None else orjson.loads(row.comparisons)
    return row.liked, row.imdb_id, row.ranked_at, row.is_shown, comparisons, row.former_key is not None


def view_of_model(library: Library) -> Any:
    """The same of the model."""
    places = []
    for liked in (False, True):
        for _, imdb_id in ranking.line(library, liked=liked):
            title = library.titles[imdb_id]
            assert title.rank is not None
            told, has_moved = title.rank.comparisons, title.rank.former_key is not None
            places.append((liked, imdb_id, title.rank.ranked_at, title.is_shown, told, has_moved))
    return (
        {imdb_id: _title_of_model(title) for imdb_id, title in library.titles.items()},
        {key: (each.name, each.color, each.is_trusted) for key, each in library.people.items()},
        {key: (each.name, each.color) for key, each in library.shelves.items()},
        places,
    )


def _title_of_model(title: Title) -> Any:
    return (
        title.status,
        title.list_id,
        title.my_rating,
        (title.liked, sorted(title.tags.values())),
        {key: (each, each.moment) for key, each in title.viewings.items()},
        title.watch_history,
        title.votes,
        title.details,
    )


def learn_viewings(library: Library, store: Store) -> None:
    """Take over the ids that the server chose for viewings, which are known by what is in them."""
    for imdb_id, title in library.titles.items():
        there = store.movies.get(imdb_id, {"viewings": []})["viewings"]
        made = {_viewing(each): each["id"] for each in there if each["id"] not in title.viewings}
        ours = {key: made.get(each, key) if key.startswith("new-") else key for key, each in title.viewings.items()}
        if ours != {key: key for key in title.viewings}:
            title.viewings = {ours[key]: each for key, each in title.viewings.items()}
            title.changes = {_renamed(name, ours): each for name, each in title.changes.items()}


def _renamed(name: str, ids: dict[str, str]) -> str:
    return " ".join(ids.get(part, part) for part in name.split(" "))


def check_numbers(before: Store, after: Store, head: int) -> None:
    """Fail unless each changed record has a new number of its own, and a later time."""
    revs = [record["rev"] for kind in KINDS for record in after.kind(kind).values()]
    assert len(revs) == len(set(revs))
    assert max(revs) <= head
    for kind in KINDS:
        for key, record in after.kind(kind).items():
            known = before.kind(kind).get(key)
            if known is not None and known != record:
                assert record["rev"] > known["rev"], (known, record)
                assert record["last_modified"] > known["last_modified"], (known, record)
