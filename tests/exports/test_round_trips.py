"""What a library holds comes back when its export is imported into an empty account, so far as the format goes."""

import itertools
import re
from collections.abc import Callable
from datetime import UTC
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from hypothesis import HealthCheck, given, settings
from support.exports import sheets_in, written
from support.imports import bring_in_file, contents, exported
from support.libraries import LIBRARIES, MadeLibrary
from support.library import movie_of

from movietracker.exports.formats import FORMATS
from movietracker.exports.library import ExportedLibrary, ExportedTitle
from movietracker.exports.lists import file_form
from movietracker.models.movie import Vote, Watch
from movietracker.services import movies, people
from movietracker.services.accounts import Account
from movietracker.services.movies.metadata import Metadata
from movietracker.services.transactions import library_read, library_write

from .carried import CARRIED, facts_of

_NUMBERS = itertools.count()
MakeAccount = Callable[[str], Account]


def library_of(user: Account) -> tuple[list[ExportedTitle], dict[str, str]]:
    """The titles of a library that are not deleted, and its lists by id, as files name them."""
    with library_read(user.id) as read:
        library = ExportedLibrary(read, UTC)
        return list(library.titles()), {key: file_form(each["name"]) for key, each in library.lists.items()}


def carried(name: str, user: Account) -> dict[str, dict[str, Any]]:
    """What a format carries of a library, by title."""
    titles, lists = library_of(user)
    found = {title.imdb_id: facts for title in titles if (facts := facts_of(name, title))}
    for facts in found.values():
        facts["lists"] = lists.get(facts["lists"])
    return found


def order_on_lists(name: str, user: Account) -> dict[str, list[str]]:
    """The titles of each list in their order, of those whose names are no other's."""
    titles, lists = library_of(user)
    names = list(lists.values())
    on_lists: dict[str, list[str]] = {}
    for title in titles:
        if (list_id := facts_of(name, title).get("lists")) and names.count(lists[list_id]) == 1:
            on_lists.setdefault(lists[list_id], []).append(title.imdb_id)
    return on_lists


def moved(user: Account, name: str, account: MakeAccount, folder: Path) -> Account:
    """A new account into which an export of a library was imported."""
    other = account(f"user{next(_NUMBERS)}")
    file_name = f"export.{FORMATS[name].suffix}"
    job = bring_in_file(other, file_name, written(user, name, folder)[0])
    assert job.state == "done", job
    assert "broken" not in job.counts or not job.counts["broken"], job
    return other


@pytest.mark.parametrize("name", CARRIED)
@given(made=LIBRARIES)
@settings(
    max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)
def test_all_that_a_format_carries_comes_back(
    app: Flask, make_account: MakeAccount, tmp_path: Path, made: MadeLibrary, name: str
) -> None:
    with app.app_context():
        user = make_account(f"user{next(_NUMBERS)}")
        made.build(user)
        other = moved(user, name, make_account, tmp_path)
        before, after = carried(name, user), carried(name, other)
        for imdb_id, facts in before.items() if name in ("letterboxd", "csv", "json") else ():
            if facts["rating"] is None:  # that of a viewing, as on Letterboxd
                facts["rating"] = after[imdb_id]["rating"]
        assert after == before
        for list_name, in_order in order_on_lists(name, user).items():
            assert order_on_lists(name, other)[list_name] == in_order


@pytest.mark.parametrize("names", [["Mum"], ["Uncle Bob", "Zoë", "日本"], ["Dr. No", "O'Brien"], ["Google Search"]])
def test_who_recommended_a_listed_title_comes_back_from_imdbs_files(
    app: Flask, add: Callable[..., str], anna: Account, make_account: MakeAccount, tmp_path: Path, names: list[str]
) -> None:
    for name in names:
        add(1, by=name)
    with app.app_context():
        votes = movie_of(moved(anna, "imdb", make_account, tmp_path), "tt0000001")["recommendations"]
    assert {vote["person_name"] for vote in votes} == set(names)


def test_two_and_a_half_thousand_viewings_are_three_files_and_come_back(
    app: Flask, anna: Account, make_account: MakeAccount, tmp_path: Path
) -> None:
    with app.app_context():
        with library_write(anna.id) as tx:
            for number in range(1, 2501):
                movies.watch(tx, f"tt{number:07}", Watch(1.6e9, 8))
        sheets = sheets_in(written(anna, "letterboxd", tmp_path)[0])
        assert [len(sheets[f"watched-{number}"]) for number in (1, 2, 3)] == [1000, 1000, 500]
        other = moved(anna, "letterboxd", make_account, tmp_path)
        assert carried("letterboxd", other) == carried("letterboxd", anna)


def test_the_document_says_what_comes_back() -> None:
    document = (Path(__file__).parents[2] / "docs/moving-out.md").read_text()
    head, _, *rows = document.partition("## What comes back")[2].partition("\n- ")[0].partition("\n| |")[2].splitlines()
    names = re.findall("`(.+?)`", head)
    told = [row.strip("| ").split(" | ") for row in rows if row]
    assert {name: {fact: cells[at] for fact, *cells in told} for at, name in enumerate(names)} == CARRIED


@pytest.mark.parametrize("name", ["csv", "json"])
def test_our_own_files_change_nothing_in_their_own_library_and_bring_recommendations_to_another(
    app: Flask,
    add: Callable[..., str],
    watch: Callable[..., None],
    make_account: MakeAccount,
    anna: Account,
    tmp_path: Path,
    name: str,
) -> None:
    film = add(1, {"tmdbId": 949, "title": "=Heat", "year": "1995"}, note="-great")
    watch(film, watched_on="2024-01", rating=8.5, note="+loud")
    watch(film, watched_on="2024-01-02", watched_at=1704200000)
    watch(film)
    add(2, by="Ben", vote_type=False)
    with app.app_context():
        before = exported(anna)
        content, _ = written(anna, name, tmp_path)
        bring_in_file(anna, "export", content)
        assert {**exported(anna), "exported_at": before["exported_at"]} == before
        ben = make_account("ben")
        bring_in_file(ben, "export", content)
        votes, told_again = (
            {movie["imdb_id"]: movie["recommendations"] for movie in contents(each)["movies"]} for each in (anna, ben)
        )
        assert told_again == votes


def test_as_many_recommendations_come_back_from_the_document_as_it_has(
    app: Flask, anna: Account, make_account: MakeAccount, tmp_path: Path
) -> None:
    with app.app_context():
        with library_write(anna.id) as tx:
            movies.ensure_movie(tx, "tt0000001", Metadata("movie"))
            for number, person_id in enumerate(people.add_people(tx, [{"name": f"No. {at}"} for at in range(250)])):
                movies.recommend(tx, "tt0000001", person_id, Vote(1e9 + number, number % 2 == 0, "loud"))
        other = moved(anna, "json", make_account, tmp_path)
        told, told_again = (contents(each)["movies"][0]["recommendations"] for each in (anna, other))
    assert told_again == told
