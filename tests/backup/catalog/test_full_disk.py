"""A disk that is really full."""

import io
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import replace
from functools import partial
from pathlib import Path

import pytest
from support import disks
from support.applications import MakeApp
from support.backups import due, ran, switch_on
from support.destinations import Shelf
from support.library import add_stubs, imdb_ids
from support.wall_clock import WallClock

from movietracker.backup.catalog import Catalog
from movietracker.backup.catalog.restore import list_backups, write_safety_backup
from movietracker.backup.catalog.run import Failure, run_if_due
from movietracker.backup.document.importing import import_document
from movietracker.errors import DestinationFailed
from movietracker.services.accounts import Account
from movietracker.services.movies.reading import ids_of_titles
from movietracker.services.transactions import library_read
from movietracker.state import state

DAY = 86_400.0


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of 64 KiB."""
    if reason := disks.missing():
        pytest.skip(reason)
    disk = tmp_path / "small"
    disk.mkdir()
    with disks.small_disk(disk, "64k"):
        yield disk


@pytest.fixture
def catalog(make_app: MakeApp, small_disk: Path) -> Iterator[Catalog]:
    with make_app(BACKUP_LOCAL_PATH=str(small_disk / "backups")).app_context():
        yield state().backups


def test_the_old_file_stays_and_the_run_says_which_user_failed(
    catalog: Catalog, saved: Account, ben: Account, small_disk: Path
) -> None:
    switch_on(ben)
    ran(catalog)
    before = {path: path.read_bytes() for path in small_disk.rglob("*.json")}
    assert len(before) == 2
    add_stubs(saved, imdb_ids(1000))  # about 200 KiB as a document

    report = ran(catalog)

    assert (report.status, report.failed_users) == ("partial", 1)
    assert report.failures == [Failure("anna@example.com", "local", "local: No space left on device.")]
    (path,) = (path for path in before if path.parent.name == saved.id)
    assert path.read_bytes() == before[path]
    assert [each.name for each in path.parent.iterdir()] == [path.name], "no part file that fills the disk"
    (backup,) = list_backups(catalog.ready(), saved.id)
    with catalog.open_backup(catalog.ready()[0], saved.id, backup.filename) as document:
        assert document.size == len(before[path])


class TestWithoutRoomForTemporaryFiles:
    """The disk of the instance folder is full; the destination has room."""

    @pytest.fixture
    def shelf(self) -> Shelf:
        return Shelf()

    @pytest.fixture
    def cramped(self, catalog: Catalog, shelf: Shelf, small_disk: Path) -> Catalog:
        """A catalog that writes temporary files to a disk without room."""
        with suppress(OSError), (small_disk / "fill").open("wb", buffering=0) as file:
            while file.write(bytes(4096)):
                pass
        return replace(catalog, chosen=(shelf,), folder=small_disk)

    def test_a_night_ends_and_says_so_although_old_files_cannot_be_looked_at(
        self, catalog: Catalog, cramped: Catalog, shelf: Shelf, saved: Account, wall_clock: WallClock, tmp_path: Path
    ) -> None:
        with_room = replace(cramped, folder=tmp_path)
        for _ in range(2):
            due(with_room)
            wall_clock.time += DAY
        before = dict(shelf.files)
        wall_clock.time += 20 * DAY

        report = due(cramped)

        assert (report.status, report.users, report.failed_users) == ("failed", 1, 1)
        assert report.failures[0].error == "The temporary file could not be written: No space left on device."
        assert shelf.files == before
        assert run_if_due(cramped) is None, "it is not begun again and again"

    def test_nothing_is_replaced_without_a_safety_backup(self, cramped: Catalog, saved: Account) -> None:
        add_stubs(saved, imdb_ids(3))
        nothing = io.BytesIO(b'{"version":2,"movies":[],"people":[],"lists":[]}')
        with pytest.raises(DestinationFailed, match=r"^No safety backup could be written, .* No space left on device"):
            import_document(saved.id, nothing, mode="replace", safety_backup=partial(write_safety_backup, cramped))
        with library_read(saved.id) as read:
            assert len(list(ids_of_titles(read))) == 3
