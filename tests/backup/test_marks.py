"""What a document says of liked titles and tags."""

from flask.testing import FlaskClient

from .documents import FAR_AHEAD, HEAT, MATRIX, Json, bring, by_key, document, export, movie, send


def marks(client: FlaskClient, imdb_id: str = MATRIX) -> Json:
    """The marks of a title, as far as a document has them."""
    record = by_key(export(client), "movies", imdb_id)
    return {name: record[name] for name in ("liked", "tags") if name in record}


def test_a_document_has_only_those_that_are_set(client: FlaskClient) -> None:
    bring(client, document(movie(MATRIX, liked=True, tags=["noir", "Loud"]), movie(HEAT, liked=False, tags=[])))
    assert marks(client) == {"liked": True, "tags": ["Loud", "noir"]}
    assert marks(client, HEAT) == {}


def test_those_that_a_document_lacks_stay_when_it_is_merged_and_go_when_it_replaces(client: FlaskClient) -> None:
    bring(client, document(movie(MATRIX, liked=True, tags=["noir"])))
    newer = document(movie(MATRIX, last_modified=FAR_AHEAD))
    bring(client, newer)
    assert marks(client) == {"liked": True, "tags": ["noir"]}
    bring(client, document(movie(MATRIX, liked=False, tags=[], last_modified=FAR_AHEAD)))
    assert marks(client) == {}
    bring(client, document(movie(MATRIX, liked=True, tags=["noir"], last_modified=FAR_AHEAD)))
    bring(client, newer, mode="replace")
    assert marks(client) == {}


def test_a_tag_is_spelled_as_the_account_does_unless_the_document_replaces_it(client: FlaskClient) -> None:
    bring(client, document(movie(MATRIX, tags=["Noir"])))
    told = document(movie(MATRIX, tags=["NOIR"], last_modified=FAR_AHEAD), movie(HEAT, tags=["noir", "NO\u00cdR"]))
    bring(client, told)
    assert [marks(client, each) for each in (MATRIX, HEAT)] == [{"tags": ["Noir"]}] * 2
    bring(client, told, mode="replace")
    assert [marks(client, each) for each in (MATRIX, HEAT)] == [{"tags": ["NOIR"]}] * 2


def test_what_is_wrong_is_refused_with_its_place(client: FlaskClient) -> None:
    told = document(movie(MATRIX, liked=1, tags=["x" * 65]), movie(HEAT, tags=["noir"] * 51))
    answer = send(client, told)
    assert answer.status_code == 422
    assert set(answer.json["errors"]) == {"movies[0].liked", "movies[0].tags[0]", "movies[1].tags"}
