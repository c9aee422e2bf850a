"""Taking imports back: the library is as before, but for what the user changed since."""

from itertools import count
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from support.imports import bring_in, exported, take_back
from support.library import movie_of

from movietracker.services import movies, people, ranking
from movietracker.services.accounts import Account
from movietracker.services.transactions import library_read, library_write

HEAT, RAN, IRIS = IDS = ("tt0113277", "tt0089881", "tt0000003")
NAMES = ("Mum", "Brian")
NUMBERS = count()


def row(row_id: int = 0, **facts: Any) -> dict[str, Any]:
    return {"row_id": str(row_id), "imdb_id": HEAT} | facts


def content(user: Account) -> dict[str, Any]:
    """What a library holds, without the times of its changes."""
    document = exported(user)
    del document["exported_at"]
    for section in ("movies", "people", "lists"):
        for record in document[section]:
            del record["last_modified"]
    return document


ROWS = st.lists(
    st.fixed_dictionaries(
        {"row_id": st.text("abc", min_size=1, max_size=2), "imdb_id": st.sampled_from(IDS)},
        optional={
            "is_viewing": st.booleans(),
            "watched_on": st.sampled_from(["2019", "2020-05-17", "2020-05-18"]),
            "viewing_rating": st.sampled_from([1.0, 7.5]),
            "rating": st.sampled_from([2.0, 9.0]),
            "status": st.sampled_from(["watched", "toWatch"]),
            "review": st.sampled_from(["Loud.", "Long."]),
            "list_place": st.fixed_dictionaries({"name": st.sampled_from(["Best", "Worst"])}),
            "recommended_by": st.lists(
                st.fixed_dictionaries({"name": st.sampled_from(NAMES), "written_as": st.just("x")}), max_size=2
            ),
        },
    ),
    max_size=8,
)


@given(first=ROWS, second=ROWS)
@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_after_an_undo_the_library_is_as_before_and_an_import_is_done_once(
    make_account: Any, first: list[dict[str, Any]], second: list[dict[str, Any]]
) -> None:
    user = make_account(f"user{next(NUMBERS)}")
    bring_in(user, *first)
    before = content(user)
    job = bring_in(user, *second)
    after = content(user)
    assert bring_in(user, *second).report["titles_added"] == 0
    assert content(user) == after
    take_back(job)
    assert content(user) == before


@pytest.mark.each_database
def test_an_import_into_an_empty_library_leaves_nothing_when_it_is_undone(anna: Account) -> None:
    before = content(anna)
    rows = [
        row(1, is_viewing=True, watched_on="2020", viewing_rating=7.0, review="Loud."),
        row(2, imdb_id=RAN, status="toWatch", recommended_by=[{"name": "Mum", "written_as": "Mum"}]),
        row(3, imdb_id=IRIS, list_place={"name": "Best"}),
    ]
    assert take_back(bring_in(anna, *rows)).state == "undone"
    assert content(anna) == before


def test_what_the_user_changed_since_stays_and_is_counted(anna: Account) -> None:
    job = bring_in(anna, row(1, is_viewing=True, watched_on="2020", rating=7.0), row(2, imdb_id=RAN, status="toWatch"))
    with library_write(anna.id) as tx:
        movies.rate(tx, HEAT, 9.0)
        movies.set_status(tx, RAN, "watched")
    undone = take_back(job)
    assert (movie_of(anna, HEAT)["my_rating"], movie_of(anna, HEAT)["viewings"]) == (9.0, [])
    assert movie_of(anna, RAN)["status"] == "watched"
    assert undone.report["changed_since"] == 1


def test_a_title_stays_when_the_user_hung_something_on_it(anna: Account) -> None:
    job = bring_in(anna, row(1, is_viewing=True), row(2, imdb_id=RAN, status="watched"), row(3, imdb_id=IRIS))
    with library_write(anna.id) as tx:
        movies.add_viewing(tx, HEAT, {"watched_on": "2024"})
        ranking.insert(tx, RAN, liked=True, position=1)
        movies.recommend(tx, IRIS, "Mum")
    take_back(job)
    assert {movie["imdb_id"] for movie in exported(anna)["movies"]} == set(IDS)
    assert [each["watched_on"] for each in movie_of(anna, HEAT)["viewings"]] == ["2024"]


def test_a_person_stays_when_they_were_changed_or_recommend_something_else(anna: Account) -> None:
    told = [{"name": name, "written_as": name} for name in ("Mum", "Brian", "Joe")]
    job = bring_in(anna, row(1, recommended_by=told))
    with library_write(anna.id) as tx:
        movies.recommend(tx, RAN, "Mum")
        people.update_person(tx, people.find_person(tx, "Brian"), {"is_trusted": True})
    take_back(job)
    with library_read(anna.id) as read:
        assert {"Mum", "Brian", "Joe"} & {each["name"] for each in people.list_people(read)} == {"Mum", "Brian"}


def test_what_was_undone_can_be_imported_again(anna: Account) -> None:
    with library_write(anna.id) as tx:
        movies.ensure_movie(tx, HEAT)
    rows = row(1, is_viewing=True, watched_on="2020-05-17"), row(2, imdb_id=RAN, is_viewing=True)
    for _ in range(2):
        take_back(bring_in(anna, *rows))
        assert movie_of(anna, HEAT)["viewings"] == []
    bring_in(anna, *rows)
    bring_in(anna, *rows)
    assert [len(movie_of(anna, each)["viewings"]) for each in (HEAT, RAN)] == [1, 1]


def test_a_title_that_the_user_removed_since_stays_removed(anna: Account) -> None:
    job = bring_in(anna, row(1, is_viewing=True))
    with library_write(anna.id) as tx:
        movies.remove_movie(tx, HEAT)
    assert take_back(job).report["removed_since"] == 1
    assert exported(anna)["movies"] == []
