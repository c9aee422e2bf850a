"""What a run survives: a damaged database, one that is unavailable for a moment or longer, clocks that are set back."""

import threading
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.exc import OperationalError
from support.backups import MakeCatalog, due, ran, rows, switch_on
from support.destinations import Shelf
from support.postgresql import ON_POSTGRESQL
from support.wall_clock import WallClock

from movietracker.backup.catalog import Catalog, journal, verification
from movietracker.backup.catalog.run import run_if_due
from movietracker.extensions import db
from movietracker.models import BACKUP_FILES, BACKUP_RUNS
from movietracker.services import people
from movietracker.services.accounts import Account
from movietracker.services.transactions import library_write

PAGE_BYTES = 4096
LEAF_OF_A_TABLE = 0x0D  # https://www.sqlite.org/fileformat2.html#b_tree_pages


@pytest.fixture
def two_users(saved: Account, ben: Account) -> tuple[Account, Account]:
    """Two with backups on, in the order in which a run takes them."""
    switch_on(ben)
    first, second = sorted([saved, ben], key=lambda account: account.id)
    return first, second


@pytest.mark.skipif(ON_POSTGRESQL, reason="this damages the SQLite file")
def test_a_database_that_is_damaged_where_one_library_is_gives_all_others_their_backups(
    catalog: Catalog, two_users: tuple[Account, Account], instance_path: Path, folder: Path
) -> None:
    first, second = two_users
    with library_write(first.id) as tx:
        people.add_people(tx, [{"name": f"Zebra {number:04} {'z' * 100}"} for number in range(300)])
    with db.engine.connect() as connection:
        connection.execute(text("PRAGMA wal_checkpoint(TRUNCATE)"))
    db.engine.dispose()
    damage_a_page_with(instance_path / "app.db", b"Zebra")

    report = ran(catalog)

    assert (report.status, report.users, report.failed_users) == ("partial", 2, 1)
    assert [(failure.user, failure.error) for failure in report.failures] == [
        (first.email, "The library could not be exported: DatabaseError.")
    ]
    assert [path.name for path in folder.iterdir()] == [second.id]


def damage_a_page_with(path: Path, word: bytes) -> None:
    """Overwrite the directory of a page that holds rows with this word and nothing else."""
    content = bytearray(path.read_bytes())
    for start in range(PAGE_BYTES, len(content), PAGE_BYTES):
        page = content[start : start + PAGE_BYTES]
        if page[0] == LEAF_OF_A_TABLE and page.count(word) > 10 and b"Google" not in page:
            content[start + 8 : start + 40] = b"\xff" * 32
            path.write_bytes(content)
            return
    raise AssertionError("there is no such page")


class TestADatabaseThatIsAway:
    @pytest.fixture
    def away(self, monkeypatch: pytest.MonkeyPatch) -> list[str]:
        """Ids of users; each export of one of them takes an id away and fails."""
        times: list[str] = []
        export = verification.export_document

        def torn(read: Any) -> Any:
            if read.user_id in times:
                times.remove(read.user_id)
                raise OperationalError("SELECT", None, Exception("the connection is lost"))
            return export(read)

        monkeypatch.setattr(verification, "export_document", torn)
        return times

    def test_for_a_moment_costs_no_user_their_backup(
        self, catalog: Catalog, two_users: tuple[Account, Account], away: list[str]
    ) -> None:
        away += [two_users[0].id]
        report = due(catalog)
        assert (report.status, report.users, away) == ("ok", 2, [])

    def test_for_longer_ends_the_run_which_is_resumed(
        self, catalog: Catalog, two_users: tuple[Account, Account], away: list[str], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        away += [two_users[1].id] * 2

        def refuse(made: Any) -> None:
            if any(each.error for each in made):
                raise OperationalError("INSERT", None, Exception("the connection is lost"))
            save(made)

        save = journal.save
        monkeypatch.setattr(journal, "save", refuse)
        with pytest.raises(OperationalError):
            run_if_due(catalog)
        assert [record.user_id for record in rows(BACKUP_FILES)] == [two_users[0].id]

        report = due(catalog)
        assert (report.status, report.users) == ("ok", 2)
        assert sorted(run.status for run in rows(BACKUP_RUNS)) == ["interrupted", "ok"]


def test_runs_from_before_the_clock_was_put_back_stand_for_none_of_today(
    make_catalog: MakeCatalog, saved: Account, wall_clock: WallClock
) -> None:
    shelf = Shelf()
    catalog = make_catalog(shelf)
    today = wall_clock.time
    wall_clock.time += 3650 * 86_400  # the clock was wrong by ten years, and is put right
    due(catalog)
    wall_clock.time = today
    due(catalog)
    assert run_if_due(catalog) is None
    wall_clock.time += 86_400
    due(catalog)
    assert len(shelf.files) == 3


def test_an_abandoned_run_does_not_count(make_catalog: MakeCatalog, saved: Account, wall_clock: WallClock) -> None:
    catalog = make_catalog(Shelf())
    stopped = threading.Event()
    stopped.set()
    run_if_due(catalog, stopped)
    earlier = make_catalog(
        Shelf(), schedule=type(catalog.schedule)((catalog.schedule.hour - 1) % 24, 0, catalog.schedule.zone)
    )
    wall_clock.time = catalog.schedule.last_due(wall_clock.time) + 60
    run_if_due(earlier, stopped)  # the run for the hour that was set before is given up, and so is this one
    assert sorted(run.status for run in rows(BACKUP_RUNS)) == ["interrupted", "running"]
    assert due(earlier).status == "ok"
