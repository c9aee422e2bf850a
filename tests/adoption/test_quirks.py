"""What is odd in an original installation is named by table and key, and the rest comes over."""

from collections.abc import Callable
from typing import Any

import pytest
from support.client import Client
from support.originals import ALIEN, ANNAS_ID, BENS_ID, DETAILS, HEAT, LONG_AGO, MATRIX, RAINY, OriginalFile

from .conftest import Adopt

Annas = Callable[[], Client]

TMDB = {
    "id": 603,
    "title": "The Matrix",
    "release_date": "1999-03-31",
    "poster_path": "/matrix.jpg",
    "overview": "A hacker learns what the world is made of.",
    "genres": [{"id": 28, "name": "Action"}],
    "runtime": 136,
    "vote_average": 8.2,
    "vote_count": 26000,
    "credits": {"cast": [{"name": "Keanu Reeves"}], "crew": [{"name": "Lana Wachowski", "job": "Director"}]},
}
OMDB = {
    "Title": "The Matrix",
    "Year": "1999",
    "imdbID": MATRIX,
    "Genre": "Action, Sci-Fi",
    "Actors": "Keanu Reeves, Carrie-Anne Moss",
    "imdbRating": "8.7",
    "Metascore": "73",
    "Ratings": [{"Source": "Rotten Tomatoes", "Value": "83%"}],
    "BoxOffice": "N/A",
}


def found(report: Any) -> list[tuple[str, str, str]]:
    """The findings of a report without the account."""
    return [(each.table, each.key, each.sentence) for each in report.findings]


def movies(client: Client) -> dict[str, Any]:
    """The library by IMDb id."""
    return {each["imdb_id"]: each for each in client.get("/api/movies").json}


@pytest.mark.parametrize("imdb_id", ["603", "tt12", "", None])
def test_an_id_that_is_no_imdb_id_is_left_out(
    original: OriginalFile, adopt_file: Adopt, annas: Annas, imdb_id: Any
) -> None:
    original.add_title(imdb_id, status=None)
    original.add_title(HEAT)
    ((table, _, sentence),) = found(adopt_file(original))
    assert (table, sentence.startswith("left out: imdb_id")) == ("movies", True)
    assert list(movies(annas())) == [HEAT]


@pytest.mark.parametrize("rating", [0, 11, -3.5, "good", 1e999])
def test_a_rating_that_is_none_is_left_out_and_the_viewing_stays(
    original: OriginalFile, adopt_file: Adopt, annas: Annas, rating: Any
) -> None:
    original.add_title(MATRIX, status="watched")
    original.add("watch_history", imdb_id=MATRIX, user_id=ANNAS_ID, date_watched=LONG_AGO, my_rating=rating)
    ((table, key, sentence),) = found(adopt_file(original))
    assert (table, key, sentence.startswith("without my_rating, which must be")) == ("watch_history", MATRIX, True)
    movie = movies(annas())[MATRIX]
    assert (movie["my_rating"], [each["watched_at"] for each in movie["viewings"]]) == (None, [LONG_AGO])


@pytest.mark.parametrize("rating", ["8.5", 8.5])
def test_a_number_may_be_stored_as_text(original: OriginalFile, adopt_file: Adopt, annas: Annas, rating: Any) -> None:
    original.run("DROP TABLE watch_history; CREATE TABLE watch_history (imdb_id, user_id, date_watched, my_rating)")
    original.add_title(MATRIX, status="watched")
    original.add("watch_history", imdb_id=MATRIX, user_id=ANNAS_ID, date_watched=str(LONG_AGO), my_rating=rating)
    assert found(adopt_file(original)) == []
    assert movies(annas())[MATRIX]["watch_history"] | {"imdb_id": 0, "user_id": 0} == {
        **{"imdb_id": 0, "user_id": 0},
        **{"date_watched": LONG_AGO, "my_rating": 8.5},
    }


@pytest.mark.parametrize(
    "text", ['{"title": "The Ma', '{"cast":' * 100 + "1" + "}" * 100, "[1, 2]", '"text"', b"\xff\xfe"]
)
def test_broken_details_are_left_out_and_the_title_stays(
    original: OriginalFile, adopt_file: Adopt, annas: Annas, text: Any
) -> None:
    original.add_title(MATRIX, tmdb_data=text)
    ((table, key, sentence),) = found(adopt_file(original))
    assert (table, key, sentence.startswith("without tmdb_data, which ")) == ("movies", MATRIX, True)
    assert movies(annas())[MATRIX]["tmdb_data"] is None


def test_details_beyond_the_limit_are_left_out(original: OriginalFile, adopt_file: Adopt, annas: Annas) -> None:
    original.add_title(MATRIX, tmdb_data={**DETAILS, "plot": "x" * 70_000})
    ((_, _, sentence),) = found(adopt_file(original))
    assert sentence == "without tmdb_data, which has more than 65536 bytes"
    assert movies(annas())[MATRIX]["tmdb_data"] is None


@pytest.mark.parametrize("text", ["null", "{}", None])
def test_empty_details_are_none(original: OriginalFile, adopt_file: Adopt, annas: Annas, text: Any) -> None:
    original.add_title(MATRIX, tmdb_data=text)
    assert found(adopt_file(original)) == []
    assert movies(annas())[MATRIX]["tmdb_data"] is None


def test_responses_of_providers_become_details_that_clients_understand(
    original: OriginalFile, adopt_file: Adopt, annas: Annas
) -> None:
    original.add_title(MATRIX, tmdb_data=TMDB, omdb_data=OMDB)
    assert found(adopt_file(original)) == []
    movie = movies(annas())[MATRIX]
    details, ratings = movie["tmdb_data"], movie["omdb_data"]
    assert (details["title"], details["year"], details["genres"]) == ("The Matrix", "1999", ["Action"])
    assert details["poster"] == "https://image.tmdb.org/t/p/w500/matrix.jpg"
    assert (details["cast"], details["director"], details["runtime"]) == (["Keanu Reeves"], "Lana Wachowski", 136)
    assert (ratings["imdbRating"], ratings["rtRating"], ratings["metascore"]) == (8.7, 83, 73)
    assert (ratings["genres"], ratings["boxOffice"], ratings["year"]) == (["Action", "Sci-Fi"], None, 1999)
    for words in ("matrix", "keanu", "sci-fi"):
        assert [each["imdb_id"] for each in annas().get(f"/api/movies?q={words}").json] == [MATRIX]


def test_a_series_is_known_by_its_details(original: OriginalFile, adopt_file: Adopt, annas: Annas) -> None:
    original.add_title(MATRIX, tmdb_data={"id": 1, "name": "Broadchurch", "first_air_date": "2013-03-04"})
    adopt_file(original)
    assert movies(annas())[MATRIX]["media_type"] == "tv"


@pytest.mark.parametrize(
    ("table", "values"),
    [
        ("movie_status", {"status": "watched"}),
        ("watch_history", {"date_watched": LONG_AGO, "my_rating": 8}),
        ("recommendations", {"person_id": 1}),
        ("movie_rankings", {"liked": 1, "position": 1}),
    ],
)
def test_what_hangs_on_a_title_that_is_not_there_is_left_out(
    original: OriginalFile, adopt_file: Adopt, annas: Annas, table: str, values: dict[str, Any]
) -> None:
    original.add("people", id=1, name="Cleo", user_id=ANNAS_ID)
    original.add_title(HEAT)
    original.add(table, imdb_id=MATRIX, user_id=ANNAS_ID, **values)
    report = adopt_file(original)
    ((where, key, sentence),) = found(report)
    assert (where, key.partition(",")[0], sentence) == (table, MATRIX, "left out: its title is not there")
    assert {each.table: each.left_out for each in report.accounts[0].tables if each.left_out} == {table: 1}
    assert list(movies(annas())) == [HEAT]


def test_a_vote_of_a_person_who_is_not_there_is_left_out(original: OriginalFile, adopt_file: Adopt) -> None:
    original.add_title(MATRIX)
    original.add("recommendations", id=5, imdb_id=MATRIX, user_id=ANNAS_ID, person_id=77)
    assert found(adopt_file(original)) == [("recommendations", f"5, {MATRIX}", "left out: person 77 is not there")]


def test_a_vote_that_is_neither_for_nor_against_is_left_out(original: OriginalFile, adopt_file: Adopt) -> None:
    original.add("people", id=1, name="Cleo", user_id=ANNAS_ID)
    original.add_title(MATRIX)
    original.add("recommendations", id=5, imdb_id=MATRIX, user_id=ANNAS_ID, person_id=1, vote_type="perhaps")
    ((_, _, sentence),) = found(adopt_file(original))
    assert sentence.startswith("left out: vote_type must be a vote")


def test_a_name_that_is_nobody_s_makes_that_person(original: OriginalFile, adopt_file: Adopt, annas: Annas) -> None:
    original.run("ALTER TABLE recommendations ADD COLUMN person VARCHAR")
    original.add_title(MATRIX)
    original.add("recommendations", imdb_id=MATRIX, user_id=ANNAS_ID, person="Dora", vote_type=1)
    assert found(adopt_file(original)) == []
    (vote,) = movies(annas())[MATRIX]["recommendations"]
    assert (vote["person_name"], annas().get("/api/people/Dora").json["movie_count"]) == ("Dora", 1)


def test_people_who_differ_in_white_space_only_are_one(original: OriginalFile, adopt_file: Adopt, annas: Annas) -> None:
    for person_id, name in ((1, "Cleo"), (2, "Cleo ")):
        original.add("people", id=person_id, name=name, user_id=ANNAS_ID)
    original.add_title(MATRIX)
    for person_id in (1, 2):
        original.add("recommendations", imdb_id=MATRIX, user_id=ANNAS_ID, person_id=person_id, vote_type=1)
    adopt_file(original)
    assert len(movies(annas())[MATRIX]["recommendations"]) == 1


def test_two_people_with_the_same_quick_key_are_one_quick_recommender_and_one_other(
    original: OriginalFile, adopt_file: Adopt, annas: Annas
) -> None:
    for name in ("The Tube", "The Other Tube"):
        original.add("people", name=name, user_id=ANNAS_ID, quick_key="youtube")
    ((table, key, _),) = found(adopt_file(original))
    assert (table, key) == ("people", "The Other Tube")
    people = {each["name"]: each["quick_key"] for each in annas().get("/api/people").json}
    assert (people["The Tube"], people["The Other Tube"], len(people)) == ("youtube", None, 5)


def test_a_list_that_is_not_there_leaves_its_titles_to_watch(
    original: OriginalFile, adopt_file: Adopt, annas: Annas
) -> None:
    original.add_title(MATRIX, status="custom", custom_list_id=RAINY)
    sentence = "to watch now, because its list is not there"
    assert found(adopt_file(original)) == [("movie_status", MATRIX, sentence)]
    assert movies(annas())[MATRIX]["status"] == "toWatch"


def test_a_title_without_a_status_is_watched_if_it_was_watched(
    original: OriginalFile, adopt_file: Adopt, annas: Annas
) -> None:
    original.add_title(MATRIX, status=None)
    original.add_title(HEAT, status=None)
    original.add("watch_history", imdb_id=MATRIX, user_id=ANNAS_ID, date_watched=LONG_AGO, my_rating=8)
    assert found(adopt_file(original)) == []
    assert {each["imdb_id"]: each["status"] for each in movies(annas()).values()} == {
        MATRIX: "watched",
        HEAT: "toWatch",
    }


def test_a_status_that_nobody_knows_is_left_out(original: OriginalFile, adopt_file: Adopt, annas: Annas) -> None:
    original.add_title(MATRIX, status="maybe")
    ((table, key, sentence),) = found(adopt_file(original))
    assert (table, key, sentence.startswith("left out: status must be one of")) == ("movie_status", MATRIX, True)
    assert movies(annas())[MATRIX]["status"] == "toWatch"


def test_rankings_keep_their_order_in_both_groups(original: OriginalFile, adopt_file: Adopt, annas: Annas) -> None:
    for imdb_id, liked, position in ((MATRIX, 1, 2), (HEAT, 1, 1), (ALIEN, 0, 1)):
        original.add_title(imdb_id, status="watched")
        told = {"liked": liked, "position": position, "score": 7.0, "ranked_at": LONG_AGO}
        original.add("movie_rankings", imdb_id=imdb_id, user_id=ANNAS_ID, **told)
    adopt_file(original)
    ranking = [(each["imdb_id"], each["liked"], each["position"]) for each in annas().get("/api/ranking").json]
    assert ranking == [(HEAT, True, 1), (MATRIX, True, 2), (ALIEN, False, 1)]


def test_lists_keep_their_ids_names_and_order(original: OriginalFile, adopt_file: Adopt, annas: Annas) -> None:
    for position, list_id, name in ((1, "b" * 36, "Second"), (0, RAINY, "First")):
        original.add("custom_lists", id=list_id, user_id=ANNAS_ID, name=name, position=position, color="#222222")
    adopt_file(original)
    lists = annas().get("/api/lists").json
    assert [(each["id"], each["name"], each["color"]) for each in lists] == [
        (RAINY, "First", "#222222"),
        ("b" * 36, "Second", "#222222"),
    ]


def test_rows_of_accounts_that_are_not_there_are_counted(original: OriginalFile, adopt_file: Adopt) -> None:
    original.add_title(MATRIX, BENS_ID, status=None)
    original.add_title(HEAT, BENS_ID, status=None)
    sentence = "left out: 2 rows of an account that is not there"
    assert found(adopt_file(original)) == [("movies", BENS_ID, sentence)]


def test_a_title_that_is_there_twice_counts_once(original: OriginalFile, adopt_file: Adopt, annas: Annas) -> None:
    original.run("DROP TABLE movies; CREATE TABLE movies (imdb_id, user_id, tmdb_data, omdb_data, last_modified)")
    for _ in range(2):
        original.add_title(MATRIX, status=None)
    assert found(adopt_file(original)) == [("movies", MATRIX, "left out: it is there twice")]
    assert list(movies(annas())) == [MATRIX]


def test_when_a_title_was_added_is_the_earliest_time_that_the_file_has(
    original: OriginalFile, adopt_file: Adopt, annas: Annas
) -> None:
    original.add_title(MATRIX, last_modified=LONG_AGO + 1000)
    original.add_title(HEAT, last_modified=LONG_AGO)
    adopt_file(original)
    assert [each["imdb_id"] for each in annas().get("/api/movies?sort=added").json] == [HEAT, MATRIX]
