"""What a library says in figures, in all or of a year."""

from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from support.client import Client
from support.json_values import ANY_JSON
from support.shapes import assert_invalid

Json = dict[str, Any]

HEAT: Json = {
    "title": "Heat",
    "year": "1995",
    "genres": ["Crime", "Drama"],
    "director": "Michael Mann",
    "runtime": 170,
}
MATRIX: Json = {
    "title": "The Matrix",
    "year": "1999",
    "genres": ["Action", "Science Fiction"],
    "director": "Lana Wachowski, Lilly Wachowski",
    "runtime": 136,
}
SERIES: Json = {"title": "The Wire", "year": "2002", "genres": ["Crime"], "runtime": 60, "numberOfEpisodes": 10}


def imdb_id(number: int) -> str:
    """The IMDb id of a title of these tests."""
    return f"tt{number:07}"


def add(client: Client, number: int, details: Any = None, *, by: str = "Mum", **vote: Any) -> str:
    """Put a title into the library, recommended by somebody; its address."""
    address = f"/api/movies/{imdb_id(number)}"
    body = {"person_name": by, "tmdb_data": details} | vote
    answer = client.post(f"{address}/recommendations", json=body)
    assert answer.status_code == 201, answer.text
    return address


def watch(client: Client, number: int, *dates: str | float | None, rating: float | None = None) -> None:
    """Watch a title on these days or at these moments, or on a day that is not known, and rate it."""
    for date in dates:
        body = {} if date is None else {"watched_on": date} if isinstance(date, str) else {"watched_at": date}
        assert client.post(f"/api/movies/{imdb_id(number)}/viewings", json=body).status_code == 201
    if rating is not None:
        assert client.put(f"/api/movies/{imdb_id(number)}/rating", json={"my_rating": rating}).status_code == 200


def stats(client: Client, query: str = "") -> Json:
    """The figures."""
    answer = client.get(f"/api/stats{query}")
    assert answer.status_code == 200, answer.text
    found: Json = answer.json
    return found


def moment(text: str) -> float:
    """A time in UTC as Unix seconds."""
    return datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp()


@pytest.fixture
def filled(client: Client) -> Client:
    """A client whose library has three watched titles, one to watch and one that is deleted."""
    add(client, 1, HEAT, date_recommended=moment("2023-01-01"))
    add(client, 2, MATRIX, by="Dad", date_recommended=moment("2023-02-01"))
    add(client, 3, SERIES, media_type="tv", vote_type=False)
    add(client, 4, {**HEAT, "title": "Thief", "year": "1981"})
    add(client, 5, MATRIX)
    watch(client, 1, "2022-12-31", "2023-01-11", rating=9)
    watch(client, 2, "2023-03", rating=6.5)
    watch(client, 3, "2023-05-05")
    watch(client, 5, "2023-06-06", rating=1)
    client.put(f"/api/movies/{imdb_id(5)}/status", json={"status": "deleted"})
    return client


@pytest.mark.each_database
def test_the_whole_library_is_counted_without_deleted_titles(filled: Client) -> None:
    found = stats(filled)
    assert found["titles"] == {
        "total": 4,
        "by_status": {"toWatch": 1, "watched": 3, "custom": 0},
        "by_media_type": {"movie": 3, "tv": 1},
    }
    assert (found["year"], found["tz"]) == (None, "UTC")
    assert (found["viewings"], found["hours"], found["unknown_runtimes"]) == (4, 17.9, 0)  # 2 x 170 + 136 + 10 x 60
    assert (found["ratings"]["count"], found["ratings"]["average"]) == (2, 7.8)
    assert {row["stars"]: row["titles"] for row in found["ratings"]["histogram"]} == {
        stars: int(stars in (6, 9)) for stars in range(1, 11)
    }
    assert found["years"] == [{"year": 2022, "viewings": 1}, {"year": 2023, "viewings": 3}]
    assert [row["month"] for row in found["months"]] == ["2022-12", *(f"2023-0{month}" for month in range(1, 6))]
    assert [row["viewings"] for row in found["months"]] == [1, 1, 0, 1, 0, 1]
    assert found["best"]["title"] == "Heat"
    assert (found["longest"]["title"], found["longest"]["minutes"]) == ("The Wire", 600)


@pytest.mark.each_database
def test_genres_decades_and_directors_are_counted(filled: Client) -> None:
    found = stats(filled)
    crime = {"titles": 3, "watched": 2, "viewings": 3, "liked": 1, "average_rating": 9.0}
    drama = {"titles": 2, "watched": 1, "viewings": 2, "liked": 1, "average_rating": 9.0}
    action = {"titles": 1, "watched": 1, "viewings": 1, "liked": 0, "average_rating": 6.5}
    assert found["genres"] == [
        {"genre": "Crime", **crime},
        {"genre": "Drama", **drama},
        {"genre": "Action", **action},
        {"genre": "Science Fiction", **action},
    ]
    assert [(row["decade"], row["titles"], row["watched"]) for row in found["decades"]] == [
        (1980, 1, 0),
        (1990, 2, 2),
        (2000, 1, 1),
    ]
    assert found["directors"] == [
        {"director": "Michael Mann", **drama},
        {"director": "Lana Wachowski", **action},
        {"director": "Lilly Wachowski", **action},
    ]


@pytest.mark.each_database
def test_recommenders_have_what_became_of_their_upvotes(filled: Client) -> None:
    people = {person["name"]: person["id"] for person in filled.get("/api/people").json}
    assert stats(filled)["recommenders"] == [
        {
            **{"person_id": people["Mum"], "name": "Mum", "asked": 2, "watched": 1, "evidence": 1, "liked": 1},
            **{"liked_share": 1.0, "median_days": 10.0},
        },
        {
            **{"person_id": people["Dad"], "name": "Dad", "asked": 1, "watched": 1, "evidence": 1, "liked": 0},
            **{"liked_share": 0.0, "median_days": None},
        },
    ]


@pytest.mark.each_database
def test_a_year_counts_what_was_watched_in_it(filled: Client) -> None:
    found = stats(filled, "?year=2023")
    assert found["titles"]["total"] == 3
    assert (found["year"], found["viewings"], found["hours"]) == (2023, 3, 15.1)
    assert [row["viewings"] for row in found["months"]] == [1, 0, 1, 0, 1, 0, 0, 0, 0, 0, 0, 0]
    assert found["months"][11]["month"] == "2023-12"
    assert found["first"] == {
        **{"imdb_id": imdb_id(1), "title": "Heat", "year": "1995", "media_type": "movie"},
        **{"watched_on": "2023-01-11", "my_rating": 9.0, "minutes": 170},
    }
    assert found["last"]["title"] == "The Wire"
    assert (found["best"]["title"], found["longest"]["title"]) == ("Heat", "The Wire")
    before = stats(filled, "?year=2022")
    assert (before["viewings"], before["genres"][0]["viewings"], before["first"]["title"]) == (1, 1, "Heat")
    assert before["recommenders"][0]["asked"] == 0
    assert before["years"] == found["years"]


def test_a_year_without_a_viewing_is_empty(filled: Client) -> None:
    found = stats(filled, "?year=1999")
    assert (found["titles"]["total"], found["viewings"], found["hours"], found["genres"]) == (0, 0, 0, [])
    assert [row["viewings"] for row in found["months"]] == [0] * 12
    assert [found[name] for name in ("first", "last", "best", "longest")] == [None] * 4


def test_an_empty_library_says_so(client: Client) -> None:
    found = stats(client)
    assert (found["viewings"], found["months"], found["years"], found["recommenders"]) == (0, [], [], [])
    assert found["ratings"]["average"] is None


class TestYears:
    @pytest.mark.parametrize(
        ("watched_at", "zone", "year"),
        [
            ("2023-01-01T04:30", "America/New_York", 2022),  # 23:30 on 31 December
            ("2023-01-01T05:30", "America/New_York", 2023),
            ("2022-12-31T09:30", "Pacific/Kiritimati", 2022),  # 23:30 on 31 December
            ("2022-12-31T10:30", "Pacific/Kiritimati", 2023),
            ("2022-12-31T23:30", "UTC", 2022),
            ("1926-01-01T04:30", "America/New_York", 1925),
        ],
    )
    def test_a_viewing_at_a_moment_is_of_the_year_of_the_time_zone(
        self, client: Client, watched_at: str, zone: str, year: int
    ) -> None:
        add(client, 1, HEAT)
        watch(client, 1, moment(watched_at))
        found = {each: stats(client, f"?year={each}&tz={zone}") for each in (year - 1, year, year + 1)}
        assert {each: of_year["viewings"] for each, of_year in found.items()} == {year - 1: 0, year: 1, year + 1: 0}
        assert sum(row["viewings"] for row in found[year]["months"]) == 1
        assert stats(client, f"?tz={zone}")["years"] == [{"year": year, "viewings": 1}]

    def test_an_upvote_is_of_the_year_of_the_time_zone_too(self, client: Client) -> None:
        add(client, 1, HEAT, date_recommended=moment("2023-01-01T04:30"))
        watch(client, 1, "2023-01-02")
        in_new_york = [stats(client, f"?year={year}&tz=America/New_York")["recommenders"] for year in (2022, 2023)]
        assert [[row["asked"] for row in rows] for rows in in_new_york] == [[1], [0]]
        assert in_new_york[1][0]["median_days"] == 2.0
        assert stats(client, "?year=2023")["recommenders"][0]["median_days"] == 1.0

    @pytest.mark.parametrize("zone", ["Pacific/Kiritimati", "America/New_York", "Etc/GMT%2B12"])
    def test_a_viewing_on_a_day_stays_on_that_day(self, client: Client, zone: str) -> None:
        add(client, 1, HEAT)
        watch(client, 1, "2022-12-31", "2023-01-01")
        found = stats(client, f"?year=2022&tz={zone}")
        assert (found["viewings"], found["last"]["watched_on"]) == (1, "2022-12-31")

    def test_an_hour_that_comes_twice_at_the_end_of_summer_time_is_of_its_day(self, client: Client) -> None:
        add(client, 1, HEAT)
        watch(client, 1, moment("2023-10-28T22:30"), moment("2023-10-29T00:30"), moment("2023-10-29T01:30"))
        found = stats(client, "?year=2023&tz=Europe/Vienna")
        assert (found["first"]["watched_on"], found["last"]["watched_on"]) == ("2023-10-29", "2023-10-29")
        assert stats(client, "?year=2023")["first"]["watched_on"] == "2023-10-28"

    def test_a_partial_date_counts_as_far_as_it_is_known(self, client: Client) -> None:
        add(client, 1, HEAT)
        watch(client, 1, "1998", "1998-07", None)
        found = stats(client, "?year=1998")
        assert (found["viewings"], found["unknown_month"], found["months"][6]["viewings"]) == (2, 1, 1)
        assert (found["first"], found["last"], found["best"], found["longest"]["watched_on"]) == (
            *(None, None, None),
            "1998",
        )
        whole = stats(client)
        assert (whole["viewings"], whole["unknown_month"]) == (3, 2)
        assert whole["years"] == [{"year": 1998, "viewings": 2}]

    def test_the_earliest_and_the_latest_year_can_be_asked_for(self, client: Client) -> None:
        add(client, 1, HEAT)
        watch(client, 1, "1870-01-01")
        assert stats(client, "?year=1870")["viewings"] == 1
        assert stats(client, "?year=9999&tz=Pacific/Kiritimati")["viewings"] == 0

    def test_without_a_year_come_the_last_120_months_that_could_have_viewings(self, client: Client) -> None:
        add(client, 1, HEAT)
        watch(client, 1, "1950-05-05", "2020-01")
        months = stats(client)["months"]
        assert (len(months), months[0]["month"], months[-1]) == (120, "2010-02", {"month": "2020-01", "viewings": 1})


class TestBadInput:
    @pytest.mark.parametrize("year", ["1869", "10000", "-1", "last", "2023.5", ""])
    def test_a_year_that_cannot_be_is_422(self, client: Client, year: str) -> None:
        assert_invalid(client.get(f"/api/stats?year={year}"), "year")

    @pytest.mark.parametrize(
        "zone",
        ["", "Vienna", "europe/vienna", "America", "../../etc/passwd", "/etc/passwd", "a%00b", "x" * 10_000, "%D9%A1"],
    )
    def test_a_time_zone_that_is_none_is_422(self, client: Client, zone: str) -> None:
        assert_invalid(client.get(f"/api/stats?tz={zone}"), "tz")

    @given(st.text(max_size=80))
    @settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=50)
    def test_any_text_is_a_time_zone_or_422(self, client: Client, zone: str) -> None:
        assert client.get("/api/stats", query_string={"tz": zone}).status_code in (200, 422)


@given(details=st.dictionaries(st.sampled_from([*SERIES, "director", "cast"]), ANY_JSON), is_series=st.booleans())
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=50)
def test_any_details_have_figures(client: Client, details: Json, is_series: bool) -> None:
    client.delete(f"/api/movies/{imdb_id(1)}")
    add(client, 1, details, media_type="tv" if is_series else "movie")
    watch(client, 1, "2023-01-01", rating=5)
    found = stats(client, "?year=2023")
    assert (found["titles"]["total"], found["viewings"]) == (1, 1)
    assert (found["unknown_runtimes"] == 1) == (found["longest"] is None)


def test_a_series_of_unknown_episodes_has_an_unknown_length(client: Client) -> None:
    add(client, 1, {**SERIES, "numberOfEpisodes": None}, media_type="tv")
    watch(client, 1, "2023-01-01")
    found = stats(client)
    assert (found["hours"], found["unknown_runtimes"]) == (0, 1)


def test_a_ranked_title_can_be_the_best(filled: Client) -> None:
    ranking = {"imdb_id": imdb_id(3), "position": 1, "liked": True}
    assert filled.post("/api/ranking/insert", json=ranking).status_code == 201
    assert stats(filled, "?year=2023")["best"]["title"] == "The Wire"


def test_every_change_gives_another_tag(filled: Client) -> None:
    answer = filled.get("/api/stats?year=2023")
    tag = {"If-None-Match": answer.headers["ETag"]}
    assert filled.get("/api/stats?year=2023", headers=tag).status_code == 304
    assert filled.get("/api/stats?year=2022", headers=tag).status_code == 200
    watch(filled, 4, "2023-07-07")
    changed = filled.get("/api/stats?year=2023", headers=tag)
    assert (changed.status_code, changed.json["viewings"]) == (200, 4)


def test_nothing_of_another_users_counts(filled: Client, bens_client: Client) -> None:
    add(bens_client, 1, HEAT)
    watch(bens_client, 1, "2023-01-11", rating=3)
    assert stats(bens_client)["viewings"] == 1
    assert stats(filled)["viewings"] == 4
