"""One person where there were two: no title loses a vote, whichever are merged and in whichever order."""

from itertools import pairwise
from typing import Any

import pytest
from flask import Flask
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from support.statements import hearing_statements

from movietracker.models.movie import MAX_NOTE_LENGTH, Vote
from movietracker.services import movies, people
from movietracker.services.accounts import Account
from movietracker.services.merging import heir_of, merge_people
from movietracker.services.movies.storing import united
from movietracker.services.transactions import library_write

TITLES = ("tt0000001", "tt0000002", "tt0000003")
VOTES = st.builds(
    Vote,
    st.sampled_from([1.0, 2.0, 3.0]),
    st.booleans(),
    st.sampled_from([None, "loud", "quiet", "x" * MAX_NOTE_LENGTH]),
)
SAID = st.lists(st.dictionaries(st.sampled_from(TITLES), VOTES), min_size=3, max_size=3)


@pytest.mark.each_database
@given(said=SAID, merges=st.permutations([(0, 1), (1, 2), (0, 2)]))
@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_two_people_merged_in_any_order_leave_every_title_the_newest_vote(
    app: Flask, anna: Account, said: list[dict[str, Vote]], merges: list[tuple[int, int]]
) -> None:
    with app.app_context(), library_write(anna.id) as tx:
        ids = [people.add_person(tx, f"Person {number}") for number in range(3)]
        for person_id, votes in zip(ids, said, strict=True):
            for imdb_id, vote in votes.items():
                movies.recommend(tx, imdb_id, person_id, vote)
        before = {imdb_id: [votes[imdb_id] for votes in said if imdb_id in votes] for imdb_id in TITLES}
        for one, other in merges:
            going, staying = heir_of(tx, ids[one]), heir_of(tx, ids[other])
            assert going is not None
            assert staying is not None
            if going != staying:
                merge_people(tx, going, staying)
        (last,) = {heir_of(tx, person_id) for person_id in ids}
        for imdb_id, votes in before.items():
            shown = movies.list_recommendations(tx, imdb_id)
            assert [each["person_id"] for each in shown] == [last] * bool(votes)
            newest = max((vote.date_recommended or 0 for vote in votes), default=0)
            for each in shown:
                assert each["date_recommended"] == newest
                assert each["vote_type"] in {vote.vote_type for vote in votes if vote.date_recommended == newest}
                assert len(each["note"] or "") <= MAX_NOTE_LENGTH
                assert bool(each["note"]) == any(vote.note for vote in votes)
        people.delete_person(tx, last)  # so that the next example finds nothing
        for imdb_id in before:
            if before[imdb_id]:
                movies.remove_movie(tx, imdb_id)


@pytest.mark.parametrize(
    ("one", "other", "expected"),
    [
        (Vote(1.0, True), Vote(2.0, False), Vote(2.0, False)),
        (Vote(2.0, True), Vote(1.0, False), Vote(2.0, True)),
        (Vote(1.0, True, "a"), Vote(1.0, False, "b"), Vote(1.0, True, "a\nb")),
        (Vote(1.0, True, "a"), Vote(2.0, True, "b"), Vote(2.0, True, "b\na")),
        (Vote(1.0, True, "a"), Vote(2.0, True), Vote(2.0, True, "a")),
        (Vote(1.0, True, "a"), Vote(2.0, True, "a"), Vote(2.0, True, "a")),
        (Vote(1.0, True, "a"), Vote(2.0, True, "b" * 1999), Vote(2.0, True, "b" * 1999)),
        (Vote(1.0, True, "aa"), Vote(2.0, True, "b" * 1998), Vote(2.0, True, "b" * 1998 + "\na")),
    ],
)
def test_of_two_votes_the_newer_counts_and_both_notes_are_kept_up_to_the_length_of_one(
    one: Vote, other: Vote, expected: Any
) -> None:
    assert united(one, other) == expected


@pytest.mark.each_database
def test_who_somebody_became_takes_two_statements_however_often_people_were_merged(app: Flask, anna: Account) -> None:
    with app.app_context(), library_write(anna.id) as tx:
        ids = [people.add_person(tx, f"Person {number}") for number in range(20)]
        for going, staying in pairwise(ids):
            merge_people(tx, going, staying)
        heard: list[str] = []
        with hearing_statements(app, lambda *told: heard.append(told[2])):
            assert heir_of(tx, ids[0]) == ids[-1]
    assert len(heard) <= 3
