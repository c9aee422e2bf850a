"""The file of any account makes the same of an empty one, and of any other that it replaces."""

import dataclasses
import itertools
import json
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import reduce
from io import BytesIO
from operator import getitem
from typing import Any

import pytest
from flask import Flask
from hypothesis import HealthCheck, example, given, settings
from sqlalchemy import select
from support.libraries import LIBRARIES, MadeLibrary, MadeMovie
from support.library import head_of

from movietracker.backup.catalog.verification import same_content
from movietracker.backup.document.export import export_document
from movietracker.backup.document.importing import import_document, import_into_scratch
from movietracker.models import ACTIONS, HEAD, LEDGER, LIBRARY_TABLES, NAMES, TOMBSTONES
from movietracker.services.accounts import Account
from movietracker.services.library_read import LibraryRead
from movietracker.services.transactions import library_read

from .documents import HEAT, LONG_AGO, MATRIX, Json, as_file, content, document, movie, vote

pytestmark = pytest.mark.each_database

many_libraries = settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)


SERVERS_OWN = (HEAD, LEDGER, ACTIONS, TOMBSTONES, NAMES)
NUMBERS_AND_TIMES = ("user_id", "id", "person_id", "seq", "born_seq", "field_changes", "last_modified", "order_key")
TO_WATCH = MadeMovie("movie", "toWatch", 0, None, [], None, [], None, False, [])
RANKED = dataclasses.replace(TO_WATCH, rank=(False, 1))


def exported(user: Account) -> Json:
    """The document of a library."""
    with library_read(user.id) as read:
        told: Json = json.loads(b"".join(export_document(read)))
    return told


@pytest.fixture
def new_account(app: Flask, make_account: Callable[[str], Account]) -> Callable[[], Account]:
    """Makes accounts one after the other."""
    numbers = itertools.count()
    return lambda: make_account(f"user{next(numbers)}")


@contextmanager
def scratch(told: Json) -> Iterator[Json]:
    """What the document comes out as after a restore into an empty database."""
    with import_into_scratch(as_file(told)) as read:
        yield json.loads(b"".join(export_document(read)))


def rows(read: LibraryRead) -> dict[str, Counter[tuple[Any, ...]]]:
    """What is stored of a library, in whatever order, but for what a server sets itself."""
    found = {}
    for table in {*LIBRARY_TABLES}.difference(SERVERS_OWN):
        columns = [column for column in table.c if column.name not in NUMBERS_AND_TIMES]
        found[table.name] = Counter(read.fetch(select(*columns).where(table.c.user_id == read.user_id)))
    return found


def with_ids_of(told: Json, other: Json) -> str:
    """The content of a document as text, its lists named by the ids that another gives them, in the same order."""
    text = json.dumps(content(told))
    for mine, theirs in zip(told["lists"], other["lists"], strict=True):
        text = text.replace(mine["id"], theirs["id"])
    return text


@given(LIBRARIES)
@many_libraries
def test_any_account_comes_back_from_its_file(
    app: Flask, new_account: Callable[[], Account], made: MadeLibrary
) -> None:
    with app.app_context():
        first, second = new_account(), new_account()
        made.build(first)
        told = exported(first)
        with scratch(told) as again:
            assert content(again) == content(told)
            assert same_content(as_file(again), as_file(told))
        with import_into_scratch(as_file(told)) as restored, library_read(first.id) as read:
            assert rows(restored) == rows(read)
        import_document(second.id, as_file(told))
        copied = exported(second)
        assert with_ids_of(copied, told) == json.dumps(content(told))
        for user in (first, second):
            before = head_of(user)
            assert not any(import_document(user.id, as_file(told)).imported.values())
            assert head_of(user) == before


@given(LIBRARIES, LIBRARIES)
@many_libraries
def test_any_account_becomes_what_any_file_says(
    app: Flask, new_account: Callable[[], Account], made: MadeLibrary, other: MadeLibrary
) -> None:
    with app.app_context():
        first, second = new_account(), new_account()
        made.build(first)
        other.build(second)
        told, before = exported(first), exported(second)
        planned = import_document(second.id, as_file(told), mode="replace", dry_run=True)
        assert content(exported(second)) == content(before)
        done = import_document(second.id, as_file(told), mode="replace")
        assert (planned.added, planned.changed, planned.removed) == (done.added, done.changed, done.removed)
        assert with_ids_of(exported(second), told) == json.dumps(content(told))
        import_document(second.id, as_file(before), mode="replace")
        assert with_ids_of(exported(second), before) == json.dumps(content(before))


@given(LIBRARIES, LIBRARIES)
@example(
    made=MadeLibrary({}, {}, [], {MATRIX: TO_WATCH}), other=MadeLibrary({}, {}, [], {MATRIX: RANKED, HEAT: TO_WATCH})
)
@many_libraries
def test_a_merge_loses_nothing_and_takes_what_is_new(
    app: Flask, new_account: Callable[[], Account], made: MadeLibrary, other: MadeLibrary
) -> None:
    with app.app_context():
        first, second = new_account(), new_account()
        other.build(first)
        made.build(second)  # later, so that it is newer everywhere
        told, before = exported(first), exported(second)
        import_document(second.id, as_file(told))
        after = exported(second)
        sent, kept, found = ({each["imdb_id"]: each for each in some["movies"]} for some in (told, before, after))
        placed = {each["imdb_id"] for each in after["rankings"] if each not in before["rankings"]}
        for imdb_id in placed & kept.keys():  # whose own place nobody had chosen
            kept[imdb_id]["last_modified"] = found[imdb_id]["last_modified"]
        assert found | kept == found
        assert found.keys() == kept.keys() | sent.keys()
        own_names = {each["name"] for each in before["people"] if not each["quick_key"]}
        assert own_names <= {each["name"] for each in after["people"]}
        assert len(after["lists"]) == len(before["lists"]) + len(told["lists"])
        head = head_of(second)
        import_document(second.id, as_file(told))
        assert head_of(second) == head


def test_a_file_of_an_earlier_version_comes_out_of_a_restore_as_it_went_in(app: Flask) -> None:
    """Earlier versions wrote neither viewings nor ratings beside the watch record, nor rankings."""
    watched = {"status": "watched", "watch_history": {"date_watched": LONG_AGO, "my_rating": 8.0}}
    with app.app_context(), scratch(document(movie(MATRIX, vote("Anna"), **watched), movie(HEAT))) as earlier:
        for each in earlier["movies"]:
            del each["viewings"], each["my_rating"]
        del earlier["rankings"], earlier["account"]
        with scratch(earlier) as again:
            assert {"viewings", "my_rating"} <= again["movies"][0].keys()
            assert same_content(as_file(earlier), as_file(again))
            again["movies"][1]["watch_history"]["my_rating"] = 7.0
            assert not same_content(as_file(earlier), as_file(again))


def test_two_documents_that_differ_in_anything_that_counts_are_not_the_same() -> None:
    votes = [{"person_name": "A"}, {"person_name": "B"}]
    whole = {
        "version": 2,
        "exported_at": 1.5,
        "movies": [
            {"imdb_id": "tt0000001", "last_modified": 5.0, "recommendations": votes},
            {"imdb_id": "tt0000002", "last_modified": 6.0, "recommendations": []},
        ],
        "people": [{"name": "A", "last_modified": 1.0}],
        "lists": [],
    }

    def same(other: Json) -> bool:
        return same_content(as_file(whole), as_file(other))

    assert same(whole)
    later = json.loads(json.dumps(whole))
    later["exported_at"] = 9.0
    later["movies"].reverse()
    later["movies"][1]["recommendations"].reverse()
    later["movies"][0]["last_modified"] = 99.0
    assert same(later)
    for path, wrong in (
        (("version",), 1),
        (("movies", 0, "imdb_id"), "tt0000003"),
        (("movies", 0, "recommendations", 0, "person_name"), "C"),
        (("people", 0, "name"), "B"),
        (("people",), []),
        (("lists",), [{"id": "x"}]),
        (("movies",), [whole["movies"][0], whole["movies"][0]]),  # type: ignore[index]
        (("movies",), {}),
        (("later",), True),
    ):
        other = json.loads(json.dumps(whole))
        reduce(getitem, path[:-1], other)[path[-1]] = wrong
        assert not same(other), path
    assert not same_content(BytesIO(b"{}"), as_file(whole))
