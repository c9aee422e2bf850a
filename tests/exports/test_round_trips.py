"""What importers read from our own exports is what the library holds, as far as the format can carry it."""

import itertools
import json
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC
from pathlib import Path

import pytest
from flask import Flask
from hypothesis import HealthCheck, given, settings
from movietracker_plugins.imdb.importer import ImdbImporter
from movietracker_plugins.letterboxd.importer import LetterboxdImporter
from movietracker_plugins.trakt.importer import TraktImporter
from support.client import Client
from support.exports import files_in, written
from support.libraries import LIBRARIES, MadeLibrary
from support.uploads import rows_of

from movietracker.exports.cells import whole_rating
from movietracker.exports.library import ExportedLibrary, ExportedTitle
from movietracker.plugin.importers import Importer, ImportRow
from movietracker.schemas.dates import DAY_SECONDS
from movietracker.services.accounts import Account
from movietracker.services.transactions import library_read

pytestmark = pytest.mark.each_database

small_libraries = settings(
    max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)
_NUMBERS = itertools.count()

Account_ = Callable[[str], Account]
Read = tuple[list[ImportRow], list[ExportedTitle]]


@contextmanager
def read_again(
    app: Flask, account: Account_, made: MadeLibrary, importer: Importer, folder: Path, name: str | None = None
) -> Iterator[Read]:
    """The rows of an export of a library, in the format of the importer's name, and the titles of it."""
    with app.app_context():
        user = account(f"user{next(_NUMBERS)}")
        made.build(user)
        content, _ = written(user, name or importer.name, folder)
        files = _tables(content) if content.startswith(b"PK") else {"trakt.csv": content}
        with library_read(user.id) as read:
            yield rows_of(importer, dict(files)), list(ExportedLibrary(read, UTC).titles())


def _tables(archive: bytes) -> dict[str, bytes]:
    return {name: content for name, content in files_in(archive).items() if name.endswith(".csv")}


def ids(rows: list[ImportRow], status: str) -> set[str | None]:
    return {row.imdb_id for row in rows if row.status == status}


@given(LIBRARIES)
@small_libraries
def test_letterboxds_files_give_the_same_films_viewings_ratings_and_watchlist(
    app: Flask, make_account: Account_, tmp_path: Path, made: MadeLibrary
) -> None:
    with read_again(app, make_account, made, LetterboxdImporter(), tmp_path) as (rows, titles):
        films = [title for title in titles if title.is_film]
        assert ids(rows, "watched") == {title.imdb_id for title in films if title.is_watched}
        assert ids(rows, "toWatch") == {title.imdb_id for title in films if title.status == "toWatch"}
        assert {row.imdb_id for row in rows if row.list_place} == {title.imdb_id for title in films if title.list_id}
        assert Counter((row.imdb_id, row.watched_on) for row in rows if row.is_viewing) == Counter(
            (title.imdb_id, day) for title in films for viewing in title.viewings if (day := viewing.day(UTC))
        )
        for title in films:
            said = [row.viewing_rating or row.rating for row in rows if row.imdb_id == title.imdb_id]
            if title.is_watched and title.rating is not None:
                assert [rating for rating in said if rating][-1] == whole_rating(title.rating)


@given(LIBRARIES)
@small_libraries
def test_imdbs_files_give_the_same_ratings_watchlist_and_lists(
    app: Flask, make_account: Account_, tmp_path: Path, made: MadeLibrary
) -> None:
    with read_again(app, make_account, made, ImdbImporter(), tmp_path) as (rows, titles):
        assert {row.imdb_id: row.rating for row in rows if row.rating} == {
            title.imdb_id: whole_rating(title.rating) for title in titles if title.rating
        }
        assert ids(rows, "toWatch") == {title.imdb_id for title in titles if title.status == "toWatch"}
        assert {row.imdb_id for row in rows if row.list_place} == {title.imdb_id for title in titles if title.list_id}
        kinds = {title.imdb_id: title.media_type for title in titles}
        assert all(row.kind == kinds[row.imdb_id or ""] for row in rows)
        assert not [row for row in rows if row.needs_review]


@pytest.mark.parametrize("name", ["trakt", "trakt-import"])
@given(made=LIBRARIES)
@small_libraries
def test_trakts_file_gives_the_same_titles_viewings_ratings_and_watchlist(
    app: Flask, make_account: Account_, tmp_path: Path, made: MadeLibrary, name: str
) -> None:
    with read_again(app, make_account, made, TraktImporter(), tmp_path, name) as (rows, titles):
        watched = {title.imdb_id for title in titles if title.is_watched}
        assert {row.imdb_id for row in rows if row.is_viewing} == watched
        assert ids(rows, "toWatch") == {title.imdb_id for title in titles if title.status == "toWatch"}
        assert {row.imdb_id: row.rating for row in rows if row.rating} == {
            title.imdb_id: whole_rating(title.rating) for title in titles if title.rating
        }
        assert Counter((row.imdb_id, row.watched_at) for row in rows if row.watched_at is not None) == Counter(
            (title.imdb_id, float(int(moment)))
            for title in titles
            for viewing in title.viewings
            if (moment := viewing.time()) is not None and int(moment) % DAY_SECONDS  # midnight is read as a day alone
        )
        kinds = {title.imdb_id: title.media_type for title in titles}
        assert all(row.kind == kinds[row.imdb_id or ""] for row in rows)


def test_imdbs_watchlist_gives_the_recommenders(
    client: Client, add: Callable[..., str], export: Callable[[str], tuple[bytes, object]]
) -> None:
    add(1, by="Mum")
    add(1, by="Uncle Bob")
    (row,) = rows_of(ImdbImporter(), dict(_tables(export("imdb")[0])))
    assert {each.name for each in row.recommended_by} == {"Mum", "Uncle Bob"}


def test_the_import_command_recognizes_an_archive_for_letterboxd(
    app: Flask, client: Client, add: Callable[..., str], watch: Callable[..., None], anna: Account, tmp_path: Path
) -> None:
    run = app.test_cli_runner().invoke
    film = add(1, {"tmdbId": 949, "title": "=Heat", "year": "1995"})
    watch(film, watched_on="2024-01-02", rating=8, note="-great")
    watch(film, watched_on="2024-01-02", rating=9)
    add(2)
    assert run(args=("export", "anna", "--format", "letterboxd", "-o", str(tmp_path / "x.zip"))).exit_code == 0
    result = run(args=("import", str(tmp_path / "x.zip"), "--user", "anna", "--dry-run", "--json"))
    assert result.exit_code == 0, result.output
    found = json.loads(result.stdout)
    assert found["format"] == "letterboxd"
    assert {name: count for name, count in found["counts"].items() if count} == {
        **{"titles": 2, "viewings": 2, "ratings": 1, "watchlist": 1, "reviews": 1},
    }
