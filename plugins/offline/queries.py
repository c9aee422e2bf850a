"""The queries on the index; each takes a connection to it.

The datasets contain years, but no dates, theaters or trends. So "trending" lists the titles with the most votes of the
newest year that has votes, "now playing" the same for movies if that year is this or last year, and "coming soon" the
movies of later years. A catalog that is too old for one of them gives an empty list.
"""

import re
import sqlite3
from typing import NamedTuple

from movietracker.pluginapi import DiscoverKind, DiscoverQuery, fold_words

from .words import MAX_QUERY_LENGTH, TYPE, WHOLE, YEAR, genre_marker, match, whole

LIMIT = 20
_PEOPLE_AMONG_TITLES = 5
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
_YEAR_AT_END = re.compile(r"(18[7-9]|19[0-9]|20[0-9])[0-9]")


class Title(NamedTuple):
    """A movie or series in the index; ``id`` is the number in its tt id."""

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


class Person(NamedTuple):
    """A person in the index; ``id`` is the number in the nm id, ``known_for`` are tt numbers."""

    rank: int
    id: int
    name: str
    professions: str | None
    known_for: str | None
    popularity: int


class Credit(NamedTuple):
    """A person's role in a title; ``detail`` is the character played."""

    role: str
    position: int
    person: int
    name: str
    detail: str | None


def titles_matching(connection: sqlite3.Connection, expression: str) -> list[Title]:
    """The most popular titles that an FTS5 expression of :func:`.words.match` finds."""
    rows = connection.execute(
        "SELECT t.* FROM title_words w JOIN titles t ON t.rank = w.rowid"
        " WHERE title_words MATCH ? ORDER BY w.rowid LIMIT ?",
        (expression, LIMIT),
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


def plot_of(connection: sqlite3.Connection, of: Title) -> str | None:
    """The plot of a title, if the catalog has it; one that was loaded before there were plots has no table of them."""
    if connection.execute("SELECT 1 FROM sqlite_master WHERE name = 'plots'").fetchone() is None:
        return None
    row = connection.execute("SELECT plot FROM plots WHERE title = ?", (of.id,)).fetchone()
    return None if row is None else str(row[0])


def credits_of(connection: sqlite3.Connection, of: Title) -> list[Credit]:
    """The credits of a title whose names are known, in order: cast, directors, writers."""
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


def top_rated(connection: sqlite3.Connection) -> list[Title]:
    """The best-rated titles among those with many votes."""
    rows = connection.execute(
        # Must equal the number in the index titles_top_rated, or SQLite does not use that index.
        "SELECT * FROM titles WHERE votes >= 25000 ORDER BY rating DESC, votes DESC LIMIT ?",
        (LIMIT,),
    )
    return [Title(*row) for row in rows]


def search(connection: sqlite3.Connection, query: str, year: int | None = None) -> list[Title | Person]:
    """Up to LIMIT titles and people: exact titles, exact names, then by popularity; accepts any query.

    A year restricts the result to titles of that year. A query may end with the year ("the matrix 1999").
    """
    if year is not None and not 0 <= year <= 9999:
        return []
    query = query[:MAX_QUERY_LENGTH]
    terms = fold_words(query)
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
    """Titles and people by popularity; few people if there are enough titles."""
    room = max(LIMIT - len(titles), _PEOPLE_AMONG_TITLES)
    both: list[Title | Person] = [*titles, *people[:room]]
    return sorted(both, key=_popularity, reverse=True)


def _popularity(found: Title | Person) -> int:
    return found.popularity if isinstance(found, Person) else found.votes or 0


def discover(connection: sqlite3.Connection, query: DiscoverQuery, this_year: int) -> list[Title]:
    """Up to LIMIT titles, the most popular first."""
    if query.genre is not None:
        return _of_genre(connection, query.genre)
    if query.person is not None:
        return _of_person(connection, query.person, query.role)
    return _of_kind(connection, query.kind, this_year) if query.kind is not None else []


def _of_genre(connection: sqlite3.Connection, genre: str) -> list[Title]:
    key = "".join(fold_words(genre))
    if not key:
        return []
    return titles_matching(connection, match((), [genre_marker(_OTHER_GENRE_NAMES.get(key, key))]))


def _of_person(connection: sqlite3.Connection, name: str, role: str) -> list[Title]:
    terms = fold_words(name)
    if not terms:
        return []
    exact = people_matching(connection, match((), [whole(name)]), 1)
    people = exact or people_matching(connection, match(terms, prefix=True), 1)
    if not people:
        return []
    titles = titles_with(connection, people[0], "cast" if role == "actor" else "director")
    professions = (people[0].professions or "").split(",")
    if not titles and role == "actor" and {"actor", "actress"} & set(professions):
        # Without title.principals there is no cast; the titles an actor is known for come closest.
        return sorted(known_for(connection, people[0]), key=lambda title: title.rank)
    return titles


def _of_kind(connection: sqlite3.Connection, kind: DiscoverKind, this_year: int) -> list[Title]:
    if kind == "popular":
        rows = connection.execute("SELECT * FROM titles ORDER BY rank LIMIT ?", (LIMIT,))
        return [found for row in rows if (found := Title(*row)).votes is not None]
    if kind == "top_rated":
        return top_rated(connection)
    if kind == "coming_soon":
        return _coming_soon(connection, this_year)
    rated = connection.execute("SELECT max(year) FROM years WHERE rated > 0 AND year <= ?", (this_year,))
    newest: int | None = rated.fetchone()[0]
    if newest is None or (kind == "now_playing" and newest < this_year - 1):
        return []
    markers = [f"{YEAR}{newest}"] if kind == "trending" else [f"{YEAR}{newest}", _FILM]
    return [title for title in titles_matching(connection, match((), markers)) if title.votes is not None]


def _coming_soon(connection: sqlite3.Connection, this_year: int) -> list[Title]:
    titles: list[Title] = []
    for (year,) in connection.execute("SELECT year FROM years WHERE year > ? ORDER BY year", (this_year,)):
        titles += titles_matching(connection, match((), [f"{YEAR}{year}", _FILM]))
        if len(titles) >= LIMIT:
            break
    return titles[:LIMIT]
