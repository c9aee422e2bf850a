"""The catalogue that movietracker ships with: large enough, well-formed, and quick to index."""

import re
import sqlite3
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from movietracker_plugins.offline import records
from movietracker_plugins.offline.loader import build_index
from movietracker_plugins.offline.store import SAMPLE_FOLDER
from movietracker_plugins.offline.tsv import read_rows


@pytest.fixture(scope="module")
def sample(tmp_path_factory: pytest.TempPathFactory) -> Iterator[sqlite3.Connection]:
    path = tmp_path_factory.mktemp("sample") / "index.sqlite"
    build_index(SAMPLE_FOLDER, path, ":memory:", facts={})
    with closing(sqlite3.connect(path)) as connection:
        yield connection


def test_it_has_many_well_known_films_and_series(sample: sqlite3.Connection) -> None:
    types = dict(sample.execute("SELECT type, count(*) FROM titles GROUP BY type").fetchall())
    assert types["movie"] >= 120
    assert types["tvSeries"] + types["tvMiniSeries"] >= 30


@pytest.mark.parametrize(
    ("number", "title", "year"),
    [
        (133093, "The Matrix", 1999),
        (111161, "The Shawshank Redemption", 1994),
        (68646, "The Godfather", 1972),
        (903747, "Breaking Bad", 2008),
    ],
)
def test_it_has_the_best_known_titles(sample: sqlite3.Connection, number: int, title: str, year: int) -> None:
    assert sample.execute("SELECT title, year FROM titles WHERE id = ?", (number,)).fetchone() == (title, year)


def test_every_line_of_it_is_kept(sample: sqlite3.Connection) -> None:
    lines = {
        "titles": list(read_rows(SAMPLE_FOLDER / "title.basics.tsv", records.BASICS)),
        "people": list(read_rows(SAMPLE_FOLDER / "name.basics.tsv", records.NAMES)),
    }
    assert sample.execute("SELECT count(*) FROM titles").fetchone()[0] == len(lines["titles"])
    assert sample.execute("SELECT count(*) FROM people").fetchone()[0] == len(lines["people"])
    ids = [fields[0] for rows in lines.values() for _, fields in rows]
    assert len(set(ids)) == len(ids)
    assert all(re.fullmatch(r"(tt|nm)\d{7,8}", each) for each in ids)


def test_every_title_has_a_short_plot_of_its_own(sample: sqlite3.Connection) -> None:
    rows = sample.execute("SELECT plot FROM titles t LEFT JOIN plots p ON p.title = t.id").fetchall()
    plots = [plot for (plot,) in rows]
    assert all(re.fullmatch(r"[A-Z0-9].{40,160}\.", plot) for plot in plots)
    assert len(set(plots)) == len(plots)


def test_every_film_has_a_director_with_a_name(sample: sqlite3.Connection) -> None:
    nameless = sample.execute(
        "SELECT title FROM titles t WHERE type = 'movie' AND NOT EXISTS"
        " (SELECT 1 FROM credits c JOIN people p ON p.id = c.person WHERE c.title = t.id AND c.role = 'director')"
    ).fetchall()
    assert nameless == []


def test_every_credit_names_a_known_person(sample: sqlite3.Connection) -> None:
    unknown = sample.execute("SELECT person FROM credits WHERE person NOT IN (SELECT id FROM people)").fetchall()
    assert unknown == []


def test_its_facts_are_of_this_world(sample: sqlite3.Connection) -> None:
    for title, year, end_year, runtime, rating, votes in sample.execute(
        "SELECT title, year, end_year, runtime, rating, votes FROM titles"
    ):
        assert 1895 <= year <= 2030, title
        assert end_year is None or end_year >= year, title
        assert runtime is None or 40 <= runtime <= 320, title
        assert rating is None or 1 <= rating <= 10, title
        assert votes is None or votes >= 10_000, title


def test_it_is_indexed_well_within_a_second(tmp_path: Path) -> None:
    begun = time.process_time()
    build_index(SAMPLE_FOLDER, tmp_path / "index.sqlite", ":memory:", facts={})
    assert time.process_time() - begun < 1
