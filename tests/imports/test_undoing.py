"""Taking imports back: the library is as before, but for what the user changed since."""

from itertools import count
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from support.imports import bring_in, contents, exported, take_back, tools
from support.library import movie_of
from support.postgresql import ON_POSTGRESQL

from movietracker.imports import facts, jobs
from movietracker.imports.running import work_on
from movietracker.models.movie import Vote
from movietracker.services import lists, movies, people, ranking
from movietracker.services.accounts import Account
from movietracker.services.change_clock import LibraryWrite
from movietracker.services.merging import merge_people
from movietracker.services.transactions import library_read, library_write

HEAT, RAN, IRIS = IDS = ("tt0113277", "tt0089881", "tt0000003")
NAMES = ("Mum", "Brian")
NUMBERS = count()


def row(row_id: int = 0, **facts: Any) -> dict[str, Any]:
    return {"row_id": str(row_id), "imdb_id": HEAT} | facts


ROWS = st.lists(
    st.fixed_dictionaries(
        {"row_id": st.text("abc", min_size=1, max_size=2), "imdb_id": st.sampled_from(IDS)},
        optional={
            "is_viewing": st.booleans(),
            "watched_on": st.sampled_from(["2019", "2020-05-17", "2020-05-18"]),
            "viewing_rating": st.sampled_from([1.0, 7.5]),
            "rating": st.sampled_from([2.0, 9.0]),
            "status": st.sampled_from(["watched", "toWatch"]),
            "liked": st.booleans(),
            "tags": st.lists(st.sampled_from(["Noir", "noir", "a:b", "rec by Mum", "x" * 65]), max_size=2),
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
@settings(max_examples=8 if ON_POSTGRESQL else 25, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_after_an_undo_the_library_is_as_before_and_an_import_is_done_once(
    make_account: Any, first: list[dict[str, Any]], second: list[dict[str, Any]]
) -> None:
    user = make_account(f"user{next(NUMBERS)}")
    bring_in(user, *first)
    before = contents(user)
    job = bring_in(user, *second)
    after = contents(user)
    assert bring_in(user, *second).report["titles_added"] == 0
    assert contents(user) == after
    take_back(job)
    assert contents(user) == before


IMPORTS = st.lists(st.tuples(ROWS, st.sampled_from(["keep", "replace"])), min_size=2, max_size=3)


@given(first=ROWS, imports=IMPORTS, order=st.permutations(range(3)))
@settings(max_examples=8 if ON_POSTGRESQL else 25, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_imports_that_overlap_can_be_undone_in_any_order(
    make_account: Any, first: list[dict[str, Any]], imports: list[Any], order: list[int]
) -> None:
    user = make_account(f"user{next(NUMBERS)}")
    bring_in(user, *first)
    before = contents(user)
    made = [bring_in(user, *rows, ratings=ratings) for rows, ratings in imports]
    reports = [take_back(made[place]).report for place in order if place < len(made)]
    assert contents(user) == before
    assert not any(report.keys() & {"changed_since", "removed_since"} for report in reports)


SEEN = row(1, is_viewing=True, watched_on="2021", viewing_rating=8.0)
MUM = [{"name": "Mum", "written_as": "Mum"}]


@pytest.mark.parametrize(
    ("first", "second"),
    [
        (row(status="toWatch"), SEEN),
        (row(status="watched", rating=8.0), row(source="imdb", rating=9.0)),
        (row(1, is_viewing=True, review="Loud."), row(1, is_viewing=True, watched_on="2021")),
        (row(1, is_viewing=True, watched_on="2020"), row(liked=True)),
        (row(recommended_by=MUM), row(imdb_id=RAN, recommended_by=MUM)),
        (row(list_place={"name": "Best"}), row(imdb_id=RAN, list_place={"name": "Best"})),
        (row(list_place={"name": "Best"}), row(liked=True)),
    ],
)
def test_what_a_later_import_builds_on_stays_until_that_is_undone_too(anna: Account, first: Any, second: Any) -> None:
    before = contents(anna)
    one, other = bring_in(anna, first), bring_in(anna, second, ratings="replace")
    after = movie_of(anna, second["imdb_id"])
    assert "changed_since" not in take_back(one).report
    found = movie_of(anna, second["imdb_id"])
    assert [found[name] for name in ("status", "my_rating", "liked")] == [
        after[name] for name in ("status", "my_rating", "liked")
    ]
    take_back(other)
    assert contents(anna) == before


def test_a_rating_that_the_user_gave_between_two_imports_comes_back(anna: Account) -> None:
    one = bring_in(anna, row(rating=4.0))
    with library_write(anna.id) as tx:
        movies.rate(tx, HEAT, 5.0)
    other = bring_in(anna, row(rating=9.0), ratings="replace")
    for job, rating in ((one, 9.0), (other, 5.0)):
        take_back(job)
        assert movie_of(anna, HEAT)["my_rating"] == rating


def _watch_again(tx: LibraryWrite, movie: dict[str, Any]) -> None:
    for viewing in movie["viewings"]:
        movies.remove_viewing(tx, movie["imdb_id"], viewing["id"])
        said = {name: viewing[name] for name in ("watched_on", "watched_at", "rating", "note")}
        movies.add_viewing(tx, movie["imdb_id"], said, sets_status=False, rates=False)


def _mark_again(tx: LibraryWrite, movie: dict[str, Any]) -> None:
    movies.like(tx, movie["imdb_id"], liked=not movie["liked"])
    movies.like(tx, movie["imdb_id"], liked=movie["liked"])
    for tag in movie["tags"]:
        movies.remove_tag(tx, movie["imdb_id"], tag)
        movies.add_tag(tx, movie["imdb_id"], tag)


def _say_again(tx: LibraryWrite, movie: dict[str, Any]) -> None:
    movies.rate(tx, movie["imdb_id"], 3.0)
    movies.rate(tx, movie["imdb_id"], movie["my_rating"])
    movies.set_status(tx, movie["imdb_id"], "deleted")
    movies.set_status(tx, movie["imdb_id"], movie["status"], movie["custom_list_id"])


def _merge_and_part(tx: LibraryWrite, movie: dict[str, Any]) -> None:
    """Merge each who recommended it into another person, and part them, as the page undoes that."""
    for name in {vote["person"] for vote in movie["recommendations"]}:
        person_id = people.find_person(tx, name)
        values = people.values_of(tx, person_id)
        titles = list(movies.movies_by_id(tx, IDS).values())
        votes = {
            each["imdb_id"]: (vote["date_recommended"], vote["vote_type"], vote["note"])
            for each in titles
            for vote in each["recommendations"]
            if vote["person"] == name
        }
        other = people.add_person(tx, "Whoever")
        merge_people(tx, person_id, other)
        again = people.add_person(tx, **{key: values[key] for key in ("name", "is_trusted", "color", "emoji")})
        for imdb_id, vote in votes.items():
            movies.withdraw(tx, imdb_id, other)
            movies.recommend(tx, imdb_id, again, Vote(*vote))
        people.delete_person(tx, other)


def _list_again(tx: LibraryWrite, movie: dict[str, Any]) -> None:
    """Delete its list, and make it again for the titles that were on it, as the page undoes that."""
    if (list_id := movie["custom_list_id"]) is None:
        return
    values = lists.values_of(tx, list_id)
    on_it = [each for each, on in movies.movies_by_id(tx, IDS).items() if on["custom_list_id"] == list_id]
    lists.delete_list(tx, list_id)
    made = lists.add_list(tx, values["name"], color=values["color"], icon=values["icon"], position=values["position"])
    for imdb_id in on_it:
        movies.set_status(tx, imdb_id, "custom", made)


CHANGES = (_watch_again, _mark_again, _say_again, _merge_and_part, _list_again)


@given(rows=ROWS, changes=st.lists(st.tuples(st.sampled_from(CHANGES), st.sampled_from(IDS)), max_size=6))
@settings(max_examples=8 if ON_POSTGRESQL else 25, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_what_was_changed_and_changed_back_is_taken_back_as_if_it_were_untouched(
    make_account: Any, rows: list[dict[str, Any]], changes: list[Any]
) -> None:
    user = make_account(f"user{next(NUMBERS)}")
    before = contents(user)
    job = bring_in(user, *rows)
    for change, imdb_id in changes:
        with library_write(user.id) as tx:
            if movies.status_of(tx, imdb_id):
                change(tx, movies.get_movie(tx, imdb_id))
    report = take_back(job).report
    assert contents(user) == before
    assert not report.keys() & {"titles_kept", "changed_since", "removed_since"}


@pytest.mark.parametrize("change", CHANGES)
def test_each_such_change_of_a_full_title_leaves_nothing_behind(anna: Account, change: Any) -> None:
    before = contents(anna)
    told = [{"name": "Mum", "written_as": "Mum", "note": "Go!"}]
    full = {"rating": 9.0, "liked": True, "tags": ["noir"], "recommended_by": told}
    seen = row(1, is_viewing=True, watched_on="2020-05-17", viewing_rating=7.0, review="Loud.", **full)
    job = bring_in(anna, seen, row(2, imdb_id=RAN, list_place={"name": "Best"}, recommended_by=told))
    for imdb_id in (HEAT, RAN):
        with library_write(anna.id) as tx:
            change(tx, movies.get_movie(tx, imdb_id))
    take_back(job)
    assert contents(anna) == before


@pytest.mark.each_database
def test_an_import_into_an_empty_library_leaves_nothing_when_it_is_undone(anna: Account) -> None:
    before = contents(anna)
    rows = [
        row(1, is_viewing=True, watched_on="2020", viewing_rating=7.0, review="Loud."),
        row(2, imdb_id=RAN, status="toWatch", recommended_by=[{"name": "Mum", "written_as": "Mum"}]),
        row(3, imdb_id=IRIS, list_place={"name": "Best"}),
    ]
    assert take_back(bring_in(anna, *rows)).state == "undone"
    assert contents(anna) == before


def test_what_the_user_changed_since_stays_and_is_counted(anna: Account) -> None:
    job = bring_in(anna, row(1, is_viewing=True, watched_on="2020", rating=7.0), row(2, imdb_id=RAN, status="toWatch"))
    with library_write(anna.id) as tx:
        movies.rate(tx, HEAT, 9.0)
        movies.set_status(tx, RAN, "watched")
    undone = take_back(job)
    heat = movie_of(anna, HEAT)
    assert (heat["my_rating"], [each["watched_on"] for each in heat["viewings"]]) == (9.0, ["2020"])
    assert movie_of(anna, RAN)["status"] == "watched"
    assert (undone.report["changed_since"], undone.report["titles_kept"]) == (1, 2)


def test_a_title_that_stays_watched_keeps_its_viewings(anna: Account) -> None:
    job = bring_in(anna, row(1, is_viewing=True, watched_on="2020"))
    with library_write(anna.id) as tx:
        movies.recommend(tx, HEAT, "Mum")
    take_back(job)
    found = movie_of(anna, HEAT)
    assert (found["status"], [each["watched_on"] for each in found["viewings"]]) == ("watched", ["2020"])


def test_marks_that_the_user_changed_since_stay_so_and_others_go(anna: Account) -> None:
    with library_write(anna.id) as tx:
        movies.ensure_movie(tx, RAN)
        movies.add_tag(tx, RAN, "mine")
    job = bring_in(anna, row(1, liked=True, tags=["noir", "loud"]), row(2, imdb_id=RAN, liked=True, tags=["noir"]))
    with library_write(anna.id) as tx:
        movies.like(tx, RAN, liked=False)
        movies.remove_tag(tx, RAN, "noir")
        movies.add_tag(tx, HEAT, "mine")
    undone = take_back(job)
    assert [(movie_of(anna, each)["liked"], movie_of(anna, each)["tags"]) for each in (HEAT, RAN)] == [
        (False, ["mine"]),
        (False, ["mine"]),
    ]
    assert undone.report["changed_since"] == 2


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
        people.add_person(tx, "Mum")
    said = {"liked": True, "tags": ["noir"], "recommended_by": [{"name": "Mum", "written_as": "Mum"}]}
    rows = row(1, is_viewing=True, watched_on="2020-05-17", **said), row(2, imdb_id=RAN, is_viewing=True)
    before = movie_of(anna, HEAT)
    hanging = ("viewings", "liked", "tags", "recommendations")
    for _ in range(2):
        take_back(bring_in(anna, *rows))
        assert {name: movie_of(anna, HEAT)[name] for name in hanging} == {name: before[name] for name in hanging}
    bring_in(anna, *rows)
    bring_in(anna, *rows)
    assert [len(movie_of(anna, each)["viewings"]) for each in (HEAT, RAN)] == [1, 1]
    found = movie_of(anna, HEAT)
    assert (found["liked"], found["tags"], len(found["recommendations"])) == (True, ["noir"], 1)


def test_a_title_that_the_user_removed_since_stays_removed(anna: Account) -> None:
    job = bring_in(anna, row(1, is_viewing=True))
    with library_write(anna.id) as tx:
        movies.remove_movie(tx, HEAT)
    assert take_back(job).report["removed_since"] == 1
    assert exported(anna)["movies"] == []


def test_what_says_much_is_taken_back_little_by_little(anna: Account, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(facts, "CHARACTERS_AT_ONCE", 1)
    job = bring_in(anna, *(row(number, imdb_id=imdb_id, rating=9.0) for number, imdb_id in enumerate(IDS)))
    seen: list[int] = []
    work_on(jobs.undo(anna.id, job.id), tools(), lambda now: seen.append(now.done) is None)
    assert sorted(set(seen)) == [0, 1, 2, 3]
    assert jobs.get_job(anna.id, job.id).state == "undone"
