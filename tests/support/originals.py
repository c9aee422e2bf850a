"""Databases of the original backend, one of each generation, with little in them; tests add what they are about."""

import json
import sqlite3
from collections.abc import Mapping
from contextlib import closing
from pathlib import Path
from typing import Any

from movietracker.services.passwords import hash_password

MATRIX, HEAT, ALIEN, BROADCHURCH = "tt0133093", "tt0113277", "tt0078748", "tt2249364"
LONG_AGO = 1_600_000_000.5
ANNAS_ID = "0f1e2d3c-0000-4000-8000-000000000001"
BENS_ID = "0f1e2d3c-0000-4000-8000-000000000002"
RAINY = "11111111-1111-4111-8111-111111111111"
OLD_PASSWORD = "what Anna always typed"

DETAILS = {"tmdbId": 603, "title": "The Matrix", "year": "1999", "mediaType": "movie", "genres": ["Action"], "cast": []}
RATINGS = {"imdbId": MATRIX, "title": "The Matrix", "year": 1999, "imdbRating": 8.7, "director": "Lana Wachowski"}

_OLDEST = """
CREATE TABLE movies (imdb_id VARCHAR NOT NULL PRIMARY KEY, tmdb_data TEXT, omdb_data TEXT, last_modified FLOAT);
CREATE TABLE recommendations (id INTEGER PRIMARY KEY, imdb_id VARCHAR, person VARCHAR, date_recommended FLOAT);
CREATE TABLE watch_history (imdb_id VARCHAR PRIMARY KEY, date_watched FLOAT, my_rating FLOAT);
CREATE TABLE people (name VARCHAR PRIMARY KEY, is_trusted BOOLEAN);
CREATE TABLE movie_status (imdb_id VARCHAR PRIMARY KEY, status VARCHAR);
"""
_VOTES_AS_WORDS = """
CREATE TABLE alembic_version (version_num VARCHAR PRIMARY KEY);
CREATE TABLE users (id VARCHAR PRIMARY KEY, email VARCHAR, username VARCHAR, hashed_password VARCHAR, created_at FLOAT);
CREATE TABLE movies (imdb_id VARCHAR, user_id VARCHAR, tmdb_data TEXT, omdb_data TEXT, last_modified FLOAT,
    PRIMARY KEY (imdb_id, user_id));
CREATE TABLE recommendations (id INTEGER PRIMARY KEY, imdb_id VARCHAR, user_id VARCHAR, person VARCHAR,
    date_recommended FLOAT, vote_type VARCHAR);
CREATE TABLE watch_history (imdb_id VARCHAR, user_id VARCHAR, date_watched FLOAT, my_rating FLOAT,
    PRIMARY KEY (imdb_id, user_id));
CREATE TABLE people (name VARCHAR, user_id VARCHAR, is_trusted BOOLEAN, PRIMARY KEY (name, user_id));
CREATE TABLE movie_status (imdb_id VARCHAR, user_id VARCHAR, status VARCHAR, PRIMARY KEY (imdb_id, user_id));
"""
_PEOPLE_BY_ID = """
ALTER TABLE users ADD COLUMN is_active BOOLEAN;
ALTER TABLE movies ADD COLUMN media_type VARCHAR;
DROP TABLE people;
CREATE TABLE people (id INTEGER PRIMARY KEY, name VARCHAR, user_id VARCHAR, is_trusted BOOLEAN, color VARCHAR,
    emoji VARCHAR, UNIQUE (user_id, name));
ALTER TABLE recommendations ADD COLUMN person_id INTEGER;
"""
_LISTS = """
ALTER TABLE people ADD COLUMN quick_key VARCHAR;
ALTER TABLE people ADD COLUMN last_modified FLOAT;
CREATE TABLE custom_lists (id VARCHAR PRIMARY KEY, user_id VARCHAR, name VARCHAR, color VARCHAR, icon VARCHAR,
    position INTEGER, created_at FLOAT, last_modified FLOAT);
ALTER TABLE movie_status ADD COLUMN custom_list_id VARCHAR;
DROP TABLE recommendations;
CREATE TABLE recommendations (id INTEGER PRIMARY KEY, imdb_id VARCHAR, user_id VARCHAR, person_id INTEGER,
    date_recommended FLOAT, vote_type BOOLEAN, UNIQUE (imdb_id, user_id, person_id));
"""
_NEWEST = """
ALTER TABLE users ADD COLUMN backup_enabled BOOLEAN;
CREATE TABLE movie_rankings (imdb_id VARCHAR, user_id VARCHAR, liked BOOLEAN, position INTEGER, score FLOAT,
    ranked_at FLOAT, PRIMARY KEY (imdb_id, user_id));
"""

GENERATIONS: Mapping[str, str] = {
    "oldest": _OLDEST,
    "votes as words": _VOTES_AS_WORDS,
    "people by id": _VOTES_AS_WORDS + _PEOPLE_BY_ID,
    "with lists": _VOTES_AS_WORDS + _PEOPLE_BY_ID + _LISTS,
    "newest": _VOTES_AS_WORDS + _PEOPLE_BY_ID + _LISTS + _NEWEST,
}


class OriginalFile:
    """A file of a generation; ``add`` puts rows in, of which columns that the generation lacks are left out."""

    def __init__(self, path: Path, generation: str = "newest") -> None:
        self.path = path
        self.generation = generation
        self.run(GENERATIONS[generation])

    def run(self, script: str) -> None:
        """Run SQL."""
        with closing(sqlite3.connect(self.path)) as connection:
            connection.executescript(script)

    def add(self, table: str, **values: Any) -> None:
        """Add a row; objects become JSON."""
        with closing(sqlite3.connect(self.path)) as connection:
            there = {row[1] for row in connection.execute(f"PRAGMA table_info({table})")}
            told = {
                name: json.dumps(value) if isinstance(value, dict) else value
                for name, value in values.items()
                if name in there
            }
            marks = ", ".join("?" * len(told))
            connection.execute(f"INSERT INTO {table} ({', '.join(told)}) VALUES ({marks})", tuple(told.values()))
            connection.commit()

    def add_account(self, name: str, user_id: str, **other: Any) -> None:
        """Add an account with the e-mail address and username of a name, and with OLD_PASSWORD."""
        usual = {"email": f"{name}@example.com", "username": name, "hashed_password": hash_password(OLD_PASSWORD)}
        usual |= {"created_at": LONG_AGO, "is_active": 1, "backup_enabled": 1}
        self.add("users", **{"id": user_id, **usual, **other})

    def add_title(self, imdb_id: str, user_id: str = ANNAS_ID, *, status: str | None = "toWatch", **other: Any) -> None:
        """Add a title with its status."""
        self.add("movies", **{"imdb_id": imdb_id, "user_id": user_id, "last_modified": LONG_AGO, **other})
        if status is not None:
            told = {"status": status, "custom_list_id": other.get("custom_list_id")}
            self.add("movie_status", imdb_id=imdb_id, user_id=user_id, **told)

    def add_vote(self, imdb_id: str, person: str, vote_type: Any = None, user_id: str = ANNAS_ID, **other: Any) -> None:
        """Add a vote of a person, who is named in the way of the generation."""
        told: dict[str, Any] = {"imdb_id": imdb_id, "user_id": user_id, "date_recommended": LONG_AGO, "person": person}
        with closing(sqlite3.connect(self.path)) as connection:
            if self.generation not in ("oldest", "votes as words"):
                found = connection.execute("SELECT id FROM people WHERE name = ?", (person,)).fetchone()
                told["person_id"] = None if found is None else found[0]
        self.add("recommendations", **{**told, "vote_type": vote_type, **other})


def fill(original: OriginalFile) -> None:
    """Something in every table: Anna, whom Cleo told of Matrix and warned of Heat, and who has watched both."""
    if original.generation != "oldest":
        original.add_account("anna", ANNAS_ID)
    words = original.generation in ("votes as words", "people by id")
    original.add("people", name="Cleo", user_id=ANNAS_ID, is_trusted=1, color="#111111", last_modified=LONG_AGO)
    original.add("people", name="Google Search", user_id=ANNAS_ID, is_trusted=1, last_modified=LONG_AGO)
    if original.generation in ("with lists", "newest"):
        original.add("custom_lists", id=RAINY, user_id=ANNAS_ID, name="Rainy", position=2, last_modified=LONG_AGO)
        original.add_title(ALIEN, status="custom", custom_list_id=RAINY)
    else:
        original.add_title(ALIEN, status="questionable")
    original.add_title(MATRIX, status="watched", tmdb_data=DETAILS, omdb_data=RATINGS)
    original.add_title(HEAT, status="watched")
    original.add_vote(MATRIX, "Cleo", "upvote" if words else 1)
    original.add_vote(HEAT, "Cleo", "downvote" if words else 0)
    original.add_vote(HEAT, "Google Search", "upvote" if words else 1)
    original.add("watch_history", imdb_id=MATRIX, user_id=ANNAS_ID, date_watched=LONG_AGO, my_rating=9.5)
    original.add("watch_history", imdb_id=HEAT, user_id=ANNAS_ID, date_watched=LONG_AGO + 60, my_rating=None)
    if original.generation == "newest":
        for position, imdb_id in ((2, MATRIX), (1, HEAT)):
            told = {"liked": 1, "position": position, "score": 8.0, "ranked_at": LONG_AGO}
            original.add("movie_rankings", imdb_id=imdb_id, user_id=ANNAS_ID, **told)
