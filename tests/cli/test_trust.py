"""``movietracker trust`` and ``movietracker queue``."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from click.testing import Result
from support.client import Client

from movietracker.services.accounts import Account

Run = Callable[..., Result]


@pytest.fixture
def library(client: Client) -> Client:
    """A client whose Mum was right on two of three, and recommended another; Dad warned of the third."""
    for number, rating in enumerate((9, 8, 2, None), 1):
        details = {"title": f"Film {number}", "year": "1999", "genres": ["Drama"], "voteAverage": 7.5, "voteCount": 90}
        body: dict[str, Any] = {"person_name": "Mum", "tmdb_data": details}
        address = f"/api/movies/tt000000{number}"
        assert client.post(f"{address}/recommendations", json=body).status_code == 201
        if rating is not None:
            assert client.put(f"{address}/watch", json={"my_rating": rating}).status_code == 200
    warning = {"person_name": "Dad", "vote_type": False}
    assert client.post("/api/movies/tt0000003/recommendations", json=warning).status_code == 201
    return client


def test_trust_is_a_table(run: Run, anna: Account, library: Client) -> None:
    result = run("trust", "anna@example.com")
    assert result.exit_code == 0, result.output
    mum = next(line for line in result.stdout.splitlines() if "Mum" in line)
    assert " ".join(mum.split()) == "Mum 50 31–69 2 of 3 +0 Not clear yet: you liked 2 of 3; 1 still to watch"
    assert "1 of 1" in next(line for line in result.stdout.splitlines() if "Dad" in line)


def test_trust_for_scripts_is_what_the_api_says(run: Run, anna: Account, library: Client) -> None:
    assert json.loads(run("trust", anna.id, "--json").stdout) == library.get("/api/trust").json


def test_the_queue_is_a_table_with_reasons(run: Run, anna: Account, library: Client) -> None:
    result = run("queue", anna.username)
    assert result.exit_code == 0, result.output
    line = next(line for line in result.stdout.splitlines() if "Film 4 (1999)" in line)
    assert "Mum, right on 2 of 3: +0." in line
    assert "TMDB 7.5" in line


def test_the_queue_for_scripts_is_what_the_api_says(run: Run, anna: Account, library: Client) -> None:
    assert json.loads(run("queue", anna.id, "--json").stdout) == library.get("/api/queue").json


def test_a_queue_in_which_nothing_fits_says_so(run: Run, anna: Account, library: Client) -> None:
    result = run(
        "queue", anna.id, "--genre", "horror", "--person", "Mum", "--max-runtime", "90", "--media-type", "movie"
    )
    assert (result.exit_code, result.stdout) == (0, "")
    assert result.stderr == "Nothing fits: no title of that kind is still to watch.\n"


@pytest.mark.parametrize(
    ("option", "sentence"),
    [("--person", "You have no person with that name or id."), ("--list", "You have no such list.")],
)
def test_a_person_or_list_that_is_not_there_is_told(
    run: Run, anna: Account, library: Client, option: str, sentence: str
) -> None:
    result = run("queue", anna.id, option, "typo")
    assert (result.exit_code, result.stderr) == (1, f"Error: {sentence}\n")


@pytest.mark.parametrize("command", ["trust", "queue"])
def test_a_user_who_is_not_there_is_named(run: Run, command: str) -> None:
    result = run(command, "nobody")
    assert (result.exit_code, result.stderr) == (
        1,
        "Error: There is no account with the e-mail, username or id nobody.\n",
    )


def test_a_filter_that_cannot_be_is_named(run: Run, anna: Account) -> None:
    result = run("queue", anna.id, "--genre", ",".join(map(str, range(30))))
    assert result.exit_code == 1
    assert "20 genres" in result.stderr


def test_names_steer_no_terminal(run: Run, anna: Account, library: Client) -> None:
    assert library.put("/api/people/Mum", json={"name": "\x1b[31mMum[/] [red]"}).status_code == 200
    for command in ("trust", "queue"):
        shown = run(command, anna.id).stdout
        assert "\x1b" not in shown
        assert "\\x1b[31mMum[/] [red]" in shown
