"""Which movies are listed, and in which order."""

import pytest
from standin import Standin
from support.applications import MakeApp
from support.client import Client, client_of
from support.films import fill, ids
from support.shapes import assert_invalid

from movietracker.services.accounts import Account


@pytest.fixture
def library(client: Client) -> Client:
    """A client whose library holds the films of ``support.films``."""
    fill(client)
    return client


def test_by_status(library: Client) -> None:
    assert ids(library) == "1234"
    assert ids(library, status="watched") == "13"
    assert ids(library, status="deleted") == "2"
    assert ids(library, status="toWatch") == "4"
    assert ids(library, status="custom") == ""
    assert ids(library, status="watched,deleted") == "123"
    assert ids(library, status=" watched , toWatch ,") == "134"


def test_by_person(library: Client) -> None:
    mum = next(p["id"] for p in library.get("/api/people").json if p["name"] == "Mum")

    assert ids(library, person="Mum") == "12"
    assert ids(library, person=str(mum)) == "12"
    assert ids(library, person="12345") == "3"
    assert ids(library, person="Ren\u00e9") == "4"
    assert ids(library, person=" Dad ") == "3"


def test_a_person_or_list_that_there_is_not_has_no_movies(library: Client, bens_client: Client) -> None:
    bens = bens_client.post("/api/movies/tt0000001/recommendations", json={"person_name": "Uncle"}).json["person_id"]

    for person in ("Unknown", "Mu", "0", str(bens), "Uncle", "9" * 30, "x" * 300):
        assert ids(library, person=person) == ""
    for a_list in ("nonsense", "00000000-0000-0000-0000-000000000000"):
        assert ids(library, list=a_list) == ""


def test_by_list(library: Client) -> None:
    a_list = library.post("/api/lists", json={"name": "Rainy"}).json["id"]
    library.put("/api/movies/tt0000004/status", json={"status": "custom", "custom_list_id": a_list})

    assert ids(library, list=a_list) == "4"
    assert ids(library, list=a_list, status="watched") == ""


def test_by_what_is_liked(library: Client) -> None:
    for number in (1, 3):
        library.put(f"/api/movies/tt000000{number}/liked", json={"liked": True})
    library.put("/api/movies/tt0000003/liked", json={"liked": False})

    assert ids(library, liked="true") == "1"
    assert ids(library, liked="false") == "234"
    assert ids(library, liked="true", status="watched") == "1"
    assert_invalid(library.get("/api/movies?liked=maybe"), "liked")


def test_by_tag_whatever_its_case_and_accents(library: Client) -> None:
    for number, tag in ((1, "Café"), (2, "cafe"), (3, "caf")):
        library.put(f"/api/movies/tt000000{number}/tags/{tag}")

    assert ids(library, tag="CAFÉ") == "12"
    assert ids(library, tag="caf", limit=1) == "3"
    assert ids(library, tag="noir") == ""
    assert_invalid(library.get("/api/movies?tag=+"), "tag")


def test_by_media_type(library: Client) -> None:
    assert ids(library, media_type="tv") == "3"
    assert ids(library, media_type="movie") == "124"


def test_by_genre_of_details_or_ratings_however_it_is_spelled(library: Client) -> None:
    for genre, found in [
        ("comedy", "1"),
        ("Science Fiction", "2"),
        ("science-fiction", "2"),
        ("DRAMA", "2"),
        ("fiction", ""),
        ("Comedy, Animation", "13"),
        ("Comedy,Western,", "1"),
        ("Western", ""),
        ("???", ""),
        ("", "1234"),
        (",", "1234"),
    ]:
        assert ids(library, genre=genre) == found, genre


def test_genres_are_those_that_a_provider_gave_last(make_app: MakeApp, anna: Account, standin: Standin) -> None:
    client = client_of(make_app(METADATA_PROVIDERS="tmdb,omdb", **standin.settings), anna)
    known = {"tmdb_data": {"title": "Spirited", "genres": ["Western"]}}
    client.post("/api/movies/tt0245429/recommendations", json={"person_name": "Mum"} | known)
    assert ids(client, genre="western") == "9"

    assert client.post("/api/movies/tt0245429/refresh", json={}).json["updated"] == {"tmdb": True, "omdb": True}
    assert ids(client, genre="western") == ""
    assert ids(client, genre="animation") == "9"


def test_by_year_of_release(library: Client) -> None:
    for query, found in [
        ({"year_from": "1930"}, "13"),
        ({"year_to": "1932"}, "12"),
        ({"year_from": "1932", "year_to": "1932"}, "1"),
        ({"year_from": "1933", "year_to": "2019"}, ""),
        ({"year_from": "1870", "year_to": "2200"}, "123"),
        ({"year_from": "1927", "sort": "-year"}, "312"),
    ]:
        assert ids(library, **query) == found, query


def test_by_rating(library: Client) -> None:
    library.put("/api/movies/tt0000004/status", json={"status": "watched"})

    for query, found in [
        ({"rated": "true"}, "13"),
        ({"rated": "false"}, "24"),
        ({"min_rating": "1"}, "13"),
        ({"min_rating": "4.5"}, "13"),
        ({"min_rating": "4.6"}, "1"),
        ({"min_rating": "9", "rated": "true"}, "1"),
        ({"min_rating": "9.5"}, ""),
        ({"min_rating": "2", "rated": "false"}, ""),
        ({"unrated": "true"}, "4"),
        ({"unrated": "false"}, "1234"),
        ({"unrated": "true", "status": "deleted"}, ""),
        ({"unrated": "true", "status": "watched,deleted"}, "4"),
    ]:
        assert ids(library, **query) == found, query


def test_by_when_it_was_watched(client: Client) -> None:
    def view(number: int, **when: object) -> None:
        assert client.post(f"/api/movies/tt000000{number}/viewings", json=when).status_code == 201

    for number in (1, 2, 3, 4):
        client.put(f"/api/movies/tt000000{number}/status", json={"status": "toWatch"})
    view(1, watched_on="1998")  # its moment is noon of the first of January
    view(1, watched_on="2024-02-29")
    view(2, watched_at=1_709_251_199.5)  # half a second before March 2024
    view(3, watched_at=1_709_251_200)  # the first moment of March 2024
    client.put("/api/movies/tt0000003/status", json={"status": "deleted"})

    for query, found in [
        ({"watched_from": "1870"}, "123"),
        ({"watched_to": "1998"}, "1"),
        ({"watched_from": "1998-01-01", "watched_to": "1998-01"}, "1"),
        ({"watched_from": "1998-01-02", "watched_to": "2023"}, ""),
        ({"watched_from": "2024-02", "watched_to": "2024-02"}, "12"),
        ({"watched_from": "2024-02-29", "watched_to": "2024-03-01"}, "123"),
        ({"watched_from": "2024-03"}, "3"),
        ({"watched_from": "2024", "status": "watched", "sort": "-watched"}, "21"),
        ({"watched_from": "2024", "rated": "true"}, ""),
        ({"watched_from": "2025", "watched_to": "9999"}, ""),
    ]:
        assert ids(client, **query) == found, query


def test_all_that_is_asked_for_must_fit(library: Client) -> None:
    assert ids(library, person="Mum", status="watched", q="comedy", media_type="movie") == "1"
    assert ids(library, person="Mum", status="watched", q="comedy", media_type="tv") == ""
    fitting = {"genre": "comedy,drama", "year_from": "1920", "year_to": "1940", "min_rating": "8", "q": "lubitsch"}
    assert ids(library, **fitting, status="watched", sort="-rating") == "1"
    assert ids(library, **fitting, rated="false") == ""


def test_what_fits_comes_in_pages(library: Client) -> None:
    address: str | None = "/api/movies?year_from=1900&genre=comedy,drama,animation&sort=-year&limit=1"
    found = ""
    while address:
        page = library.get(address)
        found += "".join(movie["imdb_id"][-1] for movie in page.json)
        after = page.headers.get("X-Next-Cursor")
        address = after and f"{address.partition('&cursor')[0]}&cursor={after}"
    assert found == "312"


def test_the_order_can_be_chosen(library: Client) -> None:
    for sort, found in [
        ("imdb_id", "1234"),
        ("-imdb_id", "4321"),
        ("year", "4213"),
        ("-year", "3124"),
        ("added", "1234"),
        ("-added", "4321"),
        ("watched", "2431"),
        ("-watched", "1324"),
        ("rating", "2431"),
        ("-rating", "1324"),
        ("modified", "4132"),
        ("-modified", "2314"),
    ]:
        assert ids(library, sort=sort) == found


def test_titles_are_ordered_whatever_their_case(client: Client) -> None:
    for number, title in enumerate(("beta", "Alpha", "GAMMA", "alpine")):
        body = {"person_name": "Mum", "tmdb_data": {"title": title}}
        client.post(f"/api/movies/tt000000{number}/recommendations", json=body)

    assert ids(client, sort="title") == "1302"
    assert ids(client, sort="-title") == "2031"


def test_a_filter_that_is_not_valid_is_422(client: Client) -> None:
    for query, field in [
        ("status=seen", "status"),
        ("status=watched,seen", "status"),
        ("media_type=book", "media_type"),
        ("media_type=", "media_type"),
        ("sort=size", "sort"),
        ("sort=", "sort"),
        ("sort=--title", "sort"),
        ("q=" + "x" * 201, "q"),
        ("q=a%00b", "q"),
        ("person=%00", "person"),
        ("list=%00", "list"),
        ("genre=" + "x" * 1000, "genre"),
        ("genre=" + ",".join(map(str, range(21))), "genre"),
        ("genre=a%00b", "genre"),
        ("year_from=abc", "year_from"),
        ("year_from=", "year_from"),
        ("year_from=1869", "year_from"),
        ("year_to=2201", "year_to"),
        ("year_to=1e3", "year_to"),
        ("year_from=2000&year_to=1999", "year_to"),
        ("watched_from=1998-02-30", "watched_from"),
        ("watched_from=98", "watched_from"),
        ("watched_from=1869", "watched_from"),
        ("watched_to=", "watched_to"),
        ("watched_to=2024-1-1", "watched_to"),
        ("watched_from=2024-03&watched_to=2024-02", "watched_to"),
        ("min_rating=0", "min_rating"),
        ("min_rating=11", "min_rating"),
        ("min_rating=nan", "min_rating"),
        ("min_rating=", "min_rating"),
        ("rated=maybe", "rated"),
        ("unrated=", "unrated"),
        ("status=%00", "status"),
    ]:
        answer = client.get(f"/api/movies?{query}")
        assert_invalid(answer, field)


def test_unknown_filters_are_ignored(library: Client) -> None:
    assert ids(library, colour="red", user_id="someone else") == "1234"
