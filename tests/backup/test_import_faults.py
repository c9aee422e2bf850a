"""Anything wrong in a file means that nothing is changed; every fault is named by its place."""

import gzip
import json
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from support import disks
from support.client import Client
from support.library import head_of
from support.live_server import serve
from support.shapes import assert_invalid, assert_problem

from movietracker.backup.document import parsing, reading
from movietracker.services.accounts import Account

from .documents import (
    HEAT,
    LONG_AGO,
    MATRIX,
    Json,
    Unchanged,
    bring,
    document,
    export,
    listing,
    movie,
    person,
    send,
    vote,
)


def wrong_values(**fields: list[Any]) -> list[tuple[str, Json]]:
    """Each field with each of its wrong values."""
    return [(name, {name: value}) for name, values in fields.items() for value in values]


WATCHED = {"date_watched": LONG_AGO, "my_rating": 8.0}


@pytest.fixture
def refused(client: Client, unchanged: Unchanged) -> Callable[..., Json]:
    """Sends what must be refused, and checks that nothing is changed; returns the body of the error."""

    def send_it(sent: Any, status: int = 422, code: str = "invalid_document", **query: Any) -> Json:
        bring(client, document(movie(HEAT, vote("Kept"))))
        with unchanged():
            return assert_problem(send(client, sent, **query), status, code)

    return send_it


@pytest.mark.parametrize(
    ("place", "wrong", "message"),
    [
        ("movies[17].imdb_id", {"imdb_id": "tt12"}, "must be an IMDb id: tt and 7 or more digits"),
        ("movies[17].imdb_id", {"imdb_id": None}, "is missing"),
        ("movies[17].imdb_id", {"imdb_id": 133093}, "must be an IMDb id: tt and 7 or more digits"),
        ("movies[17].imdb_id", {"imdb_id": "tt0000003"}, "is there twice"),
        ("movies[17].media_type", {"media_type": "game"}, "must be one of: movie, tv"),
        ("movies[17].status", {"status": "lent"}, "must be one of: toWatch, watched, deleted, custom"),
        ("movies[17].status", {"status": ["watched"]}, "must be one of: toWatch, watched, deleted, custom"),
        ("movies[17].custom_list_id", {"status": "custom"}, "is missing"),
        ("movies[17].custom_list_id", {"status": "custom", "custom_list_id": "x"}, "is not the id of one of the"),
        ("movies[17].custom_list_id", {"status": "custom", "custom_list_id": "x" * 37}, "must have 1 to 36 characters"),
        ("movies[17].last_modified", {"last_modified": "yesterday"}, "must be a number"),
        ("movies[17].last_modified", {"last_modified": True}, "must be a number"),
        ("movies[17].last_modified", {"last_modified": -1}, "must be a time in Unix seconds"),
        ("movies[17].last_modified", {"last_modified": 1e300}, "must be a time in Unix seconds"),
        ("movies[17].watch_history", {"watch_history": []}, "must be an object"),
        ("movies[17].watch_history.my_rating", {"watch_history": WATCHED | {"my_rating": 11}}, "must be between 1 and"),
        ("movies[17].watch_history.my_rating", {"watch_history": WATCHED | {"my_rating": 0.99}}, "must be between 1"),
        ("movies[17].watch_history.my_rating", {"watch_history": WATCHED | {"my_rating": "8"}}, "must be a number"),
        ("movies[17].watch_history.date_watched", {"watch_history": {"date_watched": "1 May"}}, "must be a number"),
        ("movies[17].recommendations", {"recommendations": {}}, "must be an array"),
        ("movies[17].recommendations[0]", {"recommendations": ["Anna"]}, "must be an object"),
        ("movies[17].recommendations[1].person_name", {"recommendations": [vote("Anna"), {}]}, "is missing"),
        ("movies[17].recommendations[0].person_name", {"recommendations": [vote(" \t")]}, "must not be empty"),
        ("movies[17].recommendations[0].person_name", {"recommendations": [vote("x" * 201)]}, "at most 200 characters"),
        ("movies[17].recommendations[0].person_name", {"recommendations": [vote("a\x00b")]}, "must not contain NUL"),
        ("movies[17].recommendations[0].vote_type", {"recommendations": [vote("A") | {"vote_type": 2}]}, "must be a v"),
        ("movies[17].recommendations[0].date_recommended", {"recommendations": [vote("A", date=-5)]}, "must be a time"),
        ("movies[17].recommendations", {"recommendations": [vote("A"), vote(" A")]}, "is there twice"),
    ],
)
def test_a_fault_of_a_movie_is_named_by_its_place(
    refused: Callable[..., Json], place: str, wrong: Json, message: str
) -> None:
    movies = [movie(f"tt{number:07}") for number in range(1, 25)]
    movies[17] |= wrong
    body = refused(document(*movies))
    ((told, (said,)),) = body["errors"].items()
    assert told == place
    assert message in said
    assert f"{place}: " in body["detail"]


@pytest.mark.parametrize(
    ("place", "wrong"),
    [
        ("name", {"name": "Zoe\u0308", "quick_key": "google"}),
        *wrong_values(name=[None, 5, ""], is_trusted=["yes", 2], color=["", "#" * 33], emoji=[1]),
        *wrong_values(quick_key=["oscar", []], last_modified=[[]]),
    ],
)
def test_a_fault_of_a_person_is_named_by_its_place(refused: Callable[..., Json], place: str, wrong: Json) -> None:
    others = [person("Oscar", quick_key="oscar"), person("Zo\u00eb")]
    assert list(refused(document(people=[*others, person("C") | wrong]))["errors"]) == [f"people[2].{place}"]


@pytest.mark.parametrize(
    ("place", "wrong"),
    [
        *wrong_values(id=[None, "", "first", "x" * 37], name=[None], icon=[""]),
        *wrong_values(position=[1.5, 2**31, -(2**31) - 1], created_at=["now"]),
    ],
)
def test_a_fault_of_a_list_is_named_by_its_place(refused: Callable[..., Json], place: str, wrong: Json) -> None:
    lists = [listing("first", "First"), listing("second", "Second") | wrong]
    assert list(refused(document(lists=lists))["errors"]) == [f"lists[1].{place}"]


def test_the_ends_of_every_range_are_in_it(client: Client) -> None:
    watched = [movie(MATRIX), movie(HEAT)]
    watched[0]["watch_history"] = {"date_watched": 0, "my_rating": 1}
    watched[1]["watch_history"] = {"date_watched": 10_000_000_000, "my_rating": 10}
    lists = [
        listing("a" * 36, "x" * 200, position=2**31 - 1, color="c" * 32, icon="i" * 64),
        listing("b", "B", position=-(2**31)),
    ]
    bring(client, document(*watched, people=[person("n" * 200, emoji="e" * 32)], lists=lists))
    assert len(export(client)["lists"]) == 2


def test_all_faults_are_named_at_once(refused: Callable[..., Json]) -> None:
    wrong = document(
        movie(MATRIX, vote("A") | {"vote_type": "maybe"}, status="lent"),
        "a movie",
        people=[person("")],
        exported_at="today",
    ) | {"lists": {"id": "x"}}
    body = refused(wrong)
    assert set(body["errors"]) == {
        "movies[0].status",
        "movies[0].recommendations[0].vote_type",
        "movies[1]",
        "people[0].name",
        "lists",
        "exported_at",
    }
    assert body["detail"].endswith("(and 5 more)")


def test_no_more_than_a_hundred_faults_are_named(refused: Callable[..., Json]) -> None:
    assert len(refused(document(*[{"imdb_id": "x"}] * 5000))["errors"]) == 100


@pytest.mark.parametrize("section", ["movies", "people", "lists"])
def test_a_section_that_is_missing_or_no_array_is_a_fault(refused: Callable[..., Json], section: str) -> None:
    whole = document(movie(MATRIX))
    assert list(refused({key: whole[key] for key in whole if key != section})["errors"]) == [section]
    for wrong in (None, 5, "x", {}, True):
        assert list(refused(whole | {section: wrong})["errors"]) == [section]


@pytest.mark.parametrize("foreign", [{}, {"results": [1, 2]}, {"exported_at": 5}, {"lists": []}])
def test_a_foreign_file_is_named_as_such(refused: Callable[..., Json], foreign: Json) -> None:
    assert list(refused(foreign)["errors"]) == ["version"]


@pytest.mark.parametrize("body", [b"[]", b"5", b'"text"', b"null", b"true", b"[[[[]]]]"])
def test_json_that_is_no_object_is_refused(refused: Callable[..., Json], body: bytes) -> None:
    assert list(refused(body)["errors"]) == ["document"]


WHOLE = json.dumps(document(movie(MATRIX, vote("Änna 🎬")))).encode()


@pytest.mark.parametrize(
    "body",
    [
        *(b"", b"  ", b"{", b"not json"),
        WHOLE[:-1],
        WHOLE[: len(WHOLE) // 2],
        *(WHOLE + b"}", WHOLE + WHOLE, WHOLE.replace(b"1600000000.5", b"NaN", 1)),
        *(WHOLE.replace(b"1600000000.5", b"Infinity", 1), WHOLE.replace(b"1600000000.5", b"-Infinity", 1)),
        *(WHOLE.replace(b"1600000000.5", b"1e400", 1), WHOLE.replace(b"1600000000.5", b"1" * 5000, 1)),
        *(WHOLE.replace(b"1600000000.5", b"0x10", 1), WHOLE.replace(b"1600000000.5", b"'5'", 1)),
        WHOLE.replace(b"false", b"False", 1).replace(b"true", b"True", 1),
        *(WHOLE.replace(b"\\u00c4", b"\xff", 1), WHOLE.replace(b"\\u00c4", b"\xed\xa0\x80", 1)),
        *(WHOLE.replace(b"\\u00c4", b"\n", 1), WHOLE.decode().encode("utf-16"), b"\x1f\x8b"),
        b"\x1f\x8b\x08 not gzip at all",
        gzip.compress(WHOLE)[:-9],
        gzip.compress(WHOLE)[:-1],
        gzip.compress(WHOLE) + b"more",
        gzip.compress(WHOLE)[:20] + b"????" + gzip.compress(WHOLE)[24:],
        *(gzip.compress(WHOLE[:-1]), b"PK\x03\x04", bytes(range(256))),
    ],
)
def test_what_is_no_json_is_malformed(refused: Callable[..., Json], body: bytes) -> None:
    assert body != WHOLE
    refused(body, 400, "malformed_json")


@pytest.mark.parametrize(
    ("twice", "place"),
    [(b'{"version":2,"version":2}', "version"), (b'{"version":2,"movies":[],"movies":[]}', "movies")],
)
def test_a_top_level_key_that_is_there_twice_is_a_fault(refused: Callable[..., Json], twice: bytes, place: str) -> None:
    assert refused(twice)["errors"] == {place: ["is there twice"]}


@pytest.mark.parametrize(
    "nested",
    [
        b'{"version":2,"movies":[' + b"[" * 100_000,
        b'{"version":2,"movies":[' + b'{"a":' * 100_000,
        b'{"version":2,"movies":[{"tmdb_data":' + b'{"a":[' * 40,
        b'{"version":2,"movies":' + b"[" * 1000 + b"]" * 1000 + b"}",
    ],
)
def test_deep_nesting_is_refused(refused: Callable[..., Json], nested: bytes) -> None:
    assert list(refused(nested)["errors"]) == ["movies[0]"]


def test_deep_nesting_elsewhere_is_passed_over(client: Client) -> None:
    body = json.dumps(document(movie(MATRIX)))[:-1] + ',"later":' + "[" * 50_000 + "]" * 50_000 + "}"
    assert bring(client, body.encode())["ignored_fields"] == ["later"]


def test_a_huge_part_of_a_document_is_refused_before_it_is_read_whole(refused: Callable[..., Json]) -> None:
    huge = b'{"version":2,"movies":[{"imdb_id":"' + b"t" * 20_000_000
    assert list(refused(huge)["errors"]) == ["document"]
    assert list(refused(gzip.compress(huge))["errors"]) == ["document"]


def test_very_many_fields_are_refused(refused: Callable[..., Json]) -> None:
    assert list(refused({f"field{number}": 1 for number in range(1001)})["errors"]) == ["document"]


def test_very_many_records_are_refused(refused: Callable[..., Json], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reading, "MAX_RECORDS", 3)
    people = [person(str(number)) for number in range(4)]
    assert list(refused(document(people=people))["errors"]) == ["people"]


class TestPackedBodies:
    @pytest.mark.parametrize("headers", [{}, {"Content-Encoding": "gzip"}])
    def test_are_unpacked(self, client: Client, headers: dict[str, str]) -> None:
        answer = client.post("/api/backup/import", data=gzip.compress(WHOLE), headers=headers)
        assert answer.json["movies_imported"] == 1

    def test_may_consist_of_several_members(self, client: Client) -> None:
        packed = gzip.compress(WHOLE[:50]) + gzip.compress(WHOLE[50:])
        assert bring(client, packed)["movies_imported"] == 1

    def test_that_unpack_to_too_much_are_refused_before_they_are_unpacked(
        self, refused: Callable[..., Json], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        read: list[int] = []
        unpack = gzip.GzipFile.read

        def noted(file: gzip.GzipFile, size: int | None = -1) -> bytes:
            chunk = unpack(file, size)
            read.append(len(chunk))
            return chunk

        monkeypatch.setattr(gzip.GzipFile, "read", noted)
        monkeypatch.setattr(parsing, "MAX_UNPACKED_BYTES", 1_000_000)
        bomb = gzip.compress(b'{"version":2,"later":[' + b"0," * 20_000_000)
        assert len(bomb) < 100_000
        refused(bomb, 413, "body_too_large")
        assert sum(read) <= 1_000_000 + parsing.CHUNK_BYTES
        assert max(read) <= parsing.CHUNK_BYTES

    @pytest.mark.parametrize(
        "unpacked",
        [
            b'{"version":2,"later":"' + b"a" * 5_000_000,  # one huge part
            b" " * 5_000_000,
            b"\0" * 5_000_000,  # no JSON at all
            b'{"version":2,"movies":[],"movies":[' + b"0," * 2_500_000,  # wrong from its beginning
            b"{}" + b" " * 5_000_000,
        ],
        ids=["text", "blanks", "zeros", "repetition", "tail"],
    )
    def test_that_unpack_to_too_much_are_too_large_whatever_is_in_them(
        self, refused: Callable[..., Json], monkeypatch: pytest.MonkeyPatch, unpacked: bytes
    ) -> None:
        monkeypatch.setattr(parsing, "MAX_UNPACKED_BYTES", 4_000_000)
        refused(gzip.compress(unpacked), 413, "body_too_large")

    def test_may_unpack_to_256_mib(self) -> None:
        assert parsing.MAX_UNPACKED_BYTES == 256 * 1024 * 1024


class TestForms:
    @staticmethod
    def _post(client: Client, name: str, body: bytes) -> Any:
        head = f'--x\r\nContent-Disposition: form-data; name="{name}"; filename="export.json"\r\n\r\n'
        form = head.encode() + body + b"\r\n--x--\r\n"
        return client.post("/api/backup/import", data=form, content_type="multipart/form-data; boundary=x")

    @pytest.mark.parametrize("name", ["file", "upload"])
    def test_may_hold_the_file(self, client: Client, name: str) -> None:
        assert self._post(client, name, WHOLE).json["movies_imported"] == 1

    def test_may_hold_a_packed_file(self, client: Client) -> None:
        assert self._post(client, "file", gzip.compress(WHOLE)).json["movies_imported"] == 1

    def test_may_hold_a_large_file(self, client: Client) -> None:
        large = json.dumps(document(*[movie(f"tt{number:07}") for number in range(6000)])).encode()
        assert len(large) > 1_000_000
        assert self._post(client, "file", large).json["movies_imported"] == 6000

    def test_without_a_file_are_invalid(self, client: Client) -> None:
        answer = client.post("/api/backup/import", data={"text": "x"}, content_type="multipart/form-data")
        assert_invalid(answer, "file")


@pytest.mark.parametrize("content_type", ["application/json", "text/plain", "application/x-www-form-urlencoded", ""])
def test_the_content_type_does_not_matter(client: Client, content_type: str) -> None:
    answer = client.post("/api/backup/import", data=WHOLE, content_type=content_type)
    assert answer.json["movies_imported"] == 1


def test_a_byte_order_mark_does_no_harm(client: Client) -> None:
    assert bring(client, b"\xef\xbb\xbf" + WHOLE)["movies_imported"] == 1
    assert bring(client, gzip.compress(b"\xef\xbb\xbf" + WHOLE))["movies_imported"] == 0


@pytest.mark.parametrize("query", [{"mode": "overwrite"}, {"mode": ""}, {"dry_run": "perhaps"}])
def test_an_unknown_way_of_importing_is_invalid(refused: Callable[..., Json], query: dict[str, str]) -> None:
    refused(WHOLE, 422, "validation_error", **query)


def test_a_body_beyond_256_mib_is_too_large(app: Flask, client: Client) -> None:
    announced = {"CONTENT_LENGTH": str(256 * 1024 * 1024 + 1)}
    answer = client.post("/api/backup/import", data=b"{}", environ_overrides=announced)
    assert_problem(answer, 413, "body_too_large")
    token = client.environ_base["HTTP_AUTHORIZATION"]
    with serve(app, token) as server:
        assert server.call("POST", "/api/backup/import", WHOLE).json["movies_imported"] == 1


def test_no_room_for_temporary_files_is_no_fault_of_the_client(
    app: Flask, client: Client, anna: Account, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    if reason := disks.missing():
        pytest.skip(reason)
    sent = document(*(movie(f"tt{number:07}") for number in range(1, 4000)))
    monkeypatch.setattr(reading, "SPOOL_BYTES", 10_000)

    with disks.small_disk(tmp_path, "64k"):
        monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
        problem = assert_problem(send(client, sent), 503, "database_unavailable")

    assert str(tmp_path) not in str(problem)
    with app.app_context():
        assert head_of(anna).seq == 4, "the quick recommenders"
