"""The figures of a library, whatever is in it."""

from collections.abc import Iterable
from datetime import UTC
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.judged import facts, title

from movietracker.trust.library import Recommender, Title, TitleVote
from movietracker.trust.occasions import Occasion
from movietracker.trust.stats import Records, stats_of
from movietracker.trust.tallies import MAX_DIRECTORS, MAX_GENRES

DAY = 86_400.0
DATES = st.sampled_from(["", "2022", "2023", "2023-02", "2022-12-31", "2023-02-03", "2023-02-04", "1969-12-31"])


def records(titles: Iterable[Title], occasions: Iterable[Occasion], people: int = 3) -> Records:
    """These titles, their votes and viewings, and so many people."""
    named = {number: Recommender(number, f"Person {number}", False) for number in range(1, people + 1)}
    by_id = {each.imdb_id: each for each in titles}
    votes = [(key, *vote) for key, each in by_id.items() for vote in each.votes]
    return Records(by_id, named, votes, sorted(occasions))


def occasion(number: int, date: str, at: int = 0) -> Occasion:
    """A viewing of a title, the ``at``-th of the day."""
    return Occasion(date, float(at), float(at), f"tt{number:07}", f"{number}-{date}-{at}")


def figures(titles: Iterable[Title], *occasions: Occasion, year: int | None = None) -> dict[str, Any]:
    """The figures in UTC."""
    return stats_of(records(titles, occasions), year, UTC)


@st.composite
def libraries(draw: st.DrawFn) -> Records:
    """A library."""
    titles = [
        title(
            number,
            status=draw(st.sampled_from(["watched", "toWatch", "custom"])),
            media_type=draw(st.sampled_from(["movie", "tv"])),
            year=draw(st.sampled_from([None, "1999", "2001", "0000"])),
            rating=draw(st.none() | st.floats(1, 10)),
            facts=facts(
                *draw(st.sets(st.sampled_from(["Drama", "Crime"]))),
                directors=draw(st.sampled_from([(), ("Ann",), ("Ann", "Bob")])),
                runtime=draw(st.none() | st.integers(1, 6000)),
                episodes=draw(st.none() | st.integers(1, 100)),
            ),
            ups=draw(st.sets(st.integers(1, 3))),
        )
        for number in range(draw(st.integers(0, 6)))
    ]
    dates = draw(st.lists(st.tuples(st.integers(0, 7), DATES), max_size=12))
    return records(titles, (occasion(number, date, at) for at, (number, date) in enumerate(dates)))


@given(libraries())
def test_figures_of_a_whole_library_add_up(of: Records) -> None:
    found = stats_of(of, None, UTC)
    assert found["titles"]["total"] == len(of.titles)
    assert (
        sum(found["titles"]["by_status"].values()) == sum(found["titles"]["by_media_type"].values()) == len(of.titles)
    )
    assert found["viewings"] == sum(each.imdb_id in of.titles for each in of.occasions)
    assert sum(row["titles"] for row in found["ratings"]["histogram"]) == found["ratings"]["count"]
    assert sum(row["viewings"] for row in found["months"]) <= found["viewings"] - found["unknown_month"]
    for row in (*found["genres"], *found["decades"], *found["directors"]):
        assert row["liked"] <= row["watched"] <= row["titles"]
        assert row["average_rating"] is None or 1 <= row["average_rating"] <= 10
    for row in found["recommenders"]:
        assert row["liked"] <= row["evidence"] <= row["watched"] <= row["asked"]


@given(libraries())
def test_the_years_add_up_to_the_viewings_of_known_date(of: Records) -> None:
    whole = stats_of(of, None, UTC)
    years = {row["year"]: stats_of(of, row["year"], UTC) for row in whole["years"]}
    assert {year: found["viewings"] for year, found in years.items()} == {
        row["year"]: row["viewings"] for row in whole["years"]
    }
    undated = sum(each.imdb_id in of.titles and not each.date for each in of.occasions)
    assert sum(found["viewings"] for found in years.values()) + undated == whole["viewings"]
    for found in years.values():
        assert sum(row["viewings"] for row in found["months"]) + found["unknown_month"] == found["viewings"]
        assert found["titles"]["total"] <= found["viewings"]


@given(libraries(), st.randoms())
def test_the_order_of_titles_and_votes_makes_no_difference(of: Records, chance: Any) -> None:
    keys = list(of.titles)
    chance.shuffle(keys)
    votes = chance.sample(of.votes, len(of.votes))
    shuffled = of._replace(titles={key: of.titles[key] for key in keys}, votes=votes)
    for year in (None, 2023):
        assert stats_of(shuffled, year, UTC) == stats_of(of, year, UTC)


@pytest.mark.parametrize(
    ("rating", "stars"), [(1.0, 1), (1.99, 1), (2.0, 2), (6.5, 6), (9.0, 9), (9.99, 9), (10.0, 10)]
)
def test_a_rating_is_of_its_whole_stars(rating: float, stars: int) -> None:
    histogram = figures([title(1, rating=rating)])["ratings"]["histogram"]
    assert [row["stars"] for row in histogram if row["titles"]] == [stars]


def test_the_first_and_the_last_are_of_known_days() -> None:
    titles = [title(1, name="Heat"), title(2, name="Thief"), title(3, name="Ali")]
    dates = occasion(3, "2023"), occasion(1, "2023-02"), occasion(2, "2023-02-03", 1), occasion(1, "2023-02-03", 2)
    found = figures(titles, *dates, year=2023)
    assert (found["first"]["title"], found["last"]["title"]) == ("Thief", "Heat")


def test_of_equally_good_and_long_titles_the_one_first_by_name_is_told() -> None:
    titles = [title(n, name=name, rating=8, facts=facts(runtime=90)) for n, name in ((1, "B"), (2, "A"))]
    found = figures(titles, occasion(1, "2023-01-01"), occasion(2, "2023-01-02"), year=2023)
    assert (found["best"]["title"], found["longest"]["title"]) == ("A", "A")


def test_the_days_until_watched_are_those_to_the_first_viewing_after_the_upvote() -> None:
    votes = [TitleVote(1, True, 10 * DAY), TitleVote(2, True, 15.9 * DAY), TitleVote(3, True, 30 * DAY)]
    titles = [title(1, votes=votes)]
    days = [occasion(1, f"1970-01-{day:02}") for day in (5, 16, 21)]
    found = {row["person_id"]: row["median_days"] for row in figures(titles, *days)["recommenders"]}
    assert found == {1: 5.0, 2: 0.0, 3: None}
    of_the_year = figures(titles, *days, occasion(1, "1971-02-10"), year=1971)["recommenders"]
    assert {row["person_id"]: row["median_days"] for row in of_the_year} == {1: None, 2: None, 3: 375.0}


def test_lists_that_could_be_long_are_cut() -> None:
    titles = [title(n, facts=facts(f"Genre {n:02}", directors=(f"Director {n:02}",))) for n in range(MAX_GENRES + 1)]
    found = figures(titles)
    assert [row["genre"] for row in found["genres"]] == [f"Genre {n:02}" for n in range(MAX_GENRES)]
    assert [row["director"] for row in found["directors"]] == [f"Director {n:02}" for n in range(MAX_DIRECTORS)]
