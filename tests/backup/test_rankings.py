"""Rankings in backup documents: exported with positions, and merged or replaced by them."""

from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from support.library import head_of
from support.shapes import assert_problem
from sync.wire import Wire

from movietracker.backup.catalog.verification import same_content
from movietracker.services.accounts import Account

from .documents import LONG_AGO, Json, as_file, bring, counts, document, export, movie, send

A, B, C, D, E = IDS = [f"tt000000{number}" for number in range(1, 6)]
RANKED = ["imdb_id", "liked", "position", "ranked_at"]

pytestmark = pytest.mark.each_database


def watched(*imdb_ids: str) -> list[Json]:
    return [movie(imdb_id, status="watched") for imdb_id in imdb_ids]


def place(imdb_id: str, position: int, *, liked: bool = True, ranked_at: float = LONG_AGO, **other: Any) -> Json:
    """A place as version 2 has it."""
    return {"imdb_id": imdb_id, "liked": liked, "position": position, "ranked_at": ranked_at, **other}


def places(*imdb_ids: str, **other: Any) -> list[Json]:
    """The places of liked titles in this order."""
    return [place(imdb_id, position, **other) for position, imdb_id in enumerate(imdb_ids, 1)]


def file(*rankings: Json) -> Json:
    """A document with five watched titles and these places."""
    return document(*watched(*IDS), rankings=list(rankings))


def order(client: FlaskClient) -> tuple[str, str]:
    """The last digits of the liked titles and of the others, as the ranking has them."""
    entries = client.get("/api/ranking").json
    return tuple(  # type: ignore[return-value]
        "".join(each["imdb_id"][-1] for each in entries if each["liked"] is liked) for liked in (True, False)
    )


# Writing


def test_a_document_has_the_places_of_both_groups(client: FlaskClient) -> None:
    bring(client, file())
    compared = [{"winner": A, "loser": B}]
    for imdb_id, position, liked in ((A, 1, True), (B, 1, True), (C, 1, False)):
        body = {"imdb_id": imdb_id, "position": position, "liked": liked}
        assert client.post("/api/ranking/insert", json=body).status_code == 201
    client.put(f"/api/ranking/{B}", json={"position": 1, "liked": True, "comparisons": compared})
    exported = export(client)["rankings"]
    assert [(each["imdb_id"], each["liked"], each["position"]) for each in exported] == [
        (B, True, 1),
        (A, True, 2),
        (C, False, 1),
    ]
    assert exported[0]["comparisons"] == compared
    assert [*exported[1]] == [*exported[2]] == RANKED


def test_places_that_are_not_shown_survive_a_round_trip(client: FlaskClient, bens_client: FlaskClient) -> None:
    bring(client, file(*places(A, B, C)))
    client.put(f"/api/movies/{B}/status", json={"status": "toWatch"})
    told = export(client)
    assert [each["position"] for each in told["rankings"]] == [1, 2, 3]
    bring(bens_client, told)
    assert order(bens_client) == ("13", "")
    assert export(bens_client)["rankings"] == told["rankings"]
    bens_client.put(f"/api/movies/{B}/status", json={"status": "watched"})
    assert order(bens_client) == ("123", "")


def test_a_title_that_was_taken_out_has_no_place(client: FlaskClient) -> None:
    bring(client, file(*places(A, B)))
    client.delete(f"/api/ranking/{A}")
    assert [(each["imdb_id"], each["position"]) for each in export(client)["rankings"]] == [(B, 1)]


# Reading


def test_places_are_taken_in_the_order_of_their_positions(client: FlaskClient) -> None:
    result = bring(client, file(place(A, 30), place(B, 10), place(C, 20), place(D, 5, liked=False)))
    assert order(client) == ("231", "4")
    assert result["imported_counts"] == counts(movies=5, rankings=4)
    assert result["rankings_imported"] == 4
    assert {each["ranked_at"] for each in client.get("/api/ranking").json} == {LONG_AGO}


def test_a_document_without_them_leaves_the_ranking_alone(client: FlaskClient) -> None:
    told = file(*places(A, B))
    bring(client, told)
    del told["rankings"]
    assert bring(client, told)["imported_counts"] == counts()
    assert order(client) == ("12", "")


def test_the_same_document_again_changes_nothing(app: Flask, anna: Account, client: FlaskClient) -> None:
    told = file(*places(B, A), place(C, 1, liked=False, comparisons=[{"winner": C, "loser": D}]))
    told["rankings"][0].pop("ranked_at")
    bring(client, told)
    with app.app_context():
        before = head_of(anna)
        assert bring(client, told)["imported_counts"] == counts()
        assert bring(client, told, mode="replace")["imported_counts"] == counts()
        assert head_of(anna) == before


def test_the_place_that_was_given_last_counts(client: FlaskClient) -> None:
    bring(client, file(*places(A, B, C, ranked_at=2000)))
    older = file(place(A, 1, liked=False, ranked_at=1000), place(B, 2, ranked_at=1000))
    assert bring(client, older)["imported_counts"] == counts()
    assert order(client) == ("123", "")
    newer = file(place(A, 1, liked=False, ranked_at=3000), place(C, 1, ranked_at=3000), place(B, 2, ranked_at=1000))
    assert bring(client, newer)["imported_counts"] == counts(rankings=2)
    assert order(client) == ("32", "1")


def test_a_place_goes_after_the_title_that_precedes_it_in_the_file(client: FlaskClient) -> None:
    bring(client, file(*places(A, B, C)))
    bring(client, file(*places(D, B, E)))
    assert order(client) == ("41253", "")


def test_merging_moves_no_other_title(client: FlaskClient) -> None:
    bring(client, file(*places(A, B, C)))
    cursor = Wire(client).cursor()
    bring(client, file(*places(A, D, B)))
    assert order(client) == ("1423", "")
    assert Wire(client).pull(cursor).movies.keys() == {D}


def test_replacing_makes_the_ranking_that_of_the_file(client: FlaskClient) -> None:
    bring(client, file(*places(A, B, C), place(D, 1, liked=False)))
    told = file(*places(C, E, A, ranked_at=1000), place(B, 1, liked=False, ranked_at=1000))
    planned = bring(client, told, mode="replace", dry_run=True)
    result = bring(client, told, mode="replace")
    for each in (planned, result):
        assert (each["added"]["rankings"], each["changed"]["rankings"]) == (1, 3)
        assert (each["removed"]["rankings"], each["kept"]["rankings"]) == (1, 0)
    assert order(client) == ("351", "2")
    assert export(client)["rankings"] == told["rankings"]
    del told["rankings"]
    assert bring(client, told, mode="replace")["removed"]["rankings"] == 4
    assert export(client)["rankings"] == []


def test_replacing_counts_places_that_went_with_their_titles(client: FlaskClient) -> None:
    bring(client, file(*places(A, B)))
    result = bring(client, document(*watched(A), rankings=places(A)), mode="replace")
    assert (result["removed"]["rankings"], result["kept"]["rankings"]) == (1, 1)
    assert order(client) == ("1", "")


def test_places_of_titles_that_are_not_here_are_left_out_and_counted(client: FlaskClient) -> None:
    result = bring(client, file(*places(A, "tt9999999", B)))
    assert result["warnings"] == ["Places in the ranking of titles that are not here: 1."]
    assert order(client) == ("12", "")


def test_a_file_without_places_is_not_the_same_as_one_with_some() -> None:
    older = file()
    del older["rankings"]
    assert same_content(as_file(older), as_file(file()))
    assert not same_content(as_file(older), as_file(file(*places(A))))


@pytest.mark.parametrize(
    ("rankings", "fault"),
    [
        ({}, "rankings"),
        ([7], "rankings[0]"),
        ([place("603", 1)], "rankings[0].imdb_id"),
        ([place(A, 0)], "rankings[0].position"),
        ([place(A, 2**53)], "rankings[0].position"),
        ([place(A, "1")], "rankings[0].position"),  # type: ignore[arg-type]
        ([place(A, 1, liked="yes")], "rankings[0].liked"),  # type: ignore[arg-type]
        ([{"imdb_id": A, "position": 1}], "rankings[0].liked"),
        ([place(A, 1, ranked_at=-1)], "rankings[0].ranked_at"),
        ([place(A, 1), place(A, 2)], "rankings[1].imdb_id"),
        ([place(A, 1, comparisons=[{"winner": A, "loser": B}] * 65)], "rankings[0].comparisons"),
        ([place(A, 1, comparisons=[{"winner": A}])], "rankings[0].comparisons[0].loser"),
        ([place(A, 1, comparisons=["A"])], "rankings[0].comparisons[0]"),
    ],
)
def test_a_document_with_a_place_that_cannot_be_is_refused(client: FlaskClient, rankings: Any, fault: str) -> None:
    body = assert_problem(send(client, file() | {"rankings": rankings}), 422, "invalid_document")
    assert [*body["errors"]] == [fault]
    assert export(client)["movies"] == []


def test_fields_of_a_later_version_are_named(client: FlaskClient) -> None:
    compared = [{"winner": A, "loser": B, "why": "music"}]
    result = bring(client, file(place(A, 1, mood="glad", comparisons=compared)))
    assert sorted(result["ignored_fields"]) == ["rankings[].comparisons[].why", "rankings[].mood"]


def test_keys_have_room_again_where_a_merge_leaves_none(client: FlaskClient) -> None:
    """Each file puts a title between the same two, of which the second is the one before."""
    bring(client, document(*watched(*(f"tt{number:07}" for number in range(1, 301))), rankings=places(A, B)))
    last = B
    for number in range(3, 301):
        imdb_id = f"tt{number:07}"
        bring(client, document(*watched(A, imdb_id, last), rankings=places(A, imdb_id, last)))
        last = imdb_id
    expected = [A, *(f"tt{number:07}" for number in range(300, 1, -1))]
    assert [each["imdb_id"] for each in client.get("/api/ranking").json] == expected
    keys = [each["ranking"]["order_key"] for each in client.get("/api/movies?sort=rank").json]
    assert max(map(len, keys)) < 40
