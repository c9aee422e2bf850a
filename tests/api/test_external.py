"""The proxy of external data: the contract's shapes and errors, whichever provider responds, and however."""

import time
from collections.abc import Callable
from functools import partial
from typing import Any

import pytest
from flask import Flask
from standin import Standin
from support.applications import MakeApp
from support.client import Client, client_of
from support.shapes import (
    CACHE_INFO,
    CREDITS,
    DETAILS,
    PERSON_HIT,
    RATINGS,
    SEARCH_HIT,
    TV_DETAILS,
    assert_invalid,
    assert_problem,
    assert_shape,
)
from support.stopwatch import Stopwatch

from movietracker import factory
from movietracker.services.accounts import Account
from movietracker.upstream import Limits, ProxyHttp

MATRIX = "tt0133093"
EXTERNAL = "/api/external"

# Calls by the service that answers them.
TMDB_CALLS = [
    *("/tmdb/search?q=matrix", "/tmdb/movie/603", "/tmdb/tv/1396", "/tmdb/movie/603/credits"),
    *("/tmdb/discover/genre?q=action", "/tmdb/discover/person?q=keanu", "/tmdb/discover/list?kind=popular"),
]
OMDB_CALLS = [f"/omdb/movie/{MATRIX}"]
CALLS = TMDB_CALLS + OMDB_CALLS


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Retries follow at once, and each question is asked, so that faults are quick."""
    limits = Limits(backoff=0.01, cooldown=0)
    monkeypatch.setattr(factory, "ProxyHttp", partial(ProxyHttp, limits=limits))


@pytest.fixture
def app(quick: None, make_app: MakeApp, standin: Standin) -> Flask:
    """An application whose providers are the stand-ins of TMDB and OMDb alone."""
    return make_app(METADATA_PROVIDERS="tmdb,omdb", **standin.settings)


@pytest.fixture
def client_with(make_app: MakeApp, anna: Account) -> Callable[..., Client]:
    """Makes a client of Anna's of an application with these settings."""
    return lambda **settings: client_of(make_app(**settings), anna)


def get(client: Client, address: str) -> Any:
    return client.get(EXTERNAL + address)


def assert_hits(answer: Any) -> None:
    assert answer.status_code == 200, answer.text
    assert isinstance(answer.json, list)
    for hit in answer.json:
        assert_shape(hit, PERSON_HIT if hit["mediaType"] == "person" else SEARCH_HIT)
        assert hit["mediaType"] in ("movie", "tv", "person")


class TestAnswers:
    def test_a_search_finds_movies_series_and_people_in_one_array(self, client: Client) -> None:
        answer = get(client, "/tmdb/search?q=the")
        assert_hits(answer)
        found = {
            hit["mediaType"] for word in ("the", "keanu", "bad") for hit in get(client, f"/tmdb/search?q={word}").json
        }
        assert found == {"movie", "tv", "person"}

    def test_a_search_can_be_narrowed_to_a_year(self, client: Client) -> None:
        answer = get(client, "/tmdb/search?q=matrix&year=1999")
        assert_hits(answer)
        assert {hit["year"] for hit in answer.json} == {"1999"}

    def test_a_search_that_finds_nothing_is_an_empty_array(self, client: Client) -> None:
        assert get(client, "/tmdb/search?q=zzzzzzzz").json == []

    def test_ids_are_for_handing_back(self, client: Client) -> None:
        hit = next(hit for hit in get(client, "/tmdb/search?q=matrix").json if hit["title"] == "The Matrix")
        details = get(client, f"/tmdb/movie/{hit['id']}").json

        assert (details["tmdbId"], details["title"], details["year"]) == (hit["id"], "The Matrix", "1999")
        movie = client.post("/api/movies", json={"tmdb_id": hit["id"]}).json
        assert (movie["imdb_id"], movie["tmdb_data"]) == (MATRIX, details)

    def test_details_of_a_movie(self, client: Client) -> None:
        details = get(client, "/tmdb/movie/603").json

        assert_shape(details, DETAILS)
        assert (details["imdbId"], details["mediaType"], details["runtime"]) == (MATRIX, "movie", 136)
        assert len(details["cast"]) == 10
        assert details["poster"].startswith("https://")
        assert "/w500/" in details["poster"]
        assert "/w200/" in details["posterSmall"]

    def test_details_of_a_series(self, client: Client) -> None:
        details = get(client, "/tmdb/tv/1396").json

        assert_shape(details, TV_DETAILS)
        assert (details["imdbId"], details["mediaType"], details["numberOfSeasons"]) == ("tt0903747", "tv", 5)

    def test_credits(self, client: Client) -> None:
        for address in ("/tmdb/movie/603/credits", "/tmdb/tv/1396/credits"):
            assert_shape(get(client, address).json, CREDITS)
        people = get(client, "/tmdb/movie/603/credits").json
        assert people["cast"][0] == {"name": "Keanu Reeves", "character": "Neo", "order": 0}
        assert {"name": "Lana Wachowski", "job": "Director"} in people["crew"]

    def test_ratings(self, client: Client) -> None:
        ratings = get(client, f"/omdb/movie/{MATRIX}").json

        assert_shape(ratings, RATINGS)
        assert (ratings["imdbId"], ratings["year"], ratings["imdbRating"]) == (MATRIX, 1999, 8.7)

    def test_discovery(self, client: Client) -> None:
        for address in [
            "/tmdb/discover/genre?q=action",
            "/tmdb/discover/person?q=keanu+reeves",
            "/tmdb/discover/person?q=keanu+reeves&role=actor",
            "/tmdb/discover/person?q=christopher+nolan&role=director",
            *(
                f"/tmdb/discover/list?kind={kind}"
                for kind in ("coming_soon", "now_playing", "popular", "top_rated", "trending")
            ),
            "/tmdb/discover/list?kind=coming_soon&region=de&days=30",
            "/tmdb/discover/list?kind=trending&time_window=day",
            "/tmdb/discover/list",
        ]:
            answer = get(client, address)
            assert_hits(answer)
            assert answer.json

    def test_what_is_discovered_of_a_director_was_directed(self, client: Client) -> None:
        titles = [hit["title"] for hit in get(client, "/tmdb/discover/person?q=christopher+nolan&role=director").json]
        assert "Inception" in titles

    def test_an_unknown_genre_or_person_has_no_titles(self, client: Client) -> None:
        assert get(client, "/tmdb/discover/genre?q=zzzzz").json == []
        assert get(client, "/tmdb/discover/person?q=zzzzz").json == []

    def test_the_cache_says_what_it_holds(self, client: Client) -> None:
        before = get(client, "/cache/info").json
        assert_shape(before, CACHE_INFO)
        assert (before["max_size"], before["ttl"]) == (500, 3600)

        for _ in range(3):
            get(client, "/tmdb/movie/603")
        after = get(client, "/cache/info").json
        assert after["current_size"] > before["current_size"]
        assert after["hits"] >= before["hits"] + 2
        assert after["misses"] >= before["misses"] + 1

    def test_what_is_not_valid_is_422_and_no_provider_is_asked(self, client: Client, standin: Standin) -> None:
        for address, field in [
            ("/tmdb/search", "q"),
            ("/tmdb/search?q=", "q"),
            ("/tmdb/search?q=%20%20", "q"),
            ("/tmdb/search?q=a%00b", "q"),
            ("/tmdb/search?q=" + "x" * 201, "q"),
            ("/tmdb/search?q=a&year=soon", "year"),
            ("/tmdb/search?q=a&year=1", "year"),
            ("/tmdb/search?q=a&year=99999999999999999999", "year"),
            ("/tmdb/search?q=a&year=" + "9" * 5000, "year"),
            ("/tmdb/discover/genre", "q"),
            ("/tmdb/discover/person?q=", "q"),
            ("/tmdb/discover/person?q=a&role=writer", "role"),
            ("/tmdb/discover/list?kind=best", "kind"),
            ("/tmdb/discover/list?region=germany", "region"),
            ("/tmdb/discover/list?region=1%0A", "region"),
            ("/tmdb/discover/list?days=0", "days"),
            ("/tmdb/discover/list?days=366", "days"),
            ("/tmdb/discover/list?time_window=month", "time_window"),
        ]:
            assert_invalid(get(client, address), field)
            assert standin.calls == []

    def test_an_unknown_title_is_404(self, client: Client) -> None:
        for address in [
            *("/tmdb/movie/999999999", "/tmdb/tv/999999999", "/tmdb/movie/999999999/credits", "/tmdb/movie/0"),
            *(f"/tmdb/movie/{2**40}", f"/tmdb/movie/{2**53}", f"/tmdb/movie/{2**63}", "/tmdb/movie/" + "9" * 100),
            *("/tmdb/movie/" + "9" * 5000, "/tmdb/movie/603abc", "/tmdb/movie/-603", "/tmdb/movie/6.03"),
            *("/tmdb/movie/%00", "/omdb/movie/tt9999999", "/omdb/movie/603", "/omdb/movie/%00"),
            "/omdb/movie/tt0133093%0A",
        ]:
            answer = get(client, address)
            assert answer.status_code == 404
            assert answer.json["code"] in ("title_unknown", "not_found")


REFUSED, AWAY = (502, "provider_error"), (503, "provider_unavailable")
FAULTS: dict[str, tuple[Callable[[Standin], None], tuple[int, str]]] = {
    "refuses the key (401)": (lambda upstream: upstream.fail_with(401), REFUSED),
    "refuses (403)": (lambda upstream: upstream.fail_with(403), REFUSED),
    "knows nothing (404)": (lambda upstream: upstream.fail_with(404), (404, "title_unknown")),
    "is overrun (429)": (lambda upstream: upstream.fail_with(429), REFUSED),
    "is overrun for long": (lambda upstream: upstream.fail_with(429, headers={"Retry-After": "3600"}), REFUSED),
    "fails (500)": (lambda upstream: upstream.fail_with(500), REFUSED),
    "is maintained (503)": (lambda upstream: upstream.serve_html(503), REFUSED),
    "answers a page": (lambda upstream: upstream.serve_html(), REFUSED),
    "answers half a document": (lambda upstream: upstream.half_json(), REFUSED),
    "answers a number": (lambda upstream: upstream.answer_with(7), REFUSED),
    "answers null": (lambda upstream: upstream.answer_with(None), REFUSED),
    "answers another shape": (lambda upstream: upstream.answer_with(["?"]), REFUSED),
    "redirects": (lambda upstream: upstream.fail_with(302, headers={"Location": "http://127.0.0.1:1/"}), REFUSED),
    "breaks off": (lambda upstream: upstream.break_off(), AWAY),
    "hangs up": (lambda upstream: upstream.close_connection(), AWAY),
}


@pytest.mark.parametrize("fault", FAULTS.keys())
def test_when_a_provider(client: Client, standin: Standin, fault: str) -> None:
    """…the contract's error is answered each time, without the key or an address, and the library goes on."""
    break_it, (status, code) = FAULTS[fault]
    client.put("/api/movies/tt0903747/status", json={"status": "watched"})
    break_it(standin)
    watch = Stopwatch()

    for address in ("/tmdb/movie/603", "/tmdb/search?q=matrix", f"/omdb/movie/{MATRIX}"):
        answer = get(client, address)
        assert_problem(answer, status, code)
        for part in (standin.tmdb_key, standin.omdb_key, "127.0.0.1", "http:"):
            assert part not in answer.text

    added = client.post("/api/movies", json={"imdb_id": MATRIX, "recommender": "Mum"})
    assert (added.status_code, added.json["tmdb_data"]) == (201, None)
    assert [movie["imdb_id"] for movie in client.get("/api/movies").json] == [MATRIX, "tt0903747"]
    assert watch.seconds() < 15

    standin.recover()
    assert get(client, "/tmdb/movie/603").status_code == 200


def test_every_call_answers_the_contracts_error_when_its_provider_is_away(client: Client, standin: Standin) -> None:
    for address in CALLS:
        standin.close_connection()
        assert_problem(get(client, address), 503, "provider_unavailable")


@pytest.mark.slow
def test_a_silent_provider_is_given_up_in_less_than_15_seconds(
    client_with: Callable[..., Client], standin: Standin, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.undo()  # the limits that the server has
    client = client_with(METADATA_PROVIDERS="tmdb", **standin.settings)
    standin.hang(30)
    started, watch = time.monotonic(), Stopwatch()

    assert_problem(get(client, "/tmdb/movie/603"), 503, "provider_unavailable")
    assert time.monotonic() - started > 5
    assert watch.seconds() < 15

    watch = Stopwatch()
    added = client.post("/api/movies", json={"imdb_id": MATRIX, "recommender": "Mum"})
    assert (added.status_code, added.json["tmdb_data"]) == (201, None)
    assert watch.seconds() < 15


@pytest.mark.parametrize("said", ["Request limit reached!", "Invalid API key!", "Something went wrong."])
def test_omdbs_errors_in_disguise_are_errors_and_are_not_kept(client: Client, standin: Standin, said: str) -> None:
    standin.omdb_says(said)
    assert_problem(get(client, f"/omdb/movie/{MATRIX}"), 502, "provider_error")

    standin.recover()
    assert get(client, f"/omdb/movie/{MATRIX}").status_code == 200


def test_an_expired_response_stands_in_for_one_that_fails(client_with: Callable[..., Client], standin: Standin) -> None:
    client = client_with(METADATA_PROVIDERS="tmdb,omdb", CACHE_TTL_SECONDS=1, **standin.settings)
    fresh = {address: get(client, address) for address in CALLS}
    assert all("Warning" not in answer.headers for answer in fresh.values())
    standin.fail_with(500)
    time.sleep(1.1)

    for address, before in fresh.items():
        answer = get(client, address)
        assert (answer.status_code, answer.json) == (200, before.json), address
        assert answer.headers["Warning"].startswith("110 ")


class TestWithoutAKey:
    @pytest.fixture
    def client(self, client_with: Callable[..., Client]) -> Client:
        return client_with(METADATA_PROVIDERS="tmdb,omdb", TMDB_API_KEY="", OMDB_API_KEY="")

    def test_a_provider_that_is_not_configured_is_503(self, client: Client) -> None:
        for address in CALLS:
            assert_problem(get(client, address), 503, "provider_not_configured")

    def test_each_provider_stands_for_itself(self, client_with: Callable[..., Client], standin: Standin) -> None:
        client = client_with(METADATA_PROVIDERS="tmdb,omdb", **{**standin.settings, "OMDB_API_KEY": ""})

        assert get(client, "/tmdb/movie/603").status_code == 200
        assert_problem(get(client, f"/omdb/movie/{MATRIX}"), 503, "provider_not_configured")

    def test_movies_are_kept_as_stubs(self, client: Client) -> None:
        assert client.post("/api/movies", json={"imdb_id": MATRIX}).status_code == 201
        assert_problem(client.post("/api/movies", json={"tmdb_id": 603}), 503, "provider_not_configured")


class TestTheChain:
    def test_offline_data_takes_over_if_tmdb_fails(self, client_with: Callable[..., Client], standin: Standin) -> None:
        client = client_with(METADATA_PROVIDERS="tmdb,omdb,offline", **standin.settings)
        standin.fail_with(500)

        answer = get(client, "/tmdb/search?q=matrix")
        assert_hits(answer)
        hit = next(hit for hit in answer.json if hit["title"] == "The Matrix")
        assert_shape(get(client, f"/tmdb/movie/{hit['id']}").json, DETAILS)
        assert client.post("/api/movies", json={"tmdb_id": hit["id"]}).json["imdb_id"] == MATRIX
        assert_shape(get(client, f"/omdb/movie/{MATRIX}").json, RATINGS)

    def test_without_keys_everything_works_offline(self, client_with: Callable[..., Client]) -> None:
        client = client_with()

        assert_hits(get(client, "/tmdb/search?q=matrix"))
        assert get(client, "/tmdb/search?q=matrix").json[0]["title"] == "The Matrix"
        movie = client.post("/api/movies", json={"imdb_id": MATRIX}).json
        assert_shape(movie["tmdb_data"], DETAILS)
        assert_shape(movie["omdb_data"], RATINGS)
        assert_hits(get(client, "/tmdb/discover/genre?q=Drama"))
