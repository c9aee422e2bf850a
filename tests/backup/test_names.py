"""What a document says of titles of which nothing but the name is known."""

from flask.testing import FlaskClient

from .documents import HEAT, MATRIX, bring, by_key, document, export, movie, send


def name(client: FlaskClient, imdb_id: str) -> tuple[str | None, str | None]:
    """What the account calls a title."""
    told = client.get(f"/api/movies/{imdb_id}").json
    assert told is not None
    return told.get("title"), told.get("year")


def test_a_title_is_called_as_before_when_it_comes_back(client: FlaskClient) -> None:
    told = document(movie(MATRIX, title="A Film of Ours", year="1998"), movie(HEAT, title="Another", year=None))
    bring(client, told)
    assert [name(client, each) for each in (MATRIX, HEAT)] == [("A Film of Ours", "1998"), ("Another", None)]
    written = export(client)
    for imdb_id in (MATRIX, HEAT):
        assert client.delete(f"/api/movies/{imdb_id}").status_code == 204
    bring(client, written)
    assert [name(client, each) for each in (MATRIX, HEAT)] == [("A Film of Ours", "1998"), ("Another", None)]


def test_a_document_has_no_name_of_a_title_with_details(client: FlaskClient) -> None:
    details = {"tmdbId": 603, "imdbId": MATRIX, "title": "The Matrix", "year": "1999", "mediaType": "movie"}
    bring(client, document(movie(MATRIX, title="Matrix", year="1998", tmdb_data=details), movie(HEAT)))
    written = export(client)
    assert [each for each in (MATRIX, HEAT) if "title" in by_key(written, "movies", each)] == []


def test_what_is_wrong_is_refused_with_its_place(client: FlaskClient) -> None:
    answer = send(client, document(movie(MATRIX, title=7, year="199x5"), movie(HEAT, title="x" * 1001)))
    assert answer.status_code == 422
    assert set(answer.json["errors"]) == {"movies[0].title", "movies[0].year", "movies[1].title"}
