"""All that the database holds of users' libraries, read by plain SQL: the truth that tests compare with."""

from typing import Any

import orjson
from flask import Flask
from sqlalchemy import select, text

from movietracker.extensions import Base, db

from .wire import Json, Store

LIBRARY = (
    *("movies", "movie_status", "watch_history", "recommendations", "people", "custom_lists"),
    *("rankings", "viewings", "tags"),
)
MEMORY = ("library_heads", "change_ledger", "tombstones", "sync_actions", "person_names")

_MOVIES = """
SELECT m.imdb_id, m.media_type, m.tmdb_data, m.omdb_data, m.title, m.year, m.last_modified, m.seq, s.status,
       s.custom_list_id, m.liked, w.date_watched, w.my_rating, r.liked AS is_among_liked, r.order_key, r.ranked_at
FROM movies m
LEFT JOIN movie_status s ON s.user_id = m.user_id AND s.imdb_id = m.imdb_id
LEFT JOIN watch_history w ON w.user_id = m.user_id AND w.imdb_id = m.imdb_id
LEFT JOIN rankings r ON r.user_id = m.user_id AND r.imdb_id = m.imdb_id
WHERE m.user_id = :user
"""
_VOTES = """
SELECT r.id, r.imdb_id, r.person_id, r.date_recommended, r.vote_type, r.note, p.name
FROM recommendations r LEFT JOIN people p ON p.user_id = r.user_id AND p.id = r.person_id
WHERE r.user_id = :user ORDER BY r.id
"""


_VIEWINGS = "SELECT * FROM viewings WHERE user_id = :user ORDER BY moment DESC, created_at DESC, id DESC"
_TAGS = "SELECT imdb_id, tag FROM tags WHERE user_id = :user"


def rows_of(app: Flask, user_id: str) -> dict[str, list[tuple[Any, ...]]]:
    """Every row of a user's in every table of libraries."""
    with app.app_context(), db.engine.connect() as connection:
        found = {}
        for name in (*LIBRARY, *MEMORY):
            table = Base.metadata.tables[name]
            rows = connection.execute(select(table).where(table.c.user_id == user_id))
            found[name] = sorted((tuple(row) for row in rows), key=repr)
        return found


def library_of(app: Flask, user_id: str) -> Store:
    """A user's library in the shapes that pulls give, made of the tables and nothing of the application's."""
    with app.app_context(), db.engine.connect() as connection:

        def rows(statement: str) -> list[Json]:
            return [dict(row) for row in connection.execute(text(statement), {"user": user_id}).mappings()]

        votes, viewings, tags = rows(_VOTES), rows(_VIEWINGS), rows(_TAGS)
        movies = {row["imdb_id"]: _movie(row, votes, viewings, tags, user_id) for row in rows(_MOVIES)}
        people = {row["id"]: _person(row, votes) for row in rows("SELECT * FROM people WHERE user_id = :user")}
        lists = {row["id"]: _list(row) for row in rows("SELECT * FROM custom_lists WHERE user_id = :user")}
    return Store(movies, people, lists)


def _movie(row: Json, votes: list[Json], viewings: list[Json], tags: list[Json], user_id: str) -> Json:
    imdb_id = row["imdb_id"]
    mine = [viewing for viewing in viewings if viewing["imdb_id"] == imdb_id]
    assert row["date_watched"] == (mine[0]["moment"] if mine else None)
    keys = ("id", "watched_on", "watched_at", "rating", "note", "source", "created_at")
    watched = {
        "imdb_id": imdb_id,
        "user_id": user_id,
        "date_watched": row["date_watched"],
        "my_rating": row["my_rating"],
    }
    is_ranked = row["status"] == "watched" and row["ranked_at"] is not None
    rank = {"liked": bool(row["is_among_liked"]), "order_key": row["order_key"], "ranked_at": row["ranked_at"]}
    is_named = row["title"] is not None and row["tmdb_data"] is None and row["omdb_data"] is None
    return {
        **({"title": row["title"], "year": row["year"]} if is_named else {}),
        **{key: row[key] for key in ("imdb_id", "media_type", "last_modified", "status", "custom_list_id")},
        "user_id": user_id,
        "rev": row["seq"],
        "tmdb_data": _parsed(row["tmdb_data"]),
        "omdb_data": _parsed(row["omdb_data"]),
        "my_rating": row["my_rating"],
        "liked": bool(row["liked"]),
        "tags": sorted(each["tag"] for each in tags if each["imdb_id"] == imdb_id),
        "viewings": [{key: viewing[key] for key in keys} for viewing in mine],
        "watch_history": None if None in (row["date_watched"], row["my_rating"]) else watched,
        "ranking": rank if is_ranked else None,
        "recommendations": [_vote(vote, user_id) for vote in votes if vote["imdb_id"] == imdb_id],
    }


def _vote(vote: Json, user_id: str) -> Json:
    name = vote["name"]
    kept = {key: vote[key] for key in ("id", "imdb_id", "person_id", "date_recommended", "note")}
    return {**kept, "user_id": user_id, "person_name": name, "person": name, "vote_type": bool(vote["vote_type"])}


def _person(row: Json, votes: list[Json]) -> Json:
    keys = ("id", "name", "user_id", "color", "emoji", "quick_key", "last_modified")
    count = sum(vote["person_id"] == row["id"] for vote in votes)
    person = {key: row[key] for key in keys}
    return {**person, "is_trusted": bool(row["is_trusted"]), "rev": row["seq"], "movie_count": count}


def _list(row: Json) -> Json:
    keys = ("id", "user_id", "name", "color", "icon", "position", "created_at", "last_modified")
    return {**{key: row[key] for key in keys}, "rev": row["seq"]}


def _parsed(stored: str | None) -> Any:
    return None if stored is None else orjson.loads(stored)
