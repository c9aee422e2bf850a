"""What is forgotten after 180 days, and what clients are told of a restored database."""

import pytest
from flask import Flask
from sqlalchemy import func, select
from support.client import Client, client_of
from support.wall_clock import WallClock

from movietracker.extensions import db
from movietracker.models.library import ActionRecord, LedgerEntry, PersonName, Tombstone
from movietracker.services.accounts import Account
from movietracker.sync.upkeep import collect, collect_all, mark_restored

from .restoring import Backup
from .wire import ALIEN, HEAT, MATRIX, Wire, action, statuses, told

DAY = 86_400
HORIZON = 180 * DAY

REMEMBERED = {"ledger": LedgerEntry, "tombstones": Tombstone, "actions": ActionRecord, "names": PersonName}


def counts(app: Flask, user: Account) -> dict[str, int]:
    """How many rows of each kind of memory there are."""
    with app.app_context(), db.engine.connect() as connection:
        return {
            name: connection.execute(
                select(func.count()).select_from(model.__table__).where(model.__table__.c.user_id == user.id)
            ).scalar_one()
            for name, model in REMEMBERED.items()
        }


def collected(app: Flask, user: Account) -> int:
    with app.app_context():
        return collect(user.id)


def code_of(wire: Wire, cursor: str) -> tuple[int, str | None, str | None]:
    """Status, code and policy of a pull by this cursor."""
    answer = wire.get(cursor=cursor)
    return answer.status_code, answer.json.get("code"), answer.json.get("policy")


def test_what_is_older_than_the_horizon_is_forgotten_and_the_rest_is_not(
    app: Flask, anna: Account, wire: Wire, clock: WallClock
) -> None:
    wire.push(told(action("addPerson", name="Old"), id="old"))
    wire.do("deletePerson", name="Old")
    clock.time += HORIZON - 10
    wire.push(told(action("addPerson", name="New"), id="new"))
    wire.do("deletePerson", name="New")
    before = counts(app, anna)
    assert collected(app, anna) == 0
    clock.time += 20
    assert collected(app, anna) > 0
    after = counts(app, anna)
    assert (before["tombstones"], after["tombstones"]) == (2, 1)
    assert (before["actions"], after["actions"]) == (2, 1)
    assert (before["names"], after["names"]) == (6, 5)
    assert after["ledger"] == before["ledger"] - 2  # the account's and the addition's; the deletion's is the floor
    assert collected(app, anna) == 0


def test_a_cursor_lives_180_days(wire: Wire, clock: WallClock) -> None:
    cursor = wire.cursor()
    wire.do("addMovie", imdb_id=MATRIX)
    clock.time += HORIZON
    assert set(wire.pull(cursor).movies) == {MATRIX}
    clock.time += 1
    assert code_of(wire, cursor) == (410, "cursor_expired", "apply_server")
    push = wire.post({"actions": [action("addMovie", imdb_id=HEAT)], "cursor": cursor})
    assert (push.status_code, push.json["code"]) == (410, "cursor_expired")
    assert set(wire.pull().movies) == {MATRIX}


def test_the_horizon_can_be_set(app: Flask, wire: Wire, clock: WallClock, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(app.config, "SYNC_HORIZON_DAYS", 7)
    cursor = wire.cursor()
    wire.do("addMovie", imdb_id=MATRIX)
    clock.time += 7 * DAY
    assert set(wire.pull(cursor).movies) == {MATRIX}
    clock.time += 1
    assert code_of(wire, cursor) == (410, "cursor_expired", "apply_server")


@pytest.mark.parametrize("is_collected", [False, True])
def test_who_was_away_beyond_the_horizon_starts_over_and_has_no_deleted_record_left(
    app: Flask, anna: Account, wire: Wire, clock: WallClock, is_collected: bool
) -> None:
    wire.do("addPerson", name="Anna")
    away = wire.pull()
    wire.do("deletePerson", name="Anna")
    clock.time += HORIZON + DAY
    wire.do("addMovie", imdb_id=MATRIX)
    if is_collected:
        collected(app, anna)
    assert code_of(wire, away.cursor)[1] == "cursor_expired"
    by_time = wire.since(away.timestamp)
    assert by_time.full_sync
    away.merge(by_time.pages[0])
    assert away.names() == set()


def test_a_first_pull_starts_over_after_a_collection(app: Flask, anna: Account, wire: Wire, clock: WallClock) -> None:
    wire.do("addPerson", name="Anna")
    wire.do("addMovie", imdb_id=MATRIX)
    first = wire.page(limit=5)
    assert "Anna" in [person["name"] for person in first["people"]]
    wire.do("deletePerson", name="Anna")
    clock.time += HORIZON + DAY
    wire.do("addMovie", imdb_id=HEAT)
    collected(app, anna)
    assert code_of(wire, first["cursor"])[1] == "cursor_expired"


def test_a_first_pull_that_began_after_the_floor_is_not_disturbed_by_a_collection(
    app: Flask, anna: Account, wire: Wire, clock: WallClock
) -> None:
    wire.do("addPerson", name="Anna")
    wire.do("deletePerson", name="Anna")
    clock.time += HORIZON + DAY
    wire.do("addMovie", imdb_id=MATRIX)
    first = wire.page(limit=2)
    assert collected(app, anna) > 0
    rest = wire.pull(first["cursor"], limit=2)
    assert set(rest.movies) == {MATRIX}


def test_the_cursor_at_the_floor_survives_a_collection(app: Flask, anna: Account, wire: Wire, clock: WallClock) -> None:
    wire.do("addMovie", imdb_id=MATRIX)
    pulled = wire.pull()
    clock.time += HORIZON + DAY
    wire.do("addMovie", imdb_id=HEAT)
    assert collected(app, anna) > 0
    assert set(wire.pull(pulled.cursor).movies) == {HEAT}
    by_time = wire.since(pulled.timestamp)
    assert (set(by_time.movies), by_time.full_sync) == ({HEAT}, False)


def test_a_collection_touches_no_record_and_uses_no_number(
    app: Flask, anna: Account, wire: Wire, clock: WallClock
) -> None:
    wire.do("addRecommendation", imdb_id=MATRIX, person_name="Anna")
    wire.do("updatePerson", name="Anna", new_name="Anne")
    clock.time += HORIZON + DAY
    before = wire.pull()
    collected(app, anna)
    after = wire.pull()
    assert after.cursor == before.cursor
    assert (after.movies, after.people) == (before.movies, before.people)


def test_names_still_borne_are_not_forgotten(app: Flask, anna: Account, wire: Wire, clock: WallClock) -> None:
    wire.do("addPerson", name="Anna")
    clock.time += HORIZON + DAY
    wire.do("addMovie", imdb_id=MATRIX)
    collected(app, anna)
    cursor = wire.cursor()
    wire.do("updatePerson", name="Anna", new_name="Anne")
    wire.push(action("addRecommendation", imdb_id=MATRIX, person_name="Anna"), cursor=cursor)
    assert wire.pull().names() == {"Anne"}


def test_an_action_id_is_known_for_180_days(app: Flask, anna: Account, wire: Wire, clock: WallClock) -> None:
    item = told(action("addPerson", name="Anna"), id="one")
    wire.push(item)
    clock.time += HORIZON - 1
    collected(app, anna)
    assert wire.push(item)[0]["replayed"]
    clock.time += 2
    collected(app, anna)
    assert not wire.push(item)[0]["replayed"]


def test_all_libraries_are_collected_that_have_something_to_forget(
    app: Flask, anna: Account, ben: Account, wire: Wire, bens_wire: Wire, clock: WallClock
) -> None:
    for each in (wire, bens_wire):
        each.do("addPerson", name="Old")
        each.do("deletePerson", name="Old")
    clock.time += HORIZON + DAY
    with app.app_context():
        assert collect_all() > 0
        assert collect_all() == 0
    assert counts(app, anna)["tombstones"] == counts(app, ben)["tombstones"] == 0


def test_a_collection_of_one_library_leaves_the_others(
    app: Flask, anna: Account, ben: Account, wire: Wire, bens_wire: Wire, clock: WallClock
) -> None:
    for each in (wire, bens_wire):
        each.push(told(action("addPerson", name="Old"), id="old"))
        each.do("deletePerson", name="Old")
    before = counts(app, ben)
    clock.time += HORIZON + DAY
    collected(app, anna)
    assert counts(app, ben) == before


# After a restore


def restored(app: Flask) -> None:
    with app.app_context():
        mark_restored()


def test_after_the_mark_a_client_that_pulls_by_time_starts_over_once(app: Flask, wire: Wire, clock: WallClock) -> None:
    wire.do("addMovie", imdb_id=MATRIX)
    kept = wire.since()
    backup = Backup(app)
    clock.time += 10
    wire.do("addMovie", imdb_id=HEAT)
    wire.do("addPerson", name="Lost")
    store = wire.since()
    clock.time += 10
    backup.restore()
    restored(app)
    wire.do("addMovie", imdb_id=ALIEN)
    pulled = wire.since(store.timestamp)
    assert pulled.full_sync
    store.merge(pulled.pages[0])
    assert set(store.movies) == {MATRIX, ALIEN}
    assert store.names() == set()
    assert not wire.since(pulled.timestamp).full_sync
    assert wire.since(kept.timestamp).full_sync  # also who had not seen what was lost


def test_the_mark_is_seen_though_the_servers_clock_was_behind(app: Flask, wire: Wire, clock: WallClock) -> None:
    wire.do("addMovie", imdb_id=MATRIX)
    clock.time -= DAY
    backup = Backup(app)
    wire.do("addMovie", imdb_id=HEAT)
    lost = wire.since()
    backup.restore()
    restored(app)
    assert wire.since(lost.timestamp).full_sync


def test_a_client_with_a_clock_of_its_own_starts_over_too(app: Flask, wire: Wire, clock: WallClock) -> None:
    backup = Backup(app)
    wire.do("addMovie", imdb_id=HEAT)
    clock.time += 100
    ahead = clock.time + 200  # what a client calls now
    clock.time += 10
    backup.restore()
    restored(app)
    clock.time += 1000
    assert wire.since(ahead).full_sync
    assert not wire.since(clock.time).full_sync


def test_after_the_mark_no_id_is_given_that_somebody_had_whom_the_server_forgot(app: Flask, wire: Wire) -> None:
    backup = Backup(app)
    wire.do("addPerson", name="Lost")
    lost = wire.person("Lost")["id"]
    backup.restore()
    restored(app)
    wire.do("addPerson", name="New")
    queued = action("deletePerson", id=lost)
    assert statuses(wire.push(queued)) == ["rejected"]
    assert wire.pull().names() == {"New"}


def test_cursors_of_what_was_kept_go_on_after_the_mark(app: Flask, wire: Wire) -> None:
    wire.do("addMovie", imdb_id=MATRIX)
    cursor = wire.cursor()
    backup = Backup(app)
    wire.do("addMovie", imdb_id=HEAT)
    lost = wire.cursor()
    backup.restore()
    restored(app)
    assert wire.pull(cursor).is_empty
    assert code_of(wire, lost) == (410, "history_diverged", "upload_differences")


def test_a_pull_by_time_in_pages_starts_over_after_a_restore(app: Flask, wire: Wire, clock: WallClock) -> None:
    wire.add(MATRIX, HEAT)
    backup = Backup(app)
    wire.do("addPerson", name="Lost")
    wire.do("addMovie", imdb_id=ALIEN)
    since, store = wire.since().timestamp, wire.since()
    clock.time += 10
    for person in ("Lost Too", "And Lost"):
        wire.do("addPerson", name=person)
    first = wire.get(since=repr(since), limit=1).json
    store.merge(first)
    backup.restore()
    restored(app)
    offset, pages = first["next_offset"], []
    while offset is not None:
        pages.append(wire.get(since=repr(since), limit=2, offset=offset).json)
        store.merge(pages[-1])
        offset = pages[-1]["next_offset"]
    assert all(page["full_sync"] for page in pages)
    assert set(store.movies) == {MATRIX, HEAT}
    assert store.names() == set()


def test_a_tag_of_what_was_lost_is_not_taken_for_what_is_there(
    app: Flask, anna: Account, wire: Wire, client: Client, clock: WallClock
) -> None:
    wire.do("addMovie", imdb_id=MATRIX)
    clock.time -= DAY  # times are counted up from the last one, so that they repeat after the restore
    backup = Backup(app)
    wire.do("addMovie", imdb_id=HEAT)
    tags = {path: client.get(path).headers["ETag"] for path in ("/api/movies", "/api/sync")}
    backup.restore()
    wire.do("addMovie", imdb_id=ALIEN)
    for path, tag in tags.items():
        assert client_of(app, anna).get(path, headers={"If-None-Match": tag}).status_code == 200, path


def test_an_action_of_the_lost_history_is_done_again(app: Flask, wire: Wire) -> None:
    item = told(action("addPerson", name="Anna"), id="one")
    backup = Backup(app)
    wire.push(item)
    backup.restore()
    assert statuses(wire.push(item)) == ["applied"]
    assert wire.pull().names() == {"Anna"}
