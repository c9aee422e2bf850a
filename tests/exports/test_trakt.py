"""CSV for Trakt."""

from collections.abc import Callable

from support.client import Client
from support.exports import records_in
from support.wall_clock import WallClock

from .conftest import Export

HEAT = {"tmdbId": 949, "title": "Heat", "year": "1995"}
OWN = "type,action,title,year,trakt,imdb,tmdb,tvdb,watched_at,listed_at,rating,rated_at,season,episode"
IMPORT = "imdb_id,type,watched_at,watchlisted_at,rating,rated_at"


def test_an_empty_library_is_a_header(export: Export) -> None:
    assert export("trakt") == (f"{OWN}\r\n".encode(), {})
    assert export("trakt-import") == (f"{IMPORT}\r\n".encode(), {})


def test_each_fact_is_a_row(
    export: Export, client: Client, add: Callable[..., str], watch: Callable[..., None]
) -> None:
    film = add(1, HEAT)
    watch(film, watched_on="2023-05-06", rating=8.5)
    watch(film, watched_on="1999")
    watch(film, watched_at=1_699_999_999.75)
    client.put(f"{film}/rating", json={"my_rating": 8.5})
    content, left_out = export("trakt")
    assert content.decode().split("\r\n")[1:] == [
        "movie,history,Heat,1995,,tt0000001,949,,unknown,,,,,",
        "movie,history,Heat,1995,,tt0000001,949,,2023-05-06T12:00:00Z,,,,,",
        "movie,history,Heat,1995,,tt0000001,949,,2023-11-14T22:13:19Z,,,,,",
        "movie,ratings,Heat,1995,,tt0000001,949,,,,9,,,",
        "",
    ]
    assert left_out == {"recommendations (no column says who told you)": 1}


def test_the_watchlist_says_since_when_and_a_watched_title_without_a_viewing_is_watched_at_some_time(
    export: Export, client: Client, add: Callable[..., str], wall_clock: WallClock
) -> None:
    wall_clock.time = 1.7e9
    add(1, HEAT)
    client.put(f"{add(2, media_type='tv')}/status", json={"status": "watched"})
    wanted, watched = records_in(export("trakt")[0])
    assert (wanted["action"], wanted["watched_at"], wanted["listed_at"]) == ("watchlist", "", "2023-11-14T22:13:20Z")
    assert (watched["type"], watched["action"], watched["watched_at"]) == ("show", "history", "unknown")


def test_liked_titles_are_favorites_of_the_export_and_have_no_place_in_the_import(
    export: Export, client: Client, add: Callable[..., str]
) -> None:
    film = add(1)
    client.put(f"{film}/liked", json={"liked": True})
    client.put(f"{film}/tags/noir")
    content, left_out = export("trakt")
    assert [row["action"] for row in records_in(content)] == ["watchlist", "favorites"]
    assert left_out["tags (no column has them)"] == 1
    assert export("trakt-import")[1]["likes (Trakt's importer takes none)"] == 1


def test_the_importer_gets_a_rating_together_with_what_the_title_is_rated_for(
    export: Export, client: Client, add: Callable[..., str], watch: Callable[..., None]
) -> None:
    seen, wanted, listed = add(1), add(2), add(3)
    list_id = client.post("/api/lists", json={"name": "Rainy"}).json["id"]
    client.put(f"{listed}/status", json={"status": "custom", "custom_list_id": list_id})
    watch(seen, watched_on="2023-05-06")
    watch(seen, watched_on="2024-05-06")
    for film in (seen, wanted, listed):
        client.put(f"{film}/rating", json={"my_rating": 7.5})
    rows = records_in(export("trakt-import")[0])
    assert [(row["imdb_id"], row["watched_at"][:10], bool(row["watchlisted_at"]), row["rating"]) for row in rows] == [
        ("tt0000001", "2023-05-06", False, ""),
        ("tt0000001", "2024-05-06", False, "8"),
        ("tt0000002", "", True, "8"),
        ("tt0000003", "", False, "8"),
    ]
    assert {row["type"] for row in rows} == {"movie"}


def test_what_is_left_out_is_counted(
    export: Export, client: Client, add: Callable[..., str], watch: Callable[..., None]
) -> None:
    film = add(1)
    watch(film, watched_on="2024", rating=5, note="Too long")
    client.put(f"{film}/rating", json={"my_rating": 9})
    list_id = client.post("/api/lists", json={"name": "Rainy"}).json["id"]
    client.put(f"{film}/status", json={"status": "custom", "custom_list_id": list_id})
    client.put(f"{add(2)}/status", json={"status": "deleted"})
    assert export("trakt")[1] == {
        "notes on viewings (no column has them)": 1,
        "ratings of viewings that are not the title's (Trakt has one)": 1,
        "recommendations (no column says who told you)": 1,
        "titles on your own lists (no column has lists)": 1,
        "titles that you have deleted": 1,
    }
