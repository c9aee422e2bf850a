"""The questions that the index answers; each takes a connection to it."""

from __future__ import annotations

import re
import sqlite3
from dataclasses import dataclass

from .words import LONGEST_QUERY, WHOLE, YEAR, match, whole, words

LIMIT = 20
_PEOPLE_AMONG_TITLES = 5
_YEAR_AT_END = re.compile(r"(18[7-9]|19[0-9]|20[0-9])[0-9]")


@dataclass(frozen=True, slots=True)
class Title:
    """A film or series as the index keeps it; ``id`` is the number in its tt id."""

    rank: int
    id: int
    type: str
    title: str
    original: str | None
    year: int | None
    end_year: int | None
    runtime: int | None
    genres: str | None
    rating: float | None
    votes: int | None
    seasons: int | None
    episodes: int | None


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody as the index keeps them; ``id`` is the number in their nm id, ``known_for`` the tt numbers."""

    rank: int
    id: int
    name: str
    professions: str | None
    known_for: str | None
    popularity: int


@dataclass(frozen=True, slots=True)
class Credit:
    """Somebody's part in a title; ``detail`` is the character played."""

    role: str
    position: int
    person: int
    name: str
    detail: str | None


def titles_matching(connection: sqlite3.Connection, expression: str, limit: int = LIMIT) -> list[Title]:
    """The most popular titles that an FTS5 expression of :func:`.words.match` finds."""
    rows = connection.execute(
        "SELECT t.* FROM title_words w JOIN titles t ON t.rank = w.rowid"
        " WHERE title_words MATCH ? ORDER BY w.rowid LIMIT ?",
        (expression, limit),
    )
    return [Title(*row) for row in rows]


def people_matching(connection: sqlite3.Connection, expression: str, limit: int = LIMIT) -> list[Person]:
    """The most popular people that an FTS5 expression of :func:`.words.match` finds."""
    rows = connection.execute(
        "SELECT p.* FROM person_words w JOIN people p ON p.rank = w.rowid"
        " WHERE person_words MATCH ? ORDER BY w.rowid LIMIT ?",
        (expression, limit),
    )
    return [Person(*row) for row in rows]


def title(connection: sqlite3.Connection, number: int) -> Title | None:
    """The title with this number in its tt id."""
    row = connection.execute("SELECT * FROM titles WHERE id = ?", (number,)).fetchone()
    return Title(*row) if row else None


def credits_of(connection: sqlite3.Connection, of: Title) -> list[Credit]:
    """Everybody in and behind a title whose name is known, in order: cast, directors, writers."""
    rows = connection.execute(
        "SELECT c.role, c.position, c.person, p.name, c.detail FROM credits c JOIN people p ON p.id = c.person"
        " WHERE c.title = ? ORDER BY c.role, c.position",
        (of.id,),
    )
    return [Credit(*row) for row in rows]


def known_for(connection: sqlite3.Connection, person: Person) -> list[Title]:
    """The titles that a person is known for, in the dataset's order."""
    numbers = [int(number) for number in person.known_for.split(",")] if person.known_for else []
    return [found for number in numbers if (found := title(connection, number))]


def titles_with(connection: sqlite3.Connection, person: Person, role: str) -> list[Title]:
    """The most popular titles in which a person has this role."""
    rows = connection.execute(
        "SELECT DISTINCT t.* FROM credits c JOIN titles t ON t.id = c.title"
        " WHERE c.person = ? AND c.role = ? ORDER BY t.rank LIMIT ?",
        (person.id, role, LIMIT),
    )
    return [Title(*row) for row in rows]


def most_popular(connection: sqlite3.Connection) -> list[Title]:
    """The titles with the most votes, none when no votes are known."""
    rows = connection.execute("SELECT * FROM titles ORDER BY rank LIMIT ?", (LIMIT,))
    return [found for row in rows if (found := Title(*row)).votes is not None]


def top_rated(connection: sqlite3.Connection) -> list[Title]:
    """The best-rated titles among those with many votes."""
    rows = connection.execute(
        # The same number as in the index titles_top_rated, or SQLite would not use it.
        "SELECT * FROM titles WHERE votes >= 25000 ORDER BY rating DESC, votes DESC LIMIT ?",
        (LIMIT,),
    )
    return [Title(*row) for row in rows]


def newest_rated_year(connection: sqlite3.Connection, latest: int) -> int | None:
    """The newest year up to ``latest`` that has a title with votes."""
    row = connection.execute("SELECT max(year) FROM years WHERE rated > 0 AND year <= ?", (latest,)).fetchone()
    year: int | None = row[0]
    return year


def years_after(connection: sqlite3.Connection, year: int) -> list[int]:
    """The years after this one that have titles, in order."""
    rows = connection.execute("SELECT year FROM years WHERE year > ? ORDER BY year", (year,))
    return [following for (following,) in rows]


def search(connection: sqlite3.Connection, query: str, year: int | None = None) -> list[Title | Person]:
    """Up to LIMIT titles and people: exact titles, exact names, then by popularity; never raises for odd queries.

    A year keeps the titles of that year (and no people). A query may end with the year ("the matrix 1999").
    """
    if year is not None and not 0 <= year <= 9999:
        return []
    query = query[:LONGEST_QUERY]
    terms = words(query)
    of_year = [f"{YEAR}{year:04}"] if year is not None else []
    readings = [(terms, of_year)]
    if year is None and len(terms) > 1 and _YEAR_AT_END.fullmatch(terms[-1]):
        readings.append((terms[:-1], [f"{YEAR}{terms[-1]}"]))
    found: list[Title | Person] = []
    for part, markers in readings:
        exact = WHOLE + "".join(part) if part else whole(query)
        found += titles_matching(connection, match((), [exact, *markers])) if query.strip() else []
    if year is None and terms:
        found += people_matching(connection, match((), [whole(query)]), _PEOPLE_AMONG_TITLES)
    for part, markers in readings:
        if part:
            expression = match(part, markers, prefix=True)
            people = people_matching(connection, expression) if not markers else []
            found += _mixed(titles_matching(connection, expression), people)
    return list(dict.fromkeys(found))[:LIMIT]


def _mixed(titles: list[Title], people: list[Person]) -> list[Title | Person]:
    """Titles and people by popularity; where there are titles enough, few people."""
    room = max(LIMIT - len(titles), _PEOPLE_AMONG_TITLES)
    both: list[Title | Person] = [*titles, *people[:room]]
    return sorted(both, key=_popularity, reverse=True)


def _popularity(found: Title | Person) -> int:
    return found.popularity if isinstance(found, Person) else found.votes or 0
