"""The change clock below the protocol: numbers, times, the ledger, tombstones, field changes, events, and its costs."""

import sqlite3
from collections.abc import Callable
from contextlib import suppress
from typing import Any

import orjson
import pytest
from flask import Flask
from sqlalchemy import event, select, text
from support.applications import MakeApp
from support.client import client_of
from support.library import imdb_ids
from support.postgresql import ON_POSTGRESQL
from support.shapes import assert_problem
from support.wall_clock import WallClock

from movietracker.clock import TICK, next_moment
from movietracker.database import connections
from movietracker.errors import UserNotFound
from movietracker.extensions import db
from movietracker.models.library import CustomList, LedgerEntry, LibraryHead, Person, Tombstone
from movietracker.models.movie import Movie, Watch
from movietracker.plugin.events import Change, LibraryChanged
from movietracker.services import lists, movies, people, transactions
from movietracker.services.accounts import Account
from movietracker.services.movies import get_movie as read_movie
from movietracker.services.transactions import library_changed, library_read, library_write

from .interleave import count_statements
from .wire import HEAT, MATRIX, Wire, action, told

pytestmark = pytest.mark.usefixtures("context")

LEDGER = LedgerEntry.__table__


def ledger_of(user: Account) -> list[Any]:
    with db.engine.connect() as connection:
        return list(connection.execute(select(LEDGER).where(LEDGER.c.user_id == user.id).order_by(LEDGER.c.seq)))


def row_of(table: Any, *conditions: Any) -> Any:
    with db.engine.connect() as connection:
        return connection.execute(select(table).where(*conditions)).one()


def movie_row(user: Account, imdb_id: str) -> Any:
    movies = Movie.__table__
    return row_of(movies, movies.c.user_id == user.id, movies.c.imdb_id == imdb_id)


@pytest.fixture
def context(app: Flask) -> Any:
    with app.app_context():
        yield


# Times


def test_the_next_moment_is_now_but_always_later_than_the_one_before(clock: WallClock) -> None:
    assert next_moment(0.0, clock.time) == clock.time
    assert next_moment(clock.time, clock.time) == clock.time + TICK > clock.time
    assert next_moment(clock.time + 86_400, clock.time) == clock.time + 86_400 + TICK


def test_times_never_repeat_nor_go_back_whatever_the_clock_does(anna: Account, clock: WallClock) -> None:
    start = clock.time
    for number, jump in enumerate((0, 0, -86_400, 0, 1, 200_000, -1e6, 0)):
        clock.time += jump
        with library_write(anna.id) as tx:
            movies.ensure_movie(tx, imdb_ids(1, first=number + 1)[0])
    times = [entry.at for entry in ledger_of(anna)]
    assert times == sorted(set(times))
    assert times[-1] < start + 200_000 + 10


# Numbers


def test_each_changed_record_gets_a_number_of_its_own_and_the_commits_time(anna: Account) -> None:
    with library_write(anna.id) as tx:
        movies.ensure_movie(tx, MATRIX)
        movies.ensure_movie(tx, HEAT)
        person_id = people.add_person(tx, "Anna")
        list_id = lists.add_list(tx, "List")
    person, mylist = Person.__table__, CustomList.__table__
    rows = [
        movie_row(anna, MATRIX),
        movie_row(anna, HEAT),
        row_of(person, person.c.user_id == anna.id, person.c.id == person_id),
        row_of(mylist, mylist.c.user_id == anna.id, mylist.c.id == list_id),
    ]
    assert [row.seq for row in rows] == [5, 6, 7, 8]  # after the four quick recommenders
    assert {row.last_modified for row in rows} == {ledger_of(anna)[-1].at}
    assert [row.created_seq for row in rows] == [5, 6, 7, 8]


def test_a_record_changed_several_times_in_one_commit_gets_one_number(anna: Account) -> None:
    with library_write(anna.id) as tx:
        movies.set_status(tx, MATRIX, "watched")
        movies.set_status(tx, MATRIX, "deleted")
        movies.watch(tx, MATRIX, Watch(1000.0, 5.0))
    assert movie_row(anna, MATRIX).seq == ledger_of(anna)[-1].seq == 5


def test_the_ledger_has_a_line_for_each_commit_with_a_nonce_of_its_own(anna: Account) -> None:
    for imdb_id in (MATRIX, HEAT):
        with library_write(anna.id) as tx:
            movies.ensure_movie(tx, imdb_id)
    entries = ledger_of(anna)
    assert [entry.seq for entry in entries] == [4, 5, 6]
    assert len({entry.nonce for entry in entries}) == 3
    assert all(len(entry.nonce) == 16 for entry in entries)
    head = LibraryHead.__table__
    row = row_of(head, head.c.user_id == anna.id)
    assert (row.seq, row.at) == (6, entries[-1].at)


def test_a_transaction_that_changes_nothing_uses_no_number_and_leaves_no_line(anna: Account) -> None:
    with library_write(anna.id) as tx:
        movies.set_status(tx, MATRIX, "watched")
    before = ledger_of(anna)
    heard: list[LibraryChanged] = []
    receiver = _listener(heard)
    with library_changed.connected_to(receiver):
        with library_write(anna.id) as tx:
            movies.set_status(tx, MATRIX, "watched")
            movies.ensure_movie(tx, MATRIX)
            people.update_person(tx, people.find_person(tx, "Google Search"), {"name": "Google Search"})
        assert ledger_of(anna) == before
    assert heard == []


def test_ids_are_never_given_twice_also_after_a_deletion(anna: Account) -> None:
    seen = set()
    for _ in range(3):
        with library_write(anna.id) as tx:
            person_id = people.add_person(tx, "Anna")
        assert person_id not in seen
        seen.add(person_id)
        with library_write(anna.id) as tx:
            people.delete_person(tx, person_id)


def test_writing_for_an_unknown_user_is_a_problem(anna: Account) -> None:
    with pytest.raises(UserNotFound), library_write("unknown"):
        pass
    with library_read("unknown") as read, pytest.raises(UserNotFound):
        read.head()


def test_a_read_within_a_write_shows_the_numbers_that_it_noted(anna: Account) -> None:
    with library_write(anna.id) as tx:
        person_id, list_id = people.add_person(tx, "Anna"), lists.add_list(tx, "List")
        movies.ensure_movie(tx, MATRIX)
    with library_write(anna.id) as tx:
        people.update_person(tx, person_id, {"color": "red"})
        assert people.get_person(tx, person_id, with_rev=True)["rev"] == tx.seq
        lists.update_list(tx, list_id, {"color": "red"})
        before = tx.stored.stamp_of("list", list_id)
        assert lists.get_list(tx, list_id, with_rev=True)["rev"] == tx.seq
        assert before != tx.stored.stamp_of("list", list_id) == (tx.seq, tx.at)
        movies.set_status(tx, MATRIX, "watched")
        movie = read_movie(tx, MATRIX, with_rev=True)
        assert (movie["rev"], movie["last_modified"]) == (tx.seq, tx.at)


# What is undone


def test_a_write_that_fails_leaves_nothing_and_is_not_announced(anna: Account) -> None:
    before = ledger_of(anna)
    heard: list[LibraryChanged] = []
    receiver = _listener(heard)
    with library_changed.connected_to(receiver), suppress(ZeroDivisionError), library_write(anna.id) as tx:
        movies.ensure_movie(tx, MATRIX)
        read_movie(tx, MATRIX)  # writes what is noted
        raise ZeroDivisionError
    assert ledger_of(anna) == before
    assert heard == []
    with library_write(anna.id) as tx:
        assert tx.seq == before[-1].seq
        assert movies.status_of(tx, MATRIX) is None


def test_a_savepoint_gives_back_numbers_notes_and_rows(anna: Account) -> None:
    with library_write(anna.id) as tx:
        movies.ensure_movie(tx, MATRIX)
        before = tx.seq
        with suppress(ZeroDivisionError), tx.savepoint():
            movies.set_status(tx, MATRIX, "watched")
            movies.ensure_movie(tx, HEAT)
            people.delete_person(tx, people.add_person(tx, "Anna"))
            raise ZeroDivisionError
        assert tx.seq == before
        assert movies.status_of(tx, HEAT) is None
    assert ledger_of(anna)[-1].seq == before
    assert orjson.loads(movie_row(anna, MATRIX).field_changes).keys() == {"*"}
    with library_write(anna.id) as tx:
        movies.ensure_movie(tx, HEAT)
    assert movie_row(anna, HEAT).seq == before + 1


# What is remembered


def test_each_field_remembers_its_last_change(anna: Account, clock: WallClock) -> None:
    with library_write(anna.id) as tx:
        movies.ensure_movie(tx, MATRIX)
    clock.time += 100
    with library_write(anna.id) as tx:
        tx.done_at, tx.device = clock.time - 50, "phone"
        movies.set_status(tx, MATRIX, "watched")
    with library_write(anna.id) as tx:
        person = movies.recommend(tx, MATRIX, "Anna")
    changes = orjson.loads(movie_row(anna, MATRIX).field_changes)
    assert changes.keys() == {"*", "status", f"vote:{person}", f"note:{person}"}
    assert changes["*"][0] == 5
    assert changes["status"] == [6, clock.time - 50, "phone"]
    assert changes[f"vote:{person}"][1:] == [pytest.approx(ledger_of(anna)[-1].at, abs=0.01), None]


def test_a_user_never_did_something_later_than_it_was_written(anna: Account, clock: WallClock) -> None:
    with library_write(anna.id) as tx:
        tx.done_at = clock.time + 86_400
        movies.set_status(tx, MATRIX, "watched")
    assert orjson.loads(movie_row(anna, MATRIX).field_changes)["status"][1] == clock.time


def test_a_deletion_leaves_a_tombstone_and_making_it_again_takes_that_away(anna: Account) -> None:
    tombstones = Tombstone.__table__
    with library_write(anna.id) as tx:
        lists.add_list(tx, "List", list_id="list")
    with library_write(anna.id) as tx:
        tx.device = "phone"
        lists.delete_list(tx, "list")
    row = row_of(tombstones, tombstones.c.user_id == anna.id)
    entry = ledger_of(anna)[-1]
    assert (row.kind, row.key, row.seq, row.at, row.device) == ("list", "list", entry.seq, entry.at, "phone")
    with library_write(anna.id) as tx:
        lists.add_list(tx, "List", list_id="list")
    with db.engine.connect() as connection:
        assert connection.execute(select(tombstones)).all() == []
    mylist = CustomList.__table__
    assert orjson.loads(row_of(mylist, mylist.c.id == "list").field_changes)["deleted"][0] == entry.seq


def test_a_record_made_and_deleted_in_one_commit_leaves_a_tombstone(anna: Account) -> None:
    """No device has it, but its number must be somewhere, or the head would stand for nothing."""
    with library_write(anna.id) as tx:
        lists.add_list(tx, "List", list_id="list")
        lists.delete_list(tx, "list")
    tombstones = Tombstone.__table__
    assert row_of(tombstones, tombstones.c.user_id == anna.id).seq == ledger_of(anna)[-1].seq


def test_deletion_and_renewal_in_one_commit_leave_the_record_and_no_tombstone(anna: Account) -> None:
    with library_write(anna.id) as tx:
        lists.add_list(tx, "Old", list_id="list")
    with library_write(anna.id) as tx:
        lists.delete_list(tx, "list")
        lists.add_list(tx, "New", list_id="list")
    with db.engine.connect() as connection:
        assert connection.execute(select(Tombstone.__table__)).all() == []
    with library_read(anna.id) as read:
        assert lists.get_list(read, "list")["name"] == "New"


# Events


def _listener(heard: list[LibraryChanged]) -> Any:
    def listen(_sender: object, event: LibraryChanged) -> None:
        heard.append(event)

    return listen


def test_a_commit_is_announced_after_it_with_what_changed(anna: Account) -> None:
    heard: list[LibraryChanged] = []
    visible: list[bool] = []

    def listen(_sender: object, event: LibraryChanged) -> None:
        heard.append(event)
        with library_read(anna.id) as read:
            visible.append(movies.status_of(read, MATRIX) is not None)

    with library_changed.connected_to(listen):
        with library_write(anna.id) as tx:
            person_id = movies.recommend(tx, MATRIX, "Anna")
            assert heard == []
        with library_write(anna.id) as tx:
            people.delete_person(tx, person_id)
    assert visible == [True, True]
    assert {(change.kind, change.key, change.created) for change in heard[0].changes} == {
        ("movie", MATRIX, True),
        ("person", str(person_id), True),
    }
    assert (heard[0].seq, heard[0].at) == (ledger_of(anna)[-2].seq, ledger_of(anna)[-2].at)
    assert heard[0].stubs == (MATRIX,)
    assert Change("person", str(person_id), deleted=True) in heard[1].changes


# The lock


def test_a_write_takes_the_lock_of_the_head_before_it_reads_anything(app: Flask, anna: Account) -> None:
    def write() -> None:
        with library_write(anna.id) as tx:
            movies.set_status(tx, MATRIX, "watched")

    first, *others = [statement for statement in count_statements(app, write) if "library_heads" in statement]
    assert first.startswith("UPDATE library_heads SET seq=library_heads.seq")
    assert len(others) == 1
    assert others[0].startswith("UPDATE library_heads SET seq=")
    assert count_statements(app, write)[0] == first


@pytest.mark.skipif(ON_POSTGRESQL, reason="a habit of SQLite")
def test_on_sqlite_a_deferred_transaction_that_has_read_cannot_write(app: Flask, anna: Account) -> None:
    path = str(db.engine.url.database)
    other = sqlite3.connect(path, isolation_level=None, timeout=5)
    try:
        other.execute("BEGIN DEFERRED")
        other.execute("SELECT seq FROM library_heads").fetchall()
        with library_write(anna.id) as tx:
            movies.ensure_movie(tx, MATRIX)
        with pytest.raises(sqlite3.OperationalError, match="locked"):
            other.execute("UPDATE library_heads SET seq = seq")
    finally:
        other.close()
    with library_write(anna.id) as tx:
        assert tx.connection.execute(text("SELECT count(*) FROM movies")).scalar_one() == 1


def test_a_write_that_gets_no_lock_is_503_and_may_be_sent_again(
    make_app: MakeApp, wire: Wire, anna: Account, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(connections, "BUSY_TIMEOUT_SECONDS", 0.05)
    monkeypatch.setattr(transactions, "QUEUE_SECONDS", 0.05)
    impatient = make_app()
    other = Wire(client_of(impatient, anna))
    item = told(action("addMovie", imdb_id=MATRIX), id="one")
    with make_app().app_context(), library_write(anna.id):
        assert_problem(other.post({"actions": [item]}), 503, "database_unavailable")
    assert other.push(item)[0]["status"] == "applied"


# The costs


def test_an_incremental_pull_takes_few_statements_for_any_library(app: Flask, anna: Account, wire: Wire) -> None:
    def pull_after_a_change() -> int:
        cursor, since = wire.cursor(), wire.since().timestamp
        wire.do("updatePerson", name="Google Search", emoji=str(len(wire.pull(limit=500).movies)))
        counts = [len(count_statements(app, lambda: wire.page(cursor)))]
        counts.append(len(count_statements(app, lambda: wire.since(since))))
        return max(counts)

    small = pull_after_a_change()
    with library_write(anna.id) as tx:
        for imdb_id in imdb_ids(2000):
            movies.ensure_movie(tx, imdb_id)
    assert pull_after_a_change() == small
    assert small < 15


@pytest.mark.parametrize("is_analysed", [False, True])
def test_an_incremental_pull_reads_by_number_indexes(app: Flask, anna: Account, wire: Wire, is_analysed: bool) -> None:
    with library_write(anna.id) as tx:
        for imdb_id in imdb_ids(300):
            movies.ensure_movie(tx, imdb_id)
            people.add_person(tx, imdb_id)
            lists.add_list(tx, imdb_id, list_id=imdb_id)
            lists.add_list(tx, imdb_id, list_id=f"gone {imdb_id}")
            lists.delete_list(tx, f"gone {imdb_id}")
    if is_analysed or ON_POSTGRESQL:  # whose statistics are made by itself, a little later
        with db.engine.connect().execution_options(sqlite_begin="IMMEDIATE") as connection, connection.begin():
            connection.execute(text("ANALYZE"))
    cursor, since = wire.cursor(), wire.since().timestamp
    wire.push(action("updateMovieStatus", imdb_id=imdb_ids(1)[0], status="watched"), action("addPerson", name="Anna"))
    for pull in (lambda: wire.page(cursor), lambda: wire.since(since)):
        plans = _plans(pull)
        for table in ("movies", "people", "custom_lists", "tombstones"):
            assert any(f"ix_{table}_user_id_seq" in step for step in plans), table
            # Nothing reads all rows of the user; PostgreSQL, which tells its plans in other words, never says SEARCH.
            assert not any(step.startswith(f"SEARCH {table} ") and step.endswith("(user_id=?)") for step in plans), (
                plans
            )
        scans = {step for step in plans if step.startswith("SCAN ")} - {"SCAN CONSTANT ROW", "SCAN change_ledger"}
        assert scans == set()  # the ledger has three lines here


def _plans(do: Callable[[], object]) -> list[str]:
    """The query plans of all SELECTs that this runs."""
    seen: list[tuple[str, Any]] = []

    def listen(_connection: object, _cursor: object, statement: str, parameters: Any, *_: object) -> None:
        if statement.lstrip().startswith("SELECT"):
            seen.append((statement, parameters))

    event.listen(db.engine, "before_cursor_execute", listen)
    try:
        do()
    finally:
        event.remove(db.engine, "before_cursor_execute", listen)
    explain = "EXPLAIN" if ON_POSTGRESQL else "EXPLAIN QUERY PLAN"
    with db.engine.connect() as connection:
        if ON_POSTGRESQL:  # so small a table is read quicker as a whole
            connection.execute(text("SET LOCAL enable_seqscan = off"))
        return [
            row[-1]
            for statement, parameters in seen
            for row in connection.exec_driver_sql(f"{explain} {statement}", parameters).all()
        ]


# The columns that hold it


@pytest.mark.parametrize("model", [Movie, Person, CustomList])
def test_the_number_has_no_default_so_that_a_row_without_one_cannot_be(model: Any) -> None:
    column = model.__table__.c.seq
    assert not column.nullable
    assert column.default is None
    assert column.server_default is None
