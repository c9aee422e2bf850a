"""Converts rows of the index to the value types of providers."""

import sqlite3
from typing import Any

from movietracker.pluginapi import CastMember, Credits, CrewMember, MediaType, SearchHit, TitleDetails, TitleRatings

from . import queries
from .queries import Credit, Person, Title
from .records import SERIES_TYPES

_MAX_NAMES = 10


def media_type(title: Title) -> MediaType:
    """The media type of this type of title."""
    return "tv" if title.type in SERIES_TYPES else "movie"


def imdb_id(number: int) -> str:
    """The number in IMDb's notation, with seven digits or more."""
    return f"tt{number:07d}"


def hit(connection: sqlite3.Connection, found: Title | Person) -> SearchHit:
    """A search hit; for a person, with the titles that the person is known for."""
    if isinstance(found, Person):
        titles = queries.known_for(connection, found)
        return SearchHit(found.id, found.name, "person", known_for=tuple(title.title for title in titles))
    return SearchHit(
        found.id,
        found.title,
        media_type(found),
        year=_text(found.year),
        overview=queries.plot_of(connection, found),
        vote_average=found.rating,
        vote_count=found.votes,
    )


def details(connection: sqlite3.Connection, title: Title) -> TitleDetails:
    """The details of a title; ``raw`` contains all data under the names of the datasets."""
    people = queries.credits_of(connection, title)
    return TitleDetails(
        title_id=title.id,
        imdb_id=imdb_id(title.id),
        title=title.title,
        media_type=media_type(title),
        year=_text(title.year),
        plot=queries.plot_of(connection, title),
        genres=_genres(title),
        cast=_names(people, "cast"),
        director=_director(title, people),
        runtime=title.runtime,
        vote_average=title.rating,
        vote_count=title.votes,
        number_of_seasons=title.seasons,
        number_of_episodes=title.episodes,
        original_title=title.original or title.title,
        raw=_raw(title, people),
    )


def ratings(connection: sqlite3.Connection, title: Title) -> TitleRatings:
    """The same facts in OMDb's format: votes and runtime are text."""
    people = queries.credits_of(connection, title)
    return TitleRatings(
        imdb_id=imdb_id(title.id),
        title=title.title,
        year=title.year,
        runtime=f"{title.runtime} min" if title.runtime is not None else None,
        genres=_genres(title),
        director=_director(title, people),
        writer=", ".join(_names(people, "writer")) or None,
        actors=_names(people, "cast"),
        plot=queries.plot_of(connection, title),
        imdb_rating=title.rating,
        imdb_votes=f"{title.votes:,}" if title.votes is not None else None,
        raw=_raw(title, people),
    )


def credits(people: list[Credit]) -> Credits:
    """Cast in billing order from 0; directors, then writers."""
    cast = [credit for credit in people if credit.role == "cast"]
    crew = [credit for credit in people if credit.role != "cast"]
    return Credits(
        cast=tuple(CastMember(credit.name, credit.detail, order) for order, credit in enumerate(cast)),
        crew=tuple(CrewMember(credit.name, credit.role.capitalize()) for credit in crew),
    )


def _director(title: Title, people: list[Credit]) -> str | None:
    # For a series the dataset lists the directors of episodes, who do not direct the whole title.
    return ", ".join(_names(people, "director")) or None if media_type(title) == "movie" else None


def _names(people: list[Credit], role: str) -> tuple[str, ...]:
    names = dict.fromkeys(credit.name for credit in people if credit.role == role)
    return tuple(names)[:_MAX_NAMES]


def _genres(title: Title) -> tuple[str, ...]:
    return tuple(title.genres.split(",")) if title.genres else ()


def _text(year: int | None) -> str | None:
    return str(year) if year is not None else None


def _raw(title: Title, people: list[Credit]) -> dict[str, Any]:
    def listed(role: str) -> list[dict[str, str | None]]:
        return [
            {"nconst": f"nm{credit.person:07d}", "primaryName": credit.name, "characters": credit.detail}
            for credit in people
            if credit.role == role
        ]

    return {
        "tconst": imdb_id(title.id),
        "titleType": title.type,
        "primaryTitle": title.title,
        "originalTitle": title.original or title.title,
        "startYear": title.year,
        "endYear": title.end_year,
        "runtimeMinutes": title.runtime,
        "genres": list(_genres(title)),
        "averageRating": title.rating,
        "numVotes": title.votes,
        "seasons": title.seasons,
        "episodes": title.episodes,
        "directors": listed("director"),
        "writers": listed("writer"),
        "principals": listed("cast"),
    }
