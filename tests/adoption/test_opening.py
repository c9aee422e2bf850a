"""Files that cannot be read are refused in one sentence; those that can are left as they are."""

import os
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from support.originals import MATRIX, OriginalFile

from movietracker.adoption.opening import opened
from movietracker.errors import AdoptionRefused

from .conftest import Adopt


def titles(path: Path) -> list[str]:
    """The titles of a file as they are read."""
    with opened(path) as connection:
        return [row[0] for row in connection.execute("SELECT imdb_id FROM movies")]


def contents(folder: Path) -> dict[str, bytes]:
    """All files of a folder."""
    return {each.name: each.read_bytes() for each in folder.iterdir()}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder for an original file."""
    folder = tmp_path / "original"
    folder.mkdir()
    return folder


def test_a_missing_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(AdoptionRefused, match="There is no file"):
        titles(tmp_path / "nothing.db")
    assert not (tmp_path / "nothing.db").exists()


def test_a_folder_is_refused(tmp_path: Path) -> None:
    with pytest.raises(AdoptionRefused, match="is a folder"):
        titles(tmp_path)


def test_a_pipe_is_refused_rather_than_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "app.db")
    with pytest.raises(AdoptionRefused, match="is no regular file"):
        titles(tmp_path / "app.db")


@pytest.mark.parametrize("name", ["what? a #1 file%20.db", "ä b.db", "file:app.db?mode=rwc"])
def test_a_name_may_have_signs_that_mean_something_in_addresses(tmp_path: Path, name: str) -> None:
    OriginalFile(tmp_path / name).add("movies", imdb_id=MATRIX)
    assert titles(tmp_path / name) == [MATRIX]


@pytest.mark.parametrize(("content", "sentence"), [(b"", "is empty"), (b"PK\x03\x04" * 50, "is no SQLite database")])
def test_a_file_of_another_kind_is_refused(tmp_path: Path, content: bytes, sentence: str) -> None:
    (tmp_path / "app.db").write_bytes(content)
    with pytest.raises(AdoptionRefused, match=sentence):
        titles(tmp_path / "app.db")


@pytest.mark.parametrize("share", [0.01, 0.3, 0.9])
def test_a_truncated_file_is_refused(original: OriginalFile, share: float) -> None:
    original.run("CREATE TABLE filler AS SELECT randomblob(90000) AS bytes")
    whole = original.path.read_bytes()
    original.path.write_bytes(whole[: int(len(whole) * share)])
    with pytest.raises(AdoptionRefused, match=r"original\.db is damaged: .*\. Use a backup of it"):
        titles(original.path)


def test_a_file_whose_pages_are_overwritten_is_refused(original: OriginalFile) -> None:
    whole = original.path.read_bytes()
    original.path.write_bytes(whole[:4096] + b"\x55" * (len(whole) - 4096))
    with pytest.raises(AdoptionRefused, match=r"original\.db is damaged: .*\. Use a backup of it, or what this saves"):
        titles(original.path)


def test_a_locked_file_is_refused(original: OriginalFile) -> None:
    with closing(sqlite3.connect(original.path, isolation_level=None)) as other:
        other.execute("BEGIN EXCLUSIVE")
        with pytest.raises(AdoptionRefused, match="is locked by another program"):
            titles(original.path)


def test_what_is_in_the_log_only_is_read_and_the_log_stays(folder: Path) -> None:
    original = OriginalFile(folder / "app.db")
    with closing(sqlite3.connect(original.path)) as other:
        other.execute("PRAGMA journal_mode = WAL")
        other.execute("INSERT INTO movies (imdb_id) VALUES (?)", (MATRIX,))
        other.commit()
        before = contents(folder)
        assert before["app.db-wal"]
        assert titles(original.path) == [MATRIX]
        assert contents(folder) == before


def test_the_log_beside_the_file_is_read_through_a_link_to_it(folder: Path, tmp_path: Path) -> None:
    original = OriginalFile(folder / "app.db")
    (tmp_path / "link.db").symlink_to(original.path)
    with closing(sqlite3.connect(original.path)) as other:
        other.execute("PRAGMA journal_mode = WAL")
        other.execute("INSERT INTO movies (imdb_id) VALUES (?)", (MATRIX,))
        other.commit()
        assert titles(tmp_path / "link.db") == [MATRIX]


def test_a_file_in_wal_mode_without_a_log_gets_none(folder: Path) -> None:
    original = OriginalFile(folder / "app.db")
    original.run("PRAGMA journal_mode = WAL")
    before = contents(folder)
    assert titles(original.path) == []
    assert contents(folder) == before == {"app.db": before["app.db"]}


def test_a_transaction_that_a_crash_interrupted_is_not_read(folder: Path) -> None:
    original = OriginalFile(folder / "app.db")
    crashed = folder / "crashed.db"
    with closing(sqlite3.connect(original.path, isolation_level=None)) as other:
        other.execute("PRAGMA cache_size = 1")  # so that it spills into the file before the commit
        other.execute("BEGIN")
        for number in range(500):
            other.execute("INSERT INTO movies (imdb_id, tmdb_data) VALUES (?, ?)", (f"tt{number:07}", "x" * 2000))
        crashed.write_bytes(original.path.read_bytes())
        (folder / "crashed.db-journal").write_bytes((folder / "app.db-journal").read_bytes())
    before = contents(folder)
    assert titles(crashed) == []
    assert contents(folder) == before


def test_a_database_of_movietracker_itself_is_refused(
    migrated_database: Path, original: OriginalFile, adopt_file: Adopt
) -> None:
    original.path.write_bytes(migrated_database.read_bytes())
    with pytest.raises(AdoptionRefused, match="movietracker db copy"):
        adopt_file(original)


def test_a_database_of_another_program_is_refused(original: OriginalFile, adopt_file: Adopt) -> None:
    original.run("DROP TABLE movies")
    with pytest.raises(AdoptionRefused, match="it has no table of movies"):
        adopt_file(original)
