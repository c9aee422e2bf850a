"""More scenarios that protocols like ours are known to fail in, on both kinds of database."""

from typing import Any

import pytest
from flask import Flask
from support.client import client_of
from support.wall_clock import WallClock

from movietracker.services.accounts import Account
from movietracker.sync.upkeep import collect, mark_restored

from .devices import Family, Phone
from .dump import library_of, rows_of
from .interleave import before_statement, count_statements, together
from .restoring import Backup
from .wire import HEAT, MATRIX, Json, Wire, action, codes, statuses

pytestmark = pytest.mark.each_database

DAY = 86_400.0


def test_duplicate_delivery_by_an_older_client(family: Family, clock: WallClock) -> None:
    phone = family.old_phone()
    phone.do("addRecommendation", imdb_id=MATRIX, person_name="Anna")
    phone.do("watchMovie", imdb_id=MATRIX, my_rating=7)
    queue = list(phone.queue)
    assert statuses(phone.push()) == ["applied", "applied"]
    clock.time += 3600
    phone.queue = queue
    assert statuses(phone.push()) == ["noop", "noop"]
    movie = family.converge(phone).movies[MATRIX]
    assert len(movie["recommendations"]) == 1


def test_a_request_captured_last_week_and_delivered_today(wire: Wire, family: Family, clock: WallClock) -> None:
    phone = family.phone("phone")
    phone.do("watchMovie", imdb_id=MATRIX, my_rating=5)
    phone.do("addPerson", name="Anna")
    captured = phone.request()
    phone.sync()
    clock.time += 7 * DAY
    phone.do("updateRating", imdb_id=MATRIX, my_rating=9)
    phone.do("deletePerson", name="Anna")
    phone.sync()
    before = wire.pull()
    assert [result["replayed"] for result in wire.post(captured).json["results"]] == [True, True]
    after = wire.pull()
    assert (after.cursor, after.movies, after.people) == (before.cursor, before.movies, before.people)


def test_rename_and_reuse_and_swap_of_names_while_another_devices_queue_names_them(family: Family) -> None:
    start = family.phone("start")
    for name in ("Anna", "Ben"):
        start.do("addPerson", name=name)
    start.sync()
    phone, tablet = family.phone("phone"), family.phone("tablet")
    anna, ben = phone.store.person("Anna")["id"], phone.store.person("Ben")["id"]
    phone.do("addRecommendation", imdb_id=MATRIX, person_name="Anna")
    phone.do("updatePerson", name="Ben", emoji="🎬")
    for old, new in (("Anna", "Other"), ("Ben", "Anna"), ("Other", "Ben")):
        tablet.do("updatePerson", name=old, new_name=new)
    tablet.sync()
    phone.pull()  # before it pushes what it queued
    truth = family.converge(phone, tablet)
    assert [vote["person_id"] for vote in truth.movies[MATRIX]["recommendations"]] == [anna]
    assert truth.people[ben]["emoji"] == "🎬"
    assert (truth.people[anna]["name"], truth.people[ben]["name"]) == ("Ben", "Anna")


def test_the_servers_clock_an_hour_back_between_two_commits(family: Family, clock: WallClock) -> None:
    phone, tablet, old = family.phone("phone"), family.phone("tablet"), family.old_phone()
    for number, jump in enumerate((0.0, -3600.0, 0.0, 7200.0, -DAY)):
        clock.time += jump
        phone.do("addMovie", imdb_id=f"tt{number:07}")
        phone.do("updateMovieStatus", imdb_id=MATRIX, status=("watched", "toWatch")[number % 2])
        truth = family.converge(phone, tablet, old)
        assert len(truth.movies) == number + 2
        assert {result["status"] for result in phone.results.values()} == {"applied"}
    assert phone.refusals == tablet.refusals == []


class Crash(Exception):
    """The server dies here."""


def crash() -> None:
    raise Crash


def test_a_crash_before_any_statement_of_a_push_leaves_nothing_and_it_may_be_sent_again(
    app: Flask, anna: Account, wire: Wire, family: Family
) -> None:
    phone = family.phone("phone")
    phone.do("addRecommendation", imdb_id=MATRIX, person_name="Anna")
    phone.do("watchMovie", imdb_id=MATRIX, my_rating=5)
    phone.do("addPerson", name="Ben")
    phone.do("deletePerson", name="Ben")
    body = phone.request()
    before = rows_of(app, anna.id)
    backup = Backup(app)
    count = len(count_statements(app, lambda: wire.post(body)))
    backup.restore()
    assert count > 15
    app.testing = False  # an answer, as the real server gives one
    for number in range(count):
        with before_statement(app, number, crash) as ran:
            assert wire.post(body).status_code in (500, 503)
        assert ran.is_done
        assert rows_of(app, anna.id) == before
    app.testing = True
    assert statuses(phone.push()) == ["applied"] * 4
    assert not any(result["replayed"] for result in phone.results.values())
    assert family.converge(phone).names() == {"Anna"}


def test_two_tabs_with_one_name_and_one_queue(app: Flask, anna: Account, family: Family) -> None:
    one, two = family.phone("browser"), family.phone("browser")
    one.do("addRecommendation", imdb_id=MATRIX, person_name="Anna")
    one.do("watchMovie", imdb_id=MATRIX, my_rating=5)
    two.queue = list(one.queue)
    together([one.push, two.push])
    assert {result["replayed"] for phone in (one, two) for result in phone.results.values()} == {True, False}
    two.do("updateRating", imdb_id=MATRIX, my_rating=6)
    one.do("updateRating", imdb_id=MATRIX, my_rating=7)
    truth = family.converge(one, two)
    assert len(truth.movies[MATRIX]["recommendations"]) == 1


def test_a_reinstalled_app_that_kept_its_queue_but_not_its_cursor(family: Family) -> None:
    phone = family.phone("phone")
    phone.do("addPerson", name="Anna")
    phone.do("watchMovie", imdb_id=MATRIX, my_rating=5)
    phone.wire.post(phone.request())  # its answer is lost with the app
    phone.do("updateRating", imdb_id=MATRIX, my_rating=6)
    reinstalled = Phone(phone.wire, "phone", phone.now, queue=[dict(item) for item in phone.queue])
    reinstalled.pull(limit=2)
    truth = family.converge(reinstalled)
    assert truth.names() == {"Anna"}
    assert truth.movies[MATRIX]["watch_history"]["my_rating"] == 6
    assert reinstalled.refusals == []


def test_another_account_on_the_same_device(app: Flask, anna: Account, ben: Account, family: Family) -> None:
    phone = family.phone("phone")
    phone.do("addPerson", name="Of Anna's")
    phone.wire = Wire(client_of(app, ben))
    bens = rows_of(app, ben.id)
    answer = phone.wire.post(phone.request())
    assert (answer.status_code, answer.json["code"]) == (410, "wrong_user")
    answer = phone.wire.get(cursor=phone.cursor)
    assert (answer.status_code, answer.json["code"]) == (410, "wrong_user")
    assert rows_of(app, ben.id) == bens
    phone.queue.clear()
    phone.pull()
    assert phone.refusals == ["wrong_user"]
    assert phone.store == library_of(app, ben.id)


def test_no_user_sees_others_deletions(app: Flask, wire: Wire, bens_wire: Wire, family: Family, anna: Account) -> None:
    bens_wire.do("addPerson", name="Of Ben's")
    bens_wire.do("addList", id="list", name="Of Ben's")
    bens_start, start = bens_wire.pull(), wire.pull()
    bens_wire.do("deletePerson", name="Of Ben's")
    bens_wire.do("deleteList", id="list")
    wire.do("addPerson", name="Anna")  # so that the same numbers are used in both libraries
    for number in range(4):
        wire.do("addMovie", imdb_id=f"tt{number:07}")
    nothing: dict[str, list[Any]] = {"movies": [], "people": [], "lists": []}
    for pulled in (wire.pull(start.cursor), wire.pull(start.cursor, limit=1), wire.since(start.timestamp)):
        assert pulled.deleted == nothing
    assert bens_wire.pull(bens_start.cursor).deleted["lists"] == ["list"]
    assert library_of(app, anna.id) == family.phone("phone").store


@pytest.mark.parametrize("atomic", [False, True])
def test_an_action_on_a_list_whose_creation_failed_fails_too(wire: Wire, family: Family, atomic: bool) -> None:
    phone = family.phone("phone")
    phone.do("addList", id="list", name="")  # no list has such a name
    phone.do("updateMovieStatus", imdb_id=MATRIX, status="custom", custom_list_id="list")
    phone.do("addMovie", imdb_id=HEAT)
    results = wire.post({**phone.request(), "atomic": atomic}).json["results"]
    others = "batch_undone" if atomic else None
    assert codes(results) == ["validation_error", "list_not_found", others]
    wire.do("addList", id="list", name="List")
    again = phone.push()
    assert again[1]["replayed"] is not atomic  # what was refused for good stays so; what was undone is done now
    phone.do("updateMovieStatus", imdb_id=MATRIX, status="custom", custom_list_id="list")
    truth = family.converge(phone)
    assert truth.movies[MATRIX]["custom_list_id"] == "list"
    assert HEAT in truth.movies


def test_what_was_deleted_and_forgotten_is_made_again_while_devices_are_away(
    app: Flask, anna: Account, family: Family, clock: WallClock
) -> None:
    phone, late, old = family.phone("phone"), family.phone("late"), family.old_phone()
    phone.do("addList", id="list", name="List")
    phone.do("addPerson", name="Anna")
    phone.sync()
    late.pull()
    old.pull()
    late.do("updateMovieStatus", imdb_id=MATRIX, status="custom", custom_list_id="list")
    clock.time += 60
    phone.do("deleteList", id="list")
    phone.do("deletePerson", name="Anna")
    phone.sync()
    clock.time += 181 * DAY
    phone.do("addMovie", imdb_id=MATRIX)
    phone.sync()
    with app.app_context():
        assert collect(anna.id) > 0
    phone.do("addList", id="list", name="Again")
    phone.do("addPerson", name="Anna")
    phone.sync()
    truth = family.converge(late, phone)
    assert late.refusals == ["cursor_expired"]
    assert truth.lists["list"]["name"] == "Again"
    assert len(truth.names()) == len(truth.lists) == 1
    old.pull()
    assert old.store == truth


def test_a_thousand_changes_in_one_second_reach_every_client(wire: Wire, family: Family) -> None:
    phone, old = family.phone("phone"), family.old_phone()
    for start in range(0, 1000, 250):  # the clock stands still
        wire.push(*(action("addMovie", imdb_id=f"tt{number:07}") for number in range(start, start + 250)))
        old.pull()
        phone.pull(limit=100)
    assert len(family.converge(phone, old).movies) == 1000


def test_the_same_counter_on_two_devices_interleaved_with_pulls(family: Family) -> None:
    one, two = family.phone("one"), family.phone("two")
    one.do("watchMovie", imdb_id=MATRIX, my_rating=1)
    one.sync()
    two.pull()
    for rating in range(2, 10):
        for phone in (one, two):
            phone.do("updateRating", of=("movies", MATRIX), imdb_id=MATRIX, my_rating=rating)
        outcomes = [phone.push()[-1]["status"] for phone in (one, two)]
        assert outcomes == ["applied", "noop"]
        one.do("updateRating", of=("movies", MATRIX), imdb_id=MATRIX, my_rating=rating + 0.5)
        two.do("updateMovieStatus", of=("movies", MATRIX), imdb_id=MATRIX, status=("toWatch", "watched")[rating % 2])
        assert [phone.push()[-1]["status"] for phone in (one, two)] == ["applied", "applied"]
        two.do("updateRating", of=("movies", MATRIX), imdb_id=MATRIX, my_rating=rating / 2)
        assert codes(two.push()) == ["conflict"]
        one.pull()
        two.pull()
    assert family.converge(one, two).movies[MATRIX]["watch_history"]["my_rating"] == 9.5


def test_a_number_of_a_device_that_is_higher_than_the_servers_after_a_restore(
    app: Flask, family: Family, wire: Wire
) -> None:
    phone = family.phone("phone")
    backup = Backup(app)
    for number in range(20):
        phone.do("addMovie", imdb_id=f"tt{number:07}")
    phone.sync()
    phone.do("addRecommendation", of=("movies", "tt0000001"), imdb_id="tt0000001", person_name="Anna")
    item: Json = phone.queue[0]
    backup.restore()
    assert_refused = wire.post({"actions": [item], "cursor": phone.cursor})
    assert (assert_refused.status_code, assert_refused.json["policy"]) == (410, "upload_differences")
    assert wire.pull().movies == {}
    assert statuses(phone.push()) == ["applied"]
    assert phone.refusals == ["history_diverged"]


def test_what_the_server_forgot_is_sent_again_to_every_device(app: Flask, family: Family, clock: WallClock) -> None:
    phone, old = family.phone("phone"), family.old_phone()
    backup = Backup(app)
    phone.do("addRecommendation", imdb_id=MATRIX, person_name="Anna")
    phone.do("addMovie", imdb_id=HEAT)
    sent = [dict(item) for item in phone.queue]
    phone.sync()
    old.sync()
    clock.time += 60
    backup.restore()
    with app.app_context():
        mark_restored()
    phone.queue = sent  # it remembers what it had sent lately
    truth = family.converge(phone, old)
    assert set(truth.movies) == {MATRIX, HEAT}
    assert truth.names() == {"Anna"}
    assert not any(result["replayed"] for result in phone.results.values())
