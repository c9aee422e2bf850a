"""What Letterboxd's importer gets."""

from collections.abc import Callable

import pytest
from flask import Flask
from support.client import Client
from support.exports import files_in, sheets_in

from movietracker.exports.letterboxd import LIMITS
from movietracker.models.movie import Watch
from movietracker.services import movies
from movietracker.services.accounts import Account
from movietracker.services.transactions import library_write

from .conftest import Export

HEADER = "tmdbID,imdbID,Title,Year,Directors,Rating10,WatchedDate,Rewatch,Tags,Review"
HEAT = {"tmdbId": 949, "title": "Heat", "year": "1995", "director": "Michael Mann"}

pytestmark = pytest.mark.each_database


def test_an_empty_library_is_two_headers(export: Export) -> None:
    archive, left_out = export("letterboxd")
    files = files_in(archive)
    assert list(files) == ["README.txt", "watched-1.csv", "watchlist.csv"]
    assert files["watched-1.csv"].decode() == f"{HEADER}\r\n"
    assert files["watchlist.csv"].decode() == "tmdbID,imdbID,Title,Year,Directors\r\n"
    assert left_out == {}


def test_each_viewing_is_a_row_the_oldest_first(
    export: Export, add: Callable[..., str], watch: Callable[..., None]
) -> None:
    film = add(1, HEAT)
    watch(film, watched_on="2023-05-06", rating=8.5, note='Again, "great"\nindeed')
    watch(film, watched_on="1999-01-02", rating=7)
    watch(film, watched_on="2024-02-29")
    archive, _ = export("letterboxd")
    assert files_in(archive)["watched-1.csv"].decode().split("\r\n", 1)[1] == (
        "949,tt0000001,Heat,1995,Michael Mann,7,1999-01-02,false,,\r\n"
        '949,tt0000001,Heat,1995,Michael Mann,9,2023-05-06,true,,"Again, ""great""\nindeed"\r\n'
        "949,tt0000001,Heat,1995,Michael Mann,,2024-02-29,true,,\r\n"
        "949,tt0000001,Heat,1995,Michael Mann,9,,,,\r\n"
    )


@pytest.mark.parametrize("watched_on", [None, "1998", "1998-07"])
def test_a_day_that_is_not_known_stays_blank(
    export: Export, add: Callable[..., str], watch: Callable[..., None], watched_on: str | None
) -> None:
    watch(add(1), watched_on=watched_on, rating=6)
    (row,) = sheets_in(export("letterboxd")[0])["watched-1"]
    assert (row["WatchedDate"], row["Rewatch"], row["Rating10"]) == ("", "", "6")


def test_a_moment_has_its_day_in_the_time_zone(
    export: Export, add: Callable[..., str], watch: Callable[..., None]
) -> None:
    watch(add(1), watched_at=1_699_999_999)  # 22:13 UTC
    days = [
        row["WatchedDate"]
        for zone in ("UTC", "Asia/Tokyo")
        for row in sheets_in(export("letterboxd", zone=zone)[0])["watched-1"]
    ]
    assert days == ["2023-11-14", "2023-11-15"]


@pytest.mark.parametrize(
    ("of_viewing", "present", "rows"),
    [
        (None, 7.5, [("", "2024-01-01"), ("8", "")]),
        (7.6, 8.4, [("8", "2024-01-01")]),
        (9, 7, [("9", "2024-01-01"), ("7", "")]),
        (9, None, [("9", "2024-01-01")]),
        (None, None, [("", "2024-01-01")]),
    ],
)
def test_the_last_row_of_a_film_has_the_present_rating(
    export: Export,
    client: Client,
    add: Callable[..., str],
    watch: Callable[..., None],
    of_viewing: float | None,
    present: float | None,
    rows: list[tuple[str, str]],
) -> None:
    film = add(1)
    watch(film, watched_on="2024-01-01", rating=of_viewing)
    client.put(f"{film}/rating", json={"my_rating": present})
    found = sheets_in(export("letterboxd")[0])["watched-1"]
    assert [(row["Rating10"], row["WatchedDate"]) for row in found] == rows


def test_a_watched_film_without_a_viewing_is_a_row_without_a_day(
    export: Export, client: Client, add: Callable[..., str]
) -> None:
    film = add(1)
    client.put(f"{film}/status", json={"status": "watched"})
    client.put(f"{film}/rating", json={"my_rating": 4})
    sheets = sheets_in(export("letterboxd")[0])
    assert [(row["imdbID"], row["Rating10"]) for row in sheets["watched-1"]] == [("tt0000001", "4")]
    assert sheets["watchlist"] == []


def test_a_film_that_is_wanted_is_never_watched_and_one_that_was_seen_before_is_both(
    export: Export, client: Client, add: Callable[..., str], watch: Callable[..., None]
) -> None:
    wanted, both = add(1, HEAT), add(2)
    watch(both, watched_on="2001-02-03")
    client.put(f"{both}/status", json={"status": "toWatch"})
    client.put(f"{wanted}/rating", json={"my_rating": 9})
    archive, left_out = export("letterboxd")
    sheets = sheets_in(archive)
    assert [row["imdbID"] for row in sheets["watched-1"]] == ["tt0000002"]
    assert [row["imdbID"] for row in sheets["watchlist"]] == ["tt0000001", "tt0000002"]
    assert left_out["ratings of films that are not watched (Letterboxd would take them as watched)"] == 1


def test_tags_of_a_watched_film_stand_with_its_newest_viewing(
    export: Export, client: Client, add: Callable[..., str], watch: Callable[..., None]
) -> None:
    seen, wanted, undated = add(1), add(2), add(3)
    for film in (seen, wanted, undated):
        for tag in ("noir", "1, 2", "loud"):
            client.put(f"{film}/tags/{tag}")
        client.put(f"{film}/liked", json={"liked": True})
    watch(seen, watched_on="2024-01-01")
    watch(seen, watched_on="2025-01-01")
    client.put(f"{undated}/status", json={"status": "watched"})
    archive, left_out = export("letterboxd")
    found = [(row["imdbID"][-1], row["WatchedDate"], row["Tags"]) for row in sheets_in(archive)["watched-1"]]
    assert found == [("1", "2024-01-01", ""), ("1", "2025-01-01", "loud, noir"), ("3", "", "loud, noir")]
    assert left_out["likes (Letterboxd's importer takes none)"] == 3
    assert left_out["tags with a comma, and of films that are not watched"] == 5


def test_lists_are_files_of_their_own_whatever_their_names(
    export: Export, client: Client, add: Callable[..., str]
) -> None:
    for number, name in enumerate(["Rainy Sundays", "../../etc/passwd", "???", "日本"], 1):
        list_id = client.post("/api/lists", json={"name": name, "position": number}).json["id"]
        client.put(f"{add(number)}/status", json={"status": "custom", "custom_list_id": list_id})
    files = files_in(export("letterboxd")[0])
    assert [name for name in files if name.startswith("lists/")] == [
        *("lists/1 - Rainy Sundays.csv", "lists/2 - -..-etc-passwd.csv", "lists/3 - -.csv", "lists/4 - 日本.csv"),
    ]
    assert files["lists/1 - Rainy Sundays.csv"].startswith(b"tmdbID,imdbID,Title,Year,Directors\r\n,tt0000001,")


def test_a_review_is_html_in_which_signs_stand_for_themselves(
    export: Export, add: Callable[..., str], watch: Callable[..., None]
) -> None:
    watch(add(1), watched_on="2024-01-01", note='I <3 it & "him"')
    assert sheets_in(export("letterboxd")[0])["watched-1"][0]["Review"] == 'I &lt;3 it &amp; "him"'


def test_viewings_of_unknown_days_are_one_row_with_the_films_rating(
    export: Export, add: Callable[..., str], watch: Callable[..., None]
) -> None:
    film = add(1)
    watch(film, watched_on="1998", rating=3)
    watch(film, watched_on="2001", rating=9)
    watch(film, watched_on=None, rating=5, note="On a plane")
    archive, left_out = export("letterboxd")
    rows = [(row["Rating10"], row["WatchedDate"], row["Review"]) for row in sheets_in(archive)["watched-1"]]
    assert rows == [("5", "", "On a plane"), ("5", "", "")]
    assert left_out["viewings without a day or a note (they only mark the film as watched)"] == 2


def test_titles_on_a_list_are_in_the_order_in_which_they_were_added(
    export: Export, client: Client, add: Callable[..., str]
) -> None:
    list_id = client.post("/api/lists", json={"name": "Rainy"}).json["id"]
    for number in (3, 1, 2):
        client.put(f"{add(number)}/status", json={"status": "custom", "custom_list_id": list_id})
    rows = sheets_in(export("letterboxd")[0])["lists/1 - Rainy"]
    assert [row["imdbID"] for row in rows] == ["tt0000003", "tt0000001", "tt0000002"]


def test_what_is_left_out_is_counted_in_the_archive(
    export: Export, client: Client, add: Callable[..., str], watch: Callable[..., None]
) -> None:
    watch(add(1, HEAT, media_type="tv"), watched_on="2024")
    client.put(f"{add(2)}/status", json={"status": "deleted"})
    add(3, by="Dad")
    archive, left_out = export("letterboxd")
    assert left_out == {
        "recommendations (no column says who told you)": 1,
        "series (Letterboxd has films only)": 1,
        "titles that you have deleted": 1,
    }
    readme = files_in(archive)["README.txt"].decode()
    for what, count in left_out.items():
        assert f"Left out: {what}: {count}\r\n" in readme


def test_a_file_has_a_thousand_rows_at_most(app: Flask, anna: Account, export: Export) -> None:
    with app.app_context(), library_write(anna.id) as tx:
        for number in range(1, 1003):
            movies.watch(tx, f"tt{number:07}", Watch(1.6e9, 8))
    sheets = sheets_in(export("letterboxd")[0])
    assert {name: len(rows) for name, rows in sheets.items()} == {"watched-1": 1000, "watched-2": 2, "watchlist": 0}
    assert LIMITS.rows == 1000


def test_the_size_of_a_file_is_limited_too(app: Flask, anna: Account, export: Export) -> None:
    with app.app_context(), library_write(anna.id) as tx:
        for _ in range(400):
            movies.add_viewing(tx, "tt0000001", {"note": "ä" * 2000, "watched_on": "2024"})
    files = files_in(export("letterboxd")[0])
    assert [name for name in files if name.startswith("watched")] == ["watched-1.csv", "watched-2.csv"]
    assert all(len(content) <= 1_000_000 for content in files.values())


def test_an_id_of_another_provider_is_not_taken_for_one_of_tmdb(export: Export, add: Callable[..., str]) -> None:
    for number, tmdb_id in enumerate([949, 1 << 40 | 949, 0, -1, True, "949", None], 1):
        add(number, {**HEAT, "tmdbId": tmdb_id})
    assert [row["tmdbID"] for row in sheets_in(export("letterboxd")[0])["watchlist"]] == ["949", *[""] * 6]
