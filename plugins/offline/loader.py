"""Builds an index from a folder of dataset files, in bounded memory.

Everything is streamed: the files into staging tables in a file of their own, from there in order of popularity into
the index. Only two bit sets (which titles and which people are wanted) and the votes of the best-known titles are
held in memory.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

from . import records, schema
from .idset import IdSet
from .progress import Progress
from .tsv import DatasetError, find_file, identifier, identifiers, known, read_rows

Row = TypeVar("Row")

# Beyond these, titles have so few votes that they make nobody popular.
_BEST_KNOWN_TITLES = 200_000

# Speed matters and safety does not: the file is thrown away unless it gets finished, and only then synced.
_BULK = """
PRAGMA main.journal_mode = OFF; PRAGMA main.synchronous = OFF; PRAGMA main.cache_size = -49152;
PRAGMA stage.journal_mode = OFF; PRAGMA stage.synchronous = OFF; PRAGMA stage.cache_size = -49152;
"""
_STEPS_BETWEEN_TICKS = 1_000_000


@dataclass(slots=True)
class Build:
    """One build: where it reads, where it writes, what it has seen."""

    folder: Path
    connection: sqlite3.Connection
    progress: Progress
    titles: IdSet = field(default_factory=IdSet)
    people: IdSet = field(default_factory=IdSet)
    lines: dict[str, int] = field(default_factory=dict)


def build_index(folder: Path, target: Path, stage: Path | str, *, facts: dict[str, Any], progress: Progress) -> None:
    """Make a new index at ``target`` from the dataset files in ``folder``; ``facts`` go into its ``meta`` table.

    ``stage`` is a file for the staging tables, twice as large as title.basics.tsv, or ``:memory:``; neither file may
    exist before. Raises DatasetError, sqlite3.Error and OSError, and leaves it to the caller to remove what is half
    made.
    """
    with closing(sqlite3.connect(target, isolation_level=None)) as connection:
        connection.execute("ATTACH ? AS stage", (str(stage),))
        connection.executescript(_BULK + schema.TABLES + schema.STAGE_TABLES)
        # A handler written in Python gives Ctrl-C a chance while SQLite is at work for minutes.
        connection.set_progress_handler(progress.tick, _STEPS_BETWEEN_TICKS)
        build = Build(folder, connection, progress)
        connection.execute("BEGIN")
        for step in (_load_titles, _load_seasons, _rank_titles, _load_credits, _load_people, _make_indexes):
            step(build)
        _write_meta(build, facts)
        connection.execute("COMMIT")


def _load_titles(build: Build) -> None:
    if find_file(build.folder, "title.basics.tsv") is None:
        raise DatasetError(f"There is no title.basics.tsv or title.basics.tsv.gz in {build.folder}.")
    ratings = _records(build, "title.ratings.tsv", records.RATINGS, records.rating_row)
    build.connection.executemany(schema.INSERT_RATING, ratings)

    def wanted() -> Iterator[records.TitleRow]:
        for row in _records(build, "title.basics.tsv", records.BASICS, records.title_row):
            build.titles.add(row[0])
            yield row

    build.connection.executemany(schema.INSERT_TITLE, wanted())


def _load_seasons(build: Build) -> None:
    def parse(fields: list[str]) -> tuple[int, int | None] | None:
        row = records.season_row(fields)
        return row if row[0] in build.titles else None

    seasons = _records(build, "title.episode.tsv", records.EPISODES, parse)
    build.connection.executemany(schema.INSERT_SEASON, seasons)
    build.connection.execute(schema.COUNT_EPISODES)


def _rank_titles(build: Build) -> None:
    _step(build, "Ranking titles", schema.RANK_TITLES, schema.COUNT_YEARS)
    _step(build, "Indexing titles", *schema.INDEX_TITLES)
    if build.connection.execute("SELECT 1 FROM titles LIMIT 1").fetchone() is None:
        raise DatasetError(f"There is no film or series in the title.basics file of {build.folder}.")


def _load_credits(build: Build) -> None:
    def crew(fields: list[str]) -> list[records.CreditRow] | None:
        title = identifier(fields[0], "tt")
        return records.crew_rows(title, fields) if title in build.titles else None

    def cast(fields: list[str]) -> list[records.CreditRow] | None:
        title = identifier(fields[0], "tt")
        row = records.cast_row(title, fields) if title in build.titles else None
        return [row] if row else None

    def wanted(lists: Iterator[list[records.CreditRow]]) -> Iterator[records.CreditRow]:
        for rows in lists:
            for row in rows:
                build.people.add(row[3])
                yield row

    for name, columns, parse in (
        ("title.crew.tsv", records.CREW, crew),
        ("title.principals.tsv", records.PRINCIPALS, cast),
    ):
        build.connection.executemany(schema.INSERT_CREDIT, wanted(_records(build, name, columns, parse)))


def _load_people(build: Build) -> None:
    best_known = "SELECT id, votes FROM titles WHERE rank <= ? AND votes > 0"
    votes: dict[int, int] = dict(build.connection.execute(best_known, (_BEST_KNOWN_TITLES,)))

    def parse(fields: list[str]) -> records.PersonRow | None:
        person, name = identifier(fields[0], "nm"), known(fields[1])
        titles = [title for title in identifiers(fields[5], "tt") if title in build.titles]
        if name is None or not (titles or person in build.people):
            return None
        popularity = sum(votes.get(title, 0) for title in titles) // max(len(titles), 1)
        known_for = ",".join(map(str, titles)) or None
        return person, name, known(fields[4]), known_for, popularity, records.person_words(name)

    people = _records(build, "name.basics.tsv", records.NAMES, parse)
    build.connection.executemany(schema.INSERT_PERSON, people)
    _step(build, "Indexing people", schema.RANK_PEOPLE, *schema.INDEX_PEOPLE)


def _make_indexes(build: Build) -> None:
    _step(build, "Finishing", *schema.INDEXES)


def _write_meta(build: Build, facts: dict[str, Any]) -> None:
    types: dict[str, int] = dict(build.connection.execute("SELECT type, count(*) FROM titles GROUP BY type"))
    series = sum(number for name, number in types.items() if name in records.SERIES_TYPES)
    counts = {
        "movies": sum(types.values()) - series,
        "series": series,
        "people": build.connection.execute("SELECT count(*) FROM people").fetchone()[0],
    }
    lines = {f"lines:{name}": number for name, number in build.lines.items()}
    meta = {"schema_version": schema.SCHEMA_VERSION} | facts | counts | lines
    build.connection.executemany("INSERT INTO meta VALUES (?, ?)", meta.items())


def _records(
    build: Build, name: str, columns: tuple[str, ...], parse: Callable[[list[str]], Row | None]
) -> Iterator[Row]:
    """The records of one dataset file, none when the file is not there; DatasetError says which line is broken."""
    path = find_file(build.folder, name)
    if path is None:
        return
    build.progress.start(path.name, path.stat().st_size)
    number = 1
    for number, fields in read_rows(path, columns, build.progress.advance):
        try:
            row = parse(fields)
        except ValueError as error:
            raise DatasetError(f"{path.name}, line {number}: {error}.") from None
        if row is not None:
            yield row
    build.lines[path.name] = number - 1
    build.progress.done(f"{number - 1:,} lines")


def _step(build: Build, name: str, *statements: str) -> None:
    build.progress.start(name)
    for statement in statements:
        build.connection.execute(statement)
    build.progress.done()
