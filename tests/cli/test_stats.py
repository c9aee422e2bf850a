"""``movietracker stats``."""

import json
from collections.abc import Callable

import pytest
from click.testing import Result
from support.client import Client

from movietracker.services.accounts import Account

Run = Callable[..., Result]


@pytest.fixture
def filled(client: Client) -> Client:
    """A client who has watched a film of a director whose name steers terminals."""
    details = {"title": "Heat", "year": "1995", "genres": ["[red]Crime"], "director": "Mann\x1b[2J", "runtime": 170}
    address = "/api/movies/tt0113277"
    client.post(f"{address}/recommendations", json={"person_name": "Mum", "tmdb_data": details})
    client.post(f"{address}/viewings", json={"watched_on": "2023-05-06", "rating": 9})
    return client


def test_figures_are_shown_in_tables(run: Run, anna: Account, filled: Client) -> None:
    result = run("stats", anna.email)
    assert result.exit_code == 0, result.output
    assert result.output.splitlines()[:5] == [
        "Titles: 1 (films: 1, series: 0)",
        "Viewings: 1 (of unknown length: 0)",
        "Hours: 2.8",
        "Ratings: 1 (average: 9.0)",
        "First: Heat (1995), watched on 2023-05-06",
    ]
    assert "[red]Crime" in result.output
    assert "Mann\\x1b[2J" in result.output
    assert "\x1b" not in result.output
    assert "Mum" in result.output


def test_no_name_is_cut_in_a_pipe(run: Run, anna: Account, filled: Client) -> None:
    name = "Mum " * 40 + "and Dad"
    assert filled.put("/api/people/Mum", json={"name": name}).status_code == 200
    assert name in run("stats", anna.email).output


def test_json_is_what_the_api_answers(run: Run, anna: Account, filled: Client) -> None:
    result = run("stats", "anna", "--year", "2023", "--tz", "Europe/Vienna", "--json")
    assert json.loads(result.output) == filled.get("/api/stats?year=2023&tz=Europe/Vienna").json


def test_an_empty_year_has_no_tables(run: Run, filled: Client, anna: Account) -> None:
    result = run("stats", "anna", "--year", "1999")
    assert result.output.splitlines()[2:] == ["Hours: 0.0", "Ratings: 0"]


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (("anna", "--year", "1869"), "year: "),
        (("anna", "--tz", "Vienna"), "tz: Must be a time zone such as Europe/Vienna."),
        (("nobody",), "There is no account"),
    ],
)
def test_what_cannot_be_is_one_sentence(run: Run, anna: Account, arguments: tuple[str, ...], sentence: str) -> None:
    result = run("stats", *arguments)
    assert result.exit_code == 1
    assert result.output.startswith(f"Error: {sentence}")
    assert len(result.output.splitlines()) == 1
