"""Builds an index from a folder of dataset files, in bounded memory.

Everything is streamed: the files into staging tables in a separate file, and from there in order of popularity into the
index. Only two bit sets (the titles and people to keep) and the votes of the best-known titles are held in memory.
"""

import sqlite3
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass, field
from functools import partial
from itertools import chain
from pathlib import Path
from typing import Any, TypeVar

from . import records, schema
from .tsv import DatasetError, find_file, identifier, identifiers, known, read_rows, whole_number
from .words import searchable

Row = TypeVar("Row")

# Called with a step's name, the fraction of it that is done (None if unknown), and at its end a remark.
Report = Callable[[str, float | None, str], None]

# Titles beyond these have too few votes to matter for the popularity of people.
_BEST_KNOWN_TITLES = 200_000

# Speed matters, not safety: an unfinished file is discarded, and a finished one is synced at the end.
_BULK = """
PRAGMA main.journal_mode = OFF; PRAGMA main.synchronous = OFF; PRAGMA main.cache_size = -49152;
PRAGMA stage.journal_mode = OFF; PRAGMA stage.synchronous = OFF; PRAGMA stage.cache_size = -49152;
"""
_STEPS_BETWEEN_TICKS = 1_000_000


class IdSet:
    """A set of numbers from 0 up, one bit each: forty million title ids take 5 MB, in a Python set over a gigabyte."""

    def __init__(self) -> None:
        self._blocks: defaultdict[int, bytearray] = defaultdict(partial(bytearray, 1 << 13))

    def add(self, number: int) -> None:
        """Add a number."""
        self._blocks[number >> 16][(number & 0xFFFF) >> 3] |= 1 << (number & 7)

    def __contains__(self, number: int) -> bool:
        block = self._blocks.get(number >> 16)
        return block is not None and bool(block[(number & 0xFFFF) >> 3] & (1 << (number & 7)))


@dataclass(slots=True)
class Build:
    """The state of one build: its source, its target and what it has seen."""

    folder: Path
    connection: sqlite3.Connection
    report: Report
    titles: IdSet = field(default_factory=IdSet)
    people: IdSet = field(default_factory=IdSet)
    lines: dict[str, int] = field(default_factory=dict)


def silent(step: str, fraction: float | None, remark: str) -> None:
    """The Report that reports nothing."""


def build_index(
    folder: Path, target: Path, stage: Path | str, *, facts: dict[str, Any], report: Report = silent
) -> None:
    """Build a new index at ``target`` from the dataset files in ``folder``; ``facts`` go into its ``meta`` table.

    ``stage`` is a file for the staging tables, twice as large as title.basics.tsv, or ``:memory:``; neither file may
    exist before. Raises DatasetError, sqlite3.Error and OSError; the caller removes unfinished files.
    """
    with closing(sqlite3.connect(target, isolation_level=None)) as connection:
        connection.execute("ATTACH ? AS stage", (str(stage),))
        connection.executescript(_BULK + schema.TABLES + schema.STAGE_TABLES)
        # A handler in Python lets Ctrl-C interrupt statements that run for minutes.
        connection.set_progress_handler(_tick, _STEPS_BETWEEN_TICKS)
        build = Build(folder, connection, report)
        connection.execute("BEGIN")
        for step in (_load_titles, _load_seasons, _load_plots, _rank_titles, _load_credits, _load_people):
            step(build)
        _step(build, "Finishing", *schema.INDEXES)
        _write_meta(build, facts)
        connection.execute("COMMIT")


def _tick() -> int:
    return 0  # continue


def _load_titles(build: Build) -> None:
    if find_file(build.folder, "title.basics.tsv") is None:
        raise DatasetError(f"There is no title.basics.tsv or title.basics.tsv.gz in {build.folder}.")
    ratings = _records(build, "title.ratings.tsv", records.RATINGS, records.rating_row)
    build.connection.executemany("INSERT OR REPLACE INTO stage.ratings VALUES (?, ?, ?)", ratings)

    def wanted() -> Iterator[records.TitleRow]:
        for row in _records(build, "title.basics.tsv", records.BASICS, records.title_row):
            build.titles.add(row[0])
            yield row

    # OR REPLACE, here and below: if an id occurs twice, the later line counts.
    build.connection.executemany("INSERT OR REPLACE INTO stage.titles VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)", wanted())


def _load_seasons(build: Build) -> None:
    def parse(fields: list[str]) -> tuple[int, int | None] | None:
        series, season = identifier(fields[1], "tt"), whole_number(fields[2], "a season")
        return (series, season) if series in build.titles else None

    seasons = _records(build, "title.episode.tsv", records.EPISODES, parse)
    build.connection.executemany("INSERT INTO stage.seasons VALUES (?, ?)", seasons)
    build.connection.execute(schema.COUNT_EPISODES)


def _load_plots(build: Build) -> None:
    def parse(fields: list[str]) -> tuple[int, str] | None:
        title, plot = identifier(fields[0], "tt"), known(fields[1])
        return (title, plot) if plot is not None and title in build.titles else None

    plots = _records(build, "title.plots.tsv", records.PLOTS, parse)
    build.connection.executemany("INSERT OR REPLACE INTO plots VALUES (?, ?)", plots)


def _rank_titles(build: Build) -> None:
    _step(build, "Ranking titles", schema.RANK_TITLES, schema.COUNT_YEARS)
    _step(build, "Indexing titles", *schema.INDEX_TITLES)
    if build.connection.execute("SELECT 1 FROM titles LIMIT 1").fetchone() is None:
        raise DatasetError(f"There is no film or series in the title.basics file of {build.folder}.")


def _load_credits(build: Build) -> None:
    def wanted(name: str, columns: tuple[str, ...], rows_of: records.CreditParser) -> Iterator[records.CreditRow]:
        def parse(fields: list[str]) -> list[records.CreditRow] | None:
            title = identifier(fields[0], "tt")
            return rows_of(title, fields) if title in build.titles else None

        for rows in _records(build, name, columns, parse):
            for row in rows:
                build.people.add(row[3])
                yield row

    crew = wanted("title.crew.tsv", records.CREW, records.crew_rows)
    cast = wanted("title.principals.tsv", records.PRINCIPALS, records.cast_rows)
    build.connection.executemany("INSERT INTO credits VALUES (?, ?, ?, ?, ?)", chain(crew, cast))


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
        return person, name, known(fields[4]), known_for, popularity, searchable((name,), ())

    people = _records(build, "name.basics.tsv", records.NAMES, parse)
    build.connection.executemany("INSERT OR REPLACE INTO stage.people VALUES (?, ?, ?, ?, ?, ?)", people)
    _step(build, "Indexing people", schema.RANK_PEOPLE, *schema.INDEX_PEOPLE)


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
    """The records of one dataset file, none if it does not exist; raises DatasetError that names a broken line."""
    path = find_file(build.folder, name)
    if path is None:
        return
    size = path.stat().st_size
    number = 1
    for number, fields in read_rows(path, columns, lambda read: build.report(path.name, read / size, "")):
        try:
            row = parse(fields)
        except ValueError as error:
            raise DatasetError(f"{path.name}, line {number}: {error}.") from None
        if row is not None:
            yield row
    build.lines[path.name] = number - 1
    build.report(path.name, 1.0, f"{number - 1:,} lines")


def _step(build: Build, name: str, *statements: str) -> None:
    build.report(name, None, "")
    for statement in statements:
        build.connection.execute(statement)
    build.report(name, 1.0, "done")
