"""Pulls and pushes at the same time: what is committed in the middle of another request is neither lost nor torn."""

import itertools
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest
from flask import Flask
from sqlalchemy import Connection
from support.client import client_of
from support.postgresql import run

from movietracker.extensions import db
from movietracker.services import movies, transactions
from movietracker.services.accounts import Account
from movietracker.services.transactions import library_read, library_write

from .interleave import before_statement, count_statements, in_a_thread, together
from .wire import ALIEN, HEAT, MATRIX, Pulled, Wire, action, statuses

pytestmark = pytest.mark.each_database


@pytest.fixture
def other(app: Flask, anna: Account) -> Wire:
    """Another device of Anna's, for use in another thread."""
    return Wire(client_of(app, anna))


def follow(wire: Wire, earlier: Pulled) -> Pulled:
    """What a client has that pulls again after an earlier pull."""
    later = wire.pull(earlier.cursor)
    for page in later.pages:
        earlier.merge(page)
    return earlier


def assert_same(store: Pulled, truth: Pulled) -> None:
    assert (store.movies, store.people, store.lists) == (truth.movies, truth.people, truth.lists)


def writes(other: Wire) -> Callable[[], object]:
    """A write that changes, adds and removes something."""
    numbers = itertools.count()

    def write() -> None:
        number = next(numbers)
        results = other.push(
            action("updateMovieStatus", imdb_id=HEAT, status="watched"),
            action("addMovie", imdb_id=f"tt{number:07}"),
            action("deletePerson", name="Anna"),
            action("addPerson", name="Anna"),
            action("updateMovieStatus", imdb_id=HEAT, status="toWatch"),
        )
        assert set(statuses(results)) == {"applied"}

    return write


@pytest.mark.parametrize("way", ["first pull", "later pull", "pages", "by time"])
def test_a_commit_before_any_statement_of_a_pull_is_delivered(app: Flask, wire: Wire, other: Wire, way: str) -> None:
    wire.add(MATRIX, HEAT, ALIEN)
    wire.do("addRecommendation", imdb_id=HEAT, person_name="Anna")
    first = wire.pull()
    write = writes(other)

    def pull() -> Pulled:
        if way == "first pull":
            return wire.pull()
        if way == "by time":
            return wire.since(first.timestamp)
        return wire.pull(first.cursor, limit=4 if way == "pages" else 100)

    write()
    count = len(count_statements(app, pull))
    assert count > 5
    for number in range(count):
        store = Pulled(movies=dict(first.movies), people=dict(first.people), lists=dict(first.lists))
        with before_statement(app, number, write) as ran:
            pulled = pull()
        assert ran.is_done
        if pulled.full_sync:
            store = Pulled()
        for page in pulled.pages:
            store.merge(page)
        store.cursor = pulled.cursor
        if way == "by time":
            again = wire.since(pulled.timestamp)
            store.merge(again.pages[0])
        else:
            follow(wire, store)
        assert_same(store, wire.pull())


def test_a_pull_before_any_statement_of_a_push_sees_all_of_it_or_nothing(app: Flask, wire: Wire, other: Wire) -> None:
    wire.add(MATRIX, HEAT, ALIEN)
    wire.do("addRecommendation", imdb_id=HEAT, person_name="Anna")
    write = writes(wire)
    count = len(count_statements(app, write))
    assert count > 10
    for number in range(0, count, count // 10):
        before = other.pull()
        seen: list[Pulled] = []
        with before_statement(app, number, lambda seen=seen: seen.append(other.pull())) as ran:
            write()
        assert ran.is_done
        assert_same(seen[0], before)
        assert_same(follow(other, seen[0]), other.pull())


def test_a_write_waits_for_the_one_before_and_follows_it(app: Flask, anna: Account, wire: Wire, other: Wire) -> None:
    start = wire.pull()
    order: list[str] = []
    is_open, may_end = threading.Event(), threading.Event()

    def hold() -> None:
        with app.app_context(), library_write(anna.id) as tx:
            movies.ensure_movie(tx, MATRIX)
            is_open.set()
            assert may_end.wait(30)
            order.append("first")

    def follow_up() -> None:
        assert is_open.wait(30)
        threading.Timer(0.3, may_end.set).start()
        other.do("addMovie", imdb_id=HEAT)
        order.append("second")

    def look() -> Pulled:
        assert is_open.wait(30)
        return Wire(client_of(app, anna)).pull(start.cursor)

    *_, seen = together([hold, follow_up, look])
    assert isinstance(seen, Pulled)
    assert order == ["first", "second"]
    rest = wire.pull(seen.cursor)
    assert set(seen.movies) | set(rest.movies) == {MATRIX, HEAT}
    now = wire.pull()
    assert now.movies[MATRIX]["rev"] < now.movies[HEAT]["rev"]
    assert now.movies[MATRIX]["last_modified"] < now.movies[HEAT]["last_modified"]


def test_a_write_overtaken_at_the_lock_is_the_later(wire: Wire, other: Wire, monkeypatch: pytest.MonkeyPatch) -> None:
    start = wire.pull()
    take_lock = transactions.write_connection

    @contextmanager
    def overtaken(user_id: str | None = None) -> Iterator[Connection]:
        monkeypatch.setattr(transactions, "write_connection", take_lock)
        in_a_thread(lambda: other.add(HEAT))
        with take_lock() as connection:
            yield connection

    monkeypatch.setattr(transactions, "write_connection", overtaken)
    wire.add(MATRIX)
    movies = wire.pull(start.cursor).movies
    assert movies[HEAT]["rev"] < movies[MATRIX]["rev"]
    assert movies[HEAT]["last_modified"] < movies[MATRIX]["last_modified"]
    assert set(wire.since(movies[HEAT]["last_modified"]).movies) == {MATRIX}


def test_writers_of_two_users_do_not_wait_for_each_other_on_postgresql(
    app: Flask, anna: Account, ben: Account, bens_wire: Wire, request: pytest.FixtureRequest
) -> None:
    if "sqlite" in request.node.name:
        pytest.skip("SQLite has one writer at a time")
    with app.app_context(), library_write(anna.id) as tx:
        movies.ensure_movie(tx, MATRIX)
        in_a_thread(lambda: bens_wire.do("addMovie", imdb_id=HEAT))


def test_writes_are_read_committed_at_any_default(app: Flask, anna: Account, request: pytest.FixtureRequest) -> None:
    """Repeatable read would fail a writer that waits for the lock."""
    if "sqlite" in request.node.name:
        pytest.skip("SQLite has one writer at a time")
    with app.app_context():
        name = db.engine.url.database
        run(f"ALTER DATABASE \"{name}\" SET default_transaction_isolation TO 'serializable'")
        try:
            db.engine.dispose()
            with library_write(anna.id) as tx:
                level = tx.connection.exec_driver_sql("SHOW transaction_isolation").scalar_one()
            with library_read(anna.id) as read:
                reading = read.connection.exec_driver_sql("SHOW transaction_isolation").scalar_one()
        finally:
            run(f'ALTER DATABASE "{name}" RESET default_transaction_isolation')
    assert (level, reading) == ("read committed", "repeatable read")


def test_what_a_write_decides_on_is_read_after_the_lock(app: Flask, wire: Wire, anna: Account) -> None:
    """Twelve devices add the same person and movie at once: one of each is added, and no device gets an error."""
    devices = [Wire(client_of(app, anna)) for _ in range(12)]
    queue = [action("addRecommendation", imdb_id=MATRIX, person_name="Anna"), action("addList", name="List")]
    results = together([lambda device=device: statuses(device.push(*queue)) for device in devices])
    assert sorted(map(str, results)) == ["['applied', 'applied']"] + ["['noop', 'noop']"] * 11
    pulled = wire.pull()
    assert len(pulled.movies[MATRIX]["recommendations"]) == len(pulled.lists) == len(pulled.names()) == 1


def test_times_and_numbers_of_many_writers_are_distinct_and_in_one_order(app: Flask, wire: Wire, anna: Account) -> None:
    devices = [Wire(client_of(app, anna)) for _ in range(6)]

    def add(device: Wire, index: int) -> None:
        for number in range(5):
            device.do("addMovie", imdb_id=f"tt{index * 100 + number:07}")

    together([lambda device=device, index=index: add(device, index) for index, device in enumerate(devices)])
    movies = sorted(wire.pull().movies.values(), key=lambda movie: movie["rev"])
    assert len(movies) == 30
    times = [movie["last_modified"] for movie in movies]
    assert times == sorted(set(times))


def test_a_reader_sees_one_state_despite_writes(app: Flask, anna: Account, wire: Wire, other: Wire) -> None:
    wire.add(MATRIX)
    with app.app_context(), library_read(anna.id) as read:
        head = read.head()
        in_a_thread(lambda: other.add(HEAT))
        assert read.head() == head
        assert movies.status_of(read, HEAT) is None
