"""What the catalogue can say about genres, people and kinds of titles.

The datasets know years, but neither days nor cinemas nor what is talked about this week. So "trending" is the most
voted-for of the newest year that has votes, "now playing" the same for films as long as that year is this one or the
last, and "coming soon" the films of later years. A sample or catalogue that is too old for one gives an empty list.
"""

from __future__ import annotations

import sqlite3

from movietracker.pluginapi import DiscoverKind, DiscoverQuery

from .queries import (
    LIMIT,
    Title,
    known_for,
    most_popular,
    newest_rated_year,
    people_matching,
    titles_matching,
    titles_with,
    top_rated,
    years_after,
)
from .words import TYPE, YEAR, genre_marker, match, whole, words

_FILM = f"{TYPE}movie"

# Names that other services use for the datasets' genres.
_OTHER_GENRE_NAMES = {
    "kids": "Family",
    "musicals": "Musical",
    "noir": "Film-Noir",
    "reality": "Reality-TV",
    "sciencefiction": "Sci-Fi",
    "talk": "Talk-Show",
}


def discover(connection: sqlite3.Connection, query: DiscoverQuery, this_year: int) -> list[Title]:
    """Up to LIMIT titles, the most popular first."""
    if query.genre is not None:
        return _of_genre(connection, query.genre)
    if query.person is not None:
        return _of_person(connection, query.person, query.role)
    return _of_kind(connection, query.kind, this_year) if query.kind is not None else []


def _of_genre(connection: sqlite3.Connection, genre: str) -> list[Title]:
    key = "".join(words(genre))
    if not key:
        return []
    return titles_matching(connection, match((), [genre_marker(_OTHER_GENRE_NAMES.get(key, key))]))


def _of_person(connection: sqlite3.Connection, name: str, role: str) -> list[Title]:
    terms = words(name)
    if not terms:
        return []
    exact = people_matching(connection, match((), [whole(name)]), 1)
    people = exact or people_matching(connection, match(terms, prefix=True), 1)
    if not people:
        return []
    titles = titles_with(connection, people[0], "cast" if role == "actor" else "director")
    professions = (people[0].professions or "").split(",")
    if not titles and role == "actor" and {"actor", "actress"} & set(professions):
        # Without title.principals there is no cast; what an actor is known for is the next best.
        return sorted(known_for(connection, people[0]), key=lambda title: title.rank)
    return titles


def _of_kind(connection: sqlite3.Connection, kind: DiscoverKind, this_year: int) -> list[Title]:
    if kind == "popular":
        return most_popular(connection)
    if kind == "top_rated":
        return top_rated(connection)
    if kind == "coming_soon":
        return _coming_soon(connection, this_year)
    newest = newest_rated_year(connection, this_year)
    if newest is None or (kind == "now_playing" and newest < this_year - 1):
        return []
    markers = [f"{YEAR}{newest}"] if kind == "trending" else [f"{YEAR}{newest}", _FILM]
    return [title for title in titles_matching(connection, match((), markers)) if title.votes is not None]


def _coming_soon(connection: sqlite3.Connection, this_year: int) -> list[Title]:
    titles: list[Title] = []
    for year in years_after(connection, this_year):
        titles += titles_matching(connection, match((), [f"{YEAR}{year}", _FILM]))
        if len(titles) >= LIMIT:
            break
    return titles[:LIMIT]
