"""Files as IMDb exports them."""

from collections.abc import Callable

from support.client import Client
from support.exports import files_in, sheets_in

from .conftest import Export

HEAT = {
    "title": "Heat",
    "year": "1995",
    "genres": ["Crime", "Drama"],
    "director": "Michael Mann, Someone Else",
    "runtime": 170,
}
RATINGS = {"imdbRating": 8.3, "imdbVotes": "700,000"}


def test_an_empty_library_is_the_headers_of_imdb(export: Export) -> None:
    files = files_in(export("imdb")[0])
    assert list(files) == ["README.txt", "ratings.csv", "watchlist.csv"]
    assert files["ratings.csv"].decode() == (
        "Const,Your Rating,Date Rated,Title,Original Title,URL,Title Type,IMDb Rating,Runtime (mins),Year,Genres,"
        "Num Votes,Release Date,Directors\r\n"
    )
    assert files["watchlist.csv"].decode() == (
        "Position,Const,Created,Modified,Description,Title,Original Title,URL,Title Type,IMDb Rating,Runtime (mins),"
        "Year,Genres,Num Votes,Release Date,Directors,Your Rating,Date Rated\r\n"
    )


def test_a_rated_title_is_a_row_of_ratings(export: Export, client: Client, add: Callable[..., str]) -> None:
    client.put(f"{add(1, HEAT, omdb_data=RATINGS)}/watch", json={"date_watched": 1.7e9, "my_rating": 8.5})
    client.put(f"{add(2, media_type='tv')}/watch", json={"date_watched": 1.7e9, "my_rating": 3})
    assert files_in(export("imdb")[0])["ratings.csv"].decode().split("\r\n")[1:] == [
        "tt0000001,9,,Heat,,https://www.imdb.com/title/tt0000001/,Movie,8.3,170,1995,"
        '"Crime, Drama",700000,,"Michael Mann, Someone Else"',
        "tt0000002,3,,,,https://www.imdb.com/title/tt0000002/,TV Series,,,,,,,",
        "",
    ]


def test_the_watchlist_says_who_recommended_a_title_and_never_a_rating(
    export: Export, client: Client, add: Callable[..., str]
) -> None:
    film = add(1, HEAT, by="Mum", date_recommended=1.6e9)
    add(1, by="Dad", date_recommended=1.5e9)
    add(1, by="Carl", vote_type=False)
    client.put(f"{film}/rating", json={"my_rating": 9})
    archive, left_out = export("imdb")
    (row,) = sheets_in(archive)["watchlist"]
    assert (row["Position"], row["Const"], row["Description"]) == ("1", "tt0000001", "Recommended by Dad, Mum")
    assert (row["Your Rating"], row["Title"], row["Title Type"]) == ("", "Heat", "Movie")
    assert left_out == {"recommendations against a title": 1}


def test_each_list_has_positions_of_its_own(export: Export, client: Client, add: Callable[..., str]) -> None:
    list_id = client.post("/api/lists", json={"name": "Rainy Sundays"}).json["id"]
    add(1)
    for number in (2, 3):
        client.put(f"{add(number)}/status", json={"status": "custom", "custom_list_id": list_id})
    sheets = sheets_in(export("imdb")[0])
    assert [(row["Position"], row["Const"]) for row in sheets["watchlist"]] == [("1", "tt0000001")]
    assert [(row["Position"], row["Const"]) for row in sheets["lists/ls000001 - Rainy Sundays"]] == [
        ("1", "tt0000002"),
        ("2", "tt0000003"),
    ]


def test_what_is_left_out_is_counted(
    export: Export, client: Client, add: Callable[..., str], watch: Callable[..., None]
) -> None:
    film = add(1)
    watch(film, watched_on="2024")
    watch(film, watched_on="2025")
    client.put(f"{add(2)}/status", json={"status": "deleted"})
    assert export("imdb")[1] == {
        "recommendations of titles on no list": 1,
        "titles that you have deleted": 1,
        "viewings (IMDb exports ratings only)": 2,
        "watched titles without a rating (IMDb exports ratings only)": 1,
    }
