"""Which backups are removed, and which never."""

import os
from collections.abc import Callable
from pathlib import Path

import pytest
from support.backups import MakeCatalog, due, rows, switch_on
from support.destinations import Shelf
from support.library import add_stubs, imdb_ids
from support.wall_clock import WallClock

from movietracker.backup.catalog import Catalog
from movietracker.backup.catalog.journal import Target
from movietracker.backup.catalog.retention import prune_all
from movietracker.backup.catalog.run import run_now
from movietracker.backup.catalog.verification import verify
from movietracker.models import BACKUP_FILES
from movietracker.services import accounts
from movietracker.services.accounts import Account, set_backup_enabled

DAY = 86_400.0


@pytest.fixture
def shelf() -> Shelf:
    return Shelf()


@pytest.fixture
def catalog(make_catalog: MakeCatalog, shelf: Shelf) -> Catalog:
    return make_catalog(shelf, retention_seconds=3.5 * DAY)


@pytest.fixture
def nights(catalog: Catalog, wall_clock: WallClock) -> Callable[[int], None]:
    """Lets so many nights go by, each with its run."""

    def go_by(count: int) -> None:
        for _ in range(count):
            wall_clock.time += DAY
            due(catalog)

    return go_by


def names(shelf: Shelf, user_id: str | None = None) -> list[str]:
    return sorted(name for user, name in shelf.files if user_id in (None, user))


def removed(catalog: Catalog) -> list[str]:
    return [name for pruned in prune_all(catalog, catalog.ready()) for name in pruned.removed]


def test_old_files_go_with_what_is_known_of_them(nights: Callable[[int], None], shelf: Shelf, saved: Account) -> None:
    nights(10)
    assert len(names(shelf)) == 4
    assert len(rows(BACKUP_FILES)) == 4
    newest = sorted(name for _, name in shelf.writes)[-4:]
    assert names(shelf) == newest


def test_the_last_good_one_stays_however_old_it_is(
    nights: Callable[[int], None], catalog: Catalog, shelf: Shelf, saved: Account, wall_clock: WallClock
) -> None:
    nights(2)
    good = names(shelf)[-1]
    set_backup_enabled(saved.id, False)
    nights(30)
    assert names(shelf) == [good]
    assert removed(catalog) == []


def test_no_good_file_is_removed_while_new_ones_fail(
    nights: Callable[[int], None], catalog: Catalog, shelf: Shelf, saved: Account, monkeypatch: pytest.MonkeyPatch
) -> None:
    nights(1)
    good = names(shelf)
    real = Shelf.write

    def torn(self: Shelf, user_id: str, name: str, content: object) -> None:
        real(self, user_id, name, content)  # type: ignore[arg-type]
        self.files[user_id, name] = (b"{", self.files[user_id, name][1])

    monkeypatch.setattr(Shelf, "write", torn)
    nights(10)
    assert names(shelf)[0] == good[0]
    assert shelf.files[saved.id, good[0]][0].startswith(b'{"version":2')


def test_a_newer_file_that_was_damaged_since_does_not_count_as_the_last_good_one(
    nights: Callable[[int], None], catalog: Catalog, shelf: Shelf, saved: Account, wall_clock: WallClock
) -> None:
    nights(2)
    older, newer = names(shelf)
    data, at = shelf.files[saved.id, newer]
    shelf.files[saved.id, newer] = (data[:-3] + b"xxx", at)
    set_backup_enabled(saved.id, False)
    nights(10)
    assert older in names(shelf)


def test_a_damage_that_verify_found_is_remembered(
    nights: Callable[[int], None], catalog: Catalog, shelf: Shelf, saved: Account
) -> None:
    nights(1)
    (name,) = names(shelf)
    data, at = shelf.files[saved.id, name]
    shelf.files[saved.id, name] = (b"x" + data[1:], at)
    (checked,) = verify(catalog, catalog.ready(), Target(saved.id, saved.email), everything=True)
    assert checked.error is not None
    assert [record.verified for record in rows(BACKUP_FILES)] == [False]


def test_a_file_that_we_did_not_write_stays(
    nights: Callable[[int], None], shelf: Shelf, saved: Account, wall_clock: WallClock
) -> None:
    for name in ("2001-01-01.json", "2001-01-01.json.enc"):
        shelf.files[saved.id, name] = (b"another program's", 0.0)
    nights(10)
    assert names(shelf)[:2] == ["2001-01-01.json", "2001-01-01.json.enc"]
    assert len(names(shelf)) == 6


def test_a_file_replaced_by_a_foreign_one_stays(nights: Callable[[int], None], shelf: Shelf, saved: Account) -> None:
    nights(1)
    (name,) = names(shelf)
    shelf.files[saved.id, name] = (b"notes", 0.0)
    nights(10)
    assert name in names(shelf)


def test_a_file_that_is_gone_already_is_forgotten(nights: Callable[[int], None], shelf: Shelf, saved: Account) -> None:
    nights(1)
    shelf.files.clear()
    nights(10)
    assert len(rows(BACKUP_FILES)) == 4


def test_of_a_deleted_account_nothing_is_kept(
    nights: Callable[[int], None], shelf: Shelf, saved: Account, ben: Account
) -> None:
    switch_on(ben)
    nights(2)
    accounts.delete_account(saved.id)
    nights(1)
    assert names(shelf, saved.id), "for BACKUP_RETENTION_DAYS the deletion can be undone from them"
    nights(10)
    assert names(shelf, saved.id) == []
    assert len(names(shelf, ben.id)) == 4


def test_users_keep_their_own_last_good_one(
    nights: Callable[[int], None], shelf: Shelf, saved: Account, ben: Account
) -> None:
    switch_on(ben)
    nights(1)
    set_backup_enabled(ben.id, False)
    nights(10)
    assert len(names(shelf, ben.id)) == 1
    assert len(names(shelf, saved.id)) == 4


def test_a_destination_that_cannot_remove_is_told_of_and_no_failure_of_the_run(
    nights: Callable[[int], None], catalog: Catalog, shelf: Shelf, saved: Account, caplog: pytest.LogCaptureFixture
) -> None:
    def refuse(user_id: str, name: str) -> None:
        raise PermissionError(13, "Permission denied", "/mnt/secret")

    shelf.delete = refuse  # type: ignore[method-assign]
    nights(5)
    assert "cannot be removed: shelf: Permission denied" in caplog.text
    assert "secret" not in caplog.text
    pruned = list(prune_all(catalog, catalog.ready()))
    assert [(each.user, each.error) for each in pruned] == [("anna@example.com", "shelf: Permission denied.")]


def test_local_files_are_removed_by_what_is_recorded_and_not_by_their_times(
    make_catalog: MakeCatalog, saved: Account, folder: Path, wall_clock: WallClock
) -> None:
    catalog = make_catalog(retention_seconds=3 * DAY)
    run_now(catalog)
    (path,) = (folder / saved.id).iterdir()
    os.utime(path, (0, 0))
    wall_clock.time += DAY
    add_stubs(saved, imdb_ids(1))
    for is_kept in (True, True, True, False):
        run_now(catalog)
        assert path.exists() is is_kept
        wall_clock.time += DAY
