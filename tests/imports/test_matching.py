"""Which titles rows are matched to, with the sample of the offline catalog and with a stand-in of TMDB."""

import threading
from collections.abc import Iterator, Sequence
from itertools import permutations
from typing import Any

import pytest
from flask import Flask
from standin.server import Standin
from support.applications import MakeApp
from support.imports import bring_in, bring_in_file, preview, preview_file, tools, upload, work
from support.library import movie_of
from support.uploads import zip_bytes

from movietracker import clock
from movietracker.errors import ProviderUnreachable
from movietracker.imports import jobs, resolving
from movietracker.imports.jobs import Job
from movietracker.imports.resolving import Decision, resolve
from movietracker.imports.rows import page_of_rows
from movietracker.imports.running import run_due
from movietracker.services import movies
from movietracker.services.accounts import Account
from movietracker.services.movies import Metadata
from movietracker.services.transactions import library_write
from movietracker.state import state


def found(job: Job) -> list[tuple[str, str | None]]:
    """What became of each row: its state and IMDb id."""
    return [(row.state, row.imdb_id) for row in page_of_rows(job, (), -1, 100)]


@pytest.mark.parametrize(
    ("row", "state_and_id"),
    [
        ({"title": "Casablanca", "year": 1942}, ("new", "tt0034583")),
        ({"title": "CASABLANCA", "year": 1942, "kind": "movie"}, ("new", "tt0034583")),
        ({"title": "Ladri di biciclette", "year": 1948}, ("new", "tt0040522")),
        ({"title": "Ladri di biciclette", "year": 1949}, ("new", "tt0040522")),
        ({"title": "Casablanca", "year": 1942, "kind": "tv"}, ("not_found", None)),
        ({"title": "Casablanca", "year": 1950}, ("ambiguous", None)),
        ({"title": "Casablanca"}, ("ambiguous", None)),
        ({"title": "A film that nobody made", "year": 1942}, ("not_found", None)),
        ({"title": "Кино без имени", "year": 1942}, ("not_found", None)),
        ({"title": "Anything", "imdb_id": "tt7654321"}, ("new", "tt7654321")),
        ({"title": "Casablanca", "year": 1942, "tmdb_id": 289}, ("new", "tt0034583")),
        ({"title": "Casablanca", "tmdb_id": 289, "kind": "movie"}, ("ambiguous", None)),
        ({"tmdb_id": 289, "kind": "movie"}, ("not_found", None)),
        ({"title": "Casablanca", "year": 1942, "needs_review": "it was removed"}, ("needs_review", "tt0034583")),
        ({"title": "Casablanca", "year": 1942, "kind": "episode"}, ("unsupported", None)),
        ({"broken": "is cut off"}, ("broken", None)),
    ],
)
def test_a_row_is_matched_only_when_it_is_certain(
    anna: Account, row: dict[str, Any], state_and_id: tuple[str, str | None]
) -> None:
    assert found(preview(anna, row)) == [state_and_id]


def test_an_export_with_ids_of_tmdb_comes_in_without_a_key_for_tmdb(anna: Account) -> None:
    history = "title,year,tmdbId,imdbId,watchedAt,comment,location\nCasablanca,1942,289,,2020-01-01,,\n"
    assert bring_in_file(anna, "history.csv", history.encode()).report["titles_added"] == 1
    assert [each["watched_on"] for each in movie_of(anna, "tt0034583")["viewings"]] == ["2020-01-01"]


def test_candidates_are_listed(anna: Account) -> None:
    (row,) = page_of_rows(preview(anna, {"title": "Casablanca"}), ["ambiguous"], -1, 10)
    assert {"title": "Casablanca", "year": 1942, "kind": "movie"}.items() <= row.candidates[0].items()


def test_a_row_that_comes_again_is_a_duplicate(anna: Account) -> None:
    row = {"row_id": "1", "imdb_id": "tt0034583"}
    assert found(preview(anna, row, row)) == [("new", "tt0034583"), ("duplicate", None)]


def test_the_preview_counts_titles(anna: Account) -> None:
    bring_in(anna, {"imdb_id": "tt0000001", "status": "toWatch"})
    rows = [
        {"imdb_id": "tt0000001"},
        {"imdb_id": "tt0000002"},
        {"title": "Casablanca"},
        {"title": "Nothing", "year": 2001},
    ]
    counts = preview(anna, *rows).counts
    assert {name: counts[name] for name in ("titles", "known", "new", "ambiguous", "not_found")} == {
        "titles": 4,
        "known": 1,
        "new": 1,
        "ambiguous": 1,
        "not_found": 1,
    }


def test_a_title_that_no_provider_knows_is_found_in_the_library(anna: Account) -> None:
    with library_write(anna.id) as tx:
        movies.ensure_movie(tx, "tt5555555", Metadata("movie", {"title": "Mum's Film", "year": "2019"}))
    assert found(preview(anna, {"title": "mum's film", "year": 2019})) == [("known", "tt5555555")]


def test_a_choice_counts_for_the_title_and_for_the_next_import(anna: Account) -> None:
    rows = [{"title": "Casablanca", "row_id": each} for each in "ab"]
    job = resolve(preview(anna, *rows), [Decision(0, imdb_id="tt0034583")], state().lookup.chain, {})
    assert found(job) == [("new", "tt0034583")] * 2
    assert found(preview(anna, {"title": "casablanca"})) == [("new", "tt0034583")]


def test_what_is_chosen_for_one_of_two_films_of_a_name_is_not_taken_for_the_other(anna: Account) -> None:
    rows = [{"title": "Casablanca", "row_id": each, "other_ids": [["x", each]]} for each in "ab"]
    decisions = [Decision(0, imdb_id="tt0034583"), Decision(1, imdb_id="tt0000001")]
    resolve(preview(anna, *rows), decisions, state().lookup.chain, {})
    assert found(preview(anna, *rows)) == [("new", "tt0034583"), ("ambiguous", None)]


def test_of_two_films_of_a_name_that_a_tracker_tells_apart_one_alone_is_the_film_that_is_known(anna: Account) -> None:
    rows = [{"title": "Casablanca", "year": 1942, "row_id": each, "other_ids": [["x", each]]} for each in "ab"]
    assert found(preview(anna, *rows)) == [("new", "tt0034583"), ("ambiguous", None)]


@pytest.mark.parametrize("order", list(permutations("abv")))
def test_a_row_whose_name_is_that_of_two_films_is_not_taken_for_the_first(anna: Account, order: Sequence[str]) -> None:
    facts = {each: {"other_ids": [["x", each]]} for each in "ab"} | {"v": {"is_viewing": True}}
    job = preview(anna, *({"title": "Casablanca", "year": 1942, "row_id": each, **facts[each]} for each in order))
    states = {each: state for each, (state, _) in zip(order, found(job), strict=True)}
    assert (states["v"], sorted(states.values())) == ("ambiguous", ["ambiguous", "ambiguous", "new"])
    assert (job.counts["titles"], job.counts["new"], job.counts["ambiguous"]) == (3, 1, 2)


def test_viewings_of_two_films_of_a_name_are_chosen_one_by_one(anna: Account) -> None:
    head = "Date,Name,Year,Letterboxd URI"
    told = {
        "watched.csv": f"{head}\n2020-01-01,Casablanca,1942,https://boxd.it/a\n2020-01-01,Casablanca,1942,https://boxd.it/b\n",
        "diary.csv": f"{head},Rating,Rewatch,Tags,Watched Date\n"
        "2020-01-01,Casablanca,1942,https://boxd.it/x,4,,,2020-01-01\n"
        "2021-01-01,Casablanca,1942,https://boxd.it/y,1,,,2021-01-01\n",
        "reviews.csv": f"{head},Rating,Rewatch,Review,Tags,Watched Date\n"
        "2021-01-01,Casablanca,1942,https://boxd.it/y,1,,Another film,,2021-01-01\n",
    }
    job = preview_file(anna, "letterboxd.zip", zip_bytes(told))
    assert [state for state, _ in found(job)] == ["new", *["ambiguous"] * 4]
    job = resolve(job, [Decision(1, imdb_id="tt0000001"), Decision(3, imdb_id="tt0000001")], state().lookup.chain, {})
    assert found(job)[2:] == [("ambiguous", None), *[("new", "tt0000001")] * 2]
    work(jobs.confirm(anna.id, job.id))
    viewings = {key: movie_of(anna, key)["viewings"] for key in ("tt0034583", "tt0000001")}
    assert viewings["tt0034583"] == []
    assert [(each["watched_on"], each["note"]) for each in viewings["tt0000001"]] == [("2021-01-01", "Another film")]


def test_of_two_films_of_a_name_one_alone_is_the_film_of_the_library(anna: Account) -> None:
    bring_in(anna, {"title": "A film of ours", "year": 1998, "imdb_id": "tt9999991", "status": "toWatch"})
    rows = [{"title": "A film of ours", "year": 1998, "row_id": each, "other_ids": [["x", each]]} for each in "ab"]
    assert found(preview(anna, *rows)) == [("known", "tt9999991"), ("not_found", None)]


def test_a_candidate_can_be_chosen_by_its_place(anna: Account) -> None:
    job = resolve(preview(anna, {"title": "Casablanca"}), [Decision(0, candidate=0)], state().lookup.chain, {})
    assert found(job) == [("new", "tt0034583")]


def test_a_title_can_be_left_out(anna: Account) -> None:
    job = resolve(preview(anna, {"imdb_id": "tt0034583"}), [Decision(0)], state().lookup.chain, {})
    assert found(job) == [("left_out", None)]


def test_one_users_choices_are_not_anothers(anna: Account, ben: Account) -> None:
    resolve(preview(anna, {"title": "Casablanca"}), [Decision(0, imdb_id="tt0034583")], state().lookup.chain, {})
    assert found(preview(ben, {"title": "Casablanca"})) == [("ambiguous", None)]


@pytest.fixture
def with_tmdb(make_app: MakeApp, standin: Standin) -> Iterator[Flask]:
    app = make_app(**standin.settings, METADATA_PROVIDERS="tmdb")
    with app.app_context():
        yield app


@pytest.mark.usefixtures("with_tmdb")
class TestWithTmdb:
    def test_an_id_of_tmdb_leads_to_the_imdb_id(self, anna: Account) -> None:
        assert found(preview(anna, {"tmdb_id": 603, "kind": "movie"})) == [("new", "tt0133093")]

    def test_an_id_of_thetvdb_leads_to_the_imdb_id_of_a_series(self, anna: Account) -> None:
        assert found(preview(anna, {"tvdb_id": 81189, "kind": "tv"})) == [("new", "tt0903747")]

    @pytest.mark.parametrize("row", [{"tvdb_id": 81190, "kind": "tv"}, {"tvdb_id": 81189, "kind": "movie"}])
    def test_an_id_of_thetvdb_that_leads_nowhere_leaves_the_title(self, anna: Account, row: dict[str, Any]) -> None:
        assert found(preview(anna, {**row, "title": "Nothing of this name"})) == [("not_found", None)]

    def test_a_title_is_found_by_title_and_year(self, anna: Account) -> None:
        assert found(preview(anna, {"title": "The Matrix", "year": 1999})) == [("new", "tt0133093")]

    def test_a_provider_that_refuses_pauses_the_job_as_long_as_it_says(
        self, anna: Account, standin: Standin, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        standin.fail_with(429, headers={"Retry-After": "90"}, service="tmdb")
        job = preview(anna, {"title": "The Matrix", "year": 1999})
        assert job.state == "paused"
        assert job.resume_at == pytest.approx(clock.now() + 90, abs=15)
        standin.recover()
        standin.forget_calls()
        run_due(tools(), threading.Event())
        assert standin.calls == []
        monkeypatch.setattr(clock, "now", lambda: job.resume_at + 1)
        run_due(tools(), threading.Event())
        assert found(jobs.get_job(anna.id, job.id)) == [("new", "tt0133093")]


def test_the_candidates_of_a_request_are_looked_up_within_one_time_limit(
    anna: Account, with_tmdb: Flask, standin: Standin, monkeypatch: pytest.MonkeyPatch
) -> None:
    titles = ("The Matrix", "The Quiet Harbour", "Untold Tale", "Inception")
    job = preview(anna, *({"title": title} for title in titles))
    chosen = [Decision(row.number, candidate=0) for row in page_of_rows(job, ["ambiguous"], -1, 9)]
    assert len(chosen) > 1
    monkeypatch.setattr(resolving, "RESPONSE_SECONDS", 0.3)
    standin.hang(0.2, path="/movie/")
    with pytest.raises(ProviderUnreachable):
        resolve(job, chosen, state().lookup.chain, {})
    assert jobs.get_job(anna.id, job.id) == job
    monkeypatch.setattr(resolving, "RESPONSE_SECONDS", 10.0)
    assert resolve(job, chosen, state().lookup.chain, {}).counts["ambiguous"] == 0


def test_a_title_is_looked_up_once(anna: Account, with_tmdb: Flask, standin: Standin) -> None:
    rows = [{"title": "The Matrix", "year": 1999, "row_id": str(number)} for number in range(20)]
    work(upload(anna, rows))
    assert len(standin.calls) <= 3
