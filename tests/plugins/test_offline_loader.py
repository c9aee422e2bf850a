"""Building an index: what is kept of the datasets, in which order, and what stops a load."""

import sqlite3
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest
from hypothesis import assume, example, given, settings
from hypothesis import strategies as st
from movietracker_plugins.offline import queries
from movietracker_plugins.offline.loader import IdSet, build_index
from movietracker_plugins.offline.tsv import DatasetError
from support.datasets import film, votes, write_dataset


@contextmanager
def index_of(folder: Path) -> Iterator[sqlite3.Connection]:
    target = folder / "index.sqlite"
    target.unlink(missing_ok=True)
    build_index(folder, target, ":memory:", facts={})
    with closing(sqlite3.connect(target)) as connection:
        yield connection


def titles_in(folder: Path) -> list[str]:
    with index_of(folder) as index:
        return [title for (title,) in index.execute("SELECT title FROM titles ORDER BY rank")]


def test_films_and_series_are_kept_and_the_rest_is_left_out(tmp_path: Path) -> None:
    kept = ["movie", "tvMovie", "tvSpecial", "tvShort", "short", "video", "tvSeries", "tvMiniSeries"]
    left_out = ["tvEpisode", "videoGame", "tvPilot", "musicVideo", "somethingNew"]
    rows = [film(number, kind, type=kind) for number, kind in enumerate(kept + left_out, start=1)]
    write_dataset(tmp_path, "title.basics", *rows, film(90, "Adults only", adult=1), film(91, r"\N"), film(92, " "))
    assert sorted(titles_in(tmp_path)) == sorted(kept)


def test_titles_are_ranked_by_their_votes(tmp_path: Path) -> None:
    write_dataset(tmp_path, "title.basics", *(film(number, f"Film {number}") for number in (1, 2, 3, 4)))
    write_dataset(tmp_path, "title.ratings", votes(3, 50), votes(2, 1000), ("tt0000004", None, None))
    assert titles_in(tmp_path) == ["Film 2", "Film 3", "Film 1", "Film 4"]


def test_the_later_line_counts_when_an_id_comes_twice(tmp_path: Path) -> None:
    write_dataset(tmp_path, "title.basics", film(1, "Before"), film(1, "After"))
    assert titles_in(tmp_path) == ["After"]


def test_seasons_and_episodes_are_counted(tmp_path: Path) -> None:
    write_dataset(tmp_path, "title.basics", film(1, "Series", type="tvSeries"), film(2, "Film"))
    episodes = [(f"tt{number:07d}", "tt0000001", season, number) for number, season in ((10, 1), (11, 1), (12, 2))]
    episodes += [("tt0000013", "tt0000001", None, None), ("tt0000014", "tt0009999", 1, 1)]
    write_dataset(tmp_path, "title.episode", *episodes)
    with index_of(tmp_path) as index:
        series, one = queries.title(index, 1), queries.title(index, 2)
    assert series is not None
    assert one is not None
    assert (series.seasons, series.episodes) == (2, 4)
    assert (one.seasons, one.episodes) == (None, None)


def test_people_are_kept_for_what_they_did_in_the_titles_kept(tmp_path: Path) -> None:
    write_dataset(tmp_path, "title.basics", film(1, "Film"), film(2, "Episode", type="tvEpisode"))
    write_dataset(tmp_path, "title.ratings", votes(1, 100))
    write_dataset(
        tmp_path, "title.crew", ("tt0000001", "nm0000001", "nm0000002,nm0000001"), ("tt0000002", "nm0000003", None)
    )
    write_dataset(
        tmp_path,
        "title.principals",
        ("tt0000001", 1, "nm0000004", "actor", None, '["Hero \\"The\\" Great","Double"]'),
        ("tt0000001", 2, "nm0000005", "producer", None, None),
        ("tt0000002", 1, "nm0000003", "actor", None, None),
    )
    names = {1: "Director", 2: "Writer", 3: "Of the episode", 4: "Actor", 5: "Producer", 6: "Known", 7: r"\N"}
    known = {6: "tt0000001,tt0000002", 7: "tt0000001"}
    write_dataset(
        tmp_path,
        "name.basics",
        *((f"nm{number:07d}", name, None, None, None, known.get(number)) for number, name in names.items()),
    )
    with index_of(tmp_path) as index:
        people = [name for (name,) in index.execute("SELECT name FROM people ORDER BY rank")]
        title = queries.title(index, 1)
        assert title is not None
        credits = [(credit.role, credit.name, credit.detail) for credit in queries.credits_of(index, title)]
    assert people == ["Known", "Director", "Writer", "Actor"]
    assert credits == [
        ("cast", "Actor", 'Hero "The" Great / Double'),
        ("director", "Director", None),
        ("writer", "Writer", None),
        ("writer", "Director", None),
    ]


@pytest.mark.parametrize(
    ("name", "row", "message"),
    [
        ("title.basics", film(2, "B", runtime="long"), "'long' is not a number of minutes"),
        ("title.basics", film(2, "B", year=20011), "'20011' is not a year"),
        ("title.basics", ("xx2", *film(2, "B")[1:]), "'xx2' is not an id like tt0000001"),
        ("title.ratings", ("tt0000001", "8,7", 5), "'8,7' is not a rating"),
        ("title.ratings", ("tt0000001", "nan", 5), "'nan' is not a rating"),
        ("title.ratings", ("tt0000001", 8.7, "many"), "'many' is not a number of votes"),
        ("title.crew", ("tt0000001", "Somebody", None), "'Somebody' is not an id like nm0000001"),
        ("title.principals", ("tt0000001", 1, "nm0000001", "actor", None, "[broken"), "is not a list of characters"),
        ("title.episode", ("tt0000009", "tt0000001", "one", 1), "'one' is not a season"),
        ("name.basics", ("nm0000001", "A", None, None, None, "tt0000001,"), "'' is not an id like tt0000001"),
    ],
)
def test_a_broken_line_ends_the_load_by_name(tmp_path: Path, name: str, row: tuple[object, ...], message: str) -> None:
    good = {
        "title.basics": film(1, "A"),
        "title.ratings": votes(1, 5),
        "title.crew": ("tt0000001", None, None),
        "title.principals": ("tt0000001", 1, "nm0000001", "director", None, None),
        "title.episode": ("tt0000008", "tt0000001", 1, 1),
        "name.basics": ("nm0000001", "A", None, None, None, "tt0000001"),
    }
    for dataset, line in good.items():
        write_dataset(tmp_path, dataset, line)
    write_dataset(tmp_path, name, good[name], row)
    with pytest.raises(DatasetError, match=message) as caught:
        titles_in(tmp_path)
    assert str(caught.value).startswith(f"{name}.tsv, line 3: ")


def test_a_folder_without_titles_is_refused(tmp_path: Path) -> None:
    with pytest.raises(DatasetError, match=r"no title\.basics\.tsv or title\.basics\.tsv\.gz in "):
        titles_in(tmp_path)
    write_dataset(tmp_path, "title.basics", film(1, "Episode", type="tvEpisode"))
    with pytest.raises(DatasetError, match="no film or series"):
        titles_in(tmp_path)


def test_compressed_files_are_loaded_too(tmp_path: Path) -> None:
    write_dataset(tmp_path, "title.basics", film(1, "Film"), compress=True)
    assert titles_in(tmp_path) == ["Film"]


title_text = st.text(alphabet=st.characters(codec="utf-8", exclude_characters="\t\n"), min_size=1, max_size=60).filter(
    lambda title: title.strip() and title != r"\N"
)


@given(st.lists(title_text, min_size=1, max_size=8))
@example(["$", "???", "The Matrix", "Amélie"])
@settings(max_examples=40, deadline=None)
def test_every_title_is_found_by_its_own_name(titles: list[str]) -> None:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        write_dataset(folder, "title.basics", *(film(number, title) for number, title in enumerate(titles, start=1)))
        with index_of(folder) as index:
            for title in titles:
                found = queries.search(index, title)
                assert title in [hit.title for hit in found if isinstance(hit, queries.Title)]


@given(st.sets(st.integers(1, 999_999_999)), st.lists(st.integers(1, 999_999_999)))
@settings(deadline=None)
def test_an_id_set_holds_what_was_put_in_and_nothing_else(inside: set[int], others: Iterable[int]) -> None:
    ids = IdSet()
    for number in inside:
        ids.add(number)
    assert all(number in ids for number in inside)
    for number in others:
        assume(number not in inside)
        assert number not in ids
