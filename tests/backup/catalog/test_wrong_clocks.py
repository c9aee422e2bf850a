"""A clock that was wrong for a while costs no backup that was there."""

from collections.abc import Callable

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from support.backups import MakeCatalog, due, ran
from support.destinations import Full
from support.wall_clock import WallClock

from movietracker.backup.catalog import Catalog
from movietracker.backup.catalog.journal import Target
from movietracker.backup.catalog.retention import prune_all
from movietracker.backup.catalog.run import run_if_due, run_now
from movietracker.backup.catalog.verification import verify
from movietracker.extensions import db
from movietracker.models import BACKUP_FILES, BACKUP_RUNS
from movietracker.services import accounts
from movietracker.services.accounts import Account, set_backup_enabled

DAY = 86_400.0
EARLIEST, LATEST = 10 * DAY, 60_000 * DAY

MOVES = st.one_of(st.just(1.0), st.sampled_from([0.0, 0.3, 40.0, 400.0, -1.0, -400.0, -3650.0]), st.floats(-9e3, 9e3))
"""By how many days the clock moves until a run."""

whatever_happens = settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])


@pytest.fixture
def shelf() -> Full:
    return Full(refused=set())


@pytest.fixture
def begin(make_catalog: MakeCatalog, shelf: Full, wall_clock: WallClock) -> Callable[[int], Catalog]:
    """Makes a catalog with so many days of retention, and nothing that ever happened."""
    today = wall_clock.time

    def forget_everything(days: int) -> Catalog:
        wall_clock.time = today
        shelf.files.clear()
        with db.engine.begin() as connection:
            connection.execute(BACKUP_FILES.delete())
            connection.execute(BACKUP_RUNS.delete())
        return make_catalog(shelf, retention_seconds=days * DAY)

    return forget_everything


def move(wall_clock: WallClock, days: float) -> None:
    wall_clock.time = min(max(wall_clock.time + days * DAY, EARLIEST), LATEST)


def nights(catalog: Catalog, wall_clock: WallClock, count: int) -> None:
    for _ in range(count):
        wall_clock.time += DAY
        due(catalog)


@given(st.integers(1, 4), st.lists(st.tuples(MOVES, st.booleans(), st.booleans()), max_size=10))
@example(1, [(1.0, True, False)] * 3)
@example(2, [(1.0, True, False), *[(1.0, True, True)] * 5, (1.0, True, False)])
@whatever_happens
@pytest.mark.slow
def test_whatever_the_clock_does_a_run_leaves_a_backup_that_was_good_before_it(
    begin: Callable[[int], Catalog],
    wall_clock: WallClock,
    shelf: Full,
    saved: Account,
    days: int,
    runs: list[tuple[float, bool, bool]],
) -> None:
    catalog = begin(days)
    for moved, is_nightly, is_full in runs:
        move(wall_clock, moved)
        shelf.refused = {saved.id} if is_full else set()
        before = dict(shelf.files)
        (run_if_due if is_nightly else run_now)(catalog)
        assert not before or before.items() & shelf.files.items()


@given(st.integers(1, 4), st.lists(MOVES, max_size=10))
@example(3, [1.0, 1.0, 1.0, 1.0, 400.0, -400.0, 1.0])
@whatever_happens
@pytest.mark.slow
def test_whatever_the_clock_does_the_backups_of_the_latest_days_with_a_run_stay(
    begin: Callable[[int], Catalog], wall_clock: WallClock, shelf: Full, saved: Account, days: int, runs: list[float]
) -> None:
    catalog, with_run = begin(days), set()
    for moved in runs:
        move(wall_clock, moved)
        run_now(catalog)
        with_run |= {name[:10] for _, name in shelf.files}
        assert {name[:10] for _, name in shelf.files} >= set(sorted(with_run)[-days:])


def test_a_clock_that_is_ahead_once_costs_nobody_a_backup(
    begin: Callable[[int], Catalog], wall_clock: WallClock, shelf: Full, saved: Account, ben: Account
) -> None:
    catalog = begin(14)
    set_backup_enabled(ben.id, True)
    nights(catalog, wall_clock, 5)
    set_backup_enabled(ben.id, False)
    before, today = set(shelf.files), wall_clock.time
    for _ in range(2):  # Anna is backed up, Ben is not, and then his account is deleted
        wall_clock.time += 400 * DAY
        due(catalog)
        assert list(prune_all(catalog, catalog.ready())) == []
        assert before < set(shelf.files)
        if wall_clock.time < today + 500 * DAY:
            accounts.delete_account(ben.id)

    wall_clock.time = today
    nights(catalog, wall_clock, 20)
    kept = sorted(name[:10] for _, name in shelf.files)
    days = [f"{catalog.schedule.local(today + day * DAY):%Y-%m-%d}" for day in (*range(6, 21), 400, 800)]
    assert kept == days, "and then they go as they always do"


def newest_beside_one_from_the_future(catalog: Catalog, wall_clock: WallClock, shelf: Full) -> str:
    """The newest file of three nights after one under a clock that was ahead."""
    today = wall_clock.time
    wall_clock.time += 400 * DAY
    due(catalog)
    wall_clock.time = today
    nights(catalog, wall_clock, 3)
    return sorted(name for _, name in shelf.files)[-2]


def test_a_backup_from_the_future_is_not_the_last_good_one(
    begin: Callable[[int], Catalog], wall_clock: WallClock, shelf: Full, saved: Account
) -> None:
    catalog = begin(2)
    newest = newest_beside_one_from_the_future(catalog, wall_clock, shelf)
    set_backup_enabled(saved.id, False)
    nights(catalog, wall_clock, 10)
    assert newest in {name for _, name in shelf.files}


def test_a_backup_from_the_future_is_not_the_newest_to_be_verified(
    begin: Callable[[int], Catalog], wall_clock: WallClock, shelf: Full, saved: Account
) -> None:
    catalog = begin(14)
    newest = newest_beside_one_from_the_future(catalog, wall_clock, shelf)
    shelf.files[saved.id, newest] = (b"{", wall_clock.time)
    (checked,) = verify(catalog, catalog.ready(), Target(saved.id, saved.email), everything=False)
    assert (checked.filename, checked.error is None) == (newest, False)


def test_a_machine_that_was_off_for_months_keeps_its_backups_until_it_has_new_ones(
    begin: Callable[[int], Catalog], wall_clock: WallClock, shelf: Full, saved: Account
) -> None:
    catalog = begin(3)
    nights(catalog, wall_clock, 3)
    old = set(shelf.files)
    wall_clock.time += 200 * DAY
    for left in (2, 1, 0):
        ran(catalog)
        assert len(old & set(shelf.files)) == left
        wall_clock.time += DAY
