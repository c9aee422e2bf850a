"""The scenarios that docs/sync.md names, each as a test of that name, on both kinds of database."""

import json
import subprocess
import sys
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from support.applications import MakeApp
from support.client import client_of
from support.wall_clock import WallClock

from movietracker.services.accounts import Account
from movietracker.sync.upkeep import collect

from .devices import Family, Phone
from .dump import library_of, rows_of
from .interleave import together
from .restoring import Backup
from .wire import ALIEN, HEAT, MATRIX, Store, Wire, action, codes, statuses, told

pytestmark = pytest.mark.each_database

DAY = 86_400.0


def test_duplicate_delivery(app: Flask, anna: Account, wire: Wire, family: Family, clock: WallClock) -> None:
    phone = family.phone("phone")
    phone.do("addRecommendation", imdb_id=MATRIX, person_name="Anna")
    phone.do("deletePerson", name="Anna")
    phone.do("addPerson", name="Anna")
    body = phone.request()
    wires = [Wire(client_of(app, anna)) for _ in range(4)]
    answers = together([lambda each=each: each.post(body).json["results"] for each in wires])
    clock.time += 3600
    answers.append(wire.post(body).json["results"])
    plain = [[{**result, "replayed": False} for result in results] for results in answers]  # type: ignore[attr-defined]
    assert all(results == plain[0] for results in plain)
    assert Counter(result["replayed"] for results in answers for result in results) == {True: 12, False: 3}  # type: ignore[attr-defined]
    assert library_of(app, anna.id).names() == {"Anna"}
    assert library_of(app, anna.id).movies[MATRIX]["recommendations"] == []


def test_reordered_queue(wire: Wire, family: Family, clock: WallClock) -> None:
    phone = family.phone("phone")
    for status in ("watched", "deleted", "toWatch"):
        clock.time += 60
        phone.do("updateMovieStatus", imdb_id=MATRIX, status=status)
    clock.time += 60
    requests = [{**phone.request(), "actions": [item]} for item in phone.queue]
    assert [wire.post(requests[index]).json["results"][0]["status"] for index in (2, 0, 1)] == [
        "applied",
        "conflict",
        "conflict",
    ]
    assert wire.movie(MATRIX)["status"] == "toWatch"
    assert [wire.post(each).json["results"][0]["replayed"] for each in requests] == [True] * 3


def test_answer_lost_after_commit(make_app: MakeApp, app: Flask, anna: Account, family: Family) -> None:
    phone = family.phone("phone")
    phone.do("addPerson", name="Anna")
    phone.do("addRecommendation", imdb_id=MATRIX, person_name="Anna")
    phone.wire.post(phone.request())  # and the answer never arrives
    other = family.phone("tablet")
    other.do("deletePerson", name="Anna")
    other.push()
    phone.wire = Wire(client_of(make_app(), anna))  # the server was restarted in between
    phone.do("addMovie", imdb_id=HEAT)
    results = phone.push()
    assert statuses(results) == ["applied"] * 3
    assert [result["replayed"] for result in results] == [True, True, False]
    truth = family.converge(phone, other)
    assert truth.names() == set()
    assert phone.refusals == other.refusals == []


def test_two_devices_offline_for_a_week(family: Family, clock: WallClock) -> None:
    start = family.phone("start")
    start.do("watchMovie", imdb_id=MATRIX, my_rating=5)
    start.do("addRecommendation", imdb_id=HEAT, person_name="Anna")
    start.sync()
    phone, tablet, old = family.phone("phone"), family.phone("tablet"), family.old_phone()
    for day in range(7):
        clock.time += DAY
        phone.do("updateRating", of=("movies", MATRIX), imdb_id=MATRIX, my_rating=day + 1)
        phone.do("addMovie", imdb_id=f"tt000000{day}")
        tablet.do("updateMovieStatus", of=("movies", MATRIX), imdb_id=MATRIX, status=("deleted", "toWatch")[day % 2])
        tablet.do("updatePerson", name="Anna", color=f"color {day}")
        old.do("addRecommendation", imdb_id=MATRIX, person_name="Ben", vote_type=day % 2)
        old.do("addMovie", imdb_id=f"tt000001{day}")
    truth = family.converge(phone, tablet, old)
    movie = truth.movies[MATRIX]
    assert (movie["watch_history"]["my_rating"], movie["status"]) == (7, "deleted")
    assert [vote["vote_type"] for vote in movie["recommendations"]] == [False]
    assert truth.person("Anna")["color"] == "color 6"
    assert len(truth.movies) == 2 + 7 + 7
    assert {result["status"] for device in (phone, tablet) for result in device.results.values()} == {"applied"}
    assert phone.refusals == tablet.refusals == []


def test_rename_while_another_devices_queue_names_the_old_name(family: Family, clock: WallClock) -> None:
    start = family.phone("start")
    start.do("addPerson", name="Anna")
    start.sync()
    phone, tablet, old = family.phone("phone"), family.phone("tablet"), family.old_phone()
    phone.do("addRecommendation", imdb_id=MATRIX, person_name="Anna")
    phone.do("updatePerson", name="Anna", color="red")
    old.do("addRecommendation", imdb_id=HEAT, person_name="Anna")
    old.do("addPerson", name="Anna")
    clock.time += 60
    tablet.do("updatePerson", name="Anna", new_name="Anne")
    tablet.sync()
    truth = family.converge(phone, old, tablet)
    assert truth.names() == {"Anne"}
    anne = truth.person("Anne")
    assert (anne["color"], anne["movie_count"]) == ("red", 2)


@pytest.mark.parametrize("is_delete_first", [True, False])
def test_delete_against_update(family: Family, is_delete_first: bool) -> None:
    start = family.phone("start")
    start.do("addList", id="list", name="List")
    start.do("addPerson", name="Anna")
    start.do("updateMovieStatus", imdb_id=MATRIX, status="custom", custom_list_id="list")
    start.sync()
    deleter, updater = family.phone("deleter"), family.phone("updater")
    deleter.do("deleteList", id="list")
    deleter.do("deletePerson", name="Anna")
    updater.do("updateList", of=("lists", "list"), id="list", color="red")
    updater.do("updatePerson", name="Anna", color="red")
    updater.do("updateMovieStatus", imdb_id=HEAT, status="custom", custom_list_id="list")
    updater.do("addRecommendation", imdb_id=MATRIX, person_name="Anna")
    first, second = (deleter, updater) if is_delete_first else (updater, deleter)
    first.push()
    second.push()
    truth = family.converge(deleter, updater)
    assert (truth.lists, truth.names()) == ({}, set())
    assert truth.movies[MATRIX]["status"] == "toWatch"
    assert truth.movies[MATRIX]["recommendations"] == []
    outcomes = [result["code"] or result["status"] for result in updater.results.values()]
    assert outcomes == (["deleted"] * 4 if is_delete_first else ["applied"] * 4)
    assert [result["status"] for result in deleter.results.values()] == ["applied"] * 2


def test_re_add_after_delete(family: Family) -> None:
    start = family.phone("start")
    start.do("addList", id="list", name="List")
    start.do("addPerson", name="Anna")
    start.sync()
    phone, tablet, late = family.phone("phone"), family.phone("tablet"), family.phone("late")
    late.do("deleteList", of=("lists", "list"), id="list")
    late.do("deletePerson", name="Anna")
    late.do("updateList", of=("lists", "list"), id="list", color="blue")
    phone.do("deleteList", id="list")
    phone.do("deletePerson", name="Anna")
    phone.do("addList", id="list", name="Again")
    phone.do("addPerson", name="Anna")
    phone.sync()
    late.push()
    truth = family.converge(phone, tablet, late)
    assert truth.lists["list"]["name"] == "Again"
    assert truth.names() == {"Anna"}
    outcomes = [result["code"] or result["status"] for result in late.results.values()]
    assert outcomes == ["recreated", "noop", "recreated"]


def test_pagination_while_writes_go_on(wire: Wire, family: Family) -> None:
    ids = [f"tt{number:07}" for number in range(12)]
    wire.push(*(action("addMovie", imdb_id=imdb_id) for imdb_id in ids))
    wire.push(action("addPerson", name="Anna"), action("addList", id="list", name="List"))
    phone = family.phone("phone")
    reader = Phone(wire, "reader", lambda: 0.0)
    pages, cursor = [], None
    while not pages or pages[-1]["has_more"]:
        pages.append(wire.page(cursor, limit=1))
        cursor = pages[-1]["cursor"]
        number = len(pages)
        assert number < 200
        if number < 15:
            phone.do("updateMovieStatus", imdb_id=ids[number % 12], status="watched")
        if number == 7:
            phone.do("deletePerson", name="Anna")
            phone.do("deleteList", id="list")
        if number in (9, 12):
            phone.do("addList", id="list", name=f"List {number}")
            phone.do("deleteList", id="list") if number == 9 else None
        phone.sync()
    reader.show(pages, is_full=True)
    assert reader.store == family.converge(phone)
    family.converge(reader)


def test_server_restored_in_the_middle(app: Flask, family: Family, clock: WallClock) -> None:
    phone, tablet, reader = family.phone("phone"), family.phone("tablet"), family.phone("reader")
    for number in range(6):
        phone.do("addMovie", imdb_id=f"tt{number:07}")
    phone.sync()
    backup = Backup(app)
    phone.do("updateMovieStatus", imdb_id="tt0000001", status="watched")
    phone.do("addPerson", name="Lost")
    phone.sync()
    tablet.sync()
    half_way = reader.wire.page(reader.cursor, limit=2)
    phone.do("updatePerson", name="Lost", color="red")  # queued with a base of the history that gets lost
    clock.time += 60
    backup.restore()
    for number in range(30):  # the numbers grow past those that were lost
        reader.wire.do("addMovie", imdb_id=f"tt1{number:06}")
    reader.cursor = half_way["cursor"]
    truth = family.converge(phone, tablet, reader)
    assert phone.refusals == tablet.refusals == reader.refusals == ["history_diverged"]
    assert truth.names() == set()
    assert truth.movies["tt0000001"]["status"] == "toWatch"
    assert [result["code"] for result in phone.results.values()][-1] == "person_not_found"


def test_list_id_that_another_user_owns(app: Flask, anna: Account, ben: Account, family: Family) -> None:
    mine, theirs = family.phone("phone"), family.phone("phone", account=ben)
    theirs.do("addList", id="list", name="Ben's")
    theirs.do("updateMovieStatus", imdb_id=MATRIX, status="custom", custom_list_id="list")
    theirs.sync()
    bens = rows_of(app, ben.id)
    mine.do("updateMovieStatus", imdb_id=MATRIX, status="custom", custom_list_id="list")
    mine.do("updateList", id="list", name="Mine")
    mine.do("deleteList", id="list")
    assert codes(mine.push()) == ["list_not_found"] * 3
    mine.do("addList", id="list", name="Anna's")
    mine.do("updateMovieStatus", imdb_id=HEAT, status="custom", custom_list_id="list")
    truth = family.converge(mine)
    assert truth.lists["list"]["name"] == "Anna's"
    assert list(truth.movies) == [HEAT]
    mine.do("deleteList", id="list")
    family.converge(mine)
    assert rows_of(app, ben.id) == bens


def test_batch_of_500_with_one_bad_action(wire: Wire, family: Family) -> None:
    queue = [told(action("addMovie", imdb_id=f"tt{number:07}"), id=str(number)) for number in range(500)]
    queue[250] = told(action("updateRating", imdb_id=MATRIX, my_rating=5), id="250")
    start = wire.cursor()
    undone = wire.push(*queue, atomic=True)
    assert Counter(codes(undone)) == {"batch_undone": 499, "movie_not_found": 1}
    assert wire.cursor() == start
    results = wire.push(*queue)
    assert Counter(statuses(results)) == {"applied": 499, "rejected": 1}
    assert results[250]["code"] == "movie_not_found"
    assert len(wire.pull(limit=500).movies) == 499
    assert all(result["replayed"] for result in wire.push(*queue))


@pytest.mark.parametrize("skew", [-3600.0, 3600.0, -DAY, DAY])
def test_clock_an_hour_behind(family: Family, clock: WallClock, skew: float) -> None:
    phone, old, tablet = family.phone("phone", skew=skew), family.old_phone(skew=skew), family.phone("tablet")
    for device in (phone, old):
        device.do("addMovie", imdb_id=MATRIX)
        device.do("watchMovie", imdb_id=MATRIX, my_rating=5)
        device.do("addRecommendation", imdb_id=HEAT, person_name="Anna")
        assert set(statuses(device.push())) <= {"applied", "noop"}
        clock.time += 10
        device.do("updateRating", imdb_id=MATRIX, my_rating=6)
        device.do("updateMovieStatus", imdb_id=HEAT, status="deleted")
        assert set(statuses(device.push())) <= {"applied", "noop"}
    tablet.sync()
    tablet.do("updateRating", of=("movies", MATRIX), imdb_id=MATRIX, my_rating=7)
    tablet.do("updateMovieStatus", of=("movies", HEAT), imdb_id=HEAT, status="toWatch")
    assert statuses(tablet.push()) == ["applied", "applied"]
    phone.pull()
    phone.do("updateRating", of=("movies", MATRIX), imdb_id=MATRIX, my_rating=8)
    assert statuses(phone.push()) == ["applied"]
    truth = family.converge(phone, old, tablet)
    assert truth.movies[MATRIX]["watch_history"]["my_rating"] == 8
    assert phone.refusals == tablet.refusals == []


def test_20_concurrent_pushes_of_the_same_id(app: Flask, anna: Account, wire: Wire) -> None:
    item = told(action("addRecommendation", imdb_id=MATRIX, person_name="Anna"), id="one")
    wires = [Wire(client_of(app, anna)) for _ in range(20)]

    def push(each: Wire) -> dict[str, Any]:
        while (answer := each.post(item, "/api/sync")).status_code == 503:
            pass
        assert answer.status_code == 200, answer.text
        return dict(answer.json)

    results = together([lambda each=each: push(each) for each in wires])
    assert Counter(result["replayed"] for result in results) == {False: 1, True: 19}  # type: ignore[index]
    assert {result["status"] for result in results} == {"applied"}  # type: ignore[index]
    assert len({result["rev"] for result in results}) == 1  # type: ignore[index]
    assert len(wire.movie(MATRIX)["recommendations"]) == 1
    assert len(rows_of(app, anna.id)["sync_actions"]) == 1


@pytest.mark.slow
def test_two_processes_writing_the_same_user(app: Flask, anna: Account, wire: Wire, instance_path: Path) -> None:
    start = wire.pull()
    actions = [told(action("addMovie", imdb_id=f"tt{number:07}"), id=str(number)) for number in range(60)]
    actions += [told(action("addPerson", name=f"Person {number}"), id=f"p{number}") for number in range(30)]
    batches = [actions[index : index + 5] for index in range(0, 90, 5)]
    settings = {"DATABASE_URL": app.config["DATABASE_URL"], "MOVIETRACKER_INSTANCE_PATH": str(instance_path)}
    settings["SECRET_KEY"] = app.config["SECRET_KEY"]
    processes = [
        subprocess.Popen(
            [sys.executable, str(Path(__file__).with_name("pusher.py"))],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        for _ in range(2)
    ]
    for process, order in zip(processes, (batches, batches[::-1]), strict=True):
        assert process.stdin is not None
        process.stdin.write(json.dumps({"settings": settings, "user": anna.id, "batches": order, "times": 2}))
        process.stdin.close()
    store, cursor = start, start.cursor
    while any(process.poll() is None for process in processes):  # a client that pulls all the while
        pulled = wire.pull(cursor, limit=7)
        cursor = pulled.cursor
        for page in pulled.pages:
            store.merge(page)
    counts: Counter[str] = Counter()
    for process in processes:
        assert process.stdout is not None
        counts.update(json.loads(process.stdout.read()))
        process.stdout.close()
        assert process.wait() == 0
    assert (counts["applied"], counts["replayed"]) == (90, 270)
    for page in wire.pull(cursor).pages:
        store.merge(page)
    assert Store(store.movies, store.people, store.lists) == library_of(app, anna.id)
    assert len(store.movies) == 60
    assert len(store.names()) == 30


@pytest.mark.parametrize("mode", ["merge", "replace"])
def test_import_or_replace_restore_while_a_device_is_offline(
    app: Flask, family: Family, clock: WallClock, mode: str
) -> None:
    start = family.phone("start")
    for imdb_id in (MATRIX, HEAT, ALIEN):
        start.do("addRecommendation", imdb_id=imdb_id, person_name="Anna")
    start.do("addList", id="0b6f6a5e-7c6b-4bb0-9a5c-2f4f8f9c1d11", name="List")
    start.sync()
    document = start.wire.client.get("/api/backup/export").json
    document["movies"] = [movie for movie in document["movies"] if movie["imdb_id"] != ALIEN]
    document["lists"] = []
    offline, old = family.phone("offline"), family.old_phone()
    offline.do("updateMovieStatus", of=("movies", MATRIX), imdb_id=MATRIX, status="watched")
    offline.do("updateMovieStatus", of=("movies", ALIEN), imdb_id=ALIEN, status="watched")
    old.do("addRecommendation", imdb_id=HEAT, person_name="Ben")
    clock.time += DAY
    answer = start.wire.client.post(f"/api/backup/import?mode={mode}", json=document)
    assert answer.status_code == 200, answer.text
    clock.time += DAY
    truth = family.converge(offline, old, start)
    statuses_of = {MATRIX: "watched", HEAT: "toWatch"} | ({ALIEN: "watched"} if mode == "merge" else {})
    assert {imdb_id: movie["status"] for imdb_id, movie in truth.movies.items()} == statuses_of
    outcomes = [result["code"] or result["status"] for result in offline.results.values()]
    assert outcomes == ["applied", "applied" if mode == "merge" else "deleted"]
    assert len(truth.lists) == (1 if mode == "merge" else 0)
    assert truth.names() == {"Anna", "Ben"}
    assert offline.refusals == []


def test_a_cursor_one_day_past_the_horizon(app: Flask, anna: Account, family: Family, clock: WallClock) -> None:
    writer, old = family.phone("writer"), family.old_phone()
    writer.do("addPerson", name="Anna")
    writer.do("addMovie", imdb_id=MATRIX)
    writer.sync()
    away = family.phone("away")
    away.do("addMovie", imdb_id=HEAT)
    old.pull()
    clock.time += 1
    writer.do("deletePerson", name="Anna")
    writer.sync()
    clock.time += 179 * DAY
    writer.do("addMovie", imdb_id=ALIEN)
    writer.sync()
    clock.time += 2 * DAY
    with app.app_context():
        assert collect(anna.id) > 0
    truth = family.converge(away, old, writer)
    assert away.refusals == ["cursor_expired"]
    assert writer.refusals == []
    assert set(truth.movies) == {MATRIX, HEAT, ALIEN}
    assert truth.names() == set()
