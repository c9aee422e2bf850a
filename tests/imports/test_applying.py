"""What becomes of a library when rows are brought in."""

from typing import Any

import pytest
from support.imports import bring_in, choose, contents, exported, preview, take_back, work
from support.library import movie_of

from movietracker.imports import jobs, resolving
from movietracker.models.movie import MAX_NOTE_LENGTH
from movietracker.schemas.dates import noon_of_first_day
from movietracker.services import lists, movies, people
from movietracker.services.accounts import Account
from movietracker.services.transactions import library_read, library_write
from movietracker.state import state

HEAT = "tt0113277"


def viewing(row_id: str = "1", **facts: Any) -> dict[str, Any]:
    return {"row_id": row_id, "imdb_id": HEAT, "is_viewing": True, "status": "watched"} | facts


def wish(row_id: str = "2", **facts: Any) -> dict[str, Any]:
    return {"row_id": row_id, "imdb_id": HEAT, "status": "toWatch"} | facts


def told(name: str, **facts: Any) -> list[dict[str, Any]]:
    return [{"name": name, "written_as": f"({name})"} | facts]


def in_library(user: Account) -> dict[str, Any]:
    return movie_of(user, HEAT)


def viewings(user: Account) -> list[dict[str, Any]]:
    return list(in_library(user)["viewings"])


def test_nothing_is_written_before_it_is_confirmed(anna: Account) -> None:
    before = exported(anna)
    job = preview(anna, viewing(), wish(imdb_id="tt0000001"))
    assert job.state == "ready"
    assert exported(anna) | {"exported_at": 0} == before | {"exported_at": 0}


def test_a_watchlist_row_never_becomes_watched(anna: Account) -> None:
    bring_in(anna, wish())
    assert (in_library(anna)["status"], viewings(anna)) == ("toWatch", [])


def test_a_title_both_seen_and_wanted_keeps_both(anna: Account) -> None:
    bring_in(anna, viewing(watched_on="2020-05-17"), wish())
    assert in_library(anna)["status"] == "toWatch"
    assert [each["watched_on"] for each in viewings(anna)] == ["2020-05-17"]


@pytest.mark.parametrize("note", ["Lent to me", None])
def test_a_title_seen_at_an_unknown_time_and_wanted_keeps_both(anna: Account, note: str | None) -> None:
    rows = [viewing(is_viewing=False, note=note), wish()]
    bring_in(anna, *rows)
    assert in_library(anna)["status"] == "toWatch"
    assert [(each["watched_on"], each["note"]) for each in viewings(anna)] == [(None, note)]
    again = bring_in(anna, *rows)
    assert (again.report.get("viewings", 0), len(viewings(anna))) == (0, 1)


def test_a_watched_title_stays_watched_when_it_is_wanted_elsewhere(anna: Account) -> None:
    with library_write(anna.id) as tx:
        movies.set_status(tx, HEAT, "watched")
    bring_in(anna, wish())
    assert in_library(anna)["status"] == "watched"


def test_a_wanted_title_becomes_watched_with_a_viewing(anna: Account) -> None:
    with library_write(anna.id) as tx:
        movies.ensure_movie(tx, HEAT)
    bring_in(anna, viewing())
    assert in_library(anna)["status"] == "watched"


def test_a_removed_title_stays_removed(anna: Account) -> None:
    with library_write(anna.id) as tx:
        movies.set_status(tx, HEAT, "deleted")
    bring_in(anna, viewing())
    assert in_library(anna)["status"] == "deleted"


def test_each_viewing_has_its_own_day_and_rating_twice_on_one_day_included(anna: Account) -> None:
    days = [("2020-05-17", 7.0), ("2020-05-17", 9.5), ("2021-01", None), (None, 8.0)]
    rows = [viewing(str(number), watched_on=day, viewing_rating=rating) for number, (day, rating) in enumerate(days)]
    bring_in(anna, *rows)
    found = [(each["watched_on"], each["rating"]) for each in viewings(anna)]
    assert sorted(found, key=str) == sorted(days, key=str)
    assert {each["source"] for each in viewings(anna)} == {"lines"}


def test_an_unknown_day_stays_unknown_and_of_those_there_is_one(anna: Account) -> None:
    bring_in(anna, viewing("1"), viewing("2"))
    ((day, moment),) = [(each["watched_on"], each["watched_at"]) for each in viewings(anna)]
    assert (day, moment) == (None, None)


def test_rows_of_the_same_viewing_are_one(anna: Account) -> None:
    bring_in(anna, viewing("1", viewing_id="v", watched_on="2020-05-17"), viewing("2", viewing_id="v", review="Loud."))
    assert [(each["watched_on"], each["note"]) for each in viewings(anna)] == [("2020-05-17", "Loud.")]


def test_a_day_wins_over_a_moment_that_contradicts_it(anna: Account) -> None:
    bring_in(anna, viewing(watched_on="2020-05-17", watched_at=noon_of_first_day("2020-06-17")))
    assert [(each["watched_on"], each["watched_at"]) for each in viewings(anna)] == [("2020-05-17", None)]


def test_a_viewing_in_the_future_is_left_out(anna: Account) -> None:
    job = bring_in(anna, viewing(watched_on="2999-01-01"))
    assert (viewings(anna), job.report["viewings_in_future"]) == ([], 1)


def test_the_present_rating_is_apart_from_a_viewings(anna: Account) -> None:
    bring_in(anna, viewing(viewing_rating=7.0), wish("3", status="watched", rating=8.5))
    assert in_library(anna)["my_rating"] == 8.5
    assert [each["rating"] for each in viewings(anna)] == [7.0]


@pytest.mark.parametrize(("ratings", "expected"), [("keep", 6.0), ("replace", 8.5)])
def test_a_rating_of_the_users_stays_unless_it_is_to_be_replaced(anna: Account, ratings: str, expected: float) -> None:
    with library_write(anna.id) as tx:
        movies.set_status(tx, HEAT, "watched")
        movies.rate(tx, HEAT, 6.0)
    bring_in(anna, wish(status="watched", rating=8.5), ratings=ratings)
    assert in_library(anna)["my_rating"] == expected


def test_a_note_that_is_too_long_is_cut_and_counted(anna: Account) -> None:
    job = bring_in(anna, viewing(review="x" * (MAX_NOTE_LENGTH + 1)))
    (found,) = viewings(anna)
    assert (len(found["note"]), found["note"][-2:], job.report["notes_cut"]) == (MAX_NOTE_LENGTH, "x…", 1)


def test_a_review_of_no_viewing_is_about_the_newest(anna: Account) -> None:
    days = [viewing(str(number), watched_on=day) for number, day in enumerate(("2021-01", "2020-05-17"))]
    bring_in(anna, *days, wish("8", status=None, review="Loud."), wish("9", status=None, review="Long."))
    notes = {each["watched_on"]: each["note"] for each in viewings(anna)}
    assert notes == {"2021-01": "Loud.\nLong.", "2020-05-17": None}


def test_a_review_without_a_viewing_becomes_one_at_an_unknown_time(anna: Account) -> None:
    bring_in(anna, wish(status="watched", review="Loud."))
    assert [(each["watched_on"], each["note"]) for each in viewings(anna)] == [(None, "Loud.")]


@pytest.mark.parametrize("text", ["Loud.", "Loud.\nLong.", "x" * MAX_NOTE_LENGTH * 2])
def test_a_review_of_no_viewing_stays_at_the_one_that_has_it(anna: Account, text: str) -> None:
    first, second = viewing(watched_on="2020-05-17"), viewing("2", watched_on="2022-01-01")
    reviews = wish("3", status=None, review="At sea."), wish("4", status=None, review=text)
    bring_in(anna, first, *reviews)
    note = viewings(anna)[0]["note"]
    for again in ((first, second, *reviews), reviews):
        bring_in(anna, *again)
        notes = {each["watched_on"]: each["note"] for each in viewings(anna)}
        assert notes == {"2020-05-17": note, "2022-01-01": None}


def test_a_note_on_a_title_that_was_seen_is_about_its_newest_viewing(anna: Account) -> None:
    bring_in(
        anna,
        viewing(watched_on="2020-05-17", review="Loud.", note="On film."),
        wish("3", status="watched", note="Long."),
    )
    bring_in(anna, wish("4", imdb_id="tt0000001", status="watched", note="Lent."))
    notes = [[each["note"] for each in movie_of(anna, key)["viewings"]] for key in (HEAT, "tt0000001")]
    assert notes == [["Loud.\nOn film.\nLong."], ["Lent."]]


def test_people_are_never_made_unconfirmed(anna: Account) -> None:
    job = preview(anna, wish(recommended_by=told("Mum")))
    done = work(jobs.confirm(anna.id, job.id))
    assert in_library(anna)["recommendations"] == []
    assert done.report["recommendations_left_out"] == 1
    with library_read(anna.id) as read:
        assert "Mum" not in {each["name"] for each in people.list_people(read)}


def test_people_are_renamed_merged_and_dropped_as_the_user_says(anna: Account) -> None:
    rows = [wish(str(number), recommended_by=told(name)) for number, name in enumerate(["Brain", "Brian", "Joe", "Al"])]
    job = choose(preview(anna, *rows), people={"Brain": "Brian", "Brian": "Brian", "Joe": "Joseph", "Al": None})
    work(jobs.confirm(anna.id, job.id))
    assert {each["person_name"] for each in in_library(anna)["recommendations"]} == {"Brian", "Joseph"}


def test_what_a_recommender_said_becomes_the_note_of_the_recommendation(anna: Account) -> None:
    bring_in(anna, wish(added_on="2019-03-01", recommended_by=told("Mum", note="for the bank robbery", vote=False)))
    (vote,) = in_library(anna)["recommendations"]
    assert (vote["note"], vote["vote_type"]) == ("for the bank robbery", False)
    assert vote["date_recommended"] == noon_of_first_day("2019-03-01")


def test_a_note_beside_a_recommender_becomes_the_note_of_the_recommendation(anna: Account) -> None:
    job = bring_in(anna, wish(told_by="Mum", note="for the bank robbery"), wish("3", told_by="Joe", note="by Joe"))
    told_by = {each["person_name"]: each["note"] for each in in_library(anna)["recommendations"]}
    assert told_by == {"Mum": "for the bank robbery", "Joe": "by Joe"}
    assert "notes_left_out" not in job.report


def test_a_note_in_which_a_recommender_was_found_is_not_said_twice(anna: Account) -> None:
    bring_in(anna, wish(note="famine film; tip by Mum", asides=["famine film", "tip by Mum"], told_by="Joe"))
    told_by = {each["person_name"]: each["note"] for each in in_library(anna)["recommendations"]}
    assert told_by == {"Mum": "famine film", "Joe": "famine film"}


def test_a_list_becomes_a_custom_list_of_titles_that_are_neither_watched_nor_wanted(anna: Account) -> None:
    place = {"list_place": {"name": "Best"}, "status": None}
    ids = ["tt0000001", "tt0000002", "tt0000003"]
    rows = [wish(f"l{each}", imdb_id=each, **place) for each in ids]
    job = bring_in(anna, *rows, viewing("v", imdb_id=ids[1]), wish("w", imdb_id=ids[2]))
    assert [movie_of(anna, each)["status"] for each in ids] == ["custom", "watched", "toWatch"]
    assert (job.report["list_items"], job.report["list_items_left_out"]) == (1, 2)
    with library_read(anna.id) as read:
        assert [each["name"] for each in lists.list_lists(read)] == ["Best"]


def test_a_list_can_be_left_out(anna: Account) -> None:
    job = choose(preview(anna, wish(list_place={"name": "Best"})), lists={"Best": None})
    work(jobs.confirm(anna.id, job.id))
    assert in_library(anna)["status"] == "toWatch"
    with library_read(anna.id) as read:
        assert lists.list_lists(read) == []


@pytest.mark.parametrize("chosen", [{}, {"lists": {"Worst": None}}])
def test_a_title_of_a_list_that_nobody_wants_is_left_out_and_counted(anna: Account, chosen: dict[str, Any]) -> None:
    before = contents(anna)
    job = choose(preview(anna, wish(status=None, list_place={"name": "Worst"}, recommended_by=told("Mum"))), **chosen)
    report = work(jobs.confirm(anna.id, job.id)).report
    assert (report["titles_left_out"], report["list_items_left_out"], report["titles_added"]) == (1, 1, 0)
    assert contents(anna) == before


@pytest.mark.parametrize("liked", [None, False])
def test_a_title_of_which_nothing_is_said_becomes_no_wish(anna: Account, liked: bool | None) -> None:
    report = bring_in(anna, wish(status=None, liked=liked), wish("3", imdb_id="tt0000001")).report
    assert (report["titles_added"], report["titles_left_out"], report.get("titles_unchanged", 0)) == (1, 1, 0)


@pytest.mark.parametrize(
    "facts", [{"liked": True}, {"tags": ["crime"]}, {"recommended_by": told("Mum")}, {"review": "Loud."}]
)
def test_a_title_of_which_anything_is_said_comes_in(anna: Account, facts: dict[str, Any]) -> None:
    bring_in(anna, wish(status=None, **facts))
    assert in_library(anna)["status"] == "toWatch"


def test_a_title_that_the_user_looked_at_and_let_in_is_wanted(anna: Account) -> None:
    job = preview(anna, wish(status=None, needs_review="watched or wanted?"))
    job = resolving.resolve(job, [resolving.Decision(0, imdb_id=HEAT)], state().lookup.chain, {})
    work(jobs.confirm(anna.id, job.id))
    assert in_library(anna)["status"] == "toWatch"


def test_a_list_whose_titles_are_all_watched_or_known_is_not_made(anna: Account) -> None:
    bring_in(anna, wish(imdb_id="tt0000001"))
    before = contents(anna)
    best = {"status": None, "list_place": {"name": "Best"}}
    job = bring_in(anna, viewing(), wish("3", **best), wish("4", imdb_id="tt0000001", **best))
    assert ("lists" in job.report, job.report["list_items_left_out"]) == (False, 2)
    with library_read(anna.id) as read:
        assert lists.list_lists(read) == []
    take_back(job)
    assert contents(anna) == before


def test_a_place_in_a_list_of_the_library_that_a_new_title_needs_not_is_counted_once(anna: Account) -> None:
    place = {"status": None, "list_place": {"name": "Best"}}
    bring_in(anna, wish("1", imdb_id="tt0000001", **place))
    job = bring_in(anna, wish("2", imdb_id="tt0000001", **place), viewing(), wish("3", **place))
    assert ("lists" in job.report, job.report["list_items_left_out"]) == (False, 1)


def test_a_list_becomes_a_tag_of_all_its_titles_when_the_user_says_so(anna: Account) -> None:
    ids = ["tt0000001", "tt0000002"]
    rows = [
        wish(f"{name}{each}", imdb_id=each, list_place={"name": name}) for name in ("Best", "Worst") for each in ids
    ]
    job = choose(preview(anna, *rows), list_tags={"Best": "best of", "Worst": "Worst"})
    work(jobs.confirm(anna.id, job.id))
    assert [movie_of(anna, each)["tags"] for each in ids] == [["Worst", "best of"]] * 2
    with library_read(anna.id) as read:
        assert lists.list_lists(read) == []


def test_of_several_lists_a_title_is_on_one_and_the_rest_is_counted(anna: Account) -> None:
    rows = [wish(name, status=None, list_place={"name": name}) for name in ("Best", "Worst", "Long")]
    job = bring_in(anna, *rows)
    assert (job.report["list_items"], job.report["list_items_left_out"]) == (1, 2)
    assert in_library(anna)["status"] == "custom"


def test_liked_titles_are_liked_and_others_stay_as_they_are(anna: Account) -> None:
    with library_write(anna.id) as tx:
        movies.ensure_movie(tx, HEAT)
        movies.like(tx, HEAT, liked=True)
    job = bring_in(anna, wish("1", liked=False), wish("2", imdb_id="tt0000001", liked=True))
    assert [movie_of(anna, each)["liked"] for each in (HEAT, "tt0000001")] == [True, True]
    assert job.report["likes"] == 1


def test_tags_are_spelled_as_the_library_does_and_those_that_cannot_be_are_counted(anna: Account) -> None:
    with library_write(anna.id) as tx:
        movies.ensure_movie(tx, "tt0000001")
        movies.add_tag(tx, "tt0000001", "Noir")
    job = bring_in(anna, wish("1", tags=["noir", "NOIR", "Loud", "x" * 65]), viewing("2", tags=["loud"]))
    assert in_library(anna)["tags"] == ["Loud", "Noir"]
    assert (job.report["tags"], job.report["tags_left_out"]) == (2, 1)


@pytest.mark.parametrize(("person", "tags"), [("Anna", ["noir"]), (None, ["noir", "rec-by-anna"])])
def test_a_tag_that_names_a_recommender_is_one_unless_they_are_left_out(
    anna: Account, person: str | None, tags: list[str]
) -> None:
    job = preview(anna, wish(tags=["rec-by-anna", "noir"], told_by="anna"))
    assert [each["name"] for each in job.people] == ["anna"]
    work(jobs.confirm(anna.id, choose(job, people={"anna": person}).id))
    assert in_library(anna)["tags"] == tags
    assert len(in_library(anna)["recommendations"]) == (person is not None)


def test_marks_and_votes_that_the_user_took_away_do_not_come_again(anna: Account) -> None:
    row = wish(liked=True, tags=["noir"], recommended_by=told("Mum"))
    bring_in(anna, row)
    with library_write(anna.id) as tx:
        movies.like(tx, HEAT, liked=False)
        movies.remove_tag(tx, HEAT, "noir")
        movies.withdraw(tx, HEAT, people.find_person(tx, "Mum"))
    job = bring_in(anna, row)
    found = in_library(anna)
    assert (found["liked"], found["tags"], found["recommendations"]) == (False, [], [])
    removed = {name: count for name, count in job.report.items() if name.endswith("_removed")}
    assert removed == {"likes_removed": 1, "tags_removed": 1, "recommendations_removed": 1}


def test_a_row_to_be_looked_at_is_not_applied(anna: Account) -> None:
    job = bring_in(anna, viewing("1", needs_review="it was removed"), viewing("2", imdb_id="tt0000001"))
    assert job.report["titles_added"] == 1
    assert [movie["imdb_id"] for movie in exported(anna)["movies"]] == ["tt0000001"]


def test_rows_of_one_title_are_together_whatever_they_call_it(anna: Account) -> None:
    same = {"title": "Casablanca", "year": 1942, "is_viewing": True, "watched_on": "2020-05-17"}
    rows = [same | {"row_id": "1"}, same | {"row_id": "2", "title": "casablanca", "kind": "movie"}]
    bring_in(anna, *rows)
    assert len(movie_of(anna, "tt0034583")["viewings"]) == 2


@pytest.mark.each_database
def test_importing_again_changes_nothing(anna: Account) -> None:
    rows = [
        viewing("1", watched_on="2020-05-17", viewing_rating=7.0, review="Loud."),
        viewing("2", watched_on="2020-05-17"),
        viewing("3", viewing_id="its own", watched_at=1.5e9),
        wish("4", imdb_id="tt0000001", recommended_by=told("Mum", note="do"), liked=True, tags=["noir", "x" * 65]),
        wish("5", imdb_id="tt0000002", status=None, list_place={"name": "Best", "position": 2}),
    ]
    bring_in(anna, *rows)
    before = exported(anna)
    job = bring_in(anna, *rows, ratings="replace")
    assert exported(anna) | {"exported_at": 0} == before | {"exported_at": 0}
    assert (job.report["titles_unchanged"], job.report["viewings_known"]) == (3, 3)


def test_a_list_that_is_the_status_of_a_title_holds_it_also_when_it_was_seen(anna: Account) -> None:
    bring_in(anna, wish("1", status=None, list_place={"name": "Best", "is_status": True}), viewing("2"))
    assert (in_library(anna)["status"], len(viewings(anna))) == ("custom", 1)


def test_notes_that_come_nowhere_are_counted(anna: Account) -> None:
    job = bring_in(anna, wish("1", note="on a large screen"), viewing("2", note="loud"), wish("3", note="tip by Anna"))
    assert job.report["notes_left_out"] == 1


def test_a_recommendation_is_of_the_moment_that_the_source_knows(anna: Account) -> None:
    bring_in(anna, wish("1", recommended_by=told("Mum", told_at=1.5e9 + 0.25)))
    (vote,) = in_library(anna)["recommendations"]
    assert vote["date_recommended"] == 1.5e9 + 0.25


def test_a_viewing_that_the_user_removed_does_not_come_again(anna: Account) -> None:
    bring_in(anna, viewing(watched_on="2020-05-17"))
    with library_write(anna.id) as tx:
        movies.remove_viewing(tx, HEAT, viewings_of(anna)[0])
    job = bring_in(anna, viewing(watched_on="2020-05-17"))
    assert (viewings(anna), job.report["viewings_removed"]) == ([], 1)


def viewings_of(user: Account) -> list[str]:
    return [each["id"] for each in viewings(user)]


def test_a_title_without_details_is_called_what_the_file_calls_it(anna: Account) -> None:
    bring_in(anna, wish(), wish("3", title="Heat", year=1995))
    movie = in_library(anna)
    assert (movie["title"], movie["year"], movie["tmdb_data"]) == ("Heat", "1995", None)


def test_a_title_with_details_is_called_what_they_say(anna: Account) -> None:
    bring_in(anna, wish(title="Fuego contra fuego"))
    with library_write(anna.id) as tx:
        movies.refresh_metadata(tx, HEAT, movies.Metadata(tmdb_data={"title": "Heat"}))
    movie = in_library(anna)
    assert ("title" in movie, movie["tmdb_data"]["title"]) == (False, "Heat")


def test_one_users_rows_reach_no_other_library(anna: Account, ben: Account) -> None:
    before = exported(ben)
    bring_in(anna, viewing(recommended_by=told("Mum")))
    assert exported(ben) | {"exported_at": 0} == before | {"exported_at": 0}
